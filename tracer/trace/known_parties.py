"""Who is known, at a theft, as its victim or as a contract that passes money on: labels in their time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracer.model import CATEGORIES, DECODED_THROUGH, ChainId, Event, Label
from tracer.registry import LabelIndex, holds_at, interval_of


def is_victim(
    labels: LabelIndex, incidents: Collection[str], chain: ChainId, address: str, event: Event
) -> bool | None:
    """Return whether a label makes an address a victim of incidents at an event; ``None`` where times leave it open."""
    found = [
        label
        for label in labels.of(chain, address)
        if "victim" in (label.category, label.role) and label.incident in ("", *incidents)
    ]
    return _was_one(found, event)


def is_pool(labels: LabelIndex, chain: ChainId, address: str, event: Event) -> bool:
    """Return whether a label surely makes an address a contract that swaps, lends or passes on at an event."""
    known = (*DECODED_THROUGH, *(name for name, one in CATEGORIES.items() if one.stop_reason == "contract"))
    return bool(_was_one([label for label in labels.of(chain, address) if label.category in known], event))


def is_service(labels: LabelIndex, chain: ChainId, address: str, event: Event) -> bool | None:
    """Return whether a label makes an address one that absorbs at an event; ``None`` where the times leave it open."""
    return _was_one([label for label in labels.of(chain, address) if CATEGORIES[label.category].stop_reason], event)


def _was_one(labels: Sequence[Label], event: Event) -> bool | None:
    """Return whether one of some labels was in force at an event; ``None`` where its printed time leaves that open."""
    spans = [interval_of(label) for label in labels]
    if any(span == (None, None) for span in spans):
        return True
    if event.time is None:
        return None if labels else False
    first, last = event.time, event.time + event.resolution - 1
    held = [[holds_at(label, second) for second in (first, last)] for label in labels]
    if any(all(one) for one in held):
        return True
    return None if any(any(one) for one in held) else False
