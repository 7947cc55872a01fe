"""How a trace is put into words: amounts with their asset, stop reasons, coverage, options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tracer.io import plain
from tracer.model import (
    ABSORBING,
    RANKS,
    Asset,
    AssetId,
    Label,
    Origin,
    fate_of,
    format_time,
    format_units,
    known_place,
)
from tracer.taint import rule_of
from tracer.trace import POLICIES, STOP_WORDS, Coverage, Exit, TraceResult, carrying

GROUPS: Final = (
    ("In services", ("service", "mixer", "bridge", "contract", "frozen")),
    ("Seized", ("seized", "government")),
    ("Returned", ("returned",)),
    ("At rest", ("at_rest",)),
    ("Not followed", ("incomplete", "high_degree", "below_threshold", "max_hops", "window_end", "stolen_again")),
    ("Fees, burned", ("fee", "burned")),
)
"""The fates a card and a report sum up; every key of :data:`FATE_WORDS` stands in exactly one."""

IF_ANY: Final = ("Seized", "Returned")
"""Groups that are left out where nothing is in them."""

FATE_WORDS: Final = {
    **STOP_WORDS,
    "seized": "seized by a government",
    "government": "paid to a government",
    "returned": "returned to the victim",
}
"""What became of units, for people: the stop reasons, and what a service is not that a state or the victim has."""

POLICY_WORDS: Final = {policy: rule_of(policy).words for policy in POLICIES}
"""Each policy in one plain sentence."""

_TOWARD: Final = "toward"
_LABELLED: Final = {"theft": "as the thief's", "attacker": "as the attacker's", "sanctions": "as sanctioned"}
"""How addresses are said to be labelled where the category's own word makes no sentence."""

_ABOUT_DIGITS: Final = 6
"""Digits behind the point of an amount that its source rounded: more would say what nobody knows."""


def fate(leaf: Exit) -> str:
    """Return what became of an exit, as a key of :data:`FATE_WORDS`; see :func:`tracer.model.category.fate_of`."""
    return fate_of(leaf.stop_reason, *((leaf.label.category, leaf.label.role) if leaf.label else ("", "")))


def nameless(category: str) -> str:
    """Return what addresses are called whose label has a category and names nobody.

    Examples
    --------
    >>> nameless("white_hat"), nameless("theft")
    ('addresses labelled white hat', "addresses labelled as the thief's")
    """
    return f"addresses labelled {_LABELLED.get(category, category.replace('_', ' '))}"


def party_name(entity: str, category: str) -> str:
    """Return what an entity is called; where a label names nobody, what its addresses are labelled."""
    return plain(entity) or nameless(category)


