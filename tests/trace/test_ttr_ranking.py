"""TTR: the vector of method rank-ttr, nothing lost, and nothing that depends on the order of the edges."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.ttr import Edge, rank_ttr

VECTOR = [
    Edge(*edge)
    for edge in (
        ("s", "a", 60, 1),
        ("s", "b", 40, 2),
        ("a", "c", 50, 3),
        ("b", "c", 40, 4),
        ("a", "d", 10, 5),
        ("c", "x", 90, 6),
        ("y", "c", 30, 0),
    )
]


def test_the_scores_of_the_vector() -> None:
    found = rank_ttr(VECTOR, {"s": [""]})
    expected = {"x": 0.4114, "s": 0.1816, "a": 0.0930, "c": 0.0910, "d": 0.0856, "y": 0.0734, "b": 0.0599}
    assert {node: round(score, 4) for node, score in found.score.items()} == expected
    assert found.pushes == 137
    assert sum(found.score.values()) + found.left == pytest.approx(1, abs=1e-12)


edges = st.lists(
    st.builds(
        Edge, st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(1, 2**130), st.integers(0, 9), st.just("u")
    ),
    max_size=12,
)


@given(edges, st.integers(0, 99))
def test_nothing_is_lost_and_the_order_of_edges_does_not_matter(rows: list[Edge], seed: int) -> None:
    found = rank_ttr(rows, {"a": ["u", "v"]})
    assert sum(found.score.values()) + found.left == pytest.approx(1, abs=1e-12)
    shuffled = Random(seed).sample(rows, len(rows))
    assert rank_ttr(shuffled, {"a": ["v", "u"]}) == found


def test_a_service_keeps_what_reaches_it() -> None:
    onward = [*VECTOR, Edge("x", "z", 90, 7)]
    assert "z" in rank_ttr(onward, {"s": [""]}).score
    assert "z" not in rank_ttr(onward, {"s": [""]}, stopped=frozenset("x")).score
