"""`tracer link`: two tables of legs become links; a row that cannot be used is named, and nothing is written."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer.cli.app import app
from tracer.links import LEG_COLUMNS, LINK_COLUMNS, parse_duration, parse_share

USER, OTHER = "0x" + 40 * "A", "0x" + 40 * "b"
HEADER = ",".join((*LEG_COLUMNS, "key", "dest_chain", "service"))
SOURCES = f"""{HEADER}
s1,ethereum,0x1,2024-01-01T00:00:00Z,USDC,1000000,{USER},{USER},,optimism,
s2,eip155:1,0x2,1704070000,USDC,2000000,{USER},,,eip155:10,
s3,1,0x3,1704070001,USDC,5000000,{USER},{OTHER},77,10,hop
s4,1,0x4,1704070001,USDC,9000000,{USER},{OTHER},78,10,sinbad
"""
DESTINATIONS = f"""{HEADER}
d1,10,0x5,2024-01-01T00:10:00Z,USDC,999000,,0x000000000000000000000000{40 * "a"},,,
d2,10,0x6,1704070500,USDC,2000000,,{OTHER},,,
d3,10,0x7,1704090000,USDC,4000000,,{OTHER},77,,hop
d4,10,0x8,1704090000,WETH,173600,,{OTHER},2000000,,ronin
"""


def link(folder: Path, *words: str, sources: str = SOURCES, destinations: str = DESTINATIONS) -> tuple[int, str, str]:
    for name, text in (("src.csv", sources), ("dst.csv", destinations)):
        (folder / name).write_text(text, encoding="utf-8")
    said = CliRunner().invoke(app, ["link", str(folder / "src.csv"), str(folder / "dst.csv"), *words])
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    return said.exit_code, said.stdout, said.stderr


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_three_tiers_with_rivals_delta_and_fee(tmp_path: Path) -> None:
    out = tmp_path / "links.csv"
    code, _, said = link(tmp_path, "--out", str(out))
    found = rows(out.read_text("utf-8"))
    assert code == 0
    assert tuple(found[0]) == LINK_COLUMNS
    kept = ("src_leg", "dst_leg", "tier", "grade", "rivals", "delta_s", "fee", "accepted")
    assert [tuple(row[name] for name in kept) for row in found if row["accepted"] == "true"] == [
        ("s1", "d1", "structured", "inferred", "0", "600", "1000", "true"),
        ("s2", "d2", "amount_time", "inferred", "0", "500", "0", "true"),
        ("s3", "d3", "identifier", "identified", "0", "19999", "1000000", "true"),
    ]
    (closed,) = [row for row in found if row["src_leg"] == "s4"]
    assert (closed["dst_leg"], closed["accepted"]) == ("", "false")
    assert "sinbad was closed" in closed["reason"]
    (unmatched,) = [row for row in found if row["dst_leg"] == "d4"]
    assert (unmatched["src_leg"], unmatched["accepted"], "a finding" in unmatched["reason"]) == ("", "false", True)
    assert "decoy precision 100.00 %" in said


def test_without_recipients_leads_alone(tmp_path: Path) -> None:
    code, out, _ = link(tmp_path, "--no-recipient")
    assert code == 0
    assert {row["tier"] for row in rows(out) if row["accepted"] == "true"} == {"identifier", "amount_time"}


def test_a_map_says_what_comes_out_and_a_look_alike_is_rejected(tmp_path: Path) -> None:
    units = tmp_path / "map.csv"
    units.write_text("src_asset,dst_asset,src_decimals,dst_decimals\nUSDC,USDC.e,6,18\n", encoding="utf-8")
    payouts = (
        f"{HEADER}\nd1,10,0x5,1704067300,USDC,1000000,,{USER},,,\nd2,10,0x5,1704067300,USDC.e,{10**18},,{USER},,,\n"
    )
    code, out, _ = link(tmp_path, "--assets", str(units), destinations=payouts)
    assert code == 0
    first = [row for row in rows(out) if row["src_leg"] == "s1"]
    assert [(row["dst_leg"], row["accepted"], row["fee"]) for row in first] == [("d2", "true", "0")]
    wrong = f"{HEADER}\nd1,10,0x5,1704067300,USDC,1000000,,{USER},,,\n"
    _, out, _ = link(tmp_path, "--assets", str(units), destinations=wrong)
    (row,) = [row for row in rows(out) if row["src_leg"] == "s1"]
    assert (row["accepted"], "does not come out for" in row["reason"]) == ("false", True)


def test_every_row_that_cannot_be_used_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "links.csv"
    bad = (
        f"{HEADER}\n,1,0x1,5,USDC,1,,,,,\ns1,1,0x1,soon,USDC,1,,,,,\ns2,1,0x1,5,USDC,1.5,,,,,\ns3,1,0x1,5,USDC,0,,,,,\n"
    )
    bad += "s4,1,0x1,5,USDC,3,,,,,\ns4,1,0x1,5,USDC,3,,,,,\n"
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the command line's own guard turns it into exit code 2)
        link(tmp_path, "--out", str(out), sources=bad)
    text = str(caught.value)
    for place in ("row 1, column 'leg'", "row 2, column 'time'", "row 3, column 'amount'", "row 4, column 'amount'"):
        assert place in text
    assert "row 6, column 'leg': 's4' is the name of row 5 already" in text
    assert "5 rows cannot be used" in text
    assert not out.exists()


def test_shuffled_rows_give_the_same_bytes(tmp_path: Path) -> None:
    def turned(text: str) -> str:
        head, *lines = text.splitlines()
        return "\n".join([head, *lines[::-1]]) + "\n"

    before = link(tmp_path)
    assert link(tmp_path, sources=turned(SOURCES), destinations=turned(DESTINATIONS)) == before


def test_counts_as_json(tmp_path: Path) -> None:
    code, out, _ = link(tmp_path, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["counts"] == {
        **{"sources": 4, "destinations": 4, "identifier": 1, "structured": 1, "amount_time": 1},
        **{"ambiguous_sources": 0, "open_sources": 1, "open_destinations": 1, "impossible": 1},
    }
    assert [one["accepted"] for one in said["decoys"]] == [0] * 6


@pytest.mark.parametrize(
    ("text", "seconds"), [("24h", 86_400), ("90m", 5_400), ("7d", 604_800), ("30", 30), ("30s", 30)]
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1.5h", "-1", "a day", "1w"])
def test_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse_duration(text)


def test_a_share_is_exact() -> None:
    assert parse_share("1%") == parse_share("100bp") == parse_share("0.01")
    for text in ("", "101%", "-1%", "much", "1e-2"):
        with pytest.raises(ValueError, match="no share"):
            parse_share(text)


def test_an_identifier_in_hexadecimal_has_one_spelling(tmp_path: Path) -> None:
    source = f"{HEADER}\ns1,1,0x1,1704070000,USDC,1000,{USER},{OTHER},0xab,10,\n"
    twice = "".join(
        f"d{number},10,0x{number},1704070500,USDC,{amount},,{OTHER},{key},,\n"
        for number, amount, key in ((1, 1000, "0xAB"), (2, 900, "0xab"))
    )
    code, out, _ = link(tmp_path, sources=source, destinations=f"{HEADER}\n{twice}")
    assert code == 0
    assert all(one["accepted"] == "false" for one in rows(out) if one["tier"] == "identifier")
