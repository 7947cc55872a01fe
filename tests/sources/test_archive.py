"""Archives: exact amounts out of every export, the rules of traces, and how far the files reach."""

from __future__ import annotations

import builtins
import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from own_archive import write_archive
from parquet_exports import BLOCKS, FIRST, LAST, LOGS, TRACES, TRANSACTIONS, bigquery, recorded, write

from tracer.errors import DataFileError, InputError, MissingExtraError, SourceError
from tracer.model import BITCOIN, DEFAULT_CHAIN, LOCAL_EVM, AssetId, ChainId, Coin, Collected, checksum_form
from tracer.providers.archive.source import Archive
from tracer.providers.provider import BlockRef

ETH = f"{DEFAULT_CHAIN}/slip44:60"
A, B, C, D = ("0x" + digit * 40 for digit in "abcd")
EDGES = (0, 1, 2**53 + 1, 2**63, 2**64, 10**30, 10**38 - 1, 10**38, 2**128, 2**256 - 1)
NFT_TOPICS = 4


def row(number: int, *, amount: int = 5, block: int = 7, sender: str = A, **changes: Any) -> Collected:
    values: dict[str, Any] = {
        "chain": LOCAL_EVM,
        "block": block,
        "block_hash": f"0x{block:064x}",
        "time": 1_700_000_000 + block,
        "tx": f"0x{number:064x}",
        "tx_index": number,
        "layer": "log",
        "place": (number,),
        "kind": "token",
        "sender": sender,
        "recipient": B,
        "asset": AssetId(f"{LOCAL_EVM}/erc20:{C}"),
        "amount": amount,
        "source": "archive",
    }
    return Collected(**{**values, **changes})


def blocks(low: int, high: int) -> list[BlockRef]:
    return [BlockRef(n, f"0x{n:064x}", 1_700_000_000 + n) for n in range(low, high + 1)]


def test_our_own_archive_gives_back_what_was_written_at_every_size(tmp_path: Path) -> None:
    rows = [row(n, amount=amount) for n, amount in enumerate(EDGES)]
    rows.append(row(99, layer="block", place=(3,), kind="mint", sender="", tx="", tx_index=None))
    rows.append(row(50, block=8, layer="call", place=(0, 2), kind="internal"))
    rows.append(row(51, block=8, place=None, tx_index=None))
    rows.sort(key=Collected.order)
    write_archive(rows, tmp_path / "archive", blocks(5, 9))
    with Archive(tmp_path / "archive", LOCAL_EVM) as archive:
        history = archive.transfers(B, 5, 9)
        assert history.rows == tuple(rows)
        assert history.complete
        assert archive.transfers(B, 8, 8).rows == tuple(one for one in rows if one.block == 8)
        assert archive.transaction(rows[0].tx).rows == (rows[0],)
        assert not archive.transaction("0x" + "ee" * 32).complete
        assert archive.head().latest == blocks(9, 9)[0]
        assert archive.size(B) == len({one.tx for one in rows})
        assert set(archive.hashes) == {"blocks.parquet", "transfers.parquet"}


def test_the_same_movements_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [row(n) for n in range(50)]
    for name in ("one", "two"):
        write_archive(iter(rows), tmp_path / name, blocks(7, 7))
    one, two = (Archive(tmp_path / name, LOCAL_EVM) for name in ("one", "two"))
    with one, two:
        assert one.hashes == two.hashes


def test_an_archive_says_how_far_it_reaches(tmp_path: Path) -> None:
    held = blocks(5, 9)
    write_archive([row(1)], tmp_path / "whole", held)
    write_archive([row(1)], tmp_path / "holed", [*held[:2], *held[3:]])
    write_archive([row(1)], tmp_path / "bare")
    expected = {"whole": (True, "ok"), "holed": (False, "inconsistent"), "bare": (False, "not_supported")}
    for name, (complete, reason) in expected.items():
        with Archive(tmp_path / name, LOCAL_EVM) as archive:
            (covered,) = archive.transfers(A, 5, 9).coverage
            assert (covered.complete, covered.reason) == (complete, reason)
    with Archive(tmp_path / "whole", LOCAL_EVM) as archive:
        assert not archive.transfers(A, 5, 10).complete
        assert not archive.transfers(A, 4, 9).complete
        with pytest.raises(SourceError):
            archive.block(4)
    with Archive(tmp_path / "bare", LOCAL_EVM) as archive, pytest.raises(SourceError):
        archive.head()


