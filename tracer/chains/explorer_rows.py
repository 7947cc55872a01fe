"""Rows of account explorers (Etherscan, Blockscout): text and decimal digits become movements, or say what is missing.

Their rows lack the place inside a transaction: no log index, no path of a call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains.evm import ZERO_ADDRESS
from tracer.chains.evm_block import WEI_PER_GWEI, coin_of
from tracer.chains.evm_calls import keeps_destroyed
from tracer.chains.evm_fields import MOST_GAS, MOST_PRICE, address_or, hash_of
from tracer.chains.fields import HIGHEST, LATEST, MOST, FaultyReply, Field
from tracer.model import DEFAULT_CHAIN, AssetId, ChainId, Collected, facts_of

_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_HEIGHT: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
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
    unread : str
        Why the row could not be read, in words; such a row moves nothing and says where something is missing.
    nft : bool
        Whether it is of a token that has a number in place of an amount, which is not followed.
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
    unread: str = ""
    nft: bool = False

    @property
    def moves(self) -> bool:
        """Whether it shows a movement inside a transaction that is said to have happened."""
        return bool(self.amount) and not self.failed and self.action in ("txlistinternal", "tokentx")


def row_or_unread(field: Field, action: str, chain: ChainId, block: int, *, tx: str = "") -> ExplorerRow:
    """Return a row of an account's list; one that cannot be read says so, with its transaction as far as it has one.

    Parameters
    ----------
    field, action, chain, tx
        As in :func:`parse_row`.
    block : int
        Height of the row before it, taken where the row has none of its own.
    """
    try:
        return parse_row(field, action, chain, tx=tx)
    except FaultyReply as fault:
        why = f"{fault.what} {fault.why}".strip()
    known: dict[str, Any] = field.value if isinstance(field.value, dict) else {}
    height = str(known.get("blockNumber"))
    named = str(known.get("transactionHash") or known.get("hash")).lower()
    return ExplorerRow(
        action,
        int(height) if _HEIGHT.fullmatch(height) else block,
        0,
        "",
        named if _HASH.fullmatch(named) else tx,
        None,
        "",
        "",
        0,
        unread=why,
    )


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
            _number(field.get("blockNumber"), HIGHEST),
            _number(field.get("timestamp"), LATEST),
            "",
            "",
            None,
            "",
            field.get("address").address(chain),
            _number(field.get("amount"), MOST_GAS) * WEI_PER_GWEI,
            index=_number(field.get("withdrawalIndex"), HIGHEST),
        )
    made = address_or(field, "contractAddress", chain)
    called = field.maybe("callType")
    kind = "" if action != "txlistinternal" else field.get("type").text().lower()
    if called is not None and kind == "call" and called.text():
        kind = called.text().lower()
    block_hash = field.maybe("blockHash")
    index = field.maybe("transactionIndex")
    error = field.maybe("isError")
    nft = action == "tokentx" and field.maybe("value") is None and bool(field.maybe("tokenID"))
    fee = 0
    if action == "txlist":
        fee = _number(field.get("gasUsed"), MOST_GAS) * _number(field.get("gasPrice"), MOST_PRICE)
    return ExplorerRow(
        action,
        _number(field.get("blockNumber"), HIGHEST),
        _number(field.get("timeStamp"), LATEST),
        "" if block_hash is None or not block_hash.value else hash_of(block_hash),
        tx if tx and not field.maybe("transactionHash") else hash_of(_first(field, "transactionHash", "hash")),
        None if index is None or index.value == "" else _number(index, HIGHEST),
        field.get("from").address(chain),
        address_or(field, "to", chain) or ("" if action == "tokentx" else made),
        0 if nft else _number(field.get("value"), MOST),
        fee=fee,
        token=made if action == "tokentx" else "",
        failed=error is not None and error.text() == "1",
        kind=kind,
        nft=nft,
    )


def movements_of(row: ExplorerRow, *, chain: ChainId, source: str) -> list[Collected]:
    """Return what a row records as moved; the fee is exact only where the price shown is the one that was paid."""
    if row.unread or row.nft:
        return []
    coin = coin_of(chain)

    def moved(layer: str, place: tuple[int, ...] | None, kind: str, recipient: str, amount: int) -> Collected:
        """Return a movement of what the row lists."""
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
        if row.token in facts_of(chain).coin_contracts:
            return []
        kind = "mint" if row.sender == ZERO_ADDRESS else "burn" if row.recipient == ZERO_ADDRESS else "token"
        return [moved("log", None, kind, row.recipient, row.amount)]
    value = row.amount if not row.failed else 0
    if row.action == "txlist":
        fee = [moved("fee", (), "fee", "", row.fee)] if row.fee else []
        return fee + ([moved("top", (), "native", row.recipient, value)] if value else [])
    if not value or not _is_moving(row, chain):
        return []
    burnt = destroys_to_itself(row)
    if burnt and keeps_destroyed(chain, row.block, row.time) is not False:
        return []
    return [moved("call", None, "burn" if burnt else "internal", "" if burnt else row.recipient, value)]


def is_unknown_call(row: ExplorerRow, chain: ChainId = DEFAULT_CHAIN) -> bool:
    """Return whether a row of internal transactions shows value in a way that no rule is known for.

    So does a contract that destroyed itself to itself on a chain of which it is not known whether that burns its coin.
    """
    if row.action != "txlistinternal" or not row.moves:
        return False
    if destroys_to_itself(row):
        return keeps_destroyed(chain, row.block, row.time) is None
    return not _is_moving(row, chain) and row.kind not in STILL_TYPES


def destroys_to_itself(row: ExplorerRow) -> bool:
    """Return whether a row is of a contract that destroyed itself to itself."""
    return row.kind in ("selfdestruct", "suicide") and row.sender == row.recipient


def _is_moving(row: ExplorerRow, chain: ChainId) -> bool:
    # Where coin moves outside of calls, an explorer lists it as a call of an invalid kind.
    return row.kind in MOVING_TYPES or (row.kind == "invalid" and bool(facts_of(chain).beside_calls))


def _number(field: Field, limit: int) -> int:
    return field.below(field.digits(), limit)


def _first(field: Field, *names: str) -> Field:
    for name in names:
        found = field.maybe(name)
        if found is not None and found.value:
            return found
    return field.get(names[-1])
