"""The ledger of a collection kept by block: what a newly read holder changes is put together again, and nothing else.

Theory of operation. :func:`tracer.trace.pipeline.prepare` makes one ledger of all rows, every time. What a block
holds of it depends on the rows of that block alone: rows are told apart by ids and contents that have their block in
them, positions are ranks within it, and an event never spans two. Only three things reach farther. Thefts: what seeds
take is found in a small ledger of the events they name, which is made anew where one of those changes. Contradictions
between transactions: where there may be one, the whole ledger has to be looked at (:class:`Unsteady`). Labels that
begin or end within the data: the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tracer.chains import against_maker
from tracer.collect.rows import Place, block_rows
from tracer.ledger import events_of_block, ledger_from_rows
from tracer.model import Account, ChainId, Coin, Collected, CollectedTx, Event, Holder, LedgerLeg, Seed, Transfer
from tracer.providers import History
from tracer.registry import LabelIndex
from tracer.trace import Thefts, find_thefts, is_pool, is_service, is_victim, theft_transactions

Height = tuple[ChainId, int]
Group = tuple[Event, tuple[Transfer | LedgerLeg, ...]]
Mark = tuple[int, int, int]


class Unsteady(Exception):  # noqa: N818 (it says what is the case; caught where the ledger is made as a whole instead)
    """What was read bears on more than its own blocks: the ledger has to be made as a whole."""


@dataclass(slots=True)
class Block:
    """One block as far as it is held.

    Attributes
    ----------
    parts : dict of Place to History
        What each history holds of it.
    rows : tuple of Collected or CollectedTx
        Its movements, each once, as they were when the events were made.
    groups : list of (Event, tuple)
        The events that the rows make, with their rows.
    events : tuple of Event
        The same with the thefts laid out, numbered from 0 within the block.
    thefts : frozenset of (int, int, int)
        Debits (event, part, debit) at which a theft takes what is paid.
    """

    parts: dict[Place, History] = field(default_factory=dict)
    rows: tuple[Transfer, ...] | tuple[LedgerLeg, ...] = ()
    groups: list[Group] = field(default_factory=list)
    events: tuple[Event, ...] = ()
    thefts: frozenset[Mark] = frozenset()


class Blocks:
    """Histories filed by block, and the events they make.

    Parameters
    ----------
    seeds : sequence of Seed
        Of the case.
    labels : LabelIndex
        Of the case.
    """

    def __init__(self, seeds: Sequence[Seed], labels: LabelIndex) -> None:
        self.seeds = tuple(seeds)
        self.thefts = Thefts()
        self.held: dict[Height, Block] = {}
        self._labels = labels
        self._robbed = theft_transactions(seeds)
        outputs = {(seed.chain, seed.value) for seed in seeds if seed.kind == "output"}
        self._laid = self._robbed | {(chain, value.rpartition(":")[0]) for chain, value in outputs}
        self._holders = outputs | {(seed.chain, seed.value) for seed in seeds if seed.kind == "holder"}
        self._known: dict[Account, int] = {}
        self._named: dict[Height, None] = {}
        self._filed: set[Place] = set()
        self._waiting: dict[Height, None] = {}
        self._anew = True
        self._coins = _Coins()

    def add(self, place: Place, history: History) -> None:
        """File a history; one that is filed already is passed over.

        Raises
        ------
        Unsteady
            If one of its transactions contradicts another.
        """
        if place in self._filed:
            return
        self._filed.add(place)
        rows: dict[Height, list[Collected]] = {}
        for row in history.rows:
            rows.setdefault((row.chain, row.block), []).append(row)
        for height, mine in rows.items():
            self._file(height, place, History(tuple(mine)))
        txs: dict[Height, list[CollectedTx]] = {}
        for tx in history.transactions:
            self._coins.add(tx)
            txs.setdefault((tx.chain, tx.block), []).append(tx)
        for height, some in txs.items():
            self._file(height, place, History(transactions=tuple(some)))

    def know(self, openings: Mapping[Account, int]) -> None:
        """Take opening balances that are known; where seeds name such a holder, what they take is found anew."""
        for account, amount in openings.items():
            self._known[account] = amount
            self._anew |= account[:2] in self._holders

    def settle(self) -> dict[Height, Block]:
        """Put together what was filed since; return the blocks whose events or thefts are others, as they now are.

        Raises
        ------
        Unsteady
            If rows of a theft's transaction stand apart.
        TracerError
            If the rows of a block contradict each other, or a seed does not fit them.
        """
        changed: dict[Height, None] = {}
        for height in self._waiting:
            block = self.held[height]
            rows = block_rows(block.parts)
            if rows == block.rows:
                continue
            block.rows = rows
            block.groups = events_of_block(rows, self._robbed)
            changed[height] = None
            if any(self._is_named(group) for group in block.groups):
                self._named[height] = None
                self._anew = True
        self._waiting.clear()
        if self._anew:
            changed |= self._find_thefts()
            self._anew = False
        return {height: self.held[height] for height in changed if self._lay(self.held[height])}

    def _file(self, height: Height, place: Place, part: History) -> None:
        self.held.setdefault(height, Block()).parts[place] = part
        self._waiting[height] = None

    def _is_named(self, group: Group) -> bool:
        """Return whether a seed speaks of an event: by its transaction, or by a holder or outpoint in it."""
        event, rows = group
        if self._is_laid(event):
            return True
        chain = event.chain
        for row in rows:
            sides = (row.sender, row.recipient) if isinstance(row, Transfer) else (row.holder,)
            if any((chain, side) in self._holders for side in sides):
                return True
        return False

    def _is_laid(self, event: Event) -> bool:
        return bool(event.tx) and ((event.chain, event.tx) in self._laid or ("", event.tx) in self._laid)

    def _find_thefts(self) -> dict[Height, None]:
        """Find what the seeds take in the events they name; return the blocks in which thefts are laid out."""
        groups = [group for height in sorted(self._named) for group in self.held[height].groups]
        named = [row for group in groups if self._is_named(group) for row in group[1]]
        ledger = ledger_from_rows([replace(row, row=number) for number, row in enumerate(named, 1)], self._robbed)
        ledger, self.thefts = find_thefts(
            ledger,
            self.seeds,
            partial(is_victim, self._labels, {seed.origin for seed in self.seeds}),
            partial(is_pool, self._labels),
            partial(is_service, self._labels),
            self._known,
        )
        self._events: dict[tuple[ChainId, str], list[Event]] = {}
        for event in ledger.events:
            if self._is_laid(event):
                self._events.setdefault((event.chain, event.tx), []).append(event)
        self._marks: dict[int, list[Mark]] = {}
        for mark in self.thefts.debits:
            self._marks.setdefault(mark[0], []).append(mark)
        return {
            height: None for height in self._named if any(self._is_laid(one) for one, _ in self.held[height].groups)
        }

    def _lay(self, block: Block) -> bool:
        """Lay the thefts of a block out; return whether its events are others than before."""
        events: list[Event] = []
        marks: list[Mark] = []
        last: tuple[ChainId, str] | None = None
        seen: set[tuple[ChainId, str]] = set()
        for event, _ in block.groups:
            key = (event.chain, event.tx) if self._is_laid(event) else None
            if key is None:
                events.append(replace(event, index=len(events)) if event.index != len(events) else event)
            elif key != last:
                if key in seen:
                    raise Unsteady  # another transaction stands between its rows
                seen.add(key)
                for one in self._events.get(key, ()):
                    marks += [(len(events), part, debit) for _, part, debit in self._marks.get(one.index, ())]
                    events.append(replace(one, index=len(events)))
            last = key
        before = (block.events, block.thefts)
        block.events, block.thefts = tuple(events), frozenset(marks)
        return before != (block.events, block.thefts)


class _Coins:
    """What Bitcoin transactions say of each other, checked as they come (:mod:`tracer.chains.bitcoin_checks`)."""

    def __init__(self) -> None:
        self._held: dict[Holder, CollectedTx] = {}
        self._spender: dict[Holder, str] = {}
        self._spenders_of: dict[Holder, dict[str, None]] = {}
        self._block_at: dict[Height, tuple[str, int]] = {}

    def add(self, tx: CollectedTx) -> None:
        """Take a transaction in; one that was told otherwise before is unsteady."""
        key = (tx.chain, tx.tx)
        if self._block_at.setdefault((tx.chain, tx.block), (tx.block_hash, tx.time)) != (tx.block_hash, tx.time):
            raise Unsteady
        held = self._held.get(key)
        if held is not None:
            if replace(held, source=tx.source, tx_index=tx.tx_index) != tx:
                raise Unsteady
            if held.tx_index is not None or tx.tx_index is None:
                return
        self._held[key] = tx
        for coin in tx.inputs:
            maker = (tx.chain, coin.outpoint.partition(":")[0])
            self._spenders_of.setdefault(maker, {})[tx.tx] = None
            if self._spender.setdefault((tx.chain, coin.outpoint), tx.tx) != tx.tx:
                raise Unsteady
        if len({coin.outpoint for coin in tx.inputs}) < len(tx.inputs):
            raise Unsteady
        self._check(tx, tx.inputs)
        for name in self._spenders_of.get(key, ()):
            spender = self._held[tx.chain, name]
            self._check(spender, [coin for coin in spender.inputs if coin.outpoint.partition(":")[0] == tx.tx])

    def _check(self, tx: CollectedTx, coins: Iterable[Coin]) -> None:
        for coin in coins:
            maker = self._held.get((tx.chain, coin.outpoint.partition(":")[0]))
            if against_maker(tx, coin, maker):
                raise Unsteady
