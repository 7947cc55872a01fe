"""Many addresses asked about at once: which of them stolen units reached, and which not; as frame, CSV, and text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from tracer.io import csv_text, plain, short_name
from tracer.model import Asset, AssetId, format_time, format_units
from tracer.report.wording import asset_names, count
from tracer.trace import BASIS_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracer.report.frame import Frame

CAME: Final = "stolen units came"
MAYBE: Final = "can have come, not by this rule"
ROBBED: Final = "robbed here"
NONE: Final = "in the case, none can have come"
SANCTIONED: Final = "on a sanctions list, in no row of the case"
NAMED: Final = "named in the registry, in no row of the case"
SAME_KEY_NAMED: Final = "in no row of the case, but its key on another chain is named"
ABSENT: Final = "in no row of the case"
EMPTY: Final = "empty cell"
UNSUPPORTED: Final = "on a chain that is not supported"
NO_CHAIN: Final = "on a chain that is not known"
WRONG_CHECKSUM: Final = "wrong checksum"
NO_ADDRESS: Final = "no address"

NO_LIST: Final = "no list is made"
"""Where the draft list of a case has an address of which no list is made at all."""

OUTSIDE: Final = (SANCTIONED, NAMED, SAME_KEY_NAMED, ABSENT)
"""Answers on an address that is in no row: what the registry says of it, or that it says nothing."""

ANSWERS: Final = (
    *(CAME, SANCTIONED, MAYBE, ROBBED, NAMED, SAME_KEY_NAMED, NONE, ABSENT),
    *(UNSUPPORTED, NO_CHAIN, WRONG_CHECKSUM, NO_ADDRESS, EMPTY),
)
"""What can be said of an address, in the order of the table."""

NOT_LOOKED_FOR: Final = (UNSUPPORTED, NO_CHAIN, WRONG_CHECKSUM, NO_ADDRESS, EMPTY)
"""Answers that say nothing of the address, but of how it was written."""

_SHOWN: Final = (CAME, SANCTIONED, MAYBE, ROBBED, NAMED, SAME_KEY_NAMED, *NOT_LOOKED_FOR)
"""Answers whose addresses a terminal lists; the others are counted."""


_STANDINGS: Final = ("flagged", "lead", "kept off", NO_LIST)
_REASONED: Final = (SAME_KEY_NAMED, ABSENT, *(one for one in NOT_LOOKED_FOR if one != EMPTY))
_REASONS: Final = 5
"""Addresses that are in no row, or were not looked for, whose reason or hint a terminal shows."""
_AMOUNTS: Final = ("came", "remains", "min", "max")


@dataclass(frozen=True, slots=True)
class Asked:
    """An address that is asked about.

    Attributes
    ----------
    text : str
        As it was written.
    chain : str
        On which chain, as it was written: in CAIP-2 form or in a word; empty where nobody said.
    besides : tuple of (str, str)
        The other columns of its row, each with its cell.
    """

    text: str
    chain: str = ""
    besides: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    """One address that was asked about, and one asset of which stolen units came or can have come.

    Attributes
    ----------
    asked : str
        As it was written.
    chain, address : str
        As the case has it; empty where it has not.
    answer : str
        One of :data:`ANSWERS`.
    case : str
        The case that says so; empty where none has the address.
    entity, category : str
        Of the labels in force when stolen units of the asset came, where they end, or at the end; in turn.
    asset : str
        Of what; empty where nothing came.
    came, remains : int or None
        Stolen units it received, and those of them that are still there at the end, under the rule, base units.
    min, max : int or None
        Least and most that any rule makes others pay to it, all thefts together; only with bounds.
    certainty, basis : str
        Class of `min` and `max`, and what it rests on, as in ``exits.csv``.
    listed : str
        ``flagged``, ``lead`` or ``kept off``: where the draft list of the trace has it, in this asset; ``no list is
        made`` of a case that has none; ``named by OFAC`` (or who it is) where the registry alone names it; empty if
        nowhere.
    why : str
        What the list or the registry says of it, in words; of an address that was not looked for, why not.
    tier, role, grade, rank, confidence, valid_until, evidence_url
        Of its row on the list, as ``flagged.csv`` and ``leads.csv`` have them (`rank` is their `attribution_rank`).
    first_time, last_time : int or None
        Of the receipts of stolen units, seconds UTC.
    first_tx, paid_by : str
        Transaction of the first receipt that is in the rows, and who paid in it, up to three.
    labels_known : str
        The day whose knowledge of labels is used.
    version : str
        Of the program.
    besides : tuple of (str, str)
        The other columns of the asker's table, each with its cell.
    """

    asked: str
    chain: str = ""
    address: str = ""
    answer: str
    case: str = ""
    entity: str = ""
    category: str = ""
    asset: str = ""
    came: int | None = None
    remains: int | None = None
    min: int | None = None
    max: int | None = None
    certainty: str = ""
    basis: str = ""
    listed: str = ""
    why: str = ""
    tier: str = ""
    role: str = ""
    grade: str = ""
    rank: str = ""
    confidence: int | None = None
    valid_until: str = ""
    evidence_url: str = ""
    first_time: int | None = None
    last_time: int | None = None
    first_tx: str = ""
    paid_by: str = ""
    labels_known: str = ""
    version: str = ""
    besides: tuple[tuple[str, str], ...] = ()

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the columns of the table that is written, those of the asker apart."""
        own = [field.name for field in fields(cls) if field.name != "besides"]
        return (*own, "symbol", "tlp", *(f"{name}_whole" for name in _AMOUNTS))

    @property
    def meant(self) -> str:
        """The one address that is meant, however it was written; what was not looked for is only itself."""
        if self.answer in NOT_LOOKED_FOR:
            return f"{self.answer}: {self.asked}{self.besides if self.answer == EMPTY else ''}"
        same = self.asked.casefold() if self.asked[:2].casefold() == "0x" else self.asked
        return f"{self.chain}:{self.address}" if self.address else same


