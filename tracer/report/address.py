"""One page on one address: as tables, as plain records, as text for a terminal and as a card for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tracer.analysis import AddressFacts, BalancePoint, Counterparty, Flow
from tracer.io import write_file
from tracer.model import Asset, AssetId, Label, caip10, explorer_url, format_time
from tracer.report.paths import Path
from tracer.trace import Exit, Range, TraceResult

if TYPE_CHECKING:
    from tracer.report.frame import Frame

_LABELS: Final = (
    *("label", "category", "entity", "publisher", "rank", "role", "valid_from", "valid_until", "known", "incident"),
    "source_url",
)
_FLOWS: Final = (
    *(
        "asset",
        "opening",
        "opening_stolen",
        "received",
        "received_stolen",
        "receipts",
        "paid",
        "paid_stolen",
        "taken",
        "payments",
    ),
    *("balance", "held_stolen", "approximate"),
)
_PARTIES: Final = (
    *("direction", "addresses", "name", "asset", "amount", "stolen", "payments", "first_time", "last_time"),
)
_POINTS: Final = ("asset", "time", "block", "tx", "change", "balance", "stolen")
_EXITS: Final = ("stop_reason", "asset", "origin", "origin_asset", "tainted", "origin_amount", "approximate")
_AMOUNTS: Final = frozenset(
    (
        *(
            "opening",
            "opening_stolen",
            "received",
            "received_stolen",
            "paid",
            "paid_stolen",
            "taken",
            "balance",
            "held_stolen",
        ),
        *("amount", "stolen", "change", "tainted", "origin_amount", "min", "max", "passed_through", "passed_min"),
        "passed_max",
    )
)


class RangeLine(NamedTuple):
    """What any value-conserving rule can say of an address.

    Attributes
    ----------
    what : str
        ``is paid`` (by others, whether or not it is paid on), ``keeps`` (what ends there), or what it did with units
        that end with that: ``paid into a contract``, ``lost to a later theft``, ``burned``, ``earns as fees``.
    theft : str
        All its assets together; empty for all thefts together.
    asset : AssetId
        Units of which asset.
    range : Range
        Least, most, class and basis.
    """

    what: str
    theft: str
    asset: AssetId
    range: Range


class Standing(NamedTuple):
    """How an address stands to the draft list of a trace.

    Attributes
    ----------
    where : str
        ``flagged``, ``lead``, ``kept_off`` or ``nowhere``.
    words : str
        What the list says of it, or why it is not on it, in a sentence.
    source_url : str
        Where that is published; empty for a rule of the program.
    rows : tuple of mapping
        The rows of ``flagged.csv``, ``leads.csv`` or ``kept_off.csv`` as they stand there; none for ``nowhere``.
    """

    where: str
    words: str
    source_url: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """One page on one address of a trace.

    Attributes
    ----------
    facts : AddressFacts
        The plain records: labels, totals, counterparties, balances, exits.
    result : TraceResult
        The trace.
    standing : tuple of Standing
        Its lines on the draft list, or why it is not on it.
    ranges : tuple of RangeLine
        What any rule can say, where that was asked.
    path : Path or None
        How stolen units came to it; ``None`` where none did.
    hints : tuple of mapping
        What is said of the same key on other chains, contracts apart: a hint, never a label.
    asked : str
        What was asked for, where it was not the whole address.
    earned_fees : bool
        Whether fees can have been paid to it out of stolen units, which end there.
    made_by : tuple of str
        Lines that a file says at its end: by which version, as known when, by which trace.
    """

    facts: AddressFacts
    result: TraceResult
    standing: tuple[Standing, ...] = ()
    ranges: tuple[RangeLine, ...] = ()
    path: Path | None = None
    hints: tuple[Mapping[str, Any], ...] = ()
    asked: str = ""
    earned_fees: bool = False
    made_by: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The whole address in its canonical form."""
        return self.facts.address

    @property
    def explorer(self) -> str | None:
        """Its page in a public explorer, for a reader to follow; ``None`` where there is none that we know."""
        return explorer_url(self.facts.chain, "address", self.facts.address)

    def labels(self) -> Frame:
        """Return every label of it that was known, whenever it holds, strongest first."""
        return self._frame(_LABELS, self.facts.labels)

    def flows(self) -> Frame:
        """Return what came and went, one row an asset; amounts are Python integers in base units."""
        return self._frame(_FLOWS, self.facts.flows)

    def counterparties(self) -> Frame:
        """Return whom it was paid by and paid, stolen units first; amounts are Python integers in base units."""
        return self._frame(_PARTIES, self.facts.counterparties)

    def balance(self) -> Frame:
        """Return what it held after every event that changed it; amounts are Python integers in base units."""
        return self._frame(_POINTS, self.facts.points)

    def exits(self) -> Frame:
        """Return where following ends here, one row an (asset, stop reason, origin)."""
        return self._frame(_EXITS, map(_exit, self.facts.exits))

    def bounds(self) -> Frame:
        """Return what any rule can say of it; empty unless asked for."""
        return self._frame(_RANGES, map(_range, self.ranges))

    def _frame(self, names: Sequence[str], records: Iterable[_Record]) -> Frame:
        """Build the frame from objects, so that no amount passes through a type of 64 bits."""
        import pandas as pd

        from tracer.report.frame import framed

        rows = [["" if (cell := _value(name, one)) is None else cell for name in names] for one in records]
        return framed(pd.DataFrame(rows, columns=list(names), dtype=object), self.result.assets)

    def record(self) -> dict[str, Any]:
        """Return all of it as one record for a program; amounts are text, times ISO 8601, nothing left out."""
        facts = self.facts
        used = {flow.asset for flow in facts.flows} | {leaf.origin.asset for leaf in facts.exits}
        holder = facts.holder
        return {
            "schema": "tracer-address/1",
            "case": self.result.case_id,
            "policy": self.result.options.policy,
            "known_as_of": self.result.options.as_of,
            "chain": facts.chain,
            "address": facts.address,
            "caip10": caip10(facts.chain, facts.address),
            "explorer": self.explorer,
            "hop": None if holder is None else holder.hop,
            "seed": holder is not None and holder.is_seed,
            "first_stolen": None if holder is None or holder.first_time is None else format_time(holder.first_time),
            "can_have_come": facts.can_have,
            "robbed": facts.robbed,
            "stop_reason": "" if holder is None else holder.stop_reason,
            "guarded": self.result.registry,
            "labels": [_plain(_LABELS, one) for one in facts.labels],
            "labels_not_yet_known": facts.not_yet_known,
            "assets": {asset: _asset(self.result.assets.get(asset)) for asset in sorted(used)},
            "flows": [_plain(_FLOWS, one) for one in facts.flows],
            "counterparties": [_plain(_PARTIES, one) for one in facts.counterparties],
            "balance": [_plain(_POINTS, one) for one in facts.points],
            "exits": [_plain(_EXITS, _exit(one)) for one in facts.exits],
            "bounds": [_plain(_RANGES, _range(one)) for one in self.ranges],
            "paths": self._ways(),
            "list": [
                {
                    "where": one.where,
                    "words": one.words,
                    "source_url": one.source_url,
                    "rows": [
                        {name: "" if value is None else str(value) for name, value in row.items()} for row in one.rows
                    ],
                }
                for one in self.standing
            ],
            "same_key": [dict(one) for one in self.hints],
        }

    def _ways(self) -> list[dict[str, Any]]:
        return [
            {
                "amount": str(way.amount),
                "asset": way.account.asset,
                "origin": way.origin.name,
                "origin_asset": way.origin.asset,
                "origin_amount": str(way.origin_amount),
                "grade": way.grade,
                "steps": [
                    {
                        "kind": step.kind,
                        "time": None if step.time is None else format_time(step.time),
                        "tx": step.tx,
                        "sender": step.sender,
                        "recipient": step.recipient,
                        "asset": step.asset_in,
                        "amount": str(step.amount_in),
                        "grade": step.grade,
                    }
                    for step in way.steps
                ],
            }
            for way in (self.path.found.ways if self.path else ())
        ]

    def text(self, width: int = 100) -> str:
        """Return the page for a terminal of a width in characters: short, with what was left out counted."""
        from tracer.report.address_terminal import page_text

        return page_text(self, width)

    def write(self, path: str | FilePath, *, overwrite: bool = False) -> None:
        """Write the page into a file, whole: ``.html`` for a dossier, ``.txt`` or ``.json`` by the name's ending.

        Raises
        ------
        InputError
            If the name ends otherwise, or the file is there and is not to be replaced.
        """
        from tracer.report.address_file import page_file

        write_file(FilePath(path), page_file(self, FilePath(path)), overwrite=overwrite)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from tracer.report.address_html import page_html

        return page_html(self)


