"""The interval over every rule: a network with an exact maximum flow, a linear program, and a count of everything.

Three ways that share nothing but the definition of method bnd-network, with each other or with the package:

- `Network` (7.2): a time-expanded graph and augmenting paths in Python integers, for histories without conversions.
- `Network.program`: the same arcs with gains as a linear program for SciPy's HiGHS, for histories with them.
- `count_everything`: every legal rule in whole units, one event after another, on tiny histories.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from fractions import Fraction
from itertools import islice, permutations, product

from ref_events import Account, Event, History, Origin, openings
from ref_trace import REASONS, Labels, end_time, opening_lots

MOST_READ = 8
Place = tuple[str, str, str]  # address, stop reason, asset


class Network:
    """The time-expanded graph of a history, fed by some of its origins."""

    def __init__(
        self,
        history: History,
        labels: list[dict],
        origins: set[Origin],
        events: list[Event],
        need: dict[Account, int],
        complete: bool,
    ) -> None:
        self.arcs: list[tuple[int, int, int, tuple[int, int]]] = []  # from, to, capacity, gain as a fraction
        self.sinks: dict[Place, list[int]] = {}
        self.total = 0
        self.sources: list[int] = []
        self.nodes = 2  # 0 is the source, 1 the sink
        self.at: dict[Account, int] = {}
        self.balance: dict[Account, int] = {}
        self.owner: dict[int, Account] = {}
        self.history, self.complete = history, complete
        self.marks = Labels(labels, history)
        self.origins = origins
        before = events[0].time if events else None
        lots, _ = opening_lots(history, need, complete)
        for account, pile in lots.items():
            self.balance[account] = sum(lot[0] for lot in pile)
            feed = sum(lot[0] for lot in pile if lot[1] in origins)
            if feed:
                self.feed(self.here(account), feed)
            label = self.marks.absorbs(account[0], before)
            if label:
                self.leave(account, label)
        for event in events:
            for holder, label in self.marks.begins(before, event.time):
                for account in [a for a in self.balance if a[0] == holder]:
                    self.leave(account, label)
            before = event.time
            for part in event.parts:
                self.part(part, event)
        last = end_time(history)
        for holder, label in self.marks.begins(before, last):
            for account in [a for a in self.balance if a[0] == holder]:
                self.leave(account, label)
        for account, balance in self.balance.items():
            if account in self.at and balance:
                frozen = self.marks.at(account[0], last)
                if frozen and frozen["category"] == "frozen":
                    reason = "frozen"
                else:
                    reason = "at_rest" if complete else "incomplete"
                self.sink(self.at[account], (history.address.get(account[0], account[0]), reason, account[1]), balance)

    def node(self) -> int:
        """Make a node."""
        self.nodes += 1
        return self.nodes - 1

    def arc(self, tail: int, head: int, capacity: int, gain: tuple[int, int] = (1, 1)) -> int:
        """Make an arc and return its index."""
        self.arcs.append((tail, head, capacity, gain))
        return len(self.arcs) - 1

    def feed(self, node: int, amount: int) -> None:
        """Let stolen units in."""
        self.sources.append(self.arc(0, node, amount))
        self.total += amount

    def sink(self, node: int, place: Place, amount: int) -> None:
        """Let units leave for good."""
        self.sinks.setdefault(place, []).append(self.arc(node, 1, amount))

    def here(self, account: Account) -> int:
        """Return the node of an account as it stands now."""
        if account not in self.at:
            self.stand(account, self.node())
        return self.at[account]

    def stand(self, account: Account, node: int) -> None:
        """Let an account go on at a node."""
        self.at[account] = node
        self.owner[node] = account

    def leave(self, account: Account, label: dict) -> None:
        """Let all that an account holds leave with a label's reason; the balance stays, clean."""
        if account in self.at and self.balance.get(account):
            place = (self.history.address[account[0]], REASONS[label["category"]], account[1])
            self.sink(self.at.pop(account), place, self.balance[account])
        self.at.pop(account, None)

    def part(self, part, event: Event) -> None:
        """Add one side of an event."""
        pool = self.node()
        to_name = part.named[2] if part.named else None
        for i, (account, amount) in enumerate(part.debits):
            origin = part.thefts.get(i)
            own = amount
            stolen = 0
            if origin is not None:
                stolen = amount if to_name is None else min(amount, to_name)
                own = amount - stolen
                if to_name is None:
                    if origin in self.origins:
                        self.feed(pool, stolen)
                else:
                    to_name -= stolen
            if account[0] in ("!mint", "!theft"):
                continue
            balance = self.balance.get(account, 0)
            assert balance >= amount, f"{account} pays {amount} of {balance}"
            self.balance[account] = balance - amount
            if account not in self.at:
                continue
            old, new = self.at[account], self.node()
            leaving = self.node()
            self.arc(old, leaving, amount)
            if own:
                self.arc(leaving, pool, own)
            if stolen:
                place = (self.history.address.get(account[0], account[0]), "stolen_again", account[1])
                self.sink(leaving, place, stolen)
            self.arc(old, new, max(0, balance - amount))
            self.stand(account, new)
        given, got = sum(a for _, a in part.debits), sum(a for _, a in part.credits)
        if part.debits[0][0][1] != part.credits[0][0][1]:
            turned = self.node()
            self.arc(pool, turned, given, (got, given))
            pool = turned
        for i, (account, amount) in enumerate(part.credits):
            holder, asset = account
            credit = amount
            named = 0
            if part.named and part.named[0] == i:
                named = part.named[2]
                credit -= named
            arrival = self.node()
            if credit:
                self.arc(pool, arrival, credit)
            if named and part.named[1] in self.origins:
                self.feed(arrival, named)
            label = self.marks.absorbs(holder, event.time)
            if holder in ("!fee", "!burned", "!contract"):
                payer = part.debits[0][0][0] if holder == "!contract" else ""
                self.sink(arrival, (self.history.address.get(payer, payer), holder[1:], asset), amount)
                continue
            if holder == "!theft":
                self.sink(arrival, (self.history.address[part.debits[0][0][0]], "stolen_again", asset), amount)
                continue
            balance = self.balance.get(account, 0)
            self.balance[account] = balance + amount
            if label:
                self.sink(arrival, (self.history.address[holder], REASONS[label["category"]], asset), amount)
                continue
            new = self.node()
            self.arc(arrival, new, amount)
            if account in self.at and balance:
                self.arc(self.at[account], new, balance)
            self.stand(account, new)

    def flow(self, allowed: set[int]) -> int:
        """Return the maximum flow from the source into the sink arcs `allowed`, by shortest augmenting paths."""
        sinks = {i for arcs in self.sinks.values() for i in arcs}
        heads: list[int] = []
        room: list[int] = []
        out: list[list[int]] = [[] for _ in range(self.nodes)]
        for i, (tail, head, capacity, gain) in enumerate(self.arcs):
            assert gain[0] == gain[1], "a maximum flow has no gains"
            if i in sinks and i not in allowed:
                continue
            out[tail].append(len(heads))
            heads.append(head)
            room.append(capacity)
            out[head].append(len(heads))
            heads.append(tail)
            room.append(0)
        value = 0
        while True:
            came: dict[int, int] = {0: -1}
            queue = deque([0])
            while queue and 1 not in came:
                node = queue.popleft()
                for edge in out[node]:
                    if room[edge] and heads[edge] not in came:
                        came[heads[edge]] = edge
                        queue.append(heads[edge])
            if 1 not in came:
                return value
            path = []
            node = 1
            while node != 0:
                path.append(came[node])
                node = heads[came[node] ^ 1]
            push = min(room[edge] for edge in path)
            for edge in path:
                room[edge] -= push
                room[edge ^ 1] += push
            value += push

    def between(self, places: set[Place]) -> set[Account]:
        """Return the accounts that lie on a way from the thefts to some places."""
        into = {i for place in places for i in self.sinks.get(place, [])}
        after, before = {0}, {self.arcs[i][0] for i in into}
        grown = True
        while grown:
            grown = False
            for tail, head, capacity, _ in self.arcs:
                if capacity and tail in after and head not in after:
                    after.add(head)
                    grown = True
        grown = True
        while grown:
            grown = False
            for tail, head, capacity, _ in self.arcs:
                if capacity and head in before and tail not in before:
                    before.add(tail)
                    grown = True
        return {self.owner[node] for node in after & before if node in self.owner}

    def ends(self) -> set[str]:
        """Return the addresses at which stolen units can leave for good."""
        after = {0}
        for (
            tail,
            head,
            capacity,
            _,
        ) in self.arcs:  # in the order of time: what enters a node comes before what leaves it
            if capacity and tail in after:
                after.add(head)
        return {place[0] for place, arcs in self.sinks.items() if any(self.arcs[i][0] in after for i in arcs)}

    def has_gains(self) -> bool:
        """Say whether a conversion lies in the graph."""
        return any(gain[0] != gain[1] for _, _, _, gain in self.arcs)

    def most(self) -> int:
        """Return more units than can ever be on one way: what is stolen, at every rate that makes more of it."""
        most = self.total
        for _, _, _, (got, given) in self.arcs:
            if got > given:
                most = int(most * got / given) + 1 if isinstance(got, Fraction) else most * got // given + 1
        return most

    def interval(self, places: set[Place]) -> tuple[int, int]:
        """Return the least and the most that any rule brings to some places (method bnd-maxflow)."""
        into = {i for place in places for i in self.sinks.get(place, [])}
        others = {i for place, arcs in self.sinks.items() if place not in places for i in arcs}
        everything = self.flow(into | others)
        assert everything == self.total, f"the graph loses money: {everything} of {self.total}"
        return self.total - self.flow(others), self.flow(into)

    def program(self, places: set[Place]) -> tuple[float, float]:
        """Return the same from a linear program, conversions as gains (method bnd-swap)."""
        import numpy as np
        from scipy.optimize import linprog
        from scipy.sparse import coo_matrix

        into = {i for place in places for i in self.sinks.get(place, [])}
        if not self.total or not into:
            return 0.0, 0.0
        entries = []
        for i, (tail, head, _, gain) in enumerate(self.arcs):
            if tail != 0:
                entries.append((tail - 2, i, -1.0))
            if head != 1:
                entries.append((head - 2, i, float(Fraction(gain[0]) / gain[1])))
        rows, columns, values = zip(*entries, strict=True)
        conserve = coo_matrix((values, (rows, columns)), shape=(self.nodes - 2, len(self.arcs))).tocsr()
        sources = set(self.sources)
        # No arc can carry more than all that is stolen at the best of all rates.
        most = self.most()
        limits = [(float(c) if i in sources else 0, float(min(c, most))) for i, (_, _, c, _) in enumerate(self.arcs)]
        wish = np.array([1.0 if i in into else 0.0 for i in range(len(self.arcs))])
        answers = []
        for sign in (1, -1):
            found = linprog(sign * wish, A_eq=conserve, b_eq=np.zeros(self.nodes - 2), bounds=limits, method="highs")
            assert found.status == 0, found.message
            answers.append(sign * found.fun)
        return answers[0], answers[1]


