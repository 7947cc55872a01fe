from __future__ import annotations

import errno
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from misbehaving_server import CHAIN, bytes_of

from tracer.bundle import packs, writing
from tracer.bundle.packs import SMALL
from tracer.bundle.record import Answer, Record, parse_line
from tracer.bundle.store import LEDGER, Sealed, Store
from tracer.bundle.writing import _HALF_WRITTEN, open_own
from tracer.errors import InputError, MachineError, SourceError
from tracer.io import writers
from tracer.io.writers import sha256_of
from tracer.net.bodies import packed, unpacked
from tracer.net.query import Query


def question(number: int, head: str = "") -> Query:
    return Query("test", CHAIN, "number", {"n": number, "big": 2**200, "text": "ü\n"}, head=head)


def answered(query: Query, body: bytes, time: str = "2024-02-29T00:00:00Z", attempt: int = 1) -> tuple[Record, bytes]:
    answer = Answer("ok", 200, "application/json", sha256_of(body), len(body))
    return Record(query, "api.example.org", time, attempt, answer), body


def failed(query: Query, outcome: str = "try_again", attempt: int = 1) -> tuple[Record, bytes]:
    answer = Answer(outcome, 200, "text/html", error="It failed.", why="So.", next_step="Wait.", reason="error")
    return Record(query, "api.example.org", "2024-02-29T00:00:00Z", attempt, answer), b""


def filled(folder: Path, *tries: tuple[Record, bytes]) -> Store:
    store = Store(folder, write=True, clock=lambda: 0.0)
    for one in tries:
        store.add(*one)
    return store


# --- what is kept is read again ---------------------------------------------------------------------------------------


def test_what_was_added_is_held_after_opening_again(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), b"one"), failed(question(2), "refused"), failed(question(3))):
        pass
    with Store(tmp_path) as store:
        assert len(store) == 2
        answer = store.held(question(1))
        assert answer is not None
        assert store.body(answer) == b"one"
        assert store.held(question(2)) == failed(question(2), "refused")[0].answer
        assert store.held(question(3)) is None
        assert [record.answer.outcome for record in store.records()] == ["ok", "refused", "try_again"]


@given(st.integers(), st.binary(max_size=300), st.text(max_size=20), st.sampled_from(["ok", "refused", "too_large"]))
def test_a_record_survives_its_line(number: int, body: bytes, text: str, outcome: str) -> None:
    query = Query("test", CHAIN, text, {"n": number, "list": [text, None, True]}, head=text)
    record = answered(query, body)[0] if outcome == "ok" else failed(query, outcome)[0]
    line = record.line()
    assert line.count(b"\n") == 1
    assert parse_line(line, 1) == record


@given(st.binary(max_size=2_000))
def test_a_body_is_packed_the_same_way_every_time_and_any_gzip_reads_it(body: bytes) -> None:
    data = packed(body)
    assert data == packed(body)
    assert gzip.decompress(data) == body
    assert data[:10] == bytes.fromhex("1f8b08000000000002ff")
    assert unpacked(data, len(body)) == body
    assert unpacked(data, len(body) + 1) is None
    assert unpacked(data + b"\0", len(body)) is None
    assert unpacked(data[:-1], len(body)) is None
    assert not body or unpacked(data, len(body) - 1) is None


def test_a_bomb_in_a_bundle_is_not_unpacked() -> None:
    assert unpacked(packed(b"0" * 50_000_000), 10) is None


LARGE = b"one" * SMALL
"""What is not packed with others: it has a file of its own."""


@pytest.mark.parametrize("body", [b"[]", LARGE])
def test_the_same_body_lies_there_once(tmp_path: Path, body: bytes) -> None:
    with filled(tmp_path, answered(question(1), body), answered(question(2), body)) as store:
        (path,) = (one for one in (tmp_path / "responses").rglob("*") if one.is_file())
        assert path.read_bytes().count(packed(body)) == 1
        store.seal([])
        (path,) = (one for one in (tmp_path / "responses").rglob("*") if one.is_file())
        assert path.read_bytes().count(packed(body)) == 1