def test_every_token_transfer_of_two_real_blocks_is_exact(shared: Path, tmp_path: Path) -> None:
    by_log = {log["log_index"] + 10**6 * log["block_number"]: log for log in recorded(shared, "logs")}
    expected: Counter[tuple[str, str, str, int]] = Counter()
    for one in recorded(shared, "token_transfers"):
        if len(by_log[one["log_index"] + 10**6 * one["block_number"]]["topics"]) < NFT_TOPICS:
            expected[one["token_address"], one["from_address"], one["to_address"], one["value"]] += 1
    assert expected.total() == 282
    payee = max(payee for _, _, payee, _ in expected)
    with Archive(bigquery(shared, tmp_path / "export")) as archive:
        found = {one.id: one for one in archive.rows("", FIRST, LAST) if one.layer == "log"}
        mine = [one for one in found.values() if payee in (one.sender, one.recipient)]
        assert [one for one in archive.rows(payee, FIRST, LAST) if one.layer == "log"] == mine
        assert archive.head().latest.hash == recorded(shared, "blocks")[1]["hash"]
    got = Counter((one.asset.rpartition(":")[2], one.sender, one.recipient, one.amount) for one in found.values())
    assert got == expected
    assert max(one.amount for one in found.values()) == 7_786_596_450_288_373_164_569_331_648_084


def test_values_and_fees_of_two_real_blocks_are_exact(shared: Path, tmp_path: Path) -> None:
    transactions = recorded(shared, "transactions")
    with Archive(bigquery(shared, tmp_path / "export")) as archive:
        rows = list(archive.rows("", FIRST, LAST))
        assert [one.order() for one in rows] == sorted(one.order() for one in rows)
        history = archive.transfers(transactions[0]["from_address"], FIRST, LAST)
        assert history.complete
        assert history.rows[0].amount == 85_143 * 80_869_370_967
    found = {one.id: one for one in rows if one.layer != "log"}
    fees = {one.tx: one.amount for one in found.values() if one.layer == "fee"}
    assert fees == {tx["hash"]: tx["receipt_gas_used"] * tx["receipt_effective_gas_price"] for tx in transactions}
    assert len(fees) == 298
    values = {one.tx: (one.recipient, one.amount) for one in found.values() if one.layer == "top"}
    paid = [tx for tx in transactions if tx["value"] and tx["receipt_status"]]
    assert values == {tx["hash"]: (tx["to_address"], tx["value"]) for tx in paid}
    assert sum(not tx["receipt_status"] for tx in transactions) == 9


def test_withdrawals_of_two_real_blocks_come_in_wei(shared: Path, tmp_path: Path) -> None:
    listed = [one for block in recorded(shared, "blocks") for one in block["withdrawals"]]
    payee = listed[0]["address"]
    with Archive(bigquery(shared, tmp_path / "export")) as archive:
        rows = [one for one in archive.rows(payee, FIRST, LAST) if one.layer == "block"]
    mine = [one for one in listed if one["address"] == payee]
    assert [one.amount for one in rows] == [one["amount"] * 10**9 for one in mine]
    assert {(one.kind, one.sender, one.tx) for one in rows} == {("mint", "", "")}


def trace(path: str, payer: str, payee: str, value: int, kind: str = "call", call: str = "call", **more: Any) -> Any:
    return {
        "transaction_hash": "0x" + "ab" * 32,
        "transaction_index": 3,
        "from_address": payer,
        "to_address": payee,
        "value": value,
        "trace_type": kind,
        "call_type": call if kind == "call" else None,
        "trace_address": path,
        "block_timestamp": 1_683_029_999,
        "block_number": FIRST,
        "block_hash": "0x" + "11" * 32,
        "status": 1,
        **more,
    }


def test_only_calls_that_happened_and_move_value_are_movements(shared: Path, tmp_path: Path) -> None:
    traces = [
        trace("", A, B, 100),
        trace("0", B, C, 10),
        trace("1", B, D, 20, error="Reverted"),
        trace("1,0", D, C, 30),
        trace("2", B, C, 40, call="delegatecall"),
        trace("3", B, C, 50, call="callcode"),
        trace("4", B, C, 0, call="staticcall"),
        trace("5", B, C, 60, kind="suicide"),
        trace("10", C, B, 2**70, kind="create"),
    ]
    with Archive(bigquery(shared, tmp_path / "export", traces)) as archive:
        rows = archive.transfers(C, FIRST, LAST).rows
        assert [(one.place, one.amount) for one in rows] == [((0,), 10), ((5,), 60), ((10,), 2**70)]
        assert {(one.kind, one.tx_index, one.layer) for one in rows} == {("internal", 3, "call")}
        assert archive.transfers(D, FIRST, LAST).rows == ()


