"""K2: what names a movement on its chain is kept from the reply to the output; a part nobody gives stays empty."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from tracer.api import open_case
from tracer.bundle.derived import ledger_csv, transfers_csv
from tracer.collect import rows_of
from tracer.errors import DataFileError, InputError
from tracer.io import read_ledger, read_transfers
from tracer.model import (
    BITCOIN,
    AssetId,
    ChainId,
    Coin,
    Collected,
    CollectedTx,
    MovementId,
    is_movement_id,
    parse_movement_id,
)
from tracer.providers import History
from tracer.report import movements_csv

TRAINING = Path(__file__).parents[2] / "addresses" / "bundles" / "training"
ETH = ChainId("eip155:1")
A, B = ("0x" + digit * 40 for digit in "ab")
TX, BLOCK = "0x" + "2" * 64, "0x" + "1" * 64
ROW = Collected(ETH, 7, BLOCK, 1, TX, 0, "log", (3,), "token", A, B, AssetId(f"eip155:1/erc20:{A}"), 5, "s")
HEADER = "chain,block,tx,sender,recipient,asset,amount,id\n"


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "transfers.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def line(name: str, *, amount: int = 5, tx: str = TX) -> str:
    return f"eip155:1,7,{tx},{A},{B},eip155:1/slip44:60,{amount},{name}"


@pytest.mark.parametrize("name", ["fee:", "top:", "call:0.2.1", "log:3", "log:", "input:0", "output:11", "block:5"])
def test_k2_an_id_is_read_back_as_it_is_written(name: str) -> None:
    text = f"eip155:1/{BLOCK}/{TX}/{name}"
    assert str(parse_movement_id(text)) == text
    assert is_movement_id(text)
    assert parse_movement_id(text).is_whole is (name != "log:")


@pytest.mark.parametrize(
    "text",
    ["", "1", "eip155:1", f"{BLOCK}/{TX}/log:1", f"eip155:1/{BLOCK}/{TX}/logs:1", f"eip155:1/{BLOCK}/{TX}/log:-1"],
)
def test_k2_what_is_no_id_is_refused(text: str) -> None:
    assert not is_movement_id(text)
    with pytest.raises(InputError):
        parse_movement_id(text)


def test_k2_a_part_that_no_source_gives_is_empty_and_never_invented() -> None:
    placeless = replace(ROW, block_hash="", place=None)
    (row,), _ = rows_of([History(rows=(placeless,))])
    assert row.id == f"eip155:1//{TX}/log:"
    assert not parse_movement_id(row.id).is_whole
    (sure,), _ = rows_of([History(rows=(ROW,))])
    assert sure.id == f"eip155:1/{BLOCK}/{TX}/log:3"


def test_k2_inputs_outputs_and_fee_of_a_bitcoin_transaction_have_their_numbers(tmp_path: Path) -> None:
    tx, made = "d" * 64, "e" * 64
    coins = [Coin(f"{made}:{n}", "", 50) for n in (4, 2)]
    one = CollectedTx(BITCOIN, 9, "0" * 64, 1, tx, 3, tuple(coins), (Coin(f"{tx}:0", "", 90),), "s")
    _, legs = rows_of([History(transactions=(one,))])
    names = [parse_movement_id(leg.id) for leg in legs]
    assert [(name.layer, name.place) for name in names] == [
        ("input", "0"),
        ("input", "1"),
        ("output", "0"),
        ("fee", ""),
    ]
    assert {(name.chain, name.block_hash, name.tx, name.is_whole) for name in names} == {(BITCOIN, "0" * 64, tx, True)}
    path = tmp_path / "ledger.csv"
    path.write_text(ledger_csv(legs, {}), "utf-8")
    assert [leg.id for leg in read_ledger(path).legs] == [leg.id for leg in legs]


def test_k2_a_table_keeps_the_ids_it_was_written_with(tmp_path: Path) -> None:
    rows, _ = rows_of([History(rows=(ROW, replace(ROW, layer="top", place=(), kind="native", amount=9)))])
    path = tmp_path / "transfers.csv"
    path.write_text(transfers_csv(rows), "utf-8")
    assert [row.id for row in read_transfers(path).transfers] == [row.id for row in rows]


def test_k2_a_movement_that_stands_twice_is_refused(tmp_path: Path) -> None:
    name = str(MovementId(ETH, BLOCK, TX, "log", "3"))
    with pytest.raises(DataFileError, match="stands twice"):
        read_transfers(written(tmp_path, line(name), line(name, amount=6)))
    placeless = str(MovementId(ETH, BLOCK, TX, "log", ""))
    assert len(read_transfers(written(tmp_path, line(placeless), line(placeless, amount=6))).transfers) == 2


@pytest.mark.parametrize("name", [f"eip155:10/{BLOCK}/{TX}/log:3", f"eip155:1/{BLOCK}/0x{'9' * 64}/log:3"])
def test_k2_an_id_of_another_chain_or_transaction_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataFileError, match="another chain or transaction"):
        read_transfers(written(tmp_path, line(name)))


def test_k2_a_column_of_ids_of_somebodys_own_is_not_used_and_is_named(tmp_path: Path) -> None:
    table = read_transfers(written(tmp_path, line("17"), line("18", amount=6)))
    assert [row.id for row in table.transfers] == ["", ""]
    assert "id (not of a movement)" in table.notes[0]
    with pytest.raises(DataFileError, match="not the id of a movement"):
        read_transfers(written(tmp_path, line(f"eip155:1/{BLOCK}/{TX}/log:3"), line("18", amount=6)))


def test_k2_every_movement_of_the_training_case_has_the_place_that_the_truth_has() -> None:
    result = open_case("training", offline=True).trace().result
    with (TRAINING / "truth.csv").open(newline="", encoding="utf-8") as stream:
        truth = {
            (row["tx"], row["layer"], row["place"]): (row["sender"], row["recipient"], row["asset"], row["amount"])
            for row in csv.DictReader(stream)
        }
    rows = cells(movements_csv(result, touched=True))
    assert rows
    for row in rows:
        name = parse_movement_id(row["id"])
        assert name.is_whole
        assert (row["sender"], row["recipient"], row["asset"], row["amount"]) == truth[name.tx, name.layer, name.place]
    assert len({row["id"] for row in rows}) == len(rows)


def test_k2_a_case_whose_source_gives_no_ids_has_none() -> None:
    result = open_case("ronin-2022", offline=True).trace().result
    assert {row["id"] for row in cells(movements_csv(result))} == {""}
