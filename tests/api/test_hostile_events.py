"""Events on which a hostile witness got a false link or a false certainty: what is one event, and in what order."""

from __future__ import annotations

from pathlib import Path

from test_hostile_tables import at, row, traced

from tracer.api import Trace

OTHER = "bbb"


def held(trace: Trace) -> dict[tuple[str, str], tuple[int, int, int, str, str]]:
    """Return by address and asset: tainted, min, max, certainty, basis."""
    return {
        (one["address"], one["asset"]): tuple(one[x] for x in ("tainted", "min", "max", "certainty", "basis"))
        for one in trace.exits().to_dict("records")
    }


def swap(who: str, pool: str, given: int, got: int, block: int, event: str, **more: object) -> list[dict[str, object]]:
    """Return the two rows of a swap of one asset for the other."""
    return [
        row(who, pool, given, block, event=event, **more),
        row(pool, who, got, block, event=event, asset=OTHER, **more),
    ]


def numbered(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows with their order as positions."""
    return [{**one, "position": place} for place, one in enumerate(rows)]


def test_c2_a_payment_beside_a_strangers_swap_pays_whom_it_pays(tmp_path: Path) -> None:
    rows = numbered([row("V", "C", 10, 1), *swap("H", "X", 100, 50, 2, "e"), row("C", "Y", 10, 2, event="e")])
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {(at("Y"), "aaa"): (10, 10, 10, "FORCED", "vouched")}


def test_c2_a_strangers_payment_in_the_event_of_a_thiefs_swap_takes_nothing_of_it(tmp_path: Path) -> None:
    rows = numbered([row("V", "H", 100, 1), *swap("H", "X", 100, 50, 2, "e"), row("C", "Y", 10, 2, event="e")])
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {(at("H"), OTHER): (50, 50, 50, "FORCED", "vouched")}


def test_c2_who_pays_a_fee_beside_a_swap_for_another_pays_it_of_its_own(tmp_path: Path) -> None:
    rows = numbered(
        [
            row("V", "H", 100, 1),
            row("H", "X", 96, 2, event="e"),
            row("H", "Y", 4, 2, event="e"),
            row("X", "C", 48, 2, event="e", asset=OTHER),
        ]
    )
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {
        (at("Y"), "aaa"): (4, 4, 4, "FORCED", "vouched"),
        (at("C"), OTHER): (48, 48, 48, "FORCED", "vouched"),
    }
