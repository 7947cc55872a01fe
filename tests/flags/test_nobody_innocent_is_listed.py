"""On random tables no labelled service, no victim and nobody paid only by a stopped holder is ever on a list (D2).

The oracle is poison in time, written here from method lb-time alone: who is paid by a tainted holder is tainted, an
absorbing holder taints nobody, and what a label finds or leaves behind is not followed.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

import tracer
from tracer.model import CATEGORIES, format_time

POLICIES = ("fifo", "lifo", "haircut", "tiho", "clean_first", "dirty_first")
CATEGORY = ("exchange", "exchange_deposit", "mixer", "bridge", "dex", "token", "government", "frozen", "intermediate")
DAY = 86_400
START = 1_700_006_400
HOLDERS = tuple(f"0x{number:040x}" for number in range(0xA0000000, 0xA000000A))
VICTIM, THIEF = HOLDERS[:2]


class Row(NamedTuple):
    """One payment."""

    time: int
    sender: str
    recipient: str
    amount: int


class Said(NamedTuple):
    """One label."""

    address: str
    category: str
    since: int | None
    until: int | None

    def holds(self, time: int) -> bool:
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)


def world(number: int) -> tuple[list[Row], list[Said]]:
    """Return the payments (the first is the theft) and the labels of one table."""
    rng = Random(number)
    rows = [Row(START, VICTIM, THIEF, rng.randint(1, 50))]
    for _ in range(rng.randint(3, 25)):
        payer, payee = rng.sample(HOLDERS, 2)
        rows.append(Row(rows[-1].time + rng.choice((0, 1, DAY // 2, DAY)), payer, payee, rng.randint(1, 40)))
    span = rows[-1].time - START
    labels = []
    for _ in range(rng.randint(1, 6)):
        begin = rng.choice((None, START + rng.randint(-DAY, span + DAY)))
        length = rng.choice((None, rng.randint(1, span + DAY)))
        until = None if length is None else (START if begin is None else begin) + length
        labels.append(Said(rng.choice(HOLDERS[1:]), rng.choice(CATEGORY), begin, until))
    return rows, [*labels, Said(VICTIM, "victim", None, None)]


def tainted(rows: list[Row], labels: list[Said]) -> dict[str, int]:
    """Return who poison reaches outside of stopped holders, and when first."""
    end = rows[-1].time
    stopping = [
        one
        for one in labels
        if CATEGORIES[one.category].stop_reason and (one.category != "frozen" or one.until is None or one.until > end)
    ]
    dirty: set[str] = set()
    first: dict[str, int] = {}
    before = START - 10 * DAY
    for place, row in enumerate(rows):
        dirty -= {one.address for one in stopping if one.since is not None and before < one.since <= row.time}
        before = row.time
        absorbs = {one.address for one in stopping if one.holds(row.time)}
        if place == 0 or (row.sender in dirty and row.sender not in absorbs):
            first.setdefault(row.recipient, row.time)
            dirty |= {row.recipient} - absorbs
    return first


def written(folder: Path, rows: list[Row], labels: list[Said]) -> dict[str, Path]:
    tables = {
        "transfers": ["tx,block,position,time,sender,recipient,asset,amount"]
        + [
            f"0x{place:02x},{place},0,{row.time},{row.sender},{row.recipient},slip44:60,{row.amount * 10**18}"
            for place, row in enumerate(rows, 1)
        ],
        "seeds": ["kind,value,asset,amount,origin", "tx,0x01,,,theft"],
        "labels": ["address,label,category,entity,source_url,valid_from,valid_until"]
        + [
            f"{one.address},{one.category},{one.category},,,{format_time(one.since)},{format_time(one.until)}"
            for one in labels
        ],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {name: folder / f"{name}.csv" for name in tables}


def check(numbers: range, folder: Path) -> int:
    """Check the tables of these numbers; return how many addresses were listed in all."""
    count = 0
    for number in numbers:
        rows, labels = world(number)
        first = tainted(rows, labels)
        case = tracer.open_table(**written(folder, rows, labels))  # type: ignore[arg-type]
        flags = case.trace(POLICIES[number % len(POLICIES)]).flags()
        listed = {entry.address for entry in (*flags.entries, *flags.leads)}
        assert listed <= set(first), number
        assert VICTIM not in listed, number
        guarded = {
            one.address
            for one in labels
            if CATEGORIES[one.category].guard
            and one.address in first
            and (one.until is None or one.until > first[one.address])
        }
        assert not listed & guarded, number
        count += len(listed)
    return count


def test_d2_nobody_innocent_is_on_the_list_of_a_random_table(tmp_path: Path) -> None:
    assert check(range(120), tmp_path) > 60


@pytest.mark.prove
def test_d2_nobody_innocent_is_on_the_list_of_a_thousand_random_tables(tmp_path: Path) -> None:
    assert check(range(1_000), tmp_path) > 500
