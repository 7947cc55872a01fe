"""Tables of ends: two lists of legs and a map of assets in; links, rivals and what was rejected out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError, TracerError, did_you_mean
from tracer.io import CanonicalTable, Record, Table, read_table
from tracer.links.ends import BridgeEnd, SameUnit, Terms
from tracer.links.matching import Candidate, Matching, delta_of, fee_of
from tracer.model import (
    TIER_GRADES,
    TIERS,
    Link,
    LinkEnd,
    chain_by_word,
    format_time,
    parse_amount,
    parse_asset,
    parse_holder,
    parse_time,
)

LEG_COLUMNS: Final = ("leg", "chain", "tx", "time", "asset", "amount", "sender", "recipient")
"""What a table of legs has to have, ``sender`` and ``recipient`` empty or not; it may have ``key``, ``dest_chain``,
``src_chain`` and ``service`` as well."""
MAP_COLUMNS: Final = ("src_asset", "dst_asset")
DECIMAL_COLUMNS: Final = ("src_decimals", "dst_decimals")
LINK_COLUMNS: Final = (
    *("src_leg", "dst_leg", "tier", "grade", "rivals", "delta_s", "fee", "accepted"),
    *("service", "key", "src_chain", "src_tx", "src_time", "src_asset", "src_amount", "src_sender"),
    *("dst_chain", "dst_tx", "dst_time", "dst_asset", "dst_amount", "dst_recipient", "reason"),
)
"""What :func:`link_rows` gives."""
_NOWHERE: Final = ("",) * 6
_NEEDED_OF_LINKS: Final = tuple(
    name
    for name in LINK_COLUMNS
    if name in ("tier", "accepted") or name.endswith(("_chain", "_tx", "_asset", "_amount"))
)
_HEX: Final = re.compile(r"\b(?:0[xX])?[0-9a-fA-F]{64}\b|\b0[xX][0-9a-fA-F]+\b")
_LINK_FORM: Final = ("service", "key", "tier", "fee", *LINK_COLUMNS[10:-1])
SHOWN_FAULTS: Final = 20
"""Rows that an error names at once."""

_HEX_ADDRESS: Final = re.compile(r"0x(?:0{24})?([0-9a-fA-F]{40})", re.ASCII)
_BECH32: Final = re.compile(r"(?:BC1|TB1|BCRT1)[0-9A-Z]+", re.ASCII)
_TOKEN: Final = re.compile(r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])", re.ASCII)
_DURATION: Final = re.compile(r"([0-9]{1,9})\s*(s|m|h|d)?", re.ASCII)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?)\s*(%|bp)?", re.ASCII)
_SHARES: Final = {"": 1, "%": 100, "bp": 10_000}


def parse_duration(text: str) -> int:
    """Return seconds of ``24h``, ``90m``, ``7d`` or ``3600``.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> parse_duration("24h"), parse_duration("90")
    (86400, 90)
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"{text[:40]!r} is no length of time.", next_step="Say seconds, or as 90m, 24h, 7d.")
    return int(found[1]) * _SECONDS[found[2] or ""]


def parse_share(text: str) -> Fraction:
    """Return the share of ``1%``, ``30bp`` or ``0.003``, exact.

    Raises
    ------
    InputError
        If it is none of these, or more than the whole.

    Examples
    --------
    >>> parse_share("0.3%")
    Fraction(3, 1000)
    """
    found = _SHARE.fullmatch(text.strip().lower())
    share = Fraction(found[1]) / _SHARES[found[2] or ""] if found else None
    if share is None or share > 1:
        raise InputError(f"{text[:40]!r} is no share of an amount.", next_step="Say as 1%, 30bp or 0.003.")
    return share


def read_legs(path: Path | Table) -> tuple[BridgeEnd, ...]:
    """Read a table of legs, all of it or nothing: a row left out could be somebody's rival.

    Raises
    ------
    DataFileError
        If the form or rows of it break; up to :data:`SHOWN_FAULTS` rows are named at once.
    """
    table = read_table(path, LEG_COLUMNS)
    ends: list[BridgeEnd] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for record in table.records():
        try:
            end = _end(record)
            if end.leg in seen:
                raise record.error("leg", f"{end.leg[:40]!r} is the name of row {seen[end.leg]} already.")
            seen[end.leg] = record.number
            ends.append(end)
        except TracerError as cause:
            faults.append(cause.what)
    _refuse(table.name, faults)
    return tuple(ends)


