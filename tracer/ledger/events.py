"""Rows become events: who pays, who is paid, what is swapped, what leaves as fee or burn.

One builder for transfers, ledgers, bundles and archives: it reads nothing but what an event leaves everybody with
(:mod:`tracer.ledger.nets`). Exactly two assets changing hands is a conversion, newly made or destroyed units being a
side of it. More than two that go round once, everybody giving one and getting the next (a route through pools), are
conversions too; all others cannot be resolved without prices and stop as ``contract``. Source: method ev-net.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from tracer.ledger.nets import (
    SINKS,
    Nets,
    is_income,
    nets_of_legs,
    nets_of_transfers,
    parts_of_sink,
    split_legs,
)
from tracer.ledger.readings import crossed_of, is_shown, readings_of
from tracer.model import Account, AssetId, Event, LedgerLeg, Leg, Part, Reading, Transfer, weakest

UNTOLD: Final = ("unresolved", "swap")
"""Kinds of events in which more than one asset changes hands: what was given for what is read from the sums."""


class Resolved(NamedTuple):
    """What an event nets to.

    Attributes
    ----------
    kind : str
        As in :class:`~tracer.model.Event`.
    parts : tuple of Part
        Payments, a conversion, or what cannot be told.
    readings : tuple of Reading
        What else may have happened in its conversion.
    """

    kind: str
    parts: tuple[Part, ...]
    readings: tuple[Reading, ...] = ()


def transfer_event(index: int, numbered: Sequence[tuple[int, Transfer]]) -> tuple[Event | None, Nets | None]:
    """Return the event of a group of transfers, ``None`` where nothing changes hands, and what it nets to.

    Parameters
    ----------
    index : int
        Its place in the total order.
    numbered : sequence of (int, Transfer)
        Rows of one event, in order, each with its index among the ordered rows, by which legs refer to it.

    Notes
    -----
    A row that is an event alone is most of a table, and is not netted.
    """
    group = [row for _, row in numbered]
    if len(group) == 1 and not group[0].torn:
        kind, parts = _single(*numbered[0])
        return (_event(index, group, Resolved(kind, parts)) if parts else None), None
    rows = [(number, row) for number, row in numbered if row.amount]
    nets = nets_of_transfers(rows)
    found = resolve(nets)
    if any(row.torn for row in group):
        found = Resolved("unresolved", (*nets.fees, *_unresolved(nets)))
    elif len(dealings := _dealings(rows)) > 1:
        each = [resolve(nets_of_transfers(mine)) for mine in dealings]
        kinds = {one.kind for one in each}
        found = Resolved(
            next((told for told in (*UNTOLD, "transfer") if told in kinds), found.kind),
            tuple(part for one in each for part in one.parts),
            tuple(reading for one in each for reading in one.readings),
        )
    return (_event(index, group, found) if found.parts else None), nets


def ledger_event(index: int, group: Sequence[LedgerLeg], row_of: Sequence[int]) -> tuple[Event | None, Nets]:
    """Return the event of a group of ledger legs, ``None`` where nothing changes hands, and what it nets to.

    Parameters
    ----------
    index : int
        Its place in the total order.
    group : sequence of LedgerLeg
        Legs of one event, in order.
    row_of : sequence of int, shape (len(group),)
        Index of the movement each leg is shown in.

    Raises
    ------
    DataFileError
        If debits and credits do not balance and are no conversion, mint, fee or burn.
    """
    nets = nets_of_legs(group, row_of)
    found = resolve(nets)
    if not found.parts:
        return None, nets
    event = _event(index, group, found)
    whole = all(leg.whole for leg in group)
    return replace(event, whole=whole, unstated_fee=nets.unstated_fee), nets


def resolve(nets: Nets) -> Resolved:
    """Return the kind and the parts of what an event nets to: payments, a conversion, or what cannot be told."""
    assets = nets.assets
    if len(assets) > 2 and (route := _route(nets)):
        return Resolved("swap", (*nets.fees, *route))
    if len(assets) > 2 and _is_exchanged(nets):
        return Resolved("unresolved", (*nets.fees, *_unresolved(nets)))
    if len(assets) == 2 and _is_conversion(nets, *assets):
        parts, readings = _conversion(nets, *assets)
        return Resolved("swap", (*nets.fees, *parts), readings)
    parts = [part for asset in assets for part in plain_parts(nets, asset)]
    if not parts:
        return Resolved("fee", nets.fees)
    made = all(not part.debits for part in parts)
    gone = all(leg.sink == "burned" for part in parts for leg in part.credits)
    return Resolved("mint" if made else "burn" if gone else "transfer", (*nets.fees, *parts))


def plain_parts(nets: Nets, asset: AssetId) -> tuple[Part, ...]:
    """Return the parts of an asset for itself: what was newly made comes first among its credits, in their order."""
    debits, credits = list(nets.debits.get(asset, ())), list(nets.credits.get(asset, ()))
    made = sum(leg.amount for leg in credits) - sum(leg.amount for leg in debits)
    if made < 0:
        credits += [_into_contract(leg) for leg in split_legs(debits, sum(leg.amount for leg in credits))[1]]
        made = 0
    new, passed = split_legs(credits, made)
    parts = (Part((), tuple(new)), Part(tuple(debits), tuple(passed)))
    return tuple(part for part in parts if part.credits)


def _event(index: int, group: Sequence[Transfer] | Sequence[LedgerLeg], found: Resolved) -> Event:
    first = group[0]
    name = first.event or f"e{index + 1}"
    if len(group) == 1 and isinstance(first, Transfer):
        grade, precision = first.grade, first.precision
    else:
        transfers = [row for row in group if isinstance(row, Transfer)]
        grade = weakest(row.grade for row in transfers) if transfers else "recorded"
        precision = "printed" if any(row.precision == "printed" for row in transfers) else "exact"
    return Event(
        index=index,
        name=name,
        chain=first.chain,
        block=first.block,
        time=first.time,
        tx=first.tx,
        kind=found.kind,
        parts=found.parts,
        grade=grade,
        precision=precision,
        resolution=first.resolution,
        readings=found.readings,
    )


def _single(row_index: int, row: Transfer) -> tuple[str, tuple[Part, ...]]:
    if not row.amount:
        return "transfer", ()
    sink = SINKS.get(row.kind, "")
    payee = Account(row.chain, row.recipient or sink, row.asset)
    credit = Leg(payee, row.recipient, row.amount, row_index, sink)
    if row.kind == "mint":
        return "mint", (Part((), (credit,)),)
    if row.sender == row.recipient and not sink:
        return "transfer", ()
    if sink:
        return row.kind, parts_of_sink(row_index, row)
    debit = Leg(Account(row.chain, row.sender, row.asset), row.sender, row.amount, row_index)
    return "transfer", (Part((debit,), (credit,)),)


def _dealings(rows: Sequence[tuple[int, Transfer]]) -> list[list[tuple[int, Transfer]]]:
    """Return the rows of an event apart by who deals with whom, where that shows which rows exchange and which pay.

    Holders that no row of the event connects have nothing to do with each other: one dealing is not another's other
    side. Where one makes or destroys units, these may be the other side of any that lacks one: only those stand apart
    then in which everybody gives one asset and gets another.
    """
    dealing: dict[str, str] = {}

    def head(holder: str) -> str:
        while dealing.setdefault(holder, holder) != holder:
            dealing[holder] = holder = dealing[dealing[holder]]
        return holder

    for _, row in rows:
        if row.kind != "fee" and row.sender and row.recipient:
            dealing[head(row.sender)] = head(row.recipient)
    found: dict[str, list[tuple[int, Transfer]]] = {}
    for number, row in rows:
        found.setdefault(head(row.sender or row.recipient), []).append((number, row))
    dealings = list(found.values())
    if all(map(_is_plain, dealings)):
        return dealings
    whole = [mine for mine in dealings if len(dealings) > 1 and _is_plain(mine) and _is_whole(mine)]
    rest = [one for one in rows if not any(one in mine for mine in whole)]
    return [*whole, rest]


def _is_plain(dealing: Sequence[tuple[int, Transfer]]) -> bool:
    """Return whether no row makes or destroys units, fees apart."""
    moving = (row for _, row in dealing if row.kind != "fee")
    return all(row.kind not in ("mint", "burn") and row.sender and row.recipient for row in moving)


def _is_whole(dealing: Sequence[tuple[int, Transfer]]) -> bool:
    """Return whether everybody in a dealing gives one asset and gets another, so that it lacks no side."""
    found = resolve(nets_of_transfers(dealing))
    return found.kind == "swap" and all(
        part.is_swap and {leg.account.holder for leg in part.debits} == {leg.account.holder for leg in part.credits}
        for part in found.parts
        if not all(leg.sink == "fee" for leg in part.credits) and not is_income(part, found.parts)
    )


def _holders(legs: Mapping[AssetId, tuple[Leg, ...]], asset: AssetId) -> set[str]:
    return {leg.account.holder for leg in legs.get(asset, ()) if not leg.sink}


def _is_exchanged(nets: Nets) -> bool:
    """Return whether somebody gives one asset and gets another, or units are made or destroyed: a side of anything."""
    gives = {asset: _holders(nets.debits, asset) for asset in nets.assets}
    gets = {asset: _holders(nets.credits, asset) for asset in nets.assets}
    whole = all(
        sum(leg.amount for leg in nets.debits.get(asset, ()))
        == sum(leg.amount for leg in nets.credits.get(asset, ()) if leg.sink != "burned")
        for asset in nets.assets
    )
    return not whole or any(gives[one] & gets[other] for one in nets.assets for other in nets.assets if one != other)


def _route(nets: Nets) -> tuple[Part, ...]:
    """Return the exchanges of an event in which assets go round once; nothing where it is no such event.

    Each asset is given by one holder and got by one other, each of whom gives one and gets one, and all are on one way
    round: somebody exchanges through pools, and nothing is left open.
    """
    gives = {asset: nets.debits.get(asset, ()) for asset in nets.assets}
    gets = {asset: nets.credits.get(asset, ()) for asset in nets.assets}
    if any(len(legs) != 1 or legs[0].sink for side in (gives, gets) for legs in side.values()):
        return ()
    asset_of = {legs[0].account.holder: asset for asset, legs in gives.items()}
    got_by = {legs[0].account.holder: legs[0] for legs in gets.values()}
    if not len(asset_of) == len(got_by) == len(nets.assets) or asset_of.keys() != got_by.keys():
        return ()
    found: list[Part] = []
    asset = nets.assets[0]
    while len(found) < len(nets.assets):
        given = gives[asset][0]
        got = got_by[given.account.holder]
        found.append(Part((given,), (got,)))
        asset = got.account.asset
        if asset == nets.assets[0]:
            break
    return tuple(found) if len(found) == len(nets.assets) else ()


def _is_conversion(nets: Nets, first: AssetId, second: AssetId) -> bool:
    """Return whether two assets are exchanged, not paid side by side: somebody gives one and receives the other.

    Where nobody does (payer and payee of a conversion may be different addresses) two assets that one holder gives
    both of, or receives both of, are two payments.
    """
    gives = [_holders(nets.debits, asset) for asset in (first, second)]
    gets = [_holders(nets.credits, asset) for asset in (first, second)]
    if gives[0] & gets[1] or gives[1] & gets[0]:
        return True
    return not (gives[0] & gives[1] or gets[0] & gets[1])


def _conversion(nets: Nets, first: AssetId, second: AssetId) -> tuple[list[Part], tuple[Reading, ...]]:
    """Return the parts of an exchange, and what else it may have been: what a holder gave becomes what it received.

    Who gives one asset and receives the other is matched first. Of the others, who gives an asset and who receives the
    same one are a payment beside the exchange; only who is left then gave or received for another. Each at its own
    rate; but where somebody is left on one side alone, all have one.
    """
    debits = {asset: list(nets.debits.get(asset, ())) for asset in (first, second)}
    credits = {asset: [leg for leg in nets.credits.get(asset, ()) if leg.sink != "burned"] for asset in (first, second)}
    swappers = {
        given: {leg.account.holder for leg in debits[given]}
        & {leg.account.holder for leg in credits[received] if not leg.sink}
        for given, received in ((first, second), (second, first))
    }
    parts: list[Part] = []
    readings: list[Reading] = []
    if swappers[first] or swappers[second]:  # else nobody's exchange is known, and payer and payee are its two sides
        for asset, other in ((first, second), (second, first)):
            givers, takers = tuple(debits[asset]), tuple(credits[asset])
            for payment in _payment_beside(debits[asset], credits[asset], swappers[asset], swappers[other]):
                parts.append(payment)
                if not is_shown(payment, givers, takers):
                    readings += crossed_of(payment, givers, credits[asset], credits[other])
    for given, received in ((first, second), (second, first)):
        back = Part(tuple(debits[received]), tuple(credits[given]))
        readings += readings_of(debits[given], credits[received], back)
        both = swappers[given]
        rest = _unmatched(debits[given], both)
        left = _unmatched(credits[received], both)
        if bool(rest) != bool(left):  # somebody gave or received for another
            rest, left, both = debits[given], credits[received], set()
        parts += [
            Part((leg,), tuple(other for other in credits[received] if other.account.holder == leg.account.holder))
            for leg in debits[given]
            if leg.account.holder in both
        ]
        if rest and left:
            parts.append(Part(tuple(rest), tuple(left)))
        elif rest:
            parts += [Part((leg,), (_into_contract(leg),)) for leg in rest]
        elif left:
            parts.append(Part((), tuple(left)))
    return parts, tuple(readings)


def _unmatched(legs: Iterable[Leg], matched: Collection[str]) -> list[Leg]:
    return [leg for leg in legs if leg.sink or leg.account.holder not in matched]


def _payment_beside(
    debits: list[Leg], credits: list[Leg], givers: Collection[str], receivers: Collection[str]
) -> list[Part]:
    """Take the payment of one asset between those who exchange nothing out of the legs of an exchange.

    Where one side is more than the other, the rest of it is part of the exchange; where that side is of several
    holders, nothing tells whose it is, and all stay in the exchange.
    """
    pays, gets = _unmatched(debits, givers), _unmatched(credits, receivers)
    paid = min(sum(leg.amount for leg in pays), sum(leg.amount for leg in gets))
    (mine, kept), (theirs, over) = split_legs(pays, paid), split_legs(gets, paid)
    if not paid or (kept and len(pays) > 1) or (over and len(gets) > 1):
        return []
    debits[:] = [leg for leg in debits if leg not in pays] + kept
    credits[:] = [leg for leg in credits if leg not in gets] + over
    return [Part(tuple(mine), tuple(theirs))]


def _into_contract(leg: Leg) -> Leg:
    return replace(leg, sink="contract")


def _unresolved(nets: Nets) -> list[Part]:
    """Return what each holder gives into the contract, and asset by asset what comes out of it as clean money."""
    given = [Part((leg,), (_into_contract(leg),)) for legs in nets.debits.values() for leg in legs]
    kept = {asset: tuple(leg for leg in legs if leg.sink != "burned") for asset, legs in nets.credits.items()}
    return [*given, *(Part((), legs) for legs in kept.values() if legs)]
