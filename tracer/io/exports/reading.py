"""Files become one case: each read by its form, all merged."""

from __future__ import annotations

import difflib
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tracer.errors import InputError
from tracer.io.exports.esplora import read_transactions
from tracer.io.exports.export import Export, export_of
from tracer.io.exports.forms import FORMATS, REFUSED
from tracer.io.exports.opening import read_text
from tracer.io.exports.recognising import FormSheet, other_form, sheets_of
from tracer.io.exports.records import Options, Part
from tracer.io.exports.sheet_rows import learn, read_rows
from tracer.io.exports.tokens import Decimals
from tracer.io.writers import plain


def read_files(wanted: str, paths: Sequence[Path], options: Options) -> Export:
    """Read files of exports into one case.

    Parameters
    ----------
    wanted : str
        A format of :data:`tracer.io.exports.FORMATS`.
    paths : sequence of Path
        The files, in any order: the result is the same.
    options : Options
        What the caller says of them.

    Raises
    ------
    InputError
        If there is no such format.
    DataFileError
        If a file is no export of that format, or nothing in all of them can be read.
    """
    _check_format(wanted, paths)
    if not paths:
        raise InputError("No file is given.", next_step="tracer import FORMAT FILE… --out DIR")
    decimals = Decimals(dict(options.tokens))
    parts: list[Part] = []
    sheets: list[FormSheet] = []
    hashes: list[tuple[str, str]] = []
    texts = list(_texts(paths))
    options = replace(options, typed={name: typed for name, _, _, typed in texts})
    for name, text, digest, _ in texts:
        hashes.append((name, digest))
        if _is_json(text, wanted):
            parts.append(_esplora(text, name, wanted, options))
        else:
            sheets += sheets_of(text, name, wanted, options, decimals)
    for one in sheets:
        learn(one)
    parts += [read_rows(one) for one in sheets]
    return export_of(parts, hashes, decimals.notes)


def _check_format(wanted: str, paths: Sequence[Path]) -> None:
    if wanted in FORMATS or wanted in REFUSED:
        return
    if re.search(r"[./\\]", wanted):
        raise InputError(
            f"{plain(wanted)[:80]!r} looks like a file; the format comes before the files.",
            why=f"Formats are {', '.join(FORMATS)}.",
            next_step=f"tracer import auto {shlex.join([wanted, *map(str, paths)])} --out DIR",
        )
    close = difflib.get_close_matches(wanted, FORMATS, 1)
    raise InputError(
        f"There is no format {wanted[:40]!r}.",
        why=f"Formats are {', '.join(FORMATS)}.",
        next_step=f"Did you mean {close[0]}?" if close else "Any other table: tracer import columns FILE --map …",
    )


def _texts(paths: Sequence[Path]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, text, hash and path of the files in an order of their own, whatever that of the command line.

    Two files of one name are told apart by a number; the same file twice changes nothing, for rows seen in two files
    count once.
    """
    read = sorted((plain(path.name), digest, text, str(path)) for path in paths for text, digest in [read_text(path)])
    seen: Counter[str] = Counter()
    for name, digest, text, typed in read:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", text, digest, typed


def _is_json(text: str, wanted: str) -> bool:
    return wanted == "esplora" or text.lstrip()[:1] in "[{"


def _esplora(text: str, name: str, wanted: str, options: Options) -> Part:
    part = read_transactions(text, name)
    if wanted not in ("esplora", "auto"):
        raise other_form(name, "Esplora's transactions of Bitcoin", "esplora", wanted, options)
    return part
