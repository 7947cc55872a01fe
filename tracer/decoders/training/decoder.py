"""The training case's pool and bridge: what their logs say, borne out by what moved.

A log names the conversion; it is taken only from the contract itself, and only where movements of the same transaction
bear it out. The contracts are in tests/nodes/contracts (``EthPool``, ``Bridge``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracer.chains import EventAbi, Value, coin_of
from tracer.decoders.contract import Action, Interests, Need, need
from tracer.model import LOCAL_EVM, AssetId, ChainId, TxRecord

NAME: Final = "training"
CHAIN: Final = ChainId(LOCAL_EVM)
POOL: Final = "0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"
DOLLAR: Final = AssetId(f"{LOCAL_EVM}/erc20:0x5fbdb2315678afecb367f032d93f642f64180aa3")
"""What the pool sells for coin, and buys."""
BRIDGE: Final = "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0"
NO_TOKEN: Final = "0x" + 40 * "0"
"""How the bridge names the coin."""

BOUGHT: Final = EventAbi("Bought(address indexed sender, uint256 weiIn, uint256 units, address indexed to)")
SOLD: Final = EventAbi("Sold(address indexed sender, uint256 units, uint256 weiOut, address indexed to)")
LOCKED: Final = EventAbi(
    "Locked(uint256 indexed nonce, address indexed sender, address indexed token, uint256 amount, string destination)"
)


@dataclass(frozen=True, slots=True)
class _Payment:
    payer: str
    payee: str
    asset: AssetId
    amount: int


class TrainingCase:
    """Tells swaps at the pool of the training case, and what its bridge locks."""

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return NAME

    def interests(self) -> Interests:
        """Return that it wants to see what the pool and the bridge log or are paid, on the local chain."""
        return Interests(
            chains=frozenset({CHAIN}),
            addresses=frozenset({POOL, BRIDGE}),
            topics=frozenset({BOUGHT.topic, SOLD.topic, LOCKED.topic}),
        )

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        """Return the legs of swaps and of what is locked."""
        if record.logs is None:
            return need(record, "logs", "Whether the pool swapped or the bridge locked is in the logs.")
        legs: list[Action] = []
        taken: set[int] = set()
        for log in record.logs:
            said: Mapping[str, Value] | None
            for event, read in ((BOUGHT, _bought), (SOLD, _sold), (LOCKED, _locked)):
                if log.address not in (POOL, BRIDGE) or (said := event.read(log)) is None:
                    continue
                if (log.address == BRIDGE) != (event is LOCKED):
                    continue
                payments = read(said)
                moves = [_borne_out(record, one, taken) for one in payments]
                if None in moves and not record.whole and record.calls is None:
                    return need(record, "calls", f"A payment that log {log.index} names is in no other log.")
                found = [index for index in moves if index is not None]
                taken.update(found)
                name = f"{record.tx}#{log.index}"
                if len(found) < len(payments):
                    reason = f"Log {log.index} names a payment that no movement bears out."
                    legs += [leg for one in payments for leg in _legs(one, "unknown", (), "", reason)]
                elif event is LOCKED:
                    legs.append(_lock(payments[0], found[0], str(said["nonce"]), str(said["destination"])))
                else:
                    for one, index in zip(payments, found, strict=True):
                        legs += _legs(one, "swap", (index,), name, "")
        return tuple(legs)


def _bought(said: Mapping[str, Value]) -> tuple[_Payment, ...]:
    coin, sender, to = coin_of(CHAIN), str(said["sender"]), str(said["to"])
    return _Payment(sender, POOL, coin, _int(said["weiIn"])), _Payment(POOL, to, DOLLAR, _int(said["units"]))


def _sold(said: Mapping[str, Value]) -> tuple[_Payment, ...]:
    coin, sender, to = coin_of(CHAIN), str(said["sender"]), str(said["to"])
    return _Payment(sender, POOL, DOLLAR, _int(said["units"])), _Payment(POOL, to, coin, _int(said["weiOut"]))


def _locked(said: Mapping[str, Value]) -> tuple[_Payment, ...]:
    token = str(said["token"])
    asset = coin_of(CHAIN) if token == NO_TOKEN else AssetId(f"{CHAIN}/erc20:{token}")
    return (_Payment(str(said["sender"]), BRIDGE, asset, _int(said["amount"])),)


def _int(value: Value) -> int:
    assert isinstance(value, int), "the signature says uint256"
    return value


def _borne_out(record: TxRecord, payment: _Payment, taken: set[int]) -> int | None:
    """Return the first movement that is a payment and bears out no other log."""
    for index, row in enumerate(record.movements):
        same = (row.sender, row.recipient, row.asset, row.amount) == (
            *(payment.payer, payment.payee, payment.asset, payment.amount),
        )
        if same and index not in taken and row.kind != "fee":
            return index
    return None


def _legs(payment: _Payment, action: str, moves: tuple[int, ...], event: str, reason: str) -> list[Action]:
    sides = ((payment.payer, payment.payee, -payment.amount), (payment.payee, payment.payer, payment.amount))
    return [
        Action(
            protocol=NAME,
            action=action,
            holder=holder,
            counterparty=other,
            asset=payment.asset,
            amount=amount,
            moves=moves,
            event=event,
            reason=reason,
        )
        for holder, other, amount in sides
    ]


def _lock(payment: _Payment, index: int, nonce: str, destination: str) -> Action:
    return Action(
        protocol=NAME,
        action="bridge_out",
        holder=payment.payer,
        counterparty=BRIDGE,
        asset=payment.asset,
        amount=-payment.amount,
        moves=(index,),
        key=nonce,
        dest_recipient=destination,
    )
