"""A list of customers is answered so that it can be filed: nobody named is overlooked, each receipt counts once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tracer
from tracer.api.asked_files import read_addresses
from tracer.cli.app import app
from tracer.report import ABSENT, CAME, EMPTY, NAMED, NO_ADDRESS, SAME_KEY_NAMED, SANCTIONED, AskedRow

RONIN = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
BITFINEX = "12QArUBKyMWtRoEg2Ln6fYs45uV3XnbhwT"
AFFILIATE = "bc1qq2euq8pw950klpjcawuy4uj39ym43hs6cfsegq"
LISTED = ("0x7F367cC41522cE07553e823bf3be79A889DEbe1B", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h")


def rows_of(case: str, *asked: str, bounds: bool = False) -> tuple[AskedRow, ...]:
    return tracer.open_case(case).trace().asked(asked, bounds=bounds)


def table(folder: Path, text: str) -> Path:
    path = folder / "customers.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize("case", ["bitfinex-2016", "colonial-2021", "bybit-2025-swap-proceeds"])
def test_r1_1_what_came_is_what_the_list_says_came(case: str) -> None:
    trace = tracer.open_case(case).trace()
    listed = {(one.address, one.asset): one for one in (*trace.flags().entries, *trace.flags().leads) if one.asset}
    rows = trace.asked(sorted({address for address, _ in listed}), bounds=True)
    found = {(row.address, row.asset): row for row in rows}
    assert {key: found[key].answer for key in listed} == dict.fromkeys(listed, CAME)
    assert {key: found[key].came for key in listed} == {key: one.passed_through for key, one in listed.items()}
    for row in found.values():
        if row.came is not None and row.min is not None and row.max is not None:
            assert row.min <= row.came <= row.max


def test_r1_1_a_page_of_a_first_receiver_says_one_thing() -> None:
    text = tracer.open_case("bitfinex-2016").trace().address(BITFINEX, bounds=True).text()
    assert "before    55.49475914 BTC  55.49475367 BTC stolen" in text
    assert "No stolen units came" not in text
    assert "55.49475367 BTC of bitfinex-2016, recorded" in text


def test_r3_6_change_to_oneself_is_no_receipt() -> None:
    trace = tracer.open_case("colonial-2021").trace()
    (row,) = trace.asked([AFFILIATE], bounds=True)
    assert (row.came, row.max) == (63_70000000, 63_70000000)
    page = trace.address(AFFILIATE)
    flow = page.facts.flows[0]
    assert (flow.received_stolen, flow.receipts) == (63_70000000, 2)
    assert flow.opening + flow.received - flow.paid == flow.balance
    told = trace.path_to(AFFILIATE).explain()
    assert "received 63.7 BTC of colonial-2021-affiliate under fifo, by 1 way." in told
    assert "2.23183381" not in told


def test_r1_4_whom_ofac_names_stands_out(tmp_path: Path) -> None:
    rows = rows_of("ronin-2022", RONIN, "0x" + 40 * "7", *LISTED)
    assert [row.answer for row in rows] == [CAME, CAME, SANCTIONED, SANCTIONED, ABSENT]
    named = next(row for row in rows if row.asked == LISTED[0])
    assert (named.listed, named.category, named.rank) == ("named by OFAC", "sanctioned", "A1")
    assert "OFAC SDN list, Potekhin Danil" in named.why
    assert "CYBER2" in named.why
    assert named.address == LISTED[0].lower()
    # R1-15: none is in a row, but they are named: no script may take that for "no hits".
    path = table(tmp_path, "address\n" + "\n".join(LISTED) + "\n")
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path)])
    assert done.exit_code == 0
    assert "on a sanctions list, in no row of the case: 2" in done.stdout


def test_r1_13_r1_14_the_same_key_on_another_chain_is_said_and_no_hex_is_of_tron(tmp_path: Path) -> None:
    path = table(tmp_path, f"customer,network,address\nK5,TRX,{RONIN}\nK7,BSC,{RONIN}\n")
    rows = {dict(row.besides)["customer"]: row for row in tracer.open_case("ronin-2022").trace().asked(path)}
    assert rows["K7"].answer == SAME_KEY_NAMED
    assert rows["K7"].why.startswith(f"A hint, no label: Ethereum {RONIN}, the same key, is named by OFAC")
    assert rows["K7"].evidence_url.startswith("https://")
    assert rows["K5"].answer == NO_ADDRESS
    assert "no address of Tron" in rows["K5"].why
    contract = "0xd90e2f925da726b50c4ed8d0fb90ad053324f31b"  # the router of Tornado Cash: no key
    (elsewhere,) = rows_of("ronin-2022", f"eip155:56:{contract}")
    assert elsewhere.answer not in (SAME_KEY_NAMED, NAMED)


def test_r1_6_r1_12_a_row_says_as_of_when_and_which_payment() -> None:
    row = next(row for row in rows_of("colonial-2021", AFFILIATE))
    assert row.version == tracer.__version__
    assert row.labels_known == tracer.open_case("colonial-2021").trace().result.options.as_of or row.labels_known
    assert row.first_tx == "daf38c7b38eb0a587cf843f47000d5c294affb4f56017370ad48c5147f5e69d9"
    assert row.paid_by.split()[3:] == ["and", "20", "more"]


def test_r1_2_r1_5_r1_7_r1_11_the_file_and_the_first_line_add_up(tmp_path: Path) -> None:
    path = table(tmp_path, f"customer,address\nK1,{RONIN}\nK2,{RONIN}\nK3,\n")
    assert [one.text for one in read_addresses(path)] == [RONIN, RONIN, ""]
    out = tmp_path / "answers.csv"
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path), "--out", str(out)])
    assert done.exit_code == 0
    assert done.stdout.startswith("1 address asked about in 3 rows: stolen units came: 1 (1 flagged); empty cell: 1.")
    assert "of it still there" in done.stdout
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {(row["customer"], row["answer"]) for row in rows} == {("K1", CAME), ("K2", CAME), ("K3", EMPTY)}
    assert all(row["certainty"] and row["remains_whole"] for row in rows if row["answer"] == CAME)


def test_r1_8_r1_16_what_may_be_meant_is_said() -> None:
    (row,) = rows_of("ronin-2022", RONIN[2:])
    assert (row.answer, row.why) == (NO_ADDRESS, f"It lacks 0x. {RONIN} is an address of ronin-2022, on Ethereum.")
    real = "0x28f080edf51145c3f511415b8c2afaebb605a70b"
    alike = "0x28f08011" + 26 * "0" + "05a70b"
    (row,) = rows_of("ronin-2022", alike)
    assert row.answer == ABSENT
    assert f"Did you mean {real}" in row.why


def test_r3_7_a_notebook_shows_whose_address_in_which_case_and_how_many(tmp_path: Path) -> None:
    path = table(tmp_path, f"customer,address\nK1,{RONIN}\nK2,{'0x' + 40 * '7'}\n")
    shown = repr(tracer.ask(path, ["ronin-2022"]).pretty())
    head = shown.split("\n")[0].split()
    assert head[:4] == ["customer", "asked", "answer", "case"]
    assert {"tier", "entity", "listed"} <= set(head)
    assert "2 addresses asked about: stolen units came: 1 (1 flagged)" in shown


def test_r3_9_r3_12_the_card_counts_who_had_stolen_units_and_unpriced_says_why() -> None:
    trace = tracer.open_case("bybit-2025").trace()
    held = {
        (one.chain, side.address)
        for one in trace.result.payments
        for side in (*one.payers, *one.payees)
        if side.holder and side.tainted
    }
    movements = sum(bool(one.tainted) for one in trace.result.movements)
    assert f"{len(held)} addresses by {movements} movements of stolen units" in repr(trace)
    assert len(held) < movements
    assert "unpriced: the prices of this case have no close" in repr(trace.cashouts().pretty())
    assert "unpriced" not in repr(tracer.open_case("ronin-2022").trace().cashouts().pretty())


def test_r3_2_r3_8_rows_of_two_legs_are_told_apart_and_what_agrees_within_what() -> None:
    trace = tracer.open_case("ronin-2022").trace()
    assert "origin asset" in repr(trace.cashouts().pretty()).split("\n")[0]
    head = repr(trace.checkpoints().pretty()).split("\n")[0]
    assert "difference" in head
    assert "tolerance" in head
    compared = repr(tracer.open_case("training").trace().compare().pretty()).split("\n")[0]
    assert "origin" in compared.split()
    assert "origin asset" in compared


def test_a_listing_that_ended_is_said_and_is_no_sanction() -> None:
    delisted = "0x722122dF12D4e14e13Ac3b6895a86e84145b6967"
    (row,) = tracer.ask([delisted]).to_dict("records")
    assert row["answer"] == "in no row of the case"
    assert row["why"].startswith("Not in force on the day used: named by ")
    assert "until 2025-03-21" in row["why"]