def test_a_bundle_that_is_only_read_is_not_written_to_or_created(tmp_path: Path) -> None:
    with Store(tmp_path / "none") as store:
        assert len(store) == 0
        assert not (tmp_path / "none").exists()
        with pytest.raises(SourceError, match="only read"):
            store.add(*answered(question(1), b"one"))
        with pytest.raises(SourceError, match="only read"):
            store.seal([])


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["changed", "cut", "no gzip", "missing", "another body", "bomb"])
def test_a_body_that_is_not_what_the_ledger_names_is_an_error_that_names_the_file(tmp_path: Path, damage: str) -> None:
    with filled(tmp_path, answered(question(1), LARGE)):
        pass
    (path,) = (tmp_path / "responses").rglob("*.gz")
    whole = path.read_bytes()
    replaced = {
        "changed": whole[:12] + bytes([whole[12] ^ 1]) + whole[13:],
        "cut": whole[:-1],
        "no gzip": LARGE,
        "another body": packed(b"two" * SMALL),
        "bomb": packed(b"0" * 5_000_000),
    }
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(replaced[damage])
    with Store(tmp_path) as store:
        answer = store.held(question(1))
        assert answer is not None
        with pytest.raises(SourceError) as caught:
            store.body(answer)
    assert path.relative_to(tmp_path).as_posix() in caught.value.what


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "no pack"])
def test_a_packed_body_that_is_not_what_the_ledger_names_is_an_error_that_names_the_file(
    tmp_path: Path, damage: str, sealed: bool
) -> None:
    with filled(tmp_path, answered(question(1), b"one" * 50)) as store:
        if sealed:
            store.seal([])
    (path,) = (tmp_path / "responses").glob("*.pack")
    whole = path.read_bytes()
    at = len(whole) - 12
    replaced = {
        "changed": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        "cut": whole[:-1],
        "no pack": b"one" * 50,
    }
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(replaced[damage])
    with Store(tmp_path) as store:
        answer = store.held(question(1))
        assert answer is not None
        with pytest.raises(SourceError) as caught:
            store.body(answer)
    assert re.search(r"responses/(new|all)\.pack is missing or was changed", caught.value.what)


