"""One transaction as held: what its chain says of it, raw enough for decoders, proofs and links to read."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.model.chain import ChainId
from tracer.model.collected import Collected


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log that a contract wrote.

    Attributes
    ----------
    index : int
        Index in its block.
    address : str
        Canonical address of the contract that wrote it: the same topic is written by look-alikes.
    topics : tuple of str
        32-byte words in lower case, the first usually the hash of the event's signature.
    data : str
        Hexadecimal in lower case with ``0x``.
    """

    index: int
    address: str
    topics: tuple[str, ...]
    data: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as a tracer saw it.

    Attributes
    ----------
    path : tuple of int
        Child indexes from the transaction's own call, which is ``()``.
    kind : str
        Name of the instruction, upper case; ``BEFORE`` or ``AFTER`` for what moves outside the calls.
    sender, recipient : str
        Canonical; `recipient` is empty where a creation failed, either where coin is made or burnt outside the calls.
    value : int
        Wei it carries, moved or not.
    failed : bool
        Whether it shows an error of its own.
    """

    path: tuple[int, ...]
    kind: str
    sender: str
    recipient: str
    value: int
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRecord:
    """What became of a transaction.

    Attributes
    ----------
    failed : bool or None
        ``None`` where neither its receipt nor a trace says.
    gas_used : int
        Units of gas.
    gas_price : int or None
        Wei a unit that was paid, where it is said.
    created : str
        The contract it created; empty where none.
    """

    failed: bool | None
    gas_used: int
    gas_price: int | None
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TxRecord:
    """One transaction of an account chain as it is held.

    What a source does not give is ``None``, which is never taken for "none": a decoder that needs it asks for it.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    block : int
        Height.
    block_hash : str
        Canonical; empty where the source does not give it.
    time : int
        Header time, seconds UTC.
    tx : str
        Transaction hash, canonical.
    index : int or None
        Index in the block: with the height, its place in the order of the chain.
    sender, recipient : str
        Canonical; `recipient` is empty where a contract is created, both where only its movements are known.
    value : int or None
        Base units of the coin that it carries, moved or not.
    input : str or None
        What it was called with: hexadecimal in lower case with ``0x``.
    receipt : ReceiptRecord or None
        What became of it.
    logs : tuple of LogRecord or None
        All of its logs, in order.
    calls : tuple of CallRecord or None
        All calls inside it, in the order they were made, its own among them.
    movements : tuple of Collected
        What moved, as the rules of its chain read it, in order.
    whole : bool
        Whether `movements` is everything that moved; else what is missing is named in `detail`.
    detail : str
        In words, what of it is not known; empty where nothing is.
    source : str
        Name of the source.
    """

    chain: ChainId
    block: int
    block_hash: str
    time: int
    tx: str
    index: int | None
    sender: str = ""
    recipient: str = ""
    value: int | None = None
    input: str | None = None
    receipt: ReceiptRecord | None = None
    logs: tuple[LogRecord, ...] | None = None
    calls: tuple[CallRecord, ...] | None = None
    movements: tuple[Collected, ...] = ()
    whole: bool = False
    detail: str = ""
    source: str = ""

    @property
    def selector(self) -> str:
        """The first four bytes of its input, which name the function called; empty where there are none."""
        held = self.input or ""
        return held[:10] if len(held) >= 10 and self.recipient else ""

    @property
    def memo(self) -> str:
        """Its input read as text, where all of it is printable: what some bridges are told in a plain payment."""
        try:
            held = bytes.fromhex((self.input or "").removeprefix("0x")).decode("utf-8")
        except ValueError:
            return ""
        return held if held.isprintable() else ""

    def order(self) -> tuple[int, int, str]:
        """Return the sort key inside the chain."""
        return self.block, -1 if self.index is None else self.index, self.tx


def record_of_movements(movements: tuple[Collected, ...], *, whole: bool = False) -> TxRecord:
    """Return what movements of one transaction alone say of it: a source may give no more.

    Parameters
    ----------
    movements : tuple of Collected
        Of one transaction, in order; at least one.
    whole : bool
        Whether they are everything that moved in it.
    """
    first = movements[0]
    return TxRecord(
        chain=first.chain,
        block=first.block,
        block_hash=first.block_hash,
        time=first.time,
        tx=first.tx,
        index=first.tx_index,
        movements=movements,
        whole=whole,
        detail="" if whole else "Only movements of it are held.",
        source=first.source,
    )
