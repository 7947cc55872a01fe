"""Small worlds of bridges with known truth, and the slow matcher that the fast one is held against."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tracer.links import BridgeEnd, Terms, against

HERE, THERE, FAR = "eip155:1", "eip155:10", "eip155:137"


def gone(leg: str = "s", **parts: object) -> BridgeEnd:
    """Return an end that goes in: 1,000 units of USD for 0xuser on another chain."""
    return _end(leg, {"chain": HERE, "time": 1_000, "dest_chain": THERE} | parts)


def come(leg: str = "d", **parts: object) -> BridgeEnd:
    """Return an end that comes out of it ten minutes later, 5 units less."""
    return _end(leg, {"chain": THERE, "time": 1_600, "amount": 995} | parts)


def _end(leg: str, parts: dict[str, object]) -> BridgeEnd:
    usual: dict[str, object] = {"tx": f"0x{leg}", "asset": "USD", "amount": 1_000, "recipient": "0xuser"}
    return BridgeEnd(leg=leg, **(usual | parts))  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """What went in, what came out, and what truly belongs together."""

    sources: list[BridgeEnd]
    destinations: list[BridgeEnd]
    truth: dict[str, str]


def world(seed: int, size: int = 40) -> World:
    """Return a bridge with few amounts and recipients, lost and foreign payouts, silent sources and reused keys."""
    dice = random.Random(seed)
    sources, destinations, truth = [], [], {}
    for number in range(size):
        amount = dice.choice((100, 1_000, 1_000, 1_001, 1_005, 10**21, 10**21 + 1))
        chain = dice.choice((HERE, HERE, FAR))
        person = f"0x{dice.randrange(6)}"
        time = dice.randrange(0, 200_000)
        key = dice.choice(("", f"k{number}", f"k{number}", "again"))
        service = dice.choice(("", "hop", "celer"))
        source = gone(
            f"s{number:03}",
            chain=chain,
            time=time,
            amount=amount,
            asset=dice.choice(("USD", "USD", "ETH")),
            recipient=dice.choice((person, person, "")),
            dest_chain=dice.choice((THERE, THERE, "")),
            key=key,
            service=service,
        )
        sources.append(source)
        if dice.random() < 0.85:
            kept = amount * dice.randrange(0, 12) // 1_000
            payout = come(
                f"d{number:03}",
                time=time + dice.choice((1, 60, 600, 86_400, 90_000)),
                amount=max(1, amount - kept),
                asset=source.asset,
                recipient=person,
                src_chain=dice.choice(("", chain)),
                key=dice.choice((key, key, "")),
                service=dice.choice((service, "")),
            )
            destinations.append(payout)
            truth[source.leg] = payout.leg
        if dice.random() < 0.2:
            destinations.append(
                come(
                    f"x{number:03}",
                    chain=dice.choice((THERE, HERE, FAR)),
                    time=dice.randrange(0, 200_000),
                    amount=amount,
                    recipient=person,
                    asset=source.asset,
                )
            )
    dice.shuffle(sources)
    dice.shuffle(destinations)
    return World(sources, destinations, truth)


def slowly(
    sources: list[BridgeEnd], destinations: list[BridgeEnd], terms: Terms, linked: set[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return the rivals of every pair that fits without an identifier, by looking at each pair."""
    gone_in = [one for one in sources if one.leg not in {leg for leg, _ in linked}]
    come_out = [one for one in destinations if one.leg not in {leg for _, leg in linked}]
    fits = [
        (one.leg, other.leg)
        for one in gone_in
        for other in come_out
        if not against(one, other, terms, identified=False)
    ]
    return {(one, other): sum(a == one for a, _ in fits) + sum(b == other for _, b in fits) - 2 for one, other in fits}
