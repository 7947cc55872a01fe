"""The ledger of a trace: rows and events in total order, and the opening balances they imply.

A holder's opening balance is the least that keeps its recorded balance from going below zero. Placing missing inflow
at the opening is the side that cannot overstate certainty. Source: method ev-open.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracer.errors import DataFileError
from tracer.io import TransferRows, transfers_form
from tracer.ledger.arrays import EventArrays, arranged
from tracer.ledger.events import ledger_event, transfer_event
from tracer.ledger.moments import Placed, holders_of
from tracer.ledger.nets import Nets, nets_of_transfers
from tracer.ledger.order import order_chain, order_rows
from tracer.model import Account, ChainId, Event, LedgerLeg, Transfer, chain_of, plain_holder

Moment = tuple[ChainId, int | None, int]
"""Chain, block or second, and a number as in :class:`tracer.ledger.moments.Placed`."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows and events in total order.

    Attributes
    ----------
    rows : sequence of Transfer
        What is shown: every input row; a leg of a ledger table is a row with one side empty.
    events : sequence of Event
        What happens; ``events[i].index == i``. Of a large table :class:`tracer.ledger.EventArrays`.
    opening : dict of Account to int
        Least opening balance in base units, where above zero.
    ordered_by : dict of ChainId to str
        ``block`` or ``time``.
    sha256 : str
        Hash of the rows in order, in their canonical form (:func:`tracer.io.transfers_form`), which has no row numbers:
        equal for shuffled input with explicit positions.
    addresses : dict of Account to str
        Address beside a holder where it differs from it (outpoints).
    ties : tuple of (int, int)
        Half-open ranges of event indices, two events or more, of one chain that share a block (or, where time orders
        them, a second, or a minute or day that a time leaves open) and have no position: their order is not known. A
        Bitcoin chain has none: what spends comes after what makes, and nothing else depends on their order.
    nets : dict of int to Nets
        What the events of transactions named as thefts net to, by index.
    notes : tuple of str
        What a reader must know of the rows, in sentences.
    interleaved : frozenset of (ChainId, str)
        Holders of events between whose rows, by position, another event of theirs stands: a contradiction, on which
        nothing certain may rest.
    """

    rows: Sequence[Transfer]
    events: Sequence[Event]
    opening: dict[Account, int]
    ordered_by: dict[ChainId, str]
    sha256: str
    addresses: dict[Account, str] = field(default_factory=dict)
    ties: tuple[tuple[int, int], ...] = ()
    nets: dict[int, Nets] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    interleaved: frozenset[tuple[ChainId, str]] = frozenset()

    def contradicted(self) -> frozenset[Account]:
        """Return the accounts, those of segments too, of the interleaved holders."""
        if not self.interleaved:
            return frozenset()
        return frozenset(
            leg.account
            for event in self.events
            for part in event.parts
            for leg in (*part.debits, *part.credits)
            if (leg.account.chain, plain_holder(leg.account.holder)) in self.interleaved
        )


def ledger_from_rows(table: Sequence[Transfer | LedgerLeg], theft_txs: Collection[tuple[ChainId, str]] = ()) -> Ledger:
    """Return the ledger of transfers, of ledger legs, or of both: chains are brought into one order by time.

    A leg is shown as a row with one side empty; an event of one debit and one credit in one asset as one row.

    Parameters
    ----------
    table : sequence of Transfer or LedgerLeg
        In any order.
    theft_txs : collection of (ChainId, str)
        Transactions of thefts: all rows of one are one event. An empty chain means any.

    Raises
    ------
    DataFileError, InputError
        If the rows cannot be put in a total order, an event cannot be read or does not balance, or one event is made
        of transfers and of legs.
    """
    if isinstance(table, TransferRows):
        held = _of_columns(table, theft_txs)
        if held is not None:
            return held
    placed, ordered_by = order_rows(table, theft_txs)
    groups = [one.rows for one in placed]
    moments: list[Moment] = []
    rows: list[Transfer] = []
    events: list[Event] = []
    nets: dict[int, Nets] = {}
    robbed = {tx for _, tx in theft_txs}
    for one in placed:
        group = one.rows
        event, netted = _group_event(group, rows, len(events))
        if event is not None:
            if event.tx in robbed:
                nets[event.index] = netted or nets_of_transfers(
                    [(len(rows) - 1, row) for row in group if isinstance(row, Transfer)]
                )
            events.append(event)
            moments.append((event.chain, *one.moment))
    positions = _Positions(placed)
    return replace(
        _close(rows, events, ordered_by),
        ties=_ties(moments, positions),
        nets=nets,
        notes=(*_notes(events), *_unlisted(groups), *positions.notes()),
        interleaved=frozenset(positions.interleaved),
    )


def _of_columns(table: TransferRows, theft_txs: Collection[tuple[ChainId, str]]) -> Ledger | None:
    """Return the ledger of a table held as columns, or ``None`` where its rows must be looked at one by one."""
    found = arranged(table, theft_txs)
    if found is None:
        return None
    # Where the order of rows is not known every account of a tie is looked at, many times over.
    return Ledger(
        rows=found.rows,
        events=tuple(found.events) if found.ties else found.events,
        opening=found.events.opening,
        ordered_by={table.columns.chain: found.ordered_by},
        sha256=transfers_form(found.rows).record()["sha256"],
        addresses=_addresses(found.events.several()),
        ties=found.ties,
        nets=found.nets,
    )


def events_of_block(
    table: Sequence[Transfer | LedgerLeg], theft_txs: Collection[tuple[ChainId, str]] = ()
) -> list[tuple[Event, tuple[Transfer | LedgerLeg, ...]]]:
    """Return the events of one block of a chain, each with its rows, as the ledger of the whole chain has them there.

    What a block holds does not depend on other blocks; what its rows may contradict in them is not asked here.

    Parameters
    ----------
    table : sequence of Transfer or LedgerLeg
        All rows of one block.
    theft_txs : collection of (ChainId, str)
        As for :func:`ledger_from_rows`.
    """
    rows: list[Transfer] = []
    found: list[tuple[Event, tuple[Transfer | LedgerLeg, ...]]] = []
    for group in order_chain(table, "block", theft_txs) if len(table) > 1 else [tuple(table)]:
        event, _ = _group_event(group, rows, len(found))
        if event is not None:
            found.append((event, group))
    return found


def opening_balances(events: Iterable[Event]) -> dict[Account, int]:
    """Return the least opening balance of every account that needs one, in base units.

    All debits of an event come before its credits, so money that passes through a holder inside one event does not
    lower what it must have held before.
    """
    if isinstance(events, EventArrays):
        return events.opening
    balance: dict[Account, int] = defaultdict(int)
    lowest: dict[Account, int] = {}
    for event in events:
        for part in event.parts:
            for leg in part.debits:
                balance[leg.account] -= leg.amount
                if balance[leg.account] < lowest.get(leg.account, 0):
                    lowest[leg.account] = balance[leg.account]
        for part in event.parts:
            for leg in part.credits:
                if not leg.sink:
                    balance[leg.account] += leg.amount
    return {account: -low for account, low in sorted(lowest.items())}


def with_events(ledger: Ledger, inserted: Mapping[int, Sequence[Event]]) -> tuple[Ledger, dict[int, int]]:
    """Return a ledger some of whose events are replaced by one or more, and the first new index of each old one.

    Parameters
    ----------
    ledger : Ledger
        As built.
    inserted : mapping of int to sequence of Event
        By index: what stands in the event's place.
    """
    events, place = _with_inserted(ledger.events, inserted)
    ties = tuple((place[start], place[end]) for start, end in ledger.ties)
    return replace(
        ledger,
        events=events,
        opening=opening_balances(events),
        addresses=_addresses(events.several() if isinstance(events, EventArrays) else events),
        ties=ties,
        nets={place[index]: nets for index, nets in ledger.nets.items()},
    ), place


def _with_inserted(
    before: Sequence[Event], inserted: Mapping[int, Sequence[Event]]
) -> tuple[Sequence[Event], dict[int, int]]:
    if isinstance(before, EventArrays):
        return before.replaced(inserted)
    events: list[Event] = []
    place: dict[int, int] = {}
    for event in before:
        place[event.index] = len(events)
        for one in inserted.get(event.index, (event,)):
            events.append(one if one.index == len(events) else replace(one, index=len(events)))
    place[len(before)] = len(events)
    return tuple(events), place


def _group_event(
    group: Sequence[Transfer | LedgerLeg], rows: list[Transfer], index: int
) -> tuple[Event | None, Nets | None]:
    """Append the rows that show a group and return its event."""
    transfers = [row for row in group if isinstance(row, Transfer)]
    legs = [row for row in group if isinstance(row, LedgerLeg)]
    if transfers and legs:
        raise DataFileError(
            f"Row {group[0].row}, column 'event': {group[0].event!r} is made of transfers and of ledger legs.",
            why="An event is given one way or the other.",
        )
    if legs:
        return ledger_event(index, legs, _show(legs, rows))
    rows.extend(transfers)
    return transfer_event(index, list(enumerate(transfers, len(rows) - len(transfers))))


def _show(group: Sequence[LedgerLeg], rows: list[Transfer]) -> list[int]:
    """Append the rows that show a group of legs and return each leg's row."""
    sides = sorted(leg.side for leg in group)
    if sides == ["credit", "debit"] and group[0].asset == group[1].asset and group[0].amount == group[1].amount:
        debit, credit = sorted(group, key=lambda leg: leg.side == "credit")
        rows.append(_row(debit, debit.holder, credit.holder, credit.kind or debit.kind, credit.id or debit.id))
        return [len(rows) - 1] * 2
    first = len(rows)
    for leg in group:
        mine = (leg.holder, "") if leg.side == "debit" else ("", leg.holder)
        rows.append(_row(leg, *mine, leg.kind, leg.id))
    return list(range(first, len(rows)))


