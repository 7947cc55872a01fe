"""A DataFrame whose columns stay exact integers, and which shows itself for people: symbols, thousands, links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from tracer.io import ROWS, Cell, plain, short_name, shortened, table_html
from tracer.model import Asset, AssetId, ChainId, chain_of, describe_asset, explorer_url, format_time, format_units
from tracer.report.wording import asset_names, display_order
from tracer.trace import POLICIES

COLUMNS_SHOWN: Final = 10
_FEWEST: Final = 4
_WIDTH: Final = 116
"""Characters that stand side by side beside an open side bar of JupyterLab on a small screen."""
_WIDEST: Final = 140
"""The same without the side bar, where words of text columns break between lines."""
BY_SIZE: Final = "size"
"""Order of a frame that stands sorted by address or entity: it is shown with the largest first."""

_ADDRESSES: Final = ("address", "asked", "sender", "recipient", "holder", "victim")
_HASHES: Final = ("tx", "first_tx", "last_tx")
_OWN_ASSET: Final = {"origin_amount": "origin_asset", "amount_in": "asset_in", "paid": "asset_in"}
_AMOUNTS: Final = (
    *("amount", "tainted", "received", *POLICIES, "min", "max", "theft_min", "theft_max", "held", "other"),
    *(
        "before",
        "after",
        "change",
        "published",
        "claimed",
        "recorded",
        "asserted",
        "difference",
        "tolerance",
        *_OWN_ASSET,
    ),
    *("passed_through", "passed_min", "passed_max"),
    *("opening", "received_stolen", "paid_stolen", "taken", "balance", "held_stolen", "stolen", "came", "remains"),
)
_ASSETS: Final = ("asset", "origin_asset", "asset_in")
_SIZES: Final = ("tainted", "change", "max", "fifo", "amount")
_WANTED: Final = (
    *("case", "asked", "answer", "came", "remains", "asset", "listed"),
    *(
        "seq",
        "step",
        "way",
        "id",
        "time",
        "date",
        "tx",
        "sender",
        "recipient",
        "address",
        "kind",
        "entity",
        "category",
        "what",
        "name",
    ),
    *(
        "claim",
        "property",
        "value",
        "amount",
        "asset",
        *POLICIES,
        "tainted",
        "ends_as",
        "named_by",
        "grade",
        "agrees",
        "change",
        "before",
        "after",
        "claimed",
    ),
    *("recorded", "difference", "agrees", "published", "publisher", "stop_reason", "usd_at_time", "route"),
    *(
        "min",
        "max",
        "certainty",
        "origin_asset",
        "received",
        "origin",
        "usd_min",
        "usd_max",
        "attributed_to",
        "bundle",
        "rank",
    ),
    *("why", "direction", "addresses", "came", "balance", "stolen", "label"),
    *("received_stolen", "paid", "paid_stolen", "held_stolen", "theft", "valid_from", "valid_until", "known"),
    *("in_force", "kind", "figure", "first_time", "last_time", "category", "amount_in", "movements", "grade", "chain"),
)
_HEADS: Final = {"tainted": "stolen units", "remains": "still there"}
"""How a column is headed where its name is no word that a reader knows."""

_COMPARED: Final = (*POLICIES, "min", "max", "certainty", "origin_asset")
_RANK: Final = {name: place for place, name in enumerate(dict.fromkeys(_WANTED))}
_CAIP_10: Final = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:[0-9A-Za-z]{14,100}", re.ASCII)
_LONG_NAME: Final = re.compile(r"0x[0-9a-f]{40,64}|[0-9a-f]{64}", re.ASCII)
_DIGITS: Final = 6
"""Digits behind the point that are shown; what follows stands under the pointer."""
_FEW_DIGITS: Final = 2
_CLAIM: Final = "claim"
_BROKEN: Final = 45
"""Characters of a claim that count as the width of its column: its words break between lines."""
_MANY_AMOUNTS: Final = 3
"""Columns of amounts from which on they have fewer digits, so that they stand side by side."""
_CROWD: Final = 6
"""Columns of amounts from which on those of thousands are shown in whole units."""
_LONG_WHOLE: Final = 5


class Frame(pd.DataFrame):
    """An ordinary DataFrame; amounts are Python integers of base units, and :meth:`pretty` shows them for people."""

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def pretty(
        self, rows: int | None = ROWS, *, columns: Sequence[str] | None = None, exact: bool | None = None
    ) -> Shown:
        """Return what shows the frame in a notebook or a terminal: symbols, whole units, short addresses, links.

        Parameters
        ----------
        rows : int or None
            Rows at most; ``None`` for all.
        columns : sequence of str, optional
            Which columns; by default those that say most and differ between rows, ten at most.
        exact : bool, optional
            Whether amounts stand to their last digit; by default where the table is then no wider than a page.
        """
        return Shown(self, rows, None if columns is None else tuple(columns), exact)

    def _repr_html_(self) -> str:
        return self.pretty()._repr_html_()


def framed(
    frame: pd.DataFrame,
    assets: Mapping[AssetId, Asset] | None = None,
    *,
    order: str = "",
    first: Sequence[str] = (),
) -> Frame:
    """Return a frame that shows itself for people.

    Parameters
    ----------
    frame : DataFrame
        Its columns and values stay as they are.
    assets : mapping of AssetId to Asset
        Symbols and decimals of what moves in it.
    order : str
        :data:`BY_SIZE`, or empty where the rows stand in an order that means something.
    first : sequence of str
        Columns that are shown in any case, before all others.
    """
    shown = Frame(frame)
    known = assets or {}
    names = asset_names(known)
    held = {str(asset): (names[asset], one.decimals) for asset, one in known.items()}
    shown.attrs = {**frame.attrs, "shown": {"assets": held, "order": order, "first": tuple(first)}}
    return shown


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A frame as people read it.

    Attributes
    ----------
    frame : Frame
        The exact figures.
    rows : int or None
        Rows shown at most.
    columns : tuple of str or None
        Columns shown; ``None`` for those that say most.
    exact : bool or None
        Whether amounts stand to their last digit; ``None`` where there is room.
    """

    frame: Frame
    rows: int | None = ROWS
    columns: tuple[str, ...] | None = None
    exact: bool | None = None

    def _repr_html_(self) -> str:
        head, cells, right, notes = self._parts()
        return table_html(head, cells, right, notes)

    def __repr__(self) -> str:
        from tracer.report.text import aligned

        head, cells, right, notes = self._parts()
        return "\n".join([aligned(head, [[cell.text for cell in row] for row in cells], right), *filter(None, notes)])

    def _parts(self) -> tuple[list[str], list[list[Cell]], list[int], list[str]]:
        frame = self.frame
        order = self._order()
        picked = order if self.rows is None else order[: self.rows]
        used = [name for name in frame.columns if isinstance(name, str)]
        records = [
            dict(zip(used, values, strict=True))
            for values in frame.iloc[picked][used].itertuples(index=False, name=None)
        ]
        names, fixed, left = self._choice(records)
        cells, is_cut = self._cells(names, records)
        right = [place for place, name in enumerate(names) if _is_number(name, [record[name] for record in records])]
        notes = [str(frame.attrs["note"])] if frame.attrs.get("note") else []
        if fixed:
            first = dict(zip(used, next(frame.iloc[[0]][used].itertuples(index=False, name=None)), strict=True))
            notes.append("All: " + " · ".join(f"{name} {self._cell(name, first).text}" for name in fixed))
        size = f"{len(picked):,} of {len(frame):,} rows" if len(picked) < len(frame) else f"{len(frame):,} rows"
        if len(frame) == 1:
            size = "1 row"
        parts = [size + (", largest first" if self._by_size() and len(frame) > 1 else "")]
        if left:
            parts.append(f"more columns: {', '.join(left[:12])}{', …' if len(left) > 12 else ''}")
        if len(picked) < len(frame):
            parts.append(".pretty(rows=None) shows all")
        if is_cut:
            parts.append("… stands for digits left out, .pretty(exact=True) shows them")
        said = "; ".join(parts)
        notes.append(said if said.endswith("…") else f"{said}.")
        return [_HEADS.get(name, name.replace("_", " ")) for name in names], cells, right, notes

    def _cells(self, names: list[str], records: Sequence[Mapping[str, Any]]) -> tuple[list[list[Cell]], bool]:
        """Return the cells and whether a digit is left out of any: of none where that is asked for or fits.

        Where not all fit, the stolen units alone may: they are what is quoted.
        """
        whole = [[self._cell(name, record, exact=True) for name in names] for record in records]
        if self.exact or (self.exact is None and _width(names, whole) <= _WIDTH):
            return whole, False
        cut = [[self._cell(name, record) for name in names] for record in records]
        if self.exact is None and "tainted" in names:
            place = names.index("tainted")
            quoted = [[*few[:place], full[place], *few[place + 1 :]] for few, full in zip(cut, whole, strict=True)]
            cut = quoted if _width(names, quoted) <= _WIDEST else cut
        return cut, cut != whole

    def _said(self, name: str) -> Any:  # noqa: ANN401 (attrs of a frame are of any type)
        return self.frame.attrs.get("shown", {}).get(name)

    def _by_size(self) -> bool:
        """Return whether the rows are shown by size: they are, as long as nobody put them in an order of his own."""
        index = self.frame.index
        given = isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1
        return given and self._said("order") == BY_SIZE and "asset" in self.frame.columns

    def _order(self) -> list[int]:
        frame, places = self.frame, list(range(len(self.frame)))
        sizes = [name for name in _SIZES if name in frame.columns]
        if not sizes or not self._by_size():
            return places
        dollars: list[Any] = list(frame["usd_at_time"]) if "usd_at_time" in frame.columns else [None]
        columns = [[-abs(value) if isinstance(value, int) else 0 for value in frame[name]] for name in sizes]
        amounts = list(zip(*columns, strict=True))
        if all(isinstance(value, Decimal) for value in dollars):
            return sorted(places, key=lambda place: (-dollars[place], amounts[place], place))
        assets = [str(asset) for asset in frame["asset"]]
        rank = {asset: number for number, asset in enumerate(display_order(map(AssetId, set(assets))))}
        return sorted(places, key=lambda place: (rank[AssetId(assets[place])], amounts[place], place))

    def _choice(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str], list[str]]:
        """Return the columns shown, those said once because every row has the same, and those left out."""
        frame = self.frame
        every = [name for name in frame.columns if isinstance(name, str)]
        if self.columns is not None:
            return [name for name in self.columns if name in every], [], []
        used = [name for name in every if any(not _is_empty(value) for value in frame[name])] or every
        if len(used) <= COLUMNS_SHOWN:
            return used, [], [name for name in every if name not in used]
        fixed: list[str] = [
            name
            for name in ("asset", "origin", "origin_asset", "chain", "grade", "category", "address")
            if name in used and len(frame) > 1 and all(value == frame[name].iloc[0] for value in frame[name])
        ]
        ranked = sorted((name for name in used if name not in fixed), key=lambda name: _RANK.get(name, 999))
        shown, width = set[str](), 0
        for name in ranked[: COLUMNS_SHOWN + 2 * ("fifo" in used)]:
            longest = max([len(name), *(len(self._cell(name, record).text) for record in records[:ROWS])])
            width += 2 + (min(longest, _BROKEN) if name == _CLAIM else longest)
            if len(shown) < _FEWEST or width <= _WIDTH or ("fifo" in used and name in _COMPARED):
                shown.add(name)
        if "asset" in ranked and any(name in _AMOUNTS and name not in _OWN_ASSET for name in shown):
            shown.add("asset")  # an amount without its unit cannot be read
        # Two legs of one theft, or two thefts, are no double rows; and what agrees, agrees within something.
        # Beside what was moved stands what of it is stolen.
        beside = ["origin", "origin_asset", *(("difference", "tolerance") if "agrees" in shown else ())]
        beside += ["tainted"] if "amount" in shown else []
        shown.update(name for name in ranked if name in beside)
        first = self.frame.attrs.get("shown", {}).get("first", ())
        names = [*(name for name in first if name in used), *(name for name in every if name in shown)]
        names = list(dict.fromkeys(names))
        fixed = [name for name in fixed if name not in names]
        return names, fixed, [name for name in every if name not in names and name not in fixed]

    def _cell(self, name: str, record: Mapping[str, Any], *, exact: bool = False) -> Cell:
        value = record[name]
        if _is_empty(value):
            return Cell("no entity named" if name == "entity" and record.get("category") else "")
        chain = _chain(record)
        if name in _AMOUNTS and isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)  # a table whose every cell is text
        if name in _ASSETS:
            return Cell(self._asset(str(value))[0], str(value))
        if name in _AMOUNTS and isinstance(value, int) and not isinstance(value, bool):
            return self._amount(name, value, record, exact=exact)
        if isinstance(value, str) and (name in _ADDRESSES or (name == "value" and "kind" in record)):
            kind = "tx" if name == "value" and record["kind"] == "tx" else "address"
            return short_name(value, explorer_url(chain, kind, value) or "")
        if name == "addresses" and isinstance(value, str):
            first, *others = value.split()
            cell = short_name(first, explorer_url(chain, "address", first) or "")
            return cell if not others else Cell(f"{cell.text} and {len(others):,} more", value)
        if name in _HASHES:
            return short_name(str(value), explorer_url(chain, "tx", str(value)) or "")
        if name == "block":
            return Cell(f"{int(value):,}", href=explorer_url(chain, "block", int(value)) or "")
        if name == "chain":
            return Cell(chain_of(ChainId(str(value))).name, str(value))
        if isinstance(value, str) and name == "source_url":
            return shortened(value)._replace(href=value)
        if name in ("time", "first_time", "last_time"):
            return Cell(_moment(value))
        if name == "origin" and isinstance(value, str) and _CAIP_10.fullmatch(value):
            home, _, place = value.rpartition(":")
            return short_name(place, explorer_url(ChainId(home), "address", place) or "")._replace(whole=value)
        return _plain(name, value)

    def _amount(self, name: str, amount: int, record: Mapping[str, Any], *, exact: bool) -> Cell:
        own = _OWN_ASSET.get(name, "")
        own = own if own in record else ""
        asset = record.get(own or "asset", "")
        if _is_empty(asset):
            return Cell(f"{amount:,}")
        symbol, decimals = self._asset(str(asset))
        whole = format_units(amount, decimals)
        beside = sum(name in _AMOUNTS for name in self.frame.columns)
        digits = _FEW_DIGITS if beside > _MANY_AMOUNTS else _DIGITS
        if "fifo" in self.frame.columns and beside > _CROWD and len(whole.partition(".")[0].lstrip("-")) >= _LONG_WHOLE:
            digits = 0
        about = "≈ " if name == "tainted" and record.get("precision") in ("printed", "approximate") else ""
        shown = whole if exact else _cut(whole, digits)
        beside_it = self.frame.columns if self.columns is None else self.columns
        mine = f" {symbol}" if own or "asset" not in beside_it else ""
        return Cell(f"{about}{shown}{mine}", f"{whole} {symbol}, {amount} base units")

    def _asset(self, asset: str) -> tuple[str, int | None]:
        held = (self._said("assets") or {}).get(asset)
        if held is not None:
            return held[0], held[1]
        known = describe_asset(AssetId(asset))
        return known.symbol or short_name(asset.rsplit("/", 1)[-1]).text, known.decimals