def read_same_unit(path: Path | Table) -> SameUnit:
    """Read which assets are one unit: ``src_asset, dst_asset`` and, where they differ, the decimals of both.

    Raises
    ------
    DataFileError
        If the form or rows of it break, or a pair stands twice with other decimals.
    """
    table = read_table(path, MAP_COLUMNS)
    pairs: dict[tuple[str, str], tuple[int, int]] = {}
    faults: list[str] = []
    for record in table.records():
        try:
            pair = _asset(_needed(record, "src_asset")), _asset(_needed(record, "dst_asset"))
            first, second = (record.optional(column, _decimals) for column in DECIMAL_COLUMNS)
            if (first is None) != (second is None):
                raise record.error(DECIMAL_COLUMNS[first is not None], "It is empty, and the other is not.")
            decimals = (first or 0, second or 0)
            if pairs.setdefault(pair, decimals) != decimals:
                raise record.error("src_asset", "The pair stands above with other decimals.")
        except TracerError as cause:
            faults.append(cause.what)
    _refuse(table.name, faults)
    return SameUnit.of(pairs)


def _refuse(name: str, faults: Sequence[str]) -> None:
    if not faults:
        return
    more = f"\n… and {len(faults) - SHOWN_FAULTS} more." if len(faults) > SHOWN_FAULTS else ""
    raise DataFileError(
        "\n".join(faults[:SHOWN_FAULTS]) + more,
        why=f"{name}: {len(faults)} rows cannot be used; nothing is linked, for one of them could be a rival.",
        next_step="Correct these rows.",
    )


def _end(record: Record) -> BridgeEnd:
    def said(column: str) -> str:
        return record.text(column).strip()

    amount = record.parse("amount", parse_amount)
    if not amount:
        raise record.error("amount", "It is 0: nothing moved.")
    return BridgeEnd(
        leg=_needed(record, "leg"),
        chain=_chain(_needed(record, "chain")),
        tx=said("tx"),
        time=record.parse("time", parse_time),
        asset=_asset(_needed(record, "asset")),
        amount=amount,
        sender=_party(said("sender")),
        recipient=_party(said("recipient")),
        key=_identifier(said("key")),
        dest_chain=_chain(said("dest_chain")),
        src_chain=_chain(said("src_chain")),
        service=said("service").lower(),
    )


def _identifier(text: str) -> str:
    """Return an identifier in its one spelling: case and the prefix of a hash do not count, of hexadecimal no case."""
    return _HEX.sub(lambda found: f"0x{found[0].lower().removeprefix('0x')}", text)


def _needed(record: Record, column: str) -> str:
    text = record.text(column).strip()
    if not text:
        raise record.error(column, "It is empty.")
    return text


def _chain(text: str) -> str:
    """Return the CAIP-2 id of a chain that is known by a word or a number, else the text in small letters."""
    if not text:
        return ""
    try:
        return chain_by_word(text)
    except InputError:
        return text.lower()


def _party(text: str) -> str:
    """Return an address in one form: hex and bech32 in small letters, one padded to 32 bytes without its zeros."""
    if found := _HEX_ADDRESS.fullmatch(text):
        return f"0x{found[1].lower()}"
    return text.lower() if _BECH32.fullmatch(text) else text


def _asset(text: str) -> str:
    return _TOKEN.sub(lambda found: found[0].lower(), text)


def _decimals(value: object) -> int:
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or int(text) > 77:
        raise InputError(f"{text[:40]!r} is no number of decimals.", next_step="Say a whole number from 0 to 77.")
    return int(text)


def link_rows(found: Matching, terms: Terms) -> list[tuple[str, ...]]:
    """Return the rows of a table of links, in the columns of :data:`LINK_COLUMNS`.

    By source: the accepted pair, or the candidates that none is chosen of, then what was rejected; a source without any
    has a row without destination, and a destination that no source is accepted for a row without source.
    """
    rows: list[tuple[str, ...]] = []
    by: dict[int, list[Candidate]] = {}
    for one in found.candidates:
        by.setdefault(one.source, []).append(one)
    for number, end in enumerate(found.sources):
        rows += [_pair_row(found, one, terms) for one in by.get(number, ())]
        if number not in by:
            reason = found.impossible.get((False, number), "Nothing that came out fits.")
            head = (end.leg, "", "", "", "0", "", "", "false", end.service, end.key)
            rows.append((*head, *_cells(end, end.sender), *_NOWHERE, reason))
    fitting = {one.destination for one in found.candidates if one.rivals}
    for number in found.open_destinations():
        end = found.destinations[number]
        reason = found.impossible.get((True, number), "")
        if not reason and number not in fitting:
            reason = "No source is accepted for it: a finding, where all that went in is in the table."
        if reason:
            head = ("", end.leg, "", "", "0", "", "", "false", end.service, end.key)
            rows.append((*head, *_NOWHERE, *_cells(end, end.recipient), reason))
    return rows


