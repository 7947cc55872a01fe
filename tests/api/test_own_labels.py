"""A label of one's own on any case: kept with who and when, used by stops and guard, and taken out again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tracer
from tracer.api import label, open_case, open_own_folder, unlabel
from tracer.api.create import new_case
from tracer.errors import DataFileError, InputError
from tracer.registry.own import COLUMNS

A, B, C, D = (f"0x{digit * 40}" for digit in "1234")
TORNADO = "0x35fb6f6db4fb05e6a4ce86f2c93691425626d4b1"
SAID = {
    "name": "Kraken 7",
    "category": "exchange",
    "source": "https://example.org/x",
    "by": "J. Doe",
    "on": "2026-11-29",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    case = tmp_path / "mine"
    case.mkdir()
    (case / "transfers.csv").write_text(
        "sender,recipient,asset,amount,block,tx\n"
        f"{A},{B},slip44:60,100,1,0xaa\n{B},{C},slip44:60,60,2,0xbb\n{C},{D},slip44:60,60,3,0xcc\n"
    )
    (case / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    return case


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_j_an_own_label_is_kept_with_who_and_when_and_stops_and_guards(folder: Path) -> None:
    before = open_case(folder).trace()
    assert before.result.holders["eip155:1", C].stop_reason == ""
    done = label(folder, C, entity="Kraken", valid_from="2020-01-01", note="from a letter", **SAID)
    assert (done.path, done.changed, done.inside, done.known) == (folder / "labels.csv", True, True, True)
    (row,) = rows_of(done.path)
    assert tuple(row) == COLUMNS
    assert {"publisher": "J. Doe", "rank": "A6", "source_kind": "own", "captured": "2026-11-29"}.items() <= row.items()
    assert (row["label"], row["entity"], row["notes"]) == ("Kraken 7", "Kraken", "from a letter")
    after = open_case(folder).trace()
    assert after.result.holders["eip155:1", C].stop_reason == "service"
    assert after.address(C).standing[0].where == "kept_off"
    assert "J. Doe" in after.address(C).text()
    assert ("eip155:1", D) not in after.result.holders
    unlabel(folder, C)
    assert rows_of(folder / "labels.csv") == []
    again = open_case(folder).trace()
    assert again.result.exits == before.result.exits


def test_saying_it_twice_changes_nothing_and_a_second_label_stands_beside_it(folder: Path) -> None:
    label(folder, C, **SAID)
    first = (folder / "labels.csv").read_bytes()
    assert not label(folder, C, **{**SAID, "on": "2026-11-30"}).changed
    assert (folder / "labels.csv").read_bytes() == first
    assert label(folder, C, **{**SAID, "name": "Other", "category": "mixer"}).changed
    with pytest.raises(InputError, match="has 2 labels"):
        unlabel(folder, C)
    assert unlabel(folder, C, category="mixer").removed.label == "Other"  # type: ignore[union-attr]
    assert (folder / "labels.csv").read_bytes() == first


def test_what_stands_in_the_table_stays_as_it_is(folder: Path) -> None:
    path = folder / "labels.csv"
    path.write_text(
        f"address,label,category,entity,source_url,mine\n{D},'=Shop,exchange,Shop,https://e.org,my column\n", "utf-8"
    )
    label(folder, C, **{**SAID, "name": "=1+1"})
    rows = rows_of(path)
    assert (rows[0]["address"], rows[0]["label"], rows[0]["mine"], rows[0]["publisher"]) == (
        D,
        "'=Shop",
        "my column",
        "",
    )
    assert rows[1]["label"] == "'=1+1"
    assert not label(folder, C, **{**SAID, "name": "=1+1"}).changed
    unlabel(folder, C)
    assert rows_of(path) == rows[:1]


def test_j_a_case_that_ships_takes_labels_beside_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--out my-labels\.csv"):
        label("ronin-2022", TORNADO, **SAID)
    own = tmp_path / "own.csv"
    done = label("ronin-2022", TORNADO, out=own, **SAID)
    assert (done.inside, done.known) == (False, True)
    plain, labelled = open_case("ronin-2022").trace(), open_case("ronin-2022", labels=own).trace()
    stopped = [leaf for leaf in labelled.result.exits if leaf.address == TORNADO]
    assert [(leaf.stop_reason, leaf.tainted) for leaf in stopped] == [("service", 33568152000000000000000)]
    assert labelled.audit.closed
    assert "own_labels" in labelled.result.input_hashes
    assert "own_labels" not in plain.result.input_hashes
    assert labelled.address(TORNADO).standing[0].where == "kept_off"
    assert tracer.open_case("ronin-2022").with_labels(own).trace().result == labelled.result


def test_j_a_result_traced_with_own_labels_is_not_traced_again_without_them(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    label("ronin-2022", TORNADO, out=own, **SAID)
    out = open_case("ronin-2022", labels=own).trace().write(tmp_path / "out")
    with pytest.raises(InputError, match="labels of your own"):
        open_case(out)
    assert open_case(out, labels=own).trace().result.exits == open_case("ronin-2022", labels=own).trace().result.exits
    with pytest.raises(InputError, match="it is a result"):
        label(out, TORNADO, **SAID)


@pytest.mark.parametrize("known", ["", "2026-11-23", "2026-11-24", "2027-01-01"])
def test_d1_the_day_of_knowledge_of_an_own_label_is_apart_from_the_day_it_was_written_down(
    folder: Path, known: str
) -> None:
    label(folder, C, known=known, **SAID)
    case = open_own_folder(folder)
    counted = case.trace(as_of="2026-11-23").result.holders["eip155:1", C].stop_reason == "service"
    assert counted == (known in ("", "2026-11-23"))
    page = case.trace(as_of="2026-11-23").address(C)
    assert page.facts.not_yet_known == (not counted)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"category": "exchnge"}, "not a category"),
        ({"name": " "}, "needs a label"),
        ({"source": ""}, "needs a source"),
        ({"name": "a\u202eb"}, "changes what does"),
        ({"valid_from": "2022-01-02", "valid_until": "2022-01-01"}, "not after"),
        ({"on": "yesterday"}, "on is 'yesterday'"),
        ({"known": "2027"}, "known is '2027'"),
        ({"valid_from": "2022"}, "valid_from is '2022'"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"chain": "eip155"}, "not a chain"),
    ],
)
def test_a_label_that_cannot_be_used_is_not_written(folder: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises((InputError, DataFileError)) as raised:
        label(folder, C, **{**SAID, **change})
    assert said in str(raised.value)
    assert not (folder / "labels.csv").exists()


def test_j_a_label_wants_the_whole_address(folder: Path) -> None:
    with pytest.raises(InputError, match="not a whole address") as raised:
        label(folder, "0x3333", **SAID)
    assert C in raised.value.next_step
    with pytest.raises(InputError, match="no address of this case"):
        label(folder, "hello", **SAID)
    unseen = "0x" + "9" * 40
    assert not label(folder, unseen, **SAID).known


def test_a_private_case_without_rows_and_a_table_of_parquet(tmp_path: Path, folder: Path) -> None:
    new_case([f"0x{'ab' * 32}"], tmp_path / "begun", offline=True)
    done = label(tmp_path / "begun", C, **SAID)
    assert (done.chain, done.inside, done.known) == ("eip155:1", True, False)
    assert rows_of(done.path)[0]["captured"] == "2026-11-29"
    import pandas as pd

    columns = ["address", "label", "category", "entity", "source_url"]
    pd.DataFrame([[D, "Shop", "exchange", "Shop", "https://e.org"]], columns=columns).to_parquet(
        folder / "labels.parquet"
    )
    with pytest.raises(InputError, match="Parquet"):
        label(folder, C, **SAID)
    own = tmp_path / "own.csv"
    label(folder, C, out=own, **SAID)
    labelled = open_case(folder, labels=own).trace()
    assert labelled.result.holders["eip155:1", C].stop_reason == "service"


def test_two_chains_ask_which(folder: Path) -> None:
    (folder / "transfers.csv").write_text(
        "sender,recipient,asset,amount,time,tx,chain\n"
        f"{A},{B},slip44:60,100,2022-01-01T00:00:00Z,0xaa,eip155:1\n"
        f"{A},{C},slip44:60,60,2022-01-01T00:00:00Z,0xbb,eip155:10\n"
        f"{B},{C},slip44:60,60,2022-01-02T00:00:00Z,0xbb,eip155:1\n"
    )
    (folder / "seeds.csv").write_text("kind,value,asset,amount,origin,chain\ntx,0xaa,,,hack,eip155:1\n")
    with pytest.raises(InputError, match="several chains"):
        label(folder, C, **SAID)
    assert label(folder, C, chain="eip155:10", **SAID).chain == "eip155:10"
    assert label(folder, f"eip155:1:{C}", **SAID).chain == "eip155:1"
    assert len(rows_of(folder / "labels.csv")) == 2