def many(count: int) -> list[tuple[Record, bytes]]:
    return [answered(question(number), b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_torn_end_of_a_pack_costs_what_lay_there_and_is_asked_again(tmp_path: Path, sealed: bool) -> None:
    tries = many(6)
    with filled(tmp_path / "whole", *tries) as store:
        store.seal([])
    with filled(tmp_path / "torn", *tries) as store:
        if sealed:
            store.seal([])
    path = tmp_path / "torn" / "responses" / ("all.pack" if sealed else "new.pack")
    whole = path.read_bytes()
    for cut in (1, 30, 70):
        path.write_bytes(whole[:-cut])
        with Store(tmp_path / "torn") as reader:
            readable = 0
            for record, body in tries:
                try:
                    readable += reader.body(record.answer) == body
                except SourceError:
                    continue
        assert 0 < readable < len(tries)
    with Store(tmp_path / "torn", write=True, clock=lambda: 0.0) as store:
        lost = [one for one in tries if store.held(one[0].query) is None]
        assert len(lost) == len(tries) - readable
        for one in lost:
            store.add(*one)
        store.seal([])
    assert bytes_of(tmp_path / "torn") == bytes_of(tmp_path / "whole")


def test_packs_depend_only_on_which_bodies_there_are(tmp_path: Path) -> None:
    tries = many(5)
    with filled(tmp_path / "once", *tries) as store:
        store.seal([])
    with filled(tmp_path / "twice", *reversed(tries[3:]), answered(question(99, "old"), b"gone")) as store:
        store.seal(["old"])
        for one in tries[:3]:
            store.add(*one)
        assert store.seal([]).files_removed == 1
    assert bytes_of(tmp_path / "twice") == bytes_of(tmp_path / "once")
    assert not list((tmp_path / "once" / "responses").rglob("*.gz"))
    with Store(tmp_path / "once") as store:
        assert [store.body(record.answer) for record, _ in tries] == [body for _, body in tries]


@pytest.mark.parametrize(("room", "names"), [(100, 1), (10, 16), (2, 256)])
def test_many_bodies_lie_in_many_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, names: int) -> None:
    tries = many(100)
    with filled(tmp_path, *tries[:50]) as store:
        store.seal([])
        monkeypatch.setattr(packs, "_ROOM", room)
        for one in tries[50:]:
            store.add(*one)
        store.seal([])
        found = {path.name for path in (tmp_path / "responses").iterdir()}
        digits = {1: "all", 16: "[0-9a-f]", 256: "[0-9a-f]{2}"}[names]
        assert all(re.fullmatch(rf"{digits}\.pack", name) for name in found)
        assert [store.body(record.answer) for record, _ in tries] == [body for _, body in tries]
    with Store(tmp_path) as store:
        assert [store.body(record.answer) for record, _ in tries] == [body for _, body in tries]


def test_a_bundle_of_one_file_a_reply_is_read_and_becomes_the_same_when_it_goes_on(tmp_path: Path) -> None:
    tries = many(4)
    with filled(tmp_path / "new", *tries) as store:
        store.seal([])
    old = tmp_path / "old"
    for record, body in tries:
        path = old / "responses" / record.answer.sha256[:2] / f"{record.answer.sha256}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(body))
    (old / LEDGER).write_bytes((tmp_path / "new" / LEDGER).read_bytes())
    with Store(old) as store:
        assert [store.body(record.answer) for record, _ in tries] == [body for _, body in tries]
    with Store(old, write=True) as store:
        assert all(store.held(record.query) for record, _ in tries)
        store.seal([])
    assert bytes_of(old) == bytes_of(tmp_path / "new")


def test_a_reader_finds_what_is_sealed_under_it(tmp_path: Path) -> None:
    tries = many(3)
    with filled(tmp_path, *tries) as store, Store(tmp_path) as reader:
        store.seal([])
        assert [reader.body(record.answer) for record, _ in tries] == [body for _, body in tries]


def test_what_threads_add_at_one_time_is_all_there(tmp_path: Path) -> None:
    bodies = [b"%d" % number * (SMALL if number % 50 == 0 else 1) for number in range(400)]
    tries = [answered(question(number), body) for number, body in enumerate(bodies)]
    with filled(tmp_path) as store, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda one: store.add(*one), tries))
    with Store(tmp_path) as store:
        assert len(store) == len(tries)
        assert [store.body(record.answer) for record, _ in tries] == bodies


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_kill_while_packs_are_sealed_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    tries = many(4)
    with filled(tmp_path / "whole", *tries) as store:
        store.seal([])
    steps = iter(range(1, 100))

    def dies(step: Any) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            if next(steps) == moment:
                raise KeyboardInterrupt
            return step(*arguments, **more)

        return call

    with filled(tmp_path / "killed", *tries) as store:
        monkeypatch.setattr(packs, "write_file", dies(packs.write_file))
        monkeypatch.setattr(packs.Packs, "_drop", dies(packs.Packs._drop))
        with suppress(KeyboardInterrupt):
            store.seal([])
        monkeypatch.undo()
    with Store(tmp_path / "killed") as reader:
        assert [reader.body(record.answer) for record, _ in tries] == [body for _, body in tries]
    with Store(tmp_path / "killed", write=True, clock=lambda: 0.0) as store:
        store.seal([])
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")


@pytest.mark.parametrize("cut", [1, 2, 30, 200])
def test_a_last_line_that_was_cut_off_is_dropped(tmp_path: Path, cut: int) -> None:
    with filled(tmp_path, answered(question(1), b"one"), answered(question(2), b"two")):
        pass
    ledger = tmp_path / LEDGER
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-cut])
    with Store(tmp_path) as reader:
        assert len(reader) == 1
    with Store(tmp_path, write=True) as store:
        assert store.held(question(2)) is None
        store.add(*answered(question(2), b"two"))
    assert ledger.read_bytes() == whole


