"""Tables of the caller's own: what is accepted, and that every fault names file, row and column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tracer.errors import DataFileError
from tracer.io.tables import read_ledger, read_seeds, read_transfers
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON, Seed

A = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
B = "0x665660f65e94454a64b96693a67a41d440155617"
TRON_ADDRESS = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
BITCOIN_ADDRESS = "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"


def table(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_four_columns_and_a_time_are_enough(tmp_path: Path) -> None:
    path = table(tmp_path, f"sender,recipient,asset,amount,time\n{A},{B},slip44:60,1,2022-03-23T13:29:09Z\n")
    (row,) = read_transfers(path).transfers
    assert (row.chain, row.asset, row.amount, row.time, row.block) == (
        DEFAULT_CHAIN,
        "eip155:1/slip44:60",
        1,
        1648042149,
        None,
    )


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (f"{A},{B},slip44:60,1.5,1", "amount"),
        (f"{A},{B},slip44:60,1e18,1", "amount"),
        (f"{A},{B},slip44:60,-5,1", "amount"),
        (f"{A},{B},slip44:60,,1", "amount"),
        (f"{A},{B},slip44:60,007,1", "amount"),
        (f"0x098B716B8Aaf21512996dC57EB0615e2383E2f97,{B},slip44:60,1,1", "sender"),
        (f"{A},{TRON_ADDRESS},slip44:60,1,1", "recipient"),
        (f"{A},19,slip44:60,1,1", "recipient"),
        (f"{A},,slip44:60,1,1", "recipient"),
        (f"{A},{B},not an asset,1,1", "asset"),
        (f"{A},{B},erc20:0x12,1,1", "asset"),
        (f"{A},{B},slip44:60,1,yesterday", "time"),
        (f"{A},{B},slip44:60,1,", "time"),
    ],
)
def test_a_bad_cell_is_named_with_file_row_and_column(tmp_path: Path, cells: str, column: str) -> None:
    path = table(tmp_path, f"sender,recipient,asset,amount,time\n{A},{B},slip44:60,1,1\n{cells}\n")
    with pytest.raises(DataFileError) as caught:
        read_transfers(path)
    assert caught.value.what.startswith(f"t.csv, row 2, column '{column}'")
    assert caught.value.exit_code == 2


def test_a_tron_address_filed_under_bitcoin_is_refused_and_named(tmp_path: Path) -> None:
    path = table(
        tmp_path, f"sender,recipient,asset,amount,time,chain\n{TRON_ADDRESS},{BITCOIN_ADDRESS},sat,1,1,{BITCOIN}\n"
    )
    with pytest.raises(DataFileError, match="It is a Tron address"):
        read_transfers(path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("sender,recipient,asset,time", "column 'amount' is missing"),
        ("sender,recipient,asset,amount", "neither a column 'block' nor a column 'time'"),
        ("sender,recipient,asset,amount,time,time", "column 'time' appears twice"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(DataFileError, match=said):
        read_transfers(table(tmp_path, f"{header}\n"))


def test_columns_that_are_not_used_are_told(tmp_path: Path) -> None:
    path = table(tmp_path, f"sender,recipient,asset,amount,time,postion\n{A},{B},slip44:60,1,1,3\n")
    assert read_transfers(path).notes == ("t.csv: columns not used: postion.",)


def test_only_fee_burn_and_mint_may_lack_a_side(tmp_path: Path) -> None:
    head = "sender,recipient,asset,amount,time,kind\n"
    path = table(tmp_path, f"{head}{A},,slip44:60,1,1,fee\n,{A},slip44:60,1,1,mint\n{A},,slip44:60,1,1,burn\n")
    assert [row.kind for row in read_transfers(path).transfers] == ["fee", "mint", "burn"]
    with pytest.raises(DataFileError, match="row 1, column 'sender'"):
        read_transfers(table(tmp_path, f"{head},{A},slip44:60,1,1,native\n"))


def test_parquet_gives_the_same_rows_and_big_amounts_stay_exact(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    amounts = [0, 1, 2**53 + 1, 2**63, 2**64, 10**30, 10**38 - 1, None, None]
    texts = [*map(str, amounts[:7]), str(2**128), str(2**256 - 1)]
    columns = {
        "sender": [A] * 9,
        "recipient": [B] * 9,
        "asset": ["slip44:60"] * 9,
        "amount": pa.array([None if a is None else Decimal(a) for a in amounts], pa.decimal128(38, 0)),
        "amount_text": texts,
        "block": pa.array(range(9), pa.int64()),
    }
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path)
    assert [row.amount for row in read_transfers(path).transfers] == [int(text) for text in texts]
    lines = "\n".join(f"{A},{B},slip44:60,{text},{block}" for block, text in enumerate(texts))
    from_csv = read_transfers(table(tmp_path, f"sender,recipient,asset,amount,block\n{lines}\n")).transfers
    assert from_csv == read_transfers(path).transfers


def test_a_float_column_in_parquet_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"sender": [A], "recipient": [B], "asset": ["slip44:60"], "amount": [1.0], "block": [1]}), path
    )
    with pytest.raises(DataFileError, match=r"t\.parquet, row 1, column 'amount'.*float"):
        read_transfers(path)


def test_ledger_legs_take_outpoints_on_bitcoin(tmp_path: Path) -> None:
    outpoint = f"{'ab' * 32}:0"
    head = "event,side,holder,address,asset,amount,chain,block\n"
    path = table(tmp_path, f"{head}t,debit,{outpoint},{BITCOIN_ADDRESS},slip44:0,5,{BITCOIN},1\n")
    (leg,) = read_ledger(path).legs
    assert (leg.holder, leg.address, leg.side, leg.amount) == (outpoint, BITCOIN_ADDRESS, "debit", 5)
    with pytest.raises(DataFileError, match="row 1, column 'side'"):
        read_ledger(table(tmp_path, f"{head}t,both,{outpoint},{BITCOIN_ADDRESS},slip44:0,5,{BITCOIN},1\n"))


def test_seeds_find_their_chain_by_asset_or_form(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "kind,value,asset,amount,origin\n"
        f"tx,0xAB,,,o1\nholder,{A},slip44:60,5,o1\nholder,{BITCOIN_ADDRESS},,,o2\n"
        f"holder,{TRON_ADDRESS},{TRON}/slip44:195,7,o3\n",
    )
    assert read_seeds(path) == (
        Seed("tx", "0xab", "", None, None, "o1"),  # type: ignore[arg-type]
        Seed("holder", A, DEFAULT_CHAIN, "eip155:1/slip44:60", 5, "o1"),  # type: ignore[arg-type]
        Seed("holder", BITCOIN_ADDRESS, BITCOIN, None, None, "o2"),
        Seed("holder", TRON_ADDRESS, TRON, f"{TRON}/slip44:195", 7, "o3"),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("gift,0xab,,,o1", "row 1, column 'kind'"),
        ("tx,,,,o1", "row 1, column 'value'"),
        ("tx,0xab,,5,o1", "an amount needs its asset"),
        ("tx,0xab,,,", "the origin is empty"),
        ("holder,0x12,,,o1", "row 1, column 'value'"),
        ("tx,0xab,,,o1\ntx,0xab,,,o1", "row 2, column 'value': the seed stands twice"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(DataFileError, match=said):
        read_seeds(table(tmp_path, f"kind,value,asset,amount,origin\n{row}\n"))


def test_a_table_without_seeds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="holds no seed"):
        read_seeds(table(tmp_path, "kind,value,asset,amount,origin\n"))
