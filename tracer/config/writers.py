"""Writers: the same bytes for the same content, hostile text neutralised, no half-written file or folder."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tracer.errors import InputError

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CONTROL: Final = {
    *range(0x20),
    0x7F,
    *range(0x80, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0x200E,
    0x200F,
    0x2028,
    0x2029,
}
_BLANKED: Final = dict.fromkeys(_CONTROL, " ")


def plain(text: str) -> str:
    """Return outside text without control and direction-changing characters."""
    # All that is blanked is unprintable, and the question costs a tenth of the translation.
    return text if text.isprintable() else text.translate(_BLANKED)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an RFC 4180 table with LF line ends; a cell a spreadsheet would run as a formula gets a leading ``'``.

    Parameters
    ----------
    columns : sequence of str
        The header.
    rows : iterable of sequence of str
        Cells as text, in the order of the header; the caller has put the rows in a total order.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cell(text: str) -> str:
    cell = plain(text)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def json_text(value: Any) -> str:  # noqa: ANN401 (JSON is of any type)
    """Return indented JSON with sorted keys and a final newline; amounts must already be text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def write_file(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file at once: to a temporary name beside it, flushed to disk, then renamed.

    Raises
    ------
    InputError
        If the file exists and `overwrite` is false, or its folder does not exist.
    """
    if path.exists() and not overwrite:
        raise InputError(f"{path.name} exists.", next_step="Choose another name, or say overwrite.")
    if not path.parent.is_dir():
        raise InputError(f"The folder of {path.name} does not exist.", next_step="Create it first.")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder that becomes `target` only when the block ends without an error.

    Raises
    ------
    InputError
        If `target` exists, holds anything, and `overwrite` is false, or holds files that are not ours.
    """
    if target.exists() and not target.is_dir():
        raise InputError(f"{target.name} is a file, not a folder.", next_step="Choose another --out.")
    occupied = target.is_dir() and any(target.iterdir())
    if occupied and not (overwrite and (target / "manifest.json").is_file()):
        raise InputError(
            f"The folder {target.name!r} is not empty.",
            why="Nothing is overwritten unasked, and a folder that this program did not write is never replaced.",
            next_step="Choose another --out, or add --overwrite to replace an earlier result.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield work
        os.chmod(work, 0o755)  # noqa: S103 (a result is for others to read; mkdtemp makes it private)
        if target.exists():
            _swap(work, target)
        else:
            os.replace(work, target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _swap(work: Path, target: Path) -> None:
    """Put `work` in the place of `target`; where that fails, the earlier folder stands again."""
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        os.replace(target, aside / "old")
        os.replace(work, target)
    finally:
        if not target.exists():
            os.replace(aside / "old", target)
        shutil.rmtree(aside)
