"""Blocks, transactions and receipts of EVM chains: fees, values and withdrawals, as a node gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains.evm_fields import (
    MOST_GAS,
    MOST_PRICE,
    address_or,
    hash_of,
    height_of,
    quantity,
    quantity_below,
    quantity_or,
    time_of,
)
from tracer.chains.fields import HIGHEST, Field
from tracer.errors import InputError
from tracer.model import AssetId, ChainId, Collected, facts_of, native_asset

WEI_PER_GWEI: Final = 10**9
"""Withdrawals are written in Gwei (EIP-4895)."""


DEPOSIT_PLACE: Final = (0,)
"""Place, in the layer of the fee, of what a deposit brings: before the value that it may pay for."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a block pays to an address without a transaction.

    Attributes
    ----------
    index : int
        Number of the withdrawal on its chain.
    recipient : str
        Canonical address.
    amount : int
        Wei.
    """

    index: int
    recipient: str
    amount: int


@dataclass(frozen=True, slots=True)
class Header:
    """What of a block's header is used.

    Attributes
    ----------
    number, time : int
        Height; seconds UTC.
    hash : str
        Canonical.
    cancun : bool
        Whether the rules of the Cancun fork hold (EIP-6780): a contract that destroys itself to itself burns nothing
        unless it was made in the same transaction.
    transactions : tuple of str
        Hashes in order, whether the block lists hashes or whole transactions.
    withdrawals : tuple of Withdrawal
        In listed order.
    """

    number: int
    hash: str
    time: int
    cancun: bool
    transactions: tuple[str, ...]
    withdrawals: tuple[Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class EvmTransaction:
    """One transaction in a block.

    Attributes
    ----------
    hash, block_hash : str
        Canonical.
    block, index : int
        Height; index in the block.
    sender, recipient : str
        Canonical; `recipient` is empty where a contract is created.
    value : int
        Wei.
    gas_price : int or None
        Wei a unit, for chains whose receipts do not give what was paid.
    type : int
        Of the transaction (EIP-2718), 0 where it is not said.
    minted : int or None
        Wei that a deposit from another chain brings to its sender before anything else; 0 for any other transaction;
        ``None`` where a deposit does not say.
    free : bool
        Whether it is one of the chain's own, which pay no fee.
    input : str or None
        What it calls with: hexadecimal in lower case with ``0x``; ``None`` where the source does not say.
    """

    hash: str
    block: int
    block_hash: str
    index: int
    sender: str
    recipient: str
    value: int
    gas_price: int | None
    type: int = 0
    minted: int | None = 0
    free: bool = False
    input: str | None = None


@dataclass(frozen=True, slots=True)
class OperatorFee:
    """What the operator of a layer-2 chain charges beside gas.

    Attributes
    ----------
    scalar, constant : int
        As the receipt gives them.
    hundredfold_from : int or None
        Seconds UTC from which the scalar counts a hundred for each unit of gas, not a millionth.
    """

    scalar: int
    constant: int
    hundredfold_from: int | None = None

    def of(self, gas_used: int, time: int) -> int:
        """Return the fee for an amount of gas at a time, wei."""
        if self.hundredfold_from is not None and time >= self.hundredfold_from:
            return gas_used * self.scalar * 100 + self.constant
        return gas_used * self.scalar // 10**6 + self.constant


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction.

    Attributes
    ----------
    hash, block_hash : str
        Of transaction and block.
    block, index : int
        Height; index in the block.
    sender, created : str
        Who paid the fee; the contract created, empty where none.
    failed : bool or None
        ``None`` before the Byzantium fork, whose receipts do not say.
    gas_used : int
        Units of gas.
    gas_price : int or None
        Wei a unit that was paid, where the receipt says.
    extra_fee : int
        Wei: blob gas (EIP-4844), or what a layer-2 chain charges for layer 1.
    logs : tuple of mapping
        As the node gives them.
    operator : OperatorFee or None
        What an operator charges beside, where the chain has one.
    """

    hash: str
    block: int
    block_hash: str
    index: int
    sender: str
    created: str
    failed: bool | None
    gas_used: int
    gas_price: int | None
    extra_fee: int
    logs: tuple[Mapping[str, Any], ...]
    operator: OperatorFee | None = None


