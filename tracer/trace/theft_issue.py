"""A theft whose transaction makes or destroys units: shares redeemed, a token wrapped or migrated (method ev-theft).

Newly made and destroyed units are a side of their event. Where all that is stolen is destroyed, what was made in its
place, or what the one other payer gives, stands for it. Where it goes to one who gives nothing, while one other asset
is newly made for somebody else, that one may be the contract that makes it, or a thief beside whom a token was made for
anybody: only a label, or a seed that names who got what was made, tells. Where it is told, they are laid out as pools
are: the units pass through. Who receives both, or is named as recipient, exchanges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.ledger import Nets
from tracer.model import Account, AssetId, Leg
from tracer.trace.theft_claims import Claim
from tracer.trace.theft_sides import Sides, sides_of, sum_of

ISSUER: Final = "new issue"
"""Stands for a token's contract that no row names, where it destroys one asset and makes another."""
MAKES: Final = "makes"
DESTROYS: Final = "destroys"


@dataclass(frozen=True, slots=True)
class Issue:
    """What a theft transaction nets to, with those who make or destroy units in it as parties.

    Attributes
    ----------
    nets : Nets
        In which they receive what is destroyed and pay what is newly made.
    how : dict of str to str
        By party: whether what it pays is newly made (:data:`MAKES`), or what it receives destroyed (:data:`DESTROYS`).
        :data:`ISSUER` does both.
    open : tuple of (str, AssetId, AssetId)
        Who receives a stolen asset while another is newly made, and nobody says that it makes it.
    """

    nets: Nets
    how: dict[str, str] = field(default_factory=dict)
    open: tuple[tuple[str, AssetId, AssetId], ...] = ()


def issue_of(
    nets: Nets, claims: Sequence[Claim], is_contract: Callable[[str], bool | None], giving: Collection[str] = ()
) -> Issue:
    """Return a theft transaction with those who make or destroy units as parties, where that tells what is exchanged.

    Parameters
    ----------
    nets : Nets
        What the transaction leaves everybody with.
    claims : sequence of Claim
        What is claimed of it.
    is_contract : callable
        Whether an address is known as a contract.
    giving : collection of str
        Who pays in it what no row has: it may be anything.
    """
    sides = {asset: sides_of(nets, asset) for asset in nets.assets}
    minted = {claim.asset for claim in claims if claim.minted}
    stolen = {claim.asset for claim in claims} - minted
    victims = {party for claim in claims for party in claim.victims}
    named = {name for claim in claims if (name := claim.behind or claim.recipient)}
    others = {asset: mine for asset, mine in sides.items() if asset not in stolen | minted}
    made = [asset for asset, mine in others.items() if mine.made and mine.payees().keys() - victims]
    if len(stolen) != 1 or giving:
        return Issue(nets)
    (asset,) = stolen
    gone = [leg for leg in nets.credits.get(asset, ()) if leg.sink == "burned"]
    payees = sides[asset].payees()
    if gone and not payees:
        payers = _payers_for_nothing(others.values(), sides.values()) - victims - named
        if len(made) == 1 and not payers:
            both = _with_payee(nets, asset, gone, ISSUER)
            return Issue(
                _with_payer(both, made[0], sides[made[0]].made, _account(gone[0], ISSUER), ISSUER), {ISSUER: MAKES}
            )
        if not made and len(payers) == 1:
            (payer,) = payers
            return Issue(_with_payee(nets, asset, gone, payer), {payer: DESTROYS})
    elif len(made) == len(payees) == 1 and not gone:
        (taker,) = payees
        paying = {party for mine in sides.values() for party in mine.payers()}
        getting = others[made[0]].payees()
        if taker not in victims | named | paying and taker not in getting:
            if not is_contract(taker) and not any(claim.behind in getting for claim in claims):
                return Issue(nets, open=((taker, asset, made[0]),))
            account = next(leg.account for leg in nets.credits[asset] if leg.address == taker and not leg.sink)
            return Issue(_with_payer(nets, made[0], sides[made[0]].made, account, taker), {taker: MAKES})
    return Issue(nets)


def _payers_for_nothing(others: Iterable[Sides], sides: Iterable[Sides]) -> set[str]:
    getting = {party for mine in sides for party in mine.payees()}
    return {party for mine in others for party in mine.payers()} - getting


def _account(leg: Leg, party: str) -> Account:
    return leg.account._replace(holder=party)


def _with_payee(nets: Nets, asset: AssetId, gone: Sequence[Leg], party: str) -> Nets:
    """Return nets in which a party receives what is destroyed of an asset."""
    rows = tuple(shown for leg in gone for shown in leg.shown())
    leg = replace(gone[0], account=_account(gone[0], party), address=party, amount=sum_of(gone), sink="", rows=rows)
    kept = tuple(one for one in nets.credits[asset] if one.sink != "burned")
    return replace(nets, credits={**nets.credits, asset: (*kept, leg)})


def _with_payer(nets: Nets, asset: AssetId, amount: int, account: Account, party: str) -> Nets:
    """Return nets in which a party pays what is newly made of an asset."""
    leg = Leg(account._replace(asset=asset), party, amount)
    return replace(nets, debits={**nets.debits, asset: (*nets.debits.get(asset, ()), leg)})
