"""Ends are matched in three tiers; a contradiction is a veto, and of several none is chosen."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linking_worlds import FAR, HERE, come, gone, slowly, world

from tracer.errors import InputError
from tracer.links import (
    LISTED,
    BridgeEnd,
    Calendar,
    Closure,
    SameUnit,
    Terms,
    calendar_of,
    decoys_of,
    delta_of,
    fee_of,
    match,
)
from tracer.links.timeline import Timeline
from tracer.model import BITCOIN

NOW = calendar_of(
    [
        Closure(service="hop", state="halted", since=1_500, until=5_000, source="https://a.example", said="stood"),
        Closure(service="old", state="closed", since=900, until=None, source="https://b.example", said="gone"),
    ]
)


def one(source: BridgeEnd, *destinations: BridgeEnd, terms: Terms | None = None) -> tuple[str, int, str]:
    """Return tier, rivals and what speaks against the first candidate of a source."""
    found = match([source], destinations, terms)
    if not found.candidates:
        return "", 0, ""
    first = found.candidates[0]
    assert first.accepted == (not first.reason)
    return first.tier, first.rivals, first.reason


def test_an_identifier_links_whatever_the_fee_and_the_delay() -> None:
    found = match([gone(key="7")], [come(key="7", time=10**7, amount=500)])
    (pair,) = found.accepted()
    assert (pair.tier, pair.rivals, delta_of(found, pair), fee_of(found, pair, Terms())) == (
        *("identifier", 0, 10**7 - 1_000, 500),
    )


def test_a_recipient_an_amount_and_a_time_link_without_identifier() -> None:
    assert one(gone(), come()) == ("structured", 0, "")
    assert one(gone(recipient=""), come()) == ("amount_time", 0, "")
    assert one(gone(), come(), terms=Terms(ignore_recipients=True)) == ("amount_time", 0, "")


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"recipient": "0xother"}, ""),
        ({"chain": FAR}, "the source says"),
        ({"src_chain": FAR}, "comes from"),
        ({"asset": "USD "}, "does not come out for"),
        ({"amount": 1_001}, "More comes out"),
        ({"amount": 989}, "fee can be"),
        ({"time": 1_000}, "not later"),
        ({"time": 999}, "not later"),
        ({"time": 1_001 + 86_400}, "seconds later"),
        ({"key": "8"}, "identifier is another"),
        ({"service": "celer"}, "It is of celer"),
    ],
)
def test_a_contradiction_is_a_veto_and_is_told(parts: dict[str, object], says: str) -> None:
    found = match([gone(key="7", service="hop")], [come(**({"key": "", "service": "hop"} | parts))])
    assert found.accepted() == ()
    assert found.open_destinations() == (0,)
    reasons = [candidate.reason for candidate in found.candidates]
    assert all(says in reason for reason in reasons)
    assert bool(reasons) == bool(says)  # what another recipient was paid is no near miss


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"recipient": "0xother"}, "pays another"),
        ({"chain": FAR}, "the source says"),
        ({"asset": "USDC"}, "does not come out for"),
        ({"amount": 1_001}, "More comes out"),
        ({"time": 999}, "earlier than its source"),
        ({"service": "hop", "time": 2_000}, "hop was halted"),
    ],
)
def test_the_same_identifier_does_not_stand_against_a_contradiction(parts: dict[str, object], says: str) -> None:
    terms = Terms(SameUnit.of({("USD", "USD"): (6, 6)}), calendar=NOW)
    found = match([gone(key="7", service=str(parts.get("service", "")))], [come(**({"key": "7"} | parts))], terms)
    assert found.accepted() == ()
    assert [candidate.reason for candidate in found.candidates if says in candidate.reason]


def test_a_message_id_used_again_identifies_nothing_and_the_recipient_may() -> None:
    found = match([gone(key="7")], [come("d1", key="7"), come("d2", key="7", recipient="0xthief")])
    (pair,) = found.accepted()
    assert (pair.tier, found.destinations[pair.destination].leg) == ("structured", "d1")
    assert {candidate.tier for candidate in found.candidates if not candidate.accepted} == {"identifier"}
    thieves = [come(f"d{number}", key="7", recipient=f"0x{number}") for number in range(100)]
    replayed = match([gone(key="7", recipient="0xfirst")], thieves)
    assert replayed.accepted() == ()
    assert all("100 times coming out" in candidate.reason for candidate in replayed.candidates)


def test_an_unrelated_deposit_of_the_same_amount_makes_a_rival_and_nobody_is_chosen() -> None:
    found = match([gone("s1"), gone("s2", time=1_010)], [come()])
    assert found.accepted() == ()
    assert {candidate.rivals for candidate in found.candidates} == {1}
    apart = match([gone("s1"), gone("s2", time=1_010, recipient="0xelse")], [come()])
    assert [apart.sources[pair.source].leg for pair in apart.accepted()] == ["s1"]
    silent = match([gone("s1"), gone("s2", time=1_010, recipient="")], [come()])
    assert silent.accepted() == (), "a source that says nothing can have gone to anybody"


def test_a_source_that_states_no_chain_does_not_stay_on_its_own() -> None:
    assert one(gone(dest_chain=""), come(chain=HERE))[2].startswith("It is on the chain of the source")
    assert one(gone(dest_chain=HERE), come(chain=HERE)) == ("structured", 0, "")


def test_decimals_are_scaled_exactly() -> None:
    terms = Terms(SameUnit.of({("DAI", "USD"): (18, 6)}), max_fee=Fraction(0))
    source = gone(asset="DAI", amount=123_456_789 * 10**12)
    assert one(source, come(amount=123_456_789), terms=terms) == ("structured", 0, "")
    assert "fee can be" in one(source, come(amount=123_456_788), terms=terms)[2]
    assert "More comes out" in one(source, come(amount=123_456_790), terms=terms)[2]
    back = Terms(SameUnit.of({("USD", "DAI"): (6, 18)}))
    found = match([gone(amount=10**6)], [come(asset="DAI", amount=10**18 - 1)], back)
    assert fee_of(found, found.accepted()[0], back) == 0, "less than a unit of the source is kept"


def test_a_fee_at_the_bound_fits_and_one_unit_more_does_not() -> None:
    amount = 10**27 + 7
    most = amount // 100
    assert one(gone(amount=amount), come(amount=amount - most)) == ("structured", 0, "")
    assert "fee can be" in one(gone(amount=amount), come(amount=amount - most - 1))[2]
    kept = Terms(min_fee=Fraction(1, 1_000))
    assert "Less is kept" in one(gone(), come(amount=1_000), terms=kept)[2]
    assert one(gone(), come(amount=999), terms=kept)[2] == ""


def test_all_of_an_amount_can_be_the_fee() -> None:
    assert one(gone(), come(amount=1), terms=Terms(max_fee=Fraction(1)))[0] == "structured"


def test_what_was_closed_can_be_neither_end_and_a_halt_lets_deposits_wait() -> None:
    terms = Terms(calendar=NOW)
    assert one(gone(service="hop"), come(service="hop"), terms=terms)[0] == ""
    assert one(gone(service="hop", time=2_000), come(service="hop", time=5_000), terms=terms)[0] == "structured"
    assert one(gone(service="hop"), come(), terms=terms)[2].startswith("hop was halted")
    assert one(gone(), come(service="hop"), terms=terms)[0] == ""
    assert one(gone(service="old"), come(time=1_100), terms=terms)[0] == ""
    found = match([gone(service="old")], [come(service="hop")], terms)
    assert sorted(found.impossible) == [(False, 0), (True, 0)]
    assert "https://b.example" in found.impossible[False, 0]


def test_a_payout_that_nothing_went_in_for_stays_open() -> None:
    ronin = come("ronin", chain=HERE, asset="WETH", amount=173_600 * 10**18, recipient="0x098b", key="2000000")
    found = match([gone(key="1")], [come(key="1"), ronin])
    assert [found.destinations[number].leg for number in found.open_destinations()] == ["ronin"]


def test_the_clock_of_bitcoin_is_granted_to_identifiers_alone() -> None:
    early = {"chain": BITCOIN, "time": 100_000 - 7_200}
    source = {"time": 100_000, "dest_chain": BITCOIN}
    assert one(gone(key="7", **source), come(key="7", **early))[0] == "identifier"
    assert match([gone(key="7", **source)], [come(key="7", chain=BITCOIN, time=92_799)]).accepted() == ()
    assert match([gone(**source)], [come(**early)]).accepted() == ()


def test_no_more_candidates_are_shown_than_are_listed_and_all_are_counted() -> None:
    found = match([gone()], [come(f"d{number:02}", time=1_100 + number) for number in range(50)])
    assert len(found.candidates) == LISTED
    assert {candidate.rivals for candidate in found.candidates} == {49}


def test_two_legs_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="Two legs are called 's'"):
        match([gone(), gone()], [])


@pytest.mark.parametrize("terms", [{"max_fee": Fraction(2)}, {"min_fee": Fraction(1, 2)}, {"max_delay": 0}])
def test_terms_that_cannot_be_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Terms(**terms)  # type: ignore[arg-type]


TERMS = st.builds(
    Terms,
    max_delay=st.sampled_from([600, 86_400, 100_000]),
    min_fee=st.sampled_from([Fraction(0), Fraction(1, 1_000)]),
    max_fee=st.sampled_from([Fraction(1, 1_000), Fraction(1, 100), Fraction(1)]),
    ignore_recipients=st.booleans(),
    calendar=st.sampled_from(
        [
            Calendar(),
            calendar_of(
                Closure(service="hop", state=state, since=since, until=until, source="https://a.example", said="x")
                for state, since, until in (
                    ("closed", None, 9_000),
                    ("halted", 50_000, 90_000),
                    ("closed", 150_000, None),
                )
            ),
        ]
    ),
)


@given(st.integers(0, 10**6), TERMS)
def test_the_counts_are_those_of_looking_at_every_pair(seed: int, terms: Terms) -> None:
    made = world(seed)
    found = match(made.sources, made.destinations, terms)
    pairs = [
        ((found.sources[pair.source].leg, found.destinations[pair.destination].leg), pair) for pair in found.candidates
    ]
    by_key = {name for name, pair in pairs if pair.accepted and pair.tier == "identifier"}
    rivals = slowly(made.sources, made.destinations, terms, by_key)
    for name, pair in pairs:
        if pair.tier != "identifier" and (pair.accepted or pair.rivals):
            assert rivals[name] == pair.rivals
    accepted = {name for name, pair in pairs if pair.accepted} - by_key
    assert accepted == {name for name, count in rivals.items() if not count}
    shown = {one for (one, _), pair in pairs if pair.accepted or pair.rivals}
    assert {one for one, _ in rivals} <= shown, "who fits somebody is told so"


@given(st.integers(0, 10**6))
def test_in_worlds_of_known_truth_an_identified_link_is_never_wrong(seed: int) -> None:
    made = world(seed)
    found = match(made.sources, made.destinations)
    for pair in found.accepted("identifier"):
        assert made.truth[found.sources[pair.source].leg] == found.destinations[pair.destination].leg


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seed: int, dice: random.Random) -> None:
    made = world(seed)
    before = match(made.sources, made.destinations)
    dice.shuffle(made.sources)
    dice.shuffle(made.destinations)
    assert match(made.sources, made.destinations) == before


@given(st.integers(0, 10**6))
def test_no_end_is_linked_twice(seed: int) -> None:
    made = world(seed)
    found = match(made.sources, made.destinations)
    taken = found.accepted()
    assert len({pair.source for pair in taken}) == len({pair.destination for pair in taken}) == len(taken)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=300),
    *(st.tuples(st.integers(0, 60), st.integers(0, 60)), st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9))),
)
def test_a_timeline_counts_and_lists_as_a_list_does(
    ends: list[tuple[int, int]], window: tuple[int, int], amounts: tuple[int, int | None]
) -> None:
    line = Timeline((moment, amount, number) for number, (moment, amount) in enumerate(ends))
    least, most = amounts
    fits = sorted(
        (moment, number)
        for number, (moment, amount) in enumerate(ends)
        if window[0] <= moment <= window[1] and least <= amount and (most is None or amount <= most)
    )
    assert line.count(*window, least, most) == len(fits)
    assert line.first(7, *window, least, most) == [number for _, number in fits[:7]]


def test_decoys_tell_what_chance_satisfies() -> None:
    day = 86_400
    sources = [gone(f"s{number:02}", time=40 * day + number * 7_200, recipient="") for number in range(4)]
    payouts = [come(f"d{number:02}", time=40 * day + number * 7_200 + 60) for number in range(4)]
    apart = [replace(end, amount=end.amount + 20 * number) for number, end in enumerate(payouts)]
    found = match(
        [replace(end, amount=1_000 + 20 * number) for number, end in enumerate(sources)],
        [*apart, come("by chance", time=33 * day + 600)],
    )
    assert [(decoy.days, decoy.accepted, decoy.of) for decoy in decoys_of(found, Terms())] == [
        *((7, 1, 4), (14, 0, 4), (30, 0, 4)),
    ]
    assert decoys_of(match([gone()], []), Terms()) == ()


def test_twenty_thousand_deposits_of_one_amount_on_one_day_take_seconds() -> None:
    sources = [gone(f"s{number:05}", time=1_000 + number, recipient="") for number in range(20_000)]
    payouts = [come(f"d{number:05}", time=2_000 + number) for number in range(20_000)]
    began = time.process_time()
    found = match(sources, payouts)
    assert time.process_time() - began < 30
    assert len(found.candidates) == LISTED * 20_000
    assert found.accepted() == ()


@pytest.mark.parametrize("coming_out", [True, False])
def test_an_end_that_names_no_service_may_be_of_any_and_repeats_its_identifier(*, coming_out: bool) -> None:
    if coming_out:
        sources, destinations = [gone(key="7", service="hop")], [come(key="7", service="hop"), come("e", key="7")]
    else:
        sources, destinations = [gone(key="7", service="hop"), gone("t", key="7")], [come(key="7", service="hop")]
    found = match(sources, destinations)
    assert found.accepted("identifier") == ()
    assert max(pair.rivals for pair in found.candidates) == 1


def test_one_number_of_two_services_is_two_transfers() -> None:
    sources = [gone(key="7", service="hop"), gone("t", key="7", service="across")]
    destinations = [come(key="7", service="hop"), come("e", key="7", service="across")]
    found = match(sources, destinations)
    assert [(one.source, one.destination) for one in found.accepted("identifier")] == [(0, 0), (1, 1)]


@pytest.mark.parametrize(("went", "came"), [("JUNK", "USDCe"), ("USDC", "JUNK")])
def test_an_asset_that_stands_for_another_contradicts_an_identifier_on_either_side(went: str, came: str) -> None:
    terms = Terms(SameUnit.of({("USDC", "USDCe"): (6, 6)}))
    found = match([gone(key="7", asset=went)], [come(key="7", asset=came, amount=999_999)], terms)
    assert found.accepted() == ()
