"""Random tables of transfers of one chain, with every kind of row, as CSV files beside each other."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

BLOCK, TIME = 14_000_000, 1_640_000_000
FIELDS = [
    "sender",
    "recipient",
    "asset",
    "amount",
    "block",
    "position",
    "time",
    "tx",
    "kind",
    "grade",
    "precision",
    "note",
]


@dataclass(frozen=True)
class World:
    """A table as its owner gives it.

    Attributes
    ----------
    transfers, seeds, labels : Path
        CSV files.
    complete : bool
        Whether it is vouched for.
    """

    transfers: Path
    seeds: Path
    labels: Path
    complete: bool


def holder(number: int) -> str:
    """Return an address."""
    return f"0x{number + 0x100000:040x}"


def world(seed: int, folder: Path) -> World:
    """Write the world of a seed into a folder."""
    rng = random.Random(seed)
    holders = [holder(number) for number in range(rng.choice((4, 8, 25)))]
    if rng.random() < 0.3:
        holders.append("0x" + "0" * 36 + "dead")
    assets = rng.choice((["slip44:60"], ["slip44:60", "unit-a"], ["unit-a", "unit-b", "unit-c"]))
    positions, printed, graded, kinds = (rng.random() < share for share in (0.75, 0.15, 0.2, 0.5))
    timed, blocks = rng.choice(((True, True), (True, True), (False, True), (True, False)))
    largest = rng.choice((20, 10**6, 10**24, 2**110))
    rows: list[dict[str, object]] = []
    block, place = BLOCK, 0
    for number in range(rng.choice((12, 40, 90))):
        if rng.random() < (0.4 if positions else 0.8):
            block, place = block + 1, 0
        sender, recipient = rng.sample(holders, 2)
        kind = rng.choice(("", "", "native", "token", "fee", "mint", "burn", "internal")) if kinds else ""
        if kind == "mint":
            sender = rng.choice(("", "0x" + "0" * 40))
        if kind in ("fee", "burn"):
            recipient = rng.choice(("", recipient))
        if rng.random() < 0.04:
            recipient = sender or recipient
        shared = positions and rows and rng.random() < 0.15 and rows[-1]["block"] == block
        rows.append(
            {
                "sender": sender,
                "recipient": recipient,
                "asset": rng.choice(assets),
                "amount": 0 if rng.random() < 0.04 else rng.randint(1, largest),
                "block": block,
                "position": place,
                "time": TIME + (block - BLOCK) * 13,
                "tx": rows[-1]["tx"] if shared else f"0x{seed:032x}{number:032x}",
                "kind": kind,
                "grade": rng.choice(("recorded", "identified", "inferred")) if graded else "",
                "precision": "printed" if printed and rng.random() < 0.1 else "",
                "note": "a, b" if rng.random() < 0.01 else "",
            }
        )
        place += 1
    if rng.random() < 0.2:
        rng.shuffle(rows)
    gone = {name for name, kept in (("position", positions), ("time", timed), ("block", blocks)) if not kept}
    transfers, seeds, labels = (folder / f"{name}-{seed}.csv" for name in ("transfers", "seeds", "labels"))
    _write(transfers, [one for one in FIELDS if one not in gone], rows)
    _write(seeds, ["kind", "value", "asset", "amount", "origin"], list(_seeds(rng, rows, holders, assets)))
    _write(labels, ["address", "label", "category", "entity", "source_url", "valid_from"], list(_labels(rng, holders)))
    return World(transfers, seeds, labels, rng.random() < 0.5)


def _seeds(rng: random.Random, rows: list[dict[str, object]], holders: list[str], assets: list[str]):
    given = rng.random() < 0.5
    if given:
        moving = [row for row in rows if row["amount"] and row["kind"] in ("", "native", "token")]
        for name, row in enumerate(rng.sample(moving, min(len(moving), rng.choice((1, 1, 2))))):
            yield {"kind": "tx", "value": row["tx"], "origin": f"theft-{name}"}
    for name, one in enumerate(rng.sample(holders[:4], rng.choice((1, 1, 2)))):
        if not given or rng.random() < 0.7:
            amount = rng.choice((5, 10**5, 10**23))
            yield {
                "kind": "holder",
                "value": one,
                "asset": rng.choice(assets),
                "amount": amount,
                "origin": f"hold-{name}",
            }


def _labels(rng: random.Random, holders: list[str]):
    for one in rng.sample(holders, rng.choice((0, 1, 2))):
        category = rng.choice(("exchange", "mixer", "bridge", "contract", "frozen", "dex"))
        since = rng.choice(("", "", "2021-12-20T11:40:00Z"))
        yield {
            "address": one,
            "label": f"L {one[-3:]}",
            "category": category,
            "entity": f"E{one[-2:]}",
            "valid_from": since,
        }


def _write(path: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
