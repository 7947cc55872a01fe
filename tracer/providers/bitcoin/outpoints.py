"""An outpoint's history: the transaction that makes it, and the one that spends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tracer.chains import contradictions, split_outpoint, without
from tracer.model import ChainId, CollectedTx, Coverage
from tracer.net import PermanentError, ReplyFault, gap
from tracer.providers.provider import Head, History

_ENDPOINT = "outpoint"


class Spends(Protocol):
    """A source that knows who spends what."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""

    def head(self) -> Head:
        """Return the pinned head."""

    def creation(self, tx: str) -> CollectedTx | None:
        """Return a transaction without its place, or ``None`` where no block holds it."""

    def spender(self, tx: str, vout: int) -> CollectedTx | None:
        """Return the transaction that spends an output, or ``None`` where no block up to the pinned head has one."""

    def with_places(
        self, transactions: Sequence[CollectedTx], window: tuple[int, int]
    ) -> tuple[tuple[CollectedTx, ...], tuple[Coverage, ...]]:
        """Return transactions in chain order with their index in the block, and what could not be placed."""

    def contradicted(self, subject: str, window: tuple[int, int], words: Sequence[str]) -> tuple[Coverage, ...]:
        """Return the coverage entries of transactions that others contradict, one each."""


def outpoint_history(source: Spends, holder: str, since: int, until: int) -> History:
    """Return the transactions of a window that make or spend an outpoint.

    Parameters
    ----------
    source : Spends
        Who is asked.
    holder : str
        ``txid:vout``.
    since, until : int
        Window of blocks, both ends included.
    """
    window = (since, until)
    try:
        made, spent = _both(source, holder)
    except ReplyFault as fault:
        missing = gap(fault, chain=source.chain, subject=holder, source=source.name, endpoint=_ENDPOINT, window=window)
        return History(coverage=(missing,))
    inside = [tx for tx in (made, spent) if tx is not None and since <= tx.block <= until]
    rows, places = source.with_places(inside, window)
    wrong = contradictions(tx for tx in (made, spent) if tx is not None) | contradictions(rows)
    rows, left_out = without(rows, wrong), [wrong[tx.tx] for tx in rows if tx.tx in wrong]
    final = source.head().final.number
    covered = Coverage(
        source.chain,
        holder,
        source.name,
        _ENDPOINT,
        since,
        until,
        complete=True,
        rows=len(rows),
        pages=2,
        unconfirmed_from=max(final + 1, since) if until > final else None,
    )
    return History(transactions=rows, coverage=(covered, *places, *source.contradicted(holder, window, left_out)))


def balance_in(history: History, holder: str) -> int | None:
    """Return what an outpoint holds at the end of a history that starts with the chain; ``None`` if it has gaps."""
    if not history.complete:
        return None
    held = 0
    for tx in history.transactions:
        held += sum(coin.amount for coin in tx.outputs if coin.outpoint == holder)
        held -= sum(coin.amount for coin in tx.inputs if coin.outpoint == holder)
    return held


def _both(source: Spends, holder: str) -> tuple[CollectedTx, CollectedTx | None]:
    parts = split_outpoint(holder)
    assert parts is not None, "the caller knows an outpoint from an address"
    txid, vout = parts
    made = source.creation(txid)
    latest = source.head().latest.number
    if made is None or made.block > latest:
        raise PermanentError(f"No block up to the pinned head holds {txid}.", reason="unconfirmed_head")
    if vout >= len(made.outputs):
        raise PermanentError(f"{txid} has no output {vout}.", reason="inconsistent")
    spent = source.spender(txid, vout)
    if spent is None or spent.block > latest:
        return made, None
    if all(coin.outpoint != holder for coin in spent.inputs):
        raise PermanentError(f"{spent.tx} is said to spend {holder}, and does not.", reason="inconsistent")
    return made, spent
