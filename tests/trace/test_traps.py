"""Every trap that a table can spring."""

from __future__ import annotations

from dataclasses import replace

import pytest
from vectors import CHAIN, CONSERVING, HAND_ROWS, HAND_SEED, UNIT, held_and_left, label, traced, transfer, transfers

from tracer.errors import DataFileError, InputError
from tracer.model import AssetId, Seed, Transfer, parse_asset, parse_time
from tracer.trace import TraceResult

THEFT = Seed("tx", "t0", CHAIN, UNIT, None, "o1")


def stolen_by_movement(result: TraceResult) -> list[tuple[str, str, int, int]]:
    return [(m.sender, m.recipient, m.amount, m.tainted) for m in result.movements]


@pytest.mark.parametrize("policy", CONSERVING)
def test_an_outflow_before_the_inflow_taints_nobody(policy: str) -> None:
    assert "Z" not in held_and_left(traced(HAND_ROWS, [HAND_SEED], policy))


@pytest.mark.parametrize("policy", CONSERVING)
def test_a_hub_with_a_clean_top_up_never_pays_out_more_than_it_received_stolen(policy: str) -> None:
    ends = held_and_left(traced(HAND_ROWS, [HAND_SEED], policy))
    assert ends.get("X", 0) + ends.get("Y", 0) == 60


def test_a_holder_visited_again_after_new_inflow_is_followed_again() -> None:
    rows = transfers(
        ("V", "H", 100, 1, "t0"), ("H", "A", 10, 2), ("A", "X", 10, 3), ("H", "A", 90, 4), ("A", "Y", 90, 5)
    )
    assert held_and_left(traced(rows, [THEFT])) == {"X": 10, "Y": 90}


@pytest.mark.parametrize("policy", CONSERVING)
def test_a_cycle_conserves_and_ends(policy: str) -> None:
    rows = transfers(
        ("V", "A", 100, 1, "t0"), ("A", "B", 100, 2), ("B", "A", 100, 3), ("A", "B", 60, 4), ("B", "A", 60, 5)
    )
    result = traced(rows, [THEFT], policy)
    assert held_and_left(result) == {"A": 100}
    assert result.audit.closed


def test_a_payment_to_oneself_moves_nothing_but_stays_visible() -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "A", 70, 2), ("A", "X", 100, 3))
    result = traced(rows, [THEFT], "lifo")
    assert stolen_by_movement(result) == [("V", "A", 100, 100), ("A", "A", 70, 0), ("A", "X", 100, 100)]
    assert result.coverage.self_rows == 1


def test_zero_rows_move_nothing_and_dust_stays_its_own_lot() -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("D", "A", 1, 2), ("D", "A", 0, 3), ("A", "X", 0, 4), ("A", "Y", 101, 5))
    result = traced(rows, [THEFT])
    assert held_and_left(result) == {"Y": 100}
    assert result.coverage.zero_rows == 2
    assert ("A", "X", 0, 0) in stolen_by_movement(result)


def test_a_look_alike_that_sends_dust_is_another_address() -> None:
    real = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
    fake = "0x098b000000000000000000000000000000002f96"
    rows = [
        transfer(1, "V", real, 100, 1, tx="t0"),
        transfer(2, fake, real, 0, 2),
        transfer(3, real, "X", 100, 3),
        transfer(4, fake, "Y", 5, 4),
    ]
    result = traced(rows, [THEFT])
    assert held_and_left(result) == {"X": 100}
    assert (CHAIN, fake) not in result.holders


def test_values_beyond_53_63_and_127_bits_survive() -> None:
    for amount in (2**53 + 1, 2**63, 2**127, 401346768858404671234567, 2**256 - 1):
        rows = transfers(("V", "A", amount, 1, "t0"), ("A", "X", amount - 1, 2))
        assert held_and_left(traced(rows, [THEFT])) == {"X": amount - 1, "A": 1}


def test_assets_of_different_decimals_or_contracts_are_never_added() -> None:
    cheap, other = AssetId("usd-6"), AssetId("usd-18")
    rows = [
        transfer(1, "V", "A", 10, 1, tx="t0", asset=cheap),
        transfer(2, "C", "A", 10**18, 2, asset=other),
        transfer(3, "A", "X", 10**18, 3, asset=other),
    ]
    result = traced(rows, [replace(THEFT, asset=None)])
    assert [(leaf.address, leaf.asset, leaf.tainted) for leaf in result.exits] == [("A", cheap, 10)]


def test_a_theft_paid_straight_into_an_exchange_ends_there() -> None:
    rows = transfers(("V", "E", 100, 1, "t0"), ("E", "X", 100, 2))
    result = traced(rows, [THEFT], labels=[label("E", "exchange")])
    assert [(leaf.address, leaf.stop_reason, leaf.tainted) for leaf in result.exits] == [("E", "service", 100)]


