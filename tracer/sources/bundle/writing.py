"""Writing to a bundle: one writer at a time, whole lines, times that can be fixed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from tracer.errors import InputError, SourceError

Clock = Callable[[], float]
"""Gives seconds since 1970."""

PRIVATE: Final = (".lock", ".writer")
"""Files of a bundle's folder that are not part of the bundle."""


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
        self._writer.write_text(f"process {os.getpid()}, since {since}", "utf-8")

    def release(self) -> None:
        """Let others write."""
        self._writer.unlink(missing_ok=True)
        self._lock.release()


def append_whole(descriptor: int, line: bytes) -> None:
    """Write a line to the end of an open file at once and flush it to the disk, or leave the file as it was.

    Raises
    ------
    SourceError
        If the disk does not take it.
    """
    end = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        written = os.write(descriptor, line)
        os.fsync(descriptor)
        fault = "" if written == len(line) else "The disk is full."
    except OSError as cause:
        fault = str(cause.strerror)
    if fault:
        os.ftruncate(descriptor, end)
        raise SourceError("The ledger of questions could not be written.", why=fault)


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
