"""Where the money of a case's seeds came from: a backward trace and what it is written as. Thin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer import __version__
from tracer.analysis import Funds, source_of_funds
from tracer.api.commands import command_of
from tracer.api.verifying import HASHED
from tracer.io import OUR_SCHEMA, json_text, sha256_of, whole_folder, write_file
from tracer.registry import release_date
from tracer.trace import PreparedCase

if TYPE_CHECKING:
    from tracer.api.case import Case
    from tracer.report import Frame


@dataclass(frozen=True, slots=True, repr=False)
class Sources:
    """A finished backward trace.

    Attributes
    ----------
    case : Case
        Whose seeds were asked about.
    prepared : PreparedCase
        The case made ready.
    funds : Funds
        The plain records.
    """

    case: Case
    prepared: PreparedCase
    funds: Funds

    def __repr__(self) -> str:
        return f"{self.funds!r}\n{self.table().pretty(10)!r}"

    def _repr_html_(self) -> str:
        return f"<div>{self.funds._repr_html_()}{self.table().pretty(10)._repr_html_()}</div>"

    def table(self) -> Frame:
        """Return where the money came from, one row an (entity, category, asset, origin); amounts are integers."""
        import pandas as pd

        from tracer.report import BY_SIZE, CashoutRow, framed, sources_rows

        rows = sources_rows(self.funds, self.prepared.assets, self.case.prices)
        names = list(CashoutRow.__dataclass_fields__)
        cells = [[getattr(row, name) for name in names] for row in rows]
        return framed(pd.DataFrame(cells, columns=names, dtype=object), self.prepared.assets, order=BY_SIZE)

    def summary(self) -> dict[str, Any]:
        """Return what ``summary.json`` holds: targets, what they received, audit; amounts are text."""
        from tracer.report import funds_summary

        versions = {"tracer": __version__, "registry": release_date()}
        command = command_of(self.case.words, self.prepared.options, back=True)
        said = {"case": self.case.id, "command": command, "tlp": self.prepared.inputs.tlp, "versions": versions}
        return said | funds_summary(self.funds)

    def write(self, out: str | Path, *, overwrite: bool = False) -> Path:
        """Write ``sources.csv``, ``summary.json`` and ``manifest.json`` into a folder, all of them or none."""
        from tracer.report import sources_csv

        files = {
            "sources.csv": sources_csv(
                self.funds, self.prepared.assets, self.case.prices, self.prepared.inputs.tlp
            ).encode(),
            "summary.json": json_text(self.summary()).encode(),
        }
        manifest = {
            "schema": OUR_SCHEMA,
            "tlp": self.prepared.inputs.tlp,
            "files": {name: sha256_of(data) for name, data in files.items()},
            "hashed": HASHED,
        }
        files["manifest.json"] = json_text(manifest).encode()
        with whole_folder(Path(out), overwrite=overwrite) as folder:
            for name, data in sorted(files.items()):
                write_file(folder / name, data)
        return Path(out)


def trace_back(case: Case, policy: str | None = None, **options: Any) -> Sources:  # noqa: ANN401 (the fields of Options)
    """Return where the money of a case's seeds came from, by the rule that would follow it forward.

    Parameters
    ----------
    case : Case
        Its seed holders, and the payees of its seed transactions, are the targets.
    policy : str
        One of :data:`tracer.trace.options.POLICIES`; ``fifo`` unless told.
    **options
        The other fields of :class:`tracer.trace.Options`; hops are counted from the target.

    Raises
    ------
    InputError
        If an option cannot be used, or the seeds name nobody.
    """
    prepared = case.prepare(policy=policy, **(options | {"direction": "back"}))
    return Sources(case, prepared, source_of_funds(prepared, prepared.options.policy))
