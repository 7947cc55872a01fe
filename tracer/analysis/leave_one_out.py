"""Sensitivity: what each label, stop and link decides, found by leaving it out and tracing again.

Only what can matter is dropped: labels of holders that stolen money reached, categories that stopped something, links
that carried something. Nothing else can change a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

from tracer.model import AssetId, Label, LedgerLeg, Origin, Transfer
from tracer.registry import holds_at, interval_of
from tracer.taint import Progress
from tracer.trace import Movement, PreparedCase, TraceResult, carrying, party_of, prepare, prepare_again, run

OVER_PERCENT: Final = 1
"""A figure has moved where it changed by more than this share of what it was."""

_LINK_GRADES: Final = ("identified", "inferred")


class Figure(NamedTuple):
    """A top-line figure of a trace.

    Attributes
    ----------
    kind : str
        ``entity`` or ``stop reason``.
    name, category : str
        The entity and its category; or the stop reason, without category.
    asset, origin
        In which asset it is counted, and of which theft.
    """

    kind: str
    name: str
    category: str
    asset: AssetId
    origin: Origin


@dataclass(frozen=True, slots=True)
class Dropped:
    """One thing left out.

    Attributes
    ----------
    kind : str
        ``label``, ``stop`` or ``link``.
    what : str
        The address and label; the category or option; or the link's event or transaction.
    statement, source_url : str
        Who says so, and where; empty for a stop.
    label : Label or None
        The label itself.
    """

    kind: str
    what: str
    statement: str
    source_url: str
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A top-line figure that leaving something out moves.

    Attributes
    ----------
    dropped : Dropped
        What was left out.
    figure : Figure
        Which figure.
    before, after : int
        Base units with it and without it.
    movements : tuple of Movement
        Movements that carry other amounts without it; where there are none, those that brought the named units.
    rerouted : bool
        Whether they carry other amounts; if not, nothing of what moved changed.
    stops : bool
        Whether what came is an exit for another reason without it; if not and nothing is rerouted, it only names.
    """

    dropped: Dropped
    figure: Figure
    before: int
    after: int
    movements: tuple[Movement, ...]
    rerouted: bool
    stops: bool


def sensitivity(prepared: PreparedCase, result: TraceResult, progress: Progress | None = None) -> tuple[Moved, ...]:
    """Return every top-line figure that one label, stop or link decides by more than :data:`OVER_PERCENT` percent.

    Parameters
    ----------
    prepared : PreparedCase
        The case as traced.
    result : TraceResult
        Its result under the policy in question.
    progress : callable, optional
        Told how many were dropped, and of how many.

    Returns
    -------
    tuple of Moved
        By kind, then in order of what was dropped, then the largest change first.

    Notes
    -----
    Government labels (rank A1) are not dropped one by one. A stop is a category of labels, or a limit of the options.
    """
    before = figures_of(result)
    todo = list(_variants(prepared, result))
    moved: list[Moved] = []
    for done, (dropped, vary) in enumerate(todo, 1):
        if progress is not None:
            progress(done, len(todo))
        again = vary()
        after = figures_of(run(again, result.options.policy, movements=False))
        changed = sorted(
            (figure for figure in {**before, **after} if _is_moved(before.get(figure, 0), after.get(figure, 0))),
            key=lambda figure: (-abs(after.get(figure, 0) - before.get(figure, 0)), figure),
        )
        if not changed:
            continue
        movements, rerouted = _responsible(result, run(again, result.options.policy), dropped)
        stops = any(one.kind == "stop reason" for one in changed)
        moved += [
            Moved(dropped, one, before.get(one, 0), after.get(one, 0), movements, rerouted, stops) for one in changed
        ]
    return tuple(moved)


def _is_moved(before: int, after: int) -> bool:
    return 100 * abs(after - before) > OVER_PERCENT * before


def figures_of(result: TraceResult) -> dict[Figure, int]:
    """Return the top-line figures of a trace: each entity's and each stop reason's stolen units, by theft and asset."""
    figures: dict[Figure, int] = {}
    for leaf in result.exits:
        entity, category = party_of(leaf.label, leaf.stop_reason)
        for figure in (
            Figure("entity", entity, category, leaf.asset, leaf.origin),
            Figure("stop reason", leaf.stop_reason, "", leaf.asset, leaf.origin),
        ):
            figures[figure] = figures.get(figure, 0) + leaf.tainted
    return figures


