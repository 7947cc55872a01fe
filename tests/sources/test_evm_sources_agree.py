"""Three kinds of source over one real chain give the same history, whatever their providers cut, refuse or repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evm_askers import QuickExchange, explorer_sources, live_exchange, quick_exchange, rpc_source
from evm_node import EvmNode, running_evm_node
from explorer_server import ExplorerServer, running_explorer
from faults import altered, cut_short, html_page, not_ok_reply, rate_limit, server_error, to
from many_calls import ManyCalls

from tracer.bundle.live import LiveExchange
from tracer.bundle.offline import OfflineExchange
from tracer.bundle.store import Store
from tracer.errors import SourceError
from tracer.model import AssetId, ChainId, Collected
from tracer.net.http import Http
from tracer.net.query import PermanentError
from tracer.net.settings import settings_of
from tracer.net.throttle import OverBudgetError
from tracer.providers.evm.logs import LogSettings
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc, EvmSettings
from tracer.providers.evm.traces import TraceSettings
from tracer.providers.provider import Head, History, Pinning, Provider

ETHER = AssetId("eip155:31337/slip44:60")


class Town:
    """Wallets that paid each other ether and tokens, on a chain shared with other tests."""

    def __init__(self, node: EvmNode, calls: ManyCalls) -> None:
        self.node, self.calls = node, calls
        self.first = calls.block - 8
        faucet = node.accounts[0]
        self.token = node.deploy(faucet, "Token", "Gold", "GLD", 6)
        for amount in (7, 7, 100):
            node.call(faucet, self.token, "mint", calls.payer, amount)
        node.call(calls.payer, self.token, "transfer", calls.payee, 7)
        node.call(calls.payer, self.token, "transfer", calls.payee, 7)
        node.call(calls.payer, self.token, "transfer", calls.other, 0)
        node.mine()
        node.call(calls.payee, self.token, "burn", 3)
        node.send(calls.payer, calls.other, value=5)
        node.mine()
        node.mine(blocks=12)
        node.send(calls.payer, calls.other, value=11)
        self.last = node.mine()

    def holders(self) -> list[str]:
        calls = self.calls
        contracts = [
            calls.contracts[name].address for name in ("Splitter", "Delegator", "HalfReverter", "Destructible")
        ]
        return [calls.payer, calls.payee, calls.other, *contracts]


@pytest.fixture(scope="module")
def town(evm_node: EvmNode, many_calls: ManyCalls) -> Town:
    return Town(evm_node, many_calls)


@pytest.fixture
def exchange(explorer_server: ExplorerServer) -> Iterator[QuickExchange]:
    with quick_exchange(explorer_server) as made:
        yield made


def anonymous(history: History) -> list[Collected]:
    return [replace(row, source="") for row in history.rows]


def gaps(history: History) -> list[Any]:
    return [one for one in history.coverage if not one.complete]


def unplaced(history: History) -> list[Any]:
    rows = (replace(row, source="", place=None) for row in history.rows)
    return sorted(rows, key=lambda row: (row.block, row.tx, row.layer, row.sender, row.recipient, row.amount))


def net(rows: list[Collected], holder: str, asset: str) -> int:
    mine = [row for row in rows if row.asset == asset]
    return sum(row.amount * ((row.recipient == holder) - (row.sender == holder)) for row in mine)


def histories(source: Provider, town: Town) -> dict[str, History]:
    return {holder: source.transfers(holder, 0, town.last) for holder in town.holders()}


def test_all_three_give_identical_rows_and_every_history_is_complete(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    for holder in town.holders():
        truth = rpc.transfers(holder, 0, town.last)
        assert gaps(truth) == []
        assert truth.rows
        for source in explorer_sources(exchange, explorer_server, rpc):
            history = source.transfers(holder, 0, town.last)
            assert gaps(history) == []
            assert anonymous(history) == anonymous(truth)
            assert {row.source for row in history.rows} == {source.name}


def test_what_was_collected_adds_up_to_the_balance_at_every_block(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    gold = AssetId(f"eip155:31337/erc20:{town.token.address}")
    for holder, history in histories(rpc, town).items():
        for block in sorted({row.block for row in history.rows}):
            rows = [row for row in history.rows if row.block <= block]
            assert net(rows, holder, ETHER) == rpc.balance(holder, ETHER, block)
            assert net(rows, holder, gold) == (rpc.balance(holder, gold, block) or 0)


def test_rows_inside_transactions_are_what_the_contracts_were_told_to_do(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc, calls = rpc_source(exchange, explorer_server), town.calls
    for name, tx in calls.txs.items():
        history = rpc.transaction(tx)
        assert gaps(history) == []
        inside = [(row.place, row.sender, row.recipient, row.amount) for row in history.rows if row.layer == "call"]
        assert inside == calls.internal[name]
        receipt = town.node.receipt(tx)
        (fee,) = [row for row in history.rows if row.layer == "fee"]
        assert fee.amount == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
        value = int(town.node.rpc("eth_getTransactionByHash", tx)["value"], 16)
        top = [row.amount for row in history.rows if row.layer == "top"]
        assert top == ([value] if value and receipt["status"] == "0x1" else [])


def test_rows_of_blocks_that_may_be_reorganised_say_so(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    head = rpc.head()
    assert head.latest.number - head.final.number == 8
    history = rpc.transfers(town.calls.payer, 0, town.last)
    unconfirmed = {one.unconfirmed_from for one in history.coverage}
    assert unconfirmed == {None, head.final.number + 1}
    assert rpc.transfers(town.calls.payer, 0, head.final.number).coverage[0].unconfirmed_from is None


def test_a_bundle_replays_to_the_same_history_without_a_network(
    town: Town, tmp_path: Path, explorer_server: ExplorerServer
) -> None:
    with live_exchange(tmp_path / "kept", explorer_server) as exchange:
        rpc = rpc_source(exchange, explorer_server)
        live = [histories(source, town) for source in (rpc, *explorer_sources(exchange, explorer_server, rpc))]
    asked = len(explorer_server.log)
    with Store(tmp_path / "kept") as store:
        offline = OfflineExchange(store)
        again = rpc_source(offline, explorer_server)
        replayed = [histories(source, town) for source in (again, *explorer_sources(offline, explorer_server, again))]
    assert replayed == live
    assert len(explorer_server.log) == asked


@pytest.mark.parametrize(
    ("cap", "style"), [(3, "infura"), (7, "reth"), (2, "alchemy"), (5, "zksync"), (4, "timeout"), (3, "silent")]
)
def test_limits_on_the_number_of_logs_lose_nothing(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer, cap: int, style: str
) -> None:
    truth = histories(rpc_source(exchange, explorer_server), town)
    explorer_server.rpc.settings.result_cap, explorer_server.rpc.settings.result_style = cap, style
    settings = EvmSettings(logs=LogSettings(cap=cap if style == "silent" else 1_000))
    with quick_exchange(explorer_server) as other:
        assert histories(rpc_source(other, explorer_server, settings), town) == truth


@pytest.mark.parametrize("style", ["infura", "reth", "large", "freetier", "blockpi", "tenderly", "blast", "erigon"])
def test_limits_on_the_number_of_blocks_lose_nothing(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer, style: str
) -> None:
    holder = town.calls.payee
    truth = rpc_source(exchange, explorer_server).transfers(holder, 0, town.last)
    explorer_server.rpc.settings.range_cap, explorer_server.rpc.settings.range_style = 5, style
    with quick_exchange(explorer_server) as other:
        assert rpc_source(other, explorer_server).transfers(holder, 0, town.last) == truth


@pytest.mark.parametrize(
    "missing",
    [
        {"trace_filter"},
        {"trace_filter", "trace_block"},
        {"trace_filter", "trace_block", "debug_traceTransaction"},
        {"debug_traceTransaction"},
        {"trace_transaction", "debug_traceBlockByNumber"},
    ],
)
def test_a_node_that_offers_less_gives_the_same_rows_by_another_way(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer, missing: set[str]
) -> None:
    whole = histories(rpc_source(exchange, explorer_server), town)
    truth = {holder: anonymous(history) for holder, history in whole.items()}
    explorer_server.rpc.settings.missing_methods = missing
    with quick_exchange(explorer_server) as other:
        found = histories(rpc_source(other, explorer_server), town)
    assert {holder: anonymous(history) for holder, history in found.items()} == truth
    assert all(history.complete for history in found.values())


def test_a_node_that_traces_nothing_says_that_calls_are_missing(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.rpc.settings.missing_methods = {
        "trace_filter",
        "trace_block",
        "trace_transaction",
        "debug_traceTransaction",
        "debug_traceBlockByNumber",
    }
    history = rpc_source(exchange, explorer_server).transfers(town.calls.payee, 0, town.last)
    assert not history.complete
    assert {one.reason for one in gaps(history)} == {"not_supported"}
    assert [row for row in history.rows if row.layer == "call"] == []
    assert [row for row in history.rows if row.layer == "log"] != []


def test_a_window_too_long_to_look_at_every_block_is_not_called_complete(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.rpc.settings.missing_methods = {"trace_filter"}
    settings = EvmSettings(traces=TraceSettings(scan_blocks=3))
    history = rpc_source(exchange, explorer_server, settings).transfers(town.calls.payee, 0, town.last)
    assert gaps(history)[0].reason == "not_supported"


def test_traces_in_pages_of_one_row_lose_nothing(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    truth = histories(rpc_source(exchange, explorer_server), town)
    small = EvmSettings(traces=TraceSettings(page=1))
    assert histories(rpc_source(exchange, explorer_server, small), town) == truth


def test_state_that_is_gone_is_named_and_not_taken_for_a_zero(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.rpc.settings.archive_from = town.last - 2
    rpc = rpc_source(exchange, explorer_server)
    assert rpc.balance(town.calls.payer, ETHER, town.calls.block) is None
    history = rpc.transfers(town.calls.payee, 0, town.last)
    assert "no_archive_state" in {one.reason for one in gaps(history)}


@pytest.mark.parametrize(
    ("rows", "cap", "window"), [(2, 10_000, 10_000), (1_000, 3, 10_000), (2, 10_000, 4), (1_000, 10_000, 5)]
)
def test_pages_cut_in_every_way_lose_nothing(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer, rows: int, cap: int, window: int
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    truth = {holder: anonymous(history) for holder, history in histories(rpc, town).items()}
    for api in (explorer_server.etherscan, explorer_server.blockscout):
        api.settings.page_cap, api.settings.result_window = cap, window
    for source in explorer_sources(exchange, explorer_server, rpc, page_rows=rows):
        found = histories(source, town)
        assert {holder: anonymous(history) for holder, history in found.items()} == truth
        assert all(history.complete for history in found.values())


def test_without_a_node_a_block_with_more_rows_than_shown_is_not_called_complete(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.etherscan.settings.result_window = 4
    source, _ = explorer_sources(exchange, explorer_server, None)
    history = source.transfers(town.calls.payer, 0, town.last)
    assert "single_block_overflow" in {one.reason for one in gaps(history)}


def test_without_a_node_the_amounts_are_the_same_and_a_shared_place_is_said(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    source, _ = explorer_sources(exchange, explorer_server, None)
    for holder in town.holders():
        history = source.transfers(holder, 0, town.last)
        truth = rpc.transfers(holder, 0, town.last)
        assert unplaced(history) == unplaced(truth)
        assert history.complete
        shared = [one.detail for one in history.coverage if one.endpoint == "order"]
        calls = Counter((row.tx, row.layer) for row in history.rows if row.place is None)
        assert bool(shared) == any(number > 1 for number in calls.values())


def test_a_node_that_traces_nothing_leaves_calls_as_the_explorer_lists_them(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    truth = histories(rpc_source(exchange, explorer_server), town)
    explorer_server.rpc.settings.missing_methods = {"trace_transaction", "debug_traceTransaction", "trace_filter"}
    with quick_exchange(explorer_server) as other:
        for source in explorer_sources(other, explorer_server, rpc_source(other, explorer_server)):
            found = histories(source, town)
            for holder, history in found.items():
                assert history.complete
                assert unplaced(history) == unplaced(truth[holder])
                assert all(row.place is not None for row in history.rows if row.layer != "call")


def test_a_seed_transaction_has_its_calls_without_a_node_too(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    source, _ = explorer_sources(exchange, explorer_server, None)
    for tx in town.calls.txs.values():
        mine, truth = source.transaction(tx), rpc.transaction(tx)
        assert mine.complete
        assert unplaced(mine) == unplaced(truth)


def test_faults_that_pass_change_nothing(
    town: Town, exchange: QuickExchange, tmp_path: Path, explorer_server: ExplorerServer
) -> None:
    truth = rpc_source(exchange, explorer_server).transfers(town.calls.payee, 0, town.last)
    plan = explorer_server.faults
    plan.add(server_error(every=7))
    plan.add(cut_short(every=11))
    plan.add(rate_limit(every=13))
    plan.add(html_page(every=17))
    plan.add(not_ok_reply("Max rate limit reached", when=to("etherscan"), every=5))
    with live_exchange(tmp_path / "faulty", explorer_server) as other:
        rpc = rpc_source(other, explorer_server)
        for source in (rpc, *explorer_sources(other, explorer_server, rpc)):
            assert anonymous(source.transfers(town.calls.payee, 0, town.last)) == anonymous(truth)


def test_g2_only_a_bad_key_ends_a_history(town: Town, exchange: QuickExchange, explorer_server: ExplorerServer) -> None:
    explorer_server.faults.add(not_ok_reply("Invalid API Key (#err2)", when=to("etherscan", "account/txlist")))
    source, _ = explorer_sources(exchange, explorer_server, rpc_source(exchange, explorer_server))
    with pytest.raises(PermanentError, match=re.escape("Invalid API Key (#err2)")):
        source.transfers(town.calls.payer, 0, town.last)


def test_g2_a_text_nobody_has_heard_of_is_a_gap_and_never_an_empty_list(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.faults.add(not_ok_reply("Something nobody has heard of", when=to("etherscan", "account/txlist")))
    source, _ = explorer_sources(exchange, explorer_server, None)
    history = source.transfers(town.calls.payer, 0, town.last)
    assert ("txlist", "error") in [(one.endpoint, one.reason) for one in gaps(history)]
    assert history.rows


def test_rows_of_other_blocks_than_asked_for_are_refused(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    explorer_server.faults.add(
        altered(
            lambda body: body.replace(b'"blockNumber":"', b'"blockNumber":"9'), when=to("etherscan", "account/tokentx")
        )
    )
    source, _ = explorer_sources(exchange, explorer_server, None)
    history = source.transfers(town.calls.payer, 0, town.last)
    assert [(one.endpoint, one.reason) for one in gaps(history)] == [("tokentx", "inconsistent")]


def test_money_that_no_transaction_shows_is_found_in_its_block(
    evm_node: EvmNode, explorer_server: ExplorerServer
) -> None:
    holder = "0x" + "7e" * 20
    first = evm_node.block_number()
    evm_node.mine(blocks=3)
    evm_node.rpc("anvil_setBalance", holder, hex(77))
    when = evm_node.block_number()
    last = evm_node.mine(blocks=12)
    with quick_exchange(explorer_server) as exchange:
        history = rpc_source(exchange, explorer_server).transfers(holder, first, last)
    assert history.rows == ()
    (gap,) = gaps(history)
    assert gap.reason == "inconsistent"
    assert f"first block {when}: +77" in gap.detail


def test_code_is_told_from_a_wallet(town: Town, exchange: QuickExchange, explorer_server: ExplorerServer) -> None:
    rpc = rpc_source(exchange, explorer_server)
    for source in (rpc, *explorer_sources(exchange, explorer_server, rpc)):
        assert source.is_contract(town.token.address) is True
        assert source.is_contract(town.calls.payee) is False
        assert source.size(town.calls.payee) == 1


def test_proof_material_is_the_block_and_all_its_receipts(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    for missing in (set(), {"eth_getBlockReceipts"}):
        explorer_server.rpc.settings.missing_methods = missing
        with quick_exchange(explorer_server) as other:
            made = rpc_source(other, explorer_server).proof_material(town.calls.txs["split"])
        assert len(made.receipts) == len(made.block["transactions"]) == len(town.calls.txs)
        assert [one["transactionHash"] for one in made.receipts] == [one["hash"] for one in made.block["transactions"]]


def test_a_node_of_another_chain_is_refused(explorer_server: ExplorerServer) -> None:
    with quick_exchange(explorer_server) as exchange:
        source = EvmRpc(RpcNode(ChainId("eip155:1"), exchange, explorer_server.rpc_url))
        with pytest.raises(SourceError, match="serves eip155:31337"):
            source.head()


@pytest.mark.usefixtures("node_programs")
def test_after_a_reorganisation_nothing_of_the_abandoned_blocks_is_left() -> None:
    with running_evm_node() as node, running_explorer(node) as server, quick_exchange(server) as kept:
        payer, payee, other = node.accounts[1:4]
        node.fund([payer], 10**18)
        node.mine(blocks=10)
        common = node.snapshot()
        abandoned = node.send(payer, payee, value=5)
        node.mine(blocks=3)
        height = node.block_number()
        before = rpc_source(kept, server).transfers(payer, 0, height)
        assert abandoned in {row.tx for row in before.rows}
        node.revert(common)
        node.send(payer, other, value=6)
        node.mine(blocks=3)
        assert node.block_number() == height
        kept.anew = True
        head = rpc_source(kept, server).head()
        kept.anew = False
        with quick_exchange(server) as fresh:
            truth = rpc_source(fresh, server)
            for again, first in (
                (rpc_source(kept, server), truth),
                *zip(both(kept, server), both(fresh, server), strict=True),
            ):
                assert again.head() == head
                history = again.transfers(payer, 0, height)
                assert abandoned not in {row.tx for row in history.rows}
                assert history == first.transfers(payer, 0, height)
                assert history.complete


def test_a_head_can_be_taken_from_elsewhere(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    early = Head(rpc.block(town.calls.block), rpc.block(town.calls.block - 2))
    for source in (rpc, *explorer_sources(exchange, explorer_server, rpc)):
        assert isinstance(source, Pinning)
        source.pin(early)
        assert source.head() == early
        history = source.transfers(town.calls.payer, 0, town.last)
        assert max(row.block for row in history.rows) == max(one.to_block for one in history.coverage)
        assert {one.to_block for one in history.coverage} == {early.final.number, early.latest.number}


def both(exchange: QuickExchange, server: ExplorerServer) -> list[Any]:
    return explorer_sources(exchange, server, rpc_source(exchange, server))


def test_a_budget_that_is_used_up_is_no_answer_and_cuts_no_history_in_silence(
    town: Town, tmp_path: Path, explorer_server: ExplorerServer
) -> None:
    settings = {explorer_server.url: settings_of("rpc", explorer_server.url)}
    spent = 0
    for calls in range(1, 40, 4):
        folder = tmp_path / f"{calls}"
        with Store(folder, write=True) as store, Http(settings) as http:
            exchange = LiveExchange(store, http, max_calls=calls)
            rpc = rpc_source(exchange, explorer_server)
            for source in (rpc, explorer_sources(exchange, explorer_server, rpc)[0]):
                try:
                    source.transfers(town.calls.payer, 0, town.last)
                except OverBudgetError:
                    spent += 1
                    with pytest.raises(OverBudgetError):
                        source.transfers(town.calls.payer, 0, town.last)
    assert spent > 10


def test_every_source_with_a_node_gives_the_same_records(
    town: Town, exchange: QuickExchange, explorer_server: ExplorerServer
) -> None:
    rpc = rpc_source(exchange, explorer_server)
    rows = rpc.transfers(town.calls.payer, town.first, town.last).rows
    wanted = {row.tx: row.block for row in rows if row.tx}
    held = rpc.records(wanted)
    assert {record.tx for record in held.found} == set(wanted)
    assert held.coverage == ()
    assert all(record.whole and record.logs is not None for record in held.found)
    for source in explorer_sources(exchange, explorer_server, rpc):
        assert source.records(wanted) == held.under(source.name)
    for source in explorer_sources(exchange, explorer_server, None):  # nobody traces for these: calls are unknown
        blind = source.records(wanted)
        assert [record.logs for record in blind.found] == [record.logs for record in held.found]
        untraced = [record for record in blind.found if record.receipt and not record.receipt.failed]
        assert untraced
        assert not any(record.whole or record.calls is not None for record in untraced)
        assert {one.subject for one in blind.coverage} == {record.tx for record in untraced}
