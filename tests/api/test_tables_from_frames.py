"""DataFrames go in as files do: same rows, same figures, and an amount that was a float is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tracer

A, B, C = (f"0x{digit * 40}" for digit in "123")
ETH = "slip44:60"
DAY = 1_647_993_600
HUGE = 2**200 + 1


def transfers(**columns: Any) -> pd.DataFrame:
    """Return: A loses to B, who pays it to C the next day."""
    rows = {
        "sender": [A, B],
        "recipient": [B, C],
        "asset": [ETH, ETH],
        "amount": [HUGE, HUGE],
        "time": [DAY, DAY + 86_400],
        "tx": ["0xaa", "0xbb"],
    }
    return pd.DataFrame({name: value for name, value in {**rows, **columns}.items() if value is not None})


def seeds(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"kind": ["tx"], "value": ["0xaa"], "origin": ["theft"], **columns})


def test_j_a_frame_gives_what_its_file_gives(tmp_path: Path) -> None:
    frame, what = transfers(), seeds(asset=[ETH], amount=[None])
    labels = pd.DataFrame(
        [(C, "Kraken 1", "exchange", "Kraken", "https://e.org")],
        columns=["address", "label", "category", "entity", "source_url"],
    )
    for name, one in (("t", frame), ("s", what), ("l", labels)):
        one.to_csv(tmp_path / f"{name}.csv", index=False)
    files = {"seeds": tmp_path / "s.csv", "labels": str(tmp_path / "l.csv")}
    from_files = tracer.open_table(tmp_path / "t.csv", **files).trace()
    from_frames = tracer.open_table(frame, seeds=what, labels=labels, case_id="t").trace()
    assert from_frames.result == from_files.result
    assert from_frames.summary() == from_files.summary()
    assert next(iter(from_frames.result.stolen.values())) == HUGE
    mixed = tracer.open_table(frame, seeds=tmp_path / "s.csv", labels=labels, case_id="t").trace()
    assert mixed.result == from_files.result


def test_j_a_ledger_history_assets_and_prices_are_frames_too() -> None:
    legs = pd.DataFrame(
        [
            ("e1", "debit", A, "points", 100, 1, "0xaa", DAY),
            ("e1", "credit", B, "points", 100, 1, "0xaa", DAY),
            ("e2", "debit", B, "points", 100, 2, "0xbb", DAY + 86_400),
            ("e2", "credit", C, "points", 100, 2, "0xbb", DAY + 86_400),
        ],
        columns=["event", "side", "holder", "asset", "amount", "block", "tx", "time"],
    )
    trace = tracer.open_table(
        ledger=legs,
        seeds=seeds(),
        history=pd.DataFrame({"address": [C]}),
        assets=pd.DataFrame({"asset": ["points"], "symbol": ["PTS"], "decimals": [2]}),
        prices=pd.DataFrame({"asset": ["points"], "date": [date(2022, 3, 24)], "usd_close": [1.1], "source": ["me"]}),
    ).trace()
    (leaf,) = trace.result.exits
    assert (leaf.address, leaf.stop_reason, leaf.tainted) == (C, "at_rest", 100)
    assert str(trace.exits()["usd_at_time"][0]) in ("1.1", "1.10")
    assert "1 PTS" in repr(trace)


@pytest.mark.parametrize(
    "times",
    [
        ["2022-03-23", "2022-03-24T00:00:00Z"],
        pd.to_datetime(["2022-03-23", "2022-03-24"]),
        pd.to_datetime(["2022-03-23", "2022-03-24"], utc=True),
        [datetime(2022, 3, 23, tzinfo=UTC), datetime(2022, 3, 24, tzinfo=UTC)],
        [date(2022, 3, 23), date(2022, 3, 24)],
        np.array([DAY, DAY + 86_400], dtype="int32"),
    ],
)
def test_j_times_of_a_frame_are_text_or_datetime(times: Any) -> None:
    trace = tracer.open_table(transfers(time=times), seeds=seeds()).trace()
    assert [row.time for row in trace.result.movements] == [DAY, DAY + 86_400]


def test_j_whole_numbers_that_pandas_made_floats_are_taken_back_but_no_amount() -> None:
    frame = transfers(block=pd.array([7, 8], dtype="Int64"), time=[None, DAY])
    assert frame["time"].dtype == float
    trace = tracer.open_table(frame, seeds=seeds()).trace()
    assert [(row.block, row.time) for row in trace.result.movements] == [(7, None), (8, DAY)]
    with pytest.raises(tracer.TracerError) as caught:
        tracer.open_table(transfers(amount=[1.0, 1.0]), seeds=seeds())
    assert "transfers, row 1, column 'amount'" in str(caught.value)
    assert "float" in str(caught.value)


@pytest.mark.parametrize("kind", ["int64", "uint64", "object", "string", "category"])
def test_j_an_amount_of_any_exact_type_is_exact(kind: str) -> None:
    amounts = pd.Series(["9007199254740993", "9007199254740993"]).astype(kind)
    trace = tracer.open_table(transfers(amount=amounts), seeds=seeds()).trace()
    (amount,) = trace.result.stolen.values()
    assert (amount, type(amount)) == (9007199254740993, int)


def test_j_what_is_no_table_is_said() -> None:
    with pytest.raises(tracer.TracerError, match="transfers is a list, neither a file nor a DataFrame"):
        tracer.open_table([1, 2], seeds=seeds())  # type: ignore[arg-type]
    with pytest.raises(tracer.TracerError, match="seeds is a dict"):
        tracer.open_table(transfers(), seeds={})  # type: ignore[arg-type]
    with pytest.raises(tracer.TracerError, match="The seeds are missing"):
        tracer.open_table(transfers())
    with pytest.raises(tracer.TracerError, match="has no name that is text"):
        tracer.open_table(pd.DataFrame([[1, 2]]), seeds=seeds())
    with pytest.raises(tracer.TracerError, match="transfers, row 0 \\(header\\): the column 'recipient' is missing"):
        tracer.open_table(transfers(recipient=None), seeds=seeds())
    with pytest.raises(tracer.TracerError, match="transfers, row 2, column 'sender'"):
        tracer.open_table(transfers(sender=[A, 5]), seeds=seeds())


def test_j_whole_coins_of_a_frame_are_told_by_unit() -> None:
    trace = tracer.open_table(transfers(amount=["1.5", "1.5"]), seeds=seeds(), unit="whole").trace()
    assert list(trace.result.stolen.values()) == [15 * 10**17]


def test_j_an_export_goes_straight_into_a_case(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(f"from,to,wei,when,hash\n{A},{B},5,{DAY},0x{'a' * 64}\n")
    found = tracer.read_export(
        "columns",
        tmp_path / "e.csv",
        asset="slip44:60",
        decimals=18,
        chain="eip155:1",
        mapping={"sender": "from", "recipient": "to", "amount": "wei:base", "time": "when", "tx": "hash"},
    )
    trace = tracer.open_table(found.transfers, seeds=seeds(value=[f"0x{'a' * 64}"])).trace()
    assert sum(trace.result.stolen.values()) == 5
