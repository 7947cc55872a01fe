"""Many addresses asked about at once: each has its answer, with the figures of its own page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tracer
from tracer.api.asked_files import read_addresses
from tracer.cli.app import app
from tracer.errors import DataFileError, InputError
from tracer.report.addresses import (
    ABSENT,
    CAME,
    MAYBE,
    NAMED,
    NO_ADDRESS,
    NO_CHAIN,
    NONE,
    ROBBED,
    SAME_KEY_NAMED,
    UNSUPPORTED,
    WRONG_CHECKSUM,
    asked_csv,
    asked_text,
)

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
            left = {row.asset: row.remains for row in mine if row.chain == chain and row.remains}
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
    assert answers[UNSEEN] == answers[BITCOIN] == ABSENT
    assert answers[f"eip155:56:{SEED}"] == SAME_KEY_NAMED
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
        (f"customer,Address\n7,{SEED}\n8,\n", [SEED, ""]),
        (f"chain;address\neip155:1;{SEED}\n;{UNSEEN}\n", [f"eip155:1:{SEED}", UNSEEN]),
        (f"\ufeffaddress\n{SEED}\n", [SEED]),
    ],
)
def test_f28_a_file_of_addresses_is_a_list_or_a_table(tmp_path: Path, text: str, found: list[str]) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    assert [f"{one.chain}:{one.text}" if one.chain else one.text for one in read_addresses(path)] == found


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
    assert "500 addresses asked about: stolen units came: 1 (1 flagged); in no row of the case: 499." in done.stdout
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


def _table(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def _four(digit: str) -> str:
    return f"0xabc{33 * '0'}{digit}{digit}{digit}{digit}"


def test_13_an_address_that_another_order_reaches_is_not_cleared(tmp_path: Path) -> None:
    """Block 2 has no positions: in the order of the lines 3 pays 4 before it is paid by 2, in the other after."""
    one, two, three, four, five = map(_four, "12345")
    rows = f"{one},{two},aaa,100,1,0x01\n{three},{four},aaa,100,2,0x02\n{two},{three},aaa,100,2,0x03\n"
    rows += f"{five},{one},aaa,1,1,0x04\n"
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx\n{rows}")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,,o\n")
    trace = tracer.open_table(transfers, seeds=seeds).trace()
    page = trace.address(four)
    assert "No stolen units can have reached" not in page.text()
    assert "no stolen units can have reached" not in page.text()
    assert page.record()["can_have_come"] is True
    assert {row.answer for row in trace.asked([four])} == {MAYBE}
    (row,) = trace.asked([four], bounds=True)
    assert (row.answer, row.min, row.max) == (MAYBE, 0, 100)
    assert four in set(trace.poison()["address"])
    assert {row.answer for row in trace.asked([five], bounds=True)} == {NONE}
    assert "No stolen units can have reached it" in trace.address(five).text()
    assert trace.address(five).record()["can_have_come"] is False


def test_13_what_lies_behind_a_chosen_limit_is_not_cleared(tmp_path: Path) -> None:
    one, two, three, four = map(_four, "1234")
    rows = f"{one},{two},aaa,100,1,0x01\n{two},{three},aaa,100,2,0x02\n{three},{four},aaa,100,3,0x03\n"
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx\n{rows}")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,,o\n")
    trace = tracer.open_table(transfers, seeds=seeds, complete=True).trace(max_hops=1)
    assert {row.answer for row in trace.asked([four], bounds=True)} == {MAYBE}
    assert "farther than this trace was told to follow" in " ".join(trace.address(four).text().split())


def test_13_a_robbed_address_that_stolen_units_can_have_reached_has_its_range(tmp_path: Path) -> None:
    one, two, three = map(_four, "123")
    rows = f"{one},{two},aaa,100,1,0x01\n{two},{one},aaa,50,2,0x02\n{two},{three},aaa,50,3,0x03\n"
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx\n{rows}")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,80,o\n")
    trace = tracer.open_table(transfers, seeds=seeds, complete=True).trace(policy="clean_first")
    (row,) = trace.asked([one], bounds=True)
    assert row.max == 50


def test_12_an_address_is_named_by_the_labels_in_force_when_units_came_or_at_the_end(tmp_path: Path) -> None:
    one, two, three, five, six = map(_four, "12356")
    day = "2024-01-{:02}T00:00:00Z"
    rows = f"{one},{two},aaa,100,1,0x01,{day.format(1)}\n{two},{three},aaa,60,2,0x02,{day.format(2)}\n"
    rows += f"{one},{five},aaa,3,3,0x05,{day.format(3)}\n{two},{six},aaa,10,4,0x06,{day.format(4)}\n"
    rows += f"{two},{five},aaa,30,10,0x0a,{day.format(10)}\n"
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx,time\n{rows}")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,,o\n")
    said = f"{three},Foo,exchange,Foo,https://x.org/,2023-01-01\n{five},Bar,exchange,Bar,https://x.org/,2024-01-05\n"
    said += f"{six},Baz,exchange,Baz,https://x.org/,2024-01-06\n"
    labels = _table(tmp_path, "l.csv", f"address,label,category,entity,source_url,valid_until\n{said}")
    trace = tracer.open_table(transfers, seeds=seeds, labels=labels, complete=True, registry=False).trace()
    rows_of = {row.asked: row for row in trace.asked([three, five, six])}
    assert (rows_of[three].entity, rows_of[three].category) == ("", "")
    assert (rows_of[five].entity, rows_of[five].category) == ("", "")
    assert (rows_of[six].entity, rows_of[six].category) == ("Baz", "exchange")


MISTYPED = "0x098b716b8Aaf21512996dc57eb0615e2383e2f96"
SOLANA = "So11111111111111111111111111111111111111112"


def test_n8_a_wrong_checksum_is_its_own_answer_counted_and_listed(tmp_path: Path) -> None:
    trace = tracer.open_case("ronin-2022").trace()
    path = _table(tmp_path, "a.csv", f"address\n{MISTYPED}\n{BITCOIN[:-1]}q\n{UNSEEN}\n")
    rows = {row.asked: row for row in trace.asked(path)}
    assert rows[MISTYPED].answer == rows[f"{BITCOIN[:-1]}q"].answer == WRONG_CHECKSUM
    assert "an address of ronin-2022, on Ethereum" in rows[MISTYPED].why
    assert rows[UNSEEN].answer == ABSENT
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path)])
    assert done.exit_code == 2
    assert "3 addresses asked about: in no row of the case: 1; wrong checksum: 2." in done.stdout
    assert MISTYPED in done.stdout
    assert CliRunner().invoke(app, ["show", "ronin-2022", MISTYPED, UNSEEN]).exit_code == 2


def test_n9_a_chain_in_words_is_understood_or_said_to_be_unknown(tmp_path: Path) -> None:
    trace = tracer.open_case("ronin-2022").trace()
    for word in ("ETH", "Ethereum", "ERC20", "erc-20", "1", "eip155:1", ""):
        path = _table(tmp_path, "a.csv", f"address,chain\n{SEED},{word}\n")
        assert {row.answer for row in trace.asked(path)} == {CAME}, word
    for word in ("BSC", "BEP20", "BNB Smart Chain", "Polygon"):
        path = _table(tmp_path, "a.csv", f"address,Network\n{SEED},{word}\n")
        (row,) = trace.asked(path)
        assert row.answer == SAME_KEY_NAMED, word
        assert f"Ethereum {SEED}, the same key, is named by OFAC" in row.why
        assert (row.entity, row.rank) == ("", "A1")  # a hint, never a label
    (row,) = trace.asked(_table(tmp_path, "a.csv", f"address,chain\n{SEED},Foo Chain\n"))
    assert row.answer == NO_CHAIN
    assert "'Foo Chain' names no chain that is known: write eip155:1" in row.why
    (row,) = trace.asked(_table(tmp_path, "a.csv", f"address,chain\n{SEED},BTC\n"))
    assert row.answer == NO_ADDRESS
    assert "is not an address of Bitcoin" in row.why


def test_n10_capital_letters_and_an_address_of_solana(tmp_path: Path) -> None:
    trace = tracer.open_case("ronin-2022").trace()
    assert {row.answer for row in trace.asked([SEED.upper()])} == {CAME}
    assert trace.address(SEED.upper()).address == SEED
    assert [row.answer for row in trace.asked([SOLANA])] == [UNSUPPORTED]
    path = _table(tmp_path, "a.csv", f"address,chain\n{SOLANA},SOL\n")
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path)])
    assert done.exit_code == 1
    assert "on a chain that is not supported: 1" in done.stdout


@pytest.mark.parametrize("case", ["ronin-2022", "training"])
def test_n11_every_row_has_the_tier_that_the_list_has_for_its_asset(case: str) -> None:
    trace = tracer.open_case(case).trace()
    flags = trace.flags()
    said = {(one.caip10, one.asset): ("lead", one.tier) for one in flags.leads}
    said |= {(one.caip10, one.asset): ("flagged", one.tier) for one in flags.entries}
    rows = trace.asked(sorted({one.address for one in (*flags.entries, *flags.leads)}))
    assert rows
    for row in rows:
        if row.listed in ("flagged", "lead"):
            account = f"{row.chain}:{row.address}"
            assert said.get((account, row.asset), said.get((account, ""))) == (row.listed, row.tier)


def test_n12_the_reason_says_a_thing_once_and_the_columns_of_the_asker_stay(tmp_path: Path) -> None:
    trace = tracer.open_case("ronin-2022").trace()
    depositor = next(one for one in trace.flags().entries if one.role == "mixer_depositor")
    path = _table(tmp_path, "a.csv", f"customer,address,entity\n7,{depositor.address},=A\n8,{depositor.address},B\n")
    rows = trace.asked(path)
    assert {dict(row.besides)["customer"] for row in rows} == {"7", "8"}
    row = next(row for row in rows if row.listed == "flagged")
    assert row.why.count("paid into a mixer") == 1
    assert row.why.count("labelled as its depositor") == 1
    assert (row.rank, row.confidence, row.grade) == (
        depositor.attribution_rank,
        depositor.confidence,
        depositor.grade,
    )
    assert (row.valid_until, row.evidence_url) == (depositor.valid_until, depositor.evidence_url)
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path), "--out", str(tmp_path / "o.csv")])
    assert done.stdout.startswith("1 address asked about")
    assert done.stdout.count(depositor.address) == len({row.asset for row in rows})
    written = list(csv.DictReader(io.StringIO((tmp_path / "o.csv").read_text())))
    assert [(one["customer"], one["asked_entity"]) for one in written[:2]] == [("7", "'=A"), ("8", "B")]
    assert {"tier", "confidence", "valid_until", "evidence_url", "grade", "rank"} <= written[0].keys()
    assert trace.addresses(path)["customer"].tolist()[:2] == ["7", "8"]
    page = trace.address(depositor.address).text()
    assert page.count("labelled as its depositor") <= len(trace.address(depositor.address).standing)


def test_n13_the_column_of_the_addresses_can_be_named(tmp_path: Path) -> None:
    path = _table(tmp_path, "a.csv", f"\ufeffKunde;Deposit Address\n7;{SEED}\n")
    told: list[str] = []
    assert [one.text for one in read_addresses(path, told=told.append)] == [SEED]
    assert told == ["The addresses of a.csv are in its column 'Deposit Address'."]
    path = _table(tmp_path, "a.csv", f"\ufeffKunde;Deposit Address;Refund\n7;{SEED};{VICTIM}\n")
    with pytest.raises(DataFileError, match="no column 'address'"):
        read_addresses(path)
    words = ["show", "ronin-2022", "--addresses", str(path)]
    done = CliRunner().invoke(app, [*words, "--column", "deposit address"])
    assert (done.exit_code, "stolen units came: 1 (1 flagged)" in done.stdout) == (0, True)
    with pytest.raises(DataFileError, match="no column 'other'"):
        read_addresses(path, "other")
    refused = CliRunner().invoke(app, ["show", "ronin-2022", SEED, "--column", "x"])
    assert isinstance(refused.exception, InputError)
    frame = tracer.open_case("ronin-2022").trace().addresses(path, column="Deposit Address")
    assert set(frame["Kunde"]) == {"7"}


def test_34_a_row_whose_first_cell_begins_with_a_mark_is_asked_too(tmp_path: Path) -> None:
    path = _table(tmp_path, "a.csv", f"# from the bank\ncustomer,address\n#1001,{SEED}\n#1002,{UNSEEN}\n#,\n")
    assert [(one.text, one.besides) for one in read_addresses(path)] == [
        (SEED, (("customer", "#1001"),)),
        (UNSEEN, (("customer", "#1002"),)),
    ]
    path = _table(tmp_path, "b.csv", f"#;address\n#1;{SEED}\n")
    assert [one.text for one in read_addresses(path)] == [SEED]
    path = _table(tmp_path, "c.csv", f"# one, two\n{SEED}\n# more\n{UNSEEN}\n")
    assert [one.text for one in read_addresses(path)] == [SEED, UNSEEN]


def test_39_whom_somebody_taken_for_a_pool_pays_next_is_not_cleared(tmp_path: Path) -> None:
    one, two, five, eight, nine = map(_four, "12589")
    rows = f"{five},{eight},aaa,7,1,0x00\n{one},{five},aaa,100,2,0x01\n{five},{two},bbb,11,2,0x01\n"
    rows += f"{five},{nine},aaa,100,3,0x02\n"
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx\n{rows}")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,,o\n")
    trace = tracer.open_table(transfers, seeds=seeds, complete=True, registry=False).trace()
    for bounds in (False, True):
        answers = {row.asked: row.answer for row in trace.asked([two, five, nine, eight], bounds=bounds)}
        assert answers == {two: CAME, five: CAME, nine: MAYBE, eight: NONE}
    assert "No stolen units can have reached it" not in trace.address(nine).text()


def test_40_an_interval_is_never_without_its_class(tmp_path: Path) -> None:
    one, two = map(_four, "12")
    transfers = _table(tmp_path, "t.csv", f"sender,recipient,asset,amount,block,tx\n{one},{two},aaa,100,1,0x01\n")
    seeds = _table(tmp_path, "s.csv", "kind,value,asset,amount,origin\ntx,0x01,aaa,,o\n")
    for complete, said in ((False, "CONDITIONAL"), (True, "FORCED")):
        trace = tracer.open_table(transfers, seeds=seeds, complete=complete).trace()
        (row,) = trace.asked([two], bounds=True)
        assert (row.min, row.max, row.certainty) == (100, 100, said)
        assert f"100 aaa to 100 aaa ({said}, basis {row.basis})" in asked_text([row], trace.result.assets, "TLP:CLEAR")
        assert bool(row.basis)


def test_n31_whom_the_registry_names_outside_of_the_case_is_said(tmp_path: Path) -> None:
    first = "0x47666fab8bd0ac7003bce3f5c3585383f09486e2"
    path = _table(tmp_path, "a.csv", f"{first}\n{UNSEEN}\n")
    trace = tracer.open_case("ronin-2022").trace()
    rows = {row.asked: row for row in trace.asked(path)}
    assert (rows[first].answer, rows[first].category) == (NAMED, "theft")
    assert "on Ethereum, outside of this case" in rows[first].why
    assert (rows[UNSEEN].entity, rows[UNSEEN].why) == ("", "")
    text = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path)]).stdout
    assert "named in the registry, in no row of the case: 1; in no row of the case: 1." in text
    assert "The registry names 1 that are in no row of the case: tracer why ADDRESS." in text
    unguarded = tracer.open_case("ronin-2022", registry=False).trace()
    assert {row.entity for row in unguarded.asked(path)} == {""}


def test_n32_an_amount_stands_beside_its_asset_in_a_notebook() -> None:
    shown = repr(tracer.open_case("ronin-2022").trace().addresses([SEED]).pretty()).split("\n")
    assert "asset" in shown[0]
    assert {"ETH", "USDC"} <= set(" ".join(shown).split())