def _row(leg: LedgerLeg, sender: str, recipient: str, kind: str, name: str) -> Transfer:
    return Transfer(
        row=leg.row,
        chain=leg.chain,
        block=leg.block,
        position=None,
        time=leg.time,
        tx=leg.tx,
        kind=kind,
        sender=sender,
        recipient=recipient,
        asset=leg.asset,
        amount=leg.amount,
        event=leg.event,
        resolution=leg.resolution,
        id=name,
    )


def _close(rows: list[Transfer], events: list[Event], ordered_by: dict[ChainId, str]) -> Ledger:
    digest = transfers_form(rows).record()["sha256"]
    return Ledger(tuple(rows), tuple(events), opening_balances(events), ordered_by, digest, _addresses(events))


def _addresses(events: Iterable[Event]) -> dict[Account, str]:
    return {
        leg.account: leg.address
        for event in events
        for part in event.parts
        for leg in (*part.debits, *part.credits)
        if leg.address != leg.account.holder and not leg.sink
    }


class _Positions:
    """Which moments the rows order: those in which every position is of one event, and which are of one printed time.

    A moment in which two events share a position (positions counted anew in each transaction) is not ordered by them.
    Neither is one in which an event stands between the rows of another with which it shares a holder: an event happens
    at once, so that the positions say of one of the two both that it came before the other and after it.
    """

    def __init__(self, placed: Sequence[Placed[Transfer | LedgerLeg]]) -> None:
        first: dict[tuple[Moment, int], int] = {}
        times: dict[Moment, int | None] = {}
        self._chains: set[ChainId] = set()
        self._shared: set[Moment] = set()
        self.interleaved: set[tuple[ChainId, str]] = set()
        self._names: list[str] = []
        for number, one in enumerate(placed):
            moment = (one.rows[0].chain, *one.moment)
            if one.moment[1] and times.setdefault(moment, one.rows[0].time) != one.rows[0].time:
                self._shared.add(moment)
            # Positions are places in a block: of a minute or a day, which have many, they order nothing.
            if any(row.block is None and row.resolution > 1 for row in one.rows):
                self._shared.add(moment)
            for row in one.rows:
                if isinstance(row, Transfer) and row.position is not None:
                    self._chains.add(row.chain)
                    if first.setdefault((moment, row.position), number) != number:
                        self._shared.add(moment)
        spread: dict[Moment, list[int]] = defaultdict(list)
        for number, one in enumerate(placed):
            if len(_positions_of(one)) > 1:
                spread[(one.rows[0].chain, *one.moment)].append(number)
        if spread:
            for moment, numbers in _interleaved(placed, spread).items():
                self._shared.add(moment)
                for number in sorted(numbers):
                    rows = placed[number].rows
                    self.interleaved |= {(rows[0].chain, holder) for holder in holders_of(rows)}
                    self._names += [rows[0].event] if len(rows) > 1 else []

    def notes(self) -> tuple[str, ...]:
        """Return the sentence on events between whose rows another stands."""
        if not self._names:
            return ()
        return (
            f"Note: other rows of its holders stand between the rows of {len(self._names)} event(s), "
            f"{self._names[0] or 'a theft'} the first, by the column position. An event happens at once: the order of "
            "their block is taken as not known, and nothing certain rests on these holders.",
        )

    def __call__(self, moment: Moment) -> bool:
        """Return whether the events of a moment are in an order that is known."""
        chain = moment[0]
        return chain_of(chain).family == "bitcoin" or (chain in self._chains and moment not in self._shared)


