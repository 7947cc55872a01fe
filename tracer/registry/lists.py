"""Published lists kept whole: a table with its list date beside it, for example OFAC's digital-currency addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError
from tracer.io import Fields, Record, addresses_dir, parse_date, read_table, read_yaml
from tracer.model import RANKS, ChainId, Holder, Publication, Statement, chain_of, parse_address, parse_chain
from tracer.registry.build import CONFIDENCE_OF_RANK

LIST_SCHEMA: Final = "tracer-list/1"
COLUMNS: Final = ("chain", "address", "ticker", "uid", "name", "programs", "entry_dates")
HISTORY_COLUMNS: Final = ("chain", "address", "ticker", "absent", "first", "last", "gone")


@dataclass(frozen=True, slots=True)
class ListHistory:
    """In which dated copies of a list each address stands, as somebody who kept them publishes it.

    Attributes
    ----------
    since : str
        Day of the oldest copy: what stands in it was listed before, nobody here says when.
    value : str
        What is said of an address that is gone from the list; whom it was listed for is not in the copies.
    source : Publication
        Who kept the copies.
    path : Path
        The table: ``absent`` and ``first`` are the copies between which an address came in, ``last`` and ``gone`` those
        between which it left, each a day UTC; empty where that is not known.
    rows : int
        How many rows it must hold.
    """

    since: str
    value: str
    source: Publication
    path: Path
    rows: int


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list as an authority published it.

    Attributes
    ----------
    id, list_date : str
        Which list, and the day it is of.
    note : str
        What a reader must know of its columns.
    source : Publication
        Who published it.
    path : Path
        The table.
    rows, names : int
        How many rows and different names the table must hold.
    history : ListHistory or None
        When its addresses came in and went, where that is on file.
    """

    id: str
    list_date: str
    note: str
    source: Publication
    path: Path
    rows: int
    names: int
    history: ListHistory | None = None


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
    source = Publication(
        key=list_id,
        publisher=top.text("publisher"),
        title=top.text("title"),
        url=top.text("url"),
        published=list_date,
        retrieved="",
        rank=rank,
        licence=top.text("licence"),
    )
    expect = top.sub("expect")
    found = PublishedList(
        id=list_id,
        list_date=list_date,
        note=top.text("note", ""),
        source=source,
        path=path.parent / top.text("file"),
        rows=expect.parse("rows", int),
        names=expect.parse("names", int),
        history=_history(path, top.sub("history"), list_date) if top.has("history") else None,
    )
    expect.done()
    top.done()
    return found


def _history(path: Path, entry: Fields, list_date: str) -> ListHistory:
    rank = entry.text("rank")
    if rank not in RANKS:
        raise entry.error(f"{rank[:10]!r} is not a rank.", "rank")
    found = ListHistory(
        since=entry.parse("since", parse_date),
        value=entry.text("value"),
        source=Publication(
            key=entry.text("id"),
            publisher=entry.text("publisher"),
            title=entry.text("title"),
            url=entry.text("url"),
            published="",
            retrieved="",
            rank=rank,
            licence=entry.text("licence"),
        ),
        path=path.parent / entry.text("file"),
        rows=entry.parse("rows", int),
    )
    if found.since > list_date:
        raise entry.error("the history begins after the list.", "since")
    entry.done()
    return found


def list_statements(published: PublishedList) -> Iterator[Statement]:
    """Yield, row by row, that the address is on the list and whom it is listed for; then what has left the list.

    Where the history of the list is on file, a sanction holds from the first copy that has the address; what it is
    called and whom it belongs to is not bound to those days.

    Raises
    ------
    DataFileError
        If a row is not of its form, stands twice, or the counts differ from what ``list.yml`` expects; names file,
        row and column.
    """
    came, gone = _days(published.history)
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
        since, told = came.get(key[:2], ("", ""))
        note = f"uid {record.text('uid')}; {record.text('programs')}; entity listed {listed}"
        sure = CONFIDENCE_OF_RANK[published.source.rank]
        yield Statement(
            chain,
            address,
            "sanction",
            f"OFAC SDN list, {name}",
            published.source,
            confidence=sure,
            valid_from=since,
            note=note + told,
        )
        yield Statement(chain, address, "entity", name, published.source, confidence=sure, note=note)
    if (len(seen), len(names)) != (published.rows, published.names):
        raise DataFileError(
            f"{published.path.name}, row {len(seen)}: it holds {len(seen)} rows of {len(names)} names, and "
            f"{published.rows} of {published.names} are expected.",
            next_step="Check what was added or lost; then change the expectation in the same review.",
        )
    listed_now = {key[:2] for key in said}
    yield from (ended for place, ended in gone.items() if place not in listed_now)


def _days(history: ListHistory | None) -> tuple[dict[Holder, tuple[str, str]], dict[Holder, Statement]]:
    """Return when each address came in, with words for it, and a statement for each that has left the list.

    An address listed under several tickers came in with the first of them, and on a day nobody knows where one of them
    stood in the oldest copy already.
    """
    came: dict[Holder, tuple[str, str]] = {}
    gone: dict[Holder, Statement] = {}
    if history is None:
        return came, gone
    count = 0
    for record in read_table(history.path, HISTORY_COLUMNS, ()).records():
        count += 1
        place = _subject(record)
        absent, first, last, left = (_day(record, column) for column in HISTORY_COLUMNS[3:])
        if not first or not last or (absent and absent > first) or (left and left <= last):
            raise record.error("first", "the days are not in order.", "absent, first, last, gone follow each other.")
        since = first if absent else ""
        told = f"in the copy of {first}, not yet in that of {absent}" if absent else f"in the copy of {first} already"
        if place not in came or since < came[place][0]:
            came[place] = since, f"; {told} ({history.source.publisher})"
        if left:
            gone[place] = Statement(
                *place,
                "sanction",
                history.value,
                history.source,
                confidence=CONFIDENCE_OF_RANK[history.source.rank],
                valid_from=since,
                valid_until=left,
                note=f"{told}; last in that of {last}; not in that of {left}",
            )
    if count != history.rows:
        raise DataFileError(
            f"{history.path.name}, row {count}: it holds {count} rows, and {history.rows} are expected.",
            next_step="Check what was added or lost; then change the expectation in the same review.",
        )
    return came, gone


def _day(record: Record, column: str) -> str:
    text = record.text(column)
    try:
        return parse_date(text) if text else ""
    except (DataFileError, InputError) as cause:
        raise record.error(column, cause.what, cause.why) from cause


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
