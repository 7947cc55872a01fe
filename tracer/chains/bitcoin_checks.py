"""What Bitcoin transactions say of each other: a coin has one amount, is made once, and is spent once, later.

A height has one hash and one time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tracer.model import Coin, CollectedTx


def contradictions(transactions: Iterable[CollectedTx]) -> dict[str, str]:
    """Return the transactions that others of the same chain contradict, by id, and how, in words.

    A transaction that spends what was made otherwise, later, or is spent elsewhere too is not believed; nobody here can
    tell which of two spends is the true one, so neither is. What is not among the transactions is not looked at.

    Parameters
    ----------
    transactions : iterable of CollectedTx
        Of one chain; a transaction may stand several times.
    """
    held = {tx.tx: tx for tx in transactions}
    spenders: dict[str, list[str]] = {}
    wrong = _of_two_blocks(held.values())
    for tx in sorted(held.values(), key=CollectedTx.order):
        for outpoint, times in Counter(coin.outpoint for coin in tx.inputs).items():
            spenders.setdefault(outpoint, []).append(tx.tx)
            if times > 1:
                wrong.setdefault(tx.tx, f"{tx.tx} spends {outpoint} {times} times.")
        for coin in tx.inputs:
            words = against_maker(tx, coin, held.get(coin.outpoint.partition(":")[0]))
            if words:
                wrong.setdefault(tx.tx, words)
    for outpoint, txs in spenders.items():
        if len(txs) > 1:
            for tx_id in txs:
                wrong.setdefault(tx_id, f"{outpoint} is spent by {' and by '.join(txs)}.")
    return dict(sorted(wrong.items()))


def _of_two_blocks(transactions: Iterable[CollectedTx]) -> dict[str, str]:
    """Return the transactions of heights of which two hashes or two times are said; which is right nobody can tell."""
    by_height: dict[int, list[CollectedTx]] = {}
    for tx in transactions:
        by_height.setdefault(tx.block, []).append(tx)
    wrong: dict[str, str] = {}
    for height, some in by_height.items():
        hashes = sorted({tx.block_hash for tx in some if tx.block_hash})
        times = sorted({tx.time for tx in some})
        said = "hashes" if len(hashes) > 1 else "times" if len(times) > 1 else ""
        if said:
            words = f"Two {said} of block {height}: {' and '.join(map(str, hashes if said == 'hashes' else times))}."
            wrong |= dict.fromkeys((tx.tx for tx in some), words)
    return wrong


def without(transactions: Sequence[CollectedTx], wrong: Iterable[str]) -> tuple[CollectedTx, ...]:
    """Return transactions without those that are contradicted."""
    left_out = set(wrong)
    return tuple(tx for tx in transactions if tx.tx not in left_out)


def against_maker(tx: CollectedTx, spent: Coin, maker: CollectedTx | None) -> str:
    """Return, in words, how the maker of a coin contradicts the transaction that spends it; empty where it does not."""
    if maker is None:
        return ""
    number = int(spent.outpoint.rpartition(":")[2])
    if number >= len(maker.outputs):
        return f"{tx.tx} spends {spent.outpoint}, and there is no such output."
    output = maker.outputs[number]
    if spent.amount != output.amount:
        return f"{tx.tx} spends {spent.amount} satoshis of {spent.outpoint}, which was made with {output.amount}."
    if spent.address != output.address:
        return f"{tx.tx} spends {spent.outpoint} of another address than it was paid to."
    if not _is_before(maker, tx):
        return f"{tx.tx} spends {spent.outpoint} in block {tx.block}, before it was made, in block {maker.block}."
    return ""


def _is_before(maker: CollectedTx, spender: CollectedTx) -> bool:
    """Return whether one transaction can stand before another; in one block their indexes tell, where known."""
    if maker.tx == spender.tx or maker.block != spender.block:
        return maker.block < spender.block
    return maker.tx_index is None or spender.tx_index is None or maker.tx_index < spender.tx_index
