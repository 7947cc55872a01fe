"""The sankey: theft, asset held, kind of exit, venue. One panel a stolen asset; sizes are shares of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracer.errors import AuditError
from tracer.model import AssetId, Origin
from tracer.trace import TraceResult
from tracer.viz.captions import Words, words_of
from tracer.viz.flow import MARGIN, audit_alert, draw_heading
from tracer.viz.model import Part, origins_in_order, whole_part
from tracer.viz.node_styles import KINDS, reason_text, venue_text
from tracer.viz.svg import INK, MUTED, Canvas, number
from tracer.viz.text import clean, fit, share_text, width

_BAR: Final = 18.0
_TALL: Final = 320
"""Height of a whole theft, pixels."""

_SLOT: Final = 40.0
_COLUMNS: Final = (0.0, 300.0, 570.0, 860.0)
_WIDTH: Final = 1240.0
_ROOMS: Final = (190.0, 190.0, 220.0, 350.0)
_VENUES: Final = 14
_PLAIN: Final = "#8c8c8c"
_HOLLOW: Final = "#c98a72"
"""For kinds whose mark is not filled (incomplete)."""


@dataclass(slots=True)
class _Bar:
    """One node of the sankey; `amount` in base units of the origin's asset, heights in pixels."""

    name: str
    detail: str
    fill: str
    kind: str
    amount: int
    exact: str
    y: float = 0.0
    height: float = 0.0
    used_left: float = 0.0
    used_right: float = 0.0


def sankey_svg(result: TraceResult) -> str:
    """Return where each stolen asset ended, as shares of what was stolen, in a standalone SVG document.

    Each panel is one theft and asset; bars of a column sum to what was stolen, whatever it was swapped to. Amounts of
    different assets are never added.

    Parameters
    ----------
    result : TraceResult
        A finished trace.

    Raises
    ------
    AuditError
        If the exits of a theft do not sum to what was stolen though the trace says that it closes.
    """
    words = words_of(result, [])
    canvas = Canvas(f"Exits of stolen funds: {clean(result.title)}")
    title = f"Where the stolen funds ended: {clean(result.title) or clean(result.case_id)}"
    legend = "Theft, asset held at the end, kind of exit, venue. Heights are shares of the stolen amount of each panel."
    if not result.exits:
        legend = "Nothing stolen was found in this trace."
    subtitle = [f"{result.tlp} · Policy {result.options.policy} · {len(result.exits):,} exits", legend]
    y = draw_heading(canvas, title, subtitle, _WIDTH, audit_alert(result)) + 26
    by_origin: dict[Origin, list[Part]] = {origin: [] for origin in origins_in_order(result)}
    for leaf in result.exits:
        by_origin.setdefault(leaf.origin, []).append(whole_part(result, leaf))
    for origin, parts in by_origin.items():
        _check(result, origin, parts)
        y = _draw_panel(canvas, origin, parts, words, y) + 44
    return canvas.document(_WIDTH + 2 * MARGIN, y)


def _check(result: TraceResult, origin: Origin, parts: list[Part]) -> None:
    drawn, stolen = sum(part.origin_amount for part in parts), result.stolen.get(origin, 0)
    if result.audit.closed and drawn != stolen:
        raise AuditError(
            f"The exits of {origin.name!r} sum to {drawn}, stolen were {stolen} base units of {origin.asset}.",
            why="What is drawn must be what was stolen, to the last unit.",
        )


Key = tuple[str, ...]
_KEYS: Final[tuple[Callable[[Part], Key], ...]] = (
    lambda part: (),
    lambda part: (part.asset,),
    lambda part: (part.kind, part.stop_reason),
    lambda part: (part.kind, part.stop_reason, part.venue),
)


