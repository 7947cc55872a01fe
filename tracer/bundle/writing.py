"""Writing to a bundle: one writer at a time, whole lines, times that can be fixed."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from tracer.errors import InputError, MachineError, SourceError
from tracer.io import bundles_dir

Clock = Callable[[], float]
"""Gives seconds since 1970."""

TABLES: Final = ("transfers.csv", "ledger.csv", "balances.csv", "prices.csv", "coverage.csv", "holders.csv")
"""Files that are derived from the replies, written and deleted by name."""
PRIVATE: Final = (".lock", ".writer")
"""Files of a bundle's folder that are not part of the bundle."""
_WRITTEN_IN_PLACE: Final = (*PRIVATE, "queries.jsonl", "responses/new.pack")
"""All others are written beside and renamed: a second name of theirs keeps what it had."""
_FINISHED: Final = "|".join(map(re.escape, (*TABLES, "manifest.json")))
_HALF_WRITTEN: Final = re.compile(rf"\.(?:{_FINISHED}|(?:all|[0-9a-f]{{1,2}})\.pack)\.[0-9a-f]{{16}}", re.ASCII)
"""As :func:`tracer.io.write_file` names what it has not finished."""
_FIRST_BYTES: Final = (b'{"attempt":', b'{"bytes":')
"""How a line of the ledger of questions begins, before and after sealing."""


def clock_of_environment() -> Clock:
    """Return the clock of records: fixed where ``SOURCE_DATE_EPOCH`` is set, else the time of day.

    Raises
    ------
    InputError
        If the variable is not a number of seconds.
    """
    text = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not text:
        return time.time
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise InputError(f"SOURCE_DATE_EPOCH is {text[:40]!r}.", why="It counts seconds since 1970.")
    return lambda: float(text)


