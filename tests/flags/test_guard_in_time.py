"""The guard judges by a label's own time (D2), and a statement of rank A1 overrides it only on file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from results_for_report import DAY1, EXCHANGE, holder, label, small_result

from tracer.flags import build
from tracer.flags.guard import Guard
from tracer.model import Label, format_time
from tracer.trace.result import HolderInfo

DAY = 86_400


def reached(*labels: Label, first: int | None = DAY1) -> HolderInfo:
    return replace(holder(EXCHANGE, 1, *labels), first_time=first)


def lasting(since: int | None, until: int | None, category: str = "exchange") -> Label:
    said = label(EXCHANGE, "hot wallet", category, "An exchange")
    return replace(said, valid_from=format_time(since), valid_until=format_time(until))


@pytest.mark.parametrize(
    ("since", "until", "guarded"),
    [
        (None, None, True),
        (DAY1 - DAY, DAY1 + DAY, True),
        (DAY1 - DAY, DAY1, False),
        (DAY1 - DAY, DAY1 + 1, True),
        (DAY1 + DAY, None, True),
        (None, DAY1 - 1, False),
    ],
)
def test_d2_a_label_guards_from_the_first_arrival_on(since: int | None, until: int | None, guarded: bool) -> None:
    found = Guard(small_result(), (), ()).why(reached(lasting(since, until)), named=None)
    assert [row.cls for row in found] == (["exchange"] if guarded else [])


def test_d2_at_an_unknown_time_every_label_guards_and_says_when_it_holds() -> None:
    (row,) = Guard(small_result(), (), ()).why(reached(lasting(0, DAY), first=None), named=None)
    assert "(exchange, from 1970-01-01T00:00:00Z, until 1970-01-02T00:00:00Z)" in row.reason


@pytest.mark.parametrize(
    ("rank", "confidence", "lifts"),
    [("A1", "override", True), ("A1", "authority_data", False), ("A2", "override", False)],
)
def test_d4_only_an_override_of_rank_a1_on_file_lifts_the_guard_by_labels(
    rank: str, confidence: str, lifts: bool
) -> None:
    named = replace(
        label(EXCHANGE, "wallet of the thief", "theft", ""), rank=rank, confidence=confidence, incident="demo"
    )
    held = reached(named, lasting(None, None))
    guard = Guard(small_result(), (), ())
    assert bool(guard.why(held, named=named)) is not lifts
    said = guard.lifted(held, named=named)
    assert [row.cls for row in said] == (["exchange"] if lifts else [])
    assert all("overrides that" in row.reason for row in said)


def test_d4_an_entry_listed_over_the_guard_says_so() -> None:
    named = replace(label(EXCHANGE, "wallet", "theft", ""), rank="A1", confidence="override", incident="demo")
    held = replace(reached(named, lasting(None, None)), is_seed=True)
    result = replace(small_result(), holders={(held.chain, held.address): held}, movements=(), exits=())
    flags = build(result, as_of="2026-11-23", prices=None)
    assert [(row.address, "override:exchange" in row.reason.split(";")) for row in flags.entries] == [(EXCHANGE, True)]
    assert flags.kept_off == ()


def test_d4_no_override_lifts_what_is_true_of_the_address_itself() -> None:
    named = replace(label(EXCHANGE, "x", "theft", ""), rank="A1", confidence="override", incident="demo")
    guard = Guard(small_result(), (f"eip155:1:{EXCHANGE}",), ())
    assert [row.cls for row in guard.why(reached(named, lasting(None, None)), named=named)] == ["victim"]
    assert guard.lifted(reached(named, lasting(None, None)), named=named) == ()
