"""The folder that a trace is written into: tables, pictures, the page that shows them, and the manifest of all."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.analysis import Checked
from tracer.api.verifying import HASHED, TOUCHED
from tracer.errors import TracerError
from tracer.io import OUR_SCHEMA, Prices, json_text, plain, sha256_of, whole_folder, write_file
from tracer.model import Asset, Incident
from tracer.registry import release_date
from tracer.taint import Progress
from tracer.trace import Intervals, TraceResult

if TYPE_CHECKING:
    from tracer.flags import FlagList

_LOG: Final = logging.getLogger(__name__)
STEPS: Final = 5
"""Steps of writing a folder that are counted."""

_READABLE: Final = (
    "Amounts in the files are whole numbers of base units, which a spreadsheet rounds: read the column as text. "
    "`tracer show CASE --addresses flagged.csv --out readable.csv` writes the list with names, symbols and whole "
    "coins; report.html shows its first lines so."
)
"""What helps a reader of base units."""

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


def versions() -> dict[str, str]:
    """Return what made a result: the program's version, and the day of the registry's release."""
    return {"tracer": __version__, "registry": release_date()}


def source_urls(incident: Incident | None) -> dict[str, str]:
    """Return where each source that an incident speaks by can be read, by its key."""
    if incident is None:
        return {}
    said = [one.source for one in (*incident.attributions, *incident.dissent)]
    told = [one.source for one in incident.statements] + [one.source for one in incident.claims]
    figures = [one.source for one in incident.losses] + [one.source for one in incident.checkpoints]
    return {source.key: source.url for source in (*said, *told, *figures)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The pictures of a trace.

    Attributes
    ----------
    texts : dict of str to str
        Each picture by its name: ``flow``, ``sankey``, ``timeline`` (SVG) and ``graphml``.
    failed : dict of str to str
        Why each that could not be drawn could not: a fault of a drawing takes no table with it.
    """

    texts: dict[str, str]
    failed: dict[str, str]


def drawn_of(result: TraceResult) -> Drawn:
    """Draw every picture of a trace."""
    from tracer.viz import flow_svg, graphml, sankey_svg, timeline_svg

    drawers = {"flow": flow_svg, "sankey": sankey_svg, "timeline": timeline_svg, "graphml": graphml}
    drawn: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name, drawer in drawers.items():
        try:
            drawn[name] = drawer(result)
        except _DRAWING_FAULTS as fault:
            failed[name] = f"{type(fault).__name__}: {fault}"
            _LOG.warning("The picture %s could not be drawn: %s", name, failed[name])
    return Drawn(texts=drawn, failed=failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFiles:
    """Everything that the files of a result are made of.

    Attributes
    ----------
    result : TraceResult
        The trace.
    prices : Prices
        What it is valued with.
    incident : Incident or None
        What is published of the theft.
    intervals : Intervals or None
        What any rule can say, where the trace was asked for it.
    flags : FlagList
        Its draft list.
    checks : sequence of Checked
        Published figures beside the measured ones.
    summary : mapping
        What ``summary.json`` holds.
    command : str
        The command line that makes it again.
    drawn : Drawn
        Its pictures.
    """

    result: TraceResult
    prices: Prices
    incident: Incident | None
    intervals: Intervals | None
    flags: FlagList
    checks: Sequence[Checked]
    summary: Mapping[str, Any]
    command: str
    drawn: Drawn

    def tables(self) -> dict[str, str]:
        """Return the text of every table, by the name of its file."""
        from tracer.flags import flag_sections, flagged_csv, kept_off_csv, leads_csv
        from tracer.report import cashouts_csv, exits_csv, legend_md, movements_csv

        result, prices, flags = self.result, self.prices, self.flags
        return {
            "summary.json": json_text(self.summary),
            "exits.csv": exits_csv(result, prices, self.intervals),
            "cashouts.csv": cashouts_csv(result, prices, self.intervals),
            "movements.csv": movements_csv(result, sources=source_urls(self.incident)),
            "flagged.csv": flagged_csv(flags),
            "leads.csv": leads_csv(flags),
            "kept_off.csv": kept_off_csv(flags, result.tlp),
            "legend.md": legend_md(
                _asset_section(result), *flag_sections(), notes=[f"Marked {result.tlp}.", flags.note(), _READABLE]
            ),
        }

    def touched(self) -> tuple[bytes, str]:
        """Return ``touched.parquet`` and its canonical CSV, which the manifest hashes."""
        from tracer.report import touched_files

        return touched_files(self.result, sources=source_urls(self.incident))

    def pictures(self) -> dict[str, str]:
        """Return the pictures that are files of their own, and the page that shows all."""
        names = {"flow": "graph.svg", "graphml": "graph.graphml"}
        files = {names[name]: text for name, text in self.drawn.texts.items() if name in names}
        return files | {"report.html": self.page()}

    def page(self) -> str:
        """Return the report, one self-contained HTML page."""
        from tracer.api.readable_list import readable_list
        from tracer.report import report_html

        listed = readable_list(self.flags, self.result)
        return report_html(
            self.result,
            self.prices,
            figures={name: text for name, text in self.drawn.texts.items() if name != "graphml"},
            incident=self.incident,
            checkpoints=self.checks,
            versions=versions(),
            flags_note=self.flags.note(),
            flagged=listed,
            flagged_more=len(self.flags.entries) - len(listed),
            intervals=self.intervals,
            undrawn=self.drawn.failed,
            command=self.command,
        )

    def write(self, out: Path, *, overwrite: bool, told: Progress) -> None:
        """Write every file into a folder, or none; the manifest has the hash of each.

        Parameters
        ----------
        out : Path
            A folder that does not exist or is empty; with `overwrite`, one that an earlier trace wrote.
        told : callable
            Told how many of :data:`STEPS` are done; the first is the list, which is there already.
        """
        files = {name: text.encode() for name, text in self.tables().items()}
        hashes = {name: sha256_of(data) for name, data in files.items()}
        told(2, STEPS)
        touched, canonical = self.touched()
        files[TOUCHED], hashes[TOUCHED] = touched, sha256_of(canonical.encode())
        told(3, STEPS)
        for name, text in self.pictures().items():
            files[name] = text.encode()
            hashes[name] = sha256_of(files[name])
        told(STEPS, STEPS)
        manifest = {
            "schema": OUR_SCHEMA,
            "tlp": self.result.tlp,
            "files": hashes,
            "canonical_csv": [TOUCHED],
            "hashed": HASHED,
        }
        files["manifest.json"] = json_text(manifest).encode()
        with whole_folder(out, overwrite=overwrite) as folder:
            for name, data in sorted(files.items()):
                write_file(folder / name, data)


def _asset_section(result: TraceResult) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what the assets of the tables are called and how many base units make one."""
    return "asset", tuple((asset, _asset_words(known)) for asset, known in sorted(result.assets.items()))


def _asset_words(known: Asset) -> str:
    """Return what an asset is called and how many base units make one, as far as that is known."""
    name = plain(known.symbol) or "no symbol on file"
    return name if known.decimals is None else f"{name}: one is {10**known.decimals:,} base units"
