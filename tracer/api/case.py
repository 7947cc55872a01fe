"""A case that can be traced: its rows, seeds, labels and prices, and what a trace of it is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.analysis import names_of
from tracer.api.case_parts import only_chain
from tracer.api.trace import Trace
from tracer.errors import InputError
from tracer.io import (
    Card,
    Carded,
    Prices,
    TransferRows,
    labels_form,
    shortened,
)
from tracer.model import (
    ChainId,
    Incident,
    Label,
)
from tracer.registry import LabelIndex, label_notes, read_labels, release_date
from tracer.taint import Progress
from tracer.trace import (
    UNGUARDED,
    CaseData,
    PreparedCase,
    parse_options,
    prepare,
    run,
)

_SUMMARY: Final = 440
"""Characters of an incident's summary on the card of its case."""

OWN_LABELS: Final = "own_labels"
"""Name of the caller's own labels among the inputs that a result lists."""

if TYPE_CHECKING:
    from tracer.report import Frame


class Case(Carded):
    """A case that can be traced: rows, seeds, labels, prices.

    Made by :func:`open_case` or :func:`open_table`.

    Attributes
    ----------
    words : tuple of str
        What it was opened from, as a command line says it; tables go by what they are, never by a machine's paths.
    """

    def __init__(
        self,
        inputs: CaseData,
        labels: tuple[Label, ...],
        prices: Prices,
        incident: Incident | None,
        folder: Path | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        words: tuple[str, ...] = (),
    ) -> None:
        self._inputs, self._labels, self.prices = inputs, labels, prices
        self.incident, self.folder = incident, folder
        self.options: Mapping[str, Any] = dict(options or {})
        self.words = words or (inputs.case_id,)

    @property
    def id(self) -> str:
        """The incident's id, or what a case of the caller's own is called."""
        return self._inputs.case_id

    def under(self, options: Mapping[str, Any]) -> Case:
        """Return the case with options that hold unless a trace is told others."""
        return Case(self._inputs, self._labels, self.prices, self.incident, self.folder, options, words=self.words)

    def titled(self, title: str, words: tuple[str, ...]) -> Case:
        """Return the case under another title, opened as `words` say."""
        inputs = replace(self._inputs, title=title)
        return Case(inputs, self._labels, self.prices, self.incident, self.folder, self.options, words=words)

    def with_labels(self, labels: str | Path) -> Case:
        """Return the case with labels of the caller's own beside those it has; they stop and guard like any other.

        Parameters
        ----------
        labels : path
            A table of labels (CSV or Parquet), as for :func:`open_table`; a row without chain is of the case's only
            one.

        Raises
        ------
        DataFileError
            If the table cannot be used; names file, row and column.
        """
        path = Path(labels)
        own = read_labels(path, self.only_chain)
        hashes = labels_form(own).record()
        inputs = replace(
            self._inputs,
            notes=(*self._inputs.notes, *label_notes(path)),
            hashes={**self._inputs.hashes, OWN_LABELS: hashes},
        )
        every = tuple(dict.fromkeys((*self._labels, *own)))
        words = (*self.words, "--labels", "labels.csv")
        return Case(inputs, every, self.prices, self.incident, self.folder, self.options, words=words)

    @cached_property
    def names(self) -> frozenset[tuple[ChainId, str]]:
        """Every address and outpoint that its rows name, with its chain."""
        return names_of(self._inputs.rows)

    @property
    def only_chain(self) -> ChainId | None:
        """The chain of labels that name none: the only one of its rows and seeds; ``None`` where there are several."""
        inputs = self._inputs
        rows = inputs.rows
        chains = {rows.columns.chain} if isinstance(rows, TransferRows) else {row.chain for row in rows}
        found = chains or {seed.chain for seed in inputs.seeds if seed.chain}
        return only_chain(found)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers of its tables have to say: columns that were not used, amounts that look odd."""
        return self._inputs.notes

    @property
    def tlp(self) -> str:
        """To whom it may be passed on: its marking in the Traffic Light Protocol, which stands in every output."""
        return self._inputs.tlp

    @property
    def guarded(self) -> bool:
        """Whether the registry's labels and its guard apply."""
        return self._inputs.registry

    @property
    def seeds(self) -> Frame:
        """What was stolen, one row a seed; amounts are Python integers in base units."""
        import pandas as pd

        from tracer.report import framed

        rows = [(s.kind, s.value, s.chain, s.asset, s.amount, s.origin) for s in self._inputs.seeds]
        columns = ["kind", "value", "chain", "asset", "amount", "origin"]
        return framed(pd.DataFrame(rows, columns=columns, dtype=object), self._inputs.assets)

    def prepare(self, **options: Any) -> PreparedCase:  # noqa: ANN401 (the fields of Options)
        """Return everything of a trace that no policy changes; `options` as for :meth:`trace`."""
        if self.folder is not None and not self._inputs.rows:
            raise InputError(
                f"The case {self.id} has no movements yet.",
                why="Its seeds and labels are there, but nothing was read from a chain.",
                next_step=f"Fetch it first: tracer fetch {shlex.quote(str(self.folder))}",
            )
        given = {name: value for name, value in options.items() if value is not None}
        chosen = parse_options({**self.options, **given})
        chosen = replace(chosen, as_of=chosen.as_of or release_date())
        labels = LabelIndex(self._labels, chosen.as_of)
        return prepare(replace(self._inputs, labels=labels), chosen)

    def trace(
        self,
        policy: str | None = None,
        *,
        bounds: bool | None = None,
        progress: Progress | None = None,
        **options: Any,  # noqa: ANN401 (the fields of Options)
    ) -> Trace:
        """Trace the case under one policy.

        Parameters
        ----------
        policy : str
            One of :data:`tracer.trace.POLICIES`; ``fifo`` is the default.
        bounds : bool, optional
            Fill min, max, certainty and depends_on in every table: what any value-conserving rule can say.
        progress : callable, optional
            Told how many events are done, and of how many.
        **options
            The other fields of :class:`tracer.trace.Options`: ``stop_at``, ``max_hops``, ``min_amount``,
            ``high_degree``, ``until``, ``grade``, ``as_of``. ``None`` is an option not given: what the case was opened
            with (the folder of an earlier result), else the default. ``until`` is a time, or a date to the end of it.

        Raises
        ------
        InputError
            If an option or a seed cannot be used.
        """
        prepared = self.prepare(policy=policy, bounds=bounds, **options)
        chosen = prepared.options
        if chosen.direction == "back":
            raise InputError(
                "A trace goes forward.", next_step="Ask tracer.trace_back(case) where the money came from."
            )
        return Trace(self, prepared, run(prepared, chosen.policy, progress=progress), bounds=chosen.bounds)

    def card(self) -> Card:
        """Return what the case is and what it holds, in a few lines."""
        inputs, incident = self._inputs, self.incident
        size = f"{len(inputs.rows):,} rows, {len(inputs.seeds):,} seeds, {len(self._labels):,} labels"
        whole = "vouched for as complete" if inputs.complete else ""
        summary = shortened(incident.summary, _SUMMARY).text if incident else ""
        guard = "the registry's labels stop and guard" if self.guarded else UNGUARDED
        return Card(
            f"Case {self.id!r}: {inputs.title}",
            (
                ("Date", (incident.date,) if incident and incident.date else ()),
                ("What", (summary,) if summary else ()),
                ("Holds", tuple(filter(None, (size, whole)))),
                ("Thefts", tuple(dict.fromkeys(seed.origin for seed in inputs.seeds))[:6]),
                ("Registry", (guard,)),
                ("Notes", inputs.notes[:6]),
                ("Next", ("case.trace()",) if inputs.rows else ("it has no movements yet: tracer.fetch(case)",)),
            ),
        )
