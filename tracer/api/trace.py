"""A finished trace as a notebook sees it: tables, pictures, report. Thin: figures come from rooms below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tracer.analysis import Checked, Recorded, check, poisoned
from tracer.api.commands import command_of
from tracer.api.draft_list import draft_list
from tracer.api.paths import path_of
from tracer.api.picture import Picture
from tracer.api.result_files import STEPS, Drawn, ResultFiles, drawn_of, source_urls, versions
from tracer.bounds import Certificate, check_certificate
from tracer.errors import InputError
from tracer.io import Document, Prices, Records, plain, write_file
from tracer.model import ChainId, Incident, format_time
from tracer.taint import Progress
from tracer.trace import (
    POLICIES,
    Audit,
    Intervals,
    PreparedCase,
    TraceResult,
    intervals_of,
    parse_options,
    run,
    run_every,
)

if TYPE_CHECKING:
    from tracer.flags import FlagList
    from tracer.report import AddressPage, AddressRow, Asked, AskedRow, Comparison, Frame, Words
    from tracer.report import Path as PathTo


class TracedCase(Protocol):
    """What a trace says of the case that it is of; :class:`tracer.api.case.Case` is one.

    Attributes
    ----------
    id : str
        What it is called.
    prices : Prices
        What figures are valued with.
    incident : Incident or None
        What is published of the theft.
    words : tuple of str
        What it was opened from, as a command line says it.
    names : frozenset of tuple of ChainId and str
        Every address and outpoint that its rows name.
    """

    prices: Prices
    incident: Incident | None
    words: tuple[str, ...]

    @property
    def id(self) -> str:
        """What it is called."""

    @property
    def names(self) -> frozenset[tuple[ChainId, str]]:
        """Every address and outpoint that its rows name, with its chain."""


class Trace:
    """A finished trace: tables, pictures, report. Nothing on it changes; every method gives a new object.

    Attributes
    ----------
    result : TraceResult
        The plain records.
    """

    def __init__(self, case: TracedCase, prepared: PreparedCase, result: TraceResult, *, bounds: bool = False) -> None:
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
        from tracer.api.addresses import asked_rows
        from tracer.api.asked_files import read_addresses

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
        return self._draft(None)

    def flags_of(self, chain: ChainId, address: str) -> FlagList:
        """Return the draft list with what any rule says of one address alone, whose rows are as on the whole list.

        The intervals of all others, which take nearly all of the time, are left out.
        """
        return self._flags if "_flags" in self.__dict__ else self._draft((chain, address))

    def _draft(self, only: tuple[ChainId, str] | None) -> FlagList:
        return draft_list(
            self._prepared,
            self.result,
            self._entities,
            prices=self.prices,
            incident=self.case.incident,
            only=only,
        )

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

        return Document(summary(self.result, self.prices, versions(), self._shown) | {"command": self.command()})

    def command(self) -> str:
        """Return the command line that makes this trace again; tables of one's own go by what they are."""
        return command_of(self.case.words, self.result.options, bounds=self._with_bounds)

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
        told(1, STEPS)
        self._files().write(Path(out), overwrite=overwrite, told=told)
        return Path(out)

    def undrawn(self) -> dict[str, str]:
        """Return the pictures that could not be drawn, and why, in words; empty where all could."""
        return dict(self._drawn.failed)

    @cached_property
    def _drawn(self) -> Drawn:
        return drawn_of(self.result)

    def _files(self) -> ResultFiles:
        return ResultFiles(
            result=self.result,
            prices=self.prices,
            incident=self.case.incident,
            intervals=self._shown,
            flags=self.flags(),
            checks=self.check(),
            summary=self.summary(),
            command=self.command(),
            drawn=self._drawn,
        )

    def _report_html(self) -> str:
        return self._files().page()

    def __repr__(self) -> str:
        from tracer.report import card_text

        return card_text(self.result, self._shown, self.prices)

    def _repr_html_(self) -> str:
        from tracer.report import card_html

        return card_html(self.result, self._shown, self.prices)


def _is_by_address(by: str | None) -> bool:
    return parse_options({"by": by}).by == "address"
