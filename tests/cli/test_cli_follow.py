"""`tracer trace --links`: what `tracer link` accepts is followed over chains, as far as --follow says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer.api import open_own_folder, open_table
from tracer.cli.app import app
from tracer.errors import DataFileError
from tracer.links import LINK_COLUMNS, read_links
from tracer.model import TIERS

THIEF, FRIEND, BRIDGE, OTHER, VENUE, VICTIM = (f"0x{digit * 40}" for digit in "123459")
HERE, THERE = f"erc20:0x{40 * 'd'}", f"erc20:0x{40 * 'e'}"
TX = [f"0x{number:064x}" for number in range(6)]
MOVES = f"""sender,recipient,asset,amount,chain,block,time,position,tx,kind
{VICTIM},{THIEF},{HERE},100,eip155:1,10,2024-01-01T00:00:00Z,1,{TX[1]},token
{THIEF},{BRIDGE},{HERE},100,eip155:1,11,2024-01-01T01:00:00Z,1,{TX[2]},token
{OTHER},{FRIEND},{THERE},99,eip155:10,90,2024-01-01T01:10:00Z,1,{TX[3]},token
{FRIEND},{VENUE},{THERE},99,eip155:10,91,2024-01-01T02:10:00Z,1,{TX[4]},token
"""
LEGS = "leg,chain,tx,time,asset,amount,sender,recipient,key,dest_chain,service\n"


def folder(home: Path, *, key: str = "9") -> Path:
    """Write a case folder whose links.csv is what `tracer link` says of its two legs."""
    texts = {
        "transfers": MOVES,
        "seeds": f"kind,value,asset,amount,origin,victim\ntx,{TX[1]},{HERE},,theft,{VICTIM}\n",
        "labels": "address,label,category,entity,source_url,chain\n"
        f"{BRIDGE},Bridge,bridge,Bridge,,eip155:1\n{VENUE},Venue,exchange,Venue,,eip155:10\n",
        "src": f"{LEGS}s,1,{TX[2]},2024-01-01T01:00:00Z,eip155:1/{HERE},100,{THIEF},{FRIEND},{key},10,hop\n",
        "dst": f"{LEGS}d,10,{TX[3]},2024-01-01T01:10:00Z,eip155:10/{THERE},99,{OTHER},{FRIEND},{key},,hop\n",
        "map": f"src_asset,dst_asset\neip155:1/{HERE},eip155:10/{THERE}\n",
    }
    home.mkdir()
    for name, text in texts.items():
        (home / f"{name}.csv").write_text(text, encoding="utf-8")
    words = ["link", str(home / "src.csv"), str(home / "dst.csv"), "--assets", str(home / "map.csv")]
    assert CliRunner().invoke(app, [*words, "--out", str(home / "links.csv")]).exit_code == 0
    return home


def traced(home: Path, *words: str) -> dict[str, str]:
    out = home / "out"
    said = CliRunner().invoke(app, ["trace", str(home), "--out", str(out), "--overwrite", *words])
    assert said.exit_code == 0, said.output
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["audit"]["closed"]
    with (out / "exits.csv").open(encoding="utf-8", newline="") as stream:
        return {row["stop_reason"]: row["entity"] + row["tainted"] for row in csv.DictReader(stream)}


def test_an_accepted_link_is_followed_and_the_options_say_so(tmp_path: Path) -> None:
    home = folder(tmp_path / "case")
    assert traced(home) == {"service": "Venue99", "fee": "Bridge1"}
    summary = json.loads((home / "out" / "summary.json").read_text("utf-8"))
    assert (summary["options"]["follow"], summary["options"]["follow_leads"]) == ("identified", False)
    assert summary["input_hashes"]["links"]["rows"] == "1"
    with (home / "out" / "movements.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["link"], row["grade"], row["hop"]) for row in rows] == [
        *(("", "recorded", "0"), ("hop:9", "recorded", "1"), ("hop:9", "identified", "2"), ("", "recorded", "3")),
    ]


def test_follow_says_how_far(tmp_path: Path) -> None:
    home = folder(tmp_path / "case", key="")
    stops = {"bridge": "Bridge100"}
    assert traced(home) == stops
    assert traced(home, "--follow", "none") == stops
    assert traced(home, "--follow", "inferred") == {"service": "Venue99", "fee": "Bridge1"}
    summary = json.loads((home / "out" / "summary.json").read_text("utf-8"))
    assert "--follow inferred" in summary["command"]
    wrong = CliRunner().invoke(app, ["trace", str(home), "--follow", "all"])
    assert "--follow: 'all' says not which links are followed" in str(wrong.exception)


def test_a_case_without_links_says_nothing_of_them(tmp_path: Path) -> None:
    home = folder(tmp_path / "case")
    (home / "links.csv").unlink()
    assert traced(home) == {"bridge": "Bridge100"}
    assert "follow" not in json.loads((home / "out" / "summary.json").read_text("utf-8"))["options"]


def test_a_link_can_be_said_beside_tables_and_backward_none_is_used(tmp_path: Path) -> None:
    home = folder(tmp_path / "case")
    tables = {name: home / f"{name}.csv" for name in ("transfers", "seeds", "labels", "links")}
    assert {leaf.stop_reason for leaf in open_table(**tables).trace().result.exits} == {"service", "fee"}
    assert open_own_folder(home).prepare(direction="back").crossing.followed == ()


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("tier", "sure", "no tier"),
        ("accepted", "yes", "neither true nor false"),
        ("src_amount", "0", "nothing moved"),
        ("src_chain", "nowhere", "not a chain"),
        ("dst_tx", "", "It is empty"),
        ("dst_recipient", "0x12", "column 'dst_recipient'"),
    ],
)
def test_a_row_that_is_no_link_is_named(tmp_path: Path, column: str, value: str, says: str) -> None:
    home = folder(tmp_path / "case")
    with (home / "links.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    (home / "links.csv").write_text(
        ",".join(LINK_COLUMNS) + "\n" + ",".join((row | {column: value})[name] for name in LINK_COLUMNS) + "\n",
        encoding="utf-8",
    )
    with pytest.raises(DataFileError, match=says) as caught:
        read_links(home / "links.csv")
    assert "row 1" in str(caught.value)
    assert row["tier"] in TIERS