def test_a_ledger_without_a_single_whole_line_is_empty(tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_bytes(b'{"attempt":' + b"x" * 10_000)
    with Store(tmp_path, write=True) as store:
        assert len(store) == 0
    assert (tmp_path / LEDGER).read_bytes() == b""


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(answered(question(1), b"one")[0].line()), **values}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        changed(params={"n": 2}),
        changed(params=[1]),
        changed(key="0" * 64),
        changed(outcome="maybe"),
        changed(sha256="../../../../etc/passwd"),
        changed(sha256=""),
        changed(sha256="A" * 64),
        changed(bytes=-1),
        changed(bytes=True),
        changed(status="200"),
        changed(head=None),
        changed(bytes=1.5),
    ],
)
def test_a_line_that_was_not_written_here_is_an_error_that_names_it(tmp_path: Path, line: bytes) -> None:
    (tmp_path / LEDGER).write_bytes(answered(question(9), b"one")[0].line() + line + b"\n")
    with pytest.raises(SourceError, match=r"queries\.jsonl, line 2"):
        Store(tmp_path)
    with pytest.raises(SourceError, match=r"queries\.jsonl, line 2"):
        Store(tmp_path, write=True)
    (tmp_path / LEDGER).write_bytes(b"")
    Store(tmp_path, write=True).close()  # the failed opening let the lock go


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, answered(question(1), b"one")) as store:
        before = (tmp_path / LEDGER).read_bytes()
        write = os.write
        monkeypatch.setattr(writing.os, "write", lambda descriptor, data: write(descriptor, data[:20]))
        with pytest.raises(MachineError, match="could not be written"):
            store.add(*answered(question(2), b"two"))
        monkeypatch.undo()
        assert (tmp_path / LEDGER).read_bytes() == before
        assert store.held(question(2)) is None
        store.add(*answered(question(2), b"two"))
    with Store(tmp_path) as reader:
        assert len(reader) == 2


def test_what_lies_behind_a_sealed_pack_is_cut_off_when_it_is_sealed_again(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), b"one"), answered(question(2), b"two")) as store:
        store.seal(())
        sealed = bytes_of(tmp_path)
        with (tmp_path / "responses" / "all.pack").open("ab") as pack:
            pack.write(b"of somebody else")
        store.seal(())
    assert bytes_of(tmp_path) == sealed


def test_a_full_disk_while_sealing_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, answered(question(1), b"one"), answered(question(2), b"two")) as store:
        before = (tmp_path / LEDGER).read_bytes()

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("tracer.bundle.store.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            store.seal(())
        monkeypatch.undo()
        assert (tmp_path / LEDGER).read_bytes() == before
        assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".sealing")]
        assert store.seal(()).answers == 2


# --- one writer -------------------------------------------------------------------------------------------------------


def test_a_second_writer_fails_at_once_and_is_told_who_writes(tmp_path: Path) -> None:
    with filled(tmp_path / "bundle", answered(question(1), b"one")) as first:
        with pytest.raises(InputError, match=f"'bundle': process {os.getpid()}, since 1970-01-01T00:00:00Z"):
            Store(tmp_path / "bundle", write=True)
        with Store(tmp_path / "bundle") as reader:
            assert len(reader) == 1
        first.add(*answered(question(2), b"two"))
    with Store(tmp_path / "bundle", write=True) as next_one:
        assert len(next_one) == 2


def test_another_program_fails_with_words(tmp_path: Path) -> None:
    code = "import sys, pathlib; from tracer.bundle.store import Store\nStore(pathlib.Path(sys.argv[1]), write=True)"
    with filled(tmp_path):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Another program writes to the bundle" in done.stderr
    assert f"process {os.getpid()}" in done.stderr


# --- sealing ----------------------------------------------------------------------------------------------------------


def test_sealing_keeps_what_is_final_or_of_a_current_head(tmp_path: Path) -> None:
    tries = [
        failed(question(1)),
        answered(question(1), b"one", attempt=2),
        answered(question(2, "old"), b"orphaned"),
        answered(question(2, "new"), b"two"),
        failed(question(3, "new"), "too_large"),
        answered(question(4), b"before"),
        answered(question(4), b"after"),
        failed(question(5)),
    ]
    with filled(tmp_path, *tries) as store:
        (tmp_path / "responses" / "00").mkdir(exist_ok=True)
        (tmp_path / "responses" / "00" / f".{'0' * 64}.gz.cut_off").write_bytes(b"half")
        assert store.seal(["new"]) == Sealed(answers=4, faults=1, superseded=2, files_removed=3)
        kept = {(r.query.params["n"], r.query.head): r.answer.outcome for r in store.records()}
        answered_once = {(1, ""): "ok", (2, "new"): "ok", (3, "new"): "too_large", (4, ""): "ok"}
        assert kept == {**answered_once, (5, ""): "try_again"}
        assert store.held(question(5)) is None
        assert store.failed(question(5)) is not None
        answer = store.held(question(4))
        assert answer is not None
        assert store.body(answer) == b"after"
        assert store.held(question(2, "old")) is None
        assert all(record.attempt is None for record in store.records())
        before = bytes_of(tmp_path)
        assert store.seal(["new"]) == Sealed(answers=4, faults=0, superseded=0, files_removed=0)
        assert bytes_of(tmp_path) == before
        store.add(*answered(question(6), b"six"))
    with Store(tmp_path) as again:
        assert len(again) == 5


