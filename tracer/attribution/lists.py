"""Published lists kept whole: a table with its list date beside it, for example OFAC's digital-currency addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tracer.attribution.build import CONFIDENCE_OF_RANK
from tracer.attribution.fields import Fields, parse_date
from tracer.config.paths import addresses_dir
from tracer.config.readers import Record, read_table, read_yaml
from tracer.errors import DataFileError, InputError
from tracer.model import RANKS, ChainId, Source, Statement, chain_of, parse_address, parse_chain

LIST_SCHEMA: Final = "tracer-list/1"
COLUMNS: Final = ("chain", "address", "ticker", "uid", "name", "programs", "entry_dates")


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list as an authority published it.

    Attributes
    ----------
    id, list_date : str
        Which list, and the day it is of.
    note : str
        What a reader must know of its columns.
    source : Source
        Who published it.
    path : Path
        The table.
    rows, names : int
        How many rows and different names the table must hold.
    """

    id: str
    list_date: str
    note: str
    source: Source
    path: Path
    rows: int
    names: int


def list_files(folder: Path) -> list[Path]:
    """Return the ``list.yml`` of every published list, ordered by authority."""
    return sorted((folder / "sanctions").glob("*/list.yml"))


def read_list(path: Path) -> PublishedList:
    """Return what a ``list.yml`` says of its table.

    Raises
    ------
    DataFileError
        If the file breaks its form.
    """
    top = Fields(read_yaml(path), f"{path.parent.name}/{path.name}")
    schema = top.text("schema")
    if schema != LIST_SCHEMA:
        raise top.error(f"{schema[:40]!r} is not {LIST_SCHEMA!r}.", "schema")
    rank = top.text("rank")
    if rank not in RANKS:
        raise top.error(f"{rank[:10]!r} is not a rank.", "rank")
    list_id, list_date = top.text("id"), top.parse("list_date", parse_date)
    source = Source(
        list_id, top.text("publisher"), top.text("title"), top.text("url"), list_date, "", rank, top.text("licence")
    )
    expect = top.sub("expect")
    found = PublishedList(
        list_id,
        list_date,
        top.text("note", ""),
        source,
        path.parent / top.text("file"),
        expect.parse("rows", int),
        expect.parse("names", int),
    )
    expect.done()
    top.done()
    return found


def list_statements(published: PublishedList) -> Iterator[Statement]:
    """Yield, row by row, that the address is on the list and whom it is listed for.

    Raises
    ------
    DataFileError
        If a row is not of its form, stands twice, or the counts differ from what ``list.yml`` expects; names file,
        row and column.
    """
    table = read_table(published.path, COLUMNS, ())
    seen: set[tuple[str, str, str, str]] = set()
    said: set[tuple[str, str, str]] = set()
    names: set[str] = set()
    for record in table.records():
        chain, address = _subject(record)
        name = record.text("name")
        key = (chain, address, record.text("uid"), record.text("ticker"))
        if key in seen:
            raise record.error("address", "the row stands twice.", "An address is listed once for an entry and ticker.")
        seen.add(key)
        names.add(name)
        listed = _listed_since(record)
        if key[:3] in said:
            continue
        said.add(key[:3])
        for what, value in (("sanction", f"OFAC SDN list, {name}"), ("entity", name)):
            yield Statement(
                chain,
                address,
                what,
                value,
                published.source,
                confidence=CONFIDENCE_OF_RANK[published.source.rank],
                note=f"uid {record.text('uid')}; {record.text('programs')}; entity listed {listed}",
            )
    if (len(seen), len(names)) != (published.rows, published.names):
        raise DataFileError(
            f"{published.path.name}, row {len(seen)}: it holds {len(seen)} rows of {len(names)} names, and "
            f"{published.rows} of {published.names} are expected.",
            next_step="Check what was added or lost; then change the expectation in the same review.",
        )


@cache
def load_sanctions(folder: Path | None = None) -> tuple[Statement, ...]:
    """Return every statement of the published sanction lists, in the order of their tables."""
    return tuple(said for path in list_files(folder or addresses_dir()) for said in list_statements(read_list(path)))


def _subject(record: Record) -> tuple[ChainId, str]:
    chain = record.parse("chain", lambda _: parse_chain(record.text("chain")))
    address = record.parse("address", lambda _: parse_address(chain, record.text("address")))
    if chain_of(chain).family == "evm" and address == record.text("address"):
        raise record.error("address", "it is in lower case.", "Without EIP-55 a wrong digit could not be noticed.")
    return chain, address


def _listed_since(record: Record) -> str:
    """Return the days an entity was listed, each a day of the calendar."""
    days = dict.fromkeys(record.text("entry_dates").split(";"))
    for day in days:
        try:
            parse_date(day)
        except (DataFileError, InputError) as cause:
            raise record.error("entry_dates", cause.what, cause.why) from cause
    return ", ".join(days)
