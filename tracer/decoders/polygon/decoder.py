"""The bridges of Polygon: the PoS bridge with its predicates, and Plasma, which came before it.

Into Polygon by PoS: what a predicate locks goes with a state whose number (`StateSynced.id`) the other chain writes
when it takes it over (`StateCommitted.stateId`), in a transaction of the system that mints. Out of Polygon: a burn of
the child token, which writes nothing but its transfer; the exit on Ethereum carries the burn inside its proof and
names no hash of it, so that neither has a key. That a token burnt by its own `withdraw` is a child token of the
bridge is not in the receipt: such a leg is inferred. Plasma: the number of the deposit block, or of the exit.

Events: maticnetwork/pos-portal, contracts/root/TokenPredicates; maticnetwork/contracts, contracts/root and
contracts/child; rows of AndreAugusto11/XChainDataGen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import ZERO_ADDRESS, EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, comes_in, goes_out, leg_of, log_beside, moved
from tracer.decoders.contract import Action, Interests, Need
from tracer.decoders.polygon.constants import CONTRACTS
from tracer.model import AssetId, ChainId, TxRecord, keccak256

POLYGON_CHAIN: Final = ChainId("eip155:137")
ETHEREUM: Final = ChainId("eip155:1")
STATE_SYNCED: Final = EventAbi("StateSynced(uint256 indexed id, address indexed contractAddress, bytes data)")
STATE_COMMITTED: Final = EventAbi("StateCommitted(uint256 indexed stateId, bool success)")
LOCKED_COIN: Final = EventAbi("LockedEther(address indexed depositor, address indexed depositReceiver, uint256 amount)")
LOCKED: Final = EventAbi(
    "LockedERC20(address indexed depositor, address indexed depositReceiver, address indexed rootToken, uint256 amount)"
)
EXITED: Final = EventAbi("ExitedERC20(address indexed exitor, address indexed rootToken, uint256 amount)")
EXITED_COIN: Final = EventAbi("ExitedEther(address indexed exitor, uint256 amount)")
PLASMA_IN: Final = EventAbi(
    "NewDepositBlock(address indexed owner, address indexed token, uint256 amountOrNFTId, uint256 depositBlockId)"
)
PLASMA_OUT: Final = EventAbi(
    "Withdraw(uint256 indexed exitId, address indexed user, address indexed token, uint256 amount)"
)
WITHDRAW: Final = "0x" + keccak256(b"withdraw(uint256)").hex()[:8]


def _state(seen: Seen) -> str:
    said = log_beside(seen, STATE_SYNCED, CONTRACTS, ("sender",))
    return "" if said is None else str(said["id"])


def _locked(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("depositor"),
        asset=seen.asset("rootToken") if "rootToken" in seen.said else coin_named(seen.chain),
        amount=-seen.number("amount"),
        key=_state(seen),
        dest_chain=POLYGON_CHAIN,
        dest_recipient=seen.text("depositReceiver"),
    )
    yield goes_out(seen, leg)


def _exited(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("exitor"),
        asset=seen.asset("rootToken") if "rootToken" in seen.said else coin_named(seen.chain),
        amount=seen.number("amount"),
        src_chain=POLYGON_CHAIN,
    )
    yield comes_in(seen, leg)


def _plasma_asset(seen: Seen, amount: int, *, out: bool) -> AssetId:
    """Return what moved: the bridge names the old token of the network where the new one is paid."""
    user = seen.text("owner" if out else "user")
    index = moved(seen.record, amount, payer=(user,)) if out else moved(seen.record, amount, payee=(user,))
    return seen.asset("token") if index is None else seen.record.movements[index].asset


def _plasma_in(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("owner"),
        asset=_plasma_asset(seen, seen.number("amountOrNFTId"), out=True),
        amount=-seen.number("amountOrNFTId"),
        key=f"plasma:{seen.number('depositBlockId')}",
        dest_chain=POLYGON_CHAIN,
        dest_recipient=seen.text("owner"),
    )
    yield goes_out(seen, leg)


def _plasma_out(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("user"),
        asset=_plasma_asset(seen, seen.number("amount"), out=False),
        amount=seen.number("amount"),
        key=f"plasma:exit:{seen.number('exitId')}",
        src_chain=POLYGON_CHAIN,
    )
    yield comes_in(seen, leg)


def _committed(seen: Seen) -> Iterable[Action]:
    """Return what is minted for a state: the mints after the state before it, up to its own log."""
    before = max(
        (
            log.index
            for log in seen.record.logs or ()
            if log.index < seen.log.index and log.topics[:1] == (STATE_COMMITTED.topic,)
        ),
        default=-1,
    )
    for index, row in enumerate(seen.record.movements):
        if row.kind == "mint" and row.place and before < row.place[0] < seen.log.index and row.amount:
            leg = leg_of(
                seen,
                "bridge_in",
                holder=row.recipient,
                asset=row.asset,
                amount=row.amount,
                key=str(seen.number("stateId")),
                src_chain=ETHEREUM,
            )
            yield replace(leg, counterparty=row.sender, moves=(index,))


class _Polygon(ByLogs):
    """What the bridges write, and burns of child tokens, which write nothing."""

    def interests(self) -> Interests:
        return replace(super().interests(), selectors=frozenset({WITHDRAW}))

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        said = super().decode(record)
        if isinstance(said, Need) or said or record.chain != POLYGON_CHAIN or record.selector != WITHDRAW:
            return said
        return tuple(
            Action(
                protocol=self.name,
                action="bridge_out",
                holder=row.sender,
                counterparty=ZERO_ADDRESS,
                asset=row.asset,
                amount=-row.amount,
                moves=(index,),
                dest_chain=ETHEREUM,
                dest_recipient=row.sender,
                grade="inferred",
                reason="That the token is a child of the bridge is not in the receipt.",
            )
            for index, row in enumerate(record.movements)
            if row.kind == "burn" and row.sender == record.sender and row.asset.endswith(record.recipient)
        )


POLYGON: Final = _Polygon(
    "polygon",
    CONTRACTS,
    (
        Reading(LOCKED_COIN, _locked, ("ether",)),
        Reading(LOCKED, _locked, ("predicate",)),
        Reading(EXITED, _exited, ("predicate",)),
        Reading(EXITED_COIN, _exited, ("ether",)),
        Reading(PLASMA_IN, _plasma_in, ("plasma",)),
        Reading(PLASMA_OUT, _plasma_out, ("exits",)),
        Reading(STATE_COMMITTED, _committed, ("receiver",)),
    ),
)
