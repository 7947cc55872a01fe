"""Pictures call a state, the victim and a fee by their names, and order the sums of a box by asset."""

from __future__ import annotations

import pytest

from tracer.model import WELL_KNOWN, AssetId, known_place
from tracer.viz.node_styles import KINDS, kind_of, reason_text, venue_text


@pytest.mark.parametrize(
    ("category", "role", "kind", "words"),
    [
        ("government", "seized", "state", "government"),
        ("custodian", "recovery", "victim", "returned"),
        ("exchange", "victim", "victim", "returned"),
        ("exchange", "", "exchange", "service"),
        ("otc", "", "service", "service"),
    ],
)
def test_n2_n4_a_state_and_the_victim_are_no_service(category: str, role: str, kind: str, words: str) -> None:
    assert kind_of("service", category, role) == kind
    assert reason_text("service", kind) == words
    assert "service" not in KINDS["state"].meaning + KINDS["victim"].meaning
    assert kind_of("at_rest", category, role) == "at_rest"


def test_n7_a_fee_and_a_burn_are_not_without_label() -> None:
    assert [venue_text("", reason) for reason in ("fee", "burned", "at_rest")] == ["network fee", "burned", "no label"]
    assert venue_text("Example", "fee") == "Example"


def test_n26_assets_stand_in_an_order_that_no_amount_decides() -> None:
    ether, other = AssetId("eip155:1/slip44:60"), AssetId("eip155:1/erc20:0x" + "00" * 20)
    assert sorted([other, *reversed(WELL_KNOWN), ether], key=known_place) == [ether, *WELL_KNOWN, other]


@pytest.mark.parametrize(("grade", "words"), [("asserted", "swap (asserted) 10"), ("recorded", "swap 10")])
def test_n36_a_swap_that_somebody_only_asserts_says_so(grade: str, words: str) -> None:
    from types import SimpleNamespace
    from typing import Any, cast

    from tracer.viz.captions import node_lines

    class Spoken:
        result = SimpleNamespace(holders={})

        def __getattr__(self, _: str) -> Any:
            return lambda *args, **_kwargs: str(args[0])

    ether = AssetId("eip155:1/slip44:60")
    swap = SimpleNamespace(grade=grade, given=(WELL_KNOWN[0], 10), received=(ether, 3))
    place = SimpleNamespace(role="event", name="e1", chain="eip155:1")
    node = SimpleNamespace(place=place, facts=[], swaps=[swap], parts=[], members=[], kind="event", is_leaf=False)
    assert any(
        line.startswith(words) for line in node_lines(cast("Any", node), cast("Any", None), cast("Any", Spoken()))
    )


def test_n38_one_day_is_no_span_and_an_undated_theft_is_said() -> None:
    from tracer.viz.flow import period

    assert period([0, 86_400], [0]) == "1970-01-01 to 1970-01-02 UTC"
    assert period([5, 6], [None, None]) == "1970-01-01 UTC, the theft itself without a date"
    assert period([None], [None]) == "no dated payment"


def test_n38_a_fee_is_no_payee_of_a_gathered_box() -> None:
    from types import SimpleNamespace
    from typing import Any, cast

    from tracer.viz.captions import _gathered

    def box(*parts: tuple[str, str]) -> str:
        held = [SimpleNamespace(chain="c", address=address, stop_reason=reason) for address, reason in parts]
        return _gathered(cast("Any", SimpleNamespace(parts=held)))

    assert box(("a", "at_rest"), ("", "fee")) == "1 payee and network fee"
    assert box(("a", "at_rest"), ("b", "at_rest")) == "2 payees"
