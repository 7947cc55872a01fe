"""Swaps told from payments by what a transaction leaves everybody with."""

from __future__ import annotations

import pytest

from tracer.decoders import gives_and_receives, swap_rows
from tracer.model import AssetId, ChainId, Collected

CHAIN = ChainId("eip155:1")
Row = tuple[str, str, str, int] | tuple[str, str, str, int, str]


def collected(*rows: Row) -> list[Collected]:
    """Return the rows of one transaction from (sender, recipient, asset, amount[, kind])."""
    return [
        Collected(
            *(CHAIN, 7, "0xb", 1, "0xt", 0, "fee" if row[4:] == ("fee",) else "log", (place,)),
            *(row[4] if len(row) > 4 else "token", row[0], row[1], AssetId(row[2]), row[3], "s"),
        )
        for place, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("u", "pool", "A", 10), ("pool", "u", "B", 25)], (0, 1)),
        # method ev-net: a router in between nets to nothing
        ([("u", "router", "A", 10), ("router", "pool", "A", 10), ("pool", "u", "B", 25)], (0, 1, 2)),
        # the payee is another: a swap and a payment
        ([("u", "pool", "A", 10), ("pool", "friend", "B", 25)], (0, 1)),
        # two payments in two assets are no swap
        ([("u", "x", "A", 10), ("u", "y", "B", 25)], ()),
        ([("u", "x", "A", 10), ("v", "y", "B", 25)], ()),
        # an asset passed around changes nothing
        ([("u", "x", "A", 10), ("x", "u", "A", 10)], ()),
        # a chain of pools: whoever pays the fee is the trader
        (
            [("u", "", "E", 1, "fee"), ("u", "p", "A", 10), ("p", "q", "B", 20), ("q", "u", "C", 30)],
            (1, 3),
        ),
        # the same, and nobody says who began: nothing is told
        ([("u", "p", "A", 10), ("p", "q", "B", 20), ("q", "u", "C", 30)], ()),
        # two assets for one position: left to its own decoder
        ([("u", "p", "A", 10), ("u", "p", "B", 20), ("p", "u", "L", 5)], ()),
        # fee and mint are never part of it
        ([("u", "", "A", 10, "fee"), ("pool", "u", "B", 25)], ()),
        ([("u", "vault", "A", 10), ("zero", "u", "B", 10, "mint")], ()),
        # nothing moves by a zero amount
        ([("u", "pool", "A", 0), ("pool", "u", "B", 25)], ()),
        ([], ()),
    ],
)
def test_exactly_one_asset_down_and_one_up_is_a_swap(rows: list[Row], expected: tuple[int, ...]) -> None:
    assert swap_rows(collected(*rows)) == expected


def test_a_referrer_paid_out_of_the_swap_is_part_of_it() -> None:
    rows = collected(("u", "r", "A", 10), ("r", "pool", "A", 9), ("r", "ref", "A", 1), ("pool", "u", "B", 25))
    assert swap_rows(rows) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("u", "pool", "A", 10), ("pool", "u", "B", 25)], True),
        ([("u", "pool", "A", 10)], False),
        ([("u", "pool", "A", 10), ("pool", "u", "A", 3)], False),
        ([("u", "", "A", 10, "fee"), ("pool", "u", "B", 25)], False),
        ([("u", "p", "A", 10), ("u", "p", "B", 20), ("p", "u", "L", 5)], True),
    ],
)
def test_who_gives_one_thing_and_receives_another_needs_the_whole_transaction(rows: list[Row], expected: bool) -> None:
    assert gives_and_receives(collected(*rows), "u") is expected