_RANGES: Final = ("what", "theft", "asset", "min", "max", "certainty", "depends_on", "basis")


class _Cells:
    """Values by name, as a record has them."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)


def _exit(leaf: Exit) -> _Cells:
    return _Cells(
        stop_reason=leaf.stop_reason,
        asset=leaf.asset,
        origin=leaf.origin.name,
        origin_asset=leaf.origin.asset,
        tainted=leaf.tainted,
        origin_amount=leaf.origin_amount,
        approximate=leaf.approximate,
    )


def _range(line: RangeLine) -> _Cells:
    held = line.range
    return _Cells(
        what=line.what,
        theft=line.theft,
        asset=line.asset,
        min=held.min,
        max=held.max,
        certainty=held.certainty,
        depends_on=held.depends_on,
        basis=held.basis,
    )


_Record = Label | Flow | Counterparty | BalancePoint | _Cells


def _value(name: str, one: _Record) -> Any:  # noqa: ANN401 (a cell is of its column's type)
    value = getattr(one, name)
    if name in ("time", "first_time", "last_time") and value is not None:
        return format_time(value)
    return " ".join(value) if name == "addresses" else value


def _plain(names: Sequence[str], one: _Record) -> dict[str, Any]:
    """Return a record for JSON: amounts as text, for a program that reads numbers as floats would change them."""
    return {name: str(_value(name, one)) if name in _AMOUNTS else _value(name, one) for name in names}


def _asset(known: Asset | None) -> dict[str, Any]:
    return {"symbol": "", "decimals": None} if known is None else {"symbol": known.symbol, "decimals": known.decimals}