def party_names(parties: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return a name for each (entity, category): its entity, with the category where an entity has several.

    Examples
    --------
    >>> names = party_names([("A", "white_hat"), ("A", "theft"), ("B", "exchange"), ("", "white_hat")])
    >>> names["A", "white_hat"], names["B", "exchange"], names["", "white_hat"]
    ('A (white hat)', 'B', 'addresses labelled white hat')
    """
    known = sorted(set(parties))
    entities = [entity for entity, _ in known]
    return {
        (entity, category): f"{plain(entity)} ({category.replace('_', ' ')})"
        if entity and entities.count(entity) > 1
        else party_name(entity, category)
        for entity, category in known
    }


def asset_names(assets: Mapping[AssetId, Asset]) -> dict[AssetId, str]:
    """Return a name for each asset: its symbol where no other asset claims the same one, else with its id."""
    symbols = [plain(known.symbol) for known in assets.values()]
    return {
        asset: plain(asset) if not known.symbol else _distinct(asset, plain(known.symbol), symbols)
        for asset, known in assets.items()
    }


def _distinct(asset: AssetId, symbol: str, symbols: list[str]) -> str:
    return symbol if symbols.count(symbol) == 1 else f"{symbol} ({plain(asset)})"


def display_order(assets: Iterable[AssetId]) -> list[AssetId]:
    """Return assets as people expect them where nothing prices them; see :func:`tracer.model.asset.known_place`."""
    return sorted(assets, key=known_place)


def amount_text(result: TraceResult, asset: AssetId, amount: int) -> str:
    """Return an amount in whole units, exact to the last digit, with its asset: ``182,163.95603 ETH``."""
    known = result.assets.get(asset)
    name = asset_names(result.assets).get(asset, plain(asset))
    return f"{format_units(amount, known.decimals if known else None)} {name}"


def about_text(result: TraceResult, asset: AssetId, amount: int) -> str:
    """Return an amount that rests on rounded ones, to the digits that can be meant: ``≈ 96,402.572793 ETH``.

    One that is smaller than these digits say stands whole.
    """
    known = result.assets.get(asset)
    unit = 10 ** max(((known.decimals or 0) if known else 0) - _ABOUT_DIGITS, 0)
    near = (amount + unit // 2) // unit * unit
    return f"≈ {amount_text(result, asset, near or amount)}"


def total_text(result: TraceResult, asset: AssetId, amount: int, rounded: int) -> str:
    """Return a total: whole, or as :func:`about_text` where all of it rests on amounts that their source rounded.

    Of a total that is rounded in part the part is said beside it; see :func:`part_text`.
    """
    return about_text(result, asset, amount) if amount and rounded >= amount else amount_text(result, asset, amount)


def rounded_amount(result: TraceResult, became: str, asset: AssetId) -> int:
    """Return how much of a sum by fate and asset rests on amounts that their source rounded."""
    return sum(
        leaf.tainted for leaf in result.exits if leaf.approximate and (fate(leaf), leaf.asset) == (became, asset)
    )


def rounded_thefts(result: TraceResult) -> set[Origin]:
    """Return the thefts of which a row was printed rounded by its source: what was stolen is then approximate."""
    return {
        share.origin
        for movement in carrying(result.movements)
        if not movement.hop and movement.precision == "printed"
        for share in movement.shares
    }


def not_seeded_sentences(result: TraceResult) -> tuple[str, ...]:
    """Return what the victims lost in the theft transactions beyond what the seeds follow."""
    return tuple(
        f"{plain(origin.name)}: {amount_text(result, origin.asset, amount)} more lost here, not seeded"
        for origin, amount in sorted(result.not_seeded.items())
        if amount
    )


def part_text(result: TraceResult, asset: AssetId, by_grade: Mapping[str, int], rounded: int = 0) -> str:
    """Return what part of a total rests on statements or heuristics: ``of it asserted: 8,562.68 ETH``.

    The asserted part stands beside every total, a zero too; an inferred part where there is one, and one that rests on
    rounded amounts where that is not all of it.
    """
    asserted, inferred = by_grade.get("asserted", 0), by_grade.get("inferred", 0)
    text = f"of it asserted: {amount_text(result, asset, asserted) if asserted else '0'}"
    text += f"; inferred: {amount_text(result, asset, inferred)}" if inferred else ""
    partly = 0 < rounded < sum(by_grade.values())
    return f"{text}; rounded by its source: {about_text(result, asset, rounded)}" if partly else text


def coverage_sentences(coverage: Coverage) -> tuple[str, ...]:
    """Return what the trace rests on, in sentences; a sentence whose number is 0 says nothing and is left out."""
    dropped = sum(coverage.rows_dropped.values())
    asserted = coverage.rows_by_grade.get("asserted", 0)
    recorded = count(coverage.rows - asserted, "row")
    printed = f"({count(coverage.rows_printed, 'row')}, printed rounded by the source), as is what rests on them"
    rounded = f"; rounded amounts are approximate {printed}" if coverage.rows_printed else ""
    numbers = (
        (True, f"{coverage.rows_with_tx:,} of {recorded} anchored by a transaction hash{rounded}."),
        (asserted, f"{count(asserted, 'more row')} carried on a publisher's statement alone (asserted)."),
        (
            coverage.zero_rows + coverage.self_rows,
            f"{count(coverage.zero_rows, 'row')} of amount zero and {count(coverage.self_rows, 'payment')} to oneself "
            "move nothing.",
        ),
        (dropped, f"{count(dropped, 'row')} weaker than the chosen grade left out."),
        (
            coverage.incomplete_holders,
            f"{count(coverage.incomplete_holders, 'holder')} whose onward history is not in this case.",
        ),
        (
            coverage.unclosed_holders,
            f"{count(coverage.unclosed_holders, 'followed holder')} whose balance no source has reconciled.",
        ),
        (
            len(coverage.unexplained_inflow),
            f"{count(len(coverage.unexplained_inflow), 'followed holding')} must have held clean money that the table "
            "does not show arriving.",
        ),
        (
            sum(coverage.basis.values()),
            "Followed holdings by what their history rests on: "
            f"{join_words(f'{number:,} {basis}' for basis, number in coverage.basis.items() if number)}.",
        ),
        (
            coverage.ties,
            f"{count(coverage.ties, 'tie')} of rows of one block or second without position "
            f"{'touches' if coverage.ties == 1 else 'touch'} followed holders: the rule takes them as they stand, or "
            "where nobody can have paid so in the nearest order that is possible; what is said of any rule holds for "
            "every order"
            f"{' but those of conversions' if coverage.unordered else ''}.",
        ),
        (
            coverage.unordered,
            f"{count(coverage.unordered, 'followed holding')} for which the order of a conversion in its block is not "
            "known: it keeps its place in the rows, and nothing certain rests on it.",
        ),
        (
            len(coverage.vouching_void),
            f"{count(len(coverage.vouching_void), 'holding')} for which the word that the table is complete is void.",
        ),
    )
    return tuple(text for number, text in numbers if number)


def fate_words(result: TraceResult, became: str) -> str:
    """Return what became of stolen units; of those at rest also when, for it was so where the rows end."""
    ends = [time for time in (result.coverage.last_time, result.options.until) if time is not None]
    if became != "at_rest" or not ends:
        return FATE_WORDS[became]
    return f"{FATE_WORDS[became]} where the rows end, {format_time(min(ends))[:10]}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 row``, ``2 rows``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def audit_sentence(result: TraceResult) -> str:
    """Return whether stolen equals the sum of its exits; where it does not, the difference of every open origin."""
    if result.audit.closed:
        return "closed: what was stolen is the sum of where it went, difference 0 for every origin"
    parts = [
        f"{plain(origin.name)} {amount_text(result, origin.asset, difference)}"
        for origin, difference in sorted(result.audit.difference.items())
        if difference
    ]
    return f"OPEN, the figures cannot be relied on; stolen less exits: {'; '.join(parts)}"


def options_sentence(result: TraceResult) -> str:
    """Return every option of the run in one line."""
    options = result.options
    stops = "every category that absorbs" if set(options.stop_at) == set(ABSORBING) else ", ".join(options.stop_at)
    parts = (
        f"policy {options.policy}",
        f"stops at {stops or 'no category'}",
        "no hop limit" if options.max_hops is None else f"at most {count(options.max_hops, 'movement')} from a seed",
        f"minimum {options.min_amount} base units" if options.min_amount else "no minimum",
        "high degree off" if options.high_degree is None else f"high degree above {options.high_degree}",
        f"until {format_time(options.until)}" if options.until is not None else "to the end of the data",
        f"rows graded {options.grade} or better",
        *_links_sentence(result),
    )
    return " · ".join(parts)


def _links_sentence(result: TraceResult) -> tuple[str, ...]:
    """Return which links over chains are followed; nothing where the case has none."""
    if not result.links:
        return ()
    options = result.options
    leads = ", leads too" if options.follow_leads else ""
    weakest = "no links" if options.follow == "none" else f"links {options.follow} or better{leads}"
    return (f"follows {weakest} ({count(len(result.links), 'link')} in the case)",)


def labels_sentence(result: TraceResult) -> str:
    """Return the day whose labels were used."""
    return plain(result.options.as_of) or "the release date of the registry"


def cashout_notes(result: TraceResult) -> tuple[str, ...]:
    """Return what the cash-out table does not show, in sentences.

    A label whose entity starts with ``toward`` (for example ``toward exchanges``) says where its publisher believes
    the money went on to; for exits whose onward history the case does not have, the amount and who says so are told,
    never counted as a deposit; where no exit is in a service, that is said first.
    """
    sums: dict[tuple[str, str], dict[AssetId, int]] = {}
    for leaf in result.exits:
        label = leaf.label
        if leaf.stop_reason == "incomplete" and label is not None and label.entity.startswith(_TOWARD):
            held = sums.setdefault((plain(label.entity), _who(label)), {})
            held[leaf.asset] = held.get(leaf.asset, 0) + leaf.tainted
    clauses = [
        f"{join_words(amount_text(result, asset, held[asset]) for asset in display_order(held))} "
        f"went {entity} according to {who}"
        for (entity, who), held in sorted(sums.items())
    ]
    if not clauses or any(fate(leaf) == "service" for leaf in result.exits):
        return tuple(f"{clause}; their onward history is not in this case." for clause in clauses)
    return ("; ".join(("No deposit at an exchange is in this data", *clauses)) + ".",)


def _who(label: Label) -> str:
    if label.rank == "A5":
        return "a community label"
    word = RANKS.get(label.rank, "").replace("_", " ")
    return f"a label of rank {label.rank} ({word})" if word else "a label"


GRADE_NOTE: Final = (
    "A grade is of the movements on the way, never of the name: what an address is called is its publisher's word."
)
"""What must be said wherever a grade stands beside a name."""

UNPRICED: Final = (
    "unpriced: the prices of this case have no close of that asset on the day it came; --prices FILE gives others."
)
"""Why an amount is not valued in dollars."""


def named_by(result: TraceResult) -> dict[tuple[str, str], str]:
    """Return, for each (entity, category) of exits, the rank of who calls it so: the weakest, where several do."""
    ranks: dict[tuple[str, str], str] = {}
    for leaf in result.exits:
        label = leaf.label
        if label is not None:
            key = (label.entity, label.category)
            ranks[key] = max(ranks.get(key, ""), label.rank)
    return {key: f"{rank} {RANKS[rank].replace('_', ' ')}" if rank in RANKS else "own" for key, rank in ranks.items()}


def join_words(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    *head, last = [*words] or [""]
    return f"{', '.join(head)} and {last}" if head else last
