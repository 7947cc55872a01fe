"""What a Bitcoin transaction means: inputs and outputs as legs of one event, and what its memo says of a bridge.

A transaction is one event: what its inputs hold becomes its outputs and the fee. THORChain and Maya carry their memo
in an output that cannot be spent. A memo that asks for a swap pays the first output that is no change; nothing in the
transaction proves that this is a vault, so that the leg is inferred until the network's answer names it. A memo that
answers names the hash of what it answers, and pays the outputs that are no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tracer.chains import CHAINS_BY_CODE
from tracer.decoders.contract import Action
from tracer.decoders.recipients import recipient_on
from tracer.decoders.thorchain.memo import Memo, chain_code, read_memo, text_of_script
from tracer.model import Coin, CollectedTx, native_asset

UNPROVEN: Final = "That the payee is a vault is not in the transaction; the network's answer would prove it."
_PROTOCOL: Final = "thorchain"


def legs_of_outputs(tx: CollectedTx, scripts: Sequence[str]) -> tuple[Action, ...]:
    """Return the legs of a Bitcoin transaction: what each input gives, each output gets, the fee, and both bridge ends.

    Parameters
    ----------
    tx : CollectedTx
        The transaction.
    scripts : sequence of str
        The scripts of its outputs, hexadecimal, in order.
    """
    asset = native_asset(tx.chain)
    assert asset is not None, "every Bitcoin chain we read has a coin"

    def leg(action: str, holder: str, amount: int, protocol: str = "ledger") -> Action:
        return Action(
            protocol=protocol,
            action=action,
            holder=holder,
            counterparty="",
            asset=asset,
            amount=amount,
            event=tx.tx,
        )

    memo = next((said for script in scripts if (said := read_memo(text_of_script(script))) is not None), None)
    payers = {coin.address for coin in tx.inputs}
    paid = [place for place, coin in enumerate(tx.outputs) if coin.amount and coin.address not in payers]
    crossing = paid[:1] if memo is not None and memo.action == "swap" else []
    left = sum(tx.outputs[place].amount for place in crossing)
    legs = []
    for coin in tx.inputs:
        over = min(coin.amount, left)
        left -= over
        if over and memo is not None:
            legs.append(_leaving(leg("bridge_out", _holder(coin), -over, _PROTOCOL), memo, tx))
        if coin.amount > over:
            legs.append(leg("transfer", _holder(coin), over - coin.amount))
    for place, coin in enumerate(tx.outputs):
        if not coin.amount:
            continue
        if memo is not None and memo.action != "swap" and place in paid:
            arrived = leg("bridge_in", _holder(coin), coin.amount, _PROTOCOL)
            home = str(tx.chain) if memo.action == "refund" else ""
            legs.append(replace(arrived, key=memo.inbound, src_chain=home))
        else:
            legs.append(leg("transfer" if tx.inputs else "mint", _holder(coin), coin.amount))
    if tx.inputs and tx.fee:
        legs.append(leg("fee", "", tx.fee))
    return tuple(legs)


def _holder(coin: Coin) -> str:
    return coin.address or coin.outpoint


def _leaving(leg: Action, memo: Memo, tx: CollectedTx) -> Action:
    code = chain_code(memo.asset)
    chain = str(CHAINS_BY_CODE.get(code, f"thorchain:{code}" if code else ""))
    return replace(
        leg,
        key=tx.tx.upper(),
        dest_chain=chain,
        dest_recipient=recipient_on(chain, memo.destination),
        dest_asset=memo.asset,
        dest_amount=memo.limit or None,
        grade="inferred",
        reason=UNPROVEN,
    )
