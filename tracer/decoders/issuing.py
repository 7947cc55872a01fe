"""What issuers do to balances without a transfer: freeze, release, make, redeem, destroy (METHODS 19.6).

A freeze is of one asset and moves nothing: what is there cannot leave until it is released. A destruction takes the
whole of a frozen balance and writes no transfer on Ethereum, so that no movement bears it out; it is told with the
amount that the contract writes. What is made is clean, whoever gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tracer.decoders.by_log import Seen, asset_named, leg_of, moved
from tracer.decoders.contract import Action

NO_MOVEMENT = "The contract changes the balance and writes no transfer."


def frozen(name: str, *, released: bool = False) -> Callable[[Seen], Iterable[Action]]:
    """Return a reading of an account that is frozen, or released.

    Parameters
    ----------
    name : str
        The argument that names the account.
    released : bool
        Whether it is released.
    """

    def read(seen: Seen) -> Iterable[Action]:
        asset = asset_named(seen.chain, seen.log.address)
        yield leg_of(seen, "unfreeze" if released else "freeze", holder=seen.text(name), asset=asset, amount=0)

    return read


def destroyed(account: str, amount: str) -> Callable[[Seen], Iterable[Action]]:
    """Return a reading of a balance that is destroyed; a transfer to nobody beside it bears it out where there is one.

    Parameters
    ----------
    account, amount : str
        The arguments that name them.
    """

    def read(seen: Seen) -> Iterable[Action]:
        units, holder = seen.number(amount), seen.text(account)
        asset = asset_named(seen.chain, seen.log.address)
        leg = leg_of(seen, "burn", holder=holder, asset=asset, amount=-units, key="destroyed")
        index = moved(seen.record, units, asset=asset, payer=(holder,))
        yield replace(leg, reason=NO_MOVEMENT) if index is None else replace(leg, moves=(index,))

    return read


def supply(amount: str, owner: Callable[[Seen], str], *, made: bool) -> Callable[[Seen], Iterable[Action]]:
    """Return a reading of units that are made for, or taken from, the owner of a contract.

    Parameters
    ----------
    amount : str
        The argument that names them.
    owner : callable
        Whose balance it is.
    made : bool
        Whether they are made.
    """

    def read(seen: Seen) -> Iterable[Action]:
        units, asset = seen.number(amount), asset_named(seen.chain, seen.log.address)
        leg = leg_of(
            seen,
            "mint" if made else "burn",
            holder=owner(seen),
            asset=asset,
            amount=units if made else -units,
            key="issued" if made else "redeemed",
        )
        index = moved(seen.record, units, asset=asset)
        yield replace(leg, reason=NO_MOVEMENT) if index is None else replace(leg, moves=(index,))

    return read
