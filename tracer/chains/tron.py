"""Tron transactions, blocks and token rows as TronGrid and full nodes print them; nothing is fetched.

Sources: TronGrid v1 and full-node replies (tronprotocol ``documentation-en``, ``gettransactioninfobyid``); the contract
types and their fields as measured on recorded replies.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from tracer.chains.fields import HIGHEST, LATEST, Field
from tracer.model import Address, AssetId, ChainId, native_asset

STAKING: Final = (
    *("FreezeBalance", "UnfreezeBalance", "VoteWitness", "DelegateResource", "UnDelegateResource"),
    *("CancelAllUnfreezeV2", "WithdrawExpireUnfreeze"),
)
"""First words of contract types that move units between the free and the staked part of one owner: no transfer.

Delegation lends what a stake gives (energy, bandwidth); the staked TRX stay the owner's.
"""
MOVING_NOTHING: Final = (
    *(
        "AccountCreate",
        "AccountUpdate",
        "AccountPermissionUpdate",
        "SetAccountId",
        "UpdateSetting",
        "UpdateEnergyLimit",
    ),
    *("ClearABI", "UpdateBrokerage", "UpdateAsset", "WitnessUpdate", "ProposalCreate", "ProposalApprove"),
    "ProposalDelete",
)
"""First words of contract types that cost their fee and move nothing (java-tron, actuators)."""

CREATION: Final = "CreateSmartContract"
_EXCHANGE: Final = "ExchangeTransactionContract"
_HEX_OF_DIGITS: Final = re.compile(r"(?:3[0-9]){7,}", re.ASCII)
"""Numbers of TRC-10 assets begin at 1,000,001; as hex of that text they have twice the digits, each pair from 30 on."""


@dataclass(frozen=True, slots=True)
class TronTransaction:
    """A signed transaction as a list or a node prints it.

    Attributes
    ----------
    txid : str
        SHA-256 of the signed bytes, which was checked.
    owner : Address
        Who signed and pays the fee.
    kind : str
        Contract type.
    succeeded : bool
        Whether anything but the fee happened.
    recipient : Address or None
        Whom the transaction itself pays; ``None`` where it pays nobody, an exchange, or the contract it creates, whose
        address stands in the execution result.
    payments : tuple of (AssetId, int)
        What it pays itself.
    known : bool
        Whether the contract type is one that is understood.
    fee : int or None
        As printed beside the transaction; ``None`` where it is not.
    time : int or None
        Time of its block, seconds UTC, where it is printed beside the transaction.
    exchange : int or None
        Number of the chain's own exchange that it trades with: what it pays goes there, and the other token comes back.
    """

    txid: str
    owner: Address
    kind: str
    succeeded: bool
    recipient: Address | None
    payments: tuple[tuple[AssetId, int], ...]
    known: bool
    fee: int | None
    time: int | None
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class TronBlock:
    """A block: its place in the chain, and the transactions in it.

    Attributes
    ----------
    number, time : int
        Height; seconds UTC.
    hash : str
        Block id; its first eight bytes are the height, which was checked.
    txids : tuple of str
        In order.
    """

    number: int
    hash: str
    time: int
    txids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trc20Row:
    """A token transfer as the account's list prints it: no block, no place, hence only a pointer.

    Attributes
    ----------
    txid : str
        The transaction.
    sender, recipient, token : Address
        Who paid whom in what.
    amount : int
        Base units.
    confirmed : bool
        Whether the list takes it as final.
    """

    txid: str
    sender: Address
    recipient: Address
    token: Address
    amount: int
    confirmed: bool


def parse_tron_transaction(row: Field, *, chain: ChainId) -> TronTransaction:
    """Return a transaction as ``/v1/accounts/…/transactions`` or ``gettransactionbyid`` prints it.

    Raises
    ------
    FaultyReply
        If the id is not the hash of the signed bytes, or a field is missing or wrong.
    """
    txid = row.get("txID").hex(32)
    signed = row.get("raw_data_hex").hex()
    if hashlib.sha256(bytes.fromhex(signed)).hexdigest() != txid:
        raise row.get("txID").fault("It is not the SHA-256 of the signed bytes.")
    contracts = list(row.get("raw_data").get("contract").items())
    if len(contracts) != 1:
        raise row.get("raw_data").fault("A transaction has one contract.")
    kind = contracts[0].get("type").text()
    value = contracts[0].get("parameter").get("value")
    results = [] if row.maybe("ret") is None else list(row.get("ret").items())
    verdict = results[0].maybe("contractRet") if results else None
    fee = results[0].maybe("fee") if results else None
    recipient, payments, known = _payments(kind, value, chain, signed)
    time = row.maybe("block_timestamp")
    return TronTransaction(
        txid=txid,
        owner=value.get("owner_address").address(chain),
        kind=kind,
        succeeded=verdict is not None and verdict.text() == "SUCCESS",
        recipient=recipient,
        payments=payments,
        known=known,
        fee=None if fee is None else fee.integer(),
        time=None if time is None else seconds_of(time),
        exchange=value.get("exchange_id").integer(least=1) if kind == _EXCHANGE else None,
    )


def parse_internal_pointer(row: Field, *, chain: ChainId) -> tuple[str, Address, Address] | None:
    """Return transaction, payer and payee of an internal payment in an account's list; ``None`` for any other row.

    The list mixes them with the transactions that were signed (horizontalsystems/tron-kit tells them apart likewise).
    """
    if row.maybe("internal_tx_id") is None:
        return None
    parties = row.get("from_address").address(chain), row.get("to_address").address(chain)
    return row.get("tx_id").hex(32), *parties


def parse_trc20_row(row: Field, *, chain: ChainId) -> Trc20Row | None:
    """Return a row of ``/v1/accounts/…/transactions/trc20``, or ``None`` for an approval, which moves nothing."""
    if row.get("type").text() != "Transfer":
        return None
    pending = row.maybe("_unconfirmed")
    return Trc20Row(
        txid=row.get("transaction_id").hex(32),
        sender=row.get("from").address(chain),
        recipient=row.get("to").address(chain),
        token=row.get("token_info").get("address").address(chain),
        amount=row.get("value").digits(),
        confirmed=pending is None or not pending.flag(),
    )


def parse_block(row: Field) -> TronBlock:
    """Return a block as ``getblockbynum`` and ``getnowblock`` print it.

    Raises
    ------
    FaultyReply
        If the block id does not begin with the height.
    """
    header = row.get("block_header").get("raw_data")
    # An empty number is zero: the first block of the chain.
    height = header.maybe("number")
    number = 0 if height is None else height.below(height.integer(), HIGHEST)
    block_id = row.get("blockID").hex(32)
    if int(block_id[:16], 16) != number:
        raise row.get("blockID").fault(f"The id of block {number} begins with its height.")
    time = 0 if header.maybe("timestamp") is None else seconds_of(header.get("timestamp"))
    listed = row.maybe("transactions")
    txids = () if listed is None else tuple(tx.get("txID").hex(32) for tx in listed.items())
    return TronBlock(number, block_id, time, txids)


def seconds_of(field: Field) -> int:
    """Return a time that is printed in milliseconds, seconds UTC."""
    return field.below(field.integer() // 1000, LATEST)


def _payments(
    kind: str, value: Field, chain: ChainId, signed: str
) -> tuple[Address | None, tuple[tuple[AssetId, int], ...], bool]:
    """Return whom the transaction pays, what, and whether its type is known."""
    trx = native_asset(chain)
    assert trx is not None, "the chain is Tron"
    if kind == "TransferContract":
        return value.get("to_address").address(chain), ((trx, value.get("amount").integer()),), True
    if kind == "TransferAssetContract":
        asset = parse_trc10(value.get("asset_name"), chain, signed)
        return value.get("to_address").address(chain), ((asset, value.get("amount").integer()),), True
    if kind in ("TriggerSmartContract", CREATION):
        paid = []
        coins = value if kind != CREATION else value.get("new_contract")
        if (call_value := coins.maybe("call_value")) is not None and call_value.integer():
            paid.append((trx, call_value.integer()))
        if (tokens := value.maybe("call_token_value")) is not None and tokens.integer():
            paid.append((AssetId(f"{chain}/trc10:{value.get('token_id').integer(least=1)}"), tokens.integer()))
        return None if kind == CREATION else value.get("contract_address").address(chain), tuple(paid), True
    if kind == _EXCHANGE:
        return None, ((parse_exchanged(value.get("token_id"), chain, signed), value.get("quant").integer()),), True
    return None, (), kind.startswith((*STAKING, *MOVING_NOTHING)) or kind == "WithdrawBalanceContract"


def parse_exchanged(name: Field, chain: ChainId, signed: str = "") -> AssetId:
    """Return an asset of the chain's own exchange: TRX is ``_`` there, any other a TRC-10 number; both also as hex."""
    trx = native_asset(chain)
    assert trx is not None, "the chain is Tron"
    text = name.text()
    if text in ("_", "5f"):
        return trx
    if not signed and _HEX_OF_DIGITS.fullmatch(text):
        return AssetId(f"{chain}/trc10:{bytes.fromhex(text).decode('ascii')}")
    return parse_trc10(name, chain, signed)


def parse_trc10(name: Field, chain: ChainId, signed: str = "") -> AssetId:
    """Return a TRC-10 asset by its number.

    Parameters
    ----------
    name : Field
        The number as text, or as hex of that text, which is what a node prints and is made of digits, too.
    chain : ChainId
        The Tron chain.
    signed : str
        Hex of the signed bytes, which hold the text and so tell the two apart; empty where only text is printed.
    """
    text = name.text()
    if signed and text.encode("ascii", "replace").hex() not in signed:
        text = bytes.fromhex(name.hex()).decode("ascii", "replace")
    if not (text.isascii() and text.isdigit()) or (signed and text.encode().hex() not in signed):
        raise name.fault("A TRC-10 asset is named by its number.")
    return AssetId(f"{chain}/trc10:{text}")
