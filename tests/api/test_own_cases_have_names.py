"""A case of one's own is called by its folder or file, or as it is told; its lists can be told from another's."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tracer
from tracer.cli.app import app

A, B, C = (f"0x{digit * 40}" for digit in "123")


def tables(folder: Path, name: str = "transfers.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(
        f"sender,recipient,asset,amount,time,tx\n{A},{B},slip44:60,10,1700000000,0xaa\n{B},{C},slip44:60,10,1700000100,0xbb\n"
    )
    (folder / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    return folder


def test_n29_two_thefts_of_ones_own_have_different_ids(tmp_path: Path) -> None:
    lists = [tracer.open_case(tables(tmp_path / name)).trace().flags() for name in ("Mr X", "other-theft")]
    assert [one.entries[0].case_id for one in lists] == ["mr-x", "other-theft"]
    assert lists[0].entries[0].entry_id != lists[1].entries[0].entry_id


def test_n29_a_table_is_called_by_its_file_or_its_folder(tmp_path: Path) -> None:
    folder = tables(tmp_path / "theft-7", "Exchange A.csv")
    tables(folder)
    seeds = folder / "seeds.csv"
    assert tracer.open_table(folder / "Exchange A.csv", seeds=seeds).id == "exchange-a"
    assert tracer.open_table(folder / "transfers.csv", seeds=seeds).id == "theft-7"
    assert tracer.open_table(folder / "transfers.csv", seeds=seeds, case_id="mine").id == "mine"


def test_n29_nothing_of_ones_own_has_the_id_of_an_incident(tmp_path: Path) -> None:
    folder = tables(tmp_path / "ronin-2022")
    assert tracer.open_case(folder).id == "own-ronin-2022"
    with pytest.raises(tracer.TracerError, match="incident on file"):
        tracer.open_table(folder / "transfers.csv", seeds=folder / "seeds.csv", case_id="ronin-2022")
    with pytest.raises(tracer.TracerError, match="no id") as caught:
        tracer.open_table(folder / "transfers.csv", seeds=folder / "seeds.csv", case_id="Mr X")
    assert "--case-id mr-x" in caught.value.next_step


def test_n29_the_id_is_in_the_command_so_that_a_copy_gives_the_same_bytes(tmp_path: Path) -> None:
    shell = CliRunner()
    for words, here in (
        (["mine"], "mine"),
        (["--transfers", "mine/transfers.csv", "--seeds", "mine/seeds.csv"], "copy"),
    ):
        tables(tmp_path / "mine")
        tables(tmp_path / "copy")
        given = [word if "mine" not in word else str(tmp_path / word) for word in words]
        done = shell.invoke(app, ["trace", *given, "--out", str(tmp_path / f"first-{here}")])
        assert done.exit_code == 0, done.output
        said = shlex.split(json.loads((tmp_path / f"first-{here}" / "summary.json").read_text())["command"])
        assert said[said.index("--case-id") + 1] == "mine"
        copied = [str(tmp_path / "copy" / word) if word.endswith(".csv") else word for word in said[1:]]
        if "case" not in copied:
            done = shell.invoke(app, [*copied, "--out", str(tmp_path / f"again-{here}")])
            assert done.exit_code == 0, done.output
            assert tracer.verify(tmp_path / f"first-{here}", against=tmp_path / f"again-{here}").ok


def test_n29_an_import_keeps_its_id_whatever_becomes_of_its_folder(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(f"Payer,Payee,Sum,When\n{A},{B},1.5,2024-01-01 10:00:00\n")
    words = [f"--map={one}" for one in ("sender=Payer", "recipient=Payee", "amount=Sum:ETH", "time=When")]
    shell = CliRunner()
    for out, more, expected in (("Case 7", [], "case-7"), ("b", ["--case-id", "mr-x"], "mr-x")):
        done = shell.invoke(
            app, ["import", "columns", str(own), *words, "--out", str(tmp_path / out), "--seed", "own.csv#row-2", *more]
        )
        assert done.exit_code == 0, done.output
        moved = (tmp_path / out).rename(tmp_path / f"moved-{expected}")
        assert tracer.open_case(moved).id == expected
        assert tracer.open_case(moved).trace().flags().entries[0].case_id == expected


def test_n29_a_shipped_case_keeps_its_id() -> None:
    done = CliRunner().invoke(app, ["trace", "colonial-2021", "--case-id", "mine"])
    assert isinstance(done.exception, tracer.TracerError)
    assert "--case-id is said of a table of your own" in str(done.exception)
