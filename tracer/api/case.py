"""A case that can be traced, and the trace it gives: tables, pictures, report. Thin: figures come from rooms below."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.analysis import Checked, Recorded, check, names_of, poisoned
from tracer.api.commands import command_of
from tracer.api.paths import path_of
from tracer.api.verifying import HASHED, TOUCHED
from tracer.bounds import Certificate, check_certificate
from tracer.errors import InputError, TracerError
from tracer.io import (
    OUR_SCHEMA,
    Card,
    Carded,
    Document,
    Prices,
    Records,
    TransferRows,
    json_text,
    labels_form,
    plain,
    sha256_of,
    shortened,
    whole_folder,
    write_file,
)
from tracer.model import (
    CATEGORIES,
    DEFAULT_CHAIN,
    Asset,
    AssetId,
    ChainId,
    Incident,
    Label,
    caip10,
    format_time,
    plain_holder,
)
from tracer.registry import LabelIndex, label_notes, read_labels, release_date
from tracer.taint import Progress
from tracer.trace import (
    GONE,
    POLICIES,
    UNGUARDED,
    Audit,
    CaseData,
    ExitKey,
    Intervals,
    PreparedCase,
    Range,
    Received,
    TraceResult,
    intervals_of,
    joint_ranges,
    parse_options,
    place_of,
    prepare,
    received_ranges,
    run,
    run_every,
)

_LOG: Final = logging.getLogger(__name__)
_STEPS: Final = 5
"""Steps of writing a folder that are counted."""

_READABLE: Final = (
    "Amounts in the files are whole numbers of base units, which a spreadsheet rounds: read the column as text. "
    "`tracer show CASE --addresses flagged.csv --out readable.csv` writes the list with names, symbols and whole "
    "coins; report.html shows its first lines so."
)
"""What helps a reader of base units."""

_SUMMARY: Final = 440
"""Characters of an incident's summary on the card of its case."""

OWN_LABELS: Final = "own_labels"
"""Name of the caller's own labels among the inputs that a result lists."""

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

_PANE: Final = """<style>
.tracer-pane { max-height: 44em; overflow: auto; resize: vertical; border: 1px solid rgba(128,128,128,.45); }
.tracer-pane svg { display: block; max-width: none; height: auto;
  width: max(min(100%, var(--width)), calc(var(--width) * .65)); }
.tracer-picture > .tracer-whole:checked ~ .tracer-pane svg { width: min(100%, var(--width)); }
.tracer-picture > .tracer-whole:checked ~ .tracer-pane { max-height: none; }
.tracer-picture > .tracer-full:checked ~ .tracer-pane svg { width: var(--width); }
[data-jp-theme-light="false"] .tracer-pane svg, .vscode-dark .tracer-pane svg {
  filter: invert(.9) hue-rotate(180deg); }
</style>"""
"""A picture stands in a pane of a screen's height that scrolls both ways.

It is as wide as the page, but never so small that its text cannot be read; one tick shows all of it in the width of the
page, another its full size. In a dark theme light and dark change places, and the hues stay.
"""
_SVG_WIDTH: Final = re.compile(r'<svg[^>]*\swidth="([0-9.]+)(pt)?', re.ASCII)

if TYPE_CHECKING:
    from tracer.flags import FlagList
    from tracer.report import AddressPage, AddressRow, Asked, AskedRow, Comparison, Frame, Words
    from tracer.report import Path as PathTo


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A drawing that shows itself in a notebook.

    Attributes
    ----------
    svg : str
        A whole SVG document, without script or outside reference.
    """

    svg: str

    def __repr__(self) -> str:
        return f"Picture: {len(self.svg):,} characters of SVG; .save(path) writes it"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        tick = "&emsp;".join(
            f'<input type="checkbox" class="tracer-{name}" style="vertical-align:middle"> '
            f'<span style="opacity:.75">{words}</span>'
            for name, words in (("whole", "whole picture"), ("full", "full size"))
        )
        # Ticks and pane stay siblings, for the ones rule the other.
        found = _SVG_WIDTH.match(self.svg[self.svg.find("<svg") :])
        width = f' style="--width:{found[1]}{found[2] or "px"}"' if found else ""
        return f'{_PANE}<div class="tracer-picture">{tick}<div class="tracer-pane"{width}>{self.svg}</div></div>'

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the SVG to a file."""
        write_file(Path(path), self.svg.encode(), overwrite=overwrite)


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
        return next(iter(found or {DEFAULT_CHAIN})) if len(found) < 2 else None

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


