"""Actions of THORChain and Maya about one inbound transaction become one link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tracer.chains.thorchain import STATUSES, SwapAction, SwapLink, SwapSide
from tracer.model import ChainId


def merge_actions(actions: Iterable[SwapAction]) -> tuple[SwapLink, ...]:
    """Return one link an inbound transaction, in order of time.

    An affiliate's share is an action of its own with the same inbound and a copy of all outputs: inputs are added up,
    outputs are taken once, and as often as one action alone lists them.
    """
    groups: dict[tuple[str, ...], list[SwapLink]] = {}
    for action in actions:
        groups.setdefault(action.key, []).append(action.link)
    links = [_merged(group) for group in groups.values()]
    return tuple(sorted(links, key=lambda link: (link.time, link.height, link.inputs, link.types)))


def _merged(group: Sequence[SwapLink]) -> SwapLink:
    first = min(group, key=lambda link: (link.time, link.height, link.inputs, link.types))
    streamed = [link.streamed for link in group if link.streamed is not None]
    return SwapLink(
        network=first.network,
        types=tuple(sorted({kind for link in group for kind in link.types})),
        status=min((link.status for link in group), key=STATUSES.index),
        inputs=_added(group),
        outputs=_united(group),
        memo=max(link.memo for link in group),
        reason=max(link.reason for link in group),
        height=first.height,
        time=first.time,
        streamed=max(streamed) if streamed else None,
    )


def _added(group: Sequence[SwapLink]) -> tuple[SwapSide, ...]:
    """Return the inbound sides, their coins added up over the actions."""
    sums: dict[tuple[ChainId | None, str, str, str], Counter[str]] = {}
    for link in group:
        for side in link.inputs:
            sums.setdefault((side.chain, side.code, side.address, side.tx), Counter()).update(dict(side.coins))
    sides = (SwapSide(*key, coins=tuple(sorted(coins.items()))) for key, coins in sums.items())
    return tuple(sorted(sides, key=lambda side: (side.tx, side.address, side.coins)))


def _united(group: Sequence[SwapLink]) -> tuple[SwapSide, ...]:
    """Return the outbound sides, each as often as the action that lists it most often."""
    most: Counter[SwapSide] = Counter()
    for link in group:
        most |= Counter(link.outputs)
    return tuple(sorted(most.elements(), key=lambda side: (side.tx, side.address, side.height or 0, side.coins)))
