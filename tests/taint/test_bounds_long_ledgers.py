"""Bounds on ledgers of hundreds of events: several thefts, swaps, shared events, fees, stops, small amounts cut."""

from __future__ import annotations

import random

import pytest
from random_ledgers import OTHER, World
from test_bounds_properties import check_policies
from vectors import CHAIN, UNIT, label, transfer

from tracer.model import AssetId, Seed, Transfer


def busy_world(seed: int, events: int) -> World:
    """Return a ledger of a hub and many others, amounts near 10^18 (10^9 of the other asset), three thefts."""
    rng = random.Random(seed)
    holders = [f"h{n}" for n in range(rng.choice([6, 20, 60]))]
    rows: list[Transfer] = []
    seeds: list[Seed] = []

    def someone() -> str:
        return holders[int(len(holders) * rng.random() ** 2)]

    def units(asset: AssetId) -> int:
        return int(rng.lognormvariate(0, 2) * 10 ** (18 if asset == UNIT else 9)) + 1

    for time in range(events):
        asset = UNIT if rng.random() < 0.8 else OTHER
        number, kind = len(rows) + 1, rng.choices(["pay", "group", "swap", "fee", "mint"], [12, 2, 2, 1, 1])[0]
        if time in {0, events // 4, events // 2}:
            name = f"o{time}"
            payer = "V" if rng.random() < 0.5 else someone()
            payee = rng.choice([one for one in holders if one != payer])
            rows.append(transfer(number, payer, payee, 10 * units(UNIT), time, tx=name))
            seeds.append(Seed("tx", name, CHAIN, UNIT, None, f"theft {len(seeds) % 2}"))
        elif kind == "group":
            rows += [
                transfer(number + extra, someone(), someone(), units(asset), time, event=f"g{number}", asset=asset)
                for extra in range(rng.randint(2, 5))
            ]
        elif kind == "swap":
            payer, assets = someone(), [UNIT, OTHER] if rng.random() < 0.6 else [OTHER, UNIT]
            rows.append(transfer(number, payer, "pool", units(assets[0]), time, event=f"s{number}", asset=assets[0]))
            rows.append(
                transfer(number + 1, "pool", payer, units(assets[1]), time, event=f"s{number}", asset=assets[1])
            )
        elif kind == "fee":
            rows.append(transfer(number, someone(), "", units(asset) // 1000 + 1, time, kind="fee", asset=asset))
        elif kind == "mint":
            rows.append(transfer(number, "", someone(), units(asset), time, kind="mint", asset=asset))
        else:
            rows.append(transfer(number, someone(), someone(), units(asset), time, asset=asset))
    stops = rng.sample(holders, len(holders) // 4)
    return World(tuple(rows), tuple(seeds), tuple(label(stop, "exchange", entity=stop) for stop in stops))


def check(seed: int, events: int) -> None:
    least = 10**17 if seed % 3 == 0 else 0
    found = check_policies(busy_world(seed, events), min_amount=least)
    assert any(interval.max for interval in found.intervals.values())


@pytest.mark.parametrize("seed", range(8))
def test_no_policy_leaves_the_bounds_of_a_long_ledger(seed: int) -> None:
    check(seed, 250)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100, 200))
def test_no_policy_leaves_the_bounds_of_a_hundred_long_ledgers(seed: int) -> None:
    check(seed, 300)
