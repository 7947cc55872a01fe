"""On random tables nobody who holds stolen units under every rule at the end is off the list and the leads (D4).

Tables have routers inside one transaction, dust, look-alikes, returns to the victim and several thefts. What keeps an
address off all the same is checked here by the rows alone: a floor by what it received, and whom only victims paid by
poison that no victim passes on.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

import tracer

POLICIES = ("fifo", "lifo", "haircut", "tiho", "clean_first", "dirty_first")
HOLDERS = tuple(f"0x{number:08x}{number:032x}" for number in range(0xA0000000, 0xA000000A))
VICTIM, OTHER_VICTIM, THIEF, OTHER_THIEF, *REST = HOLDERS
LOOK_ALIKE = f"0x{int(REST[0][2:10], 16):08x}{'7' * 24}{REST[0][-8:]}"
ROUTER = HOLDERS[-1]


class Row(NamedTuple):
    """One payment."""

    tx: int
    sender: str
    recipient: str
    amount: int
    asset: str = "aaa"


class World(NamedTuple):
    """Payments in order, and the thefts among the transactions, each with its victim."""

    rows: list[Row]
    thefts: dict[int, str]


def world(number: int) -> World:
    rng = Random(number)
    rows: list[Row] = []
    thefts: dict[int, str] = {}

    def routed(tx: int, payer: str, payee: str, amount: int) -> None:
        through = rng.choice((ROUTER, *REST[1:3]))
        if len({payer, payee, through}) < 3 or rng.random() < 0.5:
            rows.append(Row(tx, payer, payee, amount))
            return
        fee = rng.choice((0, 0, 1)) if amount > 20 else 0
        rows.extend((Row(tx, payer, through, amount), Row(tx, through, payee, amount - fee)))

    def theft(tx: int, victim: str, thief: str) -> None:
        routed(tx, victim, thief, rng.randint(10, 100))
        thefts[tx] = victim
        if rng.random() < 0.2:  # part of it is swapped at once
            rows.extend((Row(tx, thief, REST[3], 5), Row(tx, REST[3], thief, 7, "bbb")))

    rows.append(
        Row(1, rng.choice(REST), rng.choice(REST[:2]), 2_000) if rng.random() < 0.3 else Row(1, ROUTER, THIEF, 5)
    )
    theft(2, VICTIM, THIEF)
    again = rng.choice((0, 5, 8))
    for tx in range(3, rng.randint(8, 22)):
        kind = rng.random()
        if tx == again:
            theft(tx, rng.choice((OTHER_VICTIM, VICTIM)), rng.choice((OTHER_THIEF, THIEF)))
        elif kind < 0.1:
            rows.append(Row(tx, LOOK_ALIKE, rng.choice(REST[1:]), 1))
        elif kind < 0.2:
            rows.append(Row(tx, rng.choice((THIEF, *REST)), LOOK_ALIKE, rng.randint(1, 40)))
        elif kind < 0.25:
            amount = rng.randint(1, 60)
            rows.extend((Row(tx, THIEF, REST[4], amount), Row(tx + 100, REST[4], VICTIM, amount)))
        elif kind < 0.35:
            routed(tx, rng.choice((THIEF, OTHER_THIEF, *REST)), VICTIM, rng.randint(1, 60))
        else:
            payer, payee = rng.sample((*HOLDERS, THIEF, THIEF), 2)
            if payer != payee:
                routed(tx, payer, payee, rng.choice((1, rng.randint(2, 60))))
    return World(sorted((one for one in rows if one.sender != one.recipient), key=lambda one: one.tx), thefts)


def written(folder: Path, made: World) -> dict[str, Path]:
    tables = {
        "transfers": ["tx,block,position,time,sender,recipient,asset,amount"]
        + [
            f"0x{one.tx:064x},{one.tx},{place},{1_700_000_000 + one.tx * 3_600},"
            f"{one.sender},{one.recipient},{one.asset},{one.amount}"
            for place, one in enumerate(made.rows)
        ],
        "seeds": ["kind,value,asset,amount,origin,victim"]
        + [f"tx,0x{tx:064x},aaa,,theft{tx},{victim}" for tx, victim in made.thefts.items()],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {name: folder / f"{name}.csv" for name in tables}


def reached_beyond_victims(made: World) -> set[str]:
    """Return whom poison reaches that starts at what thefts pay, and that no victim passes on; by nets of transactions.

    Who passes on in a transaction all that it gets in it is no holder of it.
    """
    victims = set(made.thefts.values())
    dirty: set[str] = set()
    for tx, rows in groupby(made.rows, key=lambda one: one.tx):
        nets: dict[tuple[str, str], int] = defaultdict(int)
        for one in rows:
            nets[one.sender, one.asset] -= one.amount
            nets[one.recipient, one.asset] += one.amount
        payers = {who for (who, _), amount in nets.items() if amount < 0}
        if tx in made.thefts or payers & dirty - victims:
            dirty |= {who for (who, _), amount in nets.items() if amount > 0}
    return dirty


def check(numbers: range, folder: Path) -> int:
    """Check the tables of these numbers; return how many holders of stolen units there were in all."""
    count = 0
    for number in numbers:
        made = world(number)
        case = tracer.open_table(**written(folder, made), complete=True, registry=False)  # type: ignore[arg-type]
        trace = case.trace(POLICIES[number % len(POLICIES)], bounds=True)
        flags = trace.flags()
        suspects = {entry.address for entry in (*flags.entries, *flags.leads)}
        off = {(one.caip10.rpartition(":")[2], one.cls) for one in flags.kept_off}
        beyond = reached_beyond_victims(made)
        holding = {
            one["address"]
            for one in trace.exits().to_dict("records")
            if one["stop_reason"] == "at_rest" and one["min"] and one["address"] not in made.thefts.values()
        }
        for address in sorted(holding - suspects):
            classes = {cls for who, cls in off if who == address}
            received = sum(one.amount for one in made.rows if (one.recipient, one.asset) == (address, "aaa"))
            receipts = (side for payment in trace.result.payments for side in payment.payees)
            came = sum(side.tainted for side in receipts if side.address == address)
            small = classes == {"below_share"} and 100 * came < received
            home = classes == {"through_victim"} and address not in beyond
            dust = classes == {"dust_only"} and all(
                one.sender == LOOK_ALIKE for one in made.rows if one.recipient == address and one.amount < received
            )
            assert small or home or dust, (number, address, classes)
        cleared = {who for who, cls in off if cls in ("router", "returned", "counterparty")}
        assert not cleared & holding, number
        assert not {address for address, cls in off if cls == "through_victim"} & beyond, number
        count += len(holding)
    return count


def test_d4_nobody_who_has_the_loot_is_missing_from_the_list_of_a_random_table(tmp_path: Path) -> None:
    assert check(range(60), tmp_path) > 60


@pytest.mark.prove
def test_d4_nobody_who_has_the_loot_is_missing_from_the_list_of_a_thousand_random_tables(tmp_path: Path) -> None:
    assert check(range(1_000), tmp_path) > 1_000