def test_a_transaction_is_read_from_all_tables(shared: Path, tmp_path: Path) -> None:
    tx = next(one for one in recorded(shared, "transactions") if one["value"] and one["receipt_status"])
    with Archive(bigquery(shared, tmp_path / "export")) as archive:
        layers = [one.layer for one in archive.transaction(tx["hash"]).rows]
    assert layers[:2] == ["fee", "top"]


def test_rounded_values_are_pointers_not_amounts(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "aws"
    write(folder / "transactions.parquet", {**TRANSACTIONS, "value": pa.float64()}, recorded(shared, "transactions"))
    write(folder / "logs.parquet", LOGS, recorded(shared, "logs"))
    write(folder / "traces.parquet", {**TRACES, "value": pa.float64()}, [])
    write(folder / "blocks.parquet", BLOCKS, recorded(shared, "blocks"))
    payer = next(one for one in recorded(shared, "transactions") if one["value"])["from_address"]
    with Archive(folder) as archive:
        history = archive.transfers(payer, FIRST, LAST)
    assert all(one.layer in ("log", "block") for one in history.rows)
    gaps = {one.endpoint: one.detail for one in history.coverage if not one.complete}
    assert set(gaps) == {"values and fees", "internal payments"}
    assert "rounded" in gaps["internal payments"]


def test_a_table_that_is_not_there_is_a_gap(shared: Path, tmp_path: Path) -> None:
    folder = bigquery(shared, tmp_path / "export")
    (folder / "traces.parquet").unlink()
    with Archive(folder) as archive:
        history = archive.transfers(A, FIRST, LAST)
    assert [one.endpoint for one in history.coverage if not one.complete] == ["internal payments"]


def test_cryo_is_read_by_its_text_values(tmp_path: Path) -> None:
    big = 2**90 + 1
    text, number = pa.string(), pa.int64()
    tx = {"block_number": 7, "transaction_index": 0, "transaction_hash": "0x" + "ab" * 32, "from_address": A}
    tx |= {"to_address": B, "value_string": str(big), "gas_used": 21_000, "gas_price": 3, "success": True}
    kinds = {"block_number": number, "transaction_index": number, "gas_used": number, "gas_price": number}
    write(tmp_path / "x" / "t.parquet", {name: kinds.get(name, text) for name in tx} | {"success": pa.bool_()}, [tx])
    topics = {"topic0": "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"}
    topics |= {f"topic{n}": "0x" + side[2:].rjust(64, "0") for n, side in ((1, A), (2, B))} | {"topic3": None}
    log = {"block_number": 7, "transaction_index": 0, "log_index": 4, "transaction_hash": "0x" + "ab" * 32}
    log |= {"address": C, **topics, "data": f"0x{10**30:064x}"}
    write(tmp_path / "x" / "l.parquet", {n: number if n in {*kinds, "log_index"} else text for n in log}, [log])
    block = {"block_hash": "0x" + "07" * 32, "author": D, "block_number": 7, "timestamp": 1_700_000_000}
    write(
        tmp_path / "x" / "b.parquet",
        {n: number if n in {"block_number", "timestamp"} else text for n in block},
        [block],
    )
    with Archive(tmp_path / "x") as archive:
        history = archive.transfers(A, 7, 7)
    assert [(one.layer, one.amount, one.time) for one in history.rows] == [
        ("fee", 63_000, 1_700_000_000),
        ("top", big, 1_700_000_000),
        ("log", 10**30, 1_700_000_000),
    ]
    assert {one.block_hash for one in history.rows} == {"0x" + "07" * 32}
    assert {one.endpoint for one in history.coverage if not one.complete} == {"internal payments", "withdrawals"}


@pytest.mark.parametrize("plural", [True, False])
def test_bitcoin_is_read_in_satoshis_whether_whole_or_in_doubles(tmp_path: Path, plural: bool) -> None:
    address, other = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    kind = pa.decimal128(38, 9) if plural else pa.float64()
    field = ("addresses", pa.list_(pa.string())) if plural else ("address", pa.string())

    def coin(index: int, satoshis: int, *names: str) -> dict[str, Any]:
        value = satoshis if plural else satoshis / 10**8
        held = {"addresses": list(names)} if plural else {"address": names[0] if names else None}
        return {"index": index, "value": value, **held}

    spent = pa.struct(
        [
            ("index", pa.int64()),
            ("spent_transaction_hash", pa.string()),
            ("spent_output_index", pa.int64()),
            ("value", kind),
            field,
        ]
    )
    made = pa.struct([("index", pa.int64()), ("value", kind), field])
    columns = {"hash": pa.string(), "block_number": pa.int64(), "block_hash": pa.string(), "is_coinbase": pa.bool_()}
    columns |= {"block_timestamp": pa.timestamp("us", tz="UTC"), "inputs": pa.list_(spent), "outputs": pa.list_(made)}
    source = {"spent_transaction_hash": "cd" * 32, "spent_output_index": 1}
    tx = {
        "hash": "ab" * 32,
        "block_number": 9,
        "block_hash": "00" * 32,
        "block_timestamp": 1_300_000_000,
        "is_coinbase": False,
        "inputs": [{**coin(0, 2_100_000_000_000_001, address), **source}],
        "outputs": [coin(1, 1, other), coin(0, 2_099_999_999_999_999, address), coin(2, 0, "nonstandard123")],
    }
    write(tmp_path / "btc" / "t.parquet", columns, [tx])
    blocks_kind = {
        "number": pa.int64(),
        "hash": pa.string(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "stripped_size": pa.int64(),
    }
    write(tmp_path / "btc" / "b.parquet", blocks_kind, [{"number": 9, "hash": "00" * 32, "timestamp": 1_300_000_000}])
    with Archive(tmp_path / "btc", BITCOIN) as archive:
        for holder in (address, other, "cd" * 32 + ":1", "ab" * 32 + ":0"):
            history = archive.transfers(holder, 9, 9)
            assert history.complete
            (found,) = history.transactions
            assert found.inputs == (Coin("cd" * 32 + ":1", address, 2_100_000_000_000_001),)
            assert [(c.outpoint[-1], c.address, c.amount) for c in found.outputs] == [
                ("0", address, 2_099_999_999_999_999),
                ("1", other, 1),
                ("2", "", 0),
            ]
            assert found.fee == 1
        assert archive.transfers("cd" * 32 + ":0", 9, 9).transactions == ()
        assert archive.is_contract(address) is False


@pytest.mark.parametrize("count", [20_000, pytest.param(100_000, marks=pytest.mark.prove)])
def test_a_long_history_is_walked_in_memory_that_does_not_grow_with_it(tmp_path: Path, count: int) -> None:
    made = (row(n % 200, block=n // 200, amount=10**18 + n, place=(n % 200,)) for n in range(count))
    write_archive(made, tmp_path / "big", blocks(0, count // 200))
    with Archive(tmp_path / "big", LOCAL_EVM) as archive:
        tracemalloc.start()
        total, last = 0, (-1, -1, -1, ())
        for one in archive.rows(B, 0, count):
            assert one.order() > last
            last = one.order()
            total += one.amount
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert total == sum(10**18 + n for n in range(count))
    assert peak < 25 * 2**20


def test_order_of_the_files_is_of_no_account(tmp_path: Path) -> None:
    rows = [row(n, amount=n) for n in range(200)]
    shuffled = rows.copy()
    random.Random(7).shuffle(shuffled)
    write_archive(shuffled, tmp_path / "shuffled")
    with Archive(tmp_path / "shuffled", LOCAL_EVM) as archive:
        assert list(archive.rows(B, 0, 10)) == rows


def test_what_is_no_archive_is_refused(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no archive"):
        Archive(tmp_path / "empty")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "x.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(DataFileError, match="no Parquet file"):
        Archive(tmp_path / "damaged")
    write(tmp_path / "foreign" / "x.parquet", {"a": pa.int64()}, [{"a": 1}])
    with pytest.raises(DataFileError, match="no schema"):
        Archive(tmp_path / "foreign")
    folder = bigquery(shared, tmp_path / "mixed")
    with pytest.raises(InputError, match="another kind of chain"):
        Archive(folder, BITCOIN)
    write_archive([row(1)], tmp_path / "mixed" / "own")
    with pytest.raises(DataFileError, match="several archives"):
        Archive(folder)


def test_files_of_one_table_have_one_type(shared: Path, tmp_path: Path) -> None:
    rows = recorded(shared, "transactions")[:1]
    write(tmp_path / "x" / "a.parquet", TRANSACTIONS, rows)
    write(tmp_path / "x" / "b.parquet", {**TRANSACTIONS, "value": pa.float64()}, rows)
    with pytest.raises(DataFileError, match="another type in column 'value'"):
        Archive(tmp_path / "x")


def test_addresses_are_found_in_either_spelling(shared: Path, tmp_path: Path) -> None:
    rows = recorded(shared, "transactions")[:1]
    payer = rows[0]["from_address"]
    write(tmp_path / "x" / "t.parquet", TRANSACTIONS, [{**rows[0], "from_address": checksum_form(payer)}])
    with Archive(tmp_path / "x") as archive:
        assert [one.sender for one in archive.rows(payer, FIRST, LAST)] == [payer, payer]


def test_an_amount_that_is_not_whole_is_refused(shared: Path, tmp_path: Path) -> None:
    rows = recorded(shared, "transactions")[:1]
    payer = rows[0]["from_address"]
    write(tmp_path / "x" / "t.parquet", {**TRANSACTIONS, "value": pa.string()}, [{**rows[0], "value": "1.5"}])
    with Archive(tmp_path / "x") as archive, pytest.raises(DataFileError, match="whole number"):
        archive.transfers(payer, FIRST, LAST)


def test_without_duckdb_the_install_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive([row(1)], tmp_path / "archive")
    original = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError) as caught:
        Archive(tmp_path / "archive", ChainId("eip155:31337"))
    assert caught.value.next_step.endswith("-m pip install 'duckdb>=1.0'")


@pytest.mark.parametrize(
    ("start", "blobs", "burns"),
    [(1_600_000_000, None, True), (1_780_000_000, None, False), (1_600_000_000, 0, False)],
)
def test_g5_an_archive_burns_by_the_chains_own_fork(tmp_path: Path, start: int, blobs: int | None, burns: bool) -> None:
    one, two, tx, block = "0x" + "a" * 40, "0x" + "b" * 40, "0x" + "1" * 64, "0x" + "2" * 64
    at = datetime.fromtimestamp(start, UTC)
    text, number, time = pa.string(), pa.int64(), pa.timestamp("us", "UTC")
    place = {"block_number": number, "block_hash": text, "block_timestamp": time, "transaction_hash": text}
    columns = {
        **place,
        **{"transaction_index": number, "from_address": text, "to_address": text, "value": pa.decimal128(38, 0)},
        **{"trace_type": text, "call_type": text, "trace_address": text, "error": text, "status": number},
    }
    same = {"block_number": 9, "block_hash": block, "block_timestamp": at, "transaction_hash": tx}
    call = {**same, "transaction_index": 0, "from_address": two, "to_address": one, "value": 0, "status": 1}
    rows = [
        {**call, "trace_type": "call", "call_type": "call", "trace_address": None, "error": None},
        {**call, "from_address": one, "value": 5, "trace_type": "suicide", "trace_address": "0", "error": None},
        # A call under a failed one: a status of 0, and no error of its own.
        {**call, "value": 7, "trace_type": "call", "call_type": "call", "trace_address": "1,0", "status": 0},
    ]
    tmp_path.mkdir(exist_ok=True)
    folder = tmp_path / "export"
    folder.mkdir()
    table = lambda kinds, listed: pa.Table.from_pylist(listed, pa.schema(list(kinds.items())))  # noqa: E731
    pq.write_table(table(columns, rows), folder / "traces.parquet")
    heights = {"number": number, "hash": text, "timestamp": time, "miner": text, "excess_blob_gas": number}
    made = [
        {"number": height, "hash": block, "timestamp": at, "miner": two, "excess_blob_gas": blobs} for height in (8, 9)
    ]
    pq.write_table(table(heights, made), folder / "blocks.parquet")
    with Archive(folder) as archive:
        found = [(row.kind, row.amount) for row in archive.transfers(one, 9, 9).rows]
    assert found == ([("burn", 5)] if burns else [])


@pytest.mark.parametrize("chain", ["eip155:10", "eip155:42161", "eip155:61"])
def test_g5_an_archive_says_what_it_lacks_of_other_chains(shared: Path, tmp_path: Path, chain: str) -> None:
    with Archive(bigquery(shared, tmp_path / "export"), ChainId(chain)) as archive:
        history = archive.transfers("0x" + "a" * 40, 17_173_049, 17_173_050)
    assert not history.complete