class Trace:
    """A finished trace: tables, pictures, report. Nothing on it changes; every method gives a new object.

    Attributes
    ----------
    result : TraceResult
        The plain records.
    """

    def __init__(self, case: Case, prepared: PreparedCase, result: TraceResult, *, bounds: bool = False) -> None:
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

    def exits(self) -> Frame:
        """Return where following stops, one row an (address, asset, stop reason, origin)."""
        from tracer.report import exits_frame

        return exits_frame(self.result, self.prices, self._shown)

    def cashouts(self) -> Frame:
        """Return who got what, one row an (entity, asset, origin)."""
        from tracer.report import cashouts_frame

        return cashouts_frame(self.result, self.prices, self._shown)

    def movements(self, *, touched: bool = False) -> Frame:
        """Return every input row that carries stolen units, in total order; with `touched` all of followed holders."""
        from tracer.report import movements_frame

        return movements_frame(self.result, touched=touched, sources=source_urls(self.case.incident))

    def bounds(self, *, progress: Progress | None = None) -> Intervals:
        """Return what any value-conserving rule can put at each place of :meth:`exits` and at each entity, by theft.

        Computed when first asked for, then kept; `progress` is told how much of it is done, and of how much.
        """
        if progress is not None and "_bounds" not in self.__dict__:
            self._bounds = intervals_of(self._prepared, progress=progress)
        return self._bounds

    def certificate(self, entity: str, direction: str, *, asset: str = "", origin: str = "") -> Certificate:
        """Return the proof of one side of what any rule can put at an entity: a flow and a cut, ready for JSON.

        Parameters
        ----------
        entity : str
            As in :meth:`cashouts`.
        direction : str
            ``min`` or ``max``.
        asset, origin : str, optional
            The row of :meth:`cashouts`, where the entity has several.

        Raises
        ------
        InputError
            If stolen units cannot end there, or the entity has several rows and it is not said which.
        """
        if direction not in ("min", "max"):
            raise InputError(f"There is no side {direction[:40]!r}.", next_step="Choose min or max.")
        found = [
            (party, leg)
            for party, leg in self.bounds().by_party
            if party.entity == entity and asset in ("", party.asset) and origin in ("", leg.name)
        ]
        if len(found) != 1:
            rows = "; ".join(f"{party.category}, {party.asset}, {leg.name}, {leg.asset}" for party, leg in found)
            raise InputError(
                f"{plain(entity)[:60]!r} has {len(found)} intervals, not one.",
                why=rows or "No rule can put stolen units there.",
                next_step="Name an entity of trace.cashouts(), and asset= or origin= where it has several rows.",
            )
        return self.bounds().certificate(*found[0], direction)

    def check_certificate(self, certificate: Certificate) -> None:
        """Check a proof against the ledger of this case, in whole numbers and without the solver that found it.

        Raises
        ------
        AuditError
            If it does not hold: it was changed, or it is of another ledger.
        """
        check_certificate(certificate, self.bounds().bounds.plan)

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
        from tracer.report import Comparison

        return Comparison(self._prepared, run_every(self._prepared), self._entities)

    def every_policy(self) -> dict[str, TraceResult]:
        """Return the result of every conserving policy on the same prepared case."""
        return {policy: run(self._prepared, policy) for policy in POLICIES}

    def compare(self, *, by: str | None = None) -> Frame:
        """Return who got what under every policy, side by side, and what any value-conserving rule can say.

        One row an (entity, category, asset, origin), or with ``by="address"`` one an address. Maxima of several rows
        are not attainable together.
        """
        if _is_by_address(by):
            from tracer.report import address_frame

            return address_frame(self._by_address, self.result.assets)
        from tracer.report import compare_frame

        return compare_frame(self.comparison.results, self.comparison.intervals)

    def compare_csv(self, *, by: str | None = None) -> str:
        """Return ``compare.csv``; `by` as for :meth:`compare`."""
        if _is_by_address(by):
            from tracer.report import address_csv

            return address_csv(self._by_address, self.result.tlp)
        from tracer.report import compare_csv

        return compare_csv(self.comparison.results, self.comparison.intervals)

    def compare_record(self, *, by: str | None = None) -> dict[str, Any]:
        """Return the comparison as plain records, amounts as text; `by` as for :meth:`compare`.

        Keys: case, options (but the policy), by, rows (as ``compare.csv``, and depends_on), audit (by policy: closed).
        """
        amounts = {*POLICIES, "min", "max"}
        rows = [
            {name: (None if value is None else str(value)) if name in amounts else value for name, value in row.items()}
            for row in self.compare(by=by).to_dict("records")
        ]
        summary = self.summary()
        options = {name: value for name, value in summary["options"].items() if name != "policy"}
        audit = {policy: result.audit.closed for policy, result in self.comparison.results.items()}
        return {
            "case": summary["case"],
            "options": options,
            "by": parse_options({"by": by}).by,
            "rows": rows,
            "audit": audit,
        }

    def compare_text(self, *, by: str | None = None) -> str:
        """Return the comparison for a terminal: the table, then :meth:`differences`; `by` as for :meth:`compare`."""
        if _is_by_address(by):
            from tracer.report import address_text

            return f"{address_text(self._by_address, self.result)}\n\nMarked {self.result.tlp}."
        from tracer.report import compare_text

        table = compare_text(self.comparison.results, self.comparison.intervals)
        return f"{table}\n\n{self.comparison.text()}\n\nMarked {self.result.tlp}."

    @cached_property
    def _by_address(self) -> tuple[AddressRow, ...]:
        from tracer.report import address_rows

        return address_rows(self.comparison.results, intervals_of(self._prepared))

    def differences(self) -> Words:
        """Return in plain words what all rules agree on, then where and why they differ."""
        from tracer.report import Words

        return Words(self.comparison.text())

    def sensitivity(self) -> Frame:
        """Leave out each label, stop and link in turn: one row a top-line figure that this moves by over 1 %.

        Columns: ``dropped`` (label, stop or link), ``what``; ``figure`` (an entity's or a stop reason's stolen units),
        ``name``, ``category``, ``asset``, ``origin``; ``before``, ``after``, ``change`` in base units; ``movements``
        responsible; ``statement`` and ``source_url`` of what was left out; ``reveal``, all of it in words.
        """
        from tracer.report import sensitivity_frame

        return sensitivity_frame(self._prepared, self.result)

    def poison(self) -> Frame:
        """Return every address that poison reaches and when: a set, never an amount, for poison creates value."""
        import pandas as pd

        from tracer.report import framed

        reached, stops = poisoned(self._prepared), self._prepared.stops
        rows = [(one.chain, stops.address_of(*one[:2]), one.asset, format_time(time)) for one, time in reached.items()]
        frame = pd.DataFrame(sorted(set(rows)), columns=["chain", "address", "asset", "first_time"], dtype=object)
        return framed(frame, self.result.assets)

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

    def address(self, text: str, *, bounds: bool = False) -> AddressPage:
        """Return one page on one address: labels in time, what came and went, with whom, its balance, its paths.

        Parameters
        ----------
        text : str
            An address or outpoint of this case, in any letter case its checksum allows, after its chain (CAIP-10) or
            not; or the beginning of one address alone, or a short form (``0x098b…2f96``).
        bounds : bool, default False
            Whether to say what any value-conserving rule can put there; a trace with bounds always does.

        Raises
        ------
        InputError
            If no address of the case is meant, or more than one; the error names those that may be.
        """
        from tracer.api.address import page_of

        return page_of(self, self._prepared, text, self._shown, bounds=bounds)

    def addresses(self, asked: str | Path | Iterable[str | Asked], *, bounds: bool = False, column: str = "") -> Frame:
        """Return which of many addresses stolen units reached, and which they did not; those reached come first.

        Parameters
        ----------
        asked : path, or iterable of str
            A file with a column ``address`` (and perhaps ``chain``) or with one address a line; or the addresses.
            Those of other chains and those in no row of the case may be among them: they are answered too.
        bounds : bool, default False
            Whether to say what any value-conserving rule can make others pay to each (`min`, `max`).
        column : str, optional
            The column of the file that has the addresses, where it is not called ``address``.

        Returns
        -------
        Frame
            One row an address and asset, in the order and with the columns of
            :class:`tracer.report.addresses.AskedRow`, then the other columns of the file; amounts are Python integers
            in base units.

        Raises
        ------
        InputError, DataFileError
            If there is no address, or the file cannot be read.
        """
        from tracer.report import asked_frame

        return asked_frame(self.asked(asked, bounds=bounds, column=column), self.result.assets)

    def asked(
        self, asked: str | Path | Iterable[str | Asked], *, bounds: bool = False, column: str = ""
    ) -> tuple[AskedRow, ...]:
        """Return the same as records."""
        from tracer.api.addresses import asked_rows, read_addresses

        given = read_addresses(Path(asked), column) if isinstance(asked, (str, Path)) else asked
        return asked_rows(self, self._prepared, given, bounds=bounds or self._with_bounds)

    def check(self) -> tuple[Checked, ...]:
        """Return the incident's published figures, each with what this trace measures for it."""
        incident = self.case.incident
        if incident is None or not incident.checkpoints:
            return Records(())
        addresses = {account.holder: address for account, address in self._prepared.ledger.addresses.items()}
        recorded = Recorded(self._prepared.untouched, addresses)
        return Records(check(incident.checkpoints, incident.labels, self.result, recorded))

    def checkpoints(self) -> Frame:
        """Return :meth:`check` as a table: first what others published, then the self-checks of the data."""
        import pandas as pd

        from tracer.report import framed

        names = [
            *("id", "claim", "claimed", "recorded", "tainted", "asserted", "difference", "tolerance", "agrees"),
            *("published", "publisher", "note", "asset"),
        ]
        checked = sorted(self.check(), key=lambda one: not one.published)
        rows = [[getattr(one, name) for name in names] for one in checked]
        return framed(pd.DataFrame(rows, columns=names, dtype=object), self.result.assets)

    def flags(self) -> FlagList:
        """Return the draft flagged list of this trace."""
        return self._flags

    @cached_property
    def _flags(self) -> FlagList:
        return self._flags_with(self._places(), self._entities.received)

    def flags_of(self, chain: ChainId, address: str) -> FlagList:
        """Return the draft list with what any rule says of one address alone, whose rows are as on the whole list.

        The intervals of all others, which take nearly all of the time, are left out.
        """
        if "_flags" in self.__dict__:
            return self._flags
        wanted = [place for place in self._places() if place[:2] == (chain, address)]
        paid = [place for place in self._paid_places() if place[:2] == (chain, address)]
        return self._flags_with(wanted, received_ranges(self._prepared, paid))

    def _paid_places(self) -> set[tuple[ChainId, str, AssetId]]:
        """Return every address that was paid stolen units, with the asset."""
        return {
            (payment.chain, side.address, side.asset) for payment in self.result.payments for side in payment.payees
        }

    def _places(self) -> list[tuple[ChainId, str, AssetId]]:
        """Return those of them that can be listed: all but such as a label stops at once that guards them besides."""
        addresses = self._prepared.ledger.addresses
        followed = {
            (account.chain, plain_holder(addresses.get(account, account.holder)))
            for account in self._prepared.plan.tracked
        }
        guarded = {
            place
            for place, holder in self.result.holders.items()
            if place not in followed
            and holder.stop_label is not None
            and CATEGORIES[holder.stop_label.category].guard
            and not any(label.rank for label in holder.labels)
        }
        return sorted(place for place in self._paid_places() if place[:2] not in guarded)

    def _flags_with(
        self,
        wanted: list[tuple[ChainId, str, AssetId]],
        received: Mapping[tuple[ChainId, str, AssetId], Range],
    ) -> FlagList:
        from tracer.flags import Parties, build

        incident = self.case.incident
        as_of = self.result.options.as_of
        if isinstance(received, Received):
            received.compute(wanted)
        thefts = self._prepared.thefts
        parties = Parties(
            victims=frozenset(caip10(*place) for place in thefts.victims),
            robbed={
                origin: {caip10(*place): lost for place, lost in mine.items()} for origin, mine in thefts.robbed.items()
            },
            receivers=frozenset(thefts.receivers),
            counterparties=thefts.counterparties,
            doubted=self._prepared.unvouched,
            unshown=frozenset(number + 1 for number, _ in self._prepared.doubts),
        )
        return build(
            self.result,
            as_of=as_of,
            prices=self.prices,
            incident=incident,
            tlp=self.result.tlp,
            ends=self._ends(wanted),
            received=received,
            parties=parties,
            registry=self.result.registry,
        )

    def _ends(self, wanted: Iterable[tuple[ChainId, str, AssetId]]) -> dict[tuple[ChainId, str, AssetId], Range]:
        """Return what any rule can leave at addresses at the end, all thefts together."""
        reasons: dict[tuple[ChainId, str, AssetId], list[ExitKey]] = {place: [] for place in wanted}
        joint = self._entities.joint
        for terminal in sorted(joint.network.terminals):
            place = place_of(self._prepared, terminal)
            if terminal.fate in GONE:
                continue
            if place[:3] in reasons and place not in reasons[place[:3]]:
                reasons[place[:3]].append(place)
        names = {"\x1f".join(key): key for key in reasons}
        found = joint_ranges(self._prepared, {name: reasons[key] for name, key in names.items()}, joint, there=True)
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
        from tracer.report import summary

        return Document(summary(self.result, self.prices, _versions(), self._shown) | {"command": self.command()})

    def command(self) -> str:
        """Return the command line that makes this trace again; tables of one's own go by what they are."""
        return command_of(self.case.words, self.result.options, bounds=self._with_bounds)

    def _asset_section(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return what the assets of the tables are called and how many base units make one."""
        return "asset", tuple((asset, _asset_words(known)) for asset, known in sorted(self.result.assets.items()))

    def write(self, out: str | Path, *, overwrite: bool = False, progress: Progress | None = None) -> Path:
        """Write every output file into a folder, or none; a picture that cannot be drawn costs itself alone.

        Parameters
        ----------
        out : path
            A folder that does not exist or is empty; with `overwrite`, one that an earlier trace wrote.
        progress : callable, optional
            Told how many steps are done (the list, tables, touched rows, pictures, page), and of how many.

        Returns
        -------
        Path
            The folder. What :meth:`undrawn` names is not in it.
        """
        told = progress or (lambda done, total: None)
        self.flags()
        told(1, _STEPS)
        files = {name: text.encode() for name, text in self._tables().items()}
        hashes = {name: sha256_of(data) for name, data in files.items()}
        told(2, _STEPS)
        touched, canonical = self._touched()
        files[TOUCHED], hashes[TOUCHED] = touched, sha256_of(canonical.encode())
        told(3, _STEPS)
        self.undrawn()
        told(4, _STEPS)
        for name, text in self._pictures().items():
            files[name] = text.encode()
            hashes[name] = sha256_of(files[name])
        told(_STEPS, _STEPS)
        manifest = {
            "schema": OUR_SCHEMA,
            "tlp": self.result.tlp,
            "files": hashes,
            "canonical_csv": [TOUCHED],
            "hashed": HASHED,
        }
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
        from tracer.report import cashouts_csv, exits_csv, legend_md, movements_csv

        prices, flags = self.prices, self.flags()
        return {
            "summary.json": json_text(self.summary()),
            "exits.csv": exits_csv(self.result, prices, self._shown),
            "cashouts.csv": cashouts_csv(self.result, prices, self._shown),
            "movements.csv": movements_csv(self.result, sources=source_urls(self.case.incident)),
            "flagged.csv": flagged_csv(flags),
            "leads.csv": leads_csv(flags),
            "kept_off.csv": kept_off_csv(flags, self.result.tlp),
            "legend.md": legend_md(
                self._asset_section(), *flag_sections(), notes=[f"Marked {self.result.tlp}.", flags.note(), _READABLE]
            ),
        }

    def _touched(self) -> tuple[bytes, str]:
        """Return ``touched.parquet`` and its canonical CSV, which the manifest hashes."""
        from tracer.report import touched_files

        return touched_files(self.result, sources=source_urls(self.case.incident))

    def _pictures(self) -> dict[str, str]:
        """Return the pictures and the page that shows them."""
        names = {"flow": "graph.svg", "graphml": "graph.graphml"}
        files = {names[name]: text for name, text in self._drawn[0].items() if name in names}
        return files | {"report.html": self._report_html()}

    def _report_html(self) -> str:
        from tracer.api.readable_list import readable_list
        from tracer.report import report_html

        drawn, failed = self._drawn
        flags = self.flags()
        listed = readable_list(flags, self.result)
        return report_html(
            self.result,
            self.prices,
            figures={name: text for name, text in drawn.items() if name != "graphml"},
            incident=self.case.incident,
            checkpoints=self.check(),
            versions=_versions(),
            flags_note=flags.note(),
            flagged=listed,
            flagged_more=len(flags.entries) - len(listed),
            intervals=self._shown,
            undrawn=failed,
            command=self.command(),
        )

    def __repr__(self) -> str:
        from tracer.report import card_text

        return card_text(self.result, self._shown, self.prices)

    def _repr_html_(self) -> str:
        from tracer.report import card_html

        return card_html(self.result, self._shown, self.prices)


def _asset_words(known: Asset) -> str:
    """Return what an asset is called and how many base units make one, as far as that is known."""
    name = plain(known.symbol) or "no symbol on file"
    return name if known.decimals is None else f"{name}: one is {10**known.decimals:,} base units"


def _is_by_address(by: str | None) -> bool:
    return parse_options({"by": by}).by == "address"


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
