"""Many addresses of a trace at once: read from words, a file or a frame, and answered in one table."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.analysis import split_chain
from tracer.errors import AddressError, DataFileError, InputError
from tracer.flags import REASON_WORDS, ROLE_WORDS
from tracer.io import plain
from tracer.model import LABEL_EVENT, AssetId, ChainId, Holder, caip10, known_form_elsewhere, parse_holder
from tracer.report import ABSENT, ANSWERS, CAME, MAYBE, NO_ADDRESS, NONE, ROBBED, AskedRow, display_order
from tracer.taint import poison

if TYPE_CHECKING:
    from tracer.api.case import Trace
    from tracer.trace import PreparedCase, Range

MOST: Final = 1_000_000
"""Addresses that are taken at once."""
_MAX_BYTES: Final = 1 << 27
_COLUMN: Final = "address"

Spot = tuple[ChainId, str, AssetId]


def read_addresses(path: Path) -> list[str]:
    """Return the addresses of a file: its column ``address``, or one a line; a column ``chain`` goes before them.

    Raises
    ------
    DataFileError
        If there is no such file, it is no text, too large or empty, or its header has no column ``address``.
    """
    if not path.is_file():
        raise DataFileError(f"There is no file {plain(str(path))!r}.", next_step="Check the path.")
    if path.stat().st_size > _MAX_BYTES:
        raise DataFileError(f"{path.name} is larger than {_MAX_BYTES >> 20} MiB.", next_step="Split it.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise DataFileError(
            f"{path.name}: byte {cause.start} is not UTF-8.", next_step="Save it as 'CSV UTF-8', or as plain text."
        ) from cause
    first = text.split("\n", 1)[0]
    mark = next((mark for mark in (",", ";", "\t") if mark in first), ",")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as cause:
        raise DataFileError(f"{path.name} is no table: {cause}.", next_step="Write one address a line.") from cause
    rows = [row for row in rows if any(row) and not row[0].startswith("#")]
    if not rows:
        raise DataFileError(f"{path.name} holds no address.", next_step="Write one address a line.")
    header = [cell.casefold() for cell in rows[0]]
    if _COLUMN in header:
        place = header.index(_COLUMN)
        on = header.index("chain") if "chain" in header else None
        found = []
        for row in rows[1:]:
            address, chain = (row[column] if column is not None and column < len(row) else "" for column in (place, on))
            if address:
                found.append(f"{chain}:{address}" if chain else address)
        return found
    if len(header) > 1:
        raise DataFileError(
            f"{path.name} has no column {_COLUMN!r}.",
            why=f"Its first line is: {plain(first)[:200]}",
            next_step=f"Call the column {_COLUMN!r}, or write one address a line.",
        )
    return [row[0] for row in rows]


def asked_rows(
    trace: Trace, prepared: PreparedCase, texts: Iterable[str], *, bounds: bool = False
) -> tuple[AskedRow, ...]:
    """Return what a trace says of many addresses; see :meth:`tracer.api.case.Trace.addresses`."""
    asked = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not asked:
        raise InputError("No address is given.", next_step="Give addresses, or a file with one a line.")
    if len(asked) > MOST:
        raise InputError(f"{len(asked):,} addresses are more than {MOST:,}.", next_step="Ask in several parts.")
    found = _Answers(trace, prepared)
    meant = [(text, *found.meant(text)) for text in asked]
    places = {place for _, here, _ in meant for place in here}
    ranges = found.ranges(places) if bounds else {}
    rows = [row for text, here, form in meant for row in found.rows(text, here, ranges, is_address=form)]
    rank = {asset: place for place, asset in enumerate(display_order({AssetId(row.asset) for row in rows}))}
    return tuple(
        sorted(
            rows,
            key=lambda row: (ANSWERS.index(row.answer), rank[AssetId(row.asset)], -(row.came or 0), row.address),
        )
    )


class _Answers:
    """What there is to say of any address of a trace, gathered once."""

    def __init__(self, trace: Trace, prepared: PreparedCase) -> None:
        self.trace, self.prepared, self.result = trace, prepared, trace.result
        self.names = trace.case.names
        self.chains = sorted({chain for chain, _ in self.names})
        self.came: dict[Holder, dict[AssetId, int]] = defaultdict(lambda: defaultdict(int))
        self.times: dict[Spot, list[int]] = defaultdict(list)
        events = prepared.ledger.events
        for payment in self.result.payments:
            if not payment.seq or events[payment.seq - 1].kind == LABEL_EVENT:
                continue  # what holders begin with, and what they hold when a label of theirs begins: no receipts
            for side in payment.payees:
                self.came[payment.chain, side.address][side.asset] += side.tainted
                if payment.time is not None:
                    self.times[payment.chain, side.address, side.asset].append(payment.time)
        self.left: dict[Holder, dict[AssetId, int]] = defaultdict(lambda: defaultdict(int))
        for leaf in self.result.exits:
            self.left[leaf.chain, leaf.address][leaf.asset] += leaf.tainted
        plan, thefts = prepared.plan, prepared.thefts
        self.can: dict[Holder, set[AssetId]] = defaultdict(set)
        for account in poison(plan.events, thefts.stolen_at_opening(), thefts.debits, prepared.stops):
            self.can[account.chain, prepared.stops.address_of(account.chain, account.holder)].add(account.asset)
        self.listed = self._listed()

    def _listed(self) -> dict[str, tuple[str, str]]:
        """Return where the draft list has each account, and what it says; a flag goes before a lead."""
        flags = self.trace.flags()
        said: dict[str, tuple[str, str]] = {row.caip10: ("kept off", row.reason) for row in flags.kept_off}
        for where, entries in (("lead", flags.leads), ("flagged", flags.entries)):
            for entry in entries:
                role = ROLE_WORDS.get(entry.role, entry.role.replace("_", " "))
                reasons = [REASON_WORDS.get(code, code) for code in entry.reason.split(";") if code]
                said[entry.caip10] = (where, f"{entry.tier}, {role}: {', '.join(reasons)}")
        return said

    def meant(self, text: str) -> tuple[list[Holder], bool]:
        """Return the places of the case that a text names, and whether it is the address of any chain at all."""
        try:
            on, rest = split_chain(text)
        except InputError:
            return [], False
        found: set[Holder] = {(chain, rest) for chain in self.chains if on in (None, chain)} & self.names
        is_form = bool(found)
        for chain in self.chains if on is None else [on]:
            try:
                place = (chain, parse_holder(chain, rest))
            except AddressError:
                continue
            is_form = True
            found |= {place} & self.names
        return sorted(found), is_form or known_form_elsewhere(rest) is not None

    def ranges(self, places: Iterable[Holder]) -> dict[Spot, Range]:
        """Return what any rule can make each place receive."""
        from tracer.trace import received_ranges

        wanted = [(*place, asset) for place in places for asset in {*self.can[place], *self.came[place]}]
        return received_ranges(self.prepared, wanted)

    def rows(
        self, text: str, places: Sequence[Holder], ranges: dict[Spot, Range], *, is_address: bool
    ) -> list[AskedRow]:
        """Return the rows of one address: one an asset, or one that says why there is none."""
        if not places:
            return [AskedRow(asked=text, answer=ABSENT if is_address else NO_ADDRESS)]
        return [row for place in places for row in self._rows_at(text, place, ranges)]

    def _rows_at(self, text: str, place: Holder, ranges: dict[Spot, Range]) -> list[AskedRow]:
        chain, address = place
        labels = self.prepared.inputs.labels.of(chain, address)
        entity, category = (labels[0].entity or labels[0].label, labels[0].category) if labels else ("", "")
        where, why = self.listed.get(caip10(chain, address), ("", ""))
        came = {asset: amount for asset, amount in self.came[place].items() if amount}
        left = {asset: amount for asset, amount in self.left[place].items() if amount}
        robbed = place in self.prepared.thefts.victims

        def row(answer: str, asset: AssetId | None = None) -> AskedRow:
            spot = (chain, address, asset or AssetId(""))
            held, times = ranges.get(spot), self.times.get(spot, [])
            return AskedRow(
                asked=text,
                chain=chain,
                address=address,
                answer=answer,
                entity=entity,
                category=category,
                asset=asset or "",
                came=None if asset is None else came.get(asset, 0),
                left=None if asset is None else left.get(asset, 0),
                min=None if held is None else held.min,
                max=None if held is None else held.max,
                listed=where,
                why=why,
                first_time=min(times, default=None),
                last_time=max(times, default=None),
            )

        if came or left:
            return [row(CAME, asset) for asset in sorted({*came, *left})]
        unreached = {spot[2] for spot, held in ranges.items() if spot[:2] == place and not held.max}
        can = self.can[place] - unreached
        if can and not robbed:
            return [row(MAYBE, asset) for asset in sorted(can)]
        return [row(ROBBED if robbed else NONE)]
