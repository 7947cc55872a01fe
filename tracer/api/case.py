"""A case that can be traced, and the trace it gives: tables, pictures, report. Thin: figures come from rooms below."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.api.comparing import path_of
from tracer.attribution import LabelIndex, release_date
from tracer.config.writers import json_text, sha256_of, whole_folder, write_file
from tracer.errors import InputError, TracerError
from tracer.model import AssetId, ChainId, Incident, Label, caip10, format_time
from tracer.sources.prices import Prices
from tracer.taint import Progress, poison, terminals_of
from tracer.trace import (
    POLICIES,
    Audit,
    Checked,
    Inputs,
    Prepared,
    Recorded,
    Result,
    check,
    parse_options,
    prepare,
    run,
)
from tracer.trace.intervals import Intervals, Place, Range, intervals_of, joint_ranges, place_of
from tracer.trace.run import run_every

_LOG: Final = logging.getLogger(__name__)

_DRAWING_FAULTS: Final = (
    TracerError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)
"""What a fault in a drawing can raise; a machine out of memory or disk is not among them."""

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

    def movements(self, *, touched: bool = False) -> pd.DataFrame:
        """Return every input row that carries stolen units, in total order; with `touched` all of followed holders."""
        from tracer.report.frames import movements_frame

        return movements_frame(self.result, touched=touched, sources=source_urls(self.case.incident))

    def bounds(self) -> Intervals:
        """Return what any value-conserving rule can put at each place of :meth:`exits` and at each entity, by theft.

        Computed when first asked for, then kept.
        """
        return self._bounds

    @cached_property
    def _bounds(self) -> Intervals:
        return intervals_of(self._prepared)

    @cached_property
    def _entities(self) -> Intervals:
        """Intervals of entities alone: all that a comparison and a list need."""
        return self._bounds if self._with_bounds else intervals_of(self._prepared, addresses=False)

    @property
    def _shown(self) -> Intervals | None:
        """Intervals where the trace was asked for them."""
        return self._bounds if self._with_bounds else None

    @cached_property
    def comparison(self) -> Comparison:
        """Every conserving policy on this case, and what any rule can do, as records and in words."""
        from tracer.report.difference import Comparison

        return Comparison(self._prepared, run_every(self._prepared), self._entities)

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
        found = path_of(self._prepared, self.result, destination, policy or self.result.options.policy)
        return replace(found, sources=source_urls(self.case.incident))

    def check(self) -> tuple[Checked, ...]:
        """Return the incident's published figures, each with what this trace measures for it."""
        incident = self.case.incident
        if incident is None or not incident.checkpoints:
            return ()
        addresses = {account.holder: address for account, address in self._prepared.ledger.addresses.items()}
        recorded = Recorded(self._prepared.untouched, addresses)
        return check(incident.checkpoints, incident.labels, self.result, recorded)

    def checkpoints(self) -> pd.DataFrame:
        """Return :meth:`check` as a table; ``published``: said by others, else a self-check of the data."""
        import pandas as pd

        names = [
            *("id", "claim", "claimed", "recorded", "tainted", "asserted", "difference", "tolerance", "agrees"),
            *("published", "publisher", "note"),
        ]
        return pd.DataFrame(
            [[getattr(one, name) for name in names] for one in self.check()], columns=names, dtype=object
        )

    def flags(self) -> FlagList:
        """Return the draft flagged list of this trace."""
        return self._flags

    @cached_property
    def _flags(self) -> FlagList:
        from tracer.flags import Parties, build

        incident = self.case.incident
        marking = "TLP:AMBER" if incident is None else "TLP:CLEAR"
        as_of = self.result.options.as_of
        places = {
            (payment.chain, side.address, side.asset) for payment in self.result.payments for side in payment.payees
        }
        stops = {key for key, holder in self.result.holders.items() if holder.stop_reason}
        wanted = sorted(place for place in places if place[:2] not in stops)
        received = self._entities.received
        received.compute(wanted)
        thefts = self._prepared.thefts
        parties = Parties(
            victims=frozenset(caip10(*place) for place in thefts.victims),
            receivers=frozenset(thefts.receivers),
            counterparties=frozenset(thefts.counterparties),
        )
        return build(
            self.result,
            as_of=as_of,
            prices=self.prices,
            incident=incident,
            tlp=marking,
            ends=self._ends(wanted),
            received=received,
            parties=parties,
            registry=self.result.registry,
        )

    def _ends(self, wanted: Iterable[tuple[ChainId, str, AssetId]]) -> dict[tuple[ChainId, str, AssetId], Range]:
        """Return what any rule can leave at addresses at the end, all thefts together."""
        reasons: dict[tuple[ChainId, str, AssetId], list[Place]] = {place: [] for place in wanted}
        for terminal in terminals_of(self._prepared.bounded):
            place = place_of(self._prepared, terminal)
            if place[:3] in reasons and place not in reasons[place[:3]]:
                reasons[place[:3]].append(place)
        names = {"\x1f".join(key): key for key in reasons}
        found = joint_ranges(self._prepared, {name: reasons[key] for name, key in names.items()})
        nothing = Range(0, 0, "NONE", ())
        return {key: found.get(name, nothing) for name, key in names.items()}

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
        """Write every output file into a folder, or none; a picture that cannot be drawn costs itself alone.

        Parameters
        ----------
        out : path
            A folder that does not exist or is empty; with `overwrite`, one that an earlier trace wrote.

        Returns
        -------
        Path
            The folder. What :meth:`undrawn` names is not in it.
        """
        files = {name: text.encode() for name, text in self._tables().items()}
        hashes = {name: sha256_of(data) for name, data in files.items()}
        touched, canonical = self._touched()
        files["touched.parquet"], hashes["touched.parquet"] = touched, sha256_of(canonical.encode())
        for name, text in self._pictures().items():
            files[name] = text.encode()
            hashes[name] = sha256_of(files[name])
        manifest = {"schema": "tracer-output/1", "files": hashes, "canonical_csv": ["touched.parquet"]}
        files["manifest.json"] = json_text(manifest).encode()
        with whole_folder(Path(out), overwrite=overwrite) as folder:
            for name, data in sorted(files.items()):
                write_file(folder / name, data)
        return Path(out)

    def undrawn(self) -> dict[str, str]:
        """Return the pictures that could not be drawn, and why, in words; empty where all could."""
        return dict(self._drawn[1])

    @cached_property
    def _drawn(self) -> tuple[dict[str, str], dict[str, str]]:
        """Every picture as text, and the reason of each that failed: a fault of a drawing takes no table with it."""
        from tracer.viz import flow_svg, graphml, sankey_svg, timeline_svg

        drawers = {"flow": flow_svg, "sankey": sankey_svg, "timeline": timeline_svg, "graphml": graphml}
        drawn: dict[str, str] = {}
        failed: dict[str, str] = {}
        for name, drawer in drawers.items():
            try:
                drawn[name] = drawer(self.result)
            except _DRAWING_FAULTS as fault:
                failed[name] = f"{type(fault).__name__}: {fault}"
                _LOG.warning("The picture %s could not be drawn: %s", name, failed[name])
        return drawn, failed

    def _tables(self) -> dict[str, str]:
        from tracer.flags import flag_sections, flagged_csv, kept_off_csv, leads_csv
        from tracer.report.legend import legend_md
        from tracer.report.tables import cashouts_csv, exits_csv, movements_csv

        prices, flags = self.prices, self.flags()
        return {
            "summary.json": json_text(self.summary()),
            "exits.csv": exits_csv(self.result, prices, self._shown),
            "cashouts.csv": cashouts_csv(self.result, prices, self._shown),
            "movements.csv": movements_csv(self.result, sources=source_urls(self.case.incident)),
            "flagged.csv": flagged_csv(flags),
            "leads.csv": leads_csv(flags),
            "kept_off.csv": kept_off_csv(flags),
            "legend.md": legend_md(*flag_sections(), notes=[flags.note()]),
        }

    def _touched(self) -> tuple[bytes, str]:
        """Return ``touched.parquet`` and its canonical CSV, which the manifest hashes."""
        from tracer.report.tables import movements_csv, touched_parquet

        sources = source_urls(self.case.incident)
        canonical = movements_csv(self.result, touched=True, sources=sources)
        return touched_parquet(self.result, sources=sources), canonical

    def _pictures(self) -> dict[str, str]:
        """Return the pictures and the page that shows them."""
        names = {"flow": "graph.svg", "graphml": "graph.graphml"}
        files = {names[name]: text for name, text in self._drawn[0].items() if name in names}
        return files | {"report.html": self._report_html()}

    def _report_html(self) -> str:
        from tracer.report.html import report_html

        drawn, failed = self._drawn
        return report_html(
            self.result,
            self.prices,
            figures={name: text for name, text in drawn.items() if name != "graphml"},
            incident=self.case.incident,
            checkpoints=self.check(),
            versions=_versions(),
            flags_note=self.flags().note(),
            intervals=self._shown,
            undrawn=failed,
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


def source_urls(incident: Incident | None) -> dict[str, str]:
    """Return where each source that an incident speaks by can be read, by its key."""
    if incident is None:
        return {}
    said = [one.source for one in (*incident.attributions, *incident.dissent)]
    told = [one.source for one in incident.statements] + [one.source for one in incident.claims]
    figures = [one.source for one in incident.losses] + [one.source for one in incident.checkpoints]
    return {source.key: source.url for source in (*said, *told, *figures)}


def _versions() -> dict[str, str]:
    return {"tracer": __version__, "registry": release_date()}
