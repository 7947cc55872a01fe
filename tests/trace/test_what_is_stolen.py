"""What is stolen is a constant of the case, made before any rule (method ev-theft); ids as in the list of faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from vectors import CHAIN, UNIT, held_and_left, label, traced, transfer, transfers

from tracer.analysis.paths import paths_to
from tracer.bounds import bounds_of, terminals_of
from tracer.errors import DataFileError, InputError
from tracer.model import BITCOIN, TRANSIT, AssetId, LedgerLeg, Seed, Transfer, native_asset
from tracer.registry import LabelIndex
from tracer.taint import CONSERVING
from tracer.trace import CaseData, Options, PreparedCase, TraceResult, prepare, run

X, Y, Z = AssetId("x"), AssetId("y"), AssetId("z")
SATS = native_asset(BITCOIN)
assert SATS is not None


def tx(
    *, value: str = "t", asset: AssetId | None = UNIT, amount: int | None = None, origin: str = "o", **more: str
) -> Seed:
    return Seed("tx", value, CHAIN, asset, amount, origin, **more)


def case(rows: Sequence[Transfer | LedgerLeg], seeds: Iterable[Seed], **more: object) -> PreparedCase:
    return prepare(CaseData("w", "", tuple(rows), tuple(seeds), LabelIndex((), ""), **more), Options())  # type: ignore[arg-type]


def one(*rows: tuple[str, str, AssetId, int]) -> list[Transfer]:
    """Return rows of one transaction."""
    return [
        transfer(number, payer, payee, amount, 5, tx="t", asset=asset, position=number)
        for number, (payer, payee, asset, amount) in enumerate(rows, 1)
    ]


def exits(result: TraceResult) -> dict[tuple[str, AssetId, str], int]:
    assert result.audit.closed
    return {(leaf.address, leaf.asset, leaf.stop_reason): leaf.tainted for leaf in result.exits}


@pytest.mark.parametrize("policy", CONSERVING)
def test_a1_stolen_is_fixed_before_any_rule(policy: str) -> None:
    rows = [
        transfer(1, "8", "5", 500, 1, tx="s"),
        transfer(2, "9", "5", 100, 2, tx="t"),
        transfer(3, "5", "1", 100, 2, tx="t"),
    ]
    result = traced(rows, [tx()], policy)
    assert result.stolen == {("o", UNIT): 100}
    assert exits(result) == {("1", UNIT, "at_rest"): 100}


@pytest.mark.parametrize("policy", CONSERVING)
def test_a2_a_flash_loan_repaid_is_no_theft_and_the_pool_is_the_victim(policy: str) -> None:
    rows = [
        transfer(1, "7", "5", 20_000, 1),
        transfer(2, "5", "1", 10_000, 2, tx="t"),
        transfer(3, "1", "5", 10_000, 2, tx="t"),
        transfer(4, "5", "1", 5, 2, tx="t"),
        transfer(5, "1", "2", 5, 3),
        transfer(6, "5", "6", 9_000, 4),
    ]
    prepared = case(rows, [tx()])
    result = run(prepared, policy)
    assert result.stolen == {("o", UNIT): 5}
    assert exits(result) == {("2", UNIT, "at_rest"): 5}
    assert prepared.thefts.victims == {(CHAIN, "5")}
    assert prepared.thefts.receivers == {(CHAIN, "1")}
    assert {account.holder for account in prepared.plan.tracked} == {"1", "2"}


def test_a3_a_lone_holder_seed_is_never_doubled_and_says_that_the_table_pays_it_too() -> None:
    rows = transfers(("9", "1", 100, 1), ("1", "2", 100, 2))
    seed = Seed("holder", "1", CHAIN, UNIT, 100, "o")
    for policy in CONSERVING:
        result = traced(rows, [seed], policy)
        assert result.stolen == {("o", UNIT): 100}
        assert sum(held_and_left(result).values()) == 100
        assert any("name its transaction" in note for note in result.coverage.notes)


def test_a3_a_holder_seed_and_a_theft_that_pays_it_are_refused_with_both_rows() -> None:
    rows = transfers(("9", "1", 100, 1, "t"), ("1", "2", 100, 2))
    seeds = [tx(), Seed("holder", "1", CHAIN, UNIT, 100, "o")]
    with pytest.raises(InputError, match="Seeds 2 and 1 count the same money of 1"):
        case(rows, seeds)
    # what the holder pays beyond its receipts is other money
    more = [*rows, transfer(3, "1", "3", 40, 3)]
    assert case(more, [tx(), Seed("holder", "1", CHAIN, UNIT, 40, "o")]).thefts.stolen == {("o", UNIT): 140}


def legs(*rows: tuple[str, str, str, str, int, int]) -> list[LedgerLeg]:
    """Return legs of (event, side, outpoint in short, address, amount, block); a fee has no outpoint."""
    return [
        LedgerLeg(
            row=number,
            event=event,
            side=side,
            holder=outpoint(short) if short else "",
            address=address,
            asset=SATS,
            amount=amount,
            chain=BITCOIN,
            block=block,
            time=None,
            tx=event,
            kind="" if short else "fee",
        )
        for number, (event, side, short, address, amount, block) in enumerate(rows, 1)
    ]


def outpoint(short: str) -> str:
    return f"{short[0] * 64}:{short[1:]}"


CHANGE = legs(
    ("t", "debit", "a0", "victim", 100, 1),
    ("t", "credit", "b0", "thief", 60, 1),
    ("t", "credit", "b1", "victim", 39, 1),
    ("t", "credit", "", "", 1, 1),
    ("u", "debit", "b0", "thief", 60, 2),
    ("u", "credit", "c0", "next", 60, 2),
)


@pytest.mark.parametrize("policy", CONSERVING)
@pytest.mark.parametrize("amount", [None, 60])
def test_a4_change_and_fee_of_the_victim_are_not_stolen(policy: str, amount: int | None) -> None:
    prepared = case(CHANGE, [Seed("tx", "t", BITCOIN, SATS, amount, "o")])
    result = run(prepared, policy)
    assert result.stolen == {("o", SATS): 60}
    assert exits(result) == {("next", SATS, "at_rest"): 60}
    assert prepared.thefts.victims == {(BITCOIN, "victim")}
    assert prepared.thefts.receivers == {(BITCOIN, "thief")}


@pytest.mark.parametrize("made", [True, False])
def test_a4_an_output_seed_is_its_whole_value_made_in_the_table_or_not(made: bool) -> None:
    rows = CHANGE if made else CHANGE[4:]
    for policy in CONSERVING:
        prepared = case(rows, [Seed("output", outpoint("b0"), BITCOIN, None, None, "o")])
        result = run(prepared, policy)
        assert result.stolen == {("o", SATS): 60}
        assert exits(result) == {("next", SATS, "at_rest"): 60}
    interval = bounds_of(prepared.plan, {"all": terminals_of(prepared.plan)}, [(0,)]).intervals["all", (0,)]
    assert (interval.min, interval.max) == (60, 60)
    with pytest.raises(InputError, match="holds 60"):
        case(rows, [Seed("output", outpoint("b0"), BITCOIN, SATS, 59, "o")])
    with pytest.raises(InputError, match="is an outpoint, not a holder"):
        case(rows, [Seed("holder", outpoint("b0"), BITCOIN, SATS, 60, "o")])


def test_a4_several_payers_of_a_bitcoin_transaction_leave_it_open_and_the_rows_to_choose_from_are_printed() -> None:
    rows = legs(
        ("t", "debit", "a0", "one", 50, 1),
        ("t", "debit", "a1", "two", 50, 1),
        ("t", "credit", "b0", "thief", 100, 1),
    )
    with pytest.raises(InputError) as found:
        case(rows, [Seed("tx", "t", BITCOIN, SATS, None, "o")])
    assert "one -50" in str(found.value.why)
    assert f"tx,t,{SATS},,o,one," in str(found.value.next_step)
    prepared = case(rows, [Seed("tx", "t", BITCOIN, SATS, None, "o", "two")])
    assert prepared.thefts.stolen == {("o", SATS): 50}
    assert set(prepared.thefts.counterparties) == {(BITCOIN, "one")}
    assert case(rows, [Seed("tx", "t", BITCOIN, SATS, None, "o", "*")]).thefts.stolen == {("o", SATS): 100}


def test_a_victim_and_the_thief_s_own_capital_share_the_receipt_and_the_rule_splits_it() -> None:
    rows = [
        *transfers(("V", "P", 100, 1, "t"), ("T", "P", 10, 1, "t")),
        transfer(3, "P", "Q", 110, 1, tx="t"),
        transfer(4, "Q", "Z", 60, 2),
    ]
    for policy in CONSERVING:
        result = traced(rows, [tx(victim="V")], policy)
        assert result.stolen == {("o", UNIT): 100}
        assert sum(held_and_left(result).values()) == 100
    with pytest.raises(InputError, match="cannot be told"):
        case(rows, [tx()])
    prepared = case(rows, [tx(victim="V")])
    assert set(prepared.thefts.counterparties) == {(CHAIN, "T")}
    assert prepared.thefts.receivers == {(CHAIN, "Q")}
    known = CaseData("w", "", tuple(rows), (tx(),), LabelIndex((label("V", "victim"),), ""))
    assert prepare(known, Options()).thefts.victims == {(CHAIN, "V")}


def test_receivers_that_share_a_theft_with_other_money_have_an_interval() -> None:
    rows = one(("V", "A", UNIT, 60), ("V", "B", UNIT, 40), ("O", "B", UNIT, 20))
    prepared = case(rows, [tx(victim="V")])
    bounds = bounds_of(prepared.plan, {end.account.holder: [end] for end in terminals_of(prepared.plan)}, [(0,)])
    assert {name: (i.min, i.max) for (name, _), i in bounds.intervals.items()} == {"A": (40, 60), "B": (40, 60)}
    assert prepared.thefts.receivers == set()
    seeds = [tx(victim="V", recipient="A"), tx(victim="V", recipient="B")]
    named = case(rows, seeds)
    assert named.thefts.stolen == {("o", UNIT): 100}
    assert named.thefts.receivers == {(CHAIN, "A"), (CHAIN, "B")}


@pytest.mark.parametrize("policy", CONSERVING)
def test_theft_and_swap_in_one_transaction_pass_through_the_pool(policy: str) -> None:
    rows = [
        *one(("vault", "pool", X, 100), ("pool", "thief", Y, 5)),
        transfer(3, "thief", "next", 5, 6, asset=Y, position=0),
    ]
    prepared = case(rows, [tx(asset=None)])
    result = run(prepared, policy)
    assert result.stolen == {("o", X): 100}
    assert exits(result) == {("next", Y, "at_rest"): 5}
    assert [leaf.origin_amount for leaf in result.exits] == [100]
    thefts = prepared.thefts
    assert (thefts.victims, set(thefts.counterparties)) == ({(CHAIN, "vault")}, {(CHAIN, "pool")})
    # Nobody says that it is a pool: whom it pays may be somebody whom the thief tipped.
    assert (thefts.receivers, thefts.doubted) == (set(), {(CHAIN, "pool" + TRANSIT)})
    told = case(rows, [tx(asset=None, recipient="thief")]).thefts
    assert (told.receivers, told.doubted, told.stolen) == ({(CHAIN, "thief")}, set(), thefts.stolen)
    assert set(prepared.holders) == {(CHAIN, "thief"), (CHAIN, "next")}
    assert [(m.sender, m.recipient, sum(s.tainted for s in m.shares)) for m in result.movements] == [
        ("vault", "pool", 100),
        ("pool", "thief", 5),
        ("thief", "next", 5),
    ]
    (way,) = paths_to(prepared, policy, ["next"]).ways
    assert [step.kind for step in way.steps] == ["theft", "conversion", "payment", "payment"]


def test_a_chain_of_pools_passes_on_and_a_pool_that_pays_several_assets_ends_as_contract() -> None:
    hops = one(("vault", "p", X, 100), ("p", "q", Y, 50), ("q", "thief", Z, 7))
    result = traced(hops, [tx(asset=X)])
    assert exits(result) == {("thief", Z, "at_rest"): 7}
    several = one(("vault", "p", X, 100), ("p", "thief", Y, 5), ("p", "thief", Z, 7))
    found = traced(several, [tx(asset=X)])
    assert exits(found) == {("p", X, "contract"): 100}
    assert any("contract" in note for note in found.coverage.notes)


def test_new_issue_is_stolen_only_where_the_seed_says_so() -> None:
    rows = [transfer(1, "", "thief", 1_000, 1, tx="t", kind="mint")]
    with pytest.raises(InputError, match="cannot be told") as found:
        case(rows, [tx()])
    assert "mint" in str(found.value.next_step)
    assert traced(rows, [tx(victim="mint")]).stolen == {("o", UNIT): 1_000}


def test_amounts_that_do_not_fit_are_refused_with_the_net_flows() -> None:
    rows = one(("V", "A", UNIT, 60), ("V", "B", UNIT, 40))
    for bad in (tx(amount=101), tx(amount=61, recipient="A"), tx(amount=50), tx(recipient="C")):
        with pytest.raises(InputError, match="does not fit") as found:
            case(rows, [bad])
        assert "V -100 unit; A +60 unit; B +40 unit" in str(found.value.why)
    prepared = case(rows, [tx(recipient="A")])
    assert prepared.thefts.stolen == {("o", UNIT): 60}
    assert prepared.thefts.not_seeded == {("o", UNIT): 40}
    single = case(one(("V", "A", UNIT, 100)), [tx(amount=30)])
    assert single.thefts.stolen == {("o", UNIT): 30}
    assert single.thefts.receivers == {(CHAIN, "A")}


def test_named_victims_are_netted_together_and_a_star_means_every_payer() -> None:
    rows = one(("A", "T", UNIT, 100), ("A", "B", UNIT, 40), ("C", "T", UNIT, 7))
    assert case(rows, [tx(victim="A;B")]).thefts.stolen == {("o", UNIT): 100}
    assert case(rows, [tx(victim="*")]).thefts.stolen == {("o", UNIT): 147}


@pytest.mark.parametrize("policy", CONSERVING)
def test_units_that_a_later_theft_takes_end_there_and_it_counts_all_it_takes(policy: str) -> None:
    rows = transfers(("V", "H", 60, 1, "a"), ("C", "H", 40, 2), ("H", "X", 50, 3, "b"))
    result = traced(rows, [tx(value="a", origin="o1"), tx(value="b", origin="o2")], policy)
    assert {origin.name: amount for origin, amount in result.stolen.items()} == {"o1": 60, "o2": 50}
    assert result.audit.closed
    assert {leaf.stop_reason for leaf in result.exits if leaf.origin.name == "o1"} <= {"stolen_again", "at_rest"}
    assert [(leaf.address, leaf.tainted) for leaf in result.exits if leaf.origin.name == "o2"] == [("X", 50)]


def test_a_consolidation_listed_as_a_theft_is_refused_with_both_rows() -> None:
    rows = transfers(("V", "H", 60, 1, "a"), ("H", "X", 60, 3, "b"))
    with pytest.raises(InputError, match="Seed 2 takes from H what seed 1 paid it"):
        case(rows, [tx(value="a"), tx(value="b")])
    assert case(rows, [tx(value="a"), tx(value="b", victim="H")]).thefts.stolen == {("o", UNIT): 120}


def test_the_fee_of_a_theft_transaction_is_apart() -> None:
    rows = [
        transfer(1, "V", "", 3, 1, tx="t", kind="fee", position=0),
        transfer(2, "V", "T", 100, 1, tx="t", position=1),
    ]
    assert traced(rows, [tx()]).stolen == {("o", UNIT): 100}


def test_c4_until_equals_the_table_cut_there() -> None:
    rows = transfers(("9", "1", 100, 100, "t"), ("1", "2", 60, 200), ("1", "3", 500, 9_000))
    cut = traced(rows[:2], [tx()])
    until = traced(rows, [tx()], until=3_600)
    assert held_and_left(cut) == held_and_left(until) == {"1": 40, "2": 60}
    assert not until.coverage.unexplained_inflow.keys() & {(CHAIN, "1", UNIT)}
    bare = [transfer(1, "9", "1", 100, 0, tx="t", block=1)]
    with pytest.raises(InputError, match="no time"):
        prepare(
            CaseData("w", "", tuple(_untimed(bare)), (tx(),), LabelIndex((), "")),
            Options(until=5),
        )


def _untimed(rows: Iterable[Transfer]) -> Iterable[Transfer]:
    from dataclasses import replace

    return [replace(row, time=None) for row in rows]


def test_e2_a_theft_paid_straight_into_a_service_is_a_movement() -> None:
    result = traced(transfers(("1", "2", 100, 1, "t")), [tx()], labels=[label("2", "exchange")])
    assert [(m.sender, m.recipient, sum(share.tainted for share in m.shares)) for m in result.movements] == [
        ("1", "2", 100)
    ]


def test_e3_outpoints_without_an_address_are_named_by_themselves() -> None:
    rows = legs(
        ("t", "debit", "a0", "", 100, 1),
        ("t", "credit", "b0", "", 60, 1),
        ("t", "credit", "b1", "", 40, 1),
    )
    prepared = case(rows, [Seed("tx", "t", BITCOIN, SATS, None, "o")])
    result = run(prepared, "fifo")
    assert exits(result) == {(outpoint("b0"), SATS, "at_rest"): 60, (outpoint("b1"), SATS, "at_rest"): 40}
    assert prepared.thefts.victims == {(BITCOIN, outpoint("a0"))}


def test_a_bitcoin_row_spent_twice_is_refused() -> None:
    twice = [*CHANGE, *legs(("v", "debit", "b0", "thief", 60, 3), ("v", "credit", "d0", "x", 60, 3))]
    with pytest.raises(DataFileError, match="spent twice"):
        case(twice, [Seed("tx", "t", BITCOIN, SATS, None, "o")])


@pytest.mark.parametrize("named", [True, False])
def test_a_named_recipient_is_no_pool_and_a_pool_that_had_a_part_makes_no_receiver(named: bool) -> None:
    rows = one(("V", "H", UNIT, 100), ("V", "R", UNIT, 40), ("H", "B", Y, 1))
    thefts = case(rows, [tx(victim="V", recipient="H" if named else "")]).thefts
    assert {address for _, address in thefts.receivers} == ({"H"} if named else set())
