"""What a trace has on one address: found by what the user writes, with its line on the list and what any rule says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.analysis import AddressFacts, facts_of, find_address
from tracer.api.paths import path_of
from tracer.api.registry import why_hints
from tracer.bounds import terminals_of
from tracer.flags import FLOOR_WORDS, REASON_WORDS, ROLE_WORDS, TIER_WORDS
from tracer.model import AssetId, caip10, hex_form
from tracer.report import EARNED, NOT_FOLLOWED, AddressPage, RangeLine, Standing, amount_text
from tracer.trace import GONE, ExitKey, Intervals, intervals_of, place_of

if TYPE_CHECKING:
    from tracer.api.trace import Trace
    from tracer.flags import FlagEntry, FlagList
    from tracer.trace import PreparedCase, TraceResult

_OF_FLOORS: Final = frozenset(FLOOR_WORDS)
_GONE_WORDS: Final = {
    "contract": "paid into a contract that is not decoded",
    "fee": "earns as fees, where they end,",
    "burned": "burned",
    "stolen_again": "lost to a later theft",
}


def page_of(
    trace: Trace, prepared: PreparedCase, text: str, intervals: Intervals | None, *, bounds: bool = False
) -> AddressPage:
    """Return the page on an address of a trace; see :meth:`tracer.api.trace.Trace.address`."""
    result = trace.result
    found = find_address(trace.case.names, text)
    facts = facts_of(prepared, result, found.chain, found.address, trace.prices)
    earned = any(place.stop_reason == "fee" for place in _ends(prepared, facts))
    path = None
    if any(flow.came for flow in facts.flows) or facts.exits:
        path = path_of(prepared, result, found.address, result.options.policy)
    return AddressPage(
        facts=facts,
        result=result,
        standing=_standing(trace.flags_of(found.chain, found.address), facts, result, earned=earned),
        ranges=_ranges(prepared, facts, intervals) if bounds or intervals is not None else (),
        earned_fees=earned,
        path=path,
        hints=_hints(facts, result),
        made_by=(
            f"Made by tracer {__version__}, labels as known on {result.options.as_of}, from the trace of:",
            trace.command(),
        ),
        asked="" if found.whole else f"the only one that {text.strip()[:60]} means",
    )


def _hints(facts: AddressFacts, result: TraceResult) -> tuple[dict[str, Any], ...]:
    """Return what is said of the same key on other chains; without the registry nothing is asked of it."""
    if not result.registry or not hex_form(facts.address):
        return ()
    return tuple(why_hints(caip10(facts.chain, facts.address), as_of=result.options.as_of))


def _standing(flags: FlagList, facts: AddressFacts, result: TraceResult, *, earned: bool) -> tuple[Standing, ...]:
    account = caip10(facts.chain, facts.address)
    lines: list[Standing] = []
    for where, entries in (("flagged", flags.entries), ("lead", flags.leads)):
        alike: dict[tuple[object, ...], list[FlagEntry]] = {}
        for entry in entries:
            if entry.caip10 == account:
                alike.setdefault((entry.tier, entry.role, entry.reason, entry.evidence_url), []).append(entry)
        lines += [
            Standing(where, _entry_words(mine, result, where), mine[0].evidence_url, tuple(map(asdict, mine)))
            for mine in alike.values()
        ]
    lines += [
        Standing(
            "kept_off",
            f"{'Below a floor' if row.cls in _OF_FLOORS else 'Kept off the list'} ({row.cls}): {row.reason}",
            row.source_url,
            ({"caip10": row.caip10, "class": row.cls, "reason": row.reason, "source_url": row.source_url},),
        )
        for row in flags.kept_off
        if row.caip10 == account
    ]
    if lines:
        return tuple(lines)
    if facts.robbed:
        return (Standing("nowhere", "Not on the list: it was robbed, and a victim can never be listed."),)
    if facts.holder is not None:
        why = "under this rule none came to it"
    else:
        why = f"this trace does not reach it, which clears it of nothing: stolen units can have come, {NOT_FOLLOWED}"
        nothing = f"fees make nobody a suspect: {EARNED}" if earned else "no stolen units can have reached it"
        why = why if facts.can_have else nothing
    return (Standing("nowhere", f"Not on the list: {why}."),)


def _entry_words(entries: Sequence[FlagEntry], result: TraceResult, where: str) -> str:
    """Return entries of one address that differ by asset alone: tier, role, what came and what is left, why."""
    entry = entries[0]
    what = "On the draft list" if where == "flagged" else "A lead, not on the list"
    tier = TIER_WORDS[entry.tier].partition(":")[0]
    amounts = [
        f"{amount_text(result, AssetId(one.asset), one.passed_through or 0)} stolen came, "
        f"{amount_text(result, AssetId(one.asset), one.tainted)} is left"
        for one in entries
        if one.asset and one.tainted is not None
    ]
    role, *reasons = _role_and_reasons(entry)
    until = f"valid until {entry.valid_until[:10]}" if entry.valid_until else ""
    said = [*amounts, ", ".join(reasons), f"confidence {entry.confidence}", until]
    return f"{what}: {entry.tier}{f' ({tier})' if where == 'flagged' else ''}, {role}; {'; '.join(filter(None, said))}."


def list_words(entry: FlagEntry) -> str:
    """Return in words why an entry is on the list: its tier, its role and its reasons."""
    role, *reasons = _role_and_reasons(entry)
    return f"{entry.tier}, {': '.join(filter(None, (role, ', '.join(reasons))))}"


def _role_and_reasons(entry: FlagEntry) -> tuple[str, ...]:
    """Return what an entry did, and its reasons; a reason that says the role again, and more, stands in its place."""
    role = ROLE_WORDS.get(entry.role, entry.role.replace("_", " "))
    reasons = [REASON_WORDS.get(code, code) for code in entry.reason.split(";") if code]
    fuller = next((reason for reason in reasons if reason.startswith(role)), None)
    if fuller is None:
        return (role, *reasons)
    return (fuller, *(reason for reason in reasons if reason != fuller))


def _ends(prepared: PreparedCase, facts: AddressFacts) -> frozenset[ExitKey]:
    """Return every place at an address where units can end under some rule."""
    return frozenset(
        place
        for place in (place_of(prepared, terminal) for terminal in terminals_of(prepared.bounded))
        if (place.chain, place.address) == (facts.chain, facts.address)
    )


def _gone_from(prepared: PreparedCase, facts: AddressFacts) -> frozenset[ExitKey]:
    """Return those of the places at an address whose units are not there afterwards."""
    found: dict[ExitKey, bool] = {}
    for terminal in terminals_of(prepared.bounded):
        place = place_of(prepared, terminal)
        if (place.chain, place.address) == (facts.chain, facts.address):
            found[place] = found.get(place, True) and terminal.fate in GONE
    return frozenset(place for place, gone in found.items() if gone)


def _what(stop_reason: str, *, gone: bool) -> str:
    """Return what becomes of units that end at an address: it keeps them, or what it did with them."""
    return _GONE_WORDS[stop_reason] if gone else f"keeps ({stop_reason.replace('_', ' ')})"


def _ranges(prepared: PreparedCase, facts: AddressFacts, intervals: Intervals | None) -> tuple[RangeLine, ...]:
    """Return what any rule can make an address receive, and keep: all thefts together, and each theft."""
    places = _ends(prepared, facts)
    gone = _gone_from(prepared, facts)
    if intervals is None:
        intervals = intervals_of(prepared, only=places)
    lines = []
    for asset in dict.fromkeys([*(flow.asset for flow in facts.flows), *sorted(place.asset for place in places)]):
        spot = (facts.chain, facts.address, asset)
        if spot in intervals.received:
            lines.append(RangeLine("is paid", "", asset, intervals.received[spot]))
        lines += [
            RangeLine(_what(place.stop_reason, gone=place in gone), theft, asset, held)
            for (place, theft), held in sorted(intervals.by_theft.items(), key=lambda item: item[0])
            if (place.chain, place.address, place.asset) == spot
        ]
    return tuple(line for line in lines if line.range.max)
