"""What names one movement on its chain: for de-duplication, re-organisations, proofs, links and claims alike."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tracer.errors import InputError
from tracer.model.chain import ChainId

LAYERS: Final = ("fee", "top", "call", "log", "block")
"""Order of movements inside one transaction (method ev-order): its fee, its own value, calls inside it, logs; ``block``
is what a block pays without a transaction (withdrawals, rewards) and comes after all transactions."""

COIN_LAYERS: Final = ("input", "output")
"""Sides of a transaction that spends and makes outputs, as Bitcoin's do."""

_FORM: Final = re.compile(
    rf"(?P<chain>[-a-z0-9]{{3,8}}:[-_a-zA-Z0-9]{{1,32}})/(?P<block>(?:0x)?[0-9a-f]*)/(?P<tx>[-._:a-zA-Z0-9]*)"
    rf"/(?P<layer>{'|'.join((*LAYERS, *COIN_LAYERS))}):(?P<index>[0-9]+(?:\.[0-9]+)*)?",
    re.ASCII,
)
_PLACELESS: Final = ("fee", "top")
"""Layers in which a transaction has one movement, so that no index is needed."""


class MovementId(NamedTuple):
    """The key a chain guarantees for one movement; a part that the source does not give is empty, never invented.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    block_hash, tx : str
        Hashes in canonical form; `tx` is empty where a block pays without a transaction.
    layer : str
        One of :data:`LAYERS` or :data:`COIN_LAYERS`.
    place : str
        Index of the log in its block, path of child indexes of the call (``0.2``), number of the input, output or
        withdrawal; empty for the fee and the own value of a transaction, of which there is one.

    Examples
    --------
    >>> str(MovementId(ChainId("eip155:1"), "0xb1", "0xf7", "log", "12"))
    'eip155:1/0xb1/0xf7/log:12'
    """

    chain: ChainId
    block_hash: str
    tx: str
    layer: str
    place: str

    def __str__(self) -> str:
        """Return the id as tables have it."""
        return f"{self.chain}/{self.block_hash}/{self.tx}/{self.layer}:{self.place}"

    @property
    def is_whole(self) -> bool:
        """Whether every part is known, so that two movements with this id are one."""
        named = bool(self.tx) or self.layer == "block"
        return bool(self.block_hash) and named and (bool(self.place) or self.layer in _PLACELESS)


def movement_id_of(chain: ChainId, block_hash: str, tx: str, layer: str, place: tuple[int, ...] | None) -> MovementId:
    """Return the id of a movement from the place its source gives it; ``None``: the source gives none."""
    return MovementId(chain, block_hash, tx, layer, ".".join(map(str, place or ())))


def is_movement_id(text: str) -> bool:
    """Return whether a text has the form of a movement's id."""
    return _FORM.fullmatch(text) is not None


def parse_movement_id(text: str) -> MovementId:
    """Return the parts of a movement's id.

    Raises
    ------
    InputError
        If the text is no such id.

    Examples
    --------
    >>> parse_movement_id("eip155:1//0xf7/log:").is_whole
    False
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise InputError(
            f"{text[:80]!r} is not the id of a movement.",
            why="It is written chain/block hash/transaction hash/layer:index; a part that is not known is empty.",
            next_step="Leave the cell empty where the source gives no id.",
        )
    return MovementId(ChainId(found["chain"]), found["block"], found["tx"], found["layer"], found["index"] or "")