def _draw_panel(canvas: Canvas, origin: Origin, parts: list[Part], words: Words, top: float) -> float:
    """Draw one theft and asset; return the height below it."""
    whole = words.result.stolen.get(origin, 0) or sum(part.origin_amount for part in parts) or 1
    heads = (f"Theft: {clean(origin.name, 80)}", "Held as", "Kind of exit", "Venue")
    for x, head, room in zip(_COLUMNS, heads, (270.0, 190.0, 220.0, 350.0), strict=True):
        canvas.text(MARGIN + x, top, fit(head, 12, room, bold=True), 12, bold=True, fill=MUTED)
    keep = _kept_venues(parts)
    keys = [*_KEYS[:3], lambda part: _venue_key(part, keep)]
    columns = [_column(parts, key, level, words, origin, whole) for level, key in enumerate(keys)]
    rank = {part_key: place for place, part_key in enumerate(columns[2])}
    columns[3] = dict(sorted(columns[3].items(), key=lambda item: rank[item[0][:2]]))
    bottom = max(_stack(list(column.values()), top + 22) for column in columns)
    for column in columns:
        _centre(list(column.values()), top + 22, bottom)
    for level in range(3):
        _draw_ribbons(canvas, columns, keys, level, parts, whole)
    for level, column in enumerate(columns):
        for bar in column.values():
            _draw_bar(canvas, bar, level)
    return bottom


def _kept_venues(parts: list[Part]) -> set[Key]:
    """Return the venues that have a bar of their own: the largest, in a total order."""
    sums: dict[Key, int] = {}
    for part in parts:
        key = _KEYS[3](part)
        sums[key] = sums.get(key, 0) + part.origin_amount
    ranked = sorted(sums, key=lambda key: (-sums[key], key))
    return set(ranked if len(ranked) <= _VENUES else ranked[: _VENUES - 1])


def _venue_key(part: Part, keep: set[Key]) -> Key:
    key = _KEYS[3](part)
    return key if key in keep else (part.kind, part.stop_reason, "\x1f")


def _column(
    parts: list[Part], key: Callable[[Part], Key], level: int, words: Words, origin: Origin, whole: int
) -> dict[Key, _Bar]:
    """Return the bars of a column, largest first."""
    groups: dict[Key, list[Part]] = {}
    for part in parts:
        groups.setdefault(key(part), []).append(part)
    ranked = sorted(groups.items(), key=lambda item: (-sum(p.origin_amount for p in item[1]), item[0]))
    found = {}
    for name, group in ranked:
        amount = sum(part.origin_amount for part in group)
        bar = _bar(level, name, group, words, origin)
        bar.amount = amount
        bar.height = max(amount * _TALL / whole, 0.8)
        bar.detail = f"{share_text(amount, whole)} · {bar.detail}"
        found[name] = bar
    return found


def _bar(level: int, key: Key, group: list[Part], words: Words, origin: Origin) -> _Bar:
    held = _held(group, words)
    if level == 0:
        total = sum(part.origin_amount for part in group)
        amount = words.amount(total, origin.asset)
        return _Bar(amount, "stolen", "#000000", "theft", 0, words.exact(total, origin.asset))
    if level == 1:
        asset = AssetId(key[0])
        total = sum(part.tainted for part in group)
        rough = any(part.approximate for part in group)
        return _Bar(words.unit(asset), words.amount(total, asset, approximate=rough), _PLAIN, "", 0, held)
    kind = KINDS[key[0]]
    fill = kind.fill if kind.fill != "#ffffff" else _HOLLOW
    if level == 2:
        addresses = len({(part.chain, part.address) for part in group if part.address})
        return _Bar(reason_text(key[1], key[0]), _counted(addresses, "address", "addresses"), fill, key[0], 0, held)
    venue = "smaller venues" if key[2] == "\x1f" else clean(venue_text(key[2], key[1]), 80)
    return _Bar(venue, _shown(group, words), fill, "", 0, f"{venue}\n{held}")


def _by_asset(group: list[Part]) -> dict[AssetId, list[Part]]:
    found: dict[AssetId, list[Part]] = {}
    for part in sorted(group, key=lambda part: part.asset):
        found.setdefault(part.asset, []).append(part)
    return found


