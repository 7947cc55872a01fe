"""OFAC's digital-currency addresses: the advanced XML as published, or the plain table made of it.

The code of an identifier is an asset, not a chain, so the chain follows from the form of the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from tracer.errors import DataFileError
from tracer.io import check_document, csv_text, parse_date, plain, read_table, unshielded
from tracer.model import ChainId, Label, chain_of, checksum_form, parse_address
from tracer.registry.importers.imported import Imported, Refused, chain_of_list

COLUMNS: Final = ("list_date", "uid", "name", "programs", "entry_dates", "asset", "address")
URL: Final = "https://sanctionslist.ofac.treas.gov/Home/SdnList"

_EVM: Final = {"ETC": "eip155:61", "ARB": "eip155:42161", "BSC": "eip155:56"}
_OTHER: Final = frozenset({"BCH", "BSV", "BTG", "DASH", "XMR", "XVG", "ZEC"})
_NAMED: Final = {
    "LTC": "bip122:12a765e31ffd4059bada1e25190f6e98",
    "SOL": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "XRP": "xrpl:0",
}
_FEATURE: Final = re.compile(r"Digital Currency Address - ([A-Z0-9]{2,8})")
_MAX_TEXT: Final = 200


def read(path: Path) -> Imported:
    """Read OFAC's ``sdn_advanced.xml``, or a table with :data:`COLUMNS`.

    Raises
    ------
    DataFileError
        If the file is neither, or an XML list holds no digital-currency address.
    """
    return _read_xml(path) if path.suffix.lower() == ".xml" else _read_csv(path)


def write(labels: Iterable[Label], list_date: str) -> str:
    """Return labels as a table with :data:`COLUMNS`; it holds name and address, nothing else of a label."""
    rows = sorted(
        (list_date, "", one.entity, "", "", _ticker(one.chain), _shown(one.chain, one.address)) for one in labels
    )
    return csv_text(COLUMNS, rows)


def chain_of_ticker(ticker: str, address: str) -> ChainId | None:
    """Return the chain of an identifier: by its form, and by its code only where the form leaves a choice."""
    if ticker in _OTHER:
        return ChainId(f"other:{ticker.lower()}")
    named = _NAMED.get(ticker) or (_EVM.get(ticker) if address[:2] == "0x" else None)
    if named:
        return ChainId(named)
    if ticker == "BNB" and address[:3] == "bnb":
        return ChainId("other:bnb")
    return chain_of_list("", ticker, address)


def _ticker(chain: ChainId) -> str:
    known = {value: key for key, value in (_NAMED | _EVM).items()}
    if chain in known:
        return known[chain]
    if chain.startswith("other:"):
        return chain.removeprefix("other:").upper()
    return {"evm": "ETH", "bitcoin": "XBT", "tron": "TRX"}.get(chain_of(chain).family, "XBT")


def _shown(chain: ChainId, address: str) -> str:
    return checksum_form(address) if chain_of(chain).family == "evm" else address


def _label(name: str, ticker: str, text: str, file: str, row: int) -> Label | Refused:
    chain = chain_of_ticker(ticker, text)
    if chain is None:
        return Refused(file, row, "address", f"{plain(text)[:80]!r} has the form of no chain we know ({ticker}).")
    try:
        address = parse_address(chain, text)
    except ValueError as cause:
        return Refused(file, row, "address", str(cause).splitlines()[0])
    entity = plain(name)[:_MAX_TEXT]
    return Label(
        chain=chain,
        address=address,
        label=entity,
        category="sanctions",
        entity=entity,
        publisher="OFAC",
        source_url=URL,
        rank="A1",
        role="",
        confidence="authority_data",
    )


def _collect(found: Iterable[Label | Refused], list_date: str, notes: tuple[str, ...] = ()) -> Imported:
    labels: dict[Label, None] = {}
    refused: list[Refused] = []
    for one in found:
        if isinstance(one, Label):
            labels[one] = None
        else:
            refused.append(one)
    return Imported(tuple(labels), notes, tuple(refused), list_date)


def _read_csv(path: Path) -> Imported:
    table = read_table(path, COLUMNS, ())
    dates = {record.parse("list_date", lambda cell: parse_date(str(cell))) for record in table.records()}
    if len(dates) != 1:
        raise DataFileError(f"{path.name} holds rows of {len(dates)} list dates.", why="A list is of one day.")
    found = (
        _label(unshielded(record.text("name")), record.text("asset"), record.text("address"), path.name, record.number)
        for record in table.records()
    )
    return _collect(found, dates.pop())


def _read_xml(path: Path) -> Imported:
    check_document(path, "XML")
    try:
        root = ET.parse(path).getroot()  # noqa: S314 (expat neither fetches entities nor expands them without bound)
    except (ET.ParseError, LookupError, ValueError) as cause:  # of an encoding that expat or Python does not know too
        raise DataFileError(f"{path.name} cannot be read as XML.", why=str(cause)) from cause
    space = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    day = root.find(f"{space}DateOfIssue")
    parts = [day.findtext(f"{space}{part}", "") if day is not None else "" for part in ("Year", "Month", "Day")]
    list_date = parse_date("-".join(part.zfill(2) for part in parts))
    codes = {
        kind.get("ID", ""): match[1]
        for kind in root.iter(f"{space}FeatureType")
        if (match := _FEATURE.search(kind.text or ""))
    }
    imported = _collect(_parties(root, space, codes, path.name), list_date)
    if not imported.labels:
        raise DataFileError(f"{path.name} holds no digital-currency address.", why="An empty list would unlist all.")
    return imported


def _parties(root: ET.Element, space: str, codes: dict[str, str], file: str) -> Iterator[Label | Refused]:
    row = 0
    for party in root.iter(f"{space}DistinctParty"):
        primary = (a for a in party.iter(f"{space}Alias") if a.get("Primary") == "true")
        alias = next(primary, None)
        values = alias.iter(f"{space}NamePartValue") if alias is not None else ()
        name = " ".join(part.text or "" for part in values).strip()
        for feature in party.iter(f"{space}Feature"):
            ticker = codes.get(feature.get("FeatureTypeID", ""))
            if ticker is None:
                continue
            for detail in feature.iter(f"{space}VersionDetail"):
                row += 1
                yield _label(name, ticker, (detail.text or "").strip(), file, row)
