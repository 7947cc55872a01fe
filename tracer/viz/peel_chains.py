"""Peel chains: holders that each receive from one payer, pay most of it onward and a little elsewhere."""

from __future__ import annotations

from typing import Final

from tracer.model import AssetId
from tracer.trace import TraceResult
from tracer.viz.payments import Arc, Place
from tracer.viz.text import amount_text

MIN_PEELS: Final = 3


def find_peels(arcs: list[Arc], swapping: set[Place], result: TraceResult) -> list[tuple[list[Place], Place]]:
    """Return the peel chains and whom each pays on: holders in the order of the money, three at least.

    Parameters
    ----------
    arcs : list of Arc
        All payments.
    swapping : set of Place
        Holders that change assets; they stand in no chain.
    result : TraceResult
        For who is a seed.
    """
    into: dict[Place, list[Arc]] = {}
    out: dict[Place, list[Arc]] = {}
    for arc in arcs:
        into.setdefault(arc.dst, []).append(arc)
        out.setdefault(arc.src, []).append(arc)
    seeds = {Place("holder", *key) for key, holder in result.holders.items() if holder.is_seed}
    stops = {Place("holder", *key) for key, holder in result.holders.items() if holder.stop_reason}
    onward: dict[Place, Place] = {}
    for place, paid in out.items():
        payee = _onward(into.get(place, []), paid, stops) if place not in swapping | seeds else None
        if payee is not None:
            onward[place] = payee
    inner = {payee for payee in onward.values() if payee in onward}
    chains = []
    for place in onward:
        if place not in inner:
            chain = [place]
            while onward[chain[-1]] in onward:
                chain.append(onward[chain[-1]])
            chains.append(chain)
    return sorted((chain, onward[chain[-1]]) for chain in chains if len(chain) >= MIN_PEELS)


def peel_facts(
    chain: list[Place], onward: Place, arcs: list[Arc], result: TraceResult, units: dict[AssetId, str]
) -> list[str]:
    """Return what a folded chain says: how many peels, how long, from how much to how much."""
    members = set(chain)
    into = [arc for arc in arcs if arc.dst == chain[0]]
    out = [arc for arc in arcs if arc.src == chain[-1] and arc.dst == onward]
    times = [arc.time for arc in arcs if {arc.src, arc.dst} & members and arc.time is not None]
    asset = into[0].asset
    known = result.assets.get(asset)
    decimals = known.decimals if known else None
    start, end = (amount_text(sum(arc.tainted for arc in group), decimals) for group in (into, out))
    length = f" · {_duration(max(times) - min(times))}" if times else ""
    return [f"peel ×{len(chain)}{length}", f"{start} → {end} {units.get(asset, '')}".rstrip()]  # noqa: RUF001


def _onward(into: list[Arc], out: list[Arc], stops: set[Place]) -> Place | None:
    """Return whom a peeling holder pays on: the payee that is no service, else the one that gets most."""
    by_payee = _by_payee(out)
    if len({arc.src for arc in into}) != 1 or len(by_payee) != 2 or len({a.asset for a in (*into, *out)}) != 1:
        return None
    sums = sorted((sum(arc.tainted for arc in found), payee) for payee, found in by_payee.items())
    followed = [payee for _, payee in sums if payee.role == "holder" and payee not in stops]
    if len(followed) == 1:
        return followed[0]
    (small, _), (large, payee) = sums
    return payee if followed and large > small else None


def _by_payee(arcs: list[Arc]) -> dict[Place, list[Arc]]:
    found: dict[Place, list[Arc]] = {}
    for arc in arcs:
        found.setdefault(arc.dst, []).append(arc)
    return found


def _duration(seconds: int) -> str:
    for size, unit in ((3 * 86400, "d"), (2 * 3600, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds // {'d': 86400, 'h': 3600, 'min': 60}[unit]} {unit}"
    return f"{seconds} s"
