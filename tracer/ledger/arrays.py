"""The ledger of a large table: plain payments as arrays, everything else as the events they are.

A row that is an event alone and moves one asset from one holder to another is four numbers here; it becomes an
:class:`~tracer.model.Event` only while somebody looks at it. What is more than that (a mint, a burn, a fee, the rows of
a theft's transaction) is kept whole. What the arrays do not hold, and what may be wrong with the rows, goes to the
builder of single events (:mod:`tracer.ledger.book`), which says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from tracer.io import TransferRows, integers_of, strings_of
from tracer.ledger.events import transfer_event
from tracer.ledger.nets import SINKS, Nets, nets_of_transfers
from tracer.model import Account, AssetId, ChainId, Event, Leg, Part, Transfer, chain_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_FORWARD: Final = ("evm", "tron")
_ONCE: Final = ("evm", "tron", "bitcoin")
_HASH: Final = "^(0x)?[0-9a-f]{64}$"
_LARGEST: Final = 2.0**122
"""Up to which all amounts of a table may add up: every balance then is two signed numbers of 62 and 61 bits."""
_EIGHT: Final = 8
_WORD: Final = 32
_MASK: Final = (1 << _WORD) - 1


class Legs(NamedTuple):
    """Debits and credits that no sink takes, event by event, the debits of one first.

    Attributes
    ----------
    account : ndarray of int64
        Number of the account.
    event : ndarray of int64
        Index of the event.
    sign : ndarray of int64
        -1 for a debit, 1 for a credit.
    """

    account: Ints
    event: Ints
    sign: Ints


@dataclass(frozen=True, eq=False)
class EventArrays(Sequence[Event]):
    """Events in total order, of which plain payments are made on demand.

    Attributes
    ----------
    rows : TransferRows
        The rows of the ledger, in order.
    accounts : list of Account
        Accounts of the rows, sorted; `payer` and `payee` are places in it.
    row, payer, payee : ndarray of int64, shape (events,)
        Of a plain payment; -1 each where the event is kept whole.
    number : ndarray of int64, shape (events,)
        After which its name is made; its index, unless events were inserted before it.
    whole : dict of int to Event
        The others, by index.
    """

    rows: TransferRows
    accounts: list[Account]
    row: Ints
    payer: Ints
    payee: Ints
    number: Ints
    whole: dict[int, Event]

    def __len__(self) -> int:
        return len(self.row)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Event, ...]: ...
    def __getitem__(self, index: int | slice) -> Event | tuple[Event, ...]:
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        held = self.whole.get(index)
        return self._payment(index) if held is None else held

    def __iter__(self) -> Iterator[Event]:
        whole = self.whole
        rows = self.rows.columns.transfers(self.source)
        columns = zip(self.row.tolist(), self.payer.tolist(), self.payee.tolist(), self.number.tolist(), strict=True)
        for index, (row, payer, payee, number) in enumerate(columns):
            yield whole[index] if row < 0 else self._made(index, next(rows), row, payer, payee, number)

    def _payment(self, index: int) -> Event:
        row = int(self.row[index])
        payer, payee, number = (int(column[index]) for column in (self.payer, self.payee, self.number))
        return self._made(index, self.rows[row], row, payer, payee, number)

    def _made(self, index: int, held: Transfer, row: int, payer: int, payee: int, number: int) -> Event:
        debit = Leg(self.accounts[payer], held.sender, held.amount, row)
        credit = Leg(self.accounts[payee], held.recipient, held.amount, row)
        return Event(
            index=index,
            name=held.event or f"e{number + 1}",
            chain=held.chain,
            block=held.block,
            time=held.time,
            tx=held.tx,
            kind="transfer",
            parts=(Part((debit,), (credit,)),),
            grade=held.grade,
            precision=held.precision,
            resolution=held.resolution,
        )

    def several(self) -> list[Event]:
        """Return the events that are no plain payments, in order."""
        return [self.whole[index] for index in sorted(self.whole)]

    @property
    def chain(self) -> ChainId:
        """The chain of its plain payments."""
        return self.rows.columns.chain

    @cached_property
    def plain(self) -> Ints:
        """Indices of the plain payments."""
        import numpy as np

        return np.flatnonzero(self.row >= 0)

    @cached_property
    def source(self) -> Ints:
        """For each plain payment: the place of its row in the table as it was read."""
        places: Ints = self.rows.all_places()[self.row[self.plain]]
        return places

    @cached_property
    def times(self) -> list[int | None]:
        """The time of every event."""
        columns, found = self.rows.columns, list[int | None]([None]) * len(self)
        if columns.time is not None:
            for index, time in zip(self.plain.tolist(), columns.time[self.source].tolist(), strict=True):
                found[index] = time
        for index, event in self.whole.items():
            found[index] = event.time
        return found

    def time_of(self, index: int) -> int | None:
        """Return the time of a plain payment."""
        times = self.rows.columns.time
        return None if times is None else int(times[self.rows.all_places()[self.row[index]]])

    @cached_property
    def amounts(self) -> list[int]:
        """What each plain payment moves, base units; 0 for other events."""
        found = [0] * len(self)
        for index, amount in zip(self.plain.tolist(), self.rows.columns.amounts(self.source), strict=True):
            found[index] = amount
        return found

    @cached_property
    def numbers(self) -> dict[Account, int]:
        """Number of every account of an event: those of rows first, in their order."""
        found = {account: number for number, account in enumerate(self.accounts)}
        for event in self.several():
            for part in event.parts:
                for leg in (*part.debits, *part.credits):
                    found.setdefault(leg.account, len(found))
        return found

    @cached_property
    def legs(self) -> Legs:
        """All debits, and all credits that no sink takes."""
        import numpy as np

        plain = self.plain
        numbers = self.numbers if self.whole else {}
        others = [(numbers[leg.account], event.index, sign) for event, sign, leg in self._whole_legs()]
        more = np.array(others, np.int64).reshape(-1, 3)
        account = np.concatenate((self.payer[plain], self.payee[plain], more[:, 0]))
        event = np.concatenate((plain, plain, more[:, 1]))
        sign = np.concatenate((np.full(len(plain), -1), np.full(len(plain), 1), more[:, 2]))
        return Legs(account, event, sign)

    def _whole_legs(self) -> Iterator[tuple[Event, int, Leg]]:
        """Yield the legs of the events kept whole, as :attr:`legs` has them, each with its event and sign."""
        for event in self.several():
            yield from ((event, -1, leg) for part in event.parts for leg in part.debits)
            yield from ((event, 1, leg) for part in event.parts for leg in part.credits if not leg.sink)

    def _words(self, order: Ints) -> Iterator[Ints]:
        """Yield the amounts of the legs in an order, in words of 32 bits, the lowest first."""
        import numpy as np

        held = self.rows.columns
        others = [leg.amount for _, _, leg in self._whole_legs()]
        for place in range(4):
            half = (held.low, held.high)[place >> 1][self.source]
            word = (half >> np.uint64(_WORD * (place & 1)) & np.uint64(_MASK)).astype(np.int64)
            more = np.array([amount >> _WORD * place & _MASK for amount in others], np.int64)
            yield np.concatenate((word, word, more))[order]

    @cached_property
    def by_account(self) -> Ints:
        """Order of the legs by account, then by event, the debits of one first."""
        import numpy as np

        legs = self.legs
        key = (legs.account * len(self) + legs.event) * 2 + (legs.sign > 0)
        return np.argsort(key, kind="stable")

    @cached_property
    def touched(self) -> list[Account]:
        """Every account that pays or is paid, sorted."""
        import numpy as np

        used = np.flatnonzero(np.bincount(self.legs.account, minlength=1)).tolist()
        every = self.accounts if not self.whole else list(self.numbers)
        found = [every[number] for number in used]
        return found if not used or used[-1] < len(self.accounts) else sorted(found)

    @cached_property
    def opening(self) -> dict[Account, int]:
        """The least opening balance of every account that needs one, base units, sorted."""
        least = self._least()
        every = self.accounts if not self.whole else list(self.numbers)
        found = {every[number]: amount for number, amount in least}
        return found if not least or least[-1][0] < len(self.accounts) else dict(sorted(found.items()))

    @cached_property
    def _running(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the legs' order, the place of each account's first, and every balance after it: its halves."""
        import numpy as np

        legs, order = self.legs, self.by_account
        account = legs.account[order]
        first = np.flatnonzero(np.diff(account, prepend=-1))
        sign = legs.sign[order]
        start = np.repeat(first, np.diff(first, append=len(account)))
        rest: list[Ints] = []
        carry: Ints | None = None
        for word in self._words(order):
            # In words of 32 bits no sum over all legs can overflow; the balance of an account is a difference of two.
            moved = word * sign
            total = np.cumsum(moved)
            total -= total[start] - moved[start]
            if carry is not None:
                total += carry
            carry = total >> _WORD
            rest.append(total if len(rest) == 3 else total & _MASK)
        # two halves again: of the lower one 62 bits, so that both are signed numbers
        lower = rest[0] | (rest[1] & ((1 << 30) - 1)) << _WORD
        upper = (rest[3] << 34) + (rest[2] << 2) + (rest[1] >> 30)
        return order, first, lower, upper

    def _least(self) -> list[tuple[int, int]]:
        """Return number and need of the accounts whose balance would fall below zero."""
        import numpy as np

        if not len(self.legs.account):
            return []
        order, first, lower, upper = self._running
        least = np.minimum.reduceat(upper, first)
        size = np.diff(first, append=len(order))
        at_least = upper == np.repeat(least, size)
        below = np.minimum.reduceat(np.where(at_least, lower, np.iinfo(np.int64).max), first)
        short = np.flatnonzero(least < 0)
        numbers = self.legs.account[order][first][short].tolist()
        return [
            (number, -(above << 62 | under))
            for number, above, under in zip(numbers, least[short].tolist(), below[short].tolist(), strict=True)
        ]

    @cached_property
    def after_debit(self) -> list[int]:
        """Of each plain payment: what its payer received before it less what it paid with it, base units."""
        import numpy as np

        order, _, lower, upper = self._running
        count = len(self.plain)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        mine = place[:count]
        found = [0] * len(self)
        for index, above, under in zip(self.plain.tolist(), upper[mine].tolist(), lower[mine].tolist(), strict=True):
            found[index] = above << 62 | under
        return found

    def balance_before(self, number: int, index: int) -> int:
        """Return what an account received less what it paid before an event, base units."""
        _, _, lower, upper = self._running
        begin, end = self._span(number)
        place = begin + int(self._events_sorted[begin:end].searchsorted(index))
        return 0 if place == begin else int(upper[place - 1]) << 62 | int(lower[place - 1])

    @cached_property
    def _firsts(self) -> list[int]:
        order, first, _, _ = self._running
        return list(self.legs.account[order[first]].tolist())

    @cached_property
    def _events_sorted(self) -> Ints:
        found: Ints = self.legs.event[self.by_account]
        return found

    def received(self, holders: Container[tuple[ChainId, str]]) -> dict[Account, int]:
        """Return what the accounts of some holders are paid in all, base units, sorted."""
        import numpy as np

        legs = self.legs
        credits = np.flatnonzero(legs.sign > 0)
        order = credits[np.argsort(legs.account[credits], kind="stable")]
        account = legs.account[order]
        if not len(order):
            return {}
        first = np.flatnonzero(np.diff(account, prepend=-1))
        sums = [np.add.reduceat(word, first).tolist() for word in self._words(order)]
        every = self.accounts if not self.whole else list(self.numbers)
        found = {
            every[number]: one + (two << 32) + (three << 64) + (four << 96)
            for number, one, two, three, four in zip(account[first].tolist(), *sums, strict=True)
            if every[number][:2] in holders
        }
        return found if not self.whole else dict(sorted(found.items()))

    def touching(self, holders: Collection[tuple[ChainId, str]]) -> list[Event]:
        """Return the events in which one of some holders pays or is paid, in order."""
        numbers = [number for holder in holders for number in self._numbers_of(holder)]
        found = {index for number in numbers for index in self._events_of(number)}
        return [self[index] for index in sorted(found)]

    def _numbers_of(self, holder: tuple[ChainId, str]) -> list[int]:
        """Return the numbers of a holder's accounts."""
        chain, name = holder
        place = bisect_left(self.accounts, Account(chain, name, AssetId("")))
        found = []
        while place < len(self.accounts) and self.accounts[place][:2] == holder:
            found.append(place)
            place += 1
        return found + [number for account, number in self._others.items() if account[:2] == holder]

    @cached_property
    def _others(self) -> dict[Account, int]:
        """Number of the accounts that no row has: segments and passages of holders."""
        if not self.whole:
            return {}
        return {account: number for account, number in self.numbers.items() if number >= len(self.accounts)}

    def _events_of(self, number: int) -> list[int]:
        begin, end = self._span(number)
        return list(self._events_sorted[begin:end].tolist())

    def _span(self, number: int) -> tuple[int, int]:
        """Return where the legs of an account stand among those sorted by account."""
        order, first, _, _ = self._running
        start = bisect_left(self._firsts, number)
        if start == len(self._firsts) or self._firsts[start] != number:
            return 0, 0
        return int(first[start]), int(first[start + 1]) if start + 1 < len(first) else len(order)

    def debiting(self) -> list[Account]:
        """Return every account that pays, sorted."""
        import numpy as np

        numbers = np.flatnonzero(np.bincount(self.legs.account[self.legs.sign < 0], minlength=1)).tolist()
        every = self.accounts if not self.whole else list(self.numbers)
        return sorted(every[number] for number in numbers)

    def replaced(self, inserted: Mapping[int, Sequence[Event]]) -> tuple[EventArrays, dict[int, int]]:
        """Return the events with some of them replaced by one or more, and the first new index of each old one.

        Parameters
        ----------
        inserted : mapping of int to sequence of Event
            By index: what stands in the event's place.
        """
        import numpy as np

        size = np.ones(len(self), np.int64)
        for index, events in inserted.items():
            size[index] = len(events)
        start = np.concatenate(([0], np.cumsum(size)))
        keep = np.ones(len(self), bool)
        keep[np.array(list(inserted), np.int64)] = False
        columns = []
        for column in (self.row, self.payer, self.payee, self.number):
            new = np.full(int(start[-1]), -1, np.int64)
            new[start[:-1][keep]] = column[keep]
            columns.append(new)
        whole = {int(start[index]): event for index, event in self.whole.items() if index not in inserted}
        for index, events in inserted.items():
            whole |= {int(start[index]) + place: event for place, event in enumerate(events)}
        numbered = {
            index: event if event.index == index else replace(event, index=index) for index, event in whole.items()
        }
        row, payer, payee, number = columns
        changed = EventArrays(self.rows, self.accounts, row, payer, payee, number, dict(sorted(numbered.items())))
        return changed, dict(enumerate(start.tolist()))


