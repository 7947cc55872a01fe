"""Links between what decoders say goes into bridges and mixers and what they say comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracer.decoders import Action, DecoderRegistry
from tracer.links.ends import BridgeEnd, SameUnit, Terms
from tracer.links.matching import Candidate, Matching, fee_of, match
from tracer.model import TIER_GRADES, TIERS, AssetId, ChainId, Link, LinkEnd, RejectedEnd, TxRecord

_WAYS: Final = {"bridge_out": "bridge_in", "mixer_in": "mixer_out"}
_KINDS: Final = {"bridge_out": "bridge", "mixer_in": "mixer"}


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of a transaction with the transaction it is of.

    Attributes
    ----------
    record : TxRecord
        The transaction.
    action : Action
        What a decoder says of it.
    """

    record: TxRecord
    action: Action


def legs_of(records: Iterable[TxRecord], registry: DecoderRegistry) -> tuple[Leg, ...]:
    """Return the legs that go into a bridge or come out of one, in the order of the records."""
    wanted = {*_WAYS, *_WAYS.values()}
    return tuple(
        Leg(record, action)
        for record in records
        for action in registry.decode(record).actions
        if action.action in wanted and action.amount
    )


def end_of(leg: Leg) -> LinkEnd:
    """Return a leg as the end of a link."""
    record, action = leg.record, leg.action
    return LinkEnd(
        chain=record.chain,
        movements=tuple(record.movements[index].movement_id for index in action.moves),
        tx=record.tx,
        time=record.time,
        holder=action.holder,
        asset=action.asset,
        amount=abs(action.amount),
    )


def link_by_identifier(
    legs: Iterable[Leg], same_unit: Mapping[AssetId, Iterable[AssetId]] | None = None
) -> tuple[Link, ...]:
    """Return one link for each leg that goes in, in order; open where nothing comes out for it, or more than one does.

    Parameters
    ----------
    legs : iterable of Leg
        What goes in and what comes out, of any chains, in any order.
    same_unit : mapping of AssetId to iterable of AssetId, optional
        For an asset that goes in, those that come out for it unit by unit, of equal decimals. Of an asset that is
        named, what comes out must be one of these and no more than went in, and the difference is the fee; of others
        neither is judged.
    """
    pairs: dict[tuple[str, str], tuple[int, int]] = {
        (asset, other): (0, 0) for asset, others in (same_unit or {}).items() for other in others
    }
    return links_between(legs, Terms(SameUnit.of(pairs)), tiers=("identifier",))


def links_between(legs: Iterable[Leg], terms: Terms, *, tiers: Sequence[str] = TIERS) -> tuple[Link, ...]:
    """Return one link for each leg that goes in, in order; open where none is accepted.

    Parameters
    ----------
    legs : iterable of Leg
        What goes in and what comes out, of any chains, in any order.
    terms : Terms
        Under which terms ends without a common identifier belong together.
    tiers : sequence of str
        Which of :data:`tracer.model.TIERS` may be used.
    """
    held = sorted(legs, key=_place)
    links: list[tuple[int, Link]] = []
    for way, back in _WAYS.items():
        gone = {f"{number:09}": leg for number, leg in enumerate(held) if leg.action.action == way}
        come = {f"{number:09}": leg for number, leg in enumerate(held) if leg.action.action == back}
        found = match(
            (_going(name, leg) for name, leg in gone.items()),
            (_coming(name, leg) for name, leg in come.items()),
            terms,
            tiers=tiers,
        )
        by: dict[int, list[Candidate]] = {}
        for one in found.candidates:
            by.setdefault(one.source, []).append(one)
        for number, end in enumerate(found.sources):
            link = _link(
                gone[end.leg], [(one, come[found.destinations[one.destination].leg]) for one in by.get(number, ())]
            )
            links.append((int(end.leg), replace(link, fee=_fee(found, by.get(number, ()), terms))))
    return tuple(link for _, link in sorted(links, key=lambda one: one[0]))


def _place(leg: Leg) -> tuple[ChainId, tuple[int, int, str], tuple[int, ...], str]:
    return leg.record.chain, leg.record.order(), leg.action.moves, repr(leg.action)


def _going(name: str, leg: Leg) -> BridgeEnd:
    action = leg.action
    # A protocol's own number for a chain that is not known says nothing that another end could be held against.
    chain = "" if action.dest_chain.startswith(f"{action.protocol}:") else action.dest_chain
    return replace(
        _coming(name, leg),
        sender=action.holder,
        recipient=action.dest_recipient if chain else "",
        dest_chain=chain,
        src_chain="",
    )


def _coming(name: str, leg: Leg) -> BridgeEnd:
    record, action = leg.record, leg.action
    return BridgeEnd(
        leg=name,
        chain=record.chain,
        tx=record.tx,
        time=record.time,
        asset=action.asset,
        amount=abs(action.amount),
        sender=action.counterparty,
        recipient=action.holder,
        key=action.key,
        src_chain="" if action.src_chain.startswith(f"{action.protocol}:") else action.src_chain,
        service=action.protocol,
    )


def _fee(found: Matching, mine: Sequence[Candidate], terms: Terms) -> int | None:
    return next((fee_of(found, one, terms) for one in mine if one.accepted), None)


def _link(leg: Leg, found: Sequence[tuple[Candidate, Leg]]) -> Link:
    source, action = end_of(leg), leg.action
    taken = next(((one, other) for one, other in found if one.accepted), None)
    destination = None if taken is None else end_of(taken[1])
    tier = (
        taken[0].tier
        if taken
        else "identifier"
        if action.key
        else "structured"
        if action.dest_recipient
        else "amount_time"
    )
    ends = (source,) if destination is None else (source, destination)
    return Link(
        kind=_KINDS[action.action],
        protocol=action.protocol,
        source=source,
        destination=destination,
        tier=tier,
        # An open link says no more than its source's own data does.
        grade="recorded" if destination is None else TIER_GRADES[tier],
        key=action.key,
        rivals=max((one.rivals for one, _ in found), default=0),
        rejected=tuple(RejectedEnd(end_of(other), one.reason) for one, other in found if not one.accepted),
        evidence=tuple(str(name) for end in ends for name in end.movements),
        destination_said=action.dest_recipient,
    )
