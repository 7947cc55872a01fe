"""Whether the files of a result still are what its manifest says; and whether two results are the same."""

from __future__ import annotations

import csv
import io
import json
import shlex
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from tracer.api.commands import OWN_FOLDER, spoken_options
from tracer.errors import DataFileError, InputError, TracerError
from tracer.io import LEFT_BY_SYSTEMS, OUR_SCHEMA, Card, Carded, csv_text, plain, read_table, sha256_of

TOUCHED: Final = "touched.parquet"
HASHED: Final = (
    "SHA-256 of a file's bytes. Of a file under canonical_csv: of its rows as CSV (UTF-8, RFC 4180, LF, all columns in "
    "their order, unknown empty), for the bytes of Parquet differ between versions of its library. "
    "`tracer verify FOLDER` checks both."
)
"""What the manifest itself says of its hashes."""

FITS: Final = "fits"
CHANGED: Final = "changed"
MISSING: Final = "missing"
UNREADABLE: Final = "cannot be read"
UNNAMED: Final = "not in the manifest"
SAME: Final = "same"
DIFFERS: Final = "differs"
ONLY_HERE: Final = "only in the first"
ONLY_THERE: Final = "only in the second"

_MANIFEST: Final = "manifest.json"
_SUMMARY: Final = "summary.json"
_SOURCES: Final = "sources.csv"
_BACK: Final = (_SUMMARY, _SOURCES)
_FORWARD: Final = (
    *(_SUMMARY, "exits.csv", "cashouts.csv", "movements.csv", "flagged.csv", "leads.csv", "kept_off.csv", "legend.md"),
    *(TOUCHED, "report.html"),
)
"""What every result holds; pictures alone may be missing."""

_SHOWN: Final = 20
_APART: Final = 3
"""Differences of one table that are shown."""
_COMPARED: Final = 1 << 26
"""Bytes of a table up to which its cells are compared."""
_GOOD: Final = (FITS, SAME)