class Arranged(NamedTuple):
    """A table in order.

    Attributes
    ----------
    rows : TransferRows
        All rows, in order.
    events : EventArrays
        What happens.
    ordered_by : str
        ``block`` or ``time``.
    ties : tuple of (int, int)
        Ranges of events whose order is not known.
    nets : dict of int to Nets
        What the events of thefts net to.
    """

    rows: TransferRows
    events: EventArrays
    ordered_by: str
    ties: tuple[tuple[int, int], ...]
    nets: dict[int, Nets]


def arranged(table: TransferRows, theft_txs: Collection[tuple[ChainId, str]]) -> Arranged | None:
    """Return a table in order, or ``None`` where its rows must be looked at one by one.

    Parameters
    ----------
    table : TransferRows
        In any order.
    theft_txs : collection of (ChainId, str)
        Transactions all of whose rows are one event. An empty chain means any.
    """
    import numpy as np

    columns = table.columns
    if float(columns.high.astype(float).sum() + 1) * 2.0**64 > _LARGEST or not len(table):
        return None
    places = table.all_places()
    by = "time" if columns.block is None else "block"
    moment = columns.time if columns.block is None else columns.block
    assert moment is not None
    position = np.zeros(len(columns), np.int64) if columns.position is None else columns.position
    keys = (places, position[places], moment[places])
    order = places if _is_sorted(keys) else places[np.lexsort(keys)]
    when, position = moment[order], position[order]
    if _is_doubtful(columns.position is not None, table, order, when, position):
        return None
    group = _theft_rows(table, order, theft_txs)
    if group is None or ((np.diff(group) == 0) & (group[1:] >= 0) & (np.diff(when) != 0)).any():
        return None
    rows = table if order is places else TransferRows(table.columns, order)
    events, nets, at = _events(rows, group, {tx for _, tx in theft_txs})
    shared = _shared(when, position, group) if columns.position is not None else None
    return Arranged(rows, events, by, _ties(when[at], shared), nets)


