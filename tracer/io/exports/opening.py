"""From a file to its text: packed files unpacked, and everything that is no export named for what it is."""

from __future__ import annotations

import io
import shlex
import zlib
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError
from tracer.io.memory import check_memory
from tracer.io.writers import plain, sha256_of

MAX_BYTES: Final = 1 << 29
"""Half a gigabyte, unpacked: beyond it a dump is for an archive, not for an import."""
_CHUNK: Final = 1 << 24
_TIMES: Final = 8
"""What a file takes in memory once it is rows, as a multiple of its text (measured on Etherscan's: 6 to 7)."""

_SAVE_AS: Final = "Open it and save it as 'CSV UTF-8', or download the CSV again."
_MAGIC: Final = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx) or a zip archive", _SAVE_AS),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)", _SAVE_AS),
    (b"%PDF", "a PDF", "Download the CSV instead."),
    (
        b"PAR1",
        "a Parquet file",
        "A table in our own columns is read by `tracer trace --transfers FILE`; else save CSV.",
    ),
    (b"SQLite format 3", "a database", "Export the table as CSV."),
)


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of an export, and the SHA-256 of the file as it stands.

    Parameters
    ----------
    path : Path
        A CSV, TSV or JSON file in UTF-8, plain or packed with gzip.

    Raises
    ------
    DataFileError
        If there is no such file, it is too large, or it is no text; the message says what it is and what to do.
    """
    name = plain(path.name)
    try:
        if path.is_dir():
            files = f"{shlex.quote(str(path))}/*.csv"
            raise DataFileError(f"{plain(str(path))!r} is a folder.", next_step=f"Name the files in it, as in {files}.")
        if not path.is_file():
            raise DataFileError(f"There is no file {plain(str(path))!r}.", next_step="Check the path.")
        if path.stat().st_size > MAX_BYTES:
            raise _too_large(name)
        data = path.read_bytes()
    except (OSError, ValueError) as cause:
        raise DataFileError(f"{name} cannot be read.", why=str(cause)) from cause
    digest = sha256_of(data)
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(name, data)
    for magic, what, step in _MAGIC:
        if data.startswith(magic):
            raise DataFileError(f"{name} is {what}, not CSV or JSON.", next_step=step)
    check_memory(name, len(data) * _TIMES)
    text = _decoded(name, data)
    if not text.strip():
        raise DataFileError(f"{name} is empty.", why="Not even a header is in it.", next_step="Download it again.")
    if text.lstrip()[:1] == "<":
        raise DataFileError(
            f"{name} is a web page, not an export.",
            why="The site sent a page instead of the file: a check of the browser, a login, or an error.",
            next_step="Download it again in the browser, and look into the file before importing it.",
        )
    return text, digest


def _too_large(name: str) -> DataFileError:
    return DataFileError(
        f"{name} holds more than {MAX_BYTES // (1 << 20)} MiB.",
        why="An import is read as a whole.",
        next_step="Cut it to the addresses or blocks of the case.",
    )


def _unpacked(name: str, data: bytes) -> bytes:
    try:
        found = bytearray()
        with GzipFile(fileobj=io.BytesIO(data)) as stream:
            while chunk := stream.read(_CHUNK):
                found += chunk
                if len(found) > MAX_BYTES:
                    raise _too_large(name)
    except (EOFError, BadGzipFile, zlib.error, OSError) as cause:
        why = "It ends early." if isinstance(cause, EOFError) else str(cause)
        raise DataFileError(
            f"{name}: the gzip file ends early or is damaged; nothing of it was used.",
            why=why,
            next_step="Download it again.",
        ) from cause
    return bytes(found)


def _decoded(name: str, data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:200]:
        raise DataFileError(
            f"{name} is UTF-16, not UTF-8.",
            why="A spreadsheet saved it as 'Unicode text'." if data[:2] != b"\x00\x00" else "It holds zero bytes.",
            next_step="Save it as 'CSV UTF-8', or use the file as it was downloaded.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise DataFileError(
            f"{name}: byte {cause.start} is not UTF-8.",
            why="A spreadsheet saved it in an older encoding.",
            next_step="Save it as 'CSV UTF-8', or use the file as it was downloaded.",
        ) from cause
    if "\x00" in text:
        raise DataFileError(f"{name} holds zero bytes: it is no text.", next_step="Download it again.")
    return text
