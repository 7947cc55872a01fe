"""One case through every source: the tables are the same but for the name of who was asked, and trace to the truth."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bitcoin_story import BitcoinStory
from case_fetching import (
    EVERY_WAY,
    SETTINGS,
    WAYS,
    assert_replays,
    environment,
    fetched,
    laundering_case,
    named,
    whole_chain,
    with_bitcoin,
)
from esplora_server import EsploraServer
from explorer_server import ExplorerServer, running_explorer
from laundering import Laundering
from own_archive import write_archive
from story_case import private_case
from training_story import Training

import tracer
from tracer.api.load import open_own_folder
from tracer.errors import InputError
from tracer.model import LOCAL_EVM, Collected
from tracer.providers.archive.source import Archive

TABLES = ("transfers.csv", "balances.csv", "holders.csv")


@pytest.fixture(scope="module")
def cases(
    shared_laundering_server: ExplorerServer, laundering: Laundering, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Return the laundering, fetched through each source into a case folder of its own."""
    shared_laundering_server.reset()
    folders = {way: laundering_case(tmp_path_factory.mktemp(way), laundering) for way in WAYS}
    with environment(named(shared_laundering_server)):
        for way, folder in folders.items():
            fetched(folder, WAYS[way])
    return folders


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    return list(rows.fieldnames or ()), list(rows)


def differing_columns(one: Path, other: Path) -> set[str]:
    """Return in which columns two tables differ; they must have the same rows otherwise."""
    (header, first), (other_header, second) = table(one), table(other)
    assert header == other_header
    assert len(first) == len(second) > 0
    return {name for a, b in zip(first, second, strict=True) for name in header if a[name] != b[name]}