def _is_sorted(keys: tuple[Ints, Ints, Ints]) -> bool:
    row, position, moment = keys
    step, then, last = moment[1:] - moment[:-1], position[1:] - position[:-1], row[1:] - row[:-1]
    return bool(((step > 0) | ((step == 0) & ((then > 0) | ((then == 0) & (last > 0))))).all())


def _is_doubtful(positions: bool, table: TransferRows, order: Ints, when: Ints, position: Ints) -> bool:
    """Return whether rows may stand twice, or blocks and times may contradict each other."""
    import numpy as np
    import pyarrow.compute as pc

    columns = table.columns
    family = chain_of(columns.chain).family
    if columns.block is not None and columns.time is not None:
        time = columns.time[order]
        back = np.diff(time) < 0 if family in _FORWARD else np.zeros(len(time) - 1, bool)
        if (back | ((np.diff(when) == 0) & (np.diff(time) != 0))).any():
            return True
    same = (np.diff(when) == 0) & (np.diff(position) == 0)
    if not positions or same.any():
        sides = [columns.sender, columns.recipient, columns.asset, columns.low, columns.high]
        cells = [*(side[order] for side in sides), when, position]
        alike = np.lexsort(cells)
        equal = np.ones(len(order) - 1, bool)
        for cell in cells:
            equal &= cell[alike][1:] == cell[alike][:-1]
        amount = columns.low[order][alike] | columns.high[order][alike]
        if (equal & (amount[1:] > 0)).any():
            return True
    again = _repeated(columns.tx)
    if not len(again):
        return False
    mine = np.zeros(len(columns), bool)
    mine[again] = True
    chosen = np.flatnonzero(mine[order])
    coded = columns.tx.take(integers_of(order[chosen])).dictionary_encode()
    tx = coded.indices.to_numpy().astype(np.int64)
    named = pc.not_equal(coded.dictionary, "").to_numpy(zero_copy_only=False)[tx]
    if positions:
        by_place = np.lexsort((position[chosen], tx))
        twice = (np.diff(tx[by_place]) == 0) & (np.diff(position[chosen][by_place]) == 0)
        if (twice & named[by_place][1:]).any():
            return True
    if family not in _ONCE:
        return False
    by_tx = np.argsort(tx, kind="stable")
    once = pc.match_substring_regex(coded.dictionary, _HASH).to_numpy(zero_copy_only=False)[tx]
    same_tx = (np.diff(tx[by_tx]) == 0) & once[by_tx][1:]
    moments = [column[order[chosen]][by_tx] for column in (columns.block, columns.time) if column is not None]
    return any((same_tx & (np.diff(moment) != 0)).any() for moment in moments)


