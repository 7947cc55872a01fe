"""Who holds: an address, or on Bitcoin an outpoint, of a chain."""

from __future__ import annotations

from tracer.model.chain import ChainId

Holder = tuple[ChainId, str]
"""Chain, and the address or outpoint that holds there."""
