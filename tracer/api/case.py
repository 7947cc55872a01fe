"""A case that can be traced, and the trace it gives: tables, pictures, report. Thin: figures come from rooms below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer import __version__
from tracer.api.comparing import path_of
from tracer.attribution import LabelIndex, release_date
from tracer.config.writers import json_text, sha256_of, whole_folder, write_file
from tracer.errors import InputError
from tracer.model import AssetId, ChainId, Incident, Label, format_time
from tracer.sources.prices import Prices
from tracer.taint import Progress, poison
from tracer.trace import POLICIES, Audit, Checked, Inputs, Prepared, Result, check, parse_options, prepare, run
from tracer.trace.intervals import Intervals, Place, Range, intervals_of, received_ranges
from tracer.trace.run import run_every

if TYPE_CHECKING:
    import pandas as pd

    from tracer.flags import FlagList
    from tracer.report.by_address import AddressRow
    from tracer.report.difference import Comparison
    from tracer.report.paths import Path as PathTo
    from tracer.report.paths import Words


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing that shows itself in a notebook.

    Attributes
    ----------
    svg : str
        A whole SVG document, without script or outside reference.
    """

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the SVG to a file."""
        write_file(Path(path), self.svg.encode(), overwrite=overwrite)


class Case:
    """A case that can be traced: rows, seeds, labels, prices.

    Made by :func:`open_case` or :func:`open_table`.
    """

    def __init__(
        self,
        inputs: Inputs,
        labels: tuple[Label, ...],
        prices: Prices,
        incident: Incident | None,
        folder: Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._inputs, self._labels, self.prices = inputs, labels, prices
        self.incident, self.folder = incident, folder
        self.options: Mapping[str, Any] = dict(options or {})

    @property
    def id(self) -> str:
        """The incident's id, or ``table``."""
        return self._inputs.case_id

    def under(self, options: Mapping[str, Any]) -> Case:
        """Return the case with options that hold unless a trace is told others."""
        return Case(self._inputs, self._labels, self.prices, self.incident, self.folder, options)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers of its tables have to say: columns that were not used, amounts that look odd."""
        return self._inputs.notes

    @property
    def guarded(self) -> bool:
        """Whether the registry's labels and its guard apply."""
        return self._inputs.registry

    @property
    def seeds(self) -> pd.DataFrame:
        """What was stolen, one row a seed; amounts are Python integers in base units."""
        import pandas as pd

        rows = [(s.kind, s.value, s.chain, s.asset, s.amount, s.origin) for s in self._inputs.seeds]
        return pd.DataFrame(rows, columns=["kind", "value", "chain", "asset", "amount", "origin"], dtype=object)

    def prepare(self, **options: Any) -> Prepared:  # noqa: ANN401 (the fields of Options)
        """Return everything of a trace that no policy changes; `options` as for :meth:`trace`."""
        if self.folder is not None and not self._inputs.rows:
            raise InputError(
                f"The case {self.id} has no movements yet.",
                why="Its seeds and labels are there, but nothing was read from a chain.",
                next_step=f"Fetch it first: tracer fetch {self.folder.name}",
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
        bounds: bool = False,
        progress: Progress | None = None,
        **options: Any,  # noqa: ANN401 (the fields of Options)
    ) -> Trace:
        """Trace the case under one policy.

        Parameters
        ----------
        policy : str
            ``fifo`` (the default), ``lifo``, ``haircut``, ``tiho``, ``clean_first`` or ``dirty_first``.
        bounds : bool, default False
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
        prepared = self.prepare(policy=policy, **options)
        return Trace(self, prepared, run(prepared, prepared.options.policy, progress=progress), bounds=bounds)

    def __repr__(self) -> str:
        return f"Case {self.id!r}: {self._inputs.title}; {len(self._inputs.rows)} rows, {len(self._inputs.seeds)} seeds"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


class Trace:
    """A finished trace: tables, pictures, report. Nothing on it changes; every method gives a new object.

    Attributes
    ----------
    result : Result
        The plain records.
    """

    def __init__(self, case: Case, prepared: Prepared, result: Result, *, bounds: bool = False) -> None:
        self.case, self.result = case, result
        self._prepared, self._with_bounds = prepared, bounds

    @property
    def prices(self) -> Prices:
        """The prices its figures are valued with."""
        return self.case.prices

    @property
    def audit(self) -> Audit:
        """Whether stolen is the sum of its exits, per origin."""
        return self.result.audit

    def exits(self) -> pd.DataFrame:
        """Return where following stops, one row an (address, asset, stop reason, origin)."""
        from tracer.report.frames import exits_frame

        return exits_frame(self.result, self.prices, self._shown)

    def cashouts(self) -> pd.DataFrame:
        """Return who got what, one row an (entity, asset, origin)."""
        from tracer.report.frames import cashouts_frame

        return cashouts_frame(self.result, self.prices, self._shown)

    def movements(self) -> pd.DataFrame:
        """Return every input row that touches a followed holder, in total order."""
        from tracer.report.frames import movements_frame

        return movements_frame(self.result)

    def bounds(self) -> Intervals:
        """Return what any value-conserving rule can put at each place of :meth:`exits` and at each entity, by theft.

        Computed when first asked for, then kept.
        """
        return self._bounds

    @cached_property
    def _bounds(self) -> Intervals:
        places = (Place(leaf.chain, leaf.address, leaf.asset, leaf.stop_reason) for leaf in self.result.exits)
        return intervals_of(self._prepared, only=places)

    @property
    def _shown(self) -> Intervals | None:
        """Intervals where the trace was asked for them."""
        return self._bounds if self._with_bounds else None

    @cached_property
    def comparison(self) -> Comparison:
        """Every conserving policy on this case, and what any rule can do, as records and in words."""
        from tracer.report.difference import Comparison

        known = self._bounds if self._with_bounds else intervals_of(self._prepared, addresses=False)
        return Comparison(self._prepared, run_every(self._prepared), known)

    def every_policy(self) -> dict[str, Result]:
        """Return the result of every conserving policy on the same prepared case."""
        return {policy: run(self._prepared, policy) for policy in POLICIES}

    def compare(self, *, by: str = "entity") -> pd.DataFrame:
        """Return who got what under every policy, side by side, and what any value-conserving rule can say.

        One row an (entity, category, asset, origin), or with ``by="address"`` one an address. Maxima of several rows
        are not attainable together.
        """
        if _is_by_address(by):
            from tracer.report.by_address import address_frame

            return address_frame(self._by_address)
        from tracer.report.frames import compare_frame

        return compare_frame(self.comparison.results, self.comparison.intervals)

    def compare_csv(self, *, by: str = "entity") -> str:
        """Return ``compare.csv``; `by` as for :meth:`compare`."""
        if _is_by_address(by):
            from tracer.report.by_address import address_csv

            return address_csv(self._by_address)
        from tracer.report.compare import compare_csv

        return compare_csv(self.comparison.results, self.comparison.intervals)

    def compare_text(self, *, by: str = "entity") -> str:
        """Return the comparison for a terminal: the table, then :meth:`differences`; `by` as for :meth:`compare`."""
        if _is_by_address(by):
            from tracer.report.by_address import address_text

            return address_text(self._by_address, self.result)
        from tracer.report.text import compare_text

        table = compare_text(self.comparison.results, self.comparison.intervals)
        return f"{table}\n\n{self.comparison.text()}"

    @cached_property
    def _by_address(self) -> tuple[AddressRow, ...]:
        from tracer.report.by_address import address_rows

        return address_rows(self.comparison.results, intervals_of(self._prepared))

    def differences(self) -> Words:
        """Return in plain words what all rules agree on, then where and why they differ."""
        from tracer.report.paths import Words

        return Words(self.comparison.text())

    def sensitivity(self) -> pd.DataFrame:
        """Leave out each label, stop and link in turn: one row a top-line figure that this moves by over 1 %.

        Columns: ``dropped`` (label, stop or link), ``what``; ``figure`` (an entity's or a stop reason's stolen units),
        ``name``, ``category``, ``asset``, ``origin``; ``before``, ``after``, ``change`` in base units; ``movements``
        responsible; ``statement`` and ``source_url`` of what was left out; ``reveal``, all of it in words.
        """
        from tracer.report.sensitivity import sensitivity_frame

        return sensitivity_frame(self._prepared, self.result)

    def poison(self) -> pd.DataFrame:
        """Return every address that poison reaches and when: a set, never an amount, for poison creates value."""
        import pandas as pd

        plan, thefts, stops = self._prepared.plan, self._prepared.thefts, self._prepared.stops
        reached = poison(plan.events, thefts.stolen_at_opening(), thefts.debits, stops)
        rows = [(one.chain, stops.address_of(*one[:2]), one.asset, format_time(time)) for one, time in reached.items()]
        return pd.DataFrame(sorted(set(rows)), columns=["chain", "address", "asset", "first_time"], dtype=object)

    def path_to(self, destination: str | Iterable[str], *, policy: str | None = None) -> PathTo:
        """Return how stolen units came to a destination, payment by payment, in amounts that add up to what it got.

        Parameters
        ----------
        destination : str or iterable of str
            An address or holder (outpoint); several are one destination together.
        policy : str, optional
            The rule; this trace's own unless told.

        Raises
        ------
        AddressError, InputError
            If a text is no address, or none of them is in the case.
        """
        return path_of(self._prepared, self.result, destination, policy or self.result.options.policy)

    def check(self) -> tuple[Checked, ...]:
        """Return the incident's published figures, each with what this trace measures for it."""
        incident = self.case.incident
        return check(incident.checkpoints, incident.labels, self.result) if incident else ()

    def checkpoints(self) -> pd.DataFrame:
        """Return :meth:`check` as a table: claim, recorded, tainted, difference, agrees."""
        import pandas as pd

        names = ("id", "claim", "claimed", "recorded", "tainted", "asserted", "difference", "agrees", "publisher")
        return pd.DataFrame(
            [[getattr(one, name) for name in names] for one in self.check()], columns=list(names), dtype=object
        )

    def flags(self) -> FlagList:
        """Return the draft flagged list of this trace."""
        return self._flags

    @cached_property
    def _flags(self) -> FlagList:
        from tracer.flags import build

        incident = self.case.incident
        marking = "TLP:AMBER" if incident is None else "TLP:CLEAR"
        as_of = self.result.options.as_of
        return build(
            self.result, as_of=as_of, prices=self.prices, incident=incident, tlp=marking, ranges=self._received()
        )

    def _received(self) -> Mapping[tuple[ChainId, str, AssetId], Range]:
        """Return what any rule can make each address receive, where the trace was asked for bounds."""
        if not self._with_bounds:
            return {}
        places = {(m.chain, m.recipient, m.asset) for m in self.result.movements if m.tainted}
        stops = {key for key, holder in self.result.holders.items() if holder.stop_reason}
        return received_ranges(self._prepared, (place for place in places if place[:2] not in stops))

    def draw(self) -> Picture:
        """Return the flow graph, left to right."""
        from tracer.viz import flow_svg

        return Picture(flow_svg(self.result))

    def sankey(self) -> Picture:
        """Return theft to venue as a sankey."""
        from tracer.viz import sankey_svg

        return Picture(sankey_svg(self.result))

    def timeline(self) -> Picture:
        """Return when the money moved."""
        from tracer.viz import timeline_svg

        return Picture(timeline_svg(self.result))

    def report(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the report, one self-contained HTML page."""
        write_file(Path(path), self._report_html().encode(), overwrite=overwrite)

    def summary(self) -> dict[str, Any]:
        """Return what ``summary.json`` holds: options, totals, audit, coverage; amounts are text."""
        from tracer.report.summary import summary

        return summary(self.result, self.prices, _versions(), self._shown)

    def write(self, out: str | Path, *, overwrite: bool = False) -> Path:
        """Write every output file into a folder, all of them or none.

        Parameters
        ----------
        out : path
            A folder that does not exist or is empty; with `overwrite`, one that an earlier trace wrote.

        Returns
        -------
        Path
            The folder.
        """
        files = {name: text.encode() for name, text in self._files().items()}
        manifest = {name: sha256_of(data) for name, data in sorted(files.items())}
        files["manifest.json"] = json_text({"schema": "tracer-output/1", "files": manifest}).encode()
        with whole_folder(Path(out), overwrite=overwrite) as folder:
            for name, data in sorted(files.items()):
                write_file(folder / name, data)
        return Path(out)

    def _files(self) -> dict[str, str]:
        from tracer.flags import flagged_csv, kept_off_csv
        from tracer.report.tables import cashouts_csv, exits_csv, movements_csv
        from tracer.viz import graphml

        prices, flags = self.prices, self.flags()
        return {
            "summary.json": json_text(self.summary()),
            "exits.csv": exits_csv(self.result, prices, self._shown),
            "cashouts.csv": cashouts_csv(self.result, prices, self._shown),
            "movements.csv": movements_csv(self.result),
            "flagged.csv": flagged_csv(flags),
            "kept_off.csv": kept_off_csv(flags),
            "graph.svg": self.draw().svg,
            "graph.graphml": graphml(self.result),
            "report.html": self._report_html(),
        }

    def _report_html(self) -> str:
        from tracer.report.html import report_html

        figures = {"flow": self.draw().svg, "sankey": self.sankey().svg, "timeline": self.timeline().svg}
        return report_html(
            self.result,
            self.prices,
            figures=figures,
            incident=self.case.incident,
            checkpoints=self.check(),
            versions=_versions(),
            flags_note=self.flags().note(),
            intervals=self._shown,
        )

    def __repr__(self) -> str:
        from tracer.report.card import card_text

        return card_text(self.result, self._shown)

    def _repr_html_(self) -> str:
        from tracer.report.card import card_html

        return card_html(self.result, self._shown)


def _is_by_address(by: str) -> bool:
    if by not in ("entity", "address"):
        raise InputError(f"Nothing is compared by {by[:40]!r}.", next_step="Choose entity or address.")
    return by == "address"


def _versions() -> dict[str, str]:
    return {"tracer": __version__, "registry": release_date()}