def _repeated(texts: Any) -> Ints:  # noqa: ANN401 (pyarrow ships no types)
    """Return at least the places of the texts that stand more than once: of texts of one length those of equal sums."""
    import numpy as np
    import pyarrow as pa

    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    width = int(ends[1] - ends[0])
    if width < _EIGHT or (np.diff(ends) != width).any():
        return np.arange(len(texts))
    cells = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].reshape(len(texts), width)
    sums = np.zeros(len(texts), np.uint64)
    for start in (*range(0, width - _EIGHT, _EIGHT), width - _EIGHT):
        word = np.ascontiguousarray(cells[:, start : start + _EIGHT]).view(np.uint64)[:, 0]
        sums = (sums ^ word) * np.uint64(0x9E3779B97F4A7C15)
        sums ^= sums >> np.uint64(29)
    order = np.argsort(sums, kind="stable")
    equal = np.diff(sums[order]) == 0
    pa.default_memory_pool().release_unused()
    found: Ints = order[np.append(equal, False) | np.append(False, equal)]
    return found


def _theft_rows(table: TransferRows, order: Ints, theft_txs: Collection[tuple[ChainId, str]]) -> Ints | None:
    """Return for each row, in order, the number of its theft's transaction, or -1; ``None`` if other rows lie between.

    A fee shares no event with other rows, so it stays apart.
    """
    import numpy as np
    import pyarrow.compute as pc

    columns = table.columns
    wanted = sorted({tx for chain, tx in theft_txs if chain in ("", columns.chain)})
    if not wanted:
        return np.full(len(order), -1, np.int64)
    found = pc.fill_null(pc.index_in(columns.tx, strings_of(wanted)), -1).to_numpy().astype(np.int64)
    kinds, numbers = columns.words["kind"]
    if "fee" in kinds:
        found[numbers == kinds.index("fee")] = -1
    group: Ints = found[order]
    for number in range(len(wanted)):
        mine = np.flatnonzero(group == number)
        if len(mine) and int(mine[-1] - mine[0]) + 1 != len(mine):
            return None
    return group