@pytest.mark.parametrize("policy", CONSERVING)
def test_what_a_stopped_holder_pays_later_arrives_clean_and_counts_in_the_balance(policy: str) -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "E", 60, 2), ("E", "A", 60, 3), ("A", "X", 100, 4))
    result = traced(rows, [THEFT], policy, [label("E", "exchange")])
    ends = held_and_left(result)
    expected = {"fifo": 40, "tiho": 40, "dirty_first": 40, "lifo": 40, "clean_first": 40, "haircut": 40}
    assert ends["E"] == 60
    assert ends.get("X", 0) + ends.get("A", 0) == expected[policy]
    assert result.coverage.unexplained_inflow == {}


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        *[(name, "service") for name in ("exchange", "exchange_deposit", "custodian", "otc", "gambling")],
        *[("mixer", "mixer"), ("coinjoin", "mixer"), ("bridge", "bridge"), ("contract", "contract")],
        *[("frozen", "frozen"), ("burn", "burned"), ("defi", "contract"), ("government", "service")],
    ],
)
def test_each_absorbing_category_has_its_stop_reason(category: str, reason: str) -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 100, 3))
    result = traced(rows, [THEFT], labels=[label("E", category)])
    assert [(leaf.address, leaf.stop_reason) for leaf in result.exits] == [("E", reason)]


def test_other_stops_each_leave_exactly_one_reason() -> None:
    rows = transfers(
        ("V", "A", 100, 1, "t0"), ("A", "B", 90, 2), ("A", "D", 5, 3), ("B", "C", 90, 4), ("C", "X", 90, 5)
    )
    hops = traced(rows, [THEFT], max_hops=1)
    assert [(e.address, e.stop_reason, e.tainted) for e in hops.exits] == [
        ("A", "at_rest", 5),
        ("B", "max_hops", 90),
        ("D", "max_hops", 5),
    ]
    small = traced(rows, [THEFT], min_amount=6)
    assert [(e.address, e.stop_reason, e.tainted) for e in small.exits] == [
        ("A", "at_rest", 5),
        ("X", "at_rest", 90),
        ("D", "below_threshold", 5),
    ]
    until = traced(rows, [THEFT], until=2)
    assert [(e.address, e.stop_reason, e.tainted) for e in until.exits] == [
        ("A", "window_end", 10),
        ("B", "window_end", 90),
    ]
    busy = traced(rows, [THEFT], high_degree=2)
    assert [(e.address, e.stop_reason, e.tainted) for e in busy.exits] == [("A", "high_degree", 100)]
    for result in (hops, small, until, busy):
        assert result.audit.closed


def test_a_money_that_comes_too_small_is_clean_when_it_is_paid_on() -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "B", 5, 2), ("A", "B", 95, 3), ("B", "X", 100, 4))
    result = traced(rows, [THEFT], "fifo", min_amount=6)
    assert held_and_left(result) == {"B": 5, "X": 95}


def test_fees_and_burns_are_exits_of_their_own() -> None:
    rows = (
        *transfers(("V", "A", 100, 1, "t0")),
        transfer(2, "A", "", 3, 2, kind="fee"),
        transfer(3, "A", "0x0", 7, 3, kind="burn"),
    )
    result = traced(rows, [THEFT])
    assert [(e.address, e.stop_reason, e.tainted) for e in result.exits] == [
        ("A", "at_rest", 90),
        ("0x0", "burned", 7),
        ("", "fee", 3),
    ]


def test_a_mint_is_clean_and_debits_nobody() -> None:
    rows = (*transfers(("V", "A", 100, 1, "t0")), transfer(2, "", "A", 50, 2, kind="mint"))
    result = traced((*rows, transfer(3, "A", "X", 150, 3)), [THEFT])
    assert held_and_left(result) == {"X": 100}
    assert result.coverage.unexplained_inflow == {}


def test_a_swap_carries_the_lots_to_the_asset_received_and_the_router_holds_nothing() -> None:
    eth, usd = AssetId("eth"), AssetId("usd")
    rows = [
        transfer(1, "V", "U", 10 * 10**18, 1, tx="t0", asset=eth),
        transfer(2, "U", "R", 10 * 10**18, 2, event="s", asset=eth),
        transfer(3, "R", "P", 10 * 10**18, 2, event="s", asset=eth),
        transfer(4, "P", "U", 25_000 * 10**6, 2, event="s", asset=usd),
        transfer(5, "U", "X", 25_000 * 10**6, 3, asset=usd),
    ]
    result = traced(rows, [replace(THEFT, asset=None)])
    assert [(e.address, e.asset, e.tainted, e.origin_amount) for e in result.exits] == [
        ("X", usd, 25_000 * 10**6, 10 * 10**18)
    ]
    assert (CHAIN, "R") not in result.holders


