"""What a source collects from a chain: movements with the place the chain itself gives them."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.model.asset import AssetId
from tracer.model.chain import ChainId
from tracer.model.movement_id import LAYERS, MovementId, movement_id_of


@dataclass(frozen=True, slots=True)
class Collected:
    """One movement on an account chain, as a source gave it.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    block, time : int
        Height; header time in seconds UTC.
    block_hash, tx : str
        Hashes in canonical form; `tx` is empty in layer ``block``; `block_hash` where the source does not give it.
    tx_index : int or None
        Index of the transaction in its block; ``None`` where the source does not give it.
    layer : str
        One of :data:`LAYERS`.
    place : tuple of int or None
        Place in the layer: path of child indexes of a call, ``(log index,)`` of a log, ``(index,)`` in layer
        ``block``, ``()`` for ``fee`` and ``top``; ``None`` where the source does not give it.
    kind : str
        One of :data:`tracer.model.KINDS`.
    sender, recipient : str
        Canonical addresses; empty as :data:`tracer.model.KINDS` allows.
    asset : AssetId
        CAIP-19 id.
    amount : int
        Base units.
    source : str
        Name of the source.
    """

    chain: ChainId
    block: int
    block_hash: str
    time: int
    tx: str
    tx_index: int | None
    layer: str
    place: tuple[int, ...] | None
    kind: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    source: str

    @property
    def movement_id(self) -> MovementId:
        """What names it on its chain; parts that the source does not give are empty."""
        return movement_id_of(self.chain, self.block_hash, self.tx, self.layer, self.place)

    @property
    def id(self) -> str:
        """The key the chain guarantees, for de-duplication and re-organisations; empty where a part is unknown."""
        return "" if not self.block_hash or self.place is None else str(self.movement_id)

    def order(self) -> tuple[int, int, int, tuple[int, ...]]:
        """Return the sort key inside a chain: block, transaction index, layer, place; unknown places come first."""
        index = -1 if self.tx_index is None else self.tx_index
        if self.layer == "block":
            index = 1 << 62
        return self.block, index, LAYERS.index(self.layer), self.place or ()


@dataclass(frozen=True, slots=True)
class Coin:
    """An output of a Bitcoin transaction, spent or made.

    Attributes
    ----------
    outpoint : str
        ``txid:vout``; empty for the input of a coinbase.
    address : str
        Canonical address; empty where the script has none.
    amount : int
        Satoshis.
    """

    outpoint: str
    address: str
    amount: int


@dataclass(frozen=True, slots=True)
class CollectedTx:
    """One Bitcoin transaction.

    Attributes
    ----------
    chain, block, block_hash, time, tx, source
        As in :class:`Collected`; `tx` is the txid.
    tx_index : int or None
        Index in its block; ``None`` where the source does not give it.
    inputs, outputs : tuple of Coin
        In listed order; a coinbase has no inputs.
    """

    chain: ChainId
    block: int
    block_hash: str
    time: int
    tx: str
    tx_index: int | None
    inputs: tuple[Coin, ...]
    outputs: tuple[Coin, ...]
    source: str

    @property
    def fee(self) -> int:
        """What the inputs hold beyond the outputs, satoshis; 0 for a coinbase."""
        return max(0, sum(coin.amount for coin in self.inputs) - sum(coin.amount for coin in self.outputs))

    def order(self) -> tuple[int, int, str]:
        """Return the sort key inside the chain."""
        return self.block, -1 if self.tx_index is None else self.tx_index, self.tx
