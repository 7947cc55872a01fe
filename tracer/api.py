"""What a notebook sees: open a case, trace it, look at it, write it down. Thin: every figure comes from a room below."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer import __version__
from tracer.attribution import LabelIndex, load_incident, load_incidents, load_service_labels, read_labels, release_date
from tracer.attribution import why as statements_on
from tracer.config.paths import bundles_dir
from tracer.config.readers import read_json
from tracer.config.writers import json_text, sha256_of, whole_folder, write_file
from tracer.errors import InputError
from tracer.model import Incident, Label, LedgerLeg, Seed, Transfer
from tracer.sources.bundle import bundle_of
from tracer.sources.prices import Prices
from tracer.sources.tables import read_ledger, read_seeds, read_transfers
from tracer.trace import POLICIES, Audit, Checked, Inputs, Options, Prepared, Result, check, prepare, run

if TYPE_CHECKING:
    import pandas as pd

    from tracer.attribution.validate import Problem
    from tracer.flags import FlagList

_NO_PRICES = Prices({}, "")
_Progress = Callable[[int], None]


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

    def __init__(self, inputs: Inputs, labels: tuple[Label, ...], prices: Prices, incident: Incident | None) -> None:
        self._inputs, self._labels, self._prices = inputs, labels, prices
        self.incident = incident

    @property
    def id(self) -> str:
        """The incident's id, or ``table``."""
        return self._inputs.case_id

    @property
    def seeds(self) -> pd.DataFrame:
        """What was stolen, one row a seed; amounts are Python integers in base units."""
        import pandas as pd

        rows = [(s.kind, s.value, s.chain, s.asset, s.amount, s.origin) for s in self._inputs.seeds]
        return pd.DataFrame(rows, columns=["kind", "value", "chain", "asset", "amount", "origin"], dtype=object)

    def prepare(self, **options: Any) -> Prepared:  # noqa: ANN401 (the fields of Options)
        """Return everything of a trace that no policy changes; `options` as for :meth:`trace`."""
        chosen = _options(options)
        labels = LabelIndex(self._labels, chosen.as_of)
        return prepare(replace(self._inputs, labels=labels), chosen)

    def trace(self, policy: str = "fifo", *, progress: _Progress | None = None, **options: Any) -> Trace:  # noqa: ANN401
        """Trace the case under one policy.

        Parameters
        ----------
        policy : str
            ``fifo``, ``lifo``, ``haircut``, ``tiho``, ``clean_first`` or ``dirty_first``.
        progress : callable, optional
            Told how many events are done.
        **options
            The other fields of :class:`tracer.trace.Options`: ``stop_at``, ``max_hops``, ``min_amount``,
            ``high_degree``, ``until``, ``grade``, ``as_of``.

        Raises
        ------
        InputError
            If an option or a seed cannot be used.
        """
        prepared = self.prepare(policy=policy, **options)
        return Trace(self, prepared, run(prepared, policy, progress=progress))

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

    def __init__(self, case: Case, prepared: Prepared, result: Result) -> None:
        self.case, self.result = case, result
        self._prepared = prepared

    @property
    def audit(self) -> Audit:
        """Whether stolen is the sum of its exits, per origin."""
        return self.result.audit

    def exits(self) -> pd.DataFrame:
        """Return where following stops, one row an (address, asset, stop reason, origin)."""
        from tracer.report.frames import exits_frame

        return exits_frame(self.result, self.case._prices)

    def cashouts(self) -> pd.DataFrame:
        """Return who got what, one row an (entity, asset, origin)."""
        from tracer.report.frames import cashouts_frame

        return cashouts_frame(self.result, self.case._prices)

    def movements(self) -> pd.DataFrame:
        """Return every input row that touches a followed holder, in total order."""
        from tracer.report.frames import movements_frame

        return movements_frame(self.result)

    def every_policy(self) -> dict[str, Result]:
        """Return the result of every conserving policy on the same prepared case."""
        return {policy: run(self._prepared, policy) for policy in POLICIES}

    def compare(self) -> pd.DataFrame:
        """Return who got what under every policy, side by side, one row an (entity, asset, origin)."""
        from tracer.report.frames import compare_frame

        return compare_frame(self.every_policy())

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
        from tracer.flags import build

        return build(self.result, as_of=self.result.options.as_of, prices=self.case._prices)

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

        return summary(self.result, self.case._prices, _versions())

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

        prices, flags = self.case._prices, self.flags()
        return {
            "summary.json": json_text(self.summary()),
            "exits.csv": exits_csv(self.result, prices),
            "cashouts.csv": cashouts_csv(self.result, prices),
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
            self.case._prices,
            figures=figures,
            incident=self.case.incident,
            checkpoints=self.check(),
            versions=_versions(),
            flags_note=self.flags().note(),
        )

    def __repr__(self) -> str:
        from tracer.report.card import card_text

        return card_text(self.result)

    def _repr_html_(self) -> str:
        from tracer.report.card import card_html

        return card_html(self.result)