def test_both_sides_of_a_swap_keep_what_was_stolen_from_them() -> None:
    a, b = AssetId("a"), AssetId("b")
    rows = [
        transfer(1, "V", "U", 10, 1, tx="t0", asset=a),
        transfer(2, "W", "P", 50, 1, tx="t1", asset=b),
        transfer(3, "U", "P", 10, 2, event="s", asset=a),
        transfer(4, "P", "U", 50, 2, event="s", asset=b),
    ]
    seeds = [Seed("tx", "t0", CHAIN, None, None, "o1"), Seed("tx", "t1", CHAIN, None, None, "o2")]
    result = traced(rows, seeds)
    assert [(e.address, e.asset, e.origin.name, e.tainted, e.origin_amount) for e in result.exits] == [
        ("P", a, "o2", 10, 50),
        ("U", b, "o1", 50, 10),
    ]


def test_an_exchange_of_three_assets_stops_as_contract_and_what_comes_out_is_clean() -> None:
    a, b, c = AssetId("a"), AssetId("b"), AssetId("c")
    rows = [
        transfer(1, "V", "U", 10, 1, tx="t0", asset=a),
        transfer(2, "U", "P", 10, 2, event="s", asset=a),
        transfer(3, "U", "P", 7, 2, event="s", asset=b),
        transfer(4, "P", "U", 3, 2, event="s", asset=c),
    ]
    result = traced(rows, [replace(THEFT, asset=None)])
    assert [(e.address, e.asset, e.stop_reason, e.tainted) for e in result.exits] == [("U", a, "contract", 10)]


def test_a_swap_too_small_to_give_a_unit_keeps_its_origin_amount_as_an_exit() -> None:
    a, b = AssetId("a"), AssetId("b")
    rows = [
        transfer(1, "C", "U", 999, 1, asset=a),
        transfer(2, "V", "U", 1, 2, tx="t0", asset=a),
        transfer(3, "U", "P", 1000, 3, event="s", asset=a),
        transfer(4, "P", "U", 2, 3, event="s", asset=b),
        transfer(5, "C", "U", 1, 0, asset=a),
    ]
    result = traced(rows, [replace(THEFT, asset=None)], "dirty_first")
    assert [(e.address, e.asset, e.stop_reason, e.tainted, e.origin_amount) for e in result.exits] == [
        ("U", b, "below_threshold", 0, 1)
    ]
    assert result.audit.closed


def test_an_event_of_several_payers_and_payees_pays_in_the_listed_order() -> None:
    rows = [
        transfer(1, "V", "A", 60, 1, tx="t0"),
        transfer(2, "A", "H", 60, 2, event="e"),
        transfer(3, "C", "H", 40, 2, event="e"),
        transfer(4, "H", "X", 60, 2, event="e"),
        transfer(5, "H", "Y", 40, 2, event="e"),
    ]
    assert held_and_left(traced(rows, [THEFT])) == {"X": 60}
    assert held_and_left(traced(rows, [THEFT], "lifo")) == {"X": 20, "Y": 40}


