"""Bitcoin transactions as explorers print them become inputs and outputs in satoshis; nothing is fetched.

Sources: Blockstream/esplora ``API.md``; Blockbook ``docs/api.md`` (empty fields, zero among them, are omitted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains.fields import HIGHEST, LATEST, Field
from tracer.errors import AddressError
from tracer.model import ChainId, Coin, CollectedTx, parse_address

MOST: Final = 21_000_000 * 10**8
"""No amount of satoshis can be larger."""

_OUTPOINT: Final = re.compile(r"([0-9a-f]{64}):(0|[1-9][0-9]{0,9})", re.ASCII)


def parse_esplora_tx(tx: Field, *, chain: ChainId, source: str) -> CollectedTx | None:
    """Return a transaction as Esplora gives it, or ``None`` while no block holds it.

    Parameters
    ----------
    tx : Field
        A transaction with prevouts and status.
    chain : ChainId
        The Bitcoin chain it comes from.
    source : str
        Name of the source.

    Raises
    ------
    FaultyReply
        If a field is missing or wrong, or the fee is not what the inputs hold beyond the outputs.
    """
    status = tx.get("status")
    if not status.get("confirmed").flag():
        return None
    txid = tx.get("txid").hex(32)
    listed = list(tx.get("vin").items())
    is_coinbase = any((flag := vin.maybe("is_coinbase")) is not None and flag.flag() for vin in listed)
    inputs = () if is_coinbase else tuple(_esplora_input(vin, chain) for vin in listed)
    outputs = tuple(_esplora_coin(out, f"{txid}:{n}", chain) for n, out in enumerate(tx.get("vout").items()))
    _check_fee(tx.get("fee"), inputs, outputs)
    return CollectedTx(
        chain=chain,
        block=parse_height(status.get("block_height")),
        block_hash=status.get("block_hash").hex(32),
        time=time_of(status.get("block_time")),
        tx=txid,
        tx_index=None,
        inputs=inputs,
        outputs=outputs,
        source=source,
    )


def parse_blockbook_tx(tx: Field, *, chain: ChainId, source: str) -> CollectedTx | None:
    """Return a transaction as Blockbook gives it, or ``None`` while no block holds it.

    Parameters
    ----------
    tx, chain, source
        As in :func:`parse_esplora_tx`.

    Raises
    ------
    FaultyReply
        If a field is missing or wrong, the outputs are not numbered in order, or the fee does not fit.

    Notes
    -----
    A transaction is in a block where ``blockHeight`` is above zero; a pending one may still name a block hash.
    """
    height = tx.maybe("blockHeight")
    if height is None or height.integer(least=-1) <= 0:
        return None
    txid = tx.get("txid").hex(32)
    listed = list(tx.get("vin").items())
    is_coinbase = any(vin.maybe("txid") is None for vin in listed)
    inputs = () if is_coinbase else tuple(_blockbook_input(vin, chain) for vin in listed)
    outputs = []
    for number, out in enumerate(tx.get("vout").items()):
        n = out.maybe("n")
        if (0 if n is None else n.integer()) != number:
            raise out.fault("Outputs are numbered from 0 on, without a gap.")
        outputs.append(_blockbook_coin(out, f"{txid}:{number}", chain))
    fees = tx.maybe("fees")
    _check_fee(Field(0 if fees is None else fees.digits(), f"{tx.path}.fees"), inputs, tuple(outputs))
    return CollectedTx(
        chain=chain,
        block=parse_height(height),
        block_hash=tx.get("blockHash").hex(32),
        time=time_of(tx.get("blockTime")),
        tx=txid,
        tx_index=None,
        inputs=inputs,
        outputs=tuple(outputs),
        source=source,
    )


def parse_merkle_position(proof: Field, *, block: int) -> int:
    """Return the index of a transaction in its block, from Esplora's inclusion proof.

    Raises
    ------
    FaultyReply
        If the proof is for another block.
    """
    if proof.get("block_height").integer() != block:
        raise proof.get("block_height").fault(f"The transaction was said to be in block {block}.")
    return proof.get("pos").integer()


def placed(tx: CollectedTx, index: int) -> CollectedTx:
    """Return a transaction with its index in the block."""
    return replace(tx, tx_index=index)


def sums_of(transactions: Iterable[CollectedTx], address: str) -> tuple[int, int]:
    """Return what an address received and what it paid over some transactions, satoshis, change counted in both."""
    received = paid = 0
    for tx in transactions:
        received += sum(coin.amount for coin in tx.outputs if coin.address == address)
        paid += sum(coin.amount for coin in tx.inputs if coin.address == address)
    return received, paid


def split_outpoint(holder: str) -> tuple[str, int] | None:
    """Return the transaction and number of an outpoint, or ``None`` where the text is none.

    Examples
    --------
    >>> split_outpoint("ab" * 32 + ":1") == ("ab" * 32, 1)
    True
    >>> split_outpoint("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") is None
    True
    """
    found = _OUTPOINT.fullmatch(holder)
    return (found[1], int(found[2])) if found else None


def _check_fee(fee: Field, inputs: tuple[Coin, ...], outputs: tuple[Coin, ...]) -> None:
    """Refuse a transaction that does not balance; a coinbase makes what it pays."""
    spare = sum(coin.amount for coin in inputs) - sum(coin.amount for coin in outputs) if inputs else 0
    if fee.integer() != spare:
        raise fee.fault(f"The inputs hold {spare} satoshis more than the outputs.")


def parse_height(field: Field) -> int:
    """Return the height of a block."""
    return field.below(field.integer(), HIGHEST)


def time_of(field: Field) -> int:
    """Return the time of a block, seconds UTC."""
    return field.below(field.integer(), LATEST)


def _satoshis(field: Field, amount: int) -> int:
    if amount > MOST:
        raise field.fault("There are not so many satoshis.")
    return amount


def _known(text: str, chain: ChainId) -> str:
    """Return an address in canonical form, or nothing: a script the codec does not know is held by its outpoint."""
    try:
        return parse_address(chain, text)
    except AddressError:
        return ""


def _esplora_input(vin: Field, chain: ChainId) -> Coin:
    return _esplora_coin(vin.get("prevout"), f"{vin.get('txid').hex(32)}:{vin.get('vout').integer()}", chain)


def _esplora_coin(out: Field, outpoint: str, chain: ChainId) -> Coin:
    address = out.maybe("scriptpubkey_address")
    value = out.get("value")
    return Coin(outpoint, "" if address is None else _known(address.text(), chain), _satoshis(value, value.integer()))


def _blockbook_input(vin: Field, chain: ChainId) -> Coin:
    vout = vin.maybe("vout")
    return _blockbook_coin(vin, f"{vin.get('txid').hex(32)}:{0 if vout is None else vout.integer()}", chain)


def _blockbook_coin(out: Field, outpoint: str, chain: ChainId) -> Coin:
    """Return a coin; bare multisig lists several addresses, an OP_RETURN a text: neither has one holder."""
    listed = out.maybe("addresses")
    addresses = [] if listed is None else [entry.text() for entry in listed.items()]
    flag = out.maybe("isAddress")
    is_address = flag is None or flag.flag()
    value = out.maybe("value")
    amount = 0 if value is None else _satoshis(value, value.digits())
    return Coin(outpoint, _known(addresses[0], chain) if len(addresses) == 1 and is_address else "", amount)
