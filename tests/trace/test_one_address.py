"""One address of a trace: totals, balances and stolen units that add up, and who a text means."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.analysis.address_history import CONVERSION, NEW_ISSUE, NO_PAYEE, facts_of
from tracer.analysis.lookup import find_address
from tracer.api import Case, open_case, open_table
from tracer.errors import AddressError, InputError
from tracer.model import BITCOIN, AssetId, ChainId
from tracer.trace import POLICIES

ETH = ChainId("eip155:1")
COIN = AssetId("eip155:1/slip44:60")
VICTIM, THIEF, FRIEND, POOL, SHOP = (f"0x{digit * 40}" for digit in "12345")


def case_of(folder: Path, rows: str, seeds: str, labels: str = "") -> Case:
    head = "sender,recipient,asset,amount,block,tx,kind,event\n"
    (folder / "t.csv").write_text(head + rows)
    (folder / "s.csv").write_text("kind,value,asset,amount,origin\n" + seeds)
    (folder / "l.csv").write_text("address,label,category,entity,source_url,valid_from,list_date\n" + labels)
    return open_table(
        transfers=folder / "t.csv", seeds=folder / "s.csv", labels=folder / "l.csv", complete=True, registry=False
    )


SMALL = (
    f"{VICTIM},{THIEF},slip44:60,100,1,0xaa,,\n"
    f"{FRIEND},{THIEF},slip44:60,50,2,0xbb,,\n"
    f"{THIEF},{SHOP},slip44:60,120,3,0xcc,,\n"
    f"{THIEF},{THIEF},slip44:60,7,4,0xdd,,\n"
    f"{SHOP},{FRIEND},slip44:60,60,5,0xee,,\n"
)


@pytest.mark.parametrize("case", ["ronin-2022", "training"])
@pytest.mark.parametrize("policy", POLICIES)
def test_totals_balances_and_exits_of_every_address_add_up(case: str, policy: str) -> None:
    opened = open_case(case)
    trace = opened.trace(policy)
    prepared = opened.prepare(policy=policy)
    for chain, address in sorted(opened.names):
        facts = facts_of(prepared, trace.result, chain, address, trace.prices)
        for flow in facts.flows:
            points = [point for point in facts.points if point.asset == flow.asset]
            parties = [party for party in facts.counterparties if party.asset == flow.asset]
            came = [party for party in parties if party.direction == "in"]
            assert flow.opening + flow.received - flow.paid == flow.balance
            assert flow.received_stolen - (flow.paid_stolen - flow.taken) == flow.held_stolen
            assert flow.held_stolen == sum(leaf.tainted for leaf in facts.exits if leaf.asset == flow.asset)
            assert sum(party.amount for party in came) == flow.received
            assert sum(party.stolen for party in came) == flow.received_stolen
            assert sum(party.amount for party in parties) == flow.received + flow.paid
            assert (points[-1].balance, points[-1].stolen) == (flow.balance, flow.held_stolen)
            assert all(point.balance >= 0 for point in points)


def test_a_small_address_to_the_unit(tmp_path: Path) -> None:
    case = case_of(tmp_path, SMALL, "tx,0xaa,,,theft\n", f"{SHOP},Shop,exchange,A Shop,https://e.org,,\n")
    page = case.trace("haircut").address(THIEF)
    (flow,) = page.facts.flows
    assert (flow.opening, flow.received, flow.paid, flow.balance) == (0, 150, 120, 30)
    assert (flow.received_stolen, flow.paid_stolen, flow.held_stolen) == (100, 80, 20)
    assert [(p.direction, p.addresses, p.amount, p.stolen, p.payments) for p in page.facts.counterparties] == [
        ("in", (VICTIM,), 100, 100, 1),
        ("out", (SHOP,), 120, 80, 1),
        ("in", (FRIEND,), 50, 0, 1),
    ]
    assert [(p.change, p.balance, p.stolen) for p in page.facts.points] == [
        (100, 100, 100),
        (50, 150, 100),
        (-120, 30, 20),
    ]
    shop = case.trace("haircut").address(SHOP).facts
    (held,) = shop.flows
    assert (held.balance, held.held_stolen) == (60, 80), "what a stop pays on is not followed"
    victim = case.trace("haircut").address(VICTIM).facts
    assert (victim.robbed, victim.flows[0].taken, victim.flows[0].opening) == (True, 100, 100)


def test_d1_a_label_that_begins_inside_a_history_moves_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "sender,recipient,asset,amount,time,tx\n"
        f"{VICTIM},{THIEF},slip44:60,100,2022-01-01T00:00:00Z,0xaa\n"
        f"{THIEF},{SHOP},slip44:60,70,2022-01-02T00:00:00Z,0xbb\n"
        f"{THIEF},{SHOP},slip44:60,20,2022-01-04T00:00:00Z,0xcc\n"
        f"{SHOP},{FRIEND},slip44:60,60,2022-01-05T00:00:00Z,0xdd\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    (tmp_path / "l.csv").write_text(
        f"address,label,category,entity,source_url,valid_from\n{SHOP},Shop,exchange,A Shop,https://e.org,2022-01-03\n"
    )
    case = open_table(
        transfers=tmp_path / "t.csv", seeds=tmp_path / "s.csv", labels=tmp_path / "l.csv", complete=True, registry=False
    )
    page = case.trace().address(SHOP)
    (flow,) = page.facts.flows
    assert (flow.received, flow.receipts, flow.paid, flow.balance, flow.held_stolen) == (90, 2, 60, 30, 90)
    assert [(point.change, point.balance, point.stolen) for point in page.facts.points] == [
        (70, 70, 70),
        (20, 90, 90),
        (-60, 30, 90),
    ]
    assert "holds from 2022-01-03" in page.text()
    assert "what it paid on is not followed" in " ".join(page.text().split())


def test_units_below_the_minimum_end_where_they_came(tmp_path: Path) -> None:
    facts = case_of(tmp_path, SMALL, "tx,0xaa,,,theft\n").trace("haircut", min_amount=90).address(FRIEND).facts
    (flow,) = facts.flows
    assert flow.held_stolen == sum(leaf.tainted for leaf in facts.exits) == 40
    assert {leaf.stop_reason for leaf in facts.exits} == {"below_threshold"}


def test_conversions_mints_and_burns_have_no_other_party(tmp_path: Path) -> None:
    rows = (
        f"{VICTIM},{THIEF},slip44:60,100,1,0xaa,,\n"
        f"{THIEF},{THIEF},slip44:60,100,2,0xbb,,swap\n"
        f"{THIEF},{THIEF},coin,5,2,0xbb,,swap\n"
        f",{THIEF},other,3,3,0xcc,mint,\n"
        f"{THIEF},,coin,1,4,0xdd,burn,\n"
    )
    parties = case_of(tmp_path, rows, "tx,0xaa,,,theft\n").trace().address(THIEF).facts.counterparties
    named = {(party.direction, str(party.asset).rpartition("/")[2], party.name): party.addresses for party in parties}
    assert set(named) == {
        ("in", "slip44:60", ""),
        ("out", "slip44:60", CONVERSION),
        ("in", "coin", CONVERSION),
        ("in", "other", NEW_ISSUE),
        ("out", "coin", NO_PAYEE),
    }
    assert named["out", "slip44:60", CONVERSION] == ()


def test_the_parties_of_a_swap_are_each_others(tmp_path: Path) -> None:
    rows = (
        f"{VICTIM},{THIEF},slip44:60,100,1,0xaa,,\n"
        f"{THIEF},{POOL},slip44:60,100,2,0xbb,,swap\n"
        f"{POOL},{THIEF},coin,5,2,0xbb,,swap\n"
    )
    trace = case_of(tmp_path, rows, "tx,0xaa,,,theft\n").trace()
    for one, other, stolen in ((THIEF, POOL, 100), (POOL, THIEF, 0)):
        parties = trace.address(one).facts.counterparties
        swapped = [party for party in parties if party.addresses == (other,)]
        assert [(party.direction, party.amount) for party in sorted(swapped, key=lambda party: party.amount)] == [
            ("in" if one == THIEF else "out", 5),
            ("out" if one == THIEF else "in", 100),
        ]
        assert sum(party.stolen for party in swapped if party.amount == 100) == stolen


def test_the_change_of_a_bitcoin_payment_goes_to_itself_and_its_payers_are_one_party(tmp_path: Path) -> None:
    one, two, other = (
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "12c6DSiU4Rq3P4ZxziKxzrL5LmMBrzjrJX",
        "1HLoD9E4SDFFPDiYfNYnkBLQ85Y51J3Zb1",
    )
    asset = f"{BITCOIN}/slip44:0"
    made, paid = "aa" * 32, "bb" * 32
    legs = [
        f"e1,credit,{made}:0,{one},{asset},60,{BITCOIN},1,{made},mint",
        f"e1,credit,{made}:1,{two},{asset},40,{BITCOIN},1,{made},mint",
        f"e3,debit,{made}:0,{one},{asset},60,{BITCOIN},3,{paid},",
        f"e3,debit,{made}:1,{two},{asset},40,{BITCOIN},3,{paid},",
        f"e3,credit,{paid}:0,{other},{asset},70,{BITCOIN},3,{paid},",
        f"e3,credit,{paid}:1,{one},{asset},30,{BITCOIN},3,{paid},",
    ]
    (tmp_path / "l.csv").write_text("event,side,holder,address,asset,amount,chain,block,tx,kind\n" + "\n".join(legs))
    seeds = f"kind,value,asset,amount,origin\noutput,{made}:0,,,theft\n"
    (tmp_path / "s.csv").write_text(seeds)
    trace = open_table(ledger=tmp_path / "l.csv", seeds=tmp_path / "s.csv", registry=False).trace()
    shown = {(p.direction, p.addresses, p.name): p.amount for p in trace.address(one).facts.counterparties}
    assert shown == {("in", (), NEW_ISSUE): 60, ("out", (other,), ""): 60, ("in", tuple(sorted((one, two))), ""): 30}
    got = {p.addresses: p.amount for p in trace.address(other).facts.counterparties}
    assert got == {tuple(sorted((one, two))): 70}
    assert trace.address(f"{made}:0").facts.flows[0].received == 60
    alone = [
        f"e1,credit,{made}:0,{one},{asset},60,{BITCOIN},1,{made},mint",
        f"e3,debit,{made}:0,{one},{asset},60,{BITCOIN},3,{paid},",
        f"e3,credit,{paid}:1,{one},{asset},60,{BITCOIN},3,{paid},",
    ]
    (tmp_path / "l.csv").write_text("event,side,holder,address,asset,amount,chain,block,tx,kind\n" + "\n".join(alone))
    trace = open_table(ledger=tmp_path / "l.csv", seeds=tmp_path / "s.csv", registry=False).trace()
    facts = trace.address(one).facts  # all of it is change: neither paid nor received again
    assert {party.name for party in facts.counterparties} == {NEW_ISSUE}
    assert [(flow.received, flow.paid, flow.balance) for flow in facts.flows] == [(60, 0, 60)]


NAMES = open_case("ronin-2022").names | {(ChainId("eip155:10"), VICTIM), (ETH, VICTIM)}
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (SEED, True),
        (f"  {SEED.upper().replace('0X', '0x')} ", True),
        ("0x098B716B8Aaf21512996dC57EB0615e2383E2f96", True),
        (f"eip155:1:{SEED}", True),
        ("0x098b", False),
        ("0x098B716b", False),
        ("0x098b…2f96", False),
        ("0x098b...2f96", False),
        ("eip155:1:0x098b", False),
    ],
)
def test_j_an_address_is_found_by_its_beginning_its_short_form_and_in_any_lawful_case(text: str, whole: bool) -> None:
    if "8Aaf" in text:
        from tracer.model import checksum_form

        text = checksum_form(SEED)
    assert find_address(NAMES, text) == (ETH, SEED, whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SEED[:-1]}7", f"Did you mean {SEED}?"),
        ("0x0", "write more of it"),
        ("", "write more of it"),
        ("hello", "write more of it"),
        ("0x" + "97" * 20, "tracer why 0x979"),
        (VICTIM, "with its chain before it"),
        ("eip155:56:0x098b", "eip155:1"),
        ("0x<script>", "write more of it"),
    ],
)
def test_j_an_address_that_is_not_meant_says_which_may_be(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        find_address(NAMES, text)
    assert said in str(raised.value)


def test_j_a_retyped_letter_is_told_from_an_unknown_address() -> None:
    from tracer.model import checksum_form

    wrong = checksum_form(SEED).replace("Aaf", "aAf")
    with pytest.raises(AddressError, match="checksum"):
        find_address(NAMES, wrong)
    with pytest.raises(InputError, match="not a whole address"):
        find_address(NAMES, "0x098b", whole=True)
    with pytest.raises(InputError, match="begins several"):
        find_address({(ETH, "0x1234" + "0" * 36), (ETH, "0x1234" + "1" * 36)}, "0x1234")