_COLUMNS: Final = tuple(field.name for field in fields(AskedRow) if field.name != "besides")
_FIRST: Final = ("asked", "answer", "case", "asset", "came", "remains", "listed", "tier", "entity")
"""Columns that a notebook shows in any case."""
_CHAIN_WORDS: Final = ("chain", "network", "asked_chain")
_TIMES: Final = ("first_time", "last_time")


def asked_frame(rows: Sequence[AskedRow], assets: Mapping[AssetId, Asset]) -> Frame:
    """Return the rows as a frame; amounts are Python integers in base units."""
    import pandas as pd

    from tracer.report.frame import framed

    more = _besides(rows)
    cells = [[*(_cell(name, getattr(row, name)) for name in _COLUMNS), *_cells_besides(row, more)] for row in rows]
    own = [name for name in more if name.casefold() not in _CHAIN_WORDS][:1]  # the customer's number, most often
    frame = framed(pd.DataFrame(cells, columns=[*_COLUMNS, *more], dtype=object), assets, first=(*own, *_FIRST))
    frame.attrs["note"] = asked_sentence(rows)
    return frame


def _besides(rows: Sequence[AskedRow]) -> list[str]:
    """Return the asker's other columns, in the order in which they are met."""
    return list(dict.fromkeys(name for row in rows for name, _ in row.besides))