def _positions_of(one: Placed[Transfer | LedgerLeg]) -> set[int]:
    return {row.position for row in one.rows if isinstance(row, Transfer) and row.position is not None}


def _interleaved(
    placed: Sequence[Placed[Transfer | LedgerLeg]], spread: Mapping[Moment, Sequence[int]]
) -> dict[Moment, set[int]]:
    """Return the events between whose rows another of a common holder stands, and those others, by their moment."""
    inside: dict[Moment, list[tuple[int, int]]] = defaultdict(list)
    for number, one in enumerate(placed):
        moment = (one.rows[0].chain, *one.moment)
        if moment in spread:
            inside[moment] += [(position, number) for position in _positions_of(one)]
    found: dict[Moment, set[int]] = defaultdict(set)
    for moment, numbers in spread.items():
        places = sorted(inside[moment])
        for number in numbers:
            mine = _positions_of(placed[number])
            between = places[bisect_right(places, (min(mine), len(placed))) : bisect_left(places, (max(mine), -1))]
            holders = holders_of(placed[number].rows)
            near = {other for _, other in between if not holders.isdisjoint(holders_of(placed[other].rows))} - {number}
            if near:
                found[moment] |= {number, *near}
    return found


def _ties(moments: Sequence[Moment], ordered: Callable[[Moment], bool]) -> tuple[tuple[int, int], ...]:
    """Return the runs of events whose order the rows do not tell."""
    ties: list[tuple[int, int]] = []
    start, last = 0, None
    for place, moment in enumerate(moments):
        here = None if ordered(moment) else moment
        if here is None or here != last:
            if place - start > 1 and last is not None:
                ties.append((start, place))
            start, last = place, here
    if last is not None and len(moments) - start > 1:
        ties.append((start, len(moments)))
    return tuple(ties)


