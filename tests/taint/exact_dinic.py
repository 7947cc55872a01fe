"""Maximum flow by Dinic's algorithm in Python integers: slow, exact for any size, and nobody else's code."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


def dinic(arcs: Sequence[tuple[int, int, int]], nodes: int, source: int, sink: int) -> int:
    """Return the value of a maximum flow over (tail, head, capacity) arcs."""
    to: list[int] = []
    room: list[int] = []
    out: list[list[int]] = [[] for _ in range(nodes)]
    for tail, head, capacity in arcs:
        for one, other, amount in ((tail, head, capacity), (head, tail, 0)):
            out[one].append(len(to))
            to.append(other)
            room.append(amount)
    total = 0
    while True:
        level = [-1] * nodes
        level[source] = 0
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for arc in out[node]:
                if room[arc] and level[to[arc]] < 0:
                    level[to[arc]] = level[node] + 1
                    queue.append(to[arc])
        if level[sink] < 0:
            return total
        place = [0] * nodes
        while pushed := _push(source, sink, sum(room[arc] for arc in out[source]), (to, room, out, level, place)):
            total += pushed


_Graph = tuple[list[int], list[int], list[list[int]], list[int], list[int]]


def _push(node: int, sink: int, most: int, graph: _Graph) -> int:
    to, room, out, level, place = graph
    if node == sink or not most:
        return most
    while place[node] < len(out[node]):
        arc = out[node][place[node]]
        if level[to[arc]] == level[node] + 1:
            pushed = _push(to[arc], sink, min(most, room[arc]), graph)
            if pushed:
                room[arc] -= pushed
                room[arc ^ 1] += pushed
                return pushed
        place[node] += 1
    return 0
