"""What lending protocols share: collateral put in and taken out, loans taken and repaid, collateral that is seized.

Theory of operation
-------------------
A protocol names user and amount; the movement bears it out. Collateral lies in a *position*: whose it is and in which
market. Where the protocol makes a token for it, what is put in becomes that token, a conversion that net flows show;
where it makes none, the leg alone says what the position holds.

What a loan means for stolen money is not settled by the chain, and the law reads it in two ways (METHODS 19.4):

1. *the loan is the pool's money*: the position holds the collateral with its origins, a withdrawal returns them, a
   seizure pays the seized units to whoever repays, as a swap whose other side the user had received; the loan is
   clean;
2. *the loan is proceeds*: at the loan, the share that debt has in the value of the collateral goes with it, the rest
   stays.

Each leg therefore says what it is and whose position it touches, and :func:`readings` gives what each of the two
makes of the legs of a transaction. Neither is chosen here, and the two are never joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tracer.decoders.by_log import Seen, comes_in, goes_out, leg_of, same_asset
from tracer.decoders.contract import Action
from tracer.decoders.flows import conversions_of, flows_of, legs_of_conversion
from tracer.model import AssetId

OWN_MONEY = "pool"
PROCEEDS = "proceeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class LendingStep:
    """What one reading makes of one leg of a loan.

    Attributes
    ----------
    leg : Action
        The leg.
    position : str
        The holder of what lies in the protocol.
    carries : str
        Whose origins the units of the leg have: ``position`` those of what lies there, ``share`` the share of the debt
        in its value, ``payer`` those of whoever pays, ``clean`` none.
    """

    leg: Action
    position: str
    carries: str


def readings(legs: Iterable[Action]) -> dict[str, tuple[LendingStep, ...]]:
    """Return what each reading of a loan makes of the legs that touch a position, in their order.

    Parameters
    ----------
    legs : iterable of Action
        Of one transaction.
    """
    told = [leg for leg in legs if leg.position]
    own = {"deposit": "payer", "withdraw": "position", "borrow": "clean", "repay": "payer"}
    proceeds = {**own, "borrow": "share"}
    return {
        name: tuple(
            LendingStep(leg=leg, position=leg.position, carries=rule[leg.action]) for leg in told if leg.action in rule
        )
        for name, rule in ((OWN_MONEY, own), (PROCEEDS, proceeds))
    }


def position_of(seen: Seen, user: str, market: str = "") -> str:
    """Return the name of a position: whose it is and where."""
    return f"{user}@{seen.protocol}:{market or seen.log.address}"


def put_in(seen: Seen, *, payer: str, asset: AssetId, amount: int, position: str) -> Iterable[Action]:
    """Return the legs of collateral that is put in."""
    found = _conversion(seen, asset, amount, "deposit", position, given=True)
    if found is not None:
        return found
    leg = leg_of(seen, "deposit", holder=payer, asset=asset, amount=-amount)
    return (replace(goes_out(seen, leg), position=position),)


def taken_out(seen: Seen, *, payee: str, asset: AssetId, amount: int, position: str) -> Iterable[Action]:
    """Return the legs of collateral that is taken out."""
    found = _conversion(seen, asset, amount, "withdraw", position, given=False)
    if found is not None:
        return found
    leg = leg_of(seen, "withdraw", holder=payee, asset=asset, amount=amount)
    return (replace(comes_in(seen, leg), position=position),)


def borrowed(seen: Seen, *, payee: str, asset: AssetId, amount: int, position: str) -> Iterable[Action]:
    """Return the leg of a loan."""
    leg = leg_of(seen, "borrow", holder=payee, asset=asset, amount=amount)
    return (replace(comes_in(seen, leg), position=position),)


def repaid(seen: Seen, *, payer: str, asset: AssetId, amount: int, position: str, key: str = "") -> Iterable[Action]:
    """Return the leg of a repayment."""
    leg = leg_of(seen, "repay", holder=payer, asset=asset, amount=-amount, key=key)
    return (replace(goes_out(seen, leg), position=position),)


def seized(
    seen: Seen, *, liquidator: str, debt: tuple[AssetId, int], collateral: tuple[AssetId, int], position: str
) -> Iterable[Action]:
    """Return the legs of a seizure: the debt that is repaid, and the collateral that is paid for it, as one event."""
    key = f"liquidation:{position}"
    event = f"{seen.record.tx}#{seen.log.index}"
    (paid,) = repaid(seen, payer=liquidator, asset=debt[0], amount=debt[1], position=position, key=key)
    leg = leg_of(seen, "withdraw", holder=liquidator, asset=collateral[0], amount=collateral[1], key=key)
    got = replace(comes_in(seen, leg), position=position)
    if not paid.moves or not got.moves:
        return (paid, got)
    return tuple(replace(side, event=event) for one in (paid, got) for side in (one, *_other_sides(seen, one)))


def _other_sides(seen: Seen, leg: Action) -> Iterable[Action]:
    """Return who stands on the other side of a leg, so that what is given in an event is what is got in it."""
    left: dict[str, int] = {leg.holder: -leg.amount}
    for index in leg.moves:
        row = seen.record.movements[index]
        for holder, amount in ((row.sender, -row.amount), (row.recipient, row.amount)):
            left[holder] = left.get(holder, 0) + amount
    for holder, amount in left.items():
        if amount:
            yield replace(leg, holder=holder, counterparty=leg.holder, amount=amount, position="")


def _conversion(
    seen: Seen, asset: AssetId, amount: int, action: str, position: str, *, given: bool
) -> tuple[Action, ...] | None:
    """Return the legs of the conversion that net flows show for a payment; ``None`` where they show none.

    The other side must be a token that is made or burnt for it: else a loan taken with the deposit would look like
    what was got for it. Where somebody else's conversion goes through a position, as through that of a vault, that
    conversion stands, and the position's own step is none of it: no legs.
    """
    owner = position.partition("@")[0]
    issued = {flow.asset for flow in flows_of(seen.record) if flow.made == (1 if given else -1)}
    for number, one in enumerate(conversions_of(seen.record)):
        side, other = ((one.given, one.paid), one.got) if given else ((one.got, one.received), one.given)
        if other not in issued:
            continue
        if owner in (one.payer, one.payee):
            if side[1] == amount and same_asset(seen.chain, side[0], asset):
                legs = legs_of_conversion(seen.record, one, number, protocol=seen.protocol, action=action)
                return tuple(replace(leg, position=position) if leg.holder == owner else leg for leg in legs)
        elif any(seen.record.movements[move].amount == amount for move in one.moves):
            return ()
    return None
