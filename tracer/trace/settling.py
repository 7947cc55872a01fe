"""Services and victims in events of several rows: nobody's passage, and paid where a row pays them.

What an event nets to is asked of rows alone (:mod:`tracer.ledger.events`); here labels and the stolen units decide what
the rows leave open. Source: methods ev-net and lb-time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tracer.ledger import UNTOLD, EventArrays, Ledger, is_income, settled, several, transfer_event, with_events
from tracer.model import Account, AssetId, Event, Leg, Transfer, is_laid_out
from tracer.registry import LabelIndex
from tracer.taint import poison
from tracer.trace.known_parties import is_pool, is_service
from tracer.trace.thefts import Thefts

_ONE_SIDED: Final = ("mint", "burn", "fee")
"""Kinds of rows that may have one side alone."""


def settle(ledger: Ledger, thefts: Thefts, labels: LabelIndex) -> tuple[Ledger, Thefts]:
    """Return a ledger, and its thefts, in which services and victims are nobody's passage, and services are paid.

    Who absorbs, and a victim, is no forwarder that an event could be netted over: a service's rows, and what a victim
    gets, stand for themselves, in the order of the rows. What a victim exchanges it exchanges as anybody does.

    Who gives X and gets Y in an event in which a service gets X and a third gives Y paid the service, or is the pool in
    which the third bought X for the service: the rows are the same. Stolen units tell them apart, where one side alone
    can have some; where both can, or new units are issued (which may be the service's receipt), it stays an exchange.
    So it is with anybody else who gives nothing, and whom a row pays straight, where another takes the asset and gives:
    that one is the exchange.
    """
    known = {holder for _, holder in (*labels.subjects(), *thefts.victims)}
    if known:
        ledger, thefts = _unnetted(ledger, thefts, labels, known)
    asked = [
        event
        for event in several(ledger.events)
        if event.kind in UNTOLD
        and not is_laid_out(event)
        # where a movement is in no row, it may be the service's
        and not any(row.torn for row in _rows_of(ledger, event).values())
    ]
    if not asked:
        return ledger, thefts
    reached = poison(ledger.events, thefts.stolen_at_opening(), thefts.debits, lambda *_: False, ledger.ties)
    changed = {event.index: settled(event, ledger.rows, _Paid(event, reached, labels)) for event in asked}
    if isinstance(ledger.events, EventArrays):
        events, _ = ledger.events.replaced({index: [event] for index, event in changed.items()})
        return replace(ledger, events=events), thefts
    return replace(ledger, events=tuple(changed.get(event.index, event) for event in ledger.events)), thefts


def _unnetted(ledger: Ledger, thefts: Thefts, labels: LabelIndex, known: Collection[str]) -> tuple[Ledger, Thefts]:
    """Take events apart over which a service or a victim both is paid and pays."""
    robbed = {event for event, _, _ in thefts.debits}
    parted: dict[int, list[Event]] = {}
    for event in several(ledger.events):
        if event.index in robbed or is_laid_out(event):
            continue
        rows = _rows_of(ledger, event)
        if len(rows) < 2 or any(row.torn or not _is_told(row) for row in rows.values()):
            continue
        moving = [
            row for row in rows.values() if row.amount and row.kind not in _ONE_SIDED and row.sender != row.recipient
        ]
        both = {row.sender for row in moving} & {row.recipient for row in moving} & set(known)
        services = {one for one in both if _absorbs(labels, one, event)}
        paying = {(row.sender, row.asset) for row in moving if (event.chain, row.sender) in thefts.victims}
        home = {one for one in paying if one in {(row.recipient, row.asset) for row in moving}}
        if services or home:
            parted[event.index] = _pieces(event, rows, services, home)
    if not parted:
        return ledger, thefts
    found, place_of = with_events(ledger, parted)
    found = replace(found, ties=_with_pieces(ledger, parted, found.ties, place_of))
    debits = {(place_of[event], part, debit): origin for (event, part, debit), origin in thefts.debits.items()}
    return found, replace(thefts, debits=debits)


def _with_pieces(
    ledger: Ledger, parted: Mapping[int, Sequence[Event]], ties: Sequence[tuple[int, int]], place_of: Mapping[int, int]
) -> tuple[tuple[int, int], ...]:
    """Return the ties with those of pieces whose rows no position puts in order."""
    more = []
    for index, pieces in parted.items():
        start, end = place_of[index], place_of[index] + len(pieces)
        known = all(row.position is not None for row in _rows_of(ledger, ledger.events[index]).values())
        if len(pieces) > 1 and not known and not any(first <= start < last for first, last in ties):
            more.append((start, end))
    return tuple(sorted((*ties, *more)))


def _is_told(row: Transfer) -> bool:
    """Return whether a row says who paid whom: one that shows a leg of a ledger does not."""
    return row.kind in _ONE_SIDED or bool(row.sender and row.recipient)


def _pieces(
    event: Event, rows: Mapping[int, Transfer], services: Collection[str], home: Collection[tuple[str, AssetId]]
) -> list[Event]:
    """Return an event as several in the order of its rows; rows that stand for themselves part the runs of others.

    Those are all rows of a service, which pools what it gets, and what a victim gets of an asset that it pays too.
    """
    runs: list[list[int]] = []
    together = False
    alone: set[int] = set()
    for number, row in rows.items():
        apart = row.sender in services or row.recipient in services or (row.recipient, row.asset) in home
        if together and not apart:
            runs[-1].append(number)
        else:
            runs.append([number])
        together = not apart
        if apart:
            alone.add(number)
    pieces = [
        transfer_event(event.index, [(number, rows[number]) for number in run])[0] for run in _joined(rows, runs, alone)
    ]
    return [replace(piece, name=event.name) for piece in pieces if piece is not None]


def _joined(rows: Mapping[int, Transfer], runs: Sequence[list[int]], alone: set[int]) -> list[list[int]]:
    """Return runs of rows, those together that exchange: somebody gets one asset in one of them and gives another.

    Rows that stand for themselves come in between, and part no exchange of others; but what they bring somebody, it
    need not have from the exchange. The whole stands where its last row does if it needs what they brought, else where
    its first does.
    """
    brought: dict[tuple[str, AssetId], int] = {}
    for row in (rows[number] for number in alone):
        brought[row.recipient, row.asset] = brought.get((row.recipient, row.asset), 0) + row.amount
    found = [list(run) for run in runs]
    while True:
        open_runs = [run for run in found if not alone.intersection(run)]
        pair = next(
            (
                (one, other)
                for place, one in enumerate(open_runs)
                for other in open_runs[place + 1 :]
                if _exchange(rows, one, other, brought)
            ),
            None,
        )
        if pair is None:
            return found
        one, other = pair
        whole = sorted((*one, *other))
        needs = {(rows[number].sender, rows[number].asset) for number in whole}
        later = any(
            (rows[number].recipient, rows[number].asset) in needs for number in alone if one[0] < number < other[0]
        )
        found[found.index(other if later else one)] = whole
        found.remove(one if later else other)


def _exchange(
    rows: Mapping[int, Transfer], one: Iterable[int], other: Iterable[int], brought: Mapping[tuple[str, AssetId], int]
) -> bool:
    """Return whether somebody gets one asset in one of two runs of rows and gives another in the other."""
    got: list[set[tuple[str, AssetId]]] = []
    gave: list[dict[tuple[str, AssetId], int]] = []
    for run in (one, other):
        mine = [rows[number] for number in run]
        got.append({(row.recipient, row.asset) for row in mine if row.recipient})
        gave.append({})
        for row in mine:
            gave[-1][row.sender, row.asset] = gave[-1].get((row.sender, row.asset), 0) + row.amount
    return any(
        holder == giver and asset != given and brought.get((giver, given), 0) < amount
        for first, second in ((0, 1), (1, 0))
        for holder, asset in got[first]
        for (giver, given), amount in gave[second].items()
    )


def _rows_of(ledger: Ledger, event: Event) -> dict[int, Transfer]:
    """Return the rows of an event that was made of transfers, by index: they stand together.

    A row without an event's name is one alone, whatever it is called then.
    """
    shown = [row for part in event.parts for leg in (*part.debits, *part.credits) for row, _ in leg.shown()]
    if not shown:
        return {}
    first, last = min(shown), max(shown)
    own = ledger.rows[first].chain, ledger.rows[first].event
    while own[1] and first and (ledger.rows[first - 1].chain, ledger.rows[first - 1].event) == own:
        first -= 1
    while own[1] and last + 1 < len(ledger.rows) and (ledger.rows[last + 1].chain, ledger.rows[last + 1].event) == own:
        last += 1
    return {number: ledger.rows[number] for number in range(first, last + 1)}


def _absorbs(labels: LabelIndex, address: str, event: Event) -> bool:
    asked = labels, event.chain, address, event
    return bool(is_service(*asked)) and not is_pool(*asked)


class _Paid:
    """Whether who pays its payers nothing in an event was paid in it: a service, or whom a row pays straight."""

    def __init__(self, event: Event, reached: Collection[Account], labels: LabelIndex) -> None:
        self._event, self._reached, self._labels = event, reached, labels
        self._issues = any(not part.debits and not is_income(part, event.parts) for part in event.parts)

    def __call__(self, leg: Leg, given: Sequence[Leg], beside: Sequence[Leg], straight: bool) -> bool:
        if self._issues or not (straight or _absorbs(self._labels, leg.address, self._event)):
            return False
        return self._can_be_stolen(given) and not self._can_be_stolen(beside)

    def _can_be_stolen(self, legs: Iterable[Leg]) -> bool:
        return any(leg.account in self._reached for leg in legs)