def _unlisted(groups: Iterable[Sequence[Transfer | LedgerLeg]]) -> tuple[str, ...]:
    """Return the sentence on transactions of which the order of the inputs is not known."""
    debits = [[leg for leg in group if isinstance(leg, LedgerLeg) and leg.side == "debit"] for group in groups]
    found = [legs[0] for legs in debits if len(legs) > 1 and not all(leg.listed for leg in legs)]
    if not found:
        return ()
    return (
        f"Note: the order of the inputs is not known of {len(found)} transaction(s), {found[0].tx or found[0].event} "
        "the first. First in first out and last in first out take them as the rows stand; another order gives other "
        "figures. The intervals hold for every order.",
    )


def _notes(events: Iterable[Event]) -> tuple[str, ...]:
    """Return the sentences on fees that no leg states; loud where one is above a tenth of what was paid in."""
    unstated = [event for event in events if event.unstated_fee]
    notes = []
    if unstated:
        total = sum(event.unstated_fee for event in unstated)
        notes.append(
            f"{len(unstated)} events leave {total} base units over that no leg says are a fee: booked as fee, "
            "unstated; nothing certain rests on these events but on the word of who vouches for the table."
        )
    for event in unstated:
        paid = sum(leg.amount for part in event.parts for leg in part.debits)
        if event.unstated_fee * 10 > paid:
            notes.append(
                f"WARNING: {event.unstated_fee} of the {paid} base units that go into event {event.name} come out "
                "nowhere: more than a tenth. An output is probably missing."
            )
    return tuple(notes)
