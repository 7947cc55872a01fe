"""The collection loop: read a holder, see who can have been reached, read on, until nobody is left or a budget ends.

What is read, cut and ranked never depends on a policy, and what comes out depends only on the seeds, the labels, the
limits and what the sources answer: the loop always starts from the seeds, and answers already held are only not asked
again. So expanding holders by hand in any order, breaking off and resuming give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tracer.collect.ahead import Ahead
from tracer.collect.blocks import Unsteady
from tracer.collect.dataset import Dataset, Replaced
from tracer.collect.follow import Follow
from tracer.collect.frontier import followed_back, frontier_back, frontier_of, next_batch
from tracer.collect.garbage import seldom_searched
from tracer.collect.holder_ahead import HolderAhead
from tracer.collect.limits import Limits
from tracer.collect.reader import NOT_READ, Reader
from tracer.collect.rows import Place, rows_of, settle
from tracer.collect.together import Together
from tracer.decoders import gives_and_receives
from tracer.errors import InputError, SourceError, TracerError
from tracer.model import Account, ChainId, Collected, Coverage, Holder, Seed, chain_of
from tracer.providers import BlockRef, History, Provider
from tracer.trace import CaseData, EndBalances, PreparedCase, prepare

Told = Callable[[int, int, int], None]
"""Told how many holders are read, how many wait, and how many rows are held."""


@dataclass(slots=True)
class _State:
    """What one run of the loop has taken so far."""

    since: dict[ChainId, int] = field(default_factory=dict)
    histories: dict[Holder, History] = field(default_factory=dict)
    transactions: dict[Holder, History] = field(default_factory=dict)
    balances: dict[Account, EndBalances] = field(default_factory=dict)
    decided: dict[Holder, str] = field(default_factory=dict)
    skipped: dict[Holder, Coverage] = field(default_factory=dict)
    rows: int = 0
    follow: Follow | None = None
    fresh: list[tuple[Place, History]] = field(default_factory=list)
    settled: list[Holder] = field(default_factory=list)
    asked: dict[Account, EndBalances] = field(default_factory=dict)
    dataset: Dataset | None = None

    def known(self) -> set[Holder]:
        return {*self.histories, *self.decided, *self.skipped}

    def statuses(self) -> dict[Holder, str]:
        read = {holder: "whole" if history.whole else "partial" for holder, history in self.histories.items()}
        unread = {holder: gap.reason for holder, gap in self.skipped.items()}
        return dict(sorted({**read, **self.decided, **unread}.items()))

    def all_histories(self) -> list[History]:
        return [held[key] for held in (self.histories, self.transactions) for key in sorted(held)]


class Collection:
    """A case while it is collected.

    Parameters
    ----------
    case : CaseData
        Its seeds and labels; rows it has are not used.
    sources : mapping of ChainId to Provider
        One source for each chain that can be read.
    limits : Limits
        How far to read.
    replaced : iterable of Replaced
        Heads that were moved before, where a collection goes on.
    workers : int
        How many holders are read side by side; what comes out does not depend on it.
    break_off : callable, optional
        Called where reading side by side ends with an error or an interrupt, so that nobody goes on waiting.
    """

    def __init__(
        self,
        case: CaseData,
        sources: Mapping[ChainId, Provider],
        limits: Limits | None = None,
        *,
        replaced: Iterable[Replaced] = (),
        workers: int = 1,
        break_off: Callable[[], object] | None = None,
    ) -> None:
        self.case = replace(case, rows=(), balances={}, decided={}, history=frozenset())
        self.limits = limits or Limits()
        self.reader = Reader(sources)
        self.replaced = set(replaced)
        self._ahead = Ahead(workers, break_off)

    def expand(self, chain: ChainId, holder: str) -> History:
        """Read one holder now, in the window of the case; what is collected in the end does not depend on it."""
        state = _State()
        self._seed_transactions(state)
        return self.reader.history(chain, holder, self._since(state, chain))

    def read_seeds(self) -> None:
        """Read the transactions of the theft, and nothing of the holders they reach.

        Raises
        ------
        InputError
            If no source knows a seed.
        """
        self._seed_transactions(_State())

    @seldom_searched()
    def run(self, progress: Told | None = None) -> Dataset:
        """Read from the seeds on until nobody is left to read, and return what is held.

        Raises
        ------
        InputError
            If no source knows a seed.
        SourceError
            If a source fails, or contradicts itself.
        """
        state = _State(follow=self._follow())
        self._seed_transactions(state)
        first = self._first_holders()
        together = Together(self.reader)
        together.read(first, lambda chain: self._since(state, chain), lambda *_: True)
        self._read_ahead(state, first, lambda *_: False)
        for chain, holder in first:
            self._take(state, chain, holder)
        while True:
            frontier, tracked = self._standing(state)
            if progress is not None:
                progress(len(state.histories), len(frontier), state.rows)
            self._read_together(state, together, frontier)
            self._read_batch(state, self._next_batch(frontier))
            if not frontier and not self._ask_balances(state, tracked):
                is_kept, state.follow = state.follow is not None, None  # let go before the whole ledger is made
                if (not is_kept or self._is_confirmed(state, tracked)) and state.dataset is not None:
                    return state.dataset  # nothing was taken since the whole ledger was made of it

    def _standing(self, state: _State) -> tuple[list[Holder], list[Account]]:
        """Return who is to be read next; and, where that is nobody, the accounts that can have held stolen money.

        Both are kept between rounds where they can be; else, or where something read bears on the whole, they are
        found in the whole ledger.
        """
        if state.follow is not None:
            try:
                state.follow.take(state.fresh, state.settled, state.decided, state.asked)
                frontier = state.follow.frontier(ranked=self._is_ranked)
            except (Unsteady, TracerError):
                state.follow = None  # what is wrong with the rows is said of the whole ledger
            else:
                state.fresh, state.settled, state.asked = [], [], {}
                return frontier, [] if frontier else state.follow.tracked
        prepared = self._prepared(state)
        back = self.limits.direction == "back"
        tracked = followed_back(prepared) if back else prepared.found.tracked
        return self._frontier(prepared, state.known()), sorted(tracked)

    def _is_confirmed(self, state: _State, tracked: list[Account]) -> bool:
        """Return whether the whole ledger says the same as what was kept between rounds."""
        prepared = self._prepared(state)
        return not self._frontier(prepared, state.known()) and sorted(prepared.found.tracked) == tracked

    def refresh(self, newest: Mapping[ChainId, BlockRef]) -> tuple[Replaced, ...]:
        """Take newer blocks as heads; final blocks stay. The next :meth:`run` reads what lies between anew.

        Parameters
        ----------
        newest : mapping of ChainId to BlockRef
            The newest blocks of now; chains that are not named keep their heads.

        Returns
        -------
        tuple of Replaced
            The heads that moved, by chain; their old answers count no longer.
        """
        moved = []
        for chain, block in sorted(newest.items()):
            before, after = self.reader.repin(chain, block)
            if before.latest != after.latest:
                moved.append(Replaced(chain, before.latest, after.latest, before.final.number + 1))
        self.replaced.update(moved)
        return tuple(moved)

    def _follow(self) -> Follow | None:
        try:
            return Follow(self.case, self.limits)
        except Unsteady:
            return None

    def _frontier(self, prepared: PreparedCase, known: set[Holder]) -> list[Holder]:
        back = self.limits.direction == "back"
        return frontier_back(prepared, known) if back else frontier_of(prepared, known, ranked=self._is_ranked)

    def _prepared(self, state: _State) -> PreparedCase:
        state.dataset = self._gathered(state)
        return prepare(state.dataset.inputs(self.case), self.limits.options, settling=False)

    def _seed_transactions(self, state: _State) -> None:
        for seed in self.case.seeds:
            if seed.kind == "tx":
                self._read_seed(state, seed)

    def _read_seed(self, state: _State, seed: Seed) -> None:
        chains = [seed.chain] if seed.chain else list(self.reader.sources)
        gaps: list[Coverage] = []
        for chain in chains:
            found = self.reader.transaction(chain, seed.value)
            blocks = [row.block for row in found.rows] + [tx.block for tx in found.transactions]
            if blocks:
                state.transactions[chain, seed.value] = found
                state.fresh.append(((1, chain, seed.value), found))
                state.since[chain] = min(*blocks, state.since.get(chain, blocks[0]))
                return
            gaps += [one for one in found.coverage if not one.complete]
        raise _unread_seed(seed.value, chains, gaps)

    def _first_holders(self) -> list[Holder]:
        seeds = {(seed.chain, seed.value) for seed in self.case.seeds if seed.kind != "tx"}
        return sorted(seeds | self.limits.also)

    def _since(self, state: _State, chain: ChainId) -> int:
        """Return the first block of a chain's window, the same for all its holders.

        That of its first seed transaction; on a chain without one, the first block at or after the first seed's time.
        What came before a theft only counts for where money came from: backward, a window starts with the chain.
        """
        first = 0 if self.limits.direction == "back" else state.since.get(chain)
        given = self.limits.since.get(chain, first)
        if given is None:
            seeds = state.transactions.values()
            times = [row.time for held in seeds for row in held.rows]
            times += [tx.time for held in seeds for tx in held.transactions]
            tolerance = chain_of(chain).clock_tolerance_s
            given = self.reader.first_block_at(chain, min(times) - tolerance) if times else 0
        state.since[chain] = given
        return given

    def _read_batch(self, state: _State, batch: Sequence[Holder]) -> None:
        """Read the holders of a round, or decide against them, in order; what that needs is asked side by side first.

        No more is asked ahead than will be read: a holder that stops leaves its place in the budget to the next.
        """
        done = 0
        while done < len(batch):
            left = len(batch) if self.limits.addresses is None else self.limits.addresses - len(state.histories)
            some = batch[done : done + max(1, left)]
            if not self._is_spent(state):
                readable = [one for one in some if one[0] in self.reader.sources]
                self._read_ahead(state, self._within_rows(state, readable), self._stop)
            for chain, holder in some:
                self._read_or_decide(state, chain, holder)
                state.settled.append((chain, holder))
            done += len(some)

    def _within_rows(self, state: _State, holders: Sequence[Holder]) -> Sequence[Holder]:
        """Return the holders before which the budget of rows is not yet used up, as far as their sizes tell."""
        if self.limits.rows is None or self._ahead.workers < 2:
            return holders
        stops = self._ahead.each(lambda one: self._stop(*one), holders)
        rows, found = state.rows, []
        for holder in holders:
            if rows >= self.limits.rows:
                break
            if not stops[holder]:
                found.append(holder)
                rows += self.reader.size(*holder) or 0
        return found

    def _read_ahead(self, state: _State, holders: Sequence[Holder], stops: Callable[[ChainId, str], object]) -> None:
        """Have all that reading some holders needs asked side by side; the reader keeps the answers."""
        if self._ahead.workers < 2:
            return
        since = {chain: self._since(state, chain) for chain in dict.fromkeys(chain for chain, _ in holders)}
        claimed: dict[Holder, HolderAhead] = {}
        ahead = [
            HolderAhead(
                self.reader,
                place,
                (chain, holder),
                since=since[chain],
                stops=partial(stops, chain, holder),
                conversions=partial(_conversions, holder=holder),
                claimed=claimed,
            )
            for place, (chain, holder) in enumerate(holders)
        ]
        self._ahead.run([one.task() for one in ahead])

    def _read_together(self, state: _State, together: Together, frontier: list[Holder]) -> None:
        """Have those who wait read together, where a source takes many at once; under a budget, those of one round."""
        if not self._is_spent(state):
            waiting = self._next_batch(frontier)
            self._ahead.each(lambda one: self._stop(*one), together.new(waiting))
            together.read(waiting, lambda chain: self._since(state, chain), lambda *one: not self._stop(*one))

    def _read_or_decide(self, state: _State, chain: ChainId, holder: str) -> None:
        if chain not in self.reader.sources:
            state.skipped[chain, holder] = _gap(chain, holder, "not_supported", "No source reads this chain.")
        elif self._is_spent(state):
            state.skipped[chain, holder] = _gap(chain, holder, "over_budget", NOT_READ)
        elif reason := self._stop(chain, holder):
            state.decided[chain, holder] = reason
        else:
            self._take(state, chain, holder)

    def _next_batch(self, frontier: list[Holder]) -> list[Holder]:
        """Return who of those who wait is read now: all where no budget may end before the last."""
        return next_batch(frontier) if self._is_ranked else frontier

    @property
    def _is_ranked(self) -> bool:
        """Whether it matters who is read first: where no budget ends the reading, everybody is."""
        return self.limits.addresses is not None or self.limits.rows is not None

    def _is_spent(self, state: _State) -> bool:
        limits = self.limits
        if limits.addresses is not None and len(state.histories) >= limits.addresses:
            return True
        return limits.rows is not None and state.rows >= limits.rows

    def _stop(self, chain: ChainId, holder: str) -> str:
        """Return why a holder is not worth reading, by what the chain says of it before anything is downloaded."""
        limits = self.limits
        if limits.high_degree is not None and (self.reader.size(chain, holder) or 0) > limits.high_degree:
            return "high_degree"
        unknown = not self.case.labels.of(chain, holder)
        return "contract" if not limits.contracts and unknown and self.reader.is_contract(chain, holder) else ""

    def _take(self, state: _State, chain: ChainId, holder: str) -> None:
        """Take a holder, and the whole of every transaction in which it gives one thing and receives another."""
        history = self.reader.history(chain, holder, self._since(state, chain))
        state.histories[chain, holder] = history
        state.fresh.append(((0, chain, holder), history))
        state.settled.append((chain, holder))
        state.rows += len(history.rows) + len(history.transactions)
        for tx in _conversions(history, holder):
            state.transactions[chain, tx] = self.reader.transaction(chain, tx)
            state.fresh.append(((1, chain, tx), state.transactions[chain, tx]))

    def _ask_balances(self, state: _State, tracked: Iterable[Account]) -> bool:
        """Ask what the followed accounts held at both ends; return whether that was news."""
        if not self.limits.balances:
            return False
        wanted = []
        for account in tracked:
            outpoint = chain_of(account.chain).family == "bitcoin" and ":" in account.holder
            if account[:2] in state.histories and account not in state.balances and not outpoint:
                wanted.append(account)
        self._ahead.each(lambda account: self._balance(state, account), wanted)
        for account in wanted:
            state.balances[account] = state.asked[account] = self._balance(state, account)
        return bool(wanted)

    def _balance(self, state: _State, account: Account) -> EndBalances:
        ends = (state.since[account.chain] - 1, self.reader.head(account.chain).latest.number)
        said = [self.reader.balance(*account, block) for block in ends]
        return EndBalances(said[0], said[1], self.reader.source(account.chain).name)

    def _gathered(self, state: _State) -> Dataset:
        heads = ((chain, self.reader.head(chain)) for chain in sorted(state.since))
        known = {(chain, one.number): one.time for chain, head in heads for one in (head.final, head.latest)}
        settle(state.histories, state.transactions, known)
        transfers, legs = rows_of(state.all_histories())
        coverage = {one for history in state.all_histories() for one in history.coverage}
        return Dataset(
            transfers,
            legs,
            {
                account: said
                for account, said in sorted(state.balances.items())
                if (said.opening, said.closing) != (None, None)
            },
            tuple(sorted(coverage | set(state.skipped.values()), key=_coverage_order)),
            state.statuses(),
            {chain: self.reader.head(chain) for chain in sorted(state.since)},
            dict(sorted(state.since.items())),
            tuple(sorted(self.replaced)),
            {chain: self.reader.source(chain).name for chain in sorted(state.since)},
        )


def _conversions(history: History, holder: str) -> list[str]:
    """Return the transactions in which a holder gives one thing and receives another, in order."""
    by_tx: dict[str, list[Collected]] = {}
    for row in history.rows:
        by_tx.setdefault(row.tx, []).append(row)
    return [tx for tx in sorted(by_tx) if tx and gives_and_receives(by_tx[tx], holder)]


def _unread_seed(tx: str, chains: Iterable[ChainId], gaps: Iterable[Coverage]) -> TracerError:
    """Return the error that a seed was not read: a source failed, or none of them has such a transaction."""
    failed = sorted({one.detail for one in gaps if one.reason != "unconfirmed_head"})
    if failed:
        return SourceError(
            f"The seed transaction {tx} was not read.",
            why=" ".join(failed),
            next_step="Run the same command again later, or read it from another source.",
        )
    return InputError(
        f"No source knows the seed transaction {tx}.",
        why=f"Asked on: {', '.join(chains) or 'no chain'}.",
        next_step="Check the hash, and name its chain in the column 'chain' of the seeds.",
    )


def _gap(chain: ChainId, holder: str, reason: str, detail: str) -> Coverage:
    return Coverage(chain, holder, "", "transfers", 0, 0, complete=False, reason=reason, detail=detail)


def _coverage_order(one: Coverage) -> tuple[object, ...]:
    return one.chain, one.subject, one.endpoint, one.source, one.from_block, one.to_block, one.reason, one.detail