def parse_header(field: Field, chain: ChainId) -> Header:
    """Return the header in a reply to ``eth_getBlockByNumber`` or ``eth_getBlockByHash``."""
    withdrawals = field.maybe("withdrawals")
    listed = field.maybe("transactions")
    return Header(
        height_of(field.get("number")),
        hash_of(field.get("hash")),
        time_of(field.get("timestamp")),
        field.maybe("parentBeaconBlockRoot") is not None or field.maybe("excessBlobGas") is not None,
        tuple(
            hash_of(one if isinstance(one.value, str) else one.get("hash"))
            for one in (listed.items() if listed else ())
        ),
        tuple(
            Withdrawal(
                quantity_below(one.get("index"), HIGHEST),
                one.get("address").address(chain),
                quantity_below(one.get("amount"), MOST_GAS) * WEI_PER_GWEI,
            )
            for one in (withdrawals.items() if withdrawals else ())
        ),
    )


def parse_transaction(field: Field, chain: ChainId) -> EvmTransaction:
    """Return the transaction in a reply, which must be in a block."""
    kind, said = quantity_or(field, "type"), field.maybe("input")
    return EvmTransaction(
        hash_of(field.get("hash")),
        height_of(field.get("blockNumber")),
        hash_of(field.get("blockHash")),
        quantity_below(field.get("transactionIndex"), HIGHEST),
        field.get("from").address(chain),
        address_or(field, "to", chain),
        quantity(field.get("value")),
        None if field.maybe("gasPrice") is None else quantity_below(field.get("gasPrice"), MOST_PRICE),
        kind,
        _minted(field, kind, chain),
        kind in facts_of(chain).free_types,
        None if said is None else "0x" + said.hex(),
    )


def _minted(field: Field, kind: int, chain: ChainId) -> int | None:
    """Return what a deposit brings: its ``mint`` on the OP stack, its value on Arbitrum."""
    facts = facts_of(chain)
    if kind not in facts.deposit_types:
        return 0
    if facts.deposits_are_values:
        return quantity(field.get("value"))
    if field.maybe("mint") is not None:
        return quantity(field.get("mint"))
    # A node that knows deposits names their origin and writes no mint where there is none; one that does not, neither.
    return 0 if field.maybe("sourceHash") is not None or not quantity(field.get("value")) else None


def parse_receipt(field: Field, chain: ChainId) -> Receipt:
    """Return the receipt in a reply."""
    status, price, facts = field.maybe("status"), field.maybe("effectiveGasPrice"), facts_of(chain)
    extra = quantity_or(field, "l1Fee", limit=MOST_GAS * MOST_PRICE)
    if facts.blob_fee or not facts.known:  # elsewhere the field counts something else
        blobs = quantity_or(field, "blobGasUsed", limit=MOST_GAS)
        extra += blobs * quantity_or(field, "blobGasPrice", limit=MOST_PRICE)
    operator = OperatorFee(
        quantity_or(field, "operatorFeeScalar", limit=MOST_GAS),
        quantity_or(field, "operatorFeeConstant", limit=MOST_GAS),
        facts.operator_fee_hundredfold_from,
    )
    tx, block_hash = hash_of(field.get("transactionHash")), hash_of(field.get("blockHash"))
    logs = tuple(_own_log(log, tx, block_hash) for log in field.get("logs").items())
    places = [str(log.get("logIndex")).lower() for log in logs if log.get("logIndex") is not None]
    if len(set(places)) != len(places):
        raise field.get("logs").fault("Two logs have one place in the block.")
    return Receipt(
        tx,
        height_of(field.get("blockNumber")),
        block_hash,
        quantity_below(field.get("transactionIndex"), HIGHEST),
        field.get("from").address(chain),
        address_or(field, "contractAddress", chain),
        None if status is None else quantity(status) == 0,
        quantity_below(field.get("gasUsed"), MOST_GAS),
        None if price is None else quantity_below(price, MOST_PRICE),
        extra,
        logs,
        operator if facts.operator_fee else None,
    )


