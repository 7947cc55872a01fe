"""Random small worlds for property tests: payments, shared events, swaps, fees, several thefts, stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from vectors import CHAIN, UNIT, label, transfer

from tracer.model import AssetId, Label, Seed, Transfer

OTHER = AssetId("other")
HOLDERS = "ABCDEFG"


@dataclass(frozen=True)
class World:
    """A table with its seeds and labels."""

    rows: tuple[Transfer, ...]
    seeds: tuple[Seed, ...]
    labels: tuple[Label, ...]


def distinct(rows: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """Return rows without repeats: two equal rows that have no position are refused."""
    return tuple({replace(row, row=0): row for row in rows}.values())


def amounts(largest: int) -> st.SearchStrategy[int]:
    """Return amounts that are often small, sometimes beyond 53, 63 and 127 bits."""
    edges = [a for a in (0, 1, 2**53 + 1, 2**63, 2**127 - 1) if a <= largest]
    return st.one_of(st.integers(0, min(20, largest)), st.sampled_from(edges), st.integers(0, largest))


@st.composite
def worlds(draw: st.DrawFn, *, largest: int = 2**127 - 1, swaps: bool = True, groups: bool = True) -> World:
    """Return a random world with one or two thefts at its start or in the middle."""
    rows: list[Transfer] = []
    holders = st.sampled_from(HOLDERS)
    seeds: list[Seed] = []
    for _ in range(draw(st.integers(1, 24))):
        number, time = len(rows) + 1, len(rows) + 1
        kinds = ["pay"] * 5 + ["theft", "fee", "mint"] + ["swap"] * swaps + ["group"] * groups
        kind = draw(st.sampled_from(kinds))
        payer, payee, amount = draw(holders), draw(holders), draw(amounts(largest))
        if kind == "theft" and len(seeds) < 2:
            name = f"o{len(seeds) + 1}"
            rows.append(transfer(number, "V", payee, amount + 1, time, tx=name))
            seeds.append(Seed("tx", name, CHAIN, UNIT, None, name))
        elif kind == "fee":
            rows.append(transfer(number, payer, "", amount, time, kind="fee"))
        elif kind == "mint":
            rows.append(transfer(number, "", payee, amount, time, kind="mint"))
        elif kind == "swap":
            given, received = draw(amounts(largest)), draw(amounts(largest))
            asset = draw(st.sampled_from([(UNIT, OTHER), (OTHER, UNIT)]))
            event = f"s{number}"
            rows.append(transfer(number, payer, "pool", given + 1, time, event=event, asset=asset[0]))
            rows.append(transfer(number + 1, "pool", payer, received + 1, time, event=event, asset=asset[1]))
        elif kind == "group":
            event = f"g{number}"
            rows += [
                transfer(number + extra, draw(holders), draw(holders), draw(amounts(largest)), time, event=event)
                for extra in range(draw(st.integers(2, 4)))
            ]
        else:
            rows.append(transfer(number, payer, payee, amount, time))
    if not seeds:
        rows.insert(0, transfer(0, "V", draw(holders), draw(amounts(largest)) + 1, 0, tx="o1"))
        seeds.append(Seed("tx", "o1", CHAIN, UNIT, None, "o1"))
    stops = draw(st.lists(st.sampled_from(HOLDERS), max_size=2, unique=True))
    return World(distinct(rows), tuple(seeds), tuple(label(stop, "exchange", entity=stop) for stop in stops))
