"""Builds the time-expanded network of a plan in one pass over its events (method bnd-network)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tracer.bounds.network import STOLEN, UNSPOILED, Group, Name, Network, Swap, Terminal
from tracer.errors import AuditError
from tracer.ledger import EventArrays
from tracer.model import Account, Event, Leg, Part, Reading
from tracer.taint import CLEAN, MINT, Progress, TaintProblem


def build_network(plan: TaintProblem, group: Group, progress: Progress | None = None) -> Network:
    """Return the network of what a plan's origins of a group can have paid.

    Raises
    ------
    AuditError
        If a balance goes below zero: the ledger is broken.

    Notes
    -----
    O(legs). It equals the kernel's rules: absorbing holders, credits below the threshold and sinks end the way; the
    debits of a theft are stolen whole, and what the payer held of the group before ends there as ``stolen_again``.
    """
    build = _Build(plan, group)
    build.open()
    if isinstance(plan.events, EventArrays):
        build.arrays(plan.events, progress)
    else:
        for done, event in enumerate(plan.events):
            build.apply(event)
            if progress is not None and done % 4096 == 0:
                progress(done, len(plan.events))
    build.close()
    return build.network


def _as_reading(part: Part) -> Reading:
    """Return a part as one of the readings of its event."""
    given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
    return Reading(part.debits, part.credits, *((given, received) if part.is_swap else (1, 1)))


class _Build:
    """One pass over the events."""

    def __init__(self, plan: TaintProblem, group: Group) -> None:
        self.plan, self.group = plan, frozenset(group)
        self.network = Network()
        self.balance = dict.fromkeys(plan.tracked, 0)
        self.phase: dict[Account, int] = {}
        self.paying: set[int] = set()
        self.runs: dict[int, int] = defaultdict(int)
        self.splits = 0

    def open(self) -> None:
        """Place the opening balances; clean ones of accounts that hold nothing stolen need no arc."""
        labels, network = self.plan.labels, self.network
        for rank, account in enumerate(sorted(self.plan.opening)):
            lots = self.plan.opening[account]
            self.balance[account] = sum(lot.amount for lot in lots)
            taken = [(lot.amount, labels.origin_index(lot.label) in self.group) for lot in lots if lot.label != CLEAN]
            stolen = sum(amount for amount, ours in taken if ours)
            self.splits += len(taken)
            if not stolen:
                continue
            node = self._begin(account, ("n", -1, 0, rank), self.balance[account] - stolen)
            network.arc(STOLEN, node, stolen, ("s", -1, 0, rank))
            network.total += stolen
            self.runs[node] += len(taken)

    def apply(self, event: Event) -> None:
        """Debit all parts, then credit all parts."""
        if len(event.parts) == 1 and event.index not in self.plan.theft_events:
            (part,) = event.parts
            if len(part.debits) == len(part.credits) == 1 and not part.is_swap:
                self._payment(event.index, part.debits[0], part.credits[0])
                return
        if event.readings and event.index not in self.plan.theft_events and self._is_open(event):
            self._open_event(event)
            return
        payers = [self._debit(part, event.index, place) for place, part in enumerate(event.parts)]
        for place, part in enumerate(event.parts):
            source = payers[place]
            if part.is_swap and source > UNSPOILED:
                source = self._swap(part, event.index, place, source)
            self._credit(event, place, source)

    def arrays(self, events: EventArrays, progress: Progress | None) -> None:
        """Apply the events of arrays; plain payments between accounts that hold clean money alone are passed over."""
        accounts, amounts, tracked = list(events.numbers), events.amounts, self.plan.tracked
        held = bytearray(account in tracked for account in accounts)
        pairs = zip(events.payer.tolist(), events.payee.tolist(), strict=True)
        for index, (payer, payee) in enumerate(pairs):
            if payer < 0:
                self.apply(events.whole[index])
            elif held[payer] or held[payee]:
                amount = amounts[index]
                debit, credit = (Leg(account, account.holder, amount) for account in (accounts[payer], accounts[payee]))
                self._payment(index, debit, credit)
            if progress is not None and not index & 65_535:
                progress(index, len(events))

    def close(self) -> None:
        """Give what is still held to its terminals."""
        for account, node in self.phase.items():
            end = self.network.terminal(Terminal("held", account, account.holder))
            self.network.arc(node, end, self.balance[account], ("e", *self.network.nodes[node][1:]))
        self._settle_swaps()

    def _settle_swaps(self) -> None:
        """Leave no flooring to swaps that give stolen units alone: however parted, all that comes is theirs."""
        network = self.network
        if not network.swaps:
            return
        mixed = [False] * len(network.nodes)
        for arc, (tail, head, capacity) in enumerate(zip(network.tail, network.head, network.capacity, strict=True)):
            if tail == UNSPOILED:
                mixed[head] = mixed[head] or capacity > 0
            elif tail > UNSPOILED:
                mixed[head] = mixed[head] or mixed[tail]
            if arc in network.swaps and not mixed[tail]:
                network.swaps[arc] = network.swaps[arc]._replace(runs=0)

    def _payment(self, event: int, debit: Leg, credit: Leg) -> None:
        """Book one debit that is one credit: most of a ledger, hence a short way."""
        source, key = self._payer(debit), (event, 0, 0)
        self._pay(debit)
        head = self._receive(credit, key, source)
        if source != UNSPOILED:
            self.splits += 2
            self.network.arc(source, head, credit.amount, ("c", *key))
            self.runs[head] += self.runs[source]

    def _debit(self, part: Part, event: int, place: int) -> int:
        """Return the node a part is paid from."""
        robbed = event in self.plan.theft_events
        payers = self._robbed(part, event, place) if robbed else [(self._payer(leg), leg.amount) for leg in part.debits]
        for leg in part.debits:
            self._pay(leg)
        tainted = any(node != UNSPOILED for node, _ in payers)
        if tainted or robbed:
            self.splits += len(part.debits) + len(part.credits)
        if not tainted:
            return UNSPOILED
        circle = self.plan.circles.get(event)
        if not robbed and circle is None and len(part.debits) == 1 and (len(part.credits) == 1 or part.is_swap):
            return payers[0][0]
        pool = self.network.node(("p", event, place, 0))
        if circle is not None:
            stopped = self.plan.stopped
            self.network.through[pool] = frozenset(
                account for account in circle & self.plan.tracked if (account.chain, account.holder) not in stopped
            )
        for rank, (node, amount) in enumerate(payers):
            self.network.arc(node, pool, amount, ("t" if node == STOLEN else "d", event, place, rank))
            self.runs[pool] += 1 if node == STOLEN else self.runs[node]
        return pool

    def _robbed(self, part: Part, event: int, place: int) -> list[tuple[int, int]]:
        """Return where each debit of a part is paid from, where a theft takes some of them.

        What is taken is stolen from there on, whatever the payer held; what it held of the group ends at the theft.
        """
        thefts, network = self.plan.thefts, self.network
        payers: list[tuple[int, int]] = []
        for rank, leg in enumerate(part.debits):
            node, origin = self._payer(leg), thefts.get((event, place, rank))
            if origin is None:
                payers.append((node, leg.amount))
                continue
            if node != UNSPOILED:
                end = network.terminal(Terminal("stolen_again", leg.account, leg.address))
                network.arc(node, end, leg.amount, ("g", event, place, rank))
                self.runs[end] += self.runs[node]
            payers.append((STOLEN if origin in self.group else UNSPOILED, leg.amount))
        if not part.debits and thefts.get((event, place, MINT)) in self.group:
            payers.append((STOLEN, sum(leg.amount for leg in part.credits)))
        network.total += sum(amount for node, amount in payers if node == STOLEN)
        return payers

    def _payer(self, leg: Leg) -> int:
        """Return the phase a leg is paid from; from then on it receives nothing more."""
        account = leg.account
        if (account.chain, account.holder) in self.plan.stopped or account not in self.phase:
            return UNSPOILED
        node = self.phase[account]
        self.paying.add(node)
        return node

    def _pay(self, leg: Leg) -> None:
        """Book a debit."""
        account = leg.account
        if account not in self.balance or (account.chain, account.holder) in self.plan.stopped:
            return
        left = self.balance[account] - leg.amount
        if left < 0:
            raise AuditError(f"{account.holder} pays {leg.amount} of {account.asset} but holds {left + leg.amount}.")
        self.balance[account] = left
        if not left:
            self.phase.pop(account, None)

    def _swap(
        self, part: Part | Reading, event: int, place: int, source: int, rate: tuple[int, int] | None = None
    ) -> int:
        """Return the node of what a swap gave; at an equal or whole rate nothing is floored."""
        network = self.network
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        most, (given, received) = given, rate or (given, received)
        gave = network.node(("q", event, place, 0))
        # Rules that mix lots give each debit one piece an origin; others no more pieces than splits made, and nobody
        # more than came. What goes round in a tie may have come in any order, so what came says nothing of it.
        runs = max(len(part.debits) * len(self.group), self.splits)
        if not self.plan.circles:
            runs = min(runs, self.runs[source])
        if given != received:
            network.swaps[len(network.arcs)] = Swap(given, received, min(runs, given, received))
        network.arc(source, gave, most, ("x", event, place, 0))
        self.runs[gave] += self.runs[source]
        return gave

    def _is_open(self, event: Event) -> bool:
        """Return whether somebody who can hold stolen units pays in an event."""
        return any(
            leg.account in self.phase and (leg.account.chain, leg.account.holder) not in self.plan.stopped
            for part in event.parts
            for leg in part.debits
        )

    def _open_event(self, event: Event) -> None:
        """Book an event whose rows leave open who gave for whom: every reading has its way, and all share the legs."""
        network, number = self.network, event.index
        owed: dict[Account, int] = {}
        payer: dict[Account, int] = {}
        legs = [leg for part in event.parts for leg in part.debits]
        for leg in legs:
            payer.setdefault(leg.account, self._payer(leg))
            owed[leg.account] = owed.get(leg.account, 0) + leg.amount
        for leg in legs:
            self._pay(leg)
        self.splits += len(legs) + sum(len(part.credits) for part in event.parts)
        for rank, (account, node) in enumerate(payer.items()):
            if node != UNSPOILED:
                payer[account] = network.node(("l", number, 0, rank))
                network.arc(node, payer[account], owed[account], ("d", number, 0, rank))
                self.runs[payer[account]] += self.runs[node]
        arrival: dict[tuple[Account, str], list[tuple[int, int, Name]]] = defaultdict(list)
        for place, way in enumerate((*map(_as_reading, event.parts), *event.readings)):
            source = self._way(way, [payer[leg.account] for leg in way.debits], number, place)
            for rank, leg in enumerate(way.credits):
                arrival[leg.account, leg.sink].append((source, leg.amount, ("c", number, place, rank)))
        arrived: dict[tuple[Account, str], int] = {}
        for rank, (key, came) in enumerate(arrival.items()):
            if all(source == UNSPOILED for source, _, _ in came):
                arrived[key] = UNSPOILED
                continue
            arrived[key] = network.node(("a", number, 0, rank))
            for source, amount, name in came:
                network.arc(source, arrived[key], amount, name)
                self.runs[arrived[key]] += self.runs[source] if source != UNSPOILED else 0
        for place, part in enumerate(event.parts):
            for rank, leg in enumerate(part.credits):
                source = arrived[leg.account, leg.sink]
                head = self._receive(leg, (number, place, rank), source)
                if source != UNSPOILED:
                    network.arc(source, head, leg.amount, ("a", number, place, rank))
                    self.runs[head] += self.runs[source]

    def _way(self, way: Reading, payers: Sequence[int], event: int, place: int) -> int:
        """Return the node that a reading's credits are paid from."""
        if all(node == UNSPOILED for node in payers):
            return UNSPOILED
        network = self.network
        pool = network.node(("p", event, place, 0))
        for rank, (node, leg) in enumerate(zip(payers, way.debits, strict=True)):
            network.arc(node, pool, leg.amount, ("w", event, place, rank))
            self.runs[pool] += self.runs[node] if node != UNSPOILED else 0
        if way.debits[0].account.asset == way.credits[0].account.asset:
            return pool
        return self._swap(way, event, place, pool, (way.given, way.received))

    def _credit(self, event: Event, place: int, source: int) -> None:
        for rank, leg in enumerate(event.parts[place].credits):
            key = (event.index, place, rank)
            head = self._receive(leg, key, source)
            if source != UNSPOILED:
                self.network.arc(source, head, leg.amount, ("c", *key))
                self.runs[head] += self.runs[source]

    def _receive(self, leg: Leg, key: tuple[int, int, int], source: int) -> int:
        """Return the node a credit arrives at; a clean one adds its own arc, where the payee is in the network."""
        account, network = leg.account, self.network
        fate = leg.sink or self._fate(key, account)
        if fate not in {"", "below_threshold"}:
            return network.terminal(Terminal(fate, account, leg.address)) if source != UNSPOILED else UNSPOILED
        if account not in self.balance:
            if source != UNSPOILED and not fate:
                raise AuditError(f"Stolen money reached {account.holder} in event {key[0]}, beyond the reach.")
            return UNSPOILED if source == UNSPOILED else network.terminal(Terminal(fate, account, leg.address))
        node = self.phase.get(account)
        if source != UNSPOILED and not fate and node is None:
            node = self._begin(account, ("n", *key), self.balance[account])
        elif node is not None and node in self.paying:
            node = self._next(account, node, ("n", *key))
        self.balance[account] += leg.amount
        if node is not None and (fate or source == UNSPOILED):
            network.arc(UNSPOILED, node, leg.amount, ("c" if source == UNSPOILED else "k", *key))
        if fate and source != UNSPOILED:
            return network.terminal(Terminal(fate, account, leg.address))
        return UNSPOILED if node is None else node

    def _fate(self, key: tuple[int, int, int], account: Account) -> str:
        if (account.chain, account.holder) in self.plan.stopped:
            return "stopped"
        return "below_threshold" if key in self.plan.cut else ""

    def _begin(self, account: Account, name: Name, clean: int) -> int:
        node = self.network.node(name)
        self.phase[account] = node
        self.network.accounts[node] = account
        self.network.arc(UNSPOILED, node, clean, ("b", *name[1:]))
        return node

    def _next(self, account: Account, node: int, name: Name) -> int:
        following = self.network.node(name)
        self.phase[account] = following
        self.network.accounts[following] = account
        self.network.arc(node, following, self.balance[account], ("h", *name[1:]))
        self.runs[following] = self.runs[node]
        return following
