"""The collection loop: read a holder, see who can have been reached, read on, until nobody is left or a budget ends.

What is read, cut and ranked never depends on a policy, and what comes out depends only on the seeds, the labels, the
limits and what the sources answer: the loop always starts from the seeds, and answers already held are only not asked
again. So expanding holders by hand in any order, breaking off and resuming give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tracer.decoders import gives_and_receives
from tracer.errors import InputError, SourceError, TracerError
from tracer.model import Account, ChainId, Collected, Seed, chain_of
from tracer.sources.coverage import Coverage
from tracer.sources.source import BlockRef, ChainSource, History
from tracer.trace.closure import Balance
from tracer.trace.collecting.frontier import followed_back, frontier_back, frontier_of, next_batch
from tracer.trace.collecting.gathered import Gathered, Replaced
from tracer.trace.collecting.limits import Holder, Limits
from tracer.trace.collecting.reader import NOT_READ, Reader
from tracer.trace.collecting.rows import rows_of, settle
from tracer.trace.collecting.together import Together
from tracer.trace.run import Inputs, Prepared, prepare

Told = Callable[[int, int, int], None]
"""Told how many holders are read, how many wait, and how many rows are held."""


@dataclass(slots=True)
class _State:
    """What one run of the loop has taken so far."""

    since: dict[ChainId, int] = field(default_factory=dict)
    histories: dict[Holder, History] = field(default_factory=dict)
    transactions: dict[Holder, History] = field(default_factory=dict)
    balances: dict[Account, Balance] = field(default_factory=dict)
    decided: dict[Holder, str] = field(default_factory=dict)
    skipped: dict[Holder, Coverage] = field(default_factory=dict)
    rows: int = 0

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
    case : Inputs
        Its seeds and labels; rows it has are not used.
    sources : mapping of ChainId to ChainSource
        One source for each chain that can be read.
    limits : Limits
        How far to read.
    replaced : iterable of Replaced
        Heads that were moved before, where a collection goes on.
    """

    def __init__(
        self,
        case: Inputs,
        sources: Mapping[ChainId, ChainSource],
        limits: Limits | None = None,
        *,
        replaced: Iterable[Replaced] = (),
    ) -> None:
        self.case = replace(case, rows=(), balances={}, decided={}, history=frozenset())
        self.limits = limits or Limits()
        self.reader = Reader(sources)
        self.replaced = set(replaced)

    def expand(self, chain: ChainId, holder: str) -> History:
        """Read one holder now, in the window of the case; what is collected in the end does not depend on it."""
        state = _State()
        self._seed_transactions(state)
        return self.reader.history(chain, holder, self._since(state, chain))

    def run(self, progress: Told | None = None) -> Gathered:
        """Read from the seeds on until nobody is left to read, and return what is held.

        Raises
        ------
        InputError
            If no source knows a seed.
        SourceError
            If a source fails, or contradicts itself.
        """
        state = _State()
        self._seed_transactions(state)
        together = Together(self.reader)
        together.read(self._first_holders(), lambda chain: self._since(state, chain), lambda *_: True)
        for chain, holder in self._first_holders():
            self._take(state, chain, holder)
        while True:
            prepared = self._prepared(state)
            frontier = self._frontier(prepared, state.known())
            if progress is not None:
                progress(len(state.histories), len(frontier), state.rows)
            self._read_together(state, together, frontier)
            for chain, holder in next_batch(frontier):
                self._read_or_decide(state, chain, holder)
            if not frontier and not self._ask_balances(state, prepared):
                return self._gathered(state)

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

    def _frontier(self, prepared: Prepared, known: set[Holder]) -> list[Holder]:
        back = self.limits.direction == "back"
        return frontier_back(prepared, known) if back else frontier_of(prepared, known)

    def _prepared(self, state: _State) -> Prepared:
        return prepare(self._gathered(state).inputs(self.case), self.limits.options)

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

    def _read_together(self, state: _State, together: Together, frontier: list[Holder]) -> None:
        """Have those who wait read together, where a source takes many at once; under a budget, those of one round."""
        limits = self.limits
        if not self._is_spent(state):
            waiting = frontier if limits.addresses is None and limits.rows is None else next_batch(frontier)
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
        """Read a holder, and the whole of every transaction in which it gives one thing and receives another."""
        history = self.reader.history(chain, holder, self._since(state, chain))
        state.histories[chain, holder] = history
        state.rows += len(history.rows) + len(history.transactions)
        by_tx: dict[str, list[Collected]] = {}
        for row in history.rows:
            by_tx.setdefault(row.tx, []).append(row)
        for tx in sorted(by_tx):
            if tx and gives_and_receives(by_tx[tx], holder):
                state.transactions[chain, tx] = self.reader.transaction(chain, tx)

    def _ask_balances(self, state: _State, prepared: Prepared) -> bool:
        """Ask what the followed accounts held at both ends; return whether that was news."""
        if not self.limits.balances:
            return False
        news = False
        back = self.limits.direction == "back"
        for account in sorted(followed_back(prepared) if back else prepared.found.tracked):
            holder = (account.chain, account.holder)
            outpoint = chain_of(account.chain).family == "bitcoin" and ":" in account.holder
            if holder in state.histories and account not in state.balances and not outpoint:
                state.balances[account] = self._balance(state, account)
                news = True
        return news

    def _balance(self, state: _State, account: Account) -> Balance:
        ends = (state.since[account.chain] - 1, self.reader.head(account.chain).latest.number)
        said = [self.reader.balance(*account, block) for block in ends]
        return Balance(said[0], said[1], self.reader.source(account.chain).name)

    def _gathered(self, state: _State) -> Gathered:
        settle(state.histories, state.transactions)
        transfers, legs = rows_of(state.all_histories())
        coverage = {one for history in state.all_histories() for one in history.coverage}
        return Gathered(
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