def open_case(name: str | Path, *, offline: bool = True) -> Case:
    """Open a shipped case by its id, or a folder of the caller's own.

    Parameters
    ----------
    name : str or Path
        An incident id as :func:`cases` lists it; or a folder with ``transfers`` or ``ledger`` and ``seeds`` (CSV or
        Parquet) and optionally ``labels``; or the output folder of a trace of a shipped case.
    offline : bool, default True
        Cases are read from their bundle; nothing is fetched.

    Raises
    ------
    InputError
        If there is no such case, it ships without a bundle, or `offline` is false.
    """
    if not offline:
        raise InputError(
            "A case can only be opened offline.",
            why="This version reads bundled cases and tables; it does not fetch from chains.",
            next_step="Leave offline=True.",
        )
    folder = Path(name)
    if folder.is_dir():
        return _open_folder(folder)
    incident = load_incident(str(name))
    bundle = bundle_of(incident.id)
    if bundle is None:
        raise InputError(
            f"The case {incident.id} ships without a bundle.",
            why="Its incident is on file, but its movements are not.",
            next_step=f"Trace a table of your own, or one of: {', '.join(_bundled())}.",
        )
    table = read_transfers(bundle.table("transfers"))
    prices = bundle.prices()
    labels = (*incident.labels, *load_service_labels())
    hashes = {"bundle": {"case": incident.id, "transfers": bundle.manifest.tables["transfers"].sha256}}
    inputs = Inputs(
        incident.id,
        incident.name,
        table.transfers,
        incident.seeds,
        LabelIndex(labels, ""),
        incident.history or None,
        incident.assets,
        {**hashes, **_input_hashes(incident.seeds, labels)},
        table.notes,
    )
    return Case(inputs, labels, prices, incident)


def open_table(
    *,
    transfers: str | Path | None = None,
    ledger: str | Path | None = None,
    seeds: str | Path,
    labels: str | Path | None = None,
) -> Case:
    """Open a table of the caller's own as a case.

    Parameters
    ----------
    transfers, ledger : path
        One of the two: a transfers table, or a table of debits and credits (CSV or Parquet).
    seeds : path
        What was stolen.
    labels : path, optional
        Labels; without them nothing absorbs.

    Raises
    ------
    InputError
        If both or none of `transfers` and `ledger` are given.
    DataFileError
        If a table cannot be used; names file, row and column.
    """
    if (transfers is None) == (ledger is None):
        raise InputError("Give either transfers or ledger, not both.", next_step="See the table formats in docs/.")
    rows: tuple[Transfer, ...] | tuple[LedgerLeg, ...]
    if transfers is not None:
        table = read_transfers(Path(transfers))
        rows, notes = table.transfers, table.notes
    else:
        legs = read_ledger(Path(str(ledger)))
        rows, notes = legs.legs, legs.notes
    seed_rows = read_seeds(Path(seeds))
    label_rows = read_labels(Path(labels)) if labels is not None else ()
    if labels is not None:
        from tracer.attribution import label_notes

        notes = (*notes, *label_notes(Path(labels)))
    inputs = Inputs(
        "table",
        "a table of the user's own",
        rows,
        seed_rows,
        LabelIndex(label_rows, ""),
        hashes=_input_hashes(seed_rows, label_rows),
        notes=notes,
    )
    return Case(inputs, label_rows, _NO_PRICES, None)


def cases() -> pd.DataFrame:
    """Return the incidents on file, one row each, in order of date."""
    import pandas as pd

    return pd.DataFrame(case_list(), dtype=object)


