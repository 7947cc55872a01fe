"""Builds the time-expanded network of a plan in one pass over its events (METHODS 7.2)."""

from __future__ import annotations

from collections import defaultdict

from tracer.errors import AuditError
from tracer.model import Account, Event, Leg, Part
from tracer.taint.kernel import Plan, Progress
from tracer.taint.labels import CLEAN
from tracer.taint.network import EITHER, STOLEN, UNSPOILED, Group, Name, Network, Swap, Terminal


def build_network(plan: Plan, group: Group, progress: Progress | None = None) -> Network:
    """Return the network of what a plan's origins of a group can have paid.

    Raises
    ------
    AuditError
        If a balance goes below zero: the ledger is broken.

    Notes
    -----
    O(legs). It equals the kernel's rules: absorbing holders, credits below the threshold and sinks end the way; the
    credits of a theft are stolen whole, and what enters such an event already stolen leaves the group's count there
    (it was counted at its own theft); units that another origin may have taken before count as *either*.
    """
    build = _Build(plan, group)
    build.open()
    for done, event in enumerate(plan.events):
        build.apply(event)
        if progress is not None and done % 4096 == 0:
            progress(done, len(plan.events))
    build.close()
    return build.network


class _Build:
    """One pass over the events."""

    def __init__(self, plan: Plan, group: Group) -> None:
        self.plan, self.group = plan, frozenset(group)
        self.network = Network()
        self.balance = dict.fromkeys(plan.tracked, 0)
        self.phase: dict[Account, int] = {}
        self.paying: set[int] = set()
        self.foreign: dict[Account, int] = {}
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
            others = sum(amount for amount, ours in taken if not ours)
            if others:
                self.foreign[account] = others
            if not stolen:
                continue
            node = self._begin(account, ("n", -1, 0, rank), self.balance[account] - stolen)
            network.arc(STOLEN, node, stolen, ("s", -1, 0, rank))
            network.total += stolen
            self.runs[node] += len(taken)

    def apply(self, event: Event) -> None:
        """Debit all parts, then credit all parts."""
        if len(event.parts) == 1 and not self.foreign and event.index not in self.plan.thefts:
            (part,) = event.parts
            if len(part.debits) == len(part.credits) == 1 and not part.is_swap:
                self._payment(event.index, part.debits[0], part.credits[0])
                return
        payers = [self._debit(part, event.index, place) for place, part in enumerate(event.parts)]
        for place, part in enumerate(event.parts):
            source, foreign = payers[place]
            if part.is_swap and foreign:
                foreign = self._foreign_after(part, foreign)
            if part.is_swap and source > EITHER:
                source = self._swap(part, event.index, place, source)
            self._credit(event, place, source, foreign)

    def close(self) -> None:
        """Give what is still held to its terminals."""
        for account, node in self.phase.items():
            end = self.network.terminal(Terminal("held", account, account.holder))
            self.network.arc(node, end, self.balance[account], ("e", *self.network.nodes[node][1:]))

    def _payment(self, event: int, debit: Leg, credit: Leg) -> None:
        """Book one debit that is one credit: most of a ledger, hence a short way."""
        source, key = self._payer(debit), (event, 0, 0)
        self._pay(debit)
        head = self._receive(credit, key, source, 0)
        if source != UNSPOILED:
            self.splits += 2
            self.network.arc(source, head, credit.amount, ("c", *key))
            self.runs[head] += self.runs[source]

    def _debit(self, part: Part, event: int, place: int) -> tuple[int, int]:
        """Return the node a part is paid from, and how much of it another origin may have taken before."""
        payers = [(leg, self._payer(leg)) for leg in part.debits]
        foreign = sum(self._pay(leg) for leg in part.debits)
        tainted = any(node != UNSPOILED for _, node in payers)
        if tainted or foreign or event in self.plan.thefts:
            self.splits += len(part.debits) + len(part.credits)
        if not tainted:
            return UNSPOILED, foreign
        if len(part.debits) == 1 and (len(part.credits) == 1 or part.is_swap):
            return payers[0][1], foreign
        pool = self.network.node(("p", event, place, 0))
        for rank, (leg, node) in enumerate(payers):
            self.network.arc(node, pool, leg.amount, ("d", event, place, rank))
            self.runs[pool] += self.runs[node]
        return pool, foreign

    def _payer(self, leg: Leg) -> int:
        """Return the phase a leg is paid from; from then on it receives nothing more."""
        account = leg.account
        if (account.chain, account.holder) in self.plan.stopped or account not in self.phase:
            return UNSPOILED
        node = self.phase[account]
        self.paying.add(node)
        return node

    def _pay(self, leg: Leg) -> int:
        """Book a debit; return how much of it another origin may have taken before."""
        account = leg.account
        if account not in self.balance or (account.chain, account.holder) in self.plan.stopped:
            return 0
        left = self.balance[account] - leg.amount
        if left < 0:
            raise AuditError(f"{account.holder} pays {leg.amount} of {account.asset} but holds {left + leg.amount}.")
        self.balance[account] = left
        if not left:
            self.phase.pop(account, None)
        others = self.foreign.pop(account, 0) if self.foreign else 0
        if min(others, left):
            self.foreign[account] = min(others, left)
        return min(others, leg.amount)

    def _foreign_after(self, part: Part, foreign: int) -> int:
        """Return the most that another origin can have taken of what a swap gave; each lot is floored by itself."""
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        return -(-foreign * received // given) + self.splits

    def _swap(self, part: Part, event: int, place: int, source: int) -> int:
        """Return the node of what a swap gave; at an equal or whole rate nothing is floored."""
        network = self.network
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        gave = network.node(("q", event, place, 0))
        runs = max(len(part.debits) * len(self.group), min(self.runs[source], self.splits))
        slack = 0 if received % given == 0 else min(runs, given, received)
        if given != received:
            network.swaps[len(network.arcs)] = Swap(given, received, slack)
        network.arc(source, gave, given, ("x", event, place, 0))
        self.runs[gave] += self.runs[source]
        return gave

    def _credit(self, event: Event, place: int, source: int, foreign: int) -> None:
        part, network = event.parts[place], self.network
        theft = self.plan.thefts.get(event.index, {})
        for rank, leg in enumerate(part.credits):
            key = (event.index, place, rank)
            origin = theft.get(leg.account.asset)
            ours = origin is not None and origin in self.group
            other = leg.amount if origin is not None and not ours else min(foreign, leg.amount)
            if not ours and source == UNSPOILED:
                self._receive(leg, key, UNSPOILED, other)
                continue
            head = self._receive(leg, key, STOLEN if ours else source, other)
            if not ours:
                network.arc(source, head, leg.amount, ("c", *key))
                self.runs[head] += self.runs[source]
                continue
            unsure = min(foreign, leg.amount)
            network.arc(STOLEN, head, leg.amount - unsure, ("t", *key))
            network.arc(EITHER, head, unsure, ("a", *key))
            network.total += leg.amount
            self.runs[head] += 1 + unsure

    def _receive(self, leg: Leg, key: tuple[int, int, int], source: int, other: int) -> int:
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
        if other and not fate:
            self.foreign[account] = self.foreign.get(account, 0) + other
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
