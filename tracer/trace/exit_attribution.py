"""Whom a leaf is filed under: the entity of the label in force where its units ended, else its fate."""

from __future__ import annotations

from typing import Final

from tracer.model import Label

_NO_LABEL: Final = {"fee": "network fee", "burned": "burned", "below_threshold": "below threshold"}


def party_of(label: Label | None, stop_reason: str) -> tuple[str, str]:
    """Return the entity and category that a leaf is grouped under.

    A leaf without label is named by its stop reason (``unlabelled, at rest``; ``network fee``), so that money at rest
    never shares a row with money whose onward history is missing.
    """
    if label is not None:
        return label.entity, label.category
    return _NO_LABEL.get(stop_reason, f"unlabelled, {stop_reason.replace('_', ' ')}"), "unknown"
