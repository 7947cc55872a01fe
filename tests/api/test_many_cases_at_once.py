"""A list of customers asked in every case that ships, with the columns it has, in one command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tracer
from tracer.api import real_cases
from tracer.cli.app import app
from tracer.report import ABSENT, CAME, NO_LIST, WRONG_CHECKSUM

RONIN = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
BYBIT = "0x47666fab8bd0ac7003bce3f5c3585383f09486e2"
FBI = "bc1qpx7vyv5tp7dm0g475ev527krg764t73dh77gls"
NOMAD = "0xb5c55f76f90cc528b2609109ca14d8d84593590e"
NOBODY = "0x" + 40 * "7"


def customers(folder: Path) -> Path:
    path = folder / "deposits.csv"
    rows = [RONIN, BYBIT, FBI, NOMAD, NOBODY, RONIN.replace("a", "A", 1)]
    lines = [f"C-{number};Customer {number};{address};ETH" for number, address in enumerate(rows)]
    path.write_text("\ufeffCustomer ID;Name;Deposit Address;Coin\n" + "\n".join(lines) + "\n")
    return path


def test_n31_one_command_asks_every_case_that_ships_of_a_file_with_its_own_columns(tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    done = CliRunner().invoke(app, ["show", "--addresses", str(customers(tmp_path)), "--out", str(out)])
    assert done.exit_code == 2, done.output  # one has a wrong checksum
    assert "The addresses of deposits.csv are in its column 'Deposit Address'." in done.stderr
    assert f"6 addresses asked about in {len(real_cases())} cases" in done.stdout
    assert "training" not in done.stdout
    # R1-10: with semicolons and a mark of its encoding it was asked, so it opens in the same program.
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["Customer ID"], set()).add((row["answer"], row["case"]))
    assert found == {
        "C-0": {(CAME, "ronin-2022")},
        "C-1": {(CAME, "bybit-2025")},
        "C-2": {(CAME, "colonial-2021")},
        "C-3": {(CAME, "nomad-2022")},
        "C-4": {(ABSENT, "")},
        "C-5": {(WRONG_CHECKSUM, "")},
    }
    one = next(row for row in rows if row["Customer ID"] == "C-0" and row["symbol"] == "ETH")
    assert (one["tier"], one["came_whole"], one["listed"]) == ("T1", "182163.675666330746195534", "flagged")
    assert {row["listed"] for row in rows if row["Customer ID"] == "C-3"} == {NO_LIST}
    assert all("No list is made" in row["why"] or row["why"] for row in rows if row["Customer ID"] == "C-3")


def test_n31_the_rows_of_each_case_are_those_it_gives_alone(tmp_path: Path) -> None:
    path = customers(tmp_path)
    frame = tracer.ask(path, column="deposit address")
    for case in ("ronin-2022", "colonial-2021"):
        alone = tracer.open_case(case).trace().addresses(path, column="deposit address")
        mine = frame[frame["case"] == case].reset_index(drop=True)
        assert mine.equals(alone[alone["case"] == case].reset_index(drop=True))
    assert set(tracer.ask([NOBODY], ["ronin-2022", "colonial-2021"])["answer"]) == {ABSENT}


def test_n31_an_address_that_no_case_has_but_the_registry_names_is_named(tmp_path: Path) -> None:
    from tracer.registry import all_statements

    cases = [tracer.open_case(name) for name in real_cases()]
    known = {name for case in cases for name in case.names}
    one = next(
        said for said in all_statements() if said.chain == "eip155:1" and (said.chain, said.address) not in known
    )
    done = CliRunner().invoke(app, ["show", one.address])
    assert done.exit_code == 0
    assert "The registry names 1 that are in no row of these cases: tracer why ADDRESS" in done.stdout


def test_n31_several_named_cases_and_folders_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    thief, payee = "0x" + 40 * "5", RONIN
    (folder / "transfers.csv").write_text(
        f"sender,recipient,asset,amount,time,tx\n0x{40 * '4'},{thief},slip44:60,10,1700000000,0xaa\n"
        f"{thief},{payee},slip44:60,10,1700000100,0xbb\n"
    )
    (folder / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    words = ["show", "ronin-2022", str(folder), "--addresses", str(customers(tmp_path)), "--json"]
    held = json.loads(CliRunner().invoke(app, words).stdout)
    assert held["cases"] == ["ronin-2022", "mine"]
    assert {row["case"] for row in held["addresses"] if row["asked"] == RONIN} == {"ronin-2022", "mine"}
    assert held["tlp"] == "TLP:AMBER"


@pytest.mark.parametrize("words", [["ronin", RONIN], ["nothing", "--addresses", "FILE"], ["ronin-2022"]])
def test_n31_a_wrong_word_is_no_case_and_no_address(tmp_path: Path, words: list[str]) -> None:
    given = [str(customers(tmp_path)) if word == "FILE" else word for word in words]
    done = CliRunner().invoke(app, ["show", *given])
    assert isinstance(done.exception, tracer.TracerError)


def test_n13_two_columns_of_addresses_have_to_be_named(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(f"From wallet,To wallet\n{RONIN},{BYBIT}\n")
    done = CliRunner().invoke(app, ["show", "--addresses", str(path)])
    assert "--column" in str(getattr(done.exception, "next_step", ""))
    said = str(getattr(done.exception, "why", ""))
    assert "'From wallet', 'To wallet'" in said


def test_n12_a_csv_of_a_spreadsheet_program_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kunden.csv"
    path.write_bytes(f"Kunde;Adresse\nMüller;{RONIN}\n".encode("cp1252"))
    done = CliRunner().invoke(app, ["show", "ronin-2022", "--addresses", str(path), "--out", str(tmp_path / "a.csv")])
    assert (done.exit_code, "read as Windows-1252" in done.stderr) == (0, True)
    assert "Müller" in (tmp_path / "a.csv").read_text(encoding="utf-8")
    path.write_bytes(b"PK\x03\x04 and more")
    refused = CliRunner().invoke(app, ["show", "--addresses", str(path)])
    assert "is a spreadsheet" in str(refused.exception)
    path.write_bytes(f"address\n{RONIN}".encode("utf-16"))
    assert "not UTF-8" in str(CliRunner().invoke(app, ["show", "--addresses", str(path)]).exception)
    path.write_text(RONIN)
    asked = CliRunner().invoke(app, ["show", str(path)])
    assert "--addresses" in str(getattr(asked.exception, "next_step", ""))