def _own_log(log: Field, tx: str, block_hash: str) -> dict[str, Any]:
    """Return a log of a receipt as it is; one that says that it is of elsewhere, or was taken back, is a fault."""
    if not isinstance(log.value, dict):
        raise log.fault("A log was expected.")
    for name, own in (("transactionHash", tx), ("blockHash", block_hash)):
        said = log.maybe(name)
        if said is not None and hash_of(said) != own:
            raise said.fault("It is not that of the receipt.")
    if log.value.get("removed") is True:
        raise log.fault("It was taken back (removed): its block is of the chain no more.")
    return log.value


def coin_of(chain: ChainId) -> AssetId:
    """Return the native asset of a chain.

    Raises
    ------
    InputError
        If the chain's coin is not known.
    """
    coin = native_asset(chain)
    if coin is None:
        raise InputError(
            f"The coin of {chain} is not known.",
            why="Its type is not in the table of chains, so its amounts would have no asset.",
            next_step="Give the history of this chain as a table of transfers.",
        )
    return coin


def fee_of(transaction: EvmTransaction, receipt: Receipt, time: int = 0) -> int:
    """Return what a transaction cost its sender, wei: exact where the receipt says what was paid for gas.

    Parameters
    ----------
    transaction, receipt : EvmTransaction, Receipt
        Of one transaction.
    time : int
        Of its block, seconds UTC: an operator's fee counts differently from a fork on.
    """
    if transaction.free:
        return 0
    price = receipt.gas_price if receipt.gas_price is not None else transaction.gas_price
    operator = 0 if receipt.operator is None else receipt.operator.of(receipt.gas_used, time)
    return receipt.gas_used * (price or 0) + receipt.extra_fee + operator


def value_rows(
    transaction: EvmTransaction, receipt: Receipt, *, failed: bool, chain: ChainId, time: int, source: str
) -> list[Collected]:
    """Return fee, deposit and value of a transaction, as far as they moved.

    A failed one only paid its fee; what a deposit brings stays all the same.
    """
    coin, rows = coin_of(chain), []

    def row(
        layer: str, kind: str, recipient: str, amount: int, place: tuple[int, ...] = (), payer: str = ""
    ) -> Collected:
        """Return a movement of the coin out of the transaction's own value."""
        return Collected(
            chain,
            transaction.block,
            transaction.block_hash,
            time,
            transaction.hash,
            transaction.index,
            layer,
            place,
            kind,
            payer,
            recipient,
            coin,
            amount,
            source,
        )

    payer = transaction.sender
    fee = fee_of(transaction, receipt, time)
    if fee:
        rows.append(row("fee", "fee", "", fee, payer=payer))
    if transaction.minted:
        rows.append(row("fee", "mint", payer, transaction.minted, DEPOSIT_PLACE))
    if transaction.value and not failed:
        payee = transaction.recipient or receipt.created
        rows.append(row("top", "native", payee, transaction.value, payer=payer))
    return rows


def withdrawal_rows(header: Header, *, chain: ChainId, source: str) -> list[Collected]:
    """Return what a block pays without a transaction: each withdrawal is new money on this chain.

    Where a chain's withdrawals credit a contract in a token of its own (Gnosis), they move no coin, and none is booked.
    """
    if not facts_of(chain).withdrawals_pay_coin:
        return []
    coin = coin_of(chain)
    return [
        Collected(
            chain,
            header.number,
            header.hash,
            header.time,
            "",
            None,
            "block",
            (one.index,),
            "mint",
            "",
            one.recipient,
            coin,
            one.amount,
            source,
        )
        for one in header.withdrawals
        if one.amount
    ]