def orders(history: History, limit: int = 720) -> list[list[Event]] | None:
    """Return every order of the events that the ties allow; None where there are more than `limit`."""
    groups: list[list[Event]] = []
    for event in history.events:
        if groups and event.tie is not None and groups[-1][0].tie == event.tie:
            groups[-1].append(event)
        else:
            groups.append([event])
    size = 1
    for group in groups:
        for i in range(2, len(group) + 1):
            size *= i
    if size > limit:
        return None
    choices = [list(permutations(group)) for group in groups]
    return [[event for group in choice for event in group] for choice in product(*choices)]


def least_need(all_orders: list[list[Event]]) -> dict[Account, int]:
    """Return what each account must have held in the order that is kindest to it."""
    needs = [openings(events) for events in all_orders]
    accounts = {account for need in needs for account in need}
    return {account: min(need.get(account, 0) for need in needs) for account in accounts}


def known_openings(history: History, every: list[list[Event]]) -> dict[Account, int]:
    """Return what the accounts of a vouched table opened with: nothing, or what a seed says (method ev-ties).

    An account that needs more even in the order that is kindest to it has unexplained inflow: its opening is not known.
    """
    least = least_need(every)
    touched = {account for event in history.events for part in event.parts for account, _ in part.debits + part.credits}
    known = {}
    for account in touched | set(history.holder_seeds):
        need = least.get(account, 0)
        _, said = history.holder_seeds.get(account, (None, 0))
        if said is None or need <= said:
            known[account] = need if said is None else said
    return known