def _events(rows: TransferRows, group: Ints, robbed: Collection[str]) -> tuple[EventArrays, dict[int, Nets], Ints]:
    """Return the events of rows in order, what thefts net to, and the row at which each event begins."""
    import numpy as np

    columns = rows.columns
    places = rows.all_places()
    sender, recipient, asset = columns.sender[places], columns.recipient[places], columns.asset[places]
    moves = (columns.low[places] | columns.high[places]) > 0
    kinds, numbers = columns.words["kind"]
    odd_kind = np.array([kind == "mint" or bool(SINKS.get(kind)) for kind in kinds])[numbers[places]]
    joined = group >= 0
    odd = odd_kind & moves & ~joined
    plain = moves & ~odd_kind & ~joined & (sender != recipient)
    # A theft's rows stand together, so that its first is where the number changes.
    heads = joined & (np.diff(group, prepend=-1) != 0)
    begins = np.flatnonzero(plain | odd | heads)
    whole: dict[int, Event] = {}
    nets: dict[int, Nets] = {}
    nothing: list[int] = []
    for place in np.flatnonzero(~plain[begins]).tolist():
        row = int(begins[place])
        last = row + 1
        while joined[row] and last < len(group) and group[last] == group[row]:
            last += 1
        mine = list(enumerate(rows[row:last], row))
        index = place - len(nothing)
        event, netted = transfer_event(index, mine)
        if event is None:
            nothing.append(place)
            continue
        whole[index] = event
        if event.tx in robbed:
            nets[index] = netted or nets_of_transfers(mine)
    begins = np.delete(begins, nothing)
    accounts, payers, payees = _accounts(columns.names, columns.assets, columns.chain, sender, recipient, asset)
    kept = plain[begins]
    row_of, payer, payee = (np.where(kept, one, -1) for one in (begins, payers[begins], payees[begins]))
    events = EventArrays(rows, accounts, row_of, payer, payee, np.arange(len(begins)), whole)
    return events, nets, begins