@dataclass(frozen=True, slots=True, repr=False)
class Verified(Carded):
    """What became of the files of a result, or how two results differ.

    Attributes
    ----------
    folder : str
        Name of the folder, or of both.
    files : tuple of (str, str)
        Each file and its state: ``fits``, ``changed``, ``missing``, ``cannot be read``, ``not in the manifest``; of two
        results ``same``, ``differs``, ``only in the first``, ``only in the second``.
    command : str
        The command that makes the result again, as it says itself; empty where it does not say.
    other_command : str
        That of the second of two results.
    differences : tuple of str
        Of two results: in which options, versions, inputs and other words of their makers they differ, and in which
        cells of their tables, where nothing else explains it; in sentences.
    """

    folder: str
    files: tuple[tuple[str, str], ...]
    command: str = ""
    other_command: str = ""
    differences: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every file is as it should be."""
        return all(state in _GOOD for _, state in self.files)

    @property
    def wrong(self) -> tuple[tuple[str, str], ...]:
        """The files that are not, with what is wrong."""
        return tuple(one for one in self.files if one[1] not in _GOOD)

    def sentence(self) -> str:
        """Return the answer in one sentence."""
        two = any(state in (SAME, DIFFERS, ONLY_HERE, ONLY_THERE) for _, state in self.files)
        count = len(self.files)
        if self.ok:
            return f"The results are the same: {count} files." if two else f"All {count} files fit the manifest."
        said = "do not agree between the results" if two else "do not fit the manifest"
        return f"{len(self.wrong)} of {count} files {said}."

    def stand_ins(self) -> str:
        """Return what the words of the command stand for that name no case that ships; empty where none does."""
        said = spoken_options(self.command)
        if said.get("case") != OWN_FOLDER and not any(value.endswith(".csv") for value in said.values()):
            return ""
        return (
            "Names of tables, and `case` for a folder of one's own, are stand-ins: a result holds no inputs. Put your "
            "copies in their place; input_hashes in summary.json says which they were."
        )

    def record(self) -> dict[str, Any]:
        """Return it as plain records."""
        two = {"other_command": self.other_command, "differences": list(self.differences)}
        alone = {"folder": self.folder, "ok": self.ok, "files": dict(self.files), "command": self.command}
        return alone | (two if self.other_command or self.differences else {})

    def card(self) -> Card:
        """Return the answer, what is wrong, and how to make the result again."""
        bad = [f"{name}: {state}" for name, state in self.wrong]
        more = [f"and {len(bad) - _SHOWN:,} more"] if len(bad) > _SHOWN else []
        return Card(
            f"Result {self.folder}",
            (
                ("Answer", (self.sentence(),)),
                ("Wrong", (*bad[:_SHOWN], *more)),
                ("Made otherwise", self.differences),
                ("Made again by", tuple(dict.fromkeys(filter(None, (self.command, self.other_command))))),
                ("Note", tuple(filter(None, (self.stand_ins(), NOTE)))),
            ),
            ("Wrong",),
        )


NOTE: Final = (
    "A manifest says that the files belong together, not who wrote them: to check the figures, make the result again "
    "from the same case and compare the two with --against."
)


def verify(folder: str | Path, *, against: str | Path | None = None) -> Verified:
    """Check that every file of a result is what its manifest says, or that two results are the same.

    Parameters
    ----------
    folder : path
        The output folder of a trace.
    against : path, optional
        Another: both are checked, then their manifests are compared, whole.

    Returns
    -------
    Verified
        ``ok``, the state of every file, and of two results how they were made otherwise.

    Raises
    ------
    InputError
        If a folder is no result.
    DataFileError
        If its manifest cannot be read.
    """
    first = _checked(Path(folder))
    if against is None:
        return first
    second = _checked(Path(against))
    both = f"{first.folder}, {second.folder}"
    made = (_summary(Path(folder)), _summary(Path(against)))
    folders = (Path(folder), Path(against))
    differences = (
        *_options_apart(first.command, second.command),
        *_versions_apart(*made),
        *_inputs_apart(*made),
    )
    if not first.ok or not second.ok:
        changed = sorted({name for one in (first, second) for name, state in one.files if state == CHANGED})
        differences += tuple(line for name in changed for line in _rows_apart(*folders, name))
        every = [(f"{one.folder}/{name}", state) for one in (first, second) for name, state in one.files]
        return Verified(both, tuple(every), first.command, second.command, differences)
    whole = tuple(_manifest(Path(one)) for one in (folder, against))
    mine, theirs = (one["files"] for one in whole)
    files: list[tuple[str, str]] = []
    apart = _words_apart(*whole)
    files += [(_MANIFEST, DIFFERS)] if apart else []
    for name in sorted({*mine, *theirs}):
        state = SAME if mine.get(name) == theirs.get(name) else DIFFERS
        state = ONLY_THERE if name not in mine else ONLY_HERE if name not in theirs else state
        files.append((plain(name), state))
    # Where the two were made otherwise, that is the reason; their rows would be a list of what follows from it.
    alike = not differences
    rows = [line for name, state in files if alike and state == DIFFERS for line in _rows_apart(*folders, name)]
    return Verified(both, tuple(files), first.command, second.command, (*differences, *apart, *rows))


def repeated(folder: Path) -> frozenset[str]:
    """Return with which switches a result says that it was made, that are no fields of Options: bounds, and back.

    Examples
    --------
    >>> sorted(repeated(Path("no such folder")))
    []
    """
    said = spoken_options(_command(folder))
    back = {"back"} if said.get("--direction") == "back" else set()
    return frozenset(back | ({"bounds"} if "--bounds" in said else set()))


def _options_apart(first: str, second: str) -> tuple[str, ...]:
    """Return which options of two commands differ."""
    if first == second or not (first and second):
        return ()
    mine, theirs = spoken_options(first), spoken_options(second)
    said = []
    for name in sorted({*mine, *theirs}):
        if mine.get(name) == theirs.get(name):
            continue
        shown = [
            "not given" if name not in one else repr(one[name]) if one[name] else "given" for one in (mine, theirs)
        ]
        said.append(f"Made with another {name}: {shown[0]} in the first, {shown[1]} in the second.")
    return tuple(said)


def _versions_apart(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    """Return which versions of program and registry two results were made with, where they differ."""
    mine, theirs = (held if isinstance(held := one.get("versions"), dict) else {} for one in (first, second))
    return tuple(
        f"Made with another version of {plain(name)}: {plain(str(mine.get(name)))[:60]} in the first, "
        f"{plain(str(theirs.get(name)))[:60]} in the second."
        for name in sorted({*mine, *theirs})
        if mine.get(name) != theirs.get(name)
    )


def _inputs_apart(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    """Return which inputs of two results are other files, by the hashes that each says they had."""
    mine, theirs = (held if isinstance(held := one.get("input_hashes"), dict) else {} for one in (first, second))
    said = []
    for name in sorted({*mine, *theirs}):
        if mine.get(name) == theirs.get(name):
            continue
        hashes = [str(one[name])[:12] if name in one else "none" for one in (mine, theirs)]
        said.append(
            f"Made from another {plain(name)[:60]}: SHA-256 {plain(hashes[0])}… in the first, "
            f"{plain(hashes[1])}… in the second."
        )
    return tuple(said)


def _rows_apart(first: Path, second: Path, name: str) -> tuple[str, ...]:
    """Return where two tables of one name, or two summaries, differ: row, column, and both cells; the first few."""
    paths = [one / name for one in (first, second)]
    fit = all(one.is_file() and not one.is_symlink() and one.stat().st_size <= _COMPARED for one in paths)
    if not fit or not name.endswith((".csv", ".json")) or name == _MANIFEST:
        return ()
    try:
        texts = [one.read_text(encoding="utf-8") for one in paths]
        pairs = _cells_apart(*texts) if name.endswith(".csv") else _values_apart(*map(json.loads, texts))
    except (ValueError, RecursionError, csv.Error):
        return ()
    lines = [
        f"{plain(name)}, {plain(where)[:120]}: {_brief(mine)} in the first, {_brief(other)} in the second."
        for where, mine, other in pairs
    ]
    more = len(lines) - _APART
    return (*lines[:_APART], *((f"{plain(name)}: and {more:,} more differences.",) if more > 0 else ()))


def _cells_apart(first: str, second: str) -> list[tuple[str, object, object]]:
    """Return each cell that two tables have otherwise; rows count as a spreadsheet's do, the header is row 1."""
    mine, theirs = (list(csv.reader(io.StringIO(one))) for one in (first, second))
    if mine[:1] != theirs[:1]:
        return [("the header", ",".join(mine[0] if mine else []), ",".join(theirs[0] if theirs else []))]
    found: list[tuple[str, object, object]] = []
    for number, (row, other) in enumerate(zip_longest(mine, theirs), 1):
        if row is None or other is None:
            found.append((f"row {number}", row and ",".join(row), other and ",".join(other)))
            continue
        cells = zip_longest(row, other, fillvalue="")
        found += [
            (f"row {number}, column {mine[0][place] if place < len(mine[0]) else place + 1}", *cell)
            for place, cell in enumerate(cells)
            if cell[0] != cell[1]
        ]
    return found


