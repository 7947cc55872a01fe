"""A trace in one record of plain values: what ``summary.json`` holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from tracer.model import GRADES, AssetId, Origin, format_time
from tracer.report.policy_table import NOT_TOGETHER
from tracer.report.wording import cashout_notes, fate
from tracer.trace import GRANULARITY, LINK_OPTIONS, OPTIONS, Coverage, Intervals, PriceTable, TraceResult, exit_usd

ByGrade = dict[str, int]


def summary(
    result: TraceResult, prices: PriceTable | None, versions: Mapping[str, str], intervals: Intervals | None = None
) -> dict[str, Any]:
    """Return the content of ``summary.json``: amounts are text, keys are sorted when it is written.

    Parameters
    ----------
    result : TraceResult
        A finished trace.
    prices : PriceTable or None
        Where closes come from; ``None`` prices nothing.
    versions : mapping of str to str
        Program and data versions to print.
    intervals : Intervals, optional
        What any rule can say; adds ``bounds``.

    Returns
    -------
    dict
        ``case``, ``title``, ``tlp``, ``options`` (an option without limit is the text ``none``), ``policy``,
        ``versions``, ``input_hashes``, ``stolen`` {origin: {asset: amount}}, ``buckets`` {stop reason: {asset:
        amount}}, ``audit``, ``by_grade`` (the same two split by grade), ``coverage``, ``approximate_exits``,
        ``prices``, ``notes``; with intervals ``bounds`` (methods, largest gap, the open holders that certainty depends
        on, a note).
        A time that is not known is an absent key.
    """
    stolen, buckets = stolen_by_grade(result), buckets_by_grade(result)
    bounded = {"bounds": _bounds(intervals)} if intervals else {}
    return bounded | {
        "case": result.case_id,
        "title": result.title,
        "tlp": result.tlp,
        "options": _options(result),
        "policy": result.options.policy,
        "versions": dict(sorted(versions.items())),
        "input_hashes": {name: dict(held) for name, held in sorted(result.input_hashes.items())},
        "stolen": {
            name: {asset: str(sum(split.values())) for asset, split in held.items()} for name, held in stolen.items()
        },
        "buckets": {
            name: {asset: str(sum(split.values())) for asset, split in held.items()} for name, held in buckets.items()
        },
        "by_grade": {"stolen": _texts(stolen), "buckets": _texts(buckets)},
        "not_seeded": _by_origin(result.not_seeded),
        "registry": result.registry,
        "audit": {"closed": result.audit.closed, "difference": _by_origin(result.audit.difference)},
        "coverage": _coverage(result.coverage),
        "approximate_exits": sum(leaf.approximate for leaf in result.exits),
        "prices": {
            "source": prices.source if prices else "none",
            "granularity": GRANULARITY,
            "exits": len(result.exits),
            "unpriced_exits": sum(exit_usd(leaf, result.assets, prices) is None for leaf in result.exits),
        },
        "notes": [*cashout_notes(result), *result.coverage.notes],
    }


def _bounds(intervals: Intervals) -> dict[str, Any]:
    ranges = (*intervals.by_address.values(), *intervals.by_party.values())
    return {
        "methods": sorted({one.method for one in ranges}),
        "gap": str(intervals.gap),
        "depends_on": [
            {"chain": account.chain, "holder": account.holder, "asset": account.asset}
            for account in intervals.open_holders()
        ],
        "note": NOT_TOGETHER,
    }


def stolen_by_grade(result: TraceResult) -> dict[str, dict[AssetId, ByGrade]]:
    """Return what was stolen, in base units, by origin, asset and grade of the theft rows, sorted."""
    return _summed((o.name, o.asset, result.stolen_by_grade.get(o, {"recorded": n})) for o, n in result.stolen.items())


def buckets_by_grade(result: TraceResult) -> dict[str, dict[AssetId, ByGrade]]:
    """Return what ended, in base units, by stop reason, asset and weakest grade on the way, sorted."""
    return _summed((leaf.stop_reason, leaf.asset, leaf.by_grade) for leaf in result.exits)


def fates_by_grade(result: TraceResult) -> dict[str, dict[AssetId, ByGrade]]:
    """Return what ended, as :func:`buckets_by_grade`, by what became of it: what a state or the victim has is apart."""
    return _summed((fate(leaf), leaf.asset, leaf.by_grade) for leaf in result.exits)


def _summed(parts: Iterable[tuple[str, AssetId, Mapping[str, int]]]) -> dict[str, dict[AssetId, ByGrade]]:
    sums: dict[str, dict[AssetId, ByGrade]] = {}
    for name, asset, split in parts:
        held = sums.setdefault(name, {}).setdefault(asset, {})
        for grade, amount in split.items():
            held[grade] = held.get(grade, 0) + amount
    return {
        name: {
            asset: {g: sums[name][asset][g] for g in GRADES if g in sums[name][asset]} for asset in sorted(sums[name])
        }
        for name in sorted(sums)
    }


def _texts(sums: dict[str, dict[AssetId, ByGrade]]) -> dict[str, dict[AssetId, dict[str, str]]]:
    return {
        name: {asset: {grade: str(amount) for grade, amount in split.items()} for asset, split in held.items()}
        for name, held in sums.items()
    }


def _by_origin(amounts: Mapping[Origin, int]) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for origin, amount in sorted(amounts.items()):
        texts.setdefault(origin.name, {})[origin.asset] = str(amount)
    return texts


def _options(result: TraceResult) -> dict[str, Any]:
    options = result.options
    values: dict[str, Any] = {}
    for name in OPTIONS:
        value = getattr(options, name)
        values[name] = "none" if value is None else list(value) if isinstance(value, tuple) else value
    if result.links:
        values |= {name: getattr(options, name) for name in LINK_OPTIONS}
    values["min_amount"] = str(options.min_amount)
    values["known_as_of"] = values.pop("as_of")
    if options.until is not None:
        values["until"] = format_time(options.until)
    return values


_BY_HOLDER: Final = ("unexplained_inflow", "unexplained_outflow", "closed", "vouching_void")


def _coverage(coverage: Coverage) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(coverage):
        value = getattr(coverage, field.name)
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, dict) and field.name not in _BY_HOLDER:
            value = dict(sorted(value.items()))
        if value is not None:
            values[field.name] = format_time(value) if field.name.endswith("_time") else value
    for name in ("unexplained_inflow", "unexplained_outflow"):
        values[name] = [
            {"chain": chain, "address": address, "asset": asset, "amount": str(amount)}
            for (chain, address, asset), amount in sorted(getattr(coverage, name).items())
        ]
    values["closed"] = [
        {"chain": chain, "address": address, "by": by} for (chain, address), by in sorted(coverage.closed.items())
    ]
    values["vouching_void"] = [
        {"chain": chain, "address": address, "asset": asset, "why": why}
        for (chain, address, asset), why in sorted(coverage.vouching_void.items())
    ]
    values["unclosed"] = [{"chain": chain, "address": address} for chain, address in coverage.unclosed]
    return values
