"""Rows of account explorers (Etherscan, Blockscout): text and decimal digits become movements, or say what is missing.

Their rows lack the place inside a transaction: no log index, no path of a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.chains.evm import ZERO_ADDRESS
from tracer.chains.evm_block import WEI_PER_GWEI, coin_of
from tracer.chains.evm_fields import address_or, hash_of
from tracer.chains.fields import Field
from tracer.model import AssetId, ChainId, Collected

MOVING_TYPES: Final = ("call", "create", "create2", "selfdestruct", "suicide")
STILL_TYPES: Final = ("delegatecall", "staticcall", "callcode")
"""Types of calls that repeat a value and move none."""


@dataclass(frozen=True, slots=True)
class ExplorerRow:
    """One row of an account's list.

    Attributes
    ----------
    action : str
        ``txlist``, ``txlistinternal``, ``tokentx`` or ``txsBeaconWithdrawal``.
    block, time : int
        Height; header time.
    block_hash, tx : str
        Canonical; empty where the row does not have it.
    tx_index : int or None
        Where the row has it.
    sender, recipient : str
        Canonical; `recipient` is the contract where one was created.
    amount : int
        Base units; the value a row shows, moved or not.
    fee : int
        Wei, of ``txlist``; gas used times the price shown.
    token : str
        Contract of ``tokentx``.
    failed : bool
        Whether nothing but the fee moved.
    kind : str
        Kind of call of ``txlistinternal``, lower case.
    index : int
        Number of a withdrawal.
    """

    action: str
    block: int
    time: int
    block_hash: str
    tx: str
    tx_index: int | None
    sender: str
    recipient: str
    amount: int
    fee: int = 0
    token: str = ""
    failed: bool = False
    kind: str = ""
    index: int = 0


def parse_row(field: Field, action: str, chain: ChainId, *, tx: str = "") -> ExplorerRow:
    """Return a row of an account's list.

    Parameters
    ----------
    field : Field
        The row.
    action : str
        The list it stands in.
    chain : ChainId
        An EVM chain.
    tx : str
        Hash of its transaction, where that was asked for and rows do not repeat it.
    """
    if action == "txsBeaconWithdrawal":
        return ExplorerRow(
            action,
            field.get("blockNumber").digits(),
            field.get("timestamp").digits(),
            "",
            "",
            None,
            "",
            field.get("address").address(chain),
            field.get("amount").digits() * WEI_PER_GWEI,
            index=field.get("withdrawalIndex").digits(),
        )
    made = address_or(field, "contractAddress", chain)
    called = field.maybe("callType")
    kind = "" if action != "txlistinternal" else field.get("type").text().lower()
    if called is not None and kind == "call" and called.text():
        kind = called.text().lower()
    block_hash = field.maybe("blockHash")
    index = field.maybe("transactionIndex")
    error = field.maybe("isError")
    fee = field.get("gasUsed").digits() * field.get("gasPrice").digits() if action == "txlist" else 0
    return ExplorerRow(
        action,
        field.get("blockNumber").digits(),
        field.get("timeStamp").digits(),
        "" if block_hash is None or not block_hash.value else hash_of(block_hash),
        tx if tx and not field.maybe("transactionHash") else hash_of(_first(field, "transactionHash", "hash")),
        None if index is None or index.value == "" else index.digits(),
        field.get("from").address(chain),
        address_or(field, "to", chain) or ("" if action == "tokentx" else made),
        field.get("value").digits(),
        fee=fee,
        token=made if action == "tokentx" else "",
        failed=error is not None and error.text() == "1",
        kind=kind,
    )


def movements_of(row: ExplorerRow, *, chain: ChainId, source: str) -> list[Collected]:
    """Return what a row records as moved; the fee is exact only where the price shown is the one that was paid."""
    coin = coin_of(chain)

    def moved(layer: str, place: tuple[int, ...] | None, kind: str, recipient: str, amount: int) -> Collected:
        asset = AssetId(f"{chain}/erc20:{row.token}") if row.token else coin
        return Collected(
            chain,
            row.block,
            row.block_hash,
            row.time,
            row.tx,
            row.tx_index,
            layer,
            place,
            kind,
            row.sender,
            recipient,
            asset,
            amount,
            source,
        )

    if row.action == "txsBeaconWithdrawal":
        return [moved("block", (row.index,), "mint", row.recipient, row.amount)] if row.amount else []
    if row.action == "tokentx":
        kind = "mint" if row.sender == ZERO_ADDRESS else "burn" if row.recipient == ZERO_ADDRESS else "token"
        return [moved("log", None, kind, row.recipient, row.amount)]
    value = row.amount if not row.failed else 0
    if row.action == "txlist":
        fee = [moved("fee", (), "fee", "", row.fee)] if row.fee else []
        return fee + ([moved("top", (), "native", row.recipient, value)] if value else [])
    if not value or row.kind not in MOVING_TYPES:
        return []
    burnt = row.kind in ("selfdestruct", "suicide") and row.sender == row.recipient
    return [moved("call", None, "burn" if burnt else "internal", "" if burnt else row.recipient, value)]


def is_unknown_call(row: ExplorerRow) -> bool:
    """Return whether a row of internal transactions shows value in a way that no rule is known for."""
    known = row.kind in MOVING_TYPES or row.kind in STILL_TYPES
    return row.action == "txlistinternal" and not known and row.amount > 0 and not row.failed


def _first(field: Field, *names: str) -> Field:
    for name in names:
        found = field.maybe(name)
        if found is not None and found.value:
            return found
    return field.get(names[-1])