def test_an_nft_moves_as_one_and_its_id_is_no_amount(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from tracer.io.tables import read_transfers

    kitty = "erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d"
    path = tmp_path / "t.csv"
    head = "sender,recipient,asset,amount,time\n"
    pair = "0x098b716b8aaf21512996dc57eb0615e2383e2f96,0x665660f65e94454a64b96693a67a41d440155617"
    path.write_text(f"{head}{pair},{kitty},771769,1\n")
    with pytest.raises(DataFileError, match=r"t\.csv, row 1, column 'amount': an ERC-721 token moves as 1"):
        read_transfers(path)
    path.write_text(f"{head}{pair},{kitty}/771769,1,1\n")
    assert read_transfers(path).transfers[0].amount == 1


def test_a_seed_that_does_not_fit_the_table_is_refused() -> None:
    with pytest.raises(InputError, match="takes nothing"):
        traced(HAND_ROWS, [replace(HAND_SEED, value="no-such-tx")])
    with pytest.raises(InputError, match="101 is more than the 100 that were lost"):
        traced(HAND_ROWS, [replace(HAND_SEED, amount=101)])
    with pytest.raises(InputError, match="Seeds 1 and 2 both claim"):
        traced(HAND_ROWS, [HAND_SEED, replace(HAND_SEED, origin="o2")])


def test_a_seed_holder_keeps_at_rest_what_it_never_pays() -> None:
    rows = transfers(("A", "X", 30, 1))
    seed = Seed("holder", "A", CHAIN, UNIT, 100, "o1")
    assert held_and_left(traced(rows, [seed])) == {"A": 70, "X": 30}


def test_a_seed_holder_without_amount_starts_with_the_least_it_must_have_held() -> None:
    rows = transfers(("A", "X", 30, 1), ("C", "A", 50, 2), ("A", "Y", 60, 3))
    seed = Seed("holder", "A", CHAIN, UNIT, None, "o1")
    result = traced(rows, [seed])
    assert result.stolen == {("o1", UNIT): 40}
    assert held_and_left(result) == {"X": 30, "Y": 10}


def test_a_seed_holder_pays_its_clean_opening_before_what_is_stolen() -> None:
    rows = transfers(("A", "X", 30, 1))
    seed = Seed("holder", "A", CHAIN, UNIT, 10, "o1")
    result = traced(rows, [seed])
    assert held_and_left(result) == {"X": 10}
    assert result.coverage.unexplained_inflow == {(CHAIN, "A", UNIT): 20}
    assert stolen_by_movement(result) == [("A", "X", 30, 10)]


def test_a_seed_that_is_labelled_a_service_is_followed_and_the_conflict_is_told() -> None:
    rows = transfers(("A", "X", 30, 1))
    seed = Seed("holder", "A", CHAIN, UNIT, None, "o1")
    result = traced(rows, [seed], labels=[label("A", "exchange")])
    assert held_and_left(result) == {"X": 30}
    assert result.coverage.conflicts == ("A is a seed and labelled exchange: it is followed as a seed.",)


def test_labels_that_contradict_each_other_are_told_and_the_stop_stands() -> None:
    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    labels = [label("E", "attacker", publisher="tag", rank="A5"), label("E", "exchange_deposit", rank="A5")]
    result = traced(rows, [THEFT], labels=labels)
    assert [(e.address, e.stop_reason) for e in result.exits] == [("E", "service")]
    assert result.coverage.conflicts == ("E is labelled exchange_deposit, attacker by different publishers: it stops.",)


def test_a_label_that_is_not_in_force_does_not_stop_and_as_of_does_not_decide_that() -> None:
    from tracer.registry import LabelIndex
    from tracer.trace import CaseData, Options, trace

    rows = transfers(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 100, 3))
    stop = replace(label("E", "mixer"), valid_from="2022-08-08", valid_until="2025-03-21")
    for day, end in (("2024-01-01", "E"), ("2025-03-20", "E"), ("2025-03-21", "X"), ("2022-08-07", "X")):
        timed = tuple(replace(row, time=parse_time(day) + row.row) for row in rows)
        for as_of in ("2020-01-01", "2024-01-01", "2026-01-01", ""):
            inputs = CaseData("t", "", timed, (THEFT,), LabelIndex([stop], as_of))
            assert [leaf.address for leaf in trace(inputs, Options()).exits] == [end]


def test_a_rounded_row_makes_all_that_rests_on_it_approximate() -> None:
    rows: list[Transfer] = [
        transfer(1, "V", "A", 100, 1, tx="t0"),
        transfer(2, "A", "B", 60, 2, precision="printed"),
        transfer(3, "A", "C", 30, 3),
        transfer(4, "V", "D", 5, 4, tx="t9"),
    ]
    result = traced(rows, [THEFT, replace(THEFT, value="t9", origin="o9")])
    assert {leaf.address: leaf.approximate for leaf in result.exits} == {"A": True, "B": True, "C": True, "D": False}


def test_weak_rows_weaken_only_the_lots_they_carry() -> None:
    rows = [
        transfer(1, "V", "A", 100, 1, tx="t0"),
        transfer(2, "A", "B", 60, 2, grade="asserted"),
        transfer(3, "A", "C", 40, 3),
        transfer(4, "B", "C", 60, 4),
    ]
    result = traced(rows, [THEFT])
    assert [(e.address, e.by_grade) for e in result.exits] == [("C", {"asserted": 60, "recorded": 40})]
    dropped = traced(rows, [THEFT], grade="recorded")
    assert held_and_left(dropped) == {"A": 60, "C": 40}
    assert dropped.coverage.rows_dropped == {"asserted": 1}


def test_an_asset_of_another_chain_is_refused() -> None:
    with pytest.raises(InputError, match="lives on"):
        parse_asset("eip155:1/slip44:60", CHAIN)


@pytest.mark.parametrize("policy", CONSERVING)
def test_a_conversion_too_small_for_several_origins_keeps_what_each_of_them_was(policy: str) -> None:
    rows = [
        transfer(1, "V", "A", 100, 1, tx="t0"),
        transfer(2, "W", "A", 100, 2, tx="t1"),
        transfer(3, "A", "P", 200, 3, event="s"),
        replace(transfer(4, "P", "A", 1, 3, event="s"), asset=AssetId("Y")),
    ]
    result = traced(rows, [THEFT, Seed("tx", "t1", CHAIN, UNIT, None, "o2")], policy)
    assert result.audit.closed
    assert sum(leaf.origin_amount for leaf in result.exits) == 200