def _width(names: Sequence[str], cells: Iterable[Sequence[Cell]]) -> int:
    """Return how many characters wide a table is."""
    columns = zip(*([len(name) for name in names], *([len(cell.text) for cell in row] for row in cells)), strict=True)
    return sum(max(column) + 2 for column in columns)


def _chain(record: Mapping[str, Any]) -> ChainId:
    """Return the chain a row is of: its own column's, else its asset's."""
    chain = record.get("chain")
    if isinstance(chain, str) and chain:
        return ChainId(chain)
    return ChainId(str(record.get("asset") or "").partition("/")[0])


def _is_empty(value: object) -> bool:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, str | list | tuple) and not value):
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124 (that is what NaN is)


def _is_number(name: str, values: Iterable[object]) -> bool:
    if name in _AMOUNTS or name.startswith("usd_"):
        return True
    held = [value for value in values if not _is_empty(value)]
    return bool(held) and all(
        hasattr(value, "__int__") and not isinstance(value, str | bool | datetime) for value in held
    )


def _cut(exact: str, digits: int) -> str:
    """Return an amount with some digits behind the point, of a small one the first two above 0; a cut is marked."""
    whole, _, part = exact.partition(".")
    if whole.lstrip("-") == "0":
        digits = max(digits, len(part) - len(part.lstrip("0")) + 2)
    return exact if len(part) <= digits else f"{whole}{'.' if digits else ''}{part[:digits]}…"


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = format_time(value) if isinstance(value, int) else str(value)
    return plain(text).replace("T", " ").removesuffix("Z")


def _plain(name: str, value: object) -> Cell:
    if isinstance(value, Decimal):
        return Cell(f"{value:,}")
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if name == "category":
        return Cell(str(value).replace("_", " "), str(value))
    if name.startswith("usd_") and isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return Cell(f"{Decimal(value):,}")
    if hasattr(value, "__int__") and not isinstance(value, str | float):
        return Cell(f"{int(value):,}")
    if isinstance(value, list | tuple):
        return shortened(", ".join(map(str, value)))
    text = str(value)
    if name == _CLAIM:  # what was published is the row: its words break between lines
        return Cell(text)
    return shortened(_LONG_NAME.sub(lambda found: short_name(found[0]).text, text))._replace(whole=text)
