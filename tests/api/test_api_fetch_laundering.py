"""A laundering acted out on a real node: a case made from its thefts, fetched, traced, and compared with the truth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from explorer_server import ExplorerServer
from laundering import Laundering
from story_case import private_case

from tracer.api.backward import trace_back
from tracer.api.collecting import FetchResult, Settings, fetch, open_for_fetch, rederive, rederived
from tracer.api.load import open_case, open_seeds
from tracer.bundle import open_bundle
from tracer.collect.limits import Limits
from tracer.collect.select_provider import second_of
from tracer.errors import SourceError
from tracer.io.paths import addresses_dir
from tracer.io.readers import read_table
from tracer.model import LOCAL_EVM
from tracer.model.coverage import Coverage
from tracer.providers.registry import SOURCES

LIMITS = Limits(contracts=True)
DERIVED = ("transfers.csv", "balances.csv", "coverage.csv", "holders.csv", "manifest.json")


@pytest.fixture(scope="module")
def setting(shared_laundering_server: ExplorerServer) -> Iterator[ExplorerServer]:
    """Return the providers of the laundering, named to the program as a user would."""
    shared_laundering_server.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        patch.setenv("TRACER_URL_RPC_EIP155_31337", f"{shared_laundering_server.url}/rpc")
        patch.setenv("TRACER_URL_ETHERSCAN_EIP155_31337", f"{shared_laundering_server.url}/v2/api")
        patch.setenv("TRACER_ETHERSCAN_KEY", "a-key-of-no-worth")
        yield shared_laundering_server


@pytest.fixture(scope="module")
def fetched(setting: ExplorerServer, laundering: Laundering, tmp_path_factory: pytest.TempPathFactory) -> FetchResult:
    """Return the laundering, fetched from a node and compared with an explorer."""
    folder = private_case(tmp_path_factory.mktemp("fetched") / "story", laundering)
    return fetch(
        open_case(folder), settings=Settings(source="rpc", cross_check=True, second="etherscan", limits=LIMITS)
    )


@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_what_is_fetched_traces_to_the_exits_worked_out_apart(
    fetched: FetchResult, laundering: Laundering, rule: str
) -> None:
    trace = open_case(fetched.bundle.folder.parent).trace(rule)
    exits = {
        (leaf.stop_reason, leaf.address, leaf.asset, *leaf.origin): (leaf.tainted, leaf.origin_amount)
        for leaf in trace.result.exits
    }
    assert exits == laundering.exits(rule)
    assert trace.audit.closed


def test_every_followed_holder_closes_by_the_node_and_nothing_is_unexplained(fetched: FetchResult) -> None:
    coverage = open_case(fetched.bundle.folder.parent).trace().result.coverage
    assert len(coverage.closed) == len([s for s in fetched.gathered.holders.values() if s == "whole"]) == 18
    assert set(coverage.closed.values()) == {"rpc"}
    assert (coverage.unclosed, coverage.unexplained_inflow, coverage.unexplained_outflow) == ((), {}, {})


def test_every_movement_of_a_holder_that_was_read_is_in_the_tables_and_none_twice(
    fetched: FetchResult, laundering: Laundering
) -> None:
    since = fetched.gathered.since["eip155:31337"]
    read = {holder for _, holder in fetched.gathered.holders}
    truth = [
        (one.block, one.tx, one.kind, one.sender, one.recipient, one.asset, one.amount)
        for one in laundering.movements
        if one.block >= since and {one.sender, one.recipient} & read
    ]
    got = [
        (row.block, row.tx, row.kind, row.sender, row.recipient, row.asset, row.amount)
        for row in fetched.gathered.transfers
        if {row.sender, row.recipient} & read
    ]
    assert got == truth


def test_swaps_are_told_from_payments_as_the_story_tells_them(fetched: FetchResult, laundering: Laundering) -> None:
    swaps = {one.tx for one in laundering.movements if one.event}
    read = {row.tx for row in fetched.gathered.transfers}
    assert {row.event for row in fetched.gathered.transfers if row.event} == swaps & read


def test_the_tables_derive_again_from_the_raw_replies_byte_for_byte(
    fetched: FetchResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRACER_URL_RPC_EIP155_31337", "TRACER_URL_ETHERSCAN_EIP155_31337", "TRACER_ETHERSCAN_KEY"):
        monkeypatch.delenv(name)
    folder = fetched.bundle.folder
    files = rederive(open_bundle(folder), open_seeds(folder.parent)).files()
    assert files == {name: (folder / name).read_bytes() for name in files}
    assert set(files) == {name for name in DERIVED if name.endswith(".csv")}


def test_deriving_again_in_place_changes_no_byte(fetched: FetchResult) -> None:
    folder = fetched.bundle.folder
    before = {name: (folder / name).read_bytes() for name in DERIVED}
    again = rederived(open_for_fetch(folder.parent))
    assert again.gathered == fetched.gathered
    assert again.gathered.complete
    assert {name: (folder / name).read_bytes() for name in DERIVED} == before


def test_a_source_is_checked_against_the_first_other_that_can_be_asked(setting: ExplorerServer) -> None:
    first = SOURCES.choose(LOCAL_EVM, "rpc")
    assert second_of(first).source == "etherscan"
    assert second_of(first, "etherscan").companion == "rpc"


def test_an_explorer_with_a_node_says_the_same_of_every_holder(fetched: FetchResult) -> None:
    assert fetched.differences == ()


def test_what_every_stolen_movement_is_proven_with_is_in_the_bundle(fetched: FetchResult) -> None:
    assert (fetched.proven, fetched.unproven) == (34, 0)


def test_broken_off_by_a_budget_and_resumed_the_bundle_is_the_same(
    fetched: FetchResult, laundering: Laundering, tmp_path: Path, setting: ExplorerServer
) -> None:
    folder = private_case(tmp_path / "story", laundering)
    settings = Settings(source="rpc", cross_check=True, second="etherscan", limits=LIMITS)
    cut = fetch(open_case(folder), settings=replace(settings, cross_check=False, proofs=False, calls=80))
    assert {one.reason for one in cut.gathered.coverage if not one.complete} == {"over_budget"}
    assert open_case(folder).trace().audit.closed
    fetch(open_case(folder), settings=settings)
    for name in DERIVED:
        assert (folder / "bundle" / name).read_bytes() == (fetched.bundle.folder / name).read_bytes(), name
    raw = [
        {path.name: path.read_bytes() for path in one.rglob("*") if path.is_file()}
        for one in (folder / "bundle" / "responses", fetched.bundle.folder / "responses")
    ]
    assert raw[0] == raw[1]
    assert raw[0]


def test_where_the_money_of_a_meeting_point_came_from_adds_up(
    laundering: Laundering, tmp_path: Path, setting: ExplorerServer
) -> None:
    folder = private_case(tmp_path / "story", laundering)
    meeting = laundering.address["meeting"]
    (folder / "seeds.csv").write_text(
        f"kind,value,chain,asset,amount,origin\nholder,{meeting},eip155:31337,{laundering.assets['ether']},0,meeting\n"
    )
    limits = Limits(direction="back", contracts=True)
    fetch(open_case(folder), settings=Settings(source="rpc", proofs=False, limits=limits))
    sources = trace_back(open_case(folder))
    funds = sources.funds
    received: dict[str, int] = {}
    for one in laundering.movements:
        if one.recipient == meeting != one.sender:
            received[one.asset] = received.get(one.asset, 0) + one.amount
    assert funds.closed
    assert {account.asset: amount for account, amount in funds.received.items()} == received
    assert {inflow.why for inflow in funds.inflows} <= {"opening", "service", "bridge", "mint", "contract", "target"}
    table = sources.table()
    assert {asset: int(rows["tainted"].sum()) for asset, rows in table.groupby("asset")} == received
    assert all(int(amount) == received[asset] for asset, amount in zip(table["asset"], table["received"], strict=True))
    out = sources.write(tmp_path / "out")
    assert (out / "sources.csv").read_text().count("\n") == len(table) + 1
    assert '"closed": true' in (out / "summary.json").read_text()


def test_coverage_is_read_back_as_it_was_written(fetched: FetchResult) -> None:
    from tracer.collect.rederive import gathered_of

    again = gathered_of(open_bundle(fetched.bundle.folder))
    assert again.files() == fetched.gathered.files()
    assert again.coverage == fetched.gathered.coverage
    assert all(isinstance(one, Coverage) for one in again.coverage)
    assert again.balances == fetched.gathered.balances
    assert (again.heads, again.since, again.holders) == (
        fetched.gathered.heads,
        fetched.gathered.since,
        fetched.gathered.holders,
    )


def test_the_manifest_keeps_the_form_of_bundled_cases_and_every_row_names_its_source(fetched: FetchResult) -> None:
    folder = fetched.bundle.folder
    schema = json.loads((addresses_dir() / "schema" / "bundle.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((folder / "manifest.json").read_text("utf-8")), schema)
    for table in fetched.bundle.manifest.tables.values():
        records = list(read_table(folder / table.path, ("source",)).records())
        assert len(records) == table.rows
        assert {record.text("source") for record in records} <= set(fetched.bundle.manifest.sources)


@pytest.mark.parametrize("name", ["transfers.csv", "balances.csv", "coverage.csv", "holders.csv"])
def test_a_changed_table_is_found_before_anything_is_read_from_it(
    fetched: FetchResult, tmp_path: Path, name: str
) -> None:
    shutil.copytree(fetched.bundle.folder, tmp_path / "bundle")
    path = tmp_path / "bundle" / name
    path.write_bytes(path.read_bytes().replace(b"rpc", b"rpd", 1))
    with pytest.raises(SourceError, match=name):
        open_bundle(tmp_path / "bundle")