def _held(group: list[Part], words: Words) -> str:
    return "\n".join(words.exact(sum(p.tainted for p in part), asset) for asset, part in _by_asset(group).items())


def _shown(group: list[Part], words: Words) -> str:
    sums = [
        words.amount(sum(p.tainted for p in part), asset, approximate=any(p.approximate for p in part))
        for asset, part in _by_asset(group).items()
    ]
    addresses = len({(part.chain, part.address) for part in group if part.address})
    return " + ".join(sums) + (f" · {_counted(addresses, 'address', 'addresses')}" if addresses else "")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _stack(bars: list[_Bar], top: float) -> float:
    """Stand the bars below each other, each with room for its two lines; return the height below."""
    y = top
    for bar in bars:
        slot = max(bar.height + 8, _SLOT)
        bar.y = y + (slot - bar.height) / 2
        y += slot
    return y


def _centre(bars: list[_Bar], top: float, bottom: float) -> None:
    end = _stack(bars, top)
    for bar in bars:
        bar.y += (bottom - end) / 2


def _draw_ribbons(
    canvas: Canvas,
    columns: list[dict[Key, _Bar]],
    keys: list[Callable[[Part], Key]],
    level: int,
    parts: list[Part],
    whole: int,
) -> None:
    """Draw the ribbons between a column and the next, in the order of both, so that none crosses without need."""
    sums: dict[tuple[Key, Key], int] = {}
    for part in parts:
        pair = keys[level](part), keys[level + 1](part)
        sums[pair] = sums.get(pair, 0) + part.origin_amount
    left, right = columns[level], columns[level + 1]
    from_rank = {key: place for place, key in enumerate(left)}
    to_rank = {key: place for place, key in enumerate(right)}
    x1, x2 = MARGIN + _COLUMNS[level] + _BAR, MARGIN + _COLUMNS[level + 1]
    for src, dst in sorted(sums, key=lambda pair: (from_rank[pair[0]], to_rank[pair[1]])):
        amount = sums[src, dst]
        size = max(amount * _TALL / whole, 0.8)
        y1, y2 = left[src].y + left[src].used_right, right[dst].y + right[dst].used_left
        left[src].used_right += amount * _TALL / whole
        right[dst].used_left += amount * _TALL / whole
        _ribbon(canvas, (x1, y1), (x2, y2), size, right[dst].fill)


def _ribbon(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], size: float, fill: str) -> None:
    (x1, y1), (x2, y2) = start, end
    middle = number((x1 + x2) / 2)
    down = f"M{number(x1)} {number(y1)}C{middle} {number(y1)} {middle} {number(y2)} {number(x2)} {number(y2)}"
    low1, low2 = number(y1 + size), number(y2 + size)
    back = f"V{low2}C{middle} {low2} {middle} {low1} {number(x1)} {low1}Z"
    canvas.path(down + back, fill=fill, opacity="0.28", name="ribbon")


def _draw_bar(canvas: Canvas, bar: _Bar, level: int) -> None:
    x = MARGIN + _COLUMNS[level]
    canvas.open_group(bar.exact)
    canvas.rect(x, bar.y, _BAR, bar.height, fill=bar.fill)
    middle = bar.y + bar.height / 2
    at = x + _BAR + 10
    at += 32 if bar.kind and level else 0
    room = _ROOMS[level] - (32 if bar.kind and level else 0)
    name, detail = fit(bar.name, 12, room, bold=True), fit(bar.detail, 10.5, room)
    if level < len(_COLUMNS) - 1:
        right = at + max(width(name, 12, bold=True), width(detail, 10.5))
        left = x + _BAR + 5
        canvas.rect(left, middle - 16, right - left + 6, 34, fill="#ffffff", radius=4, opacity="0.75")
    if bar.kind and level:
        canvas.mark(at - 20, middle, KINDS[bar.kind])
    canvas.text(at, middle - 2, name, 12, bold=True, fill=INK)
    canvas.text(at, middle + 13, detail, 10.5, fill=MUTED)
    canvas.close_group()