def _variants(prepared: PreparedCase, result: TraceResult) -> Iterator[tuple[Dropped, Callable[[], PreparedCase]]]:
    """Yield everything that is left out in turn, with how to prepare the case without it."""
    inputs, options = prepared.inputs, prepared.options
    for label in _deciding(result):
        who = f"{label.publisher}{f' ({label.rank})' if label.rank else ''}: " if label.publisher or label.rank else ""
        said = f"{who.lstrip()}{label.label}, {label.category}"
        dropped = Dropped("label", f"{label.address}: {label.label}", said, label.source_url, label)
        yield dropped, partial(_without_label, prepared, label)
    used = {holder.stop_label.category for holder in result.holders.values() if holder.stop_label is not None}
    # An address that was two services in turn has the last one's label alone; its exits have both.
    ended = (leaf.label.category for leaf in result.exits if leaf.label is not None and not leaf.holding)
    used |= {category for category in ended if category in options.stop_at}
    for category in sorted(used):
        others = replace(options, stop_at=tuple(one for one in options.stop_at if one != category))
        yield Dropped("stop", category, "", ""), partial(prepare_again, prepared, inputs.labels, others)
    limits = {
        "high_degree": replace(options, high_degree=None),
        "max_hops": replace(options, max_hops=None),
        "min_amount": replace(options, min_amount=0),
    }
    for name, unlimited in limits.items():
        if unlimited != options:
            yield Dropped("stop", name, "", ""), partial(prepare_again, prepared, inputs.labels, unlimited)
    for one in prepared.crossing.followed:
        link = one.link
        other_links = tuple(other for other in inputs.links if other != link)
        yield (
            Dropped("link", one.name, f"{link.grade}, tier {link.tier}", ""),
            partial(prepare, replace(inputs, links=other_links), options),
        )
    for name, rows in _links(result).items():
        kept = tuple(row for row in inputs.rows if not _is_link(row) or _link_name(row) != name)
        said = f"{rows[0].grade}{f': {rows[0].note}' if rows[0].note else ''}"
        yield Dropped("link", name, said, rows[0].source_url), partial(prepare, replace(inputs, rows=kept), options)


def _without_label(prepared: PreparedCase, label: Label) -> PreparedCase:
    return prepare_again(prepared, prepared.inputs.labels.without(label), prepared.options)


def _deciding(result: TraceResult) -> list[Label]:
    """Return the labels, not of a government, that stopped something reached or name who got it, in order."""
    stopping = {holder.stop_label for holder in result.holders.values()}
    naming = {leaf.label for leaf in result.exits}
    found = {label for label in stopping | naming if label is not None and label.rank != "A1"}
    return sorted(found, key=lambda one: (one.chain, one.address, one.publisher, one.label, repr(one)))


def _links(result: TraceResult) -> Mapping[str, list[Movement]]:
    links: dict[str, list[Movement]] = {}
    for movement in carrying(result.movements):
        if movement.tainted and movement.grade in _LINK_GRADES and not movement.link:
            links.setdefault(movement.event or movement.tx, []).append(movement)
    return dict(sorted(links.items()))


def _is_link(row: Transfer | LedgerLeg) -> bool:
    return isinstance(row, Transfer) and row.grade in _LINK_GRADES


def _link_name(row: Transfer | LedgerLeg) -> str:
    return row.event or row.tx


def _responsible(before: TraceResult, after: TraceResult, dropped: Dropped) -> tuple[tuple[Movement, ...], bool]:
    """Return the movements that carry other amounts, or are only in one of two traces, and whether there are any.

    Where there are none, nothing moved otherwise: then those that brought the units that are the label's.
    """
    held = {_identity(one): one.shares for one in after.movements}
    mine = {_identity(one) for one in before.movements}
    changed = [one for one in before.movements if held.get(_identity(one), ()) != one.shares]
    changed += [one for one in after.movements if one.shares and _identity(one) not in mine]
    if changed:
        return tuple(changed), True
    stopping = [leaf.label for leaf in before.exits if leaf.label is not None and leaf.label.category == dropped.what]
    labels = dict.fromkeys([dropped.label] if dropped.label is not None else stopping)
    return tuple(dict.fromkeys(one for label in labels for one in _brought(before, label))), False


def _brought(result: TraceResult, label: Label) -> tuple[Movement, ...]:
    """Return the movements that brought stolen units to an address while a label held there, or to what it then found.

    What it found came before it began and since nobody else held the address; it is the label's where some was there.
    """
    begin, _ = interval_of(label)
    here = [leaf for leaf in result.exits if (leaf.chain, leaf.address) == (label.chain, label.address)]
    mine = [leaf for leaf in here if leaf.label == label]
    found = any(arrival.time in (None, begin) and not arrival.tx for leaf in mine for arrival in leaf.arrivals)
    found = found or any(leaf.holding or leaf.stop_reason == "frozen" for leaf in mine)
    others = [interval_of(leaf.label)[1] for leaf in here if leaf.label is not None and leaf.label != label]
    last = max((until for until in others if until is not None and begin is not None and until <= begin), default=None)

    def is_its(time: int | None) -> bool:
        if time is None or holds_at(label, time):
            return True
        return found and begin is not None and time < begin and (last is None or time >= last)

    return tuple(
        one
        for one in carrying(result.movements)
        if one.tainted and (one.chain, one.recipient) == (label.chain, label.address) and is_its(one.time)
    )


def _identity(movement: Movement) -> tuple[object, ...]:
    return (
        *(movement.event, movement.chain, movement.block, movement.time, movement.tx, movement.kind),
        *(movement.sender, movement.recipient, movement.asset, movement.amount),
    )