def _pair_row(found: Matching, one: Candidate, terms: Terms) -> tuple[str, ...]:
    source, destination = found.sources[one.source], found.destinations[one.destination]
    graded = one.accepted or (one.rivals and one.tier != "identifier")
    delta, fee = delta_of(found, one), fee_of(found, one, terms)
    return (
        source.leg,
        destination.leg,
        one.tier,
        TIER_GRADES[one.tier] if graded else "",
        str(one.rivals),
        "" if delta is None else str(delta),
        "" if fee is None else str(fee),
        "true" if one.accepted else "false",
        source.service or destination.service,
        source.key or destination.key,
        *_cells(source, source.sender),
        *_cells(destination, destination.recipient),
        one.reason,
    )


def _cells(end: BridgeEnd, party: str) -> tuple[str, ...]:
    return end.chain, end.tx, format_time(end.time), end.asset, str(end.amount), party


def read_links(path: Path | Table) -> tuple[Link, ...]:
    """Read the accepted links of a table as :func:`link_rows` gives it, for a trace to follow.

    Chains, assets and parties are those of the transfers that it is read beside. A row that is not accepted is no link.

    Raises
    ------
    DataFileError
        If the form or rows of it break; up to :data:`SHOWN_FAULTS` rows are named at once.
    """
    table = read_table(path, _NEEDED_OF_LINKS)
    links: list[Link] = []
    faults: list[str] = []
    for record in table.records():
        try:
            if record.parse("accepted", _truth):
                links.append(_read_link(record))
        except TracerError as cause:
            faults.append(cause.what)
    _refuse(table.name, faults)
    return tuple(links)


def _read_link(record: Record) -> Link:
    tier = record.parse("tier", _tier)
    key = _identifier(record.text("key").strip())
    grade, rivals = record.text("grade").strip(), record.text("rivals").strip()
    if grade not in ("", TIER_GRADES[tier]):
        raise record.error("grade", f"Tier {tier} is {TIER_GRADES[tier]}, not {grade[:20]!r}.")
    if rivals not in ("", "0"):
        raise record.error("rivals", "What has rivals is not accepted: which of them it is nobody knows.")
    source, destination = (_read_end(record, side, party) for side, party in (("src", "sender"), ("dst", "recipient")))
    return Link(
        kind="bridge",
        protocol=record.text("service").strip().lower(),
        source=source,
        destination=destination,
        tier=tier,
        grade=TIER_GRADES[tier],
        key=key,
        fee=record.optional("fee", parse_amount),
        evidence=(f"{record.file}, row {record.number}",),
    )


def _read_end(record: Record, side: str, party: str) -> LinkEnd:
    chain = record.parse(f"{side}_chain", lambda cell: chain_by_word(str(cell)))
    amount = record.parse(f"{side}_amount", parse_amount)
    if not amount:
        raise record.error(f"{side}_amount", "It is 0: nothing moved.")
    tx = _needed(record, f"{side}_tx")
    return LinkEnd(
        chain=chain,
        movements=(),
        tx=tx.lower() if tx[:2] in ("0x", "0X") else tx,
        time=record.optional(f"{side}_time", parse_time),
        holder=record.optional(f"{side}_{party}", lambda cell: parse_holder(chain, str(cell))) or "",
        asset=record.parse(f"{side}_asset", lambda cell: parse_asset(str(cell), chain)),
        amount=amount,
    )


def _truth(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise InputError(f"{text[:40]!r} is neither true nor false.")
    return text == "true"


def _tier(value: object) -> str:
    text = str(value).strip()
    if text not in TIERS:
        raise InputError(f"{text[:40]!r} is no tier.{did_you_mean(text, TIERS)}", next_step=f"Say {', '.join(TIERS)}.")
    return text


def links_form(links: Iterable[Link]) -> CanonicalTable[Sequence[object]]:
    """Return links in the form that is hashed, sorted."""
    rows = [
        [
            *(link.protocol, link.key, link.tier, "" if link.fee is None else link.fee),
            *(cell for end in (link.source, link.destination) if end is not None for cell in _form_of(end)),
        ]
        for link in links
    ]
    return CanonicalTable(_LINK_FORM, sorted(rows, key=repr), list)


def _form_of(end: LinkEnd) -> tuple[object, ...]:
    return end.chain, end.tx, "" if end.time is None else end.time, end.asset, end.amount, end.holder