def overdraws(events: list[Event], known: dict[Account, int]) -> bool:
    """Say whether an order makes an account pay what it cannot have had."""
    return any(account in known and need > known[account] for account, need in openings(events).items())


def order_of_rules(history: History, complete: bool) -> list[Event]:
    """Return the order that the rules follow: the rows', or where that is impossible the nearest that is not.

    Nearest: the first in the order of the rows. Where every order overdraws somebody, the rows stand.
    """
    every = orders(history, 5000)
    if not complete or every is None or len(every) == 1:
        return history.events
    known = known_openings(history, every)
    return next((events for events in every if not overdraws(events, known)), history.events)


def networks(history: History, labels: list[dict], origins: set[Origin], complete: bool) -> list[Network] | None:
    """Return a network for each order of the ties that can have happened (method ev-ties).

    Where every order overdraws somebody whose opening is known, that opening is wrong, and any order can have happened.
    """
    every = orders(history)
    if every is None:
        return None
    if complete and len(every) > 1:
        known = known_openings(history, every)
        every = [events for events in every if not overdraws(events, known)] or every
    if any(event.readings for event in history.events):
        # An interval holds every reading: some of them, what rules follow first, are asked.
        ways = [read for events in every[:6] for read in islice(product(*map(readings, events)), 64)]
        ways = [*ways[:1], *ways[1 :: max(1, len(ways) // MOST_READ)]]
    else:
        ways = every
    return [Network(history, labels, origins, list(events), openings(events), complete) for events in ways]


def readings(event: Event) -> list[Event]:
    """Return an event in each of the meanings of its rows."""
    return [replace(event, parts=parts) for parts in [event.parts, *event.readings]]


def count_everything(history: History, labels: list[dict], origins: set[Origin], events: list[Event]) -> dict:
    """Return {place: (least, most)} over every legal accounting in whole units; for tiny histories without gains.

    A state says how many stolen units each account holds and each place has got. Every event maps a set of states to
    the set of all that may follow.
    """
    marks = Labels(labels, history)
    lots, _ = opening_lots(history, openings(events))
    balance = {account: sum(lot[0] for lot in pile) for account, pile in lots.items()}
    start: dict = {}
    before = events[0].time if events else None
    for account, pile in lots.items():
        stolen = sum(lot[0] for lot in pile if lot[1] in origins)
        label = marks.absorbs(account[0], before)
        key = ("in", history.address[account[0]], REASONS[label["category"]], account[1]) if label else account
        start[key] = start.get(key, 0) + stolen
    states = {frozenset((k, v) for k, v in start.items() if v)}
    for event in events:
        for holder, label in marks.begins(before, event.time):
            reason = REASONS[label["category"]]
            states = {leave_all(state, holder, history.address[holder], reason) for state in states}
        before = event.time
        for part in event.parts:
            states = {
                after for state in states for after in every_way(part, event, state, balance, history, marks, origins)
            }
            for account, amount in part.debits:
                balance[account] = balance.get(account, 0) - amount
            for account, amount in part.credits:
                balance[account] = balance.get(account, 0) + amount
    ends: dict = {}
    places: set = set()
    finals = []
    for state in states:
        final: dict = {}
        for key, units in state:
            place = key if key[0] == "in" else ("in", history.address.get(key[0], key[0]), "held", key[1])
            final[place] = final.get(place, 0) + units
        finals.append(final)
        places |= set(final)
    for place in places:
        got = [final.get(place, 0) for final in finals]
        ends[place[1:]] = (min(got), max(got))
    return ends


def leave_all(state: frozenset, holder: str, address: str, reason: str) -> frozenset:
    """Let all stolen units of a holder leave."""
    after: dict = {}
    for key, units in state:
        new = ("in", address, reason, key[1]) if key[0] == holder else key
        after[new] = after.get(new, 0) + units
    return frozenset(after.items())


def every_way(part, event, state, balance, history, marks, origins) -> set[frozenset]:
    """Return every state that a part of an event can lead to."""
    assert part.debits[0][0][1] == part.credits[0][0][1], "whole units have no rates"
    held = dict(state)
    choices = []
    for account, amount in part.debits:
        if account[0] in ("!mint", "!theft"):
            choices.append([0])
            continue
        stolen = held.get(account, 0)
        clean = balance.get(account, 0) - stolen
        choices.append(list(range(max(0, amount - clean), min(amount, stolen) + 1)))
    results = set()
    for paid in product(*choices):
        after = dict(held)
        pool = 0
        named = part.named[2] if part.named else 0
        if part.named and any(units for i, units in enumerate(paid) if i in part.thefts):
            raise NotImplementedError("a victim of a named recipient holds nothing stolen in these worlds")
        for i, ((account, amount), units) in enumerate(zip(part.debits, paid, strict=True)):
            if units:
                after[account] -= units
            if i in part.thefts and part.named:
                continue
            if i in part.thefts:
                if units:
                    place = ("in", history.address.get(account[0], account[0]), "stolen_again", account[1])
                    after[place] = after.get(place, 0) + units
                pool += amount if part.thefts[i] in origins else 0
            else:
                pool += units
        total = sum(amount for _, amount in part.debits) - named
        amounts = [amount for _, amount in part.credits]
        if part.named:
            amounts[part.named[0]] -= named
        for shares in ways_to_share(pool, total - pool, amounts):
            new = dict(after)
            for i, ((account, _), units) in enumerate(zip(part.credits, shares, strict=True)):
                extra = named if part.named and i == part.named[0] and part.named[1] in origins else 0
                holder, asset = account
                label = marks.absorbs(holder, event.time)
                if holder in ("!fee", "!burned", "!contract"):
                    key = ("in", "", holder[1:], asset)
                elif holder == "!theft":
                    key = ("in", history.address[part.debits[0][0][0]], "stolen_again", asset)
                elif label:
                    key = ("in", history.address[holder], REASONS[label["category"]], asset)
                else:
                    key = account
                new[key] = new.get(key, 0) + units + extra
            results.add(frozenset((k, v) for k, v in new.items() if v))
    return results


def ways_to_share(stolen: int, clean: int, credits: list[int]):
    """Yield every way to fill the credits with stolen and clean units."""
    if len(credits) == 1:
        yield (stolen,)
        return
    first, rest = credits[0], credits[1:]
    for units in range(max(0, first - clean), min(first, stolen) + 1):
        for more in ways_to_share(stolen - units, clean - (first - units), rest):
            yield (units, *more)