def test_sealing_that_was_cut_off_changes_nothing(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), b"one")):
        pass
    before = bytes_of(tmp_path)
    (tmp_path / f".{LEDGER}.sealing").write_bytes(b"half a li")
    with Store(tmp_path, write=True) as store:
        assert len(store) == 1
    assert bytes_of(tmp_path) == before


def test_content_is_the_same_whenever_and_wherever_it_was_fetched(tmp_path: Path) -> None:
    def content(name: str, *tries: tuple[Record, bytes]) -> str:
        with filled(tmp_path / name, *tries) as store:
            store.seal([])
            return store.content_sha256()

    one, two = answered(question(1), b"one"), answered(question(2), b"two")
    later = answered(question(1), b"one", time="2025-01-01T00:00:00Z", attempt=3)
    assert content("a", one, two) == content("b", failed(question(1)), two, later)
    different = [
        content("c", one),
        content("d", one, answered(question(2), b"too")),
        content("e", one, two, answered(question(3), b"two")),
        content("f", one, failed(question(2), "refused")),
        content("g", one, failed(question(2), "too_large")),
        content("a2", one, two),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "9" * 12])
def test_a_time_that_is_none_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH"):
        Store(tmp_path)


# --- folders of others ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        LEDGER,
        ".writer",
        ".lock",
        "responses",
        "responses/ab",
        "responses/all.pack",
        "responses/new.pack",
        f".{LEDGER}.sealing",
        "prices.csv",
    ],
)
def test_h1_a_bundle_with_a_link_in_it_is_refused_and_what_it_leads_to_stays(tmp_path: Path, name: str) -> None:
    bundle, outside = tmp_path / "bundle", tmp_path / "outside"
    with filled(bundle, answered(question(1), b"one")):
        pass
    folder = name.startswith("responses") and not name.endswith(".pack")
    if folder:
        outside.mkdir()
        (outside / f"{'0' * 64}.gz").write_text("precious")
    else:
        outside.write_text("precious")
    target = bundle / name
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    target.symlink_to(outside, target_is_directory=folder)
    for write in (True, False):
        with pytest.raises(SourceError, match=rf"^{re.escape(target.name)} in .* is a link\."):
            Store(bundle, write=write)
    held = outside / f"{'0' * 64}.gz" if folder else outside
    assert held.read_text() == "precious"
    assert not list(outside.parent.glob("*.lock"))


def test_what_a_kill_left_of_a_file_beside_its_place_goes_and_nothing_else_does(tmp_path: Path) -> None:
    """A fetch killed while it wrote its tables left one such file behind for good."""
    bundle = tmp_path / "bundle"
    with filled(bundle, answered(question(1), b"one")):
        pass
    left = [f"{name}.{'0a' * 8}" for name in (".coverage.csv", ".manifest.json", "responses/.all.pack")]
    own = [".coverage.csv.mine", ".notes.txt.0a0a0a0a0a0a0a0a", "responses/.all.pack.1"]
    for name in left + own:
        (bundle / name).write_text("half")
    Store(bundle).close()
    assert all((bundle / name).exists() for name in left), "who reads deletes nothing"
    Store(bundle, write=True).close()
    assert not any((bundle / name).exists() for name in left)
    assert all((bundle / name).exists() for name in own)
    assert _HALF_WRITTEN.fullmatch(writers._beside(bundle / "coverage.csv").name)


@pytest.mark.parametrize("name", [LEDGER, ".writer", ".lock", "responses/new.pack"])
def test_h1_what_has_another_name_elsewhere_is_not_written_through(tmp_path: Path, name: str) -> None:
    bundle, outside = tmp_path / "bundle", tmp_path / "outside"
    with filled(bundle, answered(question(1), b"one")):
        pass
    outside.write_bytes((bundle / name).read_bytes() if (bundle / name).exists() else b"precious")
    (bundle / name).unlink(missing_ok=True)
    os.link(outside, bundle / name)
    before = bytes_of(tmp_path)
    with pytest.raises(SourceError, match=rf"^{re.escape((bundle / name).name)} in .* is a hard link"):
        Store(bundle, write=True)
    with pytest.raises(SourceError, match="is a hard link"):
        open_own(bundle / name, os.O_WRONLY | os.O_TRUNC)
    assert bytes_of(tmp_path) == before
    with Store(bundle) as store:  # nothing is written by who reads
        assert len(store) == 1