def utc(seconds: float) -> str:
    """Return a time as text.

    Examples
    --------
    >>> utc(0.9)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class WriterLock:
    """Keeps a folder to one writer; the folder is created.

    Parameters
    ----------
    folder : Path
        What is written to.
    since : str
        Now, for the message another writer gets.

    Raises
    ------
    InputError
        If another program writes there; it is named.
    """

    def __init__(self, folder: Path, since: str) -> None:
        refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock, self._writer = (folder / name for name in PRIVATE)
        self._lock = FileLock(lock, timeout=0, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout:
            other = ""
            with suppress(OSError):
                other = self._writer.read_text("utf-8", errors="replace")
            raise InputError(
                f"Another program writes to the bundle {folder.name!r}: {other[:80] or 'it has just begun'}.",
                why="Two writers at once would mix their answers.",
                next_step="Wait until it is done, or choose another --out.",
            ) from None
        descriptor = open_own(self._writer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(f"process {os.getpid()}, since {since}")

    def release(self) -> None:
        """Let others write."""
        self._writer.unlink(missing_ok=True)
        self._lock.release()


def open_own(path: Path, flags: int) -> int:
    """Open a file of a bundle; a link, which may lead anywhere, is not followed, and none is written through.

    Raises
    ------
    SourceError
        If it is a link, or is to be written and has a second name.
    """
    writes = flags & (os.O_WRONLY | os.O_RDWR)
    kept = flags & ~os.O_TRUNC
    try:
        descriptor = os.open(path, kept | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as cause:
        if path.is_symlink():
            raise _linked(path) from cause
        raise
    if writes and os.fstat(descriptor).st_nlink > 1:
        os.close(descriptor)
        raise _shared(path)
    if flags & os.O_TRUNC:
        os.ftruncate(descriptor, 0)
    return descriptor


def refuse_links(folder: Path) -> None:
    """Refuse a bundle that is a link, or holds one where the program reads, writes or deletes: it may lead anywhere.

    What is neither a file nor a folder is refused too: a pipe is waited for without end. What came with the program is
    not asked: some installers place its files as links.

    Raises
    ------
    SourceError
        If there is one; it is named.
    """
    if folder.absolute().is_relative_to(bundles_dir().absolute()):
        return
    responses = folder / "responses"
    suspects = [*folder.iterdir(), *(responses.iterdir() if responses.is_dir() else ())] if folder.is_dir() else []
    for path in (folder, *sorted(suspects)):
        if path.is_symlink():
            raise _linked(path)
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise SourceError(
                f"{path.name} in {path.parent.name!r} is neither a file nor a folder.",
                why="A pipe or a device gives no end, and is nothing that this program writes.",
                next_step="Move it elsewhere, or fetch into another folder.",
            )


def sweep_half_written(folder: Path) -> None:
    """Delete what a kill left of files of a bundle that were written beside their place: nobody would ever."""
    for place in (folder, folder / "responses"):
        for path in sorted(place.glob(".*")) if place.is_dir() else ():
            if _HALF_WRITTEN.fullmatch(path.name) and path.is_file():
                path.unlink()


def refuse_foreign(folder: Path) -> None:
    """Refuse to write a bundle where something lies that is not of one.

    Raises
    ------
    InputError
        If the folder holds files and is no bundle, or a table that its manifest does not name.
    SourceError
        If it is a link, or holds one.
    """
    refuse_links(folder)
    if not folder.exists():
        return
    for name in _WRITTEN_IN_PLACE:
        if (folder / name).is_file() and (folder / name).stat().st_nlink > 1:
            raise _shared(folder / name)
    if not folder.is_dir():
        raise InputError(f"{folder.name} is a file, not a folder.", next_step="Choose another --out.")
    names = {path.name for path in folder.iterdir()}
    if not _begins_a_bundle(folder / "queries.jsonl") and any(not name.startswith(".") for name in names):
        raise InputError(
            f"The folder {folder.name!r} is not empty, and holds no bundle.",
            why="A bundle writes its tables by name, and would replace those that lie there.",
            next_step="Choose another --out, or an empty folder.",
        )
    foreign = sorted((names & {*TABLES}) - _tables_named(folder / "manifest.json"))
    if foreign:
        raise InputError(
            f"{foreign[0]} in {folder.name!r} is not of the bundle there.",
            why="Its manifest does not name it, and it would be replaced.",
            next_step="Move it elsewhere, or choose another --out.",
        )


def _begins_a_bundle(ledger: Path) -> bool:
    """Return whether a file begins as a ledger of questions does; one that was cut off at its beginning does too."""
    if not ledger.is_file():
        return False
    with ledger.open("rb") as stream:
        begun = stream.read(max(map(len, _FIRST_BYTES)))
    return any(first.startswith(begun) or begun.startswith(first) for first in _FIRST_BYTES)


def _tables_named(manifest: Path) -> set[str]:
    """Return the files that a bundle's manifest names; all that a bundle may have where it has no manifest yet."""
    try:
        tables = json.loads(manifest.read_bytes())["tables"]
        return {str(one["path"]) for one in tables.values()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {*TABLES}  # of a first fetch that was killed; who opens a broken manifest says what is wrong with it


def _linked(path: Path) -> SourceError:
    return SourceError(
        f"{path.name} in {path.parent.name!r} is a link.",
        why="A link can lead out of a bundle, to what is none of its own.",
        next_step="Put there what it leads to, if you know that it is yours, or fetch into another folder.",
    )


def _shared(path: Path) -> SourceError:
    return SourceError(
        f"{path.name} in {path.parent.name!r} is a hard link: the same file has another name elsewhere.",
        why="What is written to it would be written there too, and what it held there would be lost.",
        next_step="Copy the folder with its contents and fetch into the copy, or fetch into another folder.",
    )


def append_whole(descriptor: int, data: bytes, what: str = "The ledger of questions") -> None:
    """Write to the end of an open file at once and flush it to the disk, or leave the file as it was.

    Parameters
    ----------
    descriptor : int
        Of the file.
    data : bytes
        What is written.
    what : str
        What it is, for the message.

    Raises
    ------
    MachineError
        If the disk does not take it.
    """
    end = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        written = os.write(descriptor, data)
        os.fsync(descriptor)
        fault = "" if written == len(data) else "The disk is full."
    except OSError as cause:
        fault = str(cause.strerror)
    if fault:
        os.ftruncate(descriptor, end)
        raise unwritten(what, fault)


def unwritten(what: str, fault: str) -> MachineError:
    """Return the error of something that the disk did not take."""
    return MachineError(
        f"{what} could not be written.",
        why=f"The system says: {fault.rstrip('.')}. What was answered before is kept.",
        next_step="Make room, or choose another --out; the same command goes on from there.",
    )


def cut_torn_line(descriptor: int) -> None:
    """Drop what a kill left behind the last whole line of an open file."""
    end = size = os.lseek(descriptor, 0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        os.lseek(descriptor, start, os.SEEK_SET)
        at = os.read(descriptor, end - start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
