"""Checkpoints: published figures measured on the trace's own movements; claim, recorded, tainted, difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tracer.errors import InputError
from tracer.io import Cell, Row, shortened, units_text
from tracer.model import AssetId, Checkpoint, Label
from tracer.trace import Movement, TraceResult


@dataclass(frozen=True, slots=True)
class Checked(Row):
    """One checkpoint, measured.

    Attributes
    ----------
    id, claim : str
        As published.
    claimed : int
        The claimed figure: base units of `asset`, or a count.
    recorded : int
        The same measured on all movements of the case.
    tainted : int or None
        The stolen part of `recorded` under the trace's policy; ``None`` for a count.
    asserted : int or None
        The part of `tainted` that rests on a publisher's statement alone.
    difference : int
        `recorded` less `claimed`.
    agrees : bool
        Whether the difference is within the tolerance.
    tolerance : int
        Largest difference that agrees.
    asset : AssetId or None
        ``None`` for a count.
    publisher, source_url : str
        Who published the figure, and where.
    published : bool
        Whether somebody else than the source of the measured rows says it. A figure of the very source that the rows
        come from can only show that the data is read as it is: a self-check.
    note : str
        What is known of why the rows say otherwise.
    """

    id: str
    claim: str
    claimed: int
    recorded: int
    tainted: int | None
    asserted: int | None
    difference: int
    agrees: bool
    tolerance: int
    asset: AssetId | None
    publisher: str
    source_url: str
    published: bool = True
    note: str = ""
    HEAD: ClassVar[tuple[str, ...]] = (
        "id",
        "claim",
        "claimed",
        "recorded",
        "of it stolen",
        "difference",
        "agrees",
        "by",
    )

    def cells(self) -> tuple[Cell | str, ...]:
        """Return what a table shows of it."""
        figures = (self.claimed, self.recorded, self.tainted, self.difference)
        said = [
            "" if one is None else f"{one:,}" if self.asset is None else units_text(self.asset, one) for one in figures
        ]
        by = self.publisher if self.published else "self-check"
        return (self.id, shortened(self.claim), *said, "yes" if self.agrees else "NO", shortened(by))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a case records beside what its trace touched.

    Attributes
    ----------
    untouched : tuple of Movement
        The rows that no stolen money came near.
    addresses : mapping of str to str
        The address of each outpoint that has one.
    """

    untouched: tuple[Movement, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Figure:
    """A measured figure: recorded, tainted, asserted part of the tainted; and the sources of the measured rows."""

    recorded: int = 0
    tainted: int = 0
    asserted: int = 0
    sources: frozenset[str] = frozenset()

    def plus(self, other: _Figure, sign: int = 1) -> _Figure:
        """Return the sum of two figures, or with `sign` -1 their difference."""
        return _Figure(
            self.recorded + sign * other.recorded,
            self.tainted + sign * other.tainted,
            self.asserted + sign * other.asserted,
            self.sources | other.sources,
        )


def check(
    checkpoints: Iterable[Checkpoint], labels: Iterable[Label], result: TraceResult, case: Recorded | None = None
) -> tuple[Checked, ...]:
    """Return every checkpoint with what the trace measures for it, in the given order.

    Parameters
    ----------
    checkpoints : iterable of Checkpoint
        An incident's; ``combine`` refers to ids that stand before it.
    labels : iterable of Label
        The incident's, whose roles the checkpoints speak of.
    result : TraceResult
        The trace.
    case : Recorded, optional
        What else the case records: a figure is held against all of it.

    Raises
    ------
    InputError
        If a checkpoint names an unknown measure or a checkpoint that does not stand before it.
    """
    roles: dict[str, set[str]] = {}
    for label in labels:
        roles.setdefault(label.role, set()).add(label.address)
    case = case or Recorded()
    movements = (*result.movements, *case.untouched)
    figures: dict[str, _Figure] = {}
    checked = []
    for point in checkpoints:
        figure = figures[point.id] = _measure(point, roles, figures, movements, case.addresses)
        count = point.asset is None or point.measure.startswith("count")
        difference = figure.recorded - point.value
        checked.append(
            Checked(
                point.id,
                point.claim,
                point.value,
                figure.recorded,
                None if count else figure.tainted,
                None if count else figure.asserted,
                difference,
                abs(difference) <= point.tolerance,
                point.tolerance,
                None if count else point.asset,
                point.source.publisher,
                point.source.url,
                published=point.source.key not in figure.sources,
                note=point.note,
            )
        )
    return tuple(checked)


def _measure(
    point: Checkpoint,
    roles: dict[str, set[str]],
    figures: dict[str, _Figure],
    movements: Iterable[Movement],
    addresses: Mapping[str, str],
) -> _Figure:
    if point.measure == "combine":
        return _combined(point, figures)
    selects = _selects(point, roles, addresses)
    chosen = [row for row in movements if selects(row) and point.asset in (None, row.asset)]
    sources = frozenset(row.source_url for row in chosen)
    if point.measure == "count_rows":
        return _Figure(len(chosen), sources=sources)
    if point.measure == "count_recipients":
        return _Figure(len({row.recipient for row in chosen if row.amount}), sources=sources)
    if point.measure != "paid":
        raise InputError(f"Checkpoint {point.id} names the measure {point.measure!r}, which is not known.")
    shares = [share for row in chosen for share in row.shares]
    return _Figure(
        sum(row.amount for row in chosen),
        sum(share.tainted for share in shares),
        sum(share.tainted for share in shares if share.grade == "asserted"),
        sources,
    )


def _combined(point: Checkpoint, figures: dict[str, _Figure]) -> _Figure:
    total = _Figure()
    for key, sign in (("plus", 1), ("minus", -1)):
        for name in point.params.get(key, ()):
            if name not in figures:
                raise InputError(f"Checkpoint {point.id} refers to {name!r}, which does not stand before it.")
            total = total.plus(figures[name], sign)
    return total


def _selects(point: Checkpoint, roles: dict[str, set[str]], addresses: Mapping[str, str]) -> Callable[[Movement], bool]:
    """Return the test a movement must pass: payer, payee, transaction, grade, amount; an outpoint is its address."""
    params = point.params

    def named(key: str) -> set[str] | None:
        if key not in params and f"{key}_role" not in params:
            return None
        return set(params.get(key, ())).union(*(roles.get(role, set()) for role in params.get(f"{key}_role", ())))

    by, to, not_by, not_to = named("by"), named("to"), named("not_by"), named("not_to")
    without, grades, amounts = (set(params.get(key, ())) for key in ("without_tx", "grade", "amount"))
    kinds = set(params.get("kind", ()))

    def test(row: Movement) -> bool:
        """Return whether a row is among those that the figure counts."""
        sender, recipient = addresses.get(row.sender, row.sender), addresses.get(row.recipient, row.recipient)
        return (
            row.sender != row.recipient
            and (by is None or sender in by)
            and (to is None or recipient in to)
            and (not_by is None or sender not in not_by)
            and (not_to is None or recipient not in not_to)
            and row.tx not in (without - {""})
            and (not grades or row.grade in grades)
            and (not amounts or ("positive" if row.amount else "zero") in amounts)
            and (row.kind in kinds if kinds else row.kind != "fee")
        )

    return test