def test_h1_files_that_are_written_anew_leave_their_other_names_as_they_were(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    with filled(bundle, answered(question(1), b"one")) as store:
        store.seal(set())
    os.link(bundle / "responses" / "all.pack", tmp_path / "other")
    before = (tmp_path / "other").read_bytes()
    with filled(bundle, answered(question(2), b"two")) as store:
        store.seal(set())
    assert (tmp_path / "other").read_bytes() == before
    assert (bundle / "responses" / "all.pack").read_bytes() != before


def test_h1_a_bundle_that_is_a_link_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path / "real", answered(question(1), b"one")):
        pass
    (tmp_path / "bundle").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name in ("bundle", "gone"):
        with pytest.raises(SourceError, match=rf"^{name} in .* is a link\."):
            Store(tmp_path / name, write=True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "name", ["manifest.json", "queries.jsonl", ".writer", ".lock", "transfers.csv", "responses/new.pack"]
)
def test_h1_a_pipe_in_a_bundle_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "bundle"
    with filled(bundle, answered(question(1), b"one")):
        pass
    (bundle / name).unlink(missing_ok=True)
    os.mkfifo(bundle / name)
    for write in (True, False):
        with pytest.raises(SourceError, match="neither a file nor a folder"):
            Store(bundle, write=write)


def test_h1_a_body_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    with filled(bundle, answered(question(1), LARGE)):
        pass
    (body,) = (bundle / "responses").rglob("*.gz")
    body.rename(tmp_path / "elsewhere.gz")
    body.symlink_to(tmp_path / "elsewhere.gz")
    with Store(bundle) as store:
        answer = store.held(question(1))
        assert answer is not None
        with pytest.raises(SourceError, match=r"is a link\."):
            store.body(answer)


@pytest.mark.parametrize("name", ["transfers.csv", "prices.csv", "thesis.txt", "responses/ab/mine.gz", "queries.jsonl"])
def test_h3_a_folder_that_holds_something_else_is_not_made_a_bundle(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    with pytest.raises(InputError, match=r"^The folder 'out' is not empty, and holds no bundle\."):
        Store(tmp_path / "out", write=True)
    assert [one for one in (tmp_path / "out").rglob("*") if one.is_file()] == [path]
    assert path.read_text() == "precious"


def test_h3_a_table_of_the_users_own_in_a_bundle_is_not_replaced(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), b"one")):
        pass
    (tmp_path / "transfers.csv").write_text("ours")
    (tmp_path / "thesis.txt").write_text("precious")
    (tmp_path / "manifest.json").write_text('{"tables": {"transfers": {"path": "transfers.csv"}}}')
    Store(tmp_path, write=True).close()
    (tmp_path / "prices.csv").write_text("precious")
    with pytest.raises(InputError, match=r"^prices\.csv in .* is not of the bundle there\."):
        Store(tmp_path, write=True)
    assert (tmp_path / "prices.csv").read_text() == "precious"


def test_h3_sealing_deletes_bodies_alone(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), LARGE)) as store:
        (one,) = (tmp_path / "responses").rglob("*.gz")
        left = one.parent / f".{'a' * 64}.gz.0123456789abcdef"
        mine = one.parent / "mine.gz"
        left.write_text("half")
        mine.write_text("precious")
        store.seal([])
    assert (mine.exists(), one.exists(), left.exists()) == (True, True, False)


def test_h9_a_size_that_no_reply_has_is_not_believed(tmp_path: Path) -> None:
    with filled(tmp_path, answered(question(1), b"one")):
        pass
    ledger = tmp_path / LEDGER
    ledger.write_bytes(ledger.read_bytes().replace(b'"bytes":3,', b'"bytes":3500000000,'))
    with pytest.raises(SourceError, match=r"^queries\.jsonl, line 1: this is not a record of a question\."):
        Store(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="no umask there")
def test_h5_a_bundle_keeps_the_users_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with filled(tmp_path / "bundle", answered(question(1), b"one")) as store:
            store.seal([])
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o077 for path in ((tmp_path / "bundle"), *(tmp_path / "bundle").rglob("*"))} == {0}
