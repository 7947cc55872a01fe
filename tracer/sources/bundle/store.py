"""The raw part of a bundle: every reply by its hash, and the ledger of questions.

``responses/<first two hex digits>/<sha256>.gz`` holds bodies, ``queries.jsonl`` one line a try. A body is whole on disk
before a line names it, and a line is written at once, so that a kill loses at most the replies under way.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Collection, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final

from tracer.config.writers import sha256_of, write_file
from tracer.errors import SourceError
from tracer.sources.bundle.record import Answer, Record, parse_line
from tracer.sources.bundle.writing import (
    Clock,
    WriterLock,
    append_whole,
    clock_of_environment,
    cut_torn_line,
    open_own,
    refuse_links,
    sync_folder,
    utc,
)
from tracer.sources.wire.bodies import packed, unpacked
from tracer.sources.wire.keys import holds_key
from tracer.sources.wire.query import Query

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


class Store:
    """The replies of one bundle. In memory it keeps what came of each question, never a body.

    Parameters
    ----------
    folder : Path
        The bundle's folder.
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
        self._adding = threading.Lock()
        self._ledger: int | None = None
        self._lock = WriterLock(folder, utc(self._clock())) if write else None
        try:
            refuse_links(folder)
            if write:
                (folder / _SEALING).unlink(missing_ok=True)
                self._ledger = _open_ledger(folder / LEDGER)
            self._load()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go; a second call does nothing."""
        if self._ledger is not None:
            os.close(self._ledger)
            self._ledger = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __len__(self) -> int:
        """Return how many questions have a definitive outcome."""
        return len(self._held)

    def held(self, query: Query) -> Answer | None:
        """Return the last definitive outcome of a question, or ``None``."""
        return self._held.get(query.key)

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
        path = self._path(answer.sha256)
        try:
            with os.fdopen(open_own(path, os.O_RDONLY), "rb") as stream:
                body = unpacked(stream.read(answer.size + (answer.size >> 8) + 1024), answer.size)
        except FileNotFoundError:
            body = None
        if body is None or sha256_of(body) != answer.sha256:
            raise SourceError(
                f"The bundle is damaged: {path.relative_to(self.folder).as_posix()} is missing or was changed.",
                why="Its bytes are not those that the ledger of questions names.",
                next_step="Take the bundle again, or delete its line from queries.jsonl and fetch again.",
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
            If the store only reads, the disk is full, or a key would be written.
        """
        descriptor = self._writing()
        line = record.line()
        if holds_key(line) or holds_key(body):
            raise SourceError(
                f"A reply of {record.query.source} to {record.query.endpoint[:80]!r} repeats the key, and is not kept.",
                why="What a bundle holds is published; a key in it would be too.",
            )
        with self._adding:
            if record.answer.outcome == "ok":
                self._write_body(record.answer.sha256, body)
            append_whole(descriptor, line)
            kind = self._held if record.answer.definitive else self._failed
            kind[record.query.key] = record.answer

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
        removed = self._sweep({answer.sha256 for answer in self._held.values()})
        return Sealed(len(keep), faults - len(unanswered), definitive - len(keep), removed)

    def _writing(self) -> int:
        if self._ledger is None:
            raise SourceError("This bundle is only read.", next_step="Open it for writing.")
        return self._ledger

    def _path(self, sha256: str) -> Path:
        return self.folder / RESPONSES / sha256[:2] / f"{sha256}.gz"

    def _write_body(self, sha256: str, body: bytes) -> None:
        path = self._path(sha256)
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, packed(body), overwrite=True)
        except OSError as cause:
            raise SourceError("A reply could not be written.", why=str(cause.strerror)) from cause
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
        for _, record in self._lines():
            (self._held if record.answer.definitive else self._failed)[record.query.key] = record.answer

    def _rewrite(self, keep: dict[str, int]) -> None:
        path, work = self.folder / LEDGER, self.folder / _SEALING
        sealing = open_own(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with path.open("rb") as old, os.fdopen(sealing, "wb") as new:
            for key in sorted(keep):
                old.seek(keep[key])
                new.write(replace(parse_line(old.readline(), 0), attempt=None).line())
            new.flush()
            os.fsync(new.fileno())
        os.close(self._writing())
        self._ledger = None  # Windows does not replace an open file
        os.replace(work, path)
        sync_folder(self.folder)
        self._ledger = _open_ledger(path)
        self._load()

    def _sweep(self, named: set[str]) -> int:
        removed = 0
        for path in sorted((self.folder / RESPONSES).glob("??/*.gz*")):
            if _BODY.fullmatch(path.name) and path.name.removesuffix(".gz") not in named:
                path.unlink()
                removed += 1
        for folder in sorted((self.folder / RESPONSES).glob("??")):
            if not any(folder.iterdir()):
                folder.rmdir()
        return removed


def _open_ledger(path: Path) -> int:
    """Open the ledger for appending; a last line that a kill cut off is dropped."""
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    cut_torn_line(descriptor)
    return descriptor
