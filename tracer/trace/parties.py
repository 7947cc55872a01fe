"""Whom a leaf is filed under: the entity of the label that made it stop, else of the label shown, else its fate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.model import ChainId, Label
from tracer.trace.result import Holder

_NO_LABEL: Final = {"fee": "network fee", "burned": "burned", "below_threshold": "below threshold"}

Holders = Mapping[tuple[ChainId, str], Holder]


def label_at(holders: Holders, chain: ChainId, address: str) -> Label | None:
    """Return the label an address is filed under: the one that made it stop, else the one shown for it."""
    holder = holders.get((chain, address))
    return None if holder is None else holder.stop_label or holder.label


def party_at(holders: Holders, chain: ChainId, address: str, stop_reason: str) -> tuple[str, str]:
    """Return the entity and category that a leaf is grouped under.

    A leaf without label is named by its stop reason (``unlabelled, at rest``; ``network fee``), so that money at rest
    never shares a row with money whose onward history is missing.
    """
    label = label_at(holders, chain, address)
    if label is not None:
        return label.entity, label.category
    return _NO_LABEL.get(stop_reason, f"unlabelled, {stop_reason.replace('_', ' ')}"), "unknown"
