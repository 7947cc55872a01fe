"""A table without transactions: who is proposed as a seed steals something, and what cannot be said is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_files import ETH, OTHER, OWNER, POOL, TRANSACTIONS, quoted, sent, tx, write

import tracer
from tracer.errors import InputError

BINANCE = "0x28c6c06298d514db089934071355e5743bf21d60"
WORDS = ("sender=Payer", "recipient=Payee", "amount=How much:ETH", "time=When")
ROWS = (
    "Payer,Payee,How much,When\n"
    f"{OWNER},{OTHER},100.5,2024-01-01 10:00:00\n"
    f"{OTHER},{BINANCE},60,2024-01-02 10:00:00\n"
    f"{OTHER},{POOL},40,2024-01-03 10:00:00\n"
)


def test_f23_every_seed_that_is_proposed_steals_something(tmp_path: Path) -> None:
    export = tracer.read_export("columns", write(tmp_path, "own.csv", ROWS), mapping=WORDS)
    seeds = export.seeds
    assert list(seeds["kind"]) == ["tx", "tx", "tx", "holder"]
    assert list(seeds["value"]) == ["own.csv#row-2", "own.csv#row-3", "own.csv#row-4", OWNER]
    assert "paid 100.5 ETH that it had not received here" in seeds["note"][3]
    assert any("goes by its file and row" in note for note in export.notes)
    trace = tracer.open_case(export.write(tmp_path / "case", seed=OWNER, origin="mine")).trace()
    assert sum(trace.result.stolen.values()) == 100_500_000_000_000_000_000
    binance = trace.exits().set_index("address")["tainted"][BINANCE]
    assert binance == 60 * 10**18


def test_n28_the_robbed_of_an_export_without_hashes_is_no_thief(tmp_path: Path) -> None:
    """The payment that robbed can be chosen, and the robbed is on no list; as a thief it is proposed last, and said."""
    export = tracer.read_export("columns", write(tmp_path, "own.csv", ROWS), mapping=WORDS)
    assert "Only where this address is the thief's" in export.seeds["note"][3]
    assert "Only where this address is the thief's" in export.seed_note(OWNER)
    assert export.seed_note("own.csv#row-2") == ""
    trace = tracer.open_case(export.write(tmp_path / "case", seed="own.csv#row-2", origin="mine")).trace()
    assert sum(trace.result.stolen.values()) == 100_500_000_000_000_000_000
    listed = {entry.caip10.rsplit(":", 1)[1]: entry.role for entry in trace.flags().entries}
    assert listed[OTHER] == "theft_receiver"
    assert OWNER not in listed
    assert OWNER not in {entry.caip10.rsplit(":", 1)[1] for entry in trace.flags().leads}
    assert trace.exits().set_index("address")["tainted"][BINANCE] == 60 * 10**18


def test_n28_names_of_rows_are_of_one_file_alone(tmp_path: Path) -> None:
    files = [write(tmp_path, name, ROWS) for name in ("a b.csv", "a-b.csv", "ü" * 60 + ".csv")]
    names = [tracer.read_export("columns", one, mapping=WORDS).seeds["value"][0] for one in files]
    assert names[:2] == ["a:20:b.csv#row-2", "a-b.csv#row-2"]
    assert names[2].startswith("file:")
    case = tracer.read_export("columns", files[2], mapping=WORDS).write(tmp_path / "case", seed=names[2])
    assert tracer.open_case(case).trace().audit.closed


def test_f23_a_seed_that_would_steal_nothing_is_refused_at_import(tmp_path: Path) -> None:
    export = tracer.read_export("columns", write(tmp_path, "own.csv", ROWS), mapping=WORDS)
    with pytest.raises(InputError, match="takes nothing") as caught:
        export.write(tmp_path / "case", seed=OTHER)
    assert "--seed 'own.csv#row-2'" in caught.value.next_step
    assert not (tmp_path / "case").exists()
    paid = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "2", into=True)]))
    with pytest.raises(InputError) as caught:
        tracer.read_export("etherscan", paid).write(tmp_path / "case", seed=OWNER)
    assert f"--seed {tx(1)}" in caught.value.next_step


def test_f8_an_import_is_called_by_its_files_and_its_theft(tmp_path: Path) -> None:
    path = write(tmp_path, "own.csv", ROWS)
    export = tracer.read_export("columns", path, mapping=WORDS)
    for folder, said, title in (
        ("a", {}, "Import of own.csv"),
        ("b", {"seed": OWNER, "origin": "my-theft"}, "my-theft: own.csv"),
        ("c", {"seed": OWNER, "title": "The loss of\tMay"}, "The loss of May"),
    ):
        case = export.write(tmp_path / folder, **said)
        if said:
            trace = tracer.open_case(case).trace()
            assert trace.result.title == title
            assert title in repr(trace).split("\n")[0]
            assert trace.command().startswith(f"tracer trace case --case-id {folder} --policy fifo")
        assert (case / "README.md").read_text().startswith(f"# {title}\n")


def test_f7_proposed_commands_work_where_they_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path as it was given, whole and quoted; --out as it was given."""
    import shlex

    from typer.testing import CliRunner

    from tracer.cli.app import app

    (tmp_path / "my files").mkdir()
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "my files", "export (1).csv", quoted(TRANSACTIONS, [sent(1, "2")]))
    write(tmp_path / "my files", "own.csv", f"Tx Hash,From,To,Sum,Block\n{tx(1)},{OWNER},{OTHER},2,18000000\n")
    for words, swap in (
        (["tronscan", "my files/export (1).csv", "--out", "a case"], ("", "")),
        (["my files/export (1).csv", "my files/export (1).csv", "--out", "other"], ("", "")),
        (["columns", "my files/own.csv", "--out", "third"], ("COLUMN:UNIT", "Sum:ETH")),
        (["etherscan", "my files/own.csv", "--out", "fourth"], ("COLUMN:UNIT", "Sum:ETH")),
    ):
        done = CliRunner().invoke(app, ["import", *words])
        assert done.exit_code != 0
        error = done.exception
        assert isinstance(error, tracer.TracerError)
        command = (
            error.next_step[error.next_step.index("tracer import") :].replace(*swap)
            if swap[0]
            else (error.next_step[error.next_step.index("tracer import") :])
        )
        again = CliRunner().invoke(app, shlex.split(command)[1:])
        assert again.exit_code == 0, (command, again.output, again.exception)
        assert (tmp_path / words[-1] / "transfers.csv").is_file()
    with pytest.raises(tracer.TracerError, match=r"no file 'my files/nothing\.csv'"):
        tracer.read_export("etherscan", "my files/nothing.csv")
    assert ETH in (tmp_path / "third" / "transfers.csv").read_text()


@pytest.mark.parametrize(
    ("word", "chain"), [("gnosis", "eip155:100"), ("Arbitrum", "eip155:42161"), ("8453", "eip155:8453")]
)
def test_n20_a_chain_is_named_in_a_word(tmp_path: Path, word: str, chain: str) -> None:
    words = [one.replace(":ETH", ":18") for one in WORDS] + ["asset=Asset"]
    rows = ROWS.replace("When\n", "When,Asset\n").replace("10:00:00\n", "10:00:00,slip44:60\n")
    export = tracer.read_export("columns", write(tmp_path, "own.csv", rows), mapping=words, chain=word)
    assert set(export.transfers["chain"]) == {chain}


def test_n20_a_word_that_names_no_chain_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        tracer.read_export("columns", write(tmp_path, "own.csv", ROWS), mapping=WORDS, chain="gnosys")
    assert "Gnosis" in caught.value.next_step
    assert "eip155:100" in caught.value.next_step
