"""Four real cases from the tables of others: each traces, closes, is bounded and drawn, its figures to the unit."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from published_cases import BITCOIN, any_rule, at, closes, is_drawn_and_written, opened, rows_of

from tracer.trace import POLICIES

CASES = ("colonial_2021", "bitfinex_2016", "nomad_2022", "bybit_2025")

FBI = "bc1qpx7vyv5tp7dm0g475ev527krg764t73dh77gls"
AFFILIATE = {
    "fifo": 6146816619,
    "lifo": 6145827297,
    "haircut": 5828829111,
    "tiho": 6369996546,
    "clean_first": 6369007224,
    "dirty_first": 5779577823,
}
DOJ = "bc1qazcm763858nkj2dj986etajv6wquslv8uxwczt"
RECOVERY = "0x94a84433101a10aeda762968f6995c574d1bf154"
NOMAD = {
    "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599": (19699072399, 9270000000),
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": (9758181083409, 4343746967319),
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2": (1410907070160778390000, 599900000000000000000),
    "0xdac17f958d2ee523a2206206994597c13d831ec7": (5014389334652, 0),
}
HOPS = {1: 400_001, 2: "98048.8948", 3: "98055.3621", 4: "10062.3582", 5: "1651.9535"}
STETH = "erc20:0xae7ab96520de3a18e5e111b5eaab095312d7fe84"
METH = "erc20:0xd5f7838f5c461feff7fe49ea5ebaf7728bb0adfa"
CMETH = "erc20:0xe6829d9a7ee3040e1276fa75293bde931859e8fa"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", CASES)
def test_every_theft_is_the_sum_of_its_exits_under_every_rule(shared: Path, name: str, policy: str) -> None:
    assert closes(opened(shared, name).trace(policy))


@pytest.mark.parametrize("name", CASES)
def test_bounds_hold_every_rule_and_every_file_and_picture_is_made(shared: Path, tmp_path: Path, name: str) -> None:
    case = opened(shared, name)
    trace = case.trace(bounds=True)
    assert is_drawn_and_written(trace, tmp_path / name)
    for policy in POLICIES:
        for leaf in case.trace(policy).result.exits:
            held = trace.bounds().at(leaf)
            assert held is not None
            assert held.min <= leaf.tainted <= held.max


def test_colonial_the_rule_decides_what_was_seized(shared: Path) -> None:
    case = opened(shared, "colonial_2021")
    found = {policy: at(case.trace(policy), FBI, "colonial-2021-affiliate")[BITCOIN] for policy in POLICIES}
    assert found == AFFILIATE
    ((least, most, _),) = any_rule(case.trace(), FBI, "colonial-2021-affiliate")
    assert (least, most) == (5778585047, 6369996546)
    assert (min(found.values()), max(found.values())) == (AFFILIATE["dirty_first"], most)


def test_colonial_the_ransom_seeded_as_an_output_goes_on_almost_whole(shared: Path) -> None:
    trace = opened(shared, "colonial_2021").trace()
    ranges = trace.bounds().party_by_theft
    ((party, found),) = [
        (party, one)
        for (party, theft), one in ranges.items()
        if theft == "colonial-2021-ransom" and party.entity != "network fee"
    ]
    assert (found.min, found.max) == (7500015939, 7500030000)
    assert trace.result.stolen["colonial-2021-ransom", BITCOIN] == 7500030000
    assert party.category == "unknown"


def test_bitfinex_any_rule_puts_almost_all_with_the_government(shared: Path) -> None:
    case = opened(shared, "bitfinex_2016")
    trace = case.trace()
    assert trace.result.stolen == {("bitfinex-2016", BITCOIN): 1496425813689}
    assert [one[:2] for one in any_rule(trace, DOJ, "bitfinex-2016")] == [(1495836161815, 1496425813689)]
    for policy in POLICIES:
        assert 1495836161815 <= at(case.trace(policy), DOJ)[BITCOIN] <= 1496425813689


def test_bitfinex_k6_the_theft_is_the_outputs_and_not_the_amounts_of_the_data_set(shared: Path) -> None:
    rows = rows_of(shared / "facts/cases/bitfinex_2016/seizure_vs_theft.csv")
    case = opened(shared, "bitfinex_2016")
    assert sum(case.seeds["amount"]) == sum(int(row["chain_value_sat"]) for row in rows) == 1496425813689
    assert sum(int(row["difference_sat"]) for row in rows) == 15050681
    assert all(int(row["difference_sat"]) > 0 for row in rows)


@pytest.mark.parametrize("policy", POLICIES)
def test_nomad_what_came_back_and_what_of_it_a_trace_can_tie_to_the_theft(shared: Path, policy: str) -> None:
    trace = opened(shared, "nomad_2022").trace(policy)
    rows = rows_of(shared / "facts/cases/nomad_2022/transfers.csv")
    returned: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["recipient"] == RECOVERY:
            returned[f"eip155:1/{row['asset']}"] += int(row["amount"])
    cash = trace.cashouts()
    mine = cash[cash["entity"] == "Nomad (recovery)"]
    received = dict(zip(mine["asset"], mine["received"], strict=True))
    assert received.items() <= returned.items()
    tainted = at(trace, RECOVERY)
    for token, (came_back, traced) in NOMAD.items():
        asset = f"eip155:1/erc20:{token}"
        assert returned[asset] == came_back
        assert tainted.get(asset, 0) == traced
        assert received.get(asset, came_back) == came_back


def test_nomad_stolen_is_the_victims_own_table_in_fourteen_tokens(shared: Path) -> None:
    folder = shared / "facts/cases/nomad_2022"
    seeds = {f"eip155:1/{row['asset']}": int(row["amount"]) for row in rows_of(folder / "seeds.csv")}
    by_holder = opened(shared, "nomad_2022").trace().result.stolen
    by_transaction = opened(shared, "nomad_2022", seeds=folder / "seeds_tx.csv").trace().result.stolen
    assert len(seeds) == 14
    assert by_holder == by_transaction == {("nomad-2022", asset): amount for asset, amount in seeds.items()}


def test_bybit_by_hop_as_published(shared: Path) -> None:
    sums: dict[int, int] = defaultdict(int)
    tokens: dict[str, int] = defaultdict(int)
    for row in rows_of(shared / "facts/cases/bybit_2025/transfers.csv"):
        if row["note"].startswith("hop") and row["asset"] == "slip44:60":
            sums[int(row["note"][4:])] += int(row["amount"])
        elif row["note"] == "hop 1":
            tokens[row["asset"]] += int(row["amount"])
    assert {hop: f"{amount / 10**18:.4f}" for hop, amount in sums.items()} == {
        hop: f"{float(amount):.4f}" for hop, amount in HOPS.items()
    }
    assert tokens == {STETH: 9037554791768 * 10**10, METH: 8_000 * 10**18, CMETH: 15_000 * 10**18}


def test_bybit_the_trace_follows_the_published_hops_and_no_proceeds(shared: Path) -> None:
    result = opened(shared, "bybit_2025").trace().result
    sums: dict[int, int] = defaultdict(int)
    tainted: dict[int, int] = defaultdict(int)
    for movement in result.movements:
        if movement.asset.endswith("slip44:60"):
            sums[movement.hop] += movement.amount
            tainted[movement.hop] += movement.tainted
    assert (sums[1], sums[2]) == (400_001 * 10**18, 980488948 * 10**14)
    assert tainted[1] == 400_001 * 10**18
    assert max(amount for hop, amount in tainted.items() if hop >= 2) <= 10**18  # the 1 ETH of gas money alone
    assert [amount // 10**14 for amount in result.coverage.unexplained_inflow.values()].count(980478948) == 1


def test_bybit_swapped_tokens_end_in_the_pools_and_cmeth_where_its_last_row_leaves_it(shared: Path) -> None:
    result = opened(shared, "bybit_2025").trace().result
    ends: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for leaf in result.exits:
        ends[leaf.asset.partition("/")[2]][leaf.stop_reason] += leaf.tainted
    assert ends[STETH] == {"contract": 90375547907685258392043}
    assert ends[METH] == {"contract": 8_000 * 10**18}
    # 0x1542368a holds it: a wallet of the thief, no contract, and no row of the table shows what it did next.
    assert ends[CMETH] == {"incomplete": 15_000 * 10**18}


def test_bybit_proceeds_are_a_leg_of_their_own_and_change_no_figure_of_the_theft(shared: Path, tmp_path: Path) -> None:
    folder = shared / "facts/cases/bybit_2025"
    both = tmp_path / "seeds.csv"
    lines = (folder / "seeds_proceeds.csv").read_text("utf-8").splitlines(keepends=True)
    both.write_text((folder / "seeds.csv").read_text("utf-8") + "".join(lines[1:]), "utf-8")
    alone, beside = opened(shared, "bybit_2025").trace(), opened(shared, "bybit_2025", seeds=both).trace()
    assert closes(beside)
    theft = {key: amount for key, amount in beside.result.stolen.items() if key[0] == "bybit-2025"}
    assert theft == alone.result.stolen
    (leg,) = [amount for key, amount in beside.result.stolen.items() if key[0] == "bybit-2025-swap-proceeds"]
    assert leg == 980478948 * 10**14
    ranges, before = beside.bounds().by_theft, alone.bounds().by_theft
    assert {key: (one.min, one.max) for key, one in before.items()} == {
        key: (one.min, one.max) for key, one in ranges.items() if key[1] == "bybit-2025"
    }
