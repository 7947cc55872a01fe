"""Who is to be read next, kept between rounds: what :func:`tracer.trace.prepare` would find, by what has changed.

The order of reading is that of :mod:`tracer.collect.frontier`, to the last holder; a test holds the two
together on random chains, and a collection looks at the whole ledger once more before it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from heapq import heappop, heappush

from tracer.collect.blocks import Block, Blocks, Height, Unsteady
from tracer.collect.frontier import edges_of, in_order
from tracer.collect.limits import Limits
from tracer.collect.rows import Place
from tracer.collect.ttr import Edge, Graph
from tracer.collect.walked import Accounts, Walk
from tracer.io import no_garbage_search
from tracer.model import DECODED_THROUGH, Account, ChainId, Holder, Label, at_least, caip10, is_transit, plain_holder
from tracer.providers import History
from tracer.trace import CaseData, EndBalances, is_burnt, token_contracts


class Follow:
    """What stolen money can have reached in the rows read so far, and who of those reached was not read.

    Parameters
    ----------
    case : CaseData
        Seeds and labels.
    limits : Limits
        How far to read.

    Raises
    ------
    Unsteady
        If the limits ask for what only the whole ledger tells.
    """

    def __init__(self, case: CaseData, limits: Limits) -> None:
        options = limits.options
        if limits.direction == "back" or not at_least("recorded", options.grade):
            raise Unsteady
        if options.until is not None or options.high_degree is not None:
            raise Unsteady
        self._blocks = Blocks(case.seeds, case.labels)
        self._accounts = Accounts()
        self._stops = _Stops(case, options.stop_at, self._accounts)
        self._walk = Walk(self._accounts, self._stops, options.min_amount)
        self._max_hops = options.max_hops
        # With a limit of hops a first walk tells who is too far, and a second one stops there.
        self._near = None if self._max_hops is None else Walk(self._accounts, self._stops.near, options.min_amount)
        self._known: set[Holder] = set()
        self._open: set[Holder] = set()
        self._most: dict[str, list[tuple[int, Account]]] = {}
        self._graph = _Payments(self._blocks)

    @property
    def tracked(self) -> list[Account]:
        """The accounts that can have held stolen money, in order."""
        return sorted(self._last.tracked)

    @property
    def _last(self) -> Walk:
        return self._near or self._walk

    @no_garbage_search()
    def take(
        self,
        histories: Iterable[tuple[Place, History]],
        known: Iterable[Holder],
        decided: Mapping[Holder, str],
        balances: Mapping[Account, EndBalances],
    ) -> None:
        """Take what a round has read.

        Parameters
        ----------
        histories : iterable of (Place, History)
            Newly read, each with its place among all.
        known : iterable of (ChainId, str)
            Holders newly read or decided against.
        decided : mapping of (ChainId, str) to str
            Those of them that stop, by the reason.
        balances : mapping of Account to EndBalances
            Newly asked.

        Raises
        ------
        Unsteady
            If something read bears on more than its own blocks.
        TracerError
            If the rows contradict each other.
        """
        for place, history in histories:
            self._blocks.add(place, history)
        said = {account: one.opening for account, one in balances.items() if one.opening is not None}
        self._blocks.know(said)
        changed = self._blocks.settle()
        stolen = self._blocks.thefts.stolen_at_opening()
        moved: set[Account] = set()
        for height, block in changed.items():
            touched = self._accounts.take(height, block)
            moved |= touched
            for walk in self._walks():
                for account in touched:
                    walk.shift(account, height[1])
            self._graph.change(height, block)
        moved |= self._accounts.know(said, stolen)
        reopened = self._accounts.reopen(moved)
        stopped = [height for one in self._stops.news(decided) for height in self._accounts.heights(one)]
        for walk in self._walks():
            walk.begin(stolen)
            walk.revalue(reopened)
            walk.force(changed)
            walk.force(stopped)
        self._walk.walk(self._blocks.held)
        if self._near is not None and self._max_hops is not None:
            hops = ((holder, self._walk.hop(holder)) for holder in self._walk.reached)
            far = {holder for holder, hop in hops if hop is not None and hop >= self._max_hops}
            self._near.force(height for one in self._stops.set_far(far) for height in self._accounts.heights(one))
            self._near.walk(self._blocks.held)
        self._known.update(known)
        self._reconsider()

    def frontier(self, *, ranked: bool) -> list[Holder]:
        """Return the reached holders that were not read: the most promising first, or by name."""
        by_name = sorted(self._open)
        return in_order(by_name, self._shares(), self._scores) if ranked else by_name

    def _walks(self) -> tuple[Walk, ...]:
        return (self._walk,) if self._near is None else (self._walk, self._near)

    def _reconsider(self) -> None:
        """Find who is open, and what the largest arrivals are, after what has moved."""
        walk = self._last
        for account in walk.moved:
            holder = account[:2]
            if any(one in walk.tracked for one in self._accounts.of.get(holder, {account: None})):
                self._open.add(holder)
            else:
                self._open.discard(holder)
            amount = walk.arrived.get(account, 0)
            if amount:
                heappush(self._most.setdefault(account.asset, []), (-amount, account))
        walk.moved.clear()
        self._open -= self._known

    def _shares(self) -> dict[Holder, Fraction]:
        """Return what can at most have arrived at each open holder, as a share of the most of that asset anywhere."""
        arrived = self._last.arrived
        most: dict[str, int] = {}
        for asset, heap in self._most.items():
            while heap and arrived.get(heap[0][1]) != -heap[0][0]:
                heappop(heap)
            if heap:
                most[asset] = -heap[0][0]
        share: dict[Holder, Fraction] = {}
        for holder in self._open:
            amounts = ((one, arrived.get(one, 0)) for one in self._accounts.of.get(holder, ()))
            share[holder] = max((Fraction(amount, most[one.asset]) for one, amount in amounts if amount), default=_NONE)
        return share

    def _scores(self) -> dict[str, float]:
        thefts = self._blocks.thefts
        sources: dict[str, list[str]] = {}
        for account in sorted({*thefts.opening, *thefts.paid}):
            sources.setdefault(caip10(account.chain, account.holder), []).append(account.asset)
        stopped = _Stopped(self._last, self._stops if self._near is None else self._stops.near)
        return self._graph.ranked().rank(sources, stopped=stopped).score if sources else {}


_NONE = Fraction(0)


class _Stops:
    """Where following stops while a case is collected: :class:`tracer.trace.stops.Stops` without time."""

    def __init__(self, case: CaseData, stop_at: Iterable[str], accounts: Accounts) -> None:
        self._labels, self._accounts = case.labels, accounts
        self._categories = frozenset((*stop_at, *DECODED_THROUGH))
        self._begun = frozenset((seed.chain, seed.value) for seed in case.seeds if seed.kind != "tx")
        self._labelled: dict[Holder, bool] = {}
        self._decided: set[Holder] = set()
        self._tokens: frozenset[Holder] = frozenset()
        self._assets = 0
        self._far: set[Holder] = set()

    def __call__(self, chain: ChainId, holder: str) -> bool:
        """Return whether a holder absorbs, however far it is."""
        key = (chain, holder)
        if key in self._begun or is_transit(holder):
            return False
        if key not in self._labelled:
            self._labelled[key] = self._has_label(key)
        plain = (chain, plain_holder(holder))
        return self._labelled[key] or is_burnt(*plain) or plain in self._tokens or plain in self._decided

    def near(self, chain: ChainId, holder: str) -> bool:
        """Return whether a holder absorbs, or is beyond the limit of hops."""
        return (chain, holder) in self._far or self(chain, holder)

    def news(self, decided: Mapping[Holder, str]) -> set[Holder]:
        """Take what was decided, and the tokens that occur by now; return the holders that may stop since."""
        found = decided.keys() - self._decided if len(decided) > len(self._decided) else set()
        self._decided |= found
        assets = [asset for asset, count in self._accounts.assets.items() if count]
        if len(assets) != self._assets:
            tokens = token_contracts(assets)
            found = found | (tokens ^ self._tokens)
            self._tokens, self._assets = tokens, len(assets)
        return found

    def set_far(self, far: set[Holder]) -> set[Holder]:
        """Take who is too far; return those of whom that is news."""
        news = far ^ self._far
        self._far = far
        return news

    def _has_label(self, key: Holder) -> bool:
        chain, holder = key
        address = self._accounts.addresses.get(key, holder)
        found = [label for label in self._labels.of(chain, address) if label.category in self._categories]
        if any(label.valid_from or label.valid_until for label in found):
            raise Unsteady
        return any(_absorbs(label) for label in found)


def _absorbs(label: Label) -> bool:
    """Return whether a label without beginning or end absorbs: a freeze of one asset stops nothing else."""
    return label.category != "frozen" or label.asset is None


class _Stopped:
    """The CAIP-10 names of the holders that were reached and absorb; only those that are asked about are looked up."""

    def __init__(self, walk: Walk, stops: Callable[[ChainId, str], bool]) -> None:
        self._walk, self._stops = walk, stops

    def __contains__(self, name: object) -> bool:
        namespace, _, rest = str(name).partition(":")
        reference, _, holder = rest.partition(":")
        key = (ChainId(f"{namespace}:{reference}"), holder)
        return key in self._walk.reached and self._stops(*key)


class _Payments:
    """The payments that TTR ranks by, made only once somebody asks, and then kept."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._graph: Graph | None = None
        self._edges: dict[Height, list[Edge]] = {}

    def change(self, height: Height, block: Block) -> None:
        """Take a block as it now is."""
        if self._graph is not None:
            for edge in self._edges.pop(height, ()):
                self._graph.remove(edge)
            edges = self._edges[height] = list(_edges_of(height, block))
            for edge in edges:
                self._graph.add(edge)

    def ranked(self) -> Graph:
        """Return the payments of all blocks."""
        if self._graph is None:
            self._graph = Graph()
            for height in sorted(self._blocks.held):
                self.change(height, self._blocks.held[height])
        return self._graph


def _edges_of(height: Height, block: Block) -> Iterator[Edge]:
    chain, number = height
    for place, event in enumerate(block.events):
        yield from edges_of(event, (number << 32) + 2 * place, f"{chain} {number} {place}")
