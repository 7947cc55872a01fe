"""THORChain: a payment into a vault with a memo, which the network answers with a payment on another chain.

On EVM chains the payment goes through a router that writes vault, asset, amount and memo, or straight to a vault with
the memo as the text of the call. It is known by its own hash, in upper case without ``0x``; what the network pays
answers `OUT:` or `REFUND:` with that hash. A refund looks like a swap that came back: it is the same asset, on the
chain it came from. One inbound may have several outbounds, for an affiliate or a part that is refunded. Moves between
vaults are no legs. The router of Maya writes the same events and is told by its address alone.

Memos: :mod:`tracer.decoders.thorchain.memo`. Events: thorchain/thornode, chain/ethereum/contracts, as
code-423n4/2024-06-thorchain has them; addresses in constants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import CHAINS_BY_CODE, EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, asset_named, coin_named, comes_in, goes_out, leg_of
from tracer.decoders.contract import Action, Interests, Need
from tracer.decoders.recipients import recipient_on
from tracer.decoders.thorchain.constants import CONTRACTS
from tracer.decoders.thorchain.memo import chain_code, read_memo
from tracer.model import TxRecord, native_asset

DEPOSITED: Final = EventAbi("Deposit(address indexed to, address indexed asset, uint256 amount, string memo)")
PAID: Final = EventAbi(
    "TransferOut(address indexed vault, address indexed to, address asset, uint256 amount, string memo)"
)
PAID_ON: Final = EventAbi(
    "TransferOutAndCall(address indexed vault, address target, uint256 amount, address finalAsset, address to, "
    "uint256 amountOutMin, string memo)"
)
_STARTS: Final = frozenset(text for one in ("=:", "=<:", "s:", "swap:") for text in (one, one.upper(), one.title()))


def _name(tx: str) -> str:
    return tx.removeprefix("0x").upper()


def _destination(leg: Action, memo: str) -> Action | None:
    """Return a leg with what its memo asks for; ``None`` where the memo asks for no swap."""
    said = read_memo(memo)
    if said is None or said.action != "swap":
        return None
    code = chain_code(said.asset)
    chain = CHAINS_BY_CODE.get(code, f"thorchain:{code}" if code else "")
    return replace(
        leg,
        dest_chain=str(chain),
        dest_recipient=recipient_on(str(chain), said.destination),
        dest_asset=said.asset,
        dest_amount=said.limit or None,
        grade="recorded",
    )


def _deposited(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=seen.asset("asset"),
        amount=-seen.number("amount"),
        key=_name(seen.record.tx),
    )
    # Liquidity, loans and bonds go into the bridge too: without a swap's memo nothing says where it comes out.
    yield goes_out(seen, _destination(leg, seen.text("memo")) or leg, into=(seen.text("to"), seen.log.address))


def _paid(seen: Seen) -> Iterable[Action]:
    said = read_memo(seen.text("memo"))
    if said is None or said.action == "swap":
        return
    asset = seen.asset("asset") if "asset" in seen.said else coin_named(seen.chain)
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("to") if "asset" in seen.said else seen.text("target"),
        asset=asset,
        amount=seen.number("amount"),
        key=said.inbound,
        src_chain=seen.chain if said.action == "refund" else "",
    )
    yield comes_in(seen, leg)


class _Thorchain(ByLogs):
    """What routers write, and plain payments whose text is a memo."""

    def interests(self) -> Interests:
        return replace(super().interests(), memos=_STARTS)

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        said = super().decode(record) if record.logs is not None else ()
        if said or not record.memo or not record.value or native_asset(record.chain) is None:
            return said
        leg = Action(
            protocol=self.name,
            action="bridge_out",
            holder=record.sender,
            counterparty=record.recipient,
            asset=asset_named(record.chain, "0x" + 40 * "0"),
            amount=-record.value,
            key=_name(record.tx),
        )
        paid = _destination(leg, record.memo)
        index = next((i for i, row in enumerate(record.movements) if row.layer == "top"), None)
        if paid is None or index is None:
            return ()
        # Who is paid is not proven to be a vault by the payment: only the network's answer proves it.
        reason = "That the payee is a vault is not in the transaction; the network's answer would prove it."
        return (replace(paid, moves=(index,), grade="inferred", reason=reason),)


THORCHAIN_ROUTER: Final = _Thorchain(
    "thorchain", CONTRACTS, (Reading(DEPOSITED, _deposited), Reading(PAID, _paid), Reading(PAID_ON, _paid))
)