def _accounts(
    names: list[str], assets: list[AssetId], chain: ChainId, sender: Ints, recipient: Ints, asset: Ints
) -> tuple[list[Account], Ints, Ints]:
    """Return the accounts of the rows, sorted, and each row's payer and payee among them."""
    import numpy as np

    payer, payee = sender * len(assets) + asset, recipient * len(assets) + asset
    every = np.unique(np.concatenate((payer, payee))) if len(assets) > 1 else np.arange(len(names))
    accounts = [
        Account(chain, names[holder], assets[number])
        for holder, number in zip((every // len(assets)).tolist(), (every % len(assets)).tolist(), strict=True)
    ]
    if len(assets) == 1:
        return accounts, payer, payee
    return accounts, np.searchsorted(every, payer), np.searchsorted(every, payee)


def _shared(when: Ints, position: Ints, group: Ints) -> Ints:
    """Return the moments in which two events share a position."""
    import numpy as np

    same = (np.diff(when) == 0) & (np.diff(position) == 0) & ~((group[1:] == group[:-1]) & (group[1:] >= 0))
    return np.unique(when[1:][same])


def _ties(moments: Ints, shared: Ints | None) -> tuple[tuple[int, int], ...]:
    """Return the runs of events of one moment whose order is not known: of all moments, or of those in `shared`."""
    import numpy as np

    if shared is not None and not len(shared):
        return ()
    starts = np.flatnonzero(np.diff(moments, prepend=-1))
    ends = np.append(starts[1:], len(moments))
    open_ = ends - starts > 1
    if shared is not None:
        open_ &= np.isin(moments[starts], shared)
    return tuple(zip(starts[open_].tolist(), ends[open_].tolist(), strict=True))


def several(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events that may be more than a payment of one row: of arrays those kept whole, else all."""
    return events.several() if isinstance(events, EventArrays) else events


def touching(events: Sequence[Event], holders: Collection[tuple[ChainId, str]]) -> Sequence[Event]:
    """Return the events in which one of some holders pays or is paid; where they are no arrays, all."""
    return events.touching(holders) if isinstance(events, EventArrays) else events


def accounts_of(events: Sequence[Event]) -> Collection[Account]:
    """Return every account that pays or is paid in some events, but for what sinks take."""
    if isinstance(events, EventArrays):
        return events.touched
    return {
        leg.account for event in events for part in event.parts for leg in (*part.debits, *part.credits) if not leg.sink
    }


def payers_of(events: Sequence[Event]) -> Collection[Account]:
    """Return every account that pays in some events."""
    if isinstance(events, EventArrays):
        return events.debiting()
    return {leg.account for event in events for part in event.parts for leg in part.debits}


def not_before(events: Sequence[Event], second: int) -> int:
    """Return how many events happen at a time or later."""
    if not isinstance(events, EventArrays):
        return sum(event.time is not None and event.time >= second for event in events)
    times = events.rows.columns.time
    plain = 0 if times is None else int((times[events.source] >= second).sum())
    return plain + sum(event.time is not None and event.time >= second for event in events.several())


def moments_of(events: Sequence[Event]) -> Iterator[tuple[ChainId, int | None]]:
    """Yield chain and time of every event, in order."""
    if isinstance(events, EventArrays):
        whole, chain = events.whole, events.chain
        return ((whole[index].chain if index in whole else chain, time) for index, time in enumerate(events.times))
    return ((event.chain, event.time) for event in events)


def exact(events: Sequence[Event]) -> bool:
    """Return whether it can be seen at once that no event rests on a rounded amount."""
    if not isinstance(events, EventArrays):
        return False
    return "printed" not in events.rows.columns.words["precision"][0] and all(
        event.precision != "printed" for event in events.several()
    )
