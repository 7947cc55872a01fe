"""One list of addresses asked in several cases at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.api.addresses import in_order, wanted
from tracer.api.asked_files import read_addresses
from tracer.api.load import open_case
from tracer.api.registry import bundled_cases
from tracer.io import addresses_dir
from tracer.model import MARKINGS, Asset, AssetId
from tracer.report import ANSWERS, Asked, AskedRow

if TYPE_CHECKING:
    from tracer.api.trace import Trace
    from tracer.report import Frame

SYNTHETIC: Final = "training"
"""The shipped case whose addresses are nobody's."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What several cases say of a list of addresses.

    Attributes
    ----------
    cases : tuple of str
        Their ids, as they were asked.
    rows : tuple of AskedRow
        One an address, asset and case that has it; one where no case has it.
    assets : dict
        What is known of the assets of all cases.
    tlp : str
        The strictest of their markings.
    """

    cases: tuple[str, ...]
    rows: tuple[AskedRow, ...]
    assets: dict[AssetId, Asset]
    tlp: str


def real_cases() -> list[str]:
    """Return the ids of the shipped cases that really happened."""
    return [name for name in bundled_cases() if name != SYNTHETIC]


def is_case(word: str) -> bool:
    """Return whether a word names a case: a folder, or an incident on file.

    Examples
    --------
    >>> is_case("ronin-2022"), is_case("0x098b716b8aaf21512996dc57eb0615e2383e2f96")
    (True, False)
    """
    on_file = ":" not in word and "/" not in word and (addresses_dir() / "incidents" / f"{word}.yml").is_file()
    return Path(word).is_dir() or on_file


def ask(
    asked: str | Path | Iterable[str | Asked],
    cases: Sequence[str | Path] = (),
    *,
    bounds: bool = False,
    column: str = "",
    **options: Any,  # noqa: ANN401 (the fields of Options)
) -> Frame:
    """Return which of many addresses the cases name, with what came, where each is listed, and why.

    Parameters
    ----------
    asked : path, or iterable of str
        A file of addresses, as :meth:`Trace.addresses` takes it; or the addresses.
    cases : sequence of str or path, optional
        Ids or folders, as :func:`open_case` takes them; by default every shipped case that really happened.
    bounds : bool, default False
        Whether to say what any value-conserving rule can make others pay to each.
    column : str, optional
        The column of the file that has the addresses.
    **options
        As for :meth:`Case.trace`.

    Returns
    -------
    Frame
        One row an address, asset and case (`case`), those reached first; an address that no case has is one row, with
        what the registry says of it.

    Raises
    ------
    InputError, DataFileError
        If there is no address or no such case, or a file cannot be read.
    """
    from tracer.report import asked_frame

    given = read_addresses(Path(asked), column) if isinstance(asked, str | Path) else asked
    traces = (open_case(one).trace(**options) for one in cases or real_cases())
    found = screened(traces, given, bounds=bounds)
    return asked_frame(found.rows, found.assets)


def screened(
    traces: Iterable[Trace],
    given: Iterable[str | Asked],
    *,
    bounds: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Screened:
    """Return what several traces say of the same addresses; `progress` is told how many of them were asked."""
    each = wanted(given)
    names: list[str] = []
    markings: list[str] = []
    assets: dict[AssetId, Asset] = {}
    answered: dict[Asked, list[AskedRow]] = {one: [] for one in each}
    for trace in traces:
        names.append(trace.case.id)
        markings.append(trace.result.tlp)
        assets.update(trace.result.assets)
        for one, rows in _by_question(each, trace.asked(each, bounds=bounds)).items():
            answered[one] = _joined(answered[one], rows)
        if progress is not None:
            progress(len(names), 0)
    return Screened(
        tuple(names),
        in_order([row for rows in answered.values() for row in rows]),
        assets,
        max(markings, key=MARKINGS.index),
    )


def _by_question(each: Sequence[Asked], rows: Iterable[AskedRow]) -> dict[Asked, list[AskedRow]]:
    """Return the rows of each question; two of the same words and columns have the same answers."""
    asked: dict[tuple[object, ...], Asked] = {(one.text, one.besides): one for one in each}
    found: dict[Asked, list[AskedRow]] = {}
    for row in rows:
        found.setdefault(asked[row.asked, row.besides], []).append(row)
    return found


def _joined(held: list[AskedRow], more: list[AskedRow]) -> list[AskedRow]:
    """Return two cases' answers to one question: of those that have no row of it the one that says most is kept."""
    rows = [row for row in (*held, *more) if row.case]
    if rows:
        return rows
    # An address of another chain is absent where it is known for one, and no address where it is not.
    return [min((*held, *more), key=lambda row: (ANSWERS.index(row.answer), " an address of " not in row.why))]
