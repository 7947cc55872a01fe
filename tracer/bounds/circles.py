"""Who pays whom in a run of events whose order is open: payers before payees, and the circles in which nobody is first.

Events and accounts are the nodes of one graph: an event leads to the accounts it credits, an account to the events that
debit it. What is in one strongly connected component pays in a circle. All of it is linear in the legs.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from tracer.model import Account, Event


def circling(events: Sequence[Event], first: int, last: int, places: Collection[int]) -> list[int]:
    """Return those of some places of a run whose money can come back to them inside it."""
    if not places:
        return []
    group_of = _components(_leading(events, first, last))
    sizes = Counter(group_of[: last - first])
    return [place for place in places if sizes[group_of[place - first]] > 1]


def in_order(events: Sequence[Event], first: int, last: int) -> list[list[int]]:
    """Return the places of a run of events, payers before payees; those of a circle together, in row order.

    Earliest row first wherever that leaves a choice.
    """
    after = _leading(events, first, last)
    group_of = _components(after)
    members: dict[int, list[int]] = defaultdict(list)
    for place in range(first, last):
        members[group_of[place - first]].append(place)
    waiting: dict[int, int] = defaultdict(int)
    leads: dict[int, list[int]] = defaultdict(list)
    for node, following in enumerate(after):
        for other in following:
            if group_of[node] != group_of[other]:
                leads[group_of[node]].append(group_of[other])
                waiting[group_of[other]] += 1
    ready = [(_earliest(members, group), group) for group in set(group_of) if not waiting[group]]
    heapq.heapify(ready)
    out: list[list[int]] = []
    while ready:
        _, group = heapq.heappop(ready)
        if group in members:
            out.append(members[group])
        for other in leads[group]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, (_earliest(members, other), other))
    return out


def _leading(events: Sequence[Event], first: int, last: int) -> list[list[int]]:
    """Return the graph of a run: what each event leads to, then what each account that pays in it leads to."""
    heads: dict[Account, list[int]] = defaultdict(list)
    for place in range(first, last):
        for account in dict.fromkeys(leg.account for part in events[place].parts for leg in part.debits):
            heads[account].append(place)
    numbers = {account: last - first + number for number, account in enumerate(heads)}
    after: list[list[int]] = [
        [
            numbers[account]
            for account in dict.fromkeys(
                leg.account for part in events[place].parts for leg in part.credits if not leg.sink
            )
            if account in numbers
        ]
        for place in range(first, last)
    ]
    return after + [[place - first for place in places] for places in heads.values()]


def _earliest(members: Mapping[int, list[int]], group: int) -> int:
    return members[group][0] if group in members else -1


def _components(after: Sequence[Sequence[int]]) -> list[int]:
    """Return the strongly connected component of every node (Tarjan, without recursion)."""
    size = len(after)
    index, low, component = [-1] * size, [0] * size, [-1] * size
    stack: list[int] = []
    count = components = 0
    for root in range(size):
        if index[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                index[node] = low[node] = count
                count += 1
                stack.append(node)
            elif component[after[node][at - 1]] < 0:
                low[node] = min(low[node], low[after[node][at - 1]])
            for place in range(at, len(after[node])):
                other = after[node][place]
                if index[other] < 0:
                    work += [(node, place + 1), (other, 0)]
                    break
                if component[other] < 0:
                    low[node] = min(low[node], index[other])
            else:
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        component[member] = components
                        if member == node:
                            break
                    components += 1
    return component
