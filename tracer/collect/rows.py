"""Collected movements become rows of a case: each once, in chain order, with the events they form (method ev-net).

Positions are ranks among the rows held of a block, so they depend on what was collected and on nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace
from itertools import groupby

from tracer.chains import contradictions, without
from tracer.decoders import DECODERS
from tracer.errors import SourceError
from tracer.model import (
    AssetId,
    ChainId,
    Coin,
    Collected,
    CollectedTx,
    Coverage,
    Holder,
    LedgerLeg,
    Transfer,
    movement_id_of,
    native_asset,
    record_of_movements,
)
from tracer.providers import History

_Content = tuple[str | int, ...]


def rows_of(histories: Sequence[History]) -> tuple[tuple[Transfer, ...], tuple[LedgerLeg, ...]]:
    """Return the transfers and the ledger legs of several histories, in chain order, numbered from 1.

    Parameters
    ----------
    histories : sequence of History
        In an order that does not depend on when they were read.

    Raises
    ------
    SourceError
        If two histories contradict each other.
    """
    transfers: list[Transfer] = []
    for _, block in groupby(unique_rows(histories), key=lambda row: (row.chain, row.block)):
        transfers += _block_transfers(list(block), len(transfers))
    legs: list[LedgerLeg] = []
    for tx in unique_transactions(histories):
        legs += _legs(tx, len(legs))
    return tuple(transfers), tuple(legs)


def block_rows(histories: Sequence[History]) -> tuple[Transfer, ...] | tuple[LedgerLeg, ...]:
    """Return what :func:`rows_of` gives of one block, numbered from 1: rows of other blocks change nothing in it.

    Parameters
    ----------
    histories : sequence of History
        What each history of the collection holds of that block, in the order of the histories.
    """
    transfers, legs = rows_of(histories)
    return transfers or legs


def settle(*held: MutableMapping[Holder, History]) -> None:
    """Take out of histories the Bitcoin transactions that others of the collection contradict, each as a named gap.

    What one history alone does not show, two may: a coin spent with another amount than it was made with, twice, or
    before it was made. Whoever's history loses a transaction is read with a gap.
    """
    by_chain: dict[ChainId, list[CollectedTx]] = {}
    for histories in held:
        for history in histories.values():
            for tx in history.transactions:
                by_chain.setdefault(tx.chain, []).append(tx)
    wrong = {(chain, tx): words for chain, txs in by_chain.items() for tx, words in contradictions(txs).items()}
    if not wrong:
        return
    for histories in held:
        for (chain, subject), history in histories.items():
            lost = [tx for tx in history.transactions if (tx.chain, tx.tx) in wrong]
            if lost:
                gaps = [
                    Coverage(
                        *(chain, subject, tx.source, "contradiction", tx.block, tx.block),
                        complete=False,
                        reason="inconsistent",
                        detail=wrong[tx.chain, tx.tx],
                    )
                    for tx in lost
                ]
                kept = without(history.transactions, [tx.tx for tx in lost])
                histories[chain, subject] = History(history.rows, kept, (*history.coverage, *gaps))


def unique_rows(histories: Iterable[History]) -> list[Collected]:
    """Return every movement of several histories once, in chain order.

    A movement is told by its id, never by its content: two equal payments of one transaction are two. Where a source
    gives no id, a transaction has as many equal movements as the history that lists most of them.

    Raises
    ------
    SourceError
        If two histories give one id different content.
    """
    by_id: dict[str, Collected] = {}
    nameless: dict[_Content, list[Collected]] = {}
    for history in histories:
        here: dict[_Content, list[Collected]] = {}
        for row in history.rows:
            name = row.id
            if not name:
                here.setdefault(_content(row), []).append(row)
            elif (held := by_id.setdefault(name, row)) is not row and _content(held) != _content(row):
                raise _contradiction(name, (held.source, row.source))
        for content, listed in here.items():
            if len(listed) > len(nameless.get(content, ())):
                nameless[content] = listed
    named = Counter(map(_content, by_id.values())) if nameless else Counter()
    extra = [row for content, listed in nameless.items() for row in listed[named[content] :]]
    return sorted([*by_id.values(), *extra], key=lambda row: (row.chain, row.order()))


def unique_transactions(histories: Iterable[History]) -> list[CollectedTx]:
    """Return every Bitcoin transaction of several histories once, in chain order; one with a place is preferred.

    Raises
    ------
    SourceError
        If two histories give one transaction different coins.
    """
    held: dict[tuple[str, str, str], CollectedTx] = {}
    for history in histories:
        for tx in history.transactions:
            key = (tx.chain, tx.block_hash, tx.tx)
            earlier = held.setdefault(key, tx)
            if (earlier.inputs, earlier.outputs) != (tx.inputs, tx.outputs):
                raise _contradiction(tx.tx, (earlier.source, tx.source))
            if earlier.tx_index is None:
                held[key] = tx
    return sorted(held.values(), key=lambda tx: (tx.chain, tx.order()))


def _content(row: Collected) -> _Content:
    """Return a movement without what only some sources know of it: hash and index, its place, the source."""
    return (
        *(row.chain, row.block, row.time, row.tx, row.layer, row.kind),
        *(row.sender, row.recipient, row.asset, row.amount),
    )


def _contradiction(name: str, sources: tuple[str, str]) -> SourceError:
    return SourceError(
        f"{' and '.join(sorted(set(sources)))} contradict each other on {name}.",
        why="One movement of a chain has one content.",
        next_step="Fetch the case from one source, or compare the two with --cross-check.",
    )


def _block_transfers(block: list[Collected], before: int) -> list[Transfer]:
    """Return the transfers of one block; rows without a transaction (rewards, withdrawals) are events of their own."""
    events: dict[int, str] = {}
    by_tx: dict[str, list[int]] = {}
    for index, row in enumerate(block):
        if row.tx:
            by_tx.setdefault(row.tx, []).append(index)
    for tx, indices in by_tx.items():
        held = tuple(block[index] for index in indices)
        if len({row.asset for row in held}) > 1:  # a conversion has two assets
            for number, moves in enumerate(DECODERS.conversions(record_of_movements(held)), start=1):
                events |= {indices[one]: tx if number == 1 else f"{tx}#{number}" for one in moves}
    return [
        Transfer(
            before + index + 1,
            row.chain,
            row.block,
            index,
            row.time,
            row.tx,
            row.kind,
            row.sender,
            row.recipient,
            row.asset,
            row.amount,
            events.get(index, ""),
            "recorded",
            "exact",
            row.source,
            id=str(row.movement_id),
        )
        for index, row in enumerate(block)
    ]


def _legs(tx: CollectedTx, before: int) -> list[LedgerLeg]:
    """Return the legs of one Bitcoin transaction: all it spends, all it makes, its fee; the whole of it."""
    asset = native_asset(tx.chain)
    assert asset is not None, "every Bitcoin chain we read has a coin"
    legs = [_leg(tx, asset, "debit", coin, "", ("input", (place,))) for place, coin in enumerate(tx.inputs)]
    legs += [_leg(tx, asset, "credit", coin, "", ("output", (place,))) for place, coin in enumerate(tx.outputs)]
    if tx.inputs and tx.fee:
        legs.append(_leg(tx, asset, "credit", Coin("", "", tx.fee), "fee", ("fee", ())))
    return [replace(leg, row=before + number) for number, leg in enumerate(legs, start=1)]


def _leg(
    tx: CollectedTx, asset: AssetId, side: str, coin: Coin, kind: str, where: tuple[str, tuple[int, ...]]
) -> LedgerLeg:
    return LedgerLeg(
        row=0,
        event=tx.tx,
        side=side,
        holder=coin.outpoint,
        address=coin.address,
        asset=asset,
        amount=coin.amount,
        chain=tx.chain,
        block=tx.block,
        time=tx.time,
        tx=tx.tx,
        kind=kind,
        whole=True,
        id=str(movement_id_of(tx.chain, tx.block_hash, tx.tx, *where)),
    )