def _values_apart(first: object, second: object, where: str = "") -> list[tuple[str, object, object]]:
    """Return each value that two records of JSON have otherwise, with the names that lead to it."""
    if isinstance(first, dict) and isinstance(second, dict):
        return [
            one
            for name in sorted({*first, *second})
            for one in _values_apart(first.get(name), second.get(name), f"{where}.{name}" if where else str(name))
        ]
    return [] if first == second else [(where or "the whole", first, second)]


def _words_apart(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    """Return what two manifests say otherwise than of their files."""
    return tuple(
        f"The manifests differ in {plain(name)}: {_brief(first.get(name))} in the first, "
        f"{_brief(second.get(name))} in the second."
        for name in sorted({*first, *second} - {"files"})
        if first.get(name) != second.get(name)
    )


def _brief(value: object) -> str:
    return "nothing" if value is None else repr(plain(str(value))[:60])


def _checked(folder: Path) -> Verified:
    manifest = _manifest(folder)
    canonical = manifest.get("canonical_csv", [])
    files = []
    for name, digest in sorted(manifest["files"].items()):
        files.append((plain(name), _state(folder, name, digest, canonical=name in canonical)))
    always = _BACK if _SOURCES in manifest["files"] else _FORWARD
    # A table that manifest and folder both lack was taken out of both: no trace writes a result without it.
    files += [(name, MISSING) for name in always if name not in manifest["files"]]
    marked = _summary(folder).get("tlp")
    if isinstance(marked, str) and manifest.get("tlp") != marked:
        files.append((_MANIFEST, f"{CHANGED}: marked {_brief(manifest.get('tlp'))}, the result {plain(marked)[:60]!r}"))
    named = {*manifest["files"], _MANIFEST}
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    others = [path.relative_to(folder).as_posix() for path in found if path.name not in LEFT_BY_SYSTEMS]
    files += [(plain(name), UNNAMED) for name in others if name not in named]
    return Verified(plain(str(folder)), tuple(files), _command(folder))


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise InputError(f"There is no folder {str(folder)!r}.", next_step="Give the --out folder of a trace.")
    path = folder / _MANIFEST
    if not path.is_file():
        raise InputError(
            f"{str(folder)!r} is no result: it has no manifest.json.",
            why="The manifest says what the files were when they were written.",
            next_step="Give the --out folder of a trace.",
        )
    try:
        held = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as cause:
        raise DataFileError(f"{str(path)!r} is no JSON.", next_step="Take the folder again from whom it is.") from cause
    manifest: dict[str, Any] = held if isinstance(held, dict) else {}
    schema = manifest.get("schema")
    if schema != OUR_SCHEMA:
        bundle = isinstance(schema, str) and "bundle" in schema
        raise InputError(
            f"{str(folder)!r} is {'a bundle of replies' if bundle else 'no result of this program'}.",
            why=f"The schema of its manifest is {plain(str(schema))[:60]!r}, that of a result is {OUR_SCHEMA!r}.",
            next_step="A bundle is checked by `tracer fetch CASE --offline`."
            if bundle
            else "Give the --out folder of a trace.",
        )
    files, canonical = manifest.get("files"), manifest.get("canonical_csv", [])
    whole = isinstance(files, dict) and all(isinstance(one, str) for one in files.values())
    if not whole or not isinstance(canonical, list):
        raise DataFileError(f"{str(path)!r} names no files.", next_step="Take the folder again from whom it is.")
    return manifest


def _state(folder: Path, name: str, digest: str, *, canonical: bool) -> str:
    path = folder / name
    # A name that leads out of the folder, or through a link, is none of this result's.
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return MISSING
    try:
        data = _canonical(path) if canonical else path.read_bytes()
    except TracerError:
        return UNREADABLE
    return FITS if sha256_of(data) == digest else CHANGED


def _canonical(path: Path) -> bytes:
    """Return a Parquet file's rows as the CSV that the manifest hashes."""
    table = read_table(path, ())
    return csv_text(table.columns, ([str(cell) for cell in row] for row in table.rows)).encode()


def _command(folder: Path) -> str:
    """Return the command that a result says it was made by; only its own word, not checked."""
    said = _summary(folder).get("command")
    return said if isinstance(said, str) and _is_plain(said) else ""


def _is_plain(command: str) -> bool:
    """Return whether a text is one command that traces and nothing else a shell would run."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return words[:2] == ["tracer", "trace"] and shlex.join(words) == command == plain(command) and len(command) <= 2000


def _summary(folder: Path) -> dict[str, Any]:
    """Return what a result says of itself; nothing where it cannot be read."""
    try:
        held = json.loads((folder / _SUMMARY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
