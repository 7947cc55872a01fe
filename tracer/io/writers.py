"""Writers: the same bytes for the same content, hostile text neutralised, no half-written file or folder."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tracer.errors import InputError

OUR_SCHEMA: Final = "tracer-output/1"
"""Schema of the manifest of a result that this program wrote."""
LEFT_BY_SYSTEMS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that a file manager puts into every folder it shows."""

_EMOJI: Final = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)
_HAN: Final = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_JOINING: Final = (
    "[\u0620-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1820-\u18af\ufb50-\ufdcf\ufe70-\ufefc]"
)
# Characters without a shape of their own that belong to what stands before them: parts of emoji and flags, the variant
# of an ideograph, how letters of Arabic, Indic and Mongolian scripts join.
_BELONGING: Final = (
    f"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f"
    f"|{_EMOJI}[\ufe0e\ufe0f]?(?:\u200d{_EMOJI}[\ufe0e\ufe0f]?)*"
    "|[0-9#*]\ufe0f\u20e3"
    f"|{_HAN}[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    "|[\u1820-\u18aa][\u180b-\u180f]"
    f"|(?<={_JOINING})[\u200c\u200d](?={_JOINING})"
)
_INVISIBLE: Final = (
    "[\u00ad\u034f\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Control, line and direction characters, letters that show as a gap, and what is no character: surrogates, private use.
_CHANGING: Final = (
    "[\x00-\x1f\x7f-\x9f\u061c\u115f\u1160\u200e\u200f\u2028-\u202e\u2066-\u2069\u3164\ud800-\uf8ff\uffa0\ufff9-\ufffb"
    "\ufffe\uffff\U000f0000-\U0010ffff]"
)
_HIDDEN: Final = re.compile(f"(?P<kept>{_BELONGING})|{_INVISIBLE}|(?P<blank>{_CHANGING})")

_STARTS: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
# Where a comma is the decimal sign, spreadsheets part a row at semicolons, quoted or not.
_FORMULA: Final = re.compile(f'(^|;[ "]*)(?={_STARTS})')
_SHIELD: Final = re.compile(f"(^|;[ \"]*)'(?={_STARTS})")


def plain(text: str) -> str:
    """Return outside text without what does not show, or changes what does.

    Control and direction-changing characters, private ones and half characters become blanks; invisible ones go, so
    that no name is a second one that looks the same. Where an invisible character belongs to what it follows (in emoji,
    and in scripts whose letters join), it stays.
    """
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    return found["kept"] or (" " if found["blank"] else "")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an RFC 4180 table with LF line ends; what a spreadsheet would run as a formula gets a ``'`` before it.

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
    if cell.startswith("-") and cell[1:].isascii() and cell[1:].isdecimal():
        return cell  # a number below zero is no formula
    # Most cells are names and numbers: those that can be no formula are found at once.
    return _FORMULA.sub(r"\1'", cell) if ";" in cell or not cell[:1].isalnum() else cell


def unshielded(cell: str) -> str:
    """Return a cell without the quotes that :func:`csv_text` puts before formulas."""
    return _SHIELD.sub(r"\1", cell)


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
    work = _beside(path)
    # Made anew, never followed where it is a link; the system takes from the mode what the user's umask says.
    descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(work, path)
    except BaseException:
        work.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder that becomes `target` only when the block ends without an error.

    Raises
    ------
    InputError
        If `target` is a link, or holds anything, unless `overwrite` is true and it :func:`is_ours`.
    """
    if target.is_symlink():
        raise InputError(
            f"{target.name} is a link.",
            why="It can lead anywhere, and what it leads to would be replaced.",
            next_step="Name the folder itself as --out.",
        )
    if target.exists() and not target.is_dir():
        raise InputError(f"{target.name} is a file, not a folder.", next_step="Choose another --out.")
    if target.is_dir() and any(target.iterdir()) and not (overwrite and is_ours(target)):
        raise InputError(
            f"The folder {target.name!r} is not empty.",
            why="Nothing is overwritten unasked, and never a folder with a file in it that this program did not write.",
            next_step="Choose another --out."
            if overwrite
            else "Choose another --out, or add --overwrite to replace an earlier result.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    work = _beside(target)
    work.mkdir()
    try:
        yield work
        if target.exists():
            _swap(work, target)
        else:
            os.replace(work, target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def is_ours(folder: Path) -> bool:
    """Return whether a folder is a result of this program, with nothing in it that the result's manifest does not name.

    A link in it is not ours. What a file manager leaves in every folder does not count.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        named = {*manifest["files"], "manifest.json"} if manifest["schema"] == OUR_SCHEMA else set()
        held = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    if any(path.is_symlink() for path in held):
        return False
    return {path.relative_to(folder).as_posix() for path in held if path.name not in LEFT_BY_SYSTEMS} <= named


def _beside(path: Path) -> Path:
    """Return a name beside a path that nobody has."""
    return path.parent / f".{path.name}.{secrets.token_hex(8)}"


def _swap(work: Path, target: Path) -> None:
    """Put `work` in the place of `target`; where that fails, the earlier folder stands again."""
    aside = _beside(target)
    aside.mkdir()
    try:
        os.replace(target, aside / "old")
        os.replace(work, target)
    finally:
        if not target.exists():
            os.replace(aside / "old", target)
        shutil.rmtree(aside)
