"""Many addresses asked about at once: each has its answer, with the figures of its own page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tracer
from tracer.api.addresses import read_addresses
from tracer.cli.app import app
from tracer.errors import DataFileError, InputError
from tracer.report.addresses import ABSENT, CAME, MAYBE, NO_ADDRESS, NONE, ROBBED, asked_csv

SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
VICTIM = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
UNSEEN = "0x" + 40 * "1"
BITCOIN = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"


@pytest.mark.parametrize("case", ["ronin-2022", "colonial-2021", "training"])
def test_f28_every_address_of_a_case_has_the_figures_of_its_page(case: str) -> None:
    trace = tracer.open_case(case).trace()
    every = sorted({address for _, address in trace.case.names})
    rows = trace.asked(every)
    assert {row.asked for row in rows} == set(every)
    chosen = [one for place, one in enumerate(every) if place % max(1, len(every) // 60) == 0]
    for address in [*chosen, *(row.asked for row in rows if row.answer == MAYBE)]:
        mine = [row for row in rows if row.asked == address]
        for chain in {row.chain for row in mine}:
            page = trace.address(f"{chain}:{address}")
            came = {flow.asset: flow.received_stolen for flow in page.facts.flows if flow.received_stolen}
            assert {row.asset: row.came for row in mine if row.chain == chain and row.came} == came
            left = {row.asset: row.left for row in mine if row.chain == chain and row.left}
            ends: dict[str, int] = {}
            for leaf in page.facts.exits:
                ends[leaf.asset] = ends.get(leaf.asset, 0) + leaf.tainted
            assert left == {asset: amount for asset, amount in ends.items() if amount}
            listed = {one.where.replace("_", " ") for one in page.standing} - {"nowhere"}
            assert {row.listed for row in mine if row.chain == chain} - {""} <= listed


def test_f28_each_answer_is_one_of_a_few_and_those_touched_come_first() -> None:
    trace = tracer.open_case("ronin-2022").trace()
    rows = trace.asked([UNSEEN, "foo", VICTIM, BITCOIN, SEED.upper().replace("0X", "0x"), SEED, f"eip155:56:{SEED}"])
    answers = {row.asked: row.answer for row in rows}
    assert answers[SEED] == answers[SEED.upper().replace("0X", "0x")] == CAME
    assert answers[VICTIM] == ROBBED
    assert answers[UNSEEN] == answers[BITCOIN] == answers[f"eip155:56:{SEED}"] == ABSENT
    assert answers["foo"] == NO_ADDRESS
    assert rows[0].answer == CAME
    assert rows[-1].answer == NO_ADDRESS
    frame = trace.addresses([SEED, UNSEEN])
    assert list(frame["answer"]) == [CAME, CAME, ABSENT]
    assert isinstance(frame["came"][0], int)
    assert "Lazarus Group" in frame._repr_html_()


def test_f28_another_rule_and_no_rule_are_told_apart(tmp_path: Path) -> None:
    """A holder of 100 clean and 100 stolen pays 100 twice: by FIFO the first payee gets none, by LIFO all."""
    a, b, c, d, e = (f"0x{40 * digit}" for digit in "12345")
    (tmp_path / "t.csv").write_text(
        "sender,recipient,asset,amount,block,tx\n"
        f"{d},{b},slip44:60,100,1,0x01\n{a},{b},slip44:60,100,2,0x02\n{b},{c},slip44:60,100,3,0x03\n"
        f"{e},{d},slip44:60,5,4,0x04\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0x02,,,hack\n")
    trace = tracer.open_table(tmp_path / "t.csv", seeds=tmp_path / "s.csv", complete=True).trace()
    answers = {row.asked: row for row in trace.asked([a, b, c, d, e], bounds=True)}
    assert {asked: row.answer for asked, row in answers.items()} == {a: ROBBED, b: CAME, c: MAYBE, d: NONE, e: NONE}
    assert (answers[c].came, answers[c].min, answers[c].max) == (0, 0, 100)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{SEED}\n\n# ours\n{UNSEEN}\r\n", [SEED, UNSEEN]),
        (f"customer,Address\n7,{SEED}\n8,\n", [SEED]),
        (f"chain;address\neip155:1;{SEED}\n;{UNSEEN}\n", [f"eip155:1:{SEED}", UNSEEN]),
        (f"\ufeffaddress\n{SEED}\n", [SEED]),
    ],
)
def test_f28_a_file_of_addresses_is_a_list_or_a_table(tmp_path: Path, text: str, found: list[str]) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    assert read_addresses(path) == found


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_f28_a_file_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(data)
    with pytest.raises(DataFileError):
        read_addresses(path)
    with pytest.raises(DataFileError, match="no file"):
        read_addresses(tmp_path / "none.csv")
    with pytest.raises(InputError, match="No address"):
        tracer.open_case("ronin-2022").trace().asked([])


def test_f28_the_command_answers_for_500_and_its_table_has_whole_amounts(tmp_path: Path) -> None:
    path, out = tmp_path / "deposits.csv", tmp_path / "answers.csv"
    path.write_text("address\n" + "".join(f"0x{number:040x}\n" for number in range(499)) + f"{SEED}\n")
    words = ["show", "ronin-2022", "--addresses", str(path)]
    done = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert done.exit_code == 0
    assert "500 addresses asked about: 1 stolen units came, 499 in no row of the case." in done.stdout
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len(rows) == 501
    assert rows[0]["came_whole"] == "182163.675666330746195534"
    assert (rows[0]["symbol"], rows[0]["listed"], rows[0]["tlp"]) == ("ETH", "flagged", "TLP:CLEAR")
    record = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert record["answers"] == {CAME: 1, ABSENT: 499}
    path.write_text(f"{UNSEEN}\n{BITCOIN}\n")
    assert CliRunner().invoke(app, words).exit_code == 1
    assert CliRunner().invoke(app, ["show", "ronin-2022", SEED, "foo"]).exit_code == 2
    trace = tracer.open_case("ronin-2022").trace()
    assert asked_csv(trace.asked([SEED]), trace.result.assets, "=1").count("'=1") == 2


def test_f18_the_tables_of_a_page_show_themselves_for_people() -> None:
    page = tracer.open_case("ronin-2022").trace().address(SEED, bounds=True)
    shown = page.flows().pretty()
    assert "182,163.67" in repr(shown)
    assert "slip44" not in repr(shown)
    assert isinstance(page.flows()["paid"][0], int)
    for frame in (page.counterparties(), page.balance(), page.labels(), page.exits(), page.bounds()):
        text = frame._repr_html_()
        assert "</table>" in text
        assert "slip44:60<" not in text
        assert len(repr(frame.pretty()).split("\n")[0]) <= 180
    assert "https://etherscan.io/address/" in page.counterparties()._repr_html_()