def case_list() -> list[dict[str, Any]]:
    """Return the incidents on file as plain records: id, name, date, losses, attributed_by, seeds, bundle."""
    bundled = _bundled()
    return [
        {
            "id": incident.id,
            "name": incident.name,
            "date": incident.date,
            "losses": [{"asset": loss.asset, "amount": str(loss.amount)} for loss in incident.losses],
            "attributed_by": sorted({one.source.publisher for one in incident.attributions}),
            "seeds": len(incident.seeds),
            "bundle": incident.id in bundled,
        }
        for incident in load_incidents()
    ]


def why(addresses: str | Iterable[str], *, as_of: str = "") -> pd.DataFrame:
    """Return every statement held on one or more addresses, in the order asked; unknown ones come back empty.

    Raises
    ------
    AddressError
        If a text is no address of any chain.
    """
    import pandas as pd

    asked = [addresses] if isinstance(addresses, str) else list(addresses)
    records = [record for address in asked for record in (why_list(address, as_of=as_of) or [{"address": address}])]
    columns = list(_STATEMENT_COLUMNS)
    return pd.DataFrame(records, columns=columns, dtype=object).fillna("")


_STATEMENT_COLUMNS = (
    *("address", "chain", "property", "value", "publisher", "rank", "rank_name", "grade", "confidence", "incident"),
    *("valid_from", "valid_until", "in_force", "title", "source_url", "published", "licence", "note"),
)


def why_list(address: str, *, as_of: str = "") -> list[dict[str, Any]]:
    """Return the statements on one address as plain records, those in force first."""
    from tracer.attribution import in_force
    from tracer.model import RANKS

    day = as_of or release_date()
    return [
        dict(
            zip(
                _STATEMENT_COLUMNS,
                (
                    *(said.address, said.chain, said.property, said.value, said.source.publisher, said.source.rank),
                    *(RANKS.get(said.source.rank, ""), said.grade, said.confidence, said.incident),
                    *(said.valid_from, said.valid_until, in_force(said, day), said.source.title, said.source.url),
                    *(said.source.published, said.source.licence, said.note),
                ),
                strict=True,
            )
        )
        for said in statements_on(address, as_of=as_of)
    ]


def validate(folder: str | Path | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with an ``addresses/`` folder, each with file and line; empty when all is well."""
    from tracer.attribution.validate import validate as check_folder

    return check_folder(Path(folder) if folder is not None else None)


def _options(given: Mapping[str, Any]) -> Options:
    known = {key: tuple(value) if key == "stop_at" else value for key, value in given.items() if value is not None}
    known["as_of"] = known.get("as_of") or release_date()
    try:
        return Options(**known)
    except TypeError as cause:
        raise InputError(
            f"An option is not known: {', '.join(sorted(known))}.",
            next_step=f"Options: {', '.join(Options.__dataclass_fields__)}.",
        ) from cause


def _bundled() -> list[str]:
    folder = bundles_dir()
    return sorted(path.parent.name for path in folder.glob("*/manifest.json")) if folder.is_dir() else []


def _open_folder(folder: Path) -> Case:
    if (folder / "summary.json").is_file():
        return open_case(str(read_json(folder / "summary.json").get("case", "")))
    found = {
        name: path
        for name in ("transfers", "ledger", "seeds", "labels")
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet")
        if path.is_file()
    }
    if "seeds" not in found:
        raise InputError(
            f"The folder {folder.name!r} is no case.",
            why="A case folder holds transfers or ledger, seeds, and optionally labels, as CSV or Parquet.",
            next_step="Add the tables, or give an incident id as `tracer cases` lists it.",
        )
    return open_table(
        transfers=found.get("transfers"),
        ledger=found.get("ledger"),
        seeds=found["seeds"],
        labels=found.get("labels"),
    )


def _input_hashes(seeds: Iterable[Seed], labels: Iterable[Label]) -> dict[str, dict[str, str]]:
    """Return row count and hash of seeds and labels in canonical form; the order of labels does not matter, that of seeds does."""
    hashes = {}
    for name, records in (("seeds", seeds), ("labels", labels)):
        lines = [repr(record) for record in records]
        if name == "labels":
            lines.sort()
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        hashes[name] = {"rows": str(len(lines)), "sha256": digest}
    return hashes


def _versions() -> dict[str, str]:
    return {"tracer": __version__, "registry": release_date()}

