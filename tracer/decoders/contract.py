"""What a decoder is: which transactions it wants to see, and what it makes of one; it never fetches.

A decoder is a pure function of a record. Where the record lacks what it needs, it says so, and whoever collects asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from tracer.model import AssetId, ChainId, TxRecord

ACTIONS: Final = (
    *("transfer", "swap", "wrap", "unwrap", "mint", "burn", "deposit", "withdraw", "borrow", "repay", "stake"),
    *("unstake", "bridge_out", "bridge_in", "mixer_in", "mixer_out", "fee", "freeze", "unfreeze", "unknown"),
)
"""What a leg can be of."""

PARTS: Final = ("transaction", "logs", "calls")
"""Parts of a transaction that a decoder can need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """Which transactions a decoder wants to see: one that has any of these.

    Attributes
    ----------
    chains : frozenset of ChainId
        Of these chains only; empty: of any.
    addresses : frozenset of str
        Canonical; who is called, writes a log, pays or is paid.
    topics : frozenset of str
        First topics of logs. Look-alikes write the same: a decoder looks at who wrote it.
    selectors : frozenset of str
        First four bytes of the input.
    memos : frozenset of str
        How a text in the input begins.
    front : bool
        Whether it stands in front of other protocols, as an aggregator does: where both say the same of a conversion,
        the name of the one in front is kept.
    everything : bool
        Whether it is a general rule, which sees every transaction and stands behind all others.
    """

    chains: frozenset[ChainId] = frozenset()
    addresses: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    selectors: frozenset[str] = frozenset()
    memos: frozenset[str] = frozenset()
    front: bool = False
    everything: bool = False

    def meets(self, record: TxRecord) -> bool:
        """Return whether a transaction is one of these."""
        if self.chains and record.chain not in self.chains:
            return False
        if self.everything or record.selector in self.selectors:
            return True
        if self.topics and any(log.topics[:1] and log.topics[0] in self.topics for log in record.logs or ()):
            return True
        if self.memos and record.memo.startswith(tuple(self.memos)):
            return True
        return bool(self.addresses) and not self.addresses.isdisjoint(_parties(record))


def _parties(record: TxRecord) -> set[str]:
    named = {record.recipient} | {log.address for log in record.logs or ()}
    return named | {party for row in record.movements for party in (row.sender, row.recipient)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One leg of what a transaction means: one holder's side of one asset.

    Attributes
    ----------
    protocol : str
        Name of the decoder that says so.
    action : str
        One of :data:`ACTIONS`.
    holder, counterparty : str
        Canonical; `counterparty` is empty where nobody, or more than one, stands on the other side.
    asset : AssetId
        CAIP-19 id.
    amount : int
        Base units, below zero where the holder gives it.
    moves : tuple of int
        Which movements of the record it explains, by their index, ascending.
    event : str
        Legs with the same name are one conversion: what is given becomes what is received. Empty for a leg that stands
        alone.
    key : str
        What a protocol itself calls it by, so that its other end is found: the same text at both ends of a bridge,
        with the chain or the bridge that counts where a number alone would name several.
    src_chain : str
        Of ``bridge_in``: the chain it comes from, CAIP-2, as far as the transaction says.
    dest_chain, dest_recipient : str
        Where it goes, as far as the transaction says: CAIP-2, or the protocol's own number as ``hop:7`` where no
        chain is known for it; the recipient as that chain writes it.
    dest_asset : str
        What is to come out: a CAIP-19 id, or what the protocol calls it.
    dest_amount : int or None
        How much of it is to come out, in its own base units (THORChain: 1e8), where the transaction says.
    position : str
        Of a loan or collateral: whose it is and where, ``user@market``; it is the holder of what lies there.
    via : tuple of str
        Other protocols whose own records say the same.
    grade : str
        One of :data:`tracer.model.GRADES`.
    reason : str
        Of an ``unknown`` leg, why it is not understood; of any other, what of it is not borne out.
    """

    protocol: str
    action: str
    holder: str
    counterparty: str
    asset: AssetId
    amount: int
    moves: tuple[int, ...] = ()
    event: str = ""
    key: str = ""
    src_chain: str = ""
    dest_chain: str = ""
    dest_recipient: str = ""
    dest_asset: str = ""
    dest_amount: int | None = None
    position: str = ""
    via: tuple[str, ...] = ()
    grade: str = "recorded"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """A part of a transaction that is asked for.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    tx : str
        Hash of the transaction.
    block : int
        Height of its block.
    part : str
        One of :data:`PARTS`.
    """

    chain: ChainId
    tx: str
    block: int
    part: str


@dataclass(frozen=True, slots=True)
class Need:
    """A decoder's answer where a record lacks what it needs.

    Attributes
    ----------
    query : RecordQuery
        What to ask for; with it the record is decoded again.
    why : str
        In words, what cannot be told without.
    """

    query: RecordQuery
    why: str


def need(record: TxRecord, part: str, why: str) -> Need:
    """Return that a part of a record is needed."""
    return Need(RecordQuery(record.chain, record.tx, record.block, part), why)


@runtime_checkable
class Decoder(Protocol):
    """Tells what transactions of one protocol mean; pure, so that the same record always has the same answer."""

    @property
    def name(self) -> str:
        """Name of the protocol; of a decoder that ships, the name of its folder."""

    def interests(self) -> Interests:
        """Return which transactions it wants to see; always the same."""

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        """Return what it makes of one transaction: nothing where none of it is its own."""
