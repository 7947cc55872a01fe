"""Tables of one's own: symbols are no assets, whole coins are told from base units, and who is not followed is said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.model import format_time

A, B, C, D = (f"0x{digit * 40}" for digit in "1234")
USDC = "erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
DAY = 1_647_993_600
"""2022-03-23T00:00:00Z; the shipped closes hold that day."""


def write(folder: Path, name: str, head: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join((head, *rows)) + "\n")
    return path


def table(folder: Path, asset: str = "slip44:60", ten: str = f"10{'0' * 18}", **more: Any) -> tracer.Case:
    """Open: A loses ten to B on the 23rd, who pays it to C on the 24th."""
    write(
        folder,
        "transfers.csv",
        "sender,recipient,asset,amount,time,tx",
        f"{A},{B},{asset},{ten},{DAY},0xaa",
        f"{B},{C},{asset},{ten},{DAY + 86_400},0xbb",
    )
    write(folder, "seeds.csv", "kind,value,asset,amount,origin", "tx,0xaa,,,theft")
    return tracer.open_table(transfers=folder / "transfers.csv", seeds=folder / "seeds.csv", **more)


def ends(trace: tracer.Trace) -> dict[str, str]:
    return {leaf.address: leaf.stop_reason for leaf in trace.result.exits}


# --- F1: a symbol is no asset -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "meant"),
    [
        ("ETH", "Did you mean slip44:60?"),
        ("Eth", "Did you mean slip44:60?"),
        ("BTC", "slip44:0, which lives on Bitcoin?"),
        ("TRX", "slip44:195, which lives on Tron?"),
        ("USDC", "Did you mean erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48?"),
        ("Usdt", "Did you mean erc20:0xdac17f958d2ee523a2206206994597c13d831ec7?"),
        ("WBTC", "Did you mean erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599?"),
        ("MATIC", "Write the token's contract"),
        ("stETH", "Write the token's contract"),
    ],
)
def test_f1_a_private_unit_that_is_a_known_symbol_is_refused(tmp_path: Path, symbol: str, meant: str) -> None:
    with pytest.raises(tracer.TracerError, match="is the symbol of a coin") as caught:
        table(tmp_path, symbol)
    assert "transfers.csv, row 1, column 'asset'" in str(caught.value)
    assert meant in str(caught.value)


def test_f1_a_seed_that_names_a_symbol_is_refused(tmp_path: Path) -> None:
    table(tmp_path)
    write(tmp_path, "seeds.csv", "kind,value,asset,amount,origin", "tx,0xaa,ETH,,theft")
    with pytest.raises(tracer.TracerError, match=r"seeds.csv, row 1, column 'asset'"):
        tracer.open_case(tmp_path)


def test_f1_a_unit_in_lower_case_stays_private_and_is_remarked_on(tmp_path: Path) -> None:
    case = table(tmp_path, "eth", "10")
    assert any("eth is taken as a private unit" in note and "slip44:60" in note for note in case.notes)
    assert case.trace().result.assets["eth"].symbol == ""
    assert not table(tmp_path, "usd-cents", "10").notes


# --- F2: whole coins or base units ------------------------------------------------------------------------------------


def test_f2_amounts_that_look_like_whole_coins_are_warned_of(tmp_path: Path) -> None:
    (note,) = table(tmp_path, ten="173600").notes
    assert note.startswith("Every amount of ETH is below 0.000001")
    assert "--unit whole" in note
    assert table(tmp_path, ten=str(10**12)).notes == ()
    assert table(tmp_path, USDC, "10").notes == ()  # of 6 decimals: no such sign
    assert table(tmp_path, ten="173600", unit="whole").notes == ()


@pytest.mark.parametrize(
    ("asset", "text", "base"),
    [
        ("slip44:60", "173600", 173_600 * 10**18),
        ("slip44:60", "0.000000000000000001", 1),
        ("slip44:60", "1.500000000000000000000", 15 * 10**17),
        ("slip44:60", "9007199254740993.000000000000000001", 9007199254740993 * 10**18 + 1),
        (USDC, "25500000.000001", 25_500_000_000_001),
    ],
)
def test_f2_whole_coins_become_base_units_to_the_last_digit(tmp_path: Path, asset: str, text: str, base: int) -> None:
    (stolen,) = table(tmp_path, asset, text, unit="whole").trace().result.stolen.values()
    assert stolen == base


@pytest.mark.parametrize(
    ("asset", "text", "said"),
    [
        ("slip44:60", "0.0000000000000000001", "19 digits behind the point, the asset has 18"),
        (USDC, "0.0000001", "7 digits behind the point, the asset has 6"),
        ("slip44:60", "1e18", "not a number of whole coins"),
        ("slip44:60", "-1", "not a number of whole coins"),
        ("slip44:60", "1,5", "2 cells|not a number of whole coins|cells, but"),
        ("slip44:60", ".5", "not a number of whole coins"),
        ("points", "5", "decimals of points are not known"),
        ("erc20:0x6B3595068778DD592e39A122f4f5a5cF09C90fE2", "5", "are not known"),
    ],
)
def test_f2_whole_coins_that_are_not_exact_are_refused(tmp_path: Path, asset: str, text: str, said: str) -> None:
    with pytest.raises(tracer.TracerError, match=said):
        table(tmp_path, asset, text, unit="whole")


def test_f2_the_unit_is_base_or_whole(tmp_path: Path) -> None:
    with pytest.raises(tracer.TracerError, match="Choose base or whole"):
        table(tmp_path, unit="wei")


# --- F3: whose history is here ----------------------------------------------------------------------------------------


def test_f3_an_own_table_ends_incomplete_unless_it_is_vouched_for(tmp_path: Path) -> None:
    assert ends(table(tmp_path).trace()) == {C: "incomplete"}
    assert ends(table(tmp_path, complete=True).trace()) == {C: "at_rest"}


def test_f3_a_history_list_says_whose_history_the_table_has(tmp_path: Path) -> None:
    history = write(tmp_path, "whole.csv", "address", C.upper().replace("0X", "0x"))
    assert ends(table(tmp_path, history=history).trace()) == {C: "at_rest"}
    other = write(tmp_path, "whole.csv", "chain,address", f"eip155:1,{D}")
    assert ends(table(tmp_path, history=other).trace()) == {C: "incomplete"}
    wrong = write(tmp_path, "whole.csv", "address", "0x12")
    with pytest.raises(tracer.TracerError, match=r"whole.csv, row 1, column 'address'"):
        table(tmp_path, history=wrong)


def test_f3_a_folder_holds_its_history_assets_and_prices(tmp_path: Path) -> None:
    table(tmp_path, "points", "1000")
    write(tmp_path, "history.csv", "address", C)
    write(tmp_path, "assets.csv", "asset,symbol,decimals", "points,PTS,2")
    write(tmp_path, "prices.csv", "asset,date,usd_close,source", "points,2022-03-24,3,me")
    trace = tracer.open_case(tmp_path).trace()
    assert ends(trace) == {C: "at_rest"}
    assert list(trace.exits()["usd_at_time"]) == [30]


def test_f3_shipped_cases_say_themselves_whose_history_they_have() -> None:
    reasons = {leaf.stop_reason for leaf in tracer.open_case("ronin-2022").trace().result.exits}
    assert {"at_rest", "incomplete"} <= reasons


# --- F5: symbols, decimals and prices ---------------------------------------------------------------------------------


def test_f5_tokens_of_the_registry_have_symbol_decimals_and_shipped_prices(tmp_path: Path) -> None:
    trace = table(tmp_path, USDC, "25500000000000").trace()
    (asset,) = {leaf.asset for leaf in trace.result.exits}
    assert (trace.result.assets[asset].symbol, trace.result.assets[asset].decimals) == ("USDC", 6)
    assert "25,500,000 USDC" in repr(trace)
    ether = table(tmp_path).trace()
    (dollars,) = ether.exits()["usd_at_time"]
    close = tracer.open_case("ronin-2022").prices.close(ether.result.exits[0].asset, DAY + 86_400)
    assert close is not None
    assert dollars == (10 * close).quantize(dollars)


def test_f5_a_callers_own_assets_and_prices_go_before_the_shipped_ones(tmp_path: Path) -> None:
    assets = write(tmp_path, "a.csv", "asset,symbol,decimals", "points,PTS,2", f"{USDC},DOLLAR,6")
    prices = write(
        tmp_path, "p.csv", "asset,date,usd_close,source", "points,2022-03-24,1.5,me", "slip44:60,2022-03-24,1,me"
    )
    points = table(tmp_path, "points", "1000", assets=assets, prices=prices).trace()
    assert list(points.exits()["usd_at_time"]) == [15]
    assert "10 PTS" in repr(points)
    assert "DOLLAR" in repr(table(tmp_path, USDC, "1000000", assets=assets).trace())
    assert list(table(tmp_path, prices=prices).trace().exits()["usd_at_time"]) == [10]
    # A day that is not in the caller's table is taken from the shipped one.
    assert table(tmp_path, prices=prices).prices.close(points.result.exits[0].asset, DAY) is None
    (ether,) = {leaf.asset for leaf in table(tmp_path).trace().result.exits}
    assert table(tmp_path, prices=prices).prices.close(ether, DAY) is not None


def test_f5_what_has_no_price_is_said(tmp_path: Path) -> None:
    summary = table(tmp_path, "points", "10").trace().summary()
    assert summary["prices"]["unpriced_exits"] == summary["prices"]["exits"] == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("slip44:60,ETH,eighteen", "column 'decimals'"),
        ("slip44:60,ETH,-1", "column 'decimals'"),
        ("slip44:60,ETH,78", "column 'decimals'"),
        ("slip44:60,,18", "column 'symbol'"),
        ("erc20:0x12,X,18", "column 'asset'"),
    ],
)
def test_f5_a_wrong_row_of_assets_is_named(tmp_path: Path, row: str, said: str) -> None:
    assets = write(tmp_path, "a.csv", "asset,symbol,decimals", row)
    with pytest.raises(tracer.TracerError, match=f"a.csv, row 1, {said}"):
        table(tmp_path, assets=assets)


# --- C4: a date is its whole day --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "until",
    [
        "2022-03-23",
        "2022-03-23T23:59:59Z",
        date(2022, 3, 23),
        datetime(2022, 3, 23, 23, 59, 59, tzinfo=UTC),
        datetime(2022, 3, 23, 23, 59, 59),  # noqa: DTZ001 (a naive time is UTC)
        DAY + 86_399,
        str(DAY + 86_399),
    ],
)
def test_c4_a_bare_date_goes_to_the_end_of_its_day(tmp_path: Path, until: object) -> None:
    trace = table(tmp_path).trace(until=until)
    assert format_time(trace.result.options.until) == "2022-03-23T23:59:59Z"
    assert {leaf.address for leaf in trace.result.exits} == {B}


def test_c4_the_payment_in_the_first_second_of_the_next_day_is_after_it(tmp_path: Path) -> None:
    assert ends(table(tmp_path).trace(until=DAY + 86_400)) == {C: "window_end"}
    assert ends(table(tmp_path).trace(until="2022-03-24")) == {C: "window_end"}


@pytest.mark.parametrize("until", ["soon", "2022-13-01", 1.5, True, "2022-03-23T00:00:00.5Z"])
def test_c4_what_is_no_time_is_refused_in_words(tmp_path: Path, until: object) -> None:
    with pytest.raises(tracer.TracerError, match="is not a time"):
        table(tmp_path).trace(until=until)