def test_g16_through_the_portal_those_who_wait_are_read_with_one_question(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    folder = laundering_case(tmp_path, laundering)
    with environment(named(laundering_server)):
        fetched(folder, replace(WAYS["sqd"], proofs=False))
    _, holders = table(folder / "bundle" / "holders.csv")
    read = [row for row in holders if row["status"] == "whole"]
    asked = [json.loads(one.body) for one in laundering_server.calls("sqd", "finalized-stream:accounts")]
    named_in = [one["transactions"][0]["from"] for one in asked]
    assert len(named_in) < len(read)
    assert max(map(len, named_in)) > 2
    assert sorted(holder for names in named_in for holder in names) == sorted(row["holder"] for row in read)


def exits_of(folder: Path, rule: str, *, bare: bool = False) -> dict[tuple[str, ...], tuple[int, int]]:
    trace = (open_own_folder(folder, complete=True) if bare else tracer.open_case(folder)).trace(rule)
    assert trace.audit.closed
    return {
        (leaf.stop_reason, leaf.address, str(leaf.asset), leaf.origin.name, str(leaf.origin.asset)): (
            leaf.tainted,
            leaf.origin_amount,
        )
        for leaf in trace.result.exits
    }


@pytest.mark.parametrize("way", ["etherscan", "blockscout", "sqd"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_differ_only_in_the_column_that_names_the_source(cases: dict[str, Path], way: str, name: str) -> None:
    column = {"source"}
    assert differing_columns(cases["rpc"] / "bundle" / name, cases[way] / "bundle" / name) == column


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_whoever_was_asked_the_money_ends_where_the_script_left_it(
    cases: dict[str, Path], laundering: Laundering, way: str, rule: str
) -> None:
    assert exits_of(cases[way], rule) == laundering.exits(rule)


@pytest.mark.parametrize("way", list(WAYS))
def test_every_question_is_covered_whole_and_the_bundle_replays_without_a_network(
    cases: dict[str, Path], way: str
) -> None:
    _, coverage = table(cases[way] / "bundle" / "coverage.csv")
    assert {row["complete"] for row in coverage} == {"true"}
    assert_replays(cases[way])


@pytest.mark.parametrize("way", list(WAYS))
def test_written_out_the_trace_closes_to_the_unit(cases: dict[str, Path], way: str, tmp_path: Path) -> None:
    tracer.open_case(cases[way]).trace().write(tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["audit"]["closed"] is True
    differences = [int(units) for by_asset in summary["audit"]["difference"].values() for units in by_asset.values()]
    assert differences
    assert set(differences) == {0}


@pytest.fixture(scope="module")
def training_server(training: Training) -> Iterator[ExplorerServer]:
    with running_explorer(training.node) as server:
        yield server


@pytest.fixture(scope="module")
def training_cases(
    training: Training, training_server: ExplorerServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Return the training case, fetched through each source, and from an archive of what the node gave."""
    folders = {way: private_case(tmp_path_factory.mktemp(way) / "story", training) for way in (*WAYS, "archive")}
    rows, blocks = whole_chain(training, training_server, tmp_path_factory.mktemp("read"))
    archive = tmp_path_factory.mktemp("files") / "archive"
    write_archive(rows, archive, blocks)
    with environment(named(training_server) | {"TRACER_URL_ARCHIVE_EIP155_31337": str(archive)}):
        for way, folder in folders.items():
            fetched(folder, EVERY_WAY[way])
    return folders


@pytest.mark.parametrize("way", ["etherscan", "blockscout", "sqd", "archive"])
def test_the_training_case_is_one_table_whoever_was_asked(training_cases: dict[str, Path], way: str) -> None:
    one, other = (training_cases[name] / "bundle" / "transfers.csv" for name in ("rpc", way))
    assert differing_columns(one, other) == {"source"}


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_the_training_case_ends_where_the_hand_left_it_whoever_was_asked(
    training_cases: dict[str, Path], training: Training, way: str, rule: str
) -> None:
    assert exits_of(training_cases[way], rule) == training.exits(rule)


def test_an_archive_of_the_rows_gives_the_table_of_the_node_they_came_from(
    cases: dict[str, Path], laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    rows, blocks = whole_chain(laundering, laundering_server, tmp_path / "read")
    write_archive(rows, tmp_path / "archive", blocks)
    with Archive(tmp_path / "archive", LOCAL_EVM) as archive:
        assert archive.head().latest == blocks[-1]
        for address in sorted(set(laundering.address.values())):
            history = archive.transfers(address, 0, blocks[-1].number)
            own = [row for row in rows if address in (row.sender, row.recipient)]
            assert [_unnamed(row) for row in history.rows] == [_unnamed(row) for row in own]
            assert history.complete


def _unnamed(row: Collected) -> Sequence[object]:
    return (row.id, row.order(), row.time, row.kind, row.sender, row.recipient, row.asset, row.amount)


def test_a_case_fetched_from_an_archive_has_the_transfers_of_one_fetched_from_a_node(
    cases: dict[str, Path], laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    rows, blocks = whole_chain(laundering, laundering_server, tmp_path / "read")
    write_archive(rows, tmp_path / "archive", blocks)
    folder = laundering_case(tmp_path, laundering)
    variables = named(laundering_server) | {"TRACER_URL_ARCHIVE_EIP155_31337": str(tmp_path / "archive")}
    with environment(variables):
        fetched(folder, EVERY_WAY["archive"])
    assert differing_columns(cases["rpc"] / "bundle" / "transfers.csv", folder / "bundle" / "transfers.csv") == {
        "source"
    }
    assert_replays(folder, variables)
    with pytest.raises(InputError, match=r"archive .* not here"):
        assert_replays(folder)
    # An archive holds movements and no state: what a wallet had before is the least that covers what it paid, as in a
    # table without balances.
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("bundle/transfers.csv", "seeds.csv", "labels.csv"):
        shutil.copy(cases["rpc"] / name, bare)
    for rule in ("fifo", "haircut"):
        assert exits_of(folder, rule) == exits_of(bare, rule, bare=True)


def test_two_chains_in_one_case_close_and_what_left_over_the_bridge_left_at_the_bridge(
    laundering: Laundering,
    laundering_server: ExplorerServer,
    bitcoin_story: BitcoinStory,
    esplora_server: EsploraServer,
    tmp_path: Path,
) -> None:
    folder = laundering_case(tmp_path, with_bitcoin(laundering, bitcoin_story))
    with environment(named(laundering_server) | {"TRACER_URL_ESPLORA": esplora_server.url}):
        fetched(folder, replace(SETTINGS, source="", proofs=False))
    for rule in ("fifo", "haircut"):
        exits = exits_of(folder, rule)
        euros, origin = laundering.bridged["asset"], ("vault", laundering.assets["ether"])
        assert exits["bridge", laundering.address["bridge"], str(euros), *origin][0] > 0
        assert {key: units for key, units in exits.items() if key[3] != "coins"} == laundering.exits(rule)
        assert {key[3] for key in exits} == {"vault", "allowance", "coins"}
    assert_replays(folder)
