"""Whose onward history the files hold: claimed only where one address is in every row and the list is not cut."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from tracer.io.exports.records import LeftOut, Part, Payment, View
from tracer.model import ChainId, chain_of, native_asset

LIMITS: Final = (5_000, 10_000)
"""Rows after which the sites cut their exports."""
_WORDS: Final = {"coin": "transactions", "internal": "internal transactions", "token": "token transfers"}
_LISTED: Final = {"native": "coin", "fee": "coin", "internal": "internal"}
"""The list in which an explorer has a row of a kind; all others are token transfers."""


def history_of(
    parts: Sequence[Part], payments: Sequence[Payment]
) -> tuple[tuple[tuple[ChainId, str], ...], tuple[str, ...]]:
    """Return the addresses whose onward history the files hold, and what is to be said.

    An address is claimed where for everything it holds in the table (coin, tokens) the export of it is among the files,
    and no other file has a payment of it before or after what its own files list: each file has a window of its own,
    and the widest says nothing of the others.

    Parameters
    ----------
    parts : sequence of Part
        Files as read.
    payments : sequence of Payment
        The table.
    """
    notes: list[str] = []
    views = [view for part in parts if part.what for view in _view(part, notes)]
    held: dict[tuple[ChainId, str], set[str]] = defaultdict(set)
    for view in views:
        held[(view.chain, view.address)].update(view.what.split())
    needed: dict[tuple[ChainId, str], set[str]] = defaultdict(set)
    for row in payments:
        what = "coin" if row.asset == native_asset(row.chain) else "token"
        for party in (row.sender, row.recipient):
            needed[(row.chain, party)].add(what)
        if row.kind == "internal":  # a contract pays inside transactions of others
            needed[(row.chain, row.sender)].add("internal")
    sends = {(row.chain, row.sender) for row in payments if row.kind in ("native", "fee")}
    for owner in held:
        # Who never sends a transaction may be a contract, whose payments stand among the internal ones alone.
        if chain_of(owner[0]).family == "evm" and "coin" in needed[owner] and owner not in sends:
            needed[owner].add("internal")
    claimed = []
    for owner in sorted(owner for owner in held if needed[owner]):
        missing = sorted(needed[owner] - held[owner])
        if not missing:
            outside = _outside(owner, parts, views)
            if outside:
                notes.append(f"The history of {owner[1]} is not claimed to be whole: {outside}")
            else:
                claimed.append(owner)
            continue
        notes.append(
            f"The history of {owner[1]} is not claimed to be whole: its "
            f"{' and '.join(_WORDS[one] for one in missing)} are not among the files."
        )
    for owner in claimed:
        windows = [(file, window) for file, _, window, _ in _files_of(owner, parts, views) if window is not None]
        spans = [f"{file} from block {first} to block {last}" for file, (first, last) in windows]
        seen = f" ({', '.join(spans)})" if spans else ""
        notes.append(f"History of {owner[1]} on {owner[0]}: in history.csv{seen}.")
    return tuple(claimed), tuple(notes)


def _files_of(
    owner: tuple[ChainId, str], parts: Sequence[Part], views: Sequence[View]
) -> list[tuple[str, set[str], tuple[int, int] | None, set[str]]]:
    """Return the exports of an address: file, what it lists, first and last block (``None``: no rows), transactions."""
    found = []
    for view in views:
        if (view.chain, view.address) != owner:
            continue
        rows = [row for part in parts if part.file == view.file for row in _rows_of(owner, part)]
        blocks = [row.block for row in rows if row.block is not None]
        window = (min(blocks), max(blocks)) if blocks else None
        found.append((view.file, set(view.what.split()), window, {row.tx for row in rows}))
    return found


def _rows_of(owner: tuple[ChainId, str], part: Part) -> list[Payment]:
    return [
        item
        for item in part.items
        if isinstance(item, Payment) and item.chain == owner[0] and owner[1] in (item.sender, item.recipient)
    ]


def _outside(owner: tuple[ChainId, str], parts: Sequence[Part], views: Sequence[View]) -> str:
    """Return in words a payment of an address before or after what its own files list; empty where there is none.

    A token that it sends itself is a transaction of its own, which the list of its transactions must have too.
    """
    files = _files_of(owner, parts, views)
    fees = any(row.kind == "fee" for part in parts for row in _rows_of(owner, part) if "coin" in part.what.split())
    for part in parts:
        for row in _rows_of(owner, part) if part.what else ():
            kinds = [_LISTED.get(row.kind, "token")]
            if kinds == ["token"] and row.sender == owner[1] and fees:
                kinds.append("coin")
            for kind in kinds:
                listing = [one for one in files if kind in one[1]]
                if row.block is None or not listing or any(one[0] == part.file or row.tx in one[3] for one in listing):
                    continue
                if any(one[2] is not None and one[2][0] <= row.block <= one[2][1] for one in listing):
                    continue
                spans = [
                    f"{file} lists its {_WORDS[kind]} "
                    f"{f'from block {window[0]} to block {window[1]}' if window else 'and has none'}"
                    for file, _, window, _ in listing
                ]
                moves = "sends a token" if kind != _LISTED.get(row.kind, "token") else "has a payment"
                return f"{', '.join(spans)}, but it {moves} in block {row.block} ({part.file}, row {row.row})."
    return ""


def _view(part: Part, notes: list[str]) -> list[View]:
    if not part.rows:  # an address without such transactions; only the file's name can say whose
        found = {one.lower() for one in re.findall(r"0x[0-9a-fA-F]{40}", part.file)}
        home = part.chain if len(found) == 1 else None
        return [View(chain=home, address=found.pop(), what=part.what, file=part.file)] if home else []
    if part.rows in LIMITS:
        notes.append(
            f"{part.file}: {part.rows:,} rows are a site's limit; the list may be cut, and no history is claimed."
        )
        return []
    if any(isinstance(item, LeftOut) and item.refused for item in part.items):
        notes.append(f"{part.file}: rows were refused, and no history is claimed.")
        return []
    everywhere = (
        set.intersection(*({sender, recipient} for sender, recipient in part.parties)) if part.parties else set()
    )
    everywhere.discard("")
    owners = everywhere & part.named if len(everywhere) > 1 and part.named else everywhere
    if len(owners) > 1:
        owners = {owner for owner in owners if owner.lower() in part.file.lower()}
    if len(owners) != 1:
        why = "two addresses are in every row" if len(everywhere) > 1 else "no address is in every row"
        notes.append(f"{part.file}: {why}; it is not known whose export it is, and no history is claimed.")
        return []
    chains = {item.chain for item in part.items if isinstance(item, Payment)} or ({part.chain} if part.chain else set())
    owner = owners.pop()
    return [View(chain=chain, address=owner, what=part.what, file=part.file) for chain in sorted(chains)]
