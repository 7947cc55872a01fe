"""When services were open: every closure has a source, none overlap, and times are judged as half-open instants."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import DataFileError
from tracer.links import Calendar, Closure, calendar_of, read_calendar, service_calendar
from tracer.model import parse_time

NAMED = ("thorchain", "sinbad", "chipmixer", "exch", "nomad", "multichain", "harmony")


def closure(since: int | None, until: int | None, state: str = "halted") -> Closure:
    return Closure(service="s", state=state, since=since, until=until, source="https://x.example", said="said")


def test_what_ships_names_every_service_with_a_source() -> None:
    held = service_calendar()
    assert set(NAMED) <= set(held.closures)
    for closures in held.closures.values():
        assert all(one.source.startswith("http") and one.said for one in closures)


@pytest.mark.parametrize(
    ("service", "time", "out", "impossible"),
    [
        ("thorchain", "2026-05-20", True, True),
        ("thorchain", "2026-05-20", False, False),
        ("thorchain", "2026-07-01", True, False),
        ("thorchain", "2026-05-14", True, False),
        ("sinbad", "2024-01-01", False, True),
        ("sinbad", "2023-06-05", False, False),
        ("chipmixer", "2022-05-01", True, False),
        ("chipmixer", "2023-04-01", True, True),
        ("exch", "2025-03-01", False, False),
        ("exch", "2025-06-01", False, True),
        ("nomad", "2022-08-18T11:44:15Z", False, False),
        ("nomad", "2022-08-18T11:44:15Z", True, True),
        ("nomad", "2022-08-02T00:04:00Z", True, False),
        ("multichain", "2023-08-01", False, True),
        ("harmony", "2022-07-01", True, True),
        ("hop", "2022-07-01", True, False),
    ],
)
def test_a_moment_is_possible_or_not(service: str, time: str, *, out: bool, impossible: bool) -> None:
    found = service_calendar().against(service, parse_time(time), coming_out=out)
    assert (found is not None) == impossible


def test_an_interval_holds_its_first_second_and_not_its_last() -> None:
    held = calendar_of([closure(10, 20)])
    assert [held.against("s", moment, coming_out=True) is not None for moment in (9, 10, 19, 20)] == [
        *(False, True, True, False),
    ]
    assert held.against("s", None, coming_out=True) is None


@given(
    st.lists(st.integers(0, 60), max_size=6, unique=True),
    *(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.lists(st.booleans(), min_size=6, max_size=6)),
)
def test_open_parts_are_the_seconds_that_nothing_speaks_against(
    cuts: list[int], first: int, last: int, out: bool, halted: list[bool]
) -> None:
    cuts.sort()
    pairs: list[tuple[int | None, int | None]] = list(zip(cuts[::2], cuts[1::2], strict=False))
    if len(cuts) % 2:
        pairs.append((cuts[-1], None))
    states = ["halted" if one else "closed" for one in halted]
    held = calendar_of(closure(*pair, state) for pair, state in zip(pairs, states, strict=False))
    parts = held.open_parts("s", first, last, coming_out=out)
    inside = {moment for begin, end in parts for moment in range(begin, end + 1)}
    assert inside == {m for m in range(first, last + 1) if held.against("s", m, coming_out=out) is None}
    assert all(begin <= end for begin, end in parts)


@pytest.mark.parametrize(
    "pair", [((10, 20), (19, 30)), ((10, None), (30, 40)), ((None, 20), (None, 5)), ((10, 10), (20, 30))]
)
def test_closures_that_overlap_or_are_empty_are_refused(pair: tuple[tuple[int | None, int | None], ...]) -> None:
    with pytest.raises(DataFileError):
        calendar_of([closure(*one) for one in pair])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{service: a, state: shut, from: '2022-01-01', source: 'https://a.example', said: b}", "no state"),
        ("{service: a, state: closed, source: 'https://a.example', said: b}", "lacks"),
        ("{service: a, state: closed, from: '2022-01-01', said: b}", "lacks source"),
        ("{service: a, state: closed, from: '2022-01-01', source: a.example, said: b}", "no web address"),
        ("{service: a, state: closed, from: soon, source: 'https://a.example', said: b}", "closure 1"),
        ("{service: a, state: closed, from: '2022-01-01', source: 'https://a.example', said: b, who: c}", "'who'"),
        ("[a]", "no mapping"),
    ],
)
def test_an_entry_that_breaks_the_form_is_named(tmp_path: Path, entry: str, says: str) -> None:
    path = tmp_path / "calendar.yml"
    path.write_text(f"schema: tracer-calendar/1\nclosures:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=says):
        read_calendar(path)
    path.write_text("schema: other\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="no calendar"):
        read_calendar(path)


def test_nothing_known_closes_nothing() -> None:
    assert Calendar().against("thorchain", 10**9, coming_out=True) is None
    assert Calendar().open_parts("thorchain", 5, 9, coming_out=True) == [(5, 9)]
    assert Calendar().open_parts("thorchain", 9, 5, coming_out=True) == []


def test_the_calendar_contradicts_no_deposit_of_nomad(shared: Path) -> None:
    path = shared / "data" / "bridge_nomad_ronin_xchainwatcher" / "nomad_deposits_pairs.tsv.gz"
    held = service_calendar()
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [line.split("\t") for line in stream]
    assert len(rows) == 11_254
    for row in rows:
        assert held.against("nomad", int(row[1]), coming_out=False) is None
        assert held.against("nomad", int(row[4]), coming_out=True) is None
