"""Where a collected bundle ends on each chain and under which limits it was read: what a replay must be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracer.io.fields import Fields
from tracer.model import ChainId, parse_amount, parse_chain


@dataclass(frozen=True, slots=True, order=True)
class PinnedBlock:
    """A block as a bundle names it.

    Attributes
    ----------
    number, time : int
        Height; header time, seconds UTC.
    hash : str
        Canonical.
    """

    number: int
    hash: str
    time: int


@dataclass(frozen=True, slots=True)
class PinnedChain:
    """One chain of a collected bundle.

    Attributes
    ----------
    source : str
        Name of the source that answered.
    companion : str
        Name of the node that completed it; empty where none did.
    since : int
        First block of the window.
    final, latest : PinnedBlock
        Newest block that can no longer be reorganised, and the newest looked at.
    """

    source: str
    companion: str
    since: int
    final: PinnedBlock
    latest: PinnedBlock


@dataclass(frozen=True, slots=True, order=True)
class Moved:
    """A newest block that another one took the place of while the bundle was collected.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    old, new : PinnedBlock
        Before and after.
    from_block : int
        First height that was read anew.
    """

    chain: ChainId
    old: PinnedBlock
    new: PinnedBlock
    from_block: int


@dataclass(frozen=True, slots=True)
class Pins:
    """What a collected bundle says of its collection.

    Attributes
    ----------
    chains : dict of ChainId to PinnedChain
        By chain.
    limits : dict of str to str or tuple of str
        What it was read under, as text.
    answers : int
        Questions with a definitive outcome among the raw replies.
    sha256 : str
        Hash over these questions and outcomes, without times and hosts.
    replaced : tuple of Moved
        Newest blocks that were replaced on the way.
    """

    chains: dict[ChainId, PinnedChain]
    limits: dict[str, str | tuple[str, ...]]
    answers: int
    sha256: str
    replaced: tuple[Moved, ...] = ()


def pins_record(pins: Pins) -> dict[str, Any]:
    """Return the pins as the manifest holds them; numbers are text."""
    return {
        "chains": {
            chain: {
                "source": one.source,
                "companion": one.companion,
                "since": str(one.since),
                "final": _block_record(one.final),
                "latest": _block_record(one.latest),
            }
            for chain, one in sorted(pins.chains.items())
        },
        "limits": {key: value if isinstance(value, str) else list(value) for key, value in sorted(pins.limits.items())},
        "replies": {"answers": str(pins.answers), "sha256": pins.sha256},
        "replaced": [
            {
                "chain": one.chain,
                "old": _block_record(one.old),
                "new": _block_record(one.new),
                "from_block": str(one.from_block),
            }
            for one in sorted(pins.replaced)
        ],
    }


def read_pins(fields: Fields) -> Pins:
    """Read what :func:`pins_record` gives.

    Raises
    ------
    DataFileError
        If a part is missing or breaks its form.
    """
    limits = fields.sub("limits")
    replies = fields.sub("replies")
    pins = Pins(
        {fields.parse_key(chain, parse_chain): _chain(entry) for chain, entry in fields.subs("chains")},
        {key: limits.text_or_texts(key) for key in limits.rest()},
        replies.parse("answers", parse_amount),
        replies.text("sha256"),
        tuple(_moved(entry) for entry in fields.entries("replaced")),
    )
    replies.done()
    fields.done()
    return pins


def _block_record(block: PinnedBlock) -> Mapping[str, str]:
    return {"number": str(block.number), "hash": block.hash, "time": str(block.time)}


def _block(fields: Fields) -> PinnedBlock:
    block = PinnedBlock(fields.parse("number", parse_amount), fields.text("hash"), fields.parse("time", parse_amount))
    fields.done()
    return block


def _chain(fields: Fields) -> PinnedChain:
    chain = PinnedChain(
        fields.text("source"),
        fields.text("companion", ""),
        fields.parse("since", parse_amount),
        _block(fields.sub("final")),
        _block(fields.sub("latest")),
    )
    fields.done()
    return chain


def _moved(fields: Fields) -> Moved:
    moved = Moved(
        fields.parse("chain", parse_chain),
        _block(fields.sub("old")),
        _block(fields.sub("new")),
        fields.parse("from_block", parse_amount),
    )
    fields.done()
    return moved
