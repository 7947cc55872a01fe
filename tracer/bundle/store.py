"""The raw part of a bundle: every reply by its hash, and the ledger of questions.

Small bodies lie in packs (:mod:`tracer.bundle.packs`), a large one in
``responses/<first two hex digits>/<sha256>.gz``, as all did once; ``queries.jsonl`` has one line a try. A body is whole
on disk before a line names it, and lines are written at once, so that a kill loses at most the replies under way. What
several threads add at one time is written together: the disk is waited for once.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final

from tracer.bundle.packs import SMALL, Packs
from tracer.bundle.record import Answer, Record, parse_line
from tracer.bundle.writing import (
    Clock,
    WriterLock,
    append_whole,
    clock_of_environment,
    cut_torn_line,
    open_own,
    refuse_links,
    sweep_half_written,
    sync_folder,
    unwritten,
    utc,
)
from tracer.errors import MachineError, SourceError
from tracer.io import sha256_of, write_file
from tracer.net import Query, holds_key, packed, unpacked

LEDGER: Final = "queries.jsonl"
RESPONSES: Final = "responses"

_SEALING: Final = f".{LEDGER}.sealing"
_LONGEST_LINE: Final = 16 << 20
_BODY: Final = re.compile(r"\.?[0-9a-f]{64}\.gz(\..+)?", re.ASCII)
"""Name of a body, or of one that a kill left half-written."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing kept and what it dropped.

    Attributes
    ----------
    answers : int
        Questions with a definitive outcome.
    faults : int
        Tries without an answer whose lines are gone: all but the last of a question that never had one.
    superseded : int
        Outcomes of heads that are no longer current, or of questions that were asked anew.
    files_removed : int
        Bodies that no line names.
    """

    answers: int
    faults: int
    superseded: int
    files_removed: int


@dataclass(slots=True)
class _Entry:
    """A try on its way to the disk."""

    record: Record
    line: bytes
    body: bytes | None = None
    done: bool = False
    fault: MachineError | None = None


class Store:
    """The replies of one bundle. In memory it keeps what came of each question, never a body.

    Attributes
    ----------
    folder : Path
        The bundle's folder.
    sources : set of str
        Names of those who were asked.

    Parameters
    ----------
    folder
        As above.
    write : bool
        Whether replies are added; the folder is then created, and no other program may write to it.
    clock : callable, optional
        Seconds since 1970. By default ``SOURCE_DATE_EPOCH`` if set, else the time of day.

    Raises
    ------
    InputError
        If another program writes to the bundle.
    SourceError
        If a line of the ledger is not a record.
    """

    def __init__(self, folder: Path, *, write: bool = False, clock: Clock | None = None) -> None:
        self.folder = folder
        self._clock = clock or clock_of_environment()
        self._held: dict[str, Answer] = {}
        self._failed: dict[str, Answer] = {}
        self.sources: set[str] = set()
        self._adding = threading.Lock()
        self._entering = threading.Lock()
        self._entered: list[_Entry] = []
        self._packs: Packs | None = None
        self._ledger: int | None = None
        self._lock = WriterLock(folder, utc(self._clock())) if write else None
        try:
            refuse_links(folder)
            if write:
                (folder / _SEALING).unlink(missing_ok=True)
                sweep_half_written(folder)
                self._ledger = _open_ledger(folder / LEDGER)
            self._load()
            self._packs = Packs(folder / RESPONSES, write=write)
            if write:
                self._packs.forget({answer.sha256 for answer in self._held.values()})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go; a second call does nothing."""
        with self._adding:
            if self._ledger is not None:
                os.close(self._ledger)
                self._ledger = None
            if self._packs is not None:
                self._packs.close()
                self._packs = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __len__(self) -> int:
        """Return how many questions have a definitive outcome."""
        return len(self._held)

    def held(self, query: Query) -> Answer | None:
        """Return the last definitive outcome of a question, or ``None``.

        Where replies are added, an answer whose body is lost is none: it is asked again. A lost end of a pack costs
        what lay there.
        """
        answer = self._held.get(query.key)
        if answer is not None and answer.sha256 and self._lock is not None and not self._has(answer.sha256):
            return None
        return answer

    def failed(self, query: Query) -> Answer | None:
        """Return the last fault of a question that was asked and never answered, or ``None``.

        A replay raises it again, so that what a fetch could not get is missing there in the same way.
        """
        return None if query.key in self._held else self._failed.get(query.key)

    def body(self, answer: Answer) -> bytes:
        """Return the body of an answer, checked against its hash.

        Raises
        ------
        SourceError
            If the file is missing or was changed; it is named.
        """
        data = self._opened_packs().read(answer.sha256)
        if data is None and self._path(answer.sha256).is_file():
            with os.fdopen(open_own(self._path(answer.sha256), os.O_RDONLY), "rb") as stream:
                data = stream.read(answer.size + (answer.size >> 8) + 1024)
        body = None if data is None else unpacked(data, answer.size)
        if body is None or sha256_of(body) != answer.sha256:
            alone = self._path(answer.sha256)
            packed_in = answer.size <= SMALL and not (data is None and alone.is_file())
            path = self._opened_packs().where(answer.sha256) if packed_in else alone
            raise SourceError(
                f"The bundle is damaged: {path.relative_to(self.folder).as_posix()} is missing or was changed.",
                why="Its bytes are not those that the ledger of questions names.",
                next_step="Take the bundle again, or delete the file and fetch again: what it held is asked again.",
            )
        return body

    def now(self) -> str:
        """Return the time a record made now carries."""
        return utc(self._clock())

    def add(self, record: Record, body: bytes = b"") -> None:
        """Keep one try of a question: first its body, then its line.

        Raises
        ------
        SourceError
            If the store only reads, or a key would be written.
        MachineError
            If the disk is full.
        """
        self._writing()
        line = record.line()
        if holds_key(line) or holds_key(body):
            raise SourceError(
                f"A reply of {record.query.source} to {record.query.endpoint[:80]!r} repeats the key, and is not kept.",
                why="What a bundle holds is published; a key in it would be too.",
            )
        entry = _Entry(record, line)
        if record.answer.outcome == "ok" and not self._has(record.answer.sha256):
            entry.body = packed(body)
        with self._entering:
            self._entered.append(entry)
        with self._adding:  # whoever comes first writes what all others have entered by then
            if not entry.done:
                with self._entering:
                    entries, self._entered = self._entered, []
                try:
                    self._write(entries)
                except BaseException:  # broken off: the others write what is left
                    with self._entering:
                        self._entered = [one for one in entries if not one.done and one is not entry] + self._entered
                    raise
        if entry.fault is not None:
            raise entry.fault

    def _write(self, entries: list[_Entry]) -> None:
        fault: MachineError | None = None
        try:
            self._write_bodies(entries)
            append_whole(self._writing(), b"".join(entry.line for entry in entries))
        except MachineError as caught:
            fault = caught
        for entry in entries:
            entry.done, entry.fault = True, fault
            if fault is None:
                answer = entry.record.answer
                self.sources.add(entry.record.query.source)
                (self._held if answer.definitive else self._failed)[entry.record.query.key] = answer

    def _write_bodies(self, entries: Iterable[_Entry]) -> None:
        small: dict[str, bytes] = {}
        for entry in entries:
            if entry.body is not None:
                answer = entry.record.answer
                if answer.size <= SMALL:
                    small[answer.sha256] = entry.body
                else:
                    self._write_body(answer.sha256, entry.body)
        if small:
            try:
                self._opened_packs().append(small.items())
            except OSError as cause:
                raise unwritten("A reply", str(cause.strerror)) from cause

    def records(self) -> Iterator[Record]:
        """Yield the lines of the ledger in their order, failed tries among them."""
        for _, record in self._lines():
            yield record

    def content_sha256(self) -> str:
        """Return a hash over questions and their definitive outcomes, without times and hosts."""
        held = sorted(self._held.items())
        return sha256_of(json.dumps([[key, *astuple(answer)] for key, answer in held], ensure_ascii=True).encode())

    def seal(self, live_heads: Collection[str]) -> Sealed:
        """Make the bytes depend only on which questions were answered, and how.

        Parameters
        ----------
        live_heads : collection of str
            Hashes of the current heads; outcomes of other heads are dropped, those of final blocks stay.

        Raises
        ------
        SourceError
            If the store only reads.
        """
        self._writing()
        keep: dict[str, int] = {}
        unanswered: dict[str, int] = {}
        definitive = faults = 0
        for offset, record in self._lines():
            is_live = not record.query.head or record.query.head in live_heads
            if not record.answer.definitive:
                faults += 1
                if is_live and record.query.key not in self._held:
                    unanswered[record.query.key] = offset
                continue
            definitive += 1
            if is_live:
                keep[record.query.key] = offset
        self._rewrite(keep | unanswered)
        removed = self._sweep()
        return Sealed(len(keep), faults - len(unanswered), definitive - len(keep), removed)

    def _writing(self) -> int:
        if self._ledger is None:
            raise SourceError("This bundle is only read.", next_step="Open it for writing.")
        return self._ledger

    def _opened_packs(self) -> Packs:
        if self._packs is None:
            raise SourceError("This bundle is closed.", next_step="Open it again.")
        return self._packs

    def _has(self, sha256: str) -> bool:
        return sha256 in self._opened_packs() or self._path(sha256).is_file()

    def _path(self, sha256: str) -> Path:
        return self.folder / RESPONSES / sha256[:2] / f"{sha256}.gz"

    def _write_body(self, sha256: str, data: bytes) -> None:
        path = self._path(sha256)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, data, overwrite=True)
        except OSError as cause:
            raise unwritten("A reply", str(cause.strerror)) from cause
        sync_folder(path.parent)

    def _lines(self) -> Iterator[tuple[int, Record]]:
        """Yield offset and record of each whole line."""
        path = self.folder / LEDGER
        if not path.is_file():
            return
        with path.open("rb") as stream:
            number, offset = 1, 0
            while line := stream.readline(_LONGEST_LINE):
                if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                    return  # cut off by a kill, or being written
                yield offset, parse_line(line, number)
                number, offset = number + 1, offset + len(line)

    def _load(self) -> None:
        self._held, self._failed = {}, {}
        self.sources = set()
        for _, record in self._lines():
            self.sources.add(record.query.source)
            (self._held if record.answer.definitive else self._failed)[record.query.key] = record.answer

    def _rewrite(self, keep: dict[str, int]) -> None:
        path, work = self.folder / LEDGER, self.folder / _SEALING
        try:
            sealing = open_own(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            with path.open("rb") as old, os.fdopen(sealing, "wb") as new:
                for key in sorted(keep):
                    old.seek(keep[key])
                    new.write(replace(parse_line(old.readline(), 0), attempt=None).line())
                new.flush()
                os.fsync(new.fileno())
        except OSError:
            work.unlink(missing_ok=True)
            raise
        os.close(self._writing())
        self._ledger = None  # Windows does not replace an open file
        os.replace(work, path)
        sync_folder(self.folder)
        self._ledger = _open_ledger(path)
        self._load()

    def _sweep(self) -> int:
        """Sort small bodies into their packs and delete what no line names; return how many bodies go."""
        named = {answer.sha256: answer.size for answer in self._held.values() if answer.sha256}
        small = {sha256 for sha256, size in named.items() if size <= SMALL}
        paths = [
            path
            for path in sorted((self.folder / RESPONSES).glob("??/*.gz*"))
            if _BODY.fullmatch(path.name) and path.name.removesuffix(".gz") not in named.keys() - small
        ]
        alone = {path.name.removesuffix(".gz") for path in paths} & small
        removed = self._opened_packs().seal(small, alone)
        for path in paths:
            path.unlink()
            removed += path.name.removesuffix(".gz") not in small
        for folder in sorted((self.folder / RESPONSES).glob("??")):
            if not any(folder.iterdir()):
                folder.rmdir()
        return removed


def _open_ledger(path: Path) -> int:
    """Open the ledger for appending; a last line that a kill cut off is dropped."""
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    cut_torn_line(descriptor)
    return descriptor
