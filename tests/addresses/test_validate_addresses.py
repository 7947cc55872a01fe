"""The shipped folder has no problem, and each fault put into a copy is told with its file and line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tracer.io.paths import addresses_dir
from tracer.registry.derived import stale_files, write_made
from tracer.registry.validation import Problem, validate

INCIDENT = "incidents/ronin-2022.yml"
SERVICE = "services/mixer/tornado-cash.yml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "addresses"
    shutil.copytree(addresses_dir(), folder)
    return folder


def spoil(folder: Path, name: str, old: str, new: str, place: int = 0) -> int:
    """Replace one occurrence of a text in a file and return the line it stands on."""
    path = folder / name
    text = path.read_text("utf-8")
    start = -1
    for _ in range(place + 1):
        start = text.index(old, start + 1)
    path.write_text(text[:start] + new + text[start + len(old) :], "utf-8")
    return text.count("\n", 0, start) + 1


def test_the_shipped_folder_has_no_problem_and_what_the_program_makes_of_it_is_current() -> None:
    """``tracer validate --write`` makes ``SOURCES.md``, counts and hashes where this is red."""
    assert validate() == ()
    assert stale_files(addresses_dir()) == ()


def test_k3_an_incident_added_by_the_written_steps_is_whole(copy: Path) -> None:
    """Copy a file, change id and source, let the program make its part: nothing else is to be touched."""
    text = (copy / "incidents/coinis-2017.yml").read_text("utf-8")
    added = text.replace("id: coinis-2017", "id: added-2017").replace("https://", "https://added.")
    (copy / "incidents/added-2017.yml").write_text(added, "utf-8")
    (stale,) = validate(copy)
    assert (stale.file, stale.line) == ("SOURCES.md", 0)
    assert "tracer validate --write" in stale.message
    assert write_made(copy) == ("SOURCES.md",)
    assert validate(copy) == ()
    assert write_made(copy) == ()


def test_k3_counts_and_hashes_of_a_bundle_are_made(copy: Path) -> None:
    path = copy / "bundles/ronin-2022/transfers.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")
    assert [problem.file for problem in validate(copy)] == ["bundles/ronin-2022/manifest.json"]
    assert write_made(copy) == ("bundles/ronin-2022/manifest.json",)
    assert validate(copy) == ()
    manifest = json.loads((copy / "bundles/ronin-2022/manifest.json").read_text("utf-8"))
    assert manifest["tables"]["transfers"]["rows"] == str(len(lines) - 2)


def test_k8_a_rank_of_its_own_and_a_reported_rank_of_nobody_are_told(copy: Path) -> None:
    line = spoil(copy, "incidents/nyfs-2020.yml", "    reports_rank: A1\n", "    rank: A1\n")
    assert [(one.file, one.line) for one in validate(copy)] == [("incidents/nyfs-2020.yml", line)]
    spoil(copy, "incidents/nyfs-2020.yml", "    rank: A1\n", "    reports_rank: A1\n")
    spoil(copy, "incidents/nyfs-2020.yml", '    reports: "US Department of Justice"\n', "")
    (problem,) = validate(copy)
    assert "reports_rank is the rank of whoever `reports` names" in problem.message


SPOILT: list[tuple[str, str, str, str]] = [
    (INCIDENT, '"0x776b80E3', '"0x776b80e3', "checksum"),
    (INCIDENT, '"eip155:1:0x098B716B', '"eip155:1:0x098B716b', "checksum"),
    (INCIDENT, 'date: "2022-03-23"', 'date: "2022-02-30"', "is not a date"),
    (INCIDENT, 'date: "2022-04-14"', 'date: "14 April 2022"', "is not a date"),
    (INCIDENT, "category: exchange_deposit", "category: exchnage_deposit", "is not a category"),
    (INCIDENT, "    role: dormant", "    rol: dormant", "not known"),
    (INCIDENT, "source: dune-investigation", "source: hearsay", "not among the sources"),
    (INCIDENT, "rank: A1", "rank: A9", "is not a rank"),
    (INCIDENT, 'amount: "173600000000000000000000"', 'amount: "1.736e23"', "is not an amount"),
    (INCIDENT, 'time: "2022-03-23T13:29:09Z"', 'time: "13:29"', "is not a time"),
    (INCIDENT, "kind: tx", "kind: hash", "is not a kind of seed"),
    (INCIDENT, "measure: paid", "measure: guessed", "is not a measure"),
    (INCIDENT, "      by_role:", "      by_rule:", "does not know the parameter"),
    (INCIDENT, '      plus: ["4"]', '      plus: ["99"]', "no checkpoint '99'"),
    (INCIDENT, "property: sanction", "property: rumour", "is not a property"),
    (INCIDENT, 'decimals: "6"', 'decimals: "six"', "is not an amount"),
    (INCIDENT, 'chain: "eip155:1"', 'chain: "Ethereum"', "is not a chain"),
    (INCIDENT, "schema: tracer-incident/1", "schema: tracer-incident/2", "is not 'tracer-incident/1'"),
    (INCIDENT, 'url: "https://dune.com', 'url: "dune.com', "is not a web address"),
    (INCIDENT, 'victim: "0x1A2a1c93', 'victim: "0x1A2A1c93', "checksum"),
    (INCIDENT, 'recipient: "0x098B716B', 'recipient: "0x098b716B', "checksum"),
    (SERVICE, "    entity: Tornado Cash", "    entity:", "entity"),
    (SERVICE, 'valid_until: "2025-03-21"', 'valid_until: "2022-08-08"', "is not after"),
]


@pytest.mark.parametrize(("name", "old", "new", "words"), SPOILT)
def test_a_fault_is_told_with_file_and_line(copy: Path, name: str, old: str, new: str, words: str) -> None:
    line = spoil(copy, name, old, new)
    problems = validate(copy)
    assert [(problem.file, problem.line) for problem in problems[:1]] == [(name, line)]
    assert words in problems[0].message


def test_a_repeated_key_is_told_with_file_and_line(copy: Path) -> None:
    line = spoil(copy, INCIDENT, "    role: dormant\n", "    role: dormant\n    role: theft\n")
    assert [(one.file, one.line) for one in validate(copy)] == [(INCIDENT, line + 1)]


def test_two_faults_are_both_told(copy: Path) -> None:
    first = spoil(copy, INCIDENT, 'date: "2022-04-14"', 'date: "2022-04-31"')
    second = spoil(copy, INCIDENT, "category: exchange_deposit", "category: exchanged")
    assert [one.line for one in validate(copy)] == [first, second]


def test_an_entry_that_says_the_same_again_is_told(copy: Path) -> None:
    path = copy / INCIDENT
    text = path.read_text("utf-8")
    start = text.index("  - address:", text.index("role: dormant") - 250)
    entry = text[start : text.index("  - address:", start + 1)]
    spoil(copy, INCIDENT, entry, entry + entry.replace("label: ", 'label: "again, " #'))
    (problem,) = validate(copy)
    assert problem.file == INCIDENT
    assert "says the same as labels[" in problem.message
    assert path.read_text("utf-8").split("\n")[problem.line - 1].startswith("  - address:")


def test_a_source_that_nothing_uses_is_told(copy: Path) -> None:
    line = spoil(
        copy,
        INCIDENT,
        "  community-page:\n",
        "  spare:\n    publisher: P\n    title: T\n    url: https://example.org\n    rank: A5\n    licence: MIT\n"
        "  community-page:\n",
    )
    assert validate(copy) == (Problem(INCIDENT, line, "the source 'spare' is used by nothing."),)


def test_an_address_without_quotes_is_told(copy: Path) -> None:
    line = spoil(
        copy, SERVICE, '"0xA160cdAB225685dA1d56aa342Ad8841c3b53f291"', "0xA160cdAB225685dA1d56aa342Ad8841c3b53f291"
    )
    assert validate(copy) == (Problem(SERVICE, line, "an address is written in quotes."),)


def test_a_count_out_of_its_range_is_told(copy: Path) -> None:
    spoil(copy, INCIDENT, 'min: "83"', 'min: "84"')
    (problem,) = validate(copy)
    assert "the file holds 83 labels, and 84 to 90 are expected" in problem.message


def test_an_address_that_is_thief_and_service_is_told(copy: Path) -> None:
    spoil(copy, SERVICE, "0xd90e2f925DA726b50C4Ed8D0Fb90Ad053324F31b", "0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
    assert {(one.file, one.line) for one in validate(copy)} == {(INCIDENT, 0)}


def test_a_file_read_by_nobody_and_a_file_of_another_name_are_told(copy: Path) -> None:
    (copy / "incidents" / "notes.yaml").write_text("a: b\n", "utf-8")
    (copy / INCIDENT).rename(copy / "incidents" / "ronin-2023.yml")
    assert [(one.file, one.line) for one in validate(copy)] == [
        ("bundles/ronin-2022/manifest.json", 0),
        ("incidents/notes.yaml", 0),
        ("incidents/ronin-2023.yml", 0),
    ]


def recount(manifest: dict[str, object]) -> None:
    manifest["tables"]["transfers"]["rows"] = "443"  # type: ignore[index]


def unlist(manifest: dict[str, object]) -> None:
    del manifest["sources"]["eth-data"]  # type: ignore[attr-defined]


def misspell(manifest: dict[str, object]) -> None:
    manifest["mising"] = manifest.pop("missing")


@pytest.mark.parametrize(
    ("change", "words"),
    [(recount, "has 493 rows, not"), (unlist, "the source 'eth-data', which is not listed"), (misspell, "missing")],
)
def test_a_manifest_that_is_not_true_is_told(
    copy: Path, change: Callable[[dict[str, object]], None], words: str
) -> None:
    path = copy / "bundles/ronin-2022/manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")
    problems = validate(copy)
    assert {one.file for one in problems} == {"bundles/ronin-2022/manifest.json"}
    assert any(words in one.message for one in problems)


def test_a_changed_byte_of_a_table_is_told(copy: Path) -> None:
    spoil(copy, "bundles/ronin-2022/transfers.csv", "14442778", "14442779")
    (problem,) = validate(copy)
    assert problem.file == "bundles/ronin-2022/manifest.json"
    assert "the table 'transfers'" in problem.message


def test_a_broken_registry_is_told(copy: Path) -> None:
    line = spoil(copy, "registry.yml", 'released: "2026-11-29"', 'released: "soon"')
    (problem,) = validate(copy)
    assert (problem.file, line) == ("registry.yml", 2)
    assert "is not a date" in problem.message


def test_only_a_transaction_has_a_victim_and_a_recipient(copy: Path) -> None:
    spoil(copy, INCIDENT, "  - kind: tx\n", "  - kind: holder\n")
    problems = validate(copy)
    assert any("only a seed of kind tx has a victim" in problem.message for problem in problems)


def test_k3_the_command_makes_and_then_checks(copy: Path) -> None:
    from typer.testing import CliRunner

    from tracer.cli.app import app

    (copy / "SOURCES.md").write_text("by hand\n", "utf-8")
    told = CliRunner().invoke(app, ["validate", str(copy)])
    assert told.exit_code == 2
    assert "tracer validate --write" in told.output
    told = CliRunner().invoke(app, ["validate", "--write", str(copy)])
    assert (told.exit_code, "All is well." in told.output) == (0, True)
    assert (copy / "SOURCES.md").read_bytes() == (addresses_dir() / "SOURCES.md").read_bytes()
