"""Collected movements become rows of a case: each once, in chain order, with the events they form (method ev-net).

Positions are ranks among the rows held of a block, so they depend on what was collected and on nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from tracer.chains import contradictions, without
from tracer.collect.disagreements import Content, Height, Histories, content_of, settle_rows
from tracer.decoders import DECODERS
from tracer.errors import SourceError
from tracer.model import (
    AssetId,
    ChainId,
    Coin,
    Collected,
    CollectedTx,
    Coverage,
    LedgerLeg,
    Transfer,
    movement_id_of,
    native_asset,
    record_of_movements,
)
from tracer.providers import History

Place = tuple[int, ChainId, str]
"""Where a history stands among those of a collection: holders (0) before transactions (1), by chain and name."""


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


def block_rows(histories: Mapping[Place, History]) -> tuple[Transfer, ...] | tuple[LedgerLeg, ...]:
    """Return what :func:`rows_of` gives of one block, numbered from 1: rows of other blocks change nothing in it.

    Rows that others of the block contradict are left out, as :func:`settle` does, but for what takes whole histories.

    Parameters
    ----------
    histories : mapping of Place to History
        What each history of the collection holds of that block.
    """
    if len(histories) > 1 or any(len(one.rows) > 1 for one in histories.values()):
        holders, transactions = (
            {place[1:]: histories[place] for place in sorted(histories) if place[0] == kind} for kind in (0, 1)
        )
        settle_rows(holders, transactions, both_sides=False)
        transfers, legs = rows_of([*holders.values(), *transactions.values()])
    else:
        transfers, legs = rows_of(list(histories.values()))
    return transfers or legs


def settle(histories: Histories, transactions: Histories, known: Mapping[Height, int] | None = None) -> None:
    """Take out of histories the transactions that others of the collection contradict, each as a named gap.

    What one history alone does not show, two may: on Bitcoin a coin spent with another amount than it was made with,
    twice, or before it was made; on account chains what :mod:`tracer.collect.disagreements` says. Whoever's history
    loses a transaction is read with a gap.

    Parameters
    ----------
    histories, transactions : mapping of Holder to History
        Of holders, and of transactions that were asked for by their hash.
    known : mapping of (ChainId, int) to int, optional
        Times of blocks that are known otherwise.
    """
    settle_rows(histories, transactions, known=known)
    held = (histories, transactions)
    by_chain: dict[ChainId, list[CollectedTx]] = {}
    for some in held:
        for history in some.values():
            for tx in history.transactions:
                by_chain.setdefault(tx.chain, []).append(tx)
    wrong = {(chain, tx): words for chain, txs in by_chain.items() for tx, words in contradictions(txs).items()}
    if not wrong:
        return
    for some in held:
        for (chain, subject), history in some.items():
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
                some[chain, subject] = History(history.rows, kept, (*history.coverage, *gaps))


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
    nameless: dict[Content, list[Collected]] = {}
    for history in histories:
        here: dict[Content, list[Collected]] = {}
        for row in history.rows:
            name = row.id
            if not name:
                here.setdefault(content_of(row), []).append(row)
            elif (held := by_id.setdefault(name, row)) is not row and content_of(held) != content_of(row):
                raise _contradiction(name, (held.source, row.source))
        for content, listed in here.items():
            if len(listed) > len(nameless.get(content, ())):
                nameless[content] = listed
    named = Counter(map(content_of, by_id.values())) if nameless else Counter()
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
