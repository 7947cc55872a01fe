"""Blocks, transactions and receipts of EVM chains: fees, values and withdrawals, as a node gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains.evm_fields import address_or, hash_of, quantity, quantity_or
from tracer.chains.fields import Field
from tracer.errors import InputError
from tracer.model import AssetId, ChainId, Collected, native_asset

WEI_PER_GWEI: Final = 10**9
"""Withdrawals are written in Gwei (EIP-4895)."""


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
    """

    hash: str
    block: int
    block_hash: str
    index: int
    sender: str
    recipient: str
    value: int
    gas_price: int | None


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
        Wei: blob gas (EIP-4844), and what a layer-2 chain charges for layer 1.
    logs : tuple of mapping
        As the node gives them.
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


def parse_header(field: Field, chain: ChainId) -> Header:
    """Return the header in a reply to ``eth_getBlockByNumber`` or ``eth_getBlockByHash``."""
    withdrawals = field.maybe("withdrawals")
    listed = field.maybe("transactions")
    return Header(
        quantity(field.get("number")),
        hash_of(field.get("hash")),
        quantity(field.get("timestamp")),
        field.maybe("parentBeaconBlockRoot") is not None or field.maybe("excessBlobGas") is not None,
        tuple(
            hash_of(one if isinstance(one.value, str) else one.get("hash"))
            for one in (listed.items() if listed else ())
        ),
        tuple(
            Withdrawal(
                quantity(one.get("index")),
                one.get("address").address(chain),
                quantity(one.get("amount")) * WEI_PER_GWEI,
            )
            for one in (withdrawals.items() if withdrawals else ())
        ),
    )


def parse_transaction(field: Field, chain: ChainId) -> EvmTransaction:
    """Return the transaction in a reply, which must be in a block."""
    return EvmTransaction(
        hash_of(field.get("hash")),
        quantity(field.get("blockNumber")),
        hash_of(field.get("blockHash")),
        quantity(field.get("transactionIndex")),
        field.get("from").address(chain),
        address_or(field, "to", chain),
        quantity(field.get("value")),
        None if field.maybe("gasPrice") is None else quantity(field.get("gasPrice")),
    )


def parse_receipt(field: Field, chain: ChainId) -> Receipt:
    """Return the receipt in a reply."""
    status, price = field.maybe("status"), field.maybe("effectiveGasPrice")
    blob_fee = quantity_or(field, "blobGasUsed") * quantity_or(field, "blobGasPrice")
    logs = []
    for log in field.get("logs").items():
        if not isinstance(log.value, dict):
            raise log.fault("A log was expected.")
        logs.append(log.value)
    return Receipt(
        hash_of(field.get("transactionHash")),
        quantity(field.get("blockNumber")),
        hash_of(field.get("blockHash")),
        quantity(field.get("transactionIndex")),
        field.get("from").address(chain),
        address_or(field, "contractAddress", chain),
        None if status is None else quantity(status) == 0,
        quantity(field.get("gasUsed")),
        None if price is None else quantity(price),
        blob_fee + quantity_or(field, "l1Fee"),
        tuple(logs),
    )


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


def fee_of(transaction: EvmTransaction, receipt: Receipt) -> int:
    """Return what a transaction cost its sender, wei: exact where the receipt says what was paid for gas."""
    price = receipt.gas_price if receipt.gas_price is not None else transaction.gas_price
    return receipt.gas_used * (price or 0) + receipt.extra_fee


def value_rows(
    transaction: EvmTransaction, receipt: Receipt, *, failed: bool, chain: ChainId, time: int, source: str
) -> list[Collected]:
    """Return the fee and the value of a transaction, as far as they moved; a failed one only paid its fee."""
    coin, rows = coin_of(chain), []

    def row(layer: str, kind: str, recipient: str, amount: int) -> Collected:
        return Collected(
            chain,
            transaction.block,
            transaction.block_hash,
            time,
            transaction.hash,
            transaction.index,
            layer,
            (),
            kind,
            transaction.sender,
            recipient,
            coin,
            amount,
            source,
        )

    fee = fee_of(transaction, receipt)
    if fee:
        rows.append(row("fee", "fee", "", fee))
    if transaction.value and not failed:
        rows.append(row("top", "native", transaction.recipient or receipt.created, transaction.value))
    return rows


def withdrawal_rows(header: Header, *, chain: ChainId, source: str) -> list[Collected]:
    """Return what a block pays without a transaction: each withdrawal is new money on this chain."""
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