def _cells_besides(row: AskedRow, columns: Sequence[str]) -> list[str]:
    held = dict(row.besides)
    return [held.get(name, "") for name in columns]


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401 (a cell is of its column's type)
    return format_time(value) if name in _TIMES and value is not None else value


def asked_csv(rows: Sequence[AskedRow], assets: Mapping[AssetId, Asset], tlp: str) -> str:
    """Return the rows as CSV: every amount in base units, and beside it in whole ones with the symbol."""
    names = asset_names(assets)
    columns: list[str] = []
    for name in _COLUMNS:
        columns += [name, f"{name}_whole"] if name in _AMOUNTS else [name, "symbol"] if name == "asset" else [name]
    lines, more = [], _besides(rows)
    for row in rows:
        known = assets.get(AssetId(row.asset))
        line: list[str] = []
        for name in _COLUMNS:
            value = getattr(row, name)
            if name in _AMOUNTS:
                whole = value is not None and known is not None and known.decimals is not None
                line += ["" if value is None else str(value)]
                line += [format_units(value, known.decimals).replace(",", "") if whole and known is not None else ""]
            elif name == "asset":
                line += [row.asset, names.get(AssetId(row.asset), "") if row.asset else ""]
            else:
                line.append("" if value is None else str(_cell(name, value)))
        lines.append([*line, tlp, *_cells_besides(row, more)])
    return csv_text([*columns, "tlp", *more], lines)


def asked_record(rows: Sequence[AskedRow], assets: Mapping[AssetId, Asset], tlp: str) -> dict[str, Any]:
    """Return the rows as plain records, amounts as text; and how many addresses have each answer."""
    used = {row.asset for row in rows if row.asset}
    return {
        "answers": _counts(rows),
        "assets": {
            asset: {"symbol": assets[AssetId(asset)].symbol, "decimals": assets[AssetId(asset)].decimals}
            for asset in sorted(used)
            if AssetId(asset) in assets
        },
        "addresses": [
            {
                name: str(value) if name in _AMOUNTS and value is not None else _cell(name, value)
                for name in _COLUMNS
                for value in (getattr(row, name),)
            }
            | ({"asked_with": dict(row.besides)} if row.besides else {})
            for row in rows
        ],
        "tlp": tlp,
    }


def asked_text(rows: Sequence[AskedRow], assets: Mapping[AssetId, Asset], tlp: str, cases: Sequence[str] = ()) -> str:
    """Return the answer for a terminal: how many, then a line an address and asset; untouched ones are counted.

    Where several `cases` were asked, each line names its own.
    """
    from tracer.report.text import aligned

    several = len(cases) > 1

    names = asset_names(assets)
    listed = [row for row in rows if row.answer in _SHOWN]
    bounded = any(row.max is not None for row in listed)
    lines = [
        (
            row.address or plain(row.asked)[:60],
            *((row.case,) if several else ()),
            _said(row.answer, several),
            *(_units(assets, names, row, row.came), _units(assets, names, row, row.remains)),
            *((_range(assets, names, row),) if bounded else ()),
            f"{plain(row.listed)} {row.tier}".strip(),
            plain(row.entity),
        )
        for row in listed
    ]
    lines = list(dict.fromkeys(lines))  # one address can be asked about in several rows, or written in several ways
    counts = _counts(rows)
    head = asked_sentence(rows, cases)
    titles = [
        "address",
        *(("case",) if several else ()),
        "answer",
        "stolen, came",
        "of it still there",
        *(("any rule",) if bounded else ()),
        "list",
        "label",
    ]
    right = (3, 4) if several else (2, 3)
    table = [aligned(titles, lines, right)] if lines else []
    why = list(
        dict.fromkeys(f"{plain(row.asked)[:60]}: {row.why}" for row in rows if row.answer in _REASONED and row.why)
    )
    reasons = [
        *why[:_REASONS],
        *([f"and {len(why) - _REASONS:,} more, in --out FILE and --json"] if len(why) > _REASONS else []),
    ]
    rest = sum(counts.values()) - len({row.meant for row in listed})
    outside = len({row.meant for row in listed if row.answer in OUTSIDE})
    if outside:
        reasons.append(f"The registry names {outside:,} that are {_said(ABSENT, several)}: tracer why ADDRESS.")
    more = [f"The other {rest:,} are not listed here; --out FILE and --json have every one."] if rest and lines else []
    as_of = {(row.labels_known, row.version) for row in rows if row.labels_known}
    made = [f"Labels as known on {day}; tracer {version}." for day, version in sorted(as_of)]
    bases = {row.basis for row in listed} & set(BASIS_WORDS)
    worth = [f"Basis {basis}: {BASIS_WORDS[basis]}." for basis in sorted(bases)]
    return "\n".join([head, *table, *worth, *reasons, *more, *made, f"Marked {tlp}."])


def asked_sentence(rows: Sequence[AskedRow], cases: Sequence[str] = ()) -> str:
    """Return how many addresses were asked about, and how many have each answer."""
    several = len(cases) > 1
    asked = len({row.meant for row in rows if row.answer != EMPTY})
    among = f" in {len(cases)} cases ({', '.join(cases)})" if several else ""
    return (
        f"{count(asked, 'address', 'addresses')} asked about{among}{_repeats(rows, asked)}: "
        + "; ".join(
            f"{_said(answer, several)}: {number:,}{_standings(rows, answer)}"
            for answer, number in _counts(rows).items()
        )
        + "."
    )


def _said(answer: str, several: bool) -> str:
    return answer.replace("of the case", "of these cases") if several else answer


def _repeats(rows: Sequence[AskedRow], asked: int) -> str:
    """Return in how many rows of the asker's that many addresses are, where the numbers differ."""
    written = len({(row.asked, row.besides) for row in rows})
    return f" in {written:,} rows" if written != asked else ""


def _standings(rows: Sequence[AskedRow], answer: str) -> str:
    """Return how many addresses with an answer the draft list has, and where; of several places the first."""
    place: dict[str, str] = {}
    for where in _STANDINGS:
        for row in rows:
            if row.answer == answer and row.listed == where:
                place.setdefault(row.meant, where)
    held = Counter(place.values())
    return f" ({', '.join(f'{held[where]:,} {where}' for where in _STANDINGS if held[where])})" if held else ""


def _counts(rows: Sequence[AskedRow]) -> dict[str, int]:
    """Return how many addresses have each answer; one with several, by asset, has the first of them."""
    first: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: ANSWERS.index(row.answer)):
        first.setdefault(row.meant, row.answer)
    held = Counter(first.values())
    return {answer: held[answer] for answer in ANSWERS if answer in held}


def _range(assets: Mapping[AssetId, Asset], names: Mapping[AssetId, str], row: AskedRow) -> str:
    if row.max is None:
        return ""
    return f"{_units(assets, names, row, row.min)} to {_units(assets, names, row, row.max)} ({_class(row)})"


def _class(row: AskedRow) -> str:
    return f"{row.certainty}, basis {row.basis}" if row.basis else row.certainty


def _units(assets: Mapping[AssetId, Asset], names: Mapping[AssetId, str], row: AskedRow, amount: int | None) -> str:
    if amount is None:
        return ""
    asset = AssetId(row.asset)
    known = assets.get(asset)
    name = names.get(asset) or short_name(row.asset).text
    return f"{amount:,} {name}" if known is None else f"{format_units(amount, known.decimals)} {name}"
