"""Tables for a terminal: aligned columns, outside text made plain, nothing cut but long claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tracer.analysis import Checked
from tracer.io import plain
from tracer.model import AssetId, format_units, known_place
from tracer.report.annex_table import attributed_by, dollars
from tracer.report.order import by_worth
from tracer.report.policy_table import NOT_TOGETHER, compare_rows
from tracer.report.ranges import range_note, range_text
from tracer.report.tables import cashout_rows, party
from tracer.report.wording import GRADE_NOTE, UNPRICED, cashout_notes, fate, named_by, party_names
from tracer.trace import POLICIES, Intervals, PriceTable, TraceResult

_LONGEST_CLAIM = 90


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Return rows as columns under a ruled head; `right` names the columns aligned to the right."""
    body = [list(row) for row in rows]
    widths = [max(len(row[place]) for row in [list(head), *body]) for place in range(len(head))]
    to_right = set(right)
    lines = [
        "  ".join(
            cell.rjust(width) if place in to_right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [list(head), ["-" * width for width in widths], *body]
    ]
    return "\n".join(lines)


def cases_text(records: Iterable[Mapping[str, Any]]) -> str:
    """Return the incidents on file as a table."""
    rows = [
        (
            *(one["id"], one["date"], plain(one["name"]), _dollars(one["usd_min"], one["usd_max"])),
            attributed_by(one["attribution_rank"], one["reported_rank"]),
            *("contested" if one["contested"] else "", str(one["seeds"]), "offline" if one["bundle"] else ""),
        )
        for one in records
    ]
    head = ["id", "date", "name", "US dollars", "attributed by", "dispute", "seeds", "trace"]
    return aligned(head, rows, right=(3, 6))


def _dollars(least: str, most: str) -> str:
    return dollars(Decimal(least) if least else None, Decimal(most) if most else None)


def cashout_text(result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None) -> str:
    """Return who got what, the largest USD figure first, and what must be said beside it."""
    reasons, worth = ends_as(result), by_worth(result, prices)
    found = cashout_rows(result, prices, intervals)
    names = party_names((row.entity, row.category) for row in found)
    ranks = named_by(result)
    rows = [
        (
            names[row.entity, row.category],
            ranks.get((row.entity, row.category), ""),
            ", ".join(reasons.get((row.entity, row.category, row.asset, (row.origin, row.origin_asset)), [])),
            ("≈" if row.precision == "approximate" else "") + _units(result, row.asset, row.tainted),
            _symbol(result, row.asset),
            row.grade,
            f"{row.usd_at_time:,.2f}" if row.usd_at_time is not None else "unpriced",
            str(row.n_addresses),
            f"{row.origin} ({_symbol(result, row.origin_asset)})",
            *((range_text(result, row).removeprefix("any rule: "),) if intervals else ()),
        )
        for row in sorted(found, key=lambda row: (-(row.usd_at_time or 0), row.origin, worth(row.origin_asset)))
    ]
    head = ["where", "named by", "ends as", "stolen units", "asset", "grade of the way", "USD at the time"]
    head += ["addresses", "from"]
    head += ["any rule"] if intervals else []
    unpriced = (UNPRICED,) if any(row.usd_at_time is None for row in found) else ()
    notes = (GRADE_NOTE, *cashout_notes(result), *unpriced, *((range_note(result, intervals),) if intervals else ()))
    return "\n".join([aligned(head, rows, right=(3, 6, 7)), *notes])


def checkpoint_text(result: TraceResult, checked: Iterable[Checked]) -> str:
    """Return what others published beside what the trace measures, then how the data checks itself, in one line."""
    found = list(checked)
    rows, notes = [], []
    for one in found:
        if not one.published:
            continue
        figures = (one.claimed, one.recorded, one.tainted, one.difference, one.tolerance)
        shown = ["" if f is None else str(f) if one.asset is None else _units(result, one.asset, f) for f in figures]
        claim = one.claim if len(one.claim) <= _LONGEST_CLAIM else f"{one.claim[: _LONGEST_CLAIM - 3]}..."
        rows.append((one.id, plain(claim), *shown, "yes" if one.agrees else "NO"))
        if not one.agrees and one.note:
            notes.append(f"{one.id}: {plain(one.note)}")
    head = ["#", "published by others", "claimed", "recorded", "of it stolen", "difference", "tolerance", "agrees"]
    own = [one for one in found if not one.published]
    if own:
        failed = [one.id for one in own if not one.agrees]
        notes.append(
            f"Self-checks of the data: {len(own) - len(failed)} of {len(own)} sums and counts of the rows' own source "
            f"agree{'; not: ' + ', '.join(failed) if failed else ''}. They confirm nothing from outside."
        )
    return "\n".join([aligned(head, rows, right=(2, 3, 4, 5, 6)), *notes]) if rows else "\n".join(notes)


def compare_text(results: Mapping[str, TraceResult], intervals: Intervals | None = None) -> str:
    """Return who got what under every policy, side by side, and with intervals what any rule can do."""
    one = results[POLICIES[0]]
    found = sorted(compare_rows(results, intervals), key=lambda row: (row.origin, known_place(row.origin_asset)))
    names = party_names((row.entity, row.category) for row in found)
    rows = [
        (
            names[row.entity, row.category],
            f"{row.origin} ({_symbol(one, row.origin_asset)})",
            _symbol(one, row.asset),
            *(_units(one, row.asset, row.tainted[policy]) for policy in POLICIES),
            "yes" if row.agreed else "no",
            *(
                (_units(one, row.asset, row.range.min), _units(one, row.asset, row.range.max), row.range.certainty)
                if row.range
                else ("", "", "")
            )[: 3 if intervals else 0],
        )
        for row in found
    ]
    head = ["where", "from", "asset", *POLICIES, "all agree", *(("min", "max", "certainty") if intervals else ())]
    last = 3 + len(POLICIES)
    table = aligned(head, rows, right=(*range(3, last), *((last + 1, last + 2) if intervals else ())))
    return f"{table}\n{NOT_TOGETHER}" if intervals else table


def why_text(statements: Iterable[Mapping[str, Any]]) -> str:
    """Return statements on an address, grouped by who says them, in the order given."""
    lines: list[str] = []
    last: tuple[str, ...] = ()
    noted = ""
    for one in statements:
        place = (one["publisher"], one["title"], one["source_url"], one["chain"], one["incident"])
        if place != last:
            published = f", {one['published']}" if one["published"] else ""
            noted = ""
            about = f", on {one['incident']}" if one["incident"] else ""
            lines += [
                f"{plain(one['publisher'])} ({one['rank']} {one['rank_name']}, {one['grade']}){about}, {one['chain']}",
                f"  {plain(one['title'])}{published}",
                f"  {one['source_url']}",
            ]
            last = place
        since = f", from {one['valid_from']}" if one["valid_from"] else ""
        until = f", until {one['valid_until']}" if one["valid_until"] else ""
        lines.append(f"    {one['property']}: {plain(one['value'])}{since}{until}{_force(one)}")
        if one["note"] and one["note"] != noted:
            lines.append(f"      {plain(one['note'])}")
            noted = one["note"]
    return "\n".join(lines)


def hints_text(hints: Sequence[Mapping[str, Any]]) -> str:
    """Return what is said of the same key on other chains, apart from what is held on the address itself."""
    lines: list[str] = []
    for meaning in sorted({one["hint"] for one in hints}, reverse=True):
        mine = [one for one in hints if one["hint"] == meaning]
        places = ", ".join(sorted({f"{one['chain']}:{one['address']}" for one in mine}))
        lines += ["", f"Hint, {meaning} ({places}); nothing of it is said of the address asked:", why_text(mine)]
    return "\n".join(lines)


def ends_as(result: TraceResult) -> dict[tuple[str, str, AssetId, tuple[str, AssetId]], list[str]]:
    """Return what became of the units of each row of the cash-out table, in words."""
    found: dict[tuple[str, str, AssetId, tuple[str, AssetId]], set[str]] = {}
    for leaf in result.exits:
        key = (*party(leaf), leaf.asset, (leaf.origin.name, leaf.origin.asset))
        found.setdefault(key, set()).add(fate(leaf).replace("_", " "))
    return {key: sorted(reasons) for key, reasons in found.items()}


def _force(one: Mapping[str, Any]) -> str:
    return "" if one["in_force"] else " (not in force)"


def _units(result: TraceResult, asset: AssetId, amount: int) -> str:
    return format_units(amount, result.assets[asset].decimals)


def _symbol(result: TraceResult, asset: AssetId) -> str:
    return plain(result.assets[asset].symbol) or asset
