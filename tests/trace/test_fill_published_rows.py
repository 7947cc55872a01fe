"""A published table is found on the chain row by row, whatever order the chain's rows come in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.match_published_rows import fill, same_printed
from tracer.model import AssetId, ChainId, Transfer

CHAIN = ChainId("eip155:1")
ETHER = AssetId("eip155:1/slip44:60")
A, B, C = (f"0x{digit * 40}" for digit in "abc")


def moved(block: int, index: int, sender: str, recipient: str, amount: int, kind: str = "native") -> Transfer:
    tx = f"0x{block:032x}{index:032x}"
    return Transfer(
        *(index + 1, CHAIN, block, index, 1000 + 12 * block, tx, kind, sender, recipient, ETHER, amount),
    )


def published(one: Transfer, row: int, *, amount: int | None = None, precision: str = "exact") -> Transfer:
    return Transfer(
        *(row, one.chain, None, None, one.time, "", "native", one.sender, one.recipient, one.asset),
        *(one.amount if amount is None else amount,),
        precision=precision,
    )


movements = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from([A, B, C]), st.sampled_from([A, B, C]), st.integers(1, 4)),
    max_size=12,
).map(lambda rows: [moved(block, index, *rest) for index, (block, *rest) in enumerate(rows)])


@given(movements, st.randoms(use_true_random=False))
def test_every_row_of_a_table_made_from_the_chain_is_found_with_difference_zero(
    rows: list[Transfer], random: object
) -> None:
    table = [published(one, place + 1) for place, one in enumerate(rows)]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = fill(table, shuffled)
    assert [one.difference for one in found.rows] == [0] * len(rows)
    assert len({one.found.tx for one in found.rows if one.found}) == len(rows)
    assert found == fill(table, rows)
    assert found.unpublished == ()


def test_an_exact_amount_wins_over_a_nearer_place_and_the_rest_goes_to_the_nearest() -> None:
    chain = [moved(1, 0, A, B, 100), moved(1, 1, A, B, 90)]
    table = [published(chain[0], 1, amount=95), published(chain[0], 2, amount=100)]
    found = fill(table, chain)
    assert [(one.found, one.difference) for one in found.rows] == [(chain[1], -5), (chain[0], 0)]
    assert [one.agrees for one in found.rows] == [False, True]


def test_a_printed_amount_agrees_with_what_it_is_a_rounding_of() -> None:
    exact = moved(1, 0, A, B, 3_693_537_583_527_971_465_999)
    (row,) = fill([published(exact, 1, amount=3_693_537_583_527_971_500_000, precision="printed")], [exact]).rows
    assert row.difference == -34_001
    assert row.agrees
    (said_exact,) = fill([replace(row.row, precision="exact")], [exact]).rows
    assert not said_exact.agrees
    assert not same_printed(3_693_537_583_527_971_500_000, 3_693_537_583_500_000_000_000)


def test_what_is_on_the_chain_between_the_table_s_holders_but_not_in_the_table_is_named() -> None:
    chain = [moved(1, 0, A, B, 100), moved(2, 0, B, A, 7), moved(2, 1, B, C, 8), moved(2, 2, A, B, 9, "fee")]
    table = [published(chain[0], 1), published(moved(3, 0, A, B, 5), 2)]
    found = fill(table, chain)
    assert [one.found for one in found.rows] == [chain[0], None]
    assert found.unpublished == (chain[1],)
