"""Links over bridges by the identifier that stands in the data of both ends.

What goes in and what comes out is told by decoders; here the two are joined. An end is never chosen among several: an
identifier that occurs twice identifies nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tracer.decoders import Action, DecoderRegistry
from tracer.model import AssetId, ChainId, Link, LinkEnd, RejectedEnd, TxRecord, chain_of

CLOCK_TOLERANCE: Final[Mapping[str, int]] = {"bitcoin": 7_200}
"""By chain family: seconds by which the time of a header can be wrong; none where none is known."""

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
        For an asset that goes in, those that come out for it unit by unit. Of an asset that is named, what comes out
        must be one of these and no more than went in, and the difference is the fee; of others neither is judged.
    """
    held = list(legs)
    going = [leg for leg in held if leg.action.action in _WAYS]
    coming: dict[tuple[str, str, str], list[Leg]] = {}
    for leg in held:
        if leg.action.action in _WAYS.values() and leg.action.key:
            coming.setdefault((leg.action.protocol, leg.action.action, leg.action.key), []).append(leg)
    twice: dict[tuple[str, str, str], int] = {}
    for leg in going:
        name = _name(leg)
        twice[name] = twice.get(name, 0) + 1
    units = {asset: frozenset(others) for asset, others in (same_unit or {}).items()}
    links = []
    for leg in sorted(going, key=lambda one: (one.record.chain, one.record.order(), one.action.moves)):
        found = coming.get(_name(leg), []) if leg.action.key else []
        rivals = twice[_name(leg)] - 1 if leg.action.key else 0
        links.append(_link(leg, sorted(found, key=_place), rivals, units))
    return tuple(links)


def _name(leg: Leg) -> tuple[str, str, str]:
    return leg.action.protocol, _WAYS[leg.action.action], leg.action.key


def _place(leg: Leg) -> tuple[ChainId, tuple[int, int, str], tuple[int, ...]]:
    return leg.record.chain, leg.record.order(), leg.action.moves


def _link(leg: Leg, found: list[Leg], rivals: int, units: Mapping[AssetId, frozenset[AssetId]]) -> Link:
    source, action = end_of(leg), leg.action
    fits: list[LinkEnd] = []
    rejected: list[RejectedEnd] = []
    for other in found:
        end = end_of(other)
        against = _against(leg, source, end, units)
        if against:
            rejected.append(RejectedEnd(end, against))
        else:
            fits.append(end)
    rivals += max(0, len(fits) - 1)
    destination = fits[0] if len(fits) == 1 and not rivals else None
    fee = None
    if destination is not None and destination.asset in units.get(source.asset, frozenset()):
        fee = source.amount - destination.amount
    ends = (source,) if destination is None else (source, destination)
    return Link(
        kind=_KINDS[action.action],
        protocol=action.protocol,
        source=source,
        destination=destination,
        tier="identifier",
        # An open link says no more than its source's own data does.
        grade="recorded" if destination is None else "identified",
        key=action.key,
        fee=fee,
        rivals=rivals,
        rejected=tuple(rejected),
        evidence=tuple(str(name) for end in ends for name in end.movements),
        destination_said=action.dest_recipient,
    )


def _against(leg: Leg, source: LinkEnd, end: LinkEnd, units: Mapping[AssetId, frozenset[AssetId]]) -> str:
    """Return in words what speaks against an end; empty where nothing does."""
    action = leg.action
    if action.dest_chain and action.dest_chain != end.chain:
        return f"It is on {end.chain}, and the source says {action.dest_chain}."
    if action.dest_chain and action.dest_recipient and action.dest_recipient != end.holder:
        return "It pays another than the source says."
    allowed = units.get(source.asset)
    if allowed is not None and end.asset not in allowed:
        return f"It is of {end.asset}, which does not come out for {source.asset}."
    if allowed is not None and end.amount > source.amount:
        return "More comes out than went in."
    tolerance = sum(CLOCK_TOLERANCE.get(chain_of(chain).family, 0) for chain in (source.chain, end.chain))
    if source.time is not None and end.time is not None and end.time < source.time - tolerance:
        return "It is earlier than its source by more than the clocks of both chains allow."
    return ""
