"""What the codes of a trace mean, in words: one place that tables, cards, reports, lists and legends print from."""

from __future__ import annotations

from typing import Final

Section = tuple[str, tuple[tuple[str, str], ...]]
"""A heading of the legend, and its codes with their meaning."""

STOP_WORDS: Final = {
    "service": "paid to an exchange or other service",
    "mixer": "paid into a mixer",
    "bridge": "paid into a bridge, other side not resolved",
    "contract": "paid into a contract that is not decoded",
    "high_degree": "paid to an address with very many counterparties",
    "below_threshold": "below the chosen minimum, not followed",
    "max_hops": "beyond the chosen number of movements",
    "window_end": "held at the end of the chosen window",
    "at_rest": "at rest",
    "frozen": "frozen",
    "burned": "burned",
    "fee": "network fees",
    "incomplete": "onward history not in this case",
    "stolen_again": "taken from its holder by a later theft",
}
"""What each stop reason means, for people."""

CERTAINTY_WORDS: Final = {
    "FORCED": "any rule puts practically all of it there: the least is at least 99 % of the most",
    "PARTIAL": "any rule puts some of it there: the least is above 0",
    "POSSIBLE": "some rule puts some of it there, another none",
    "NONE": "no rule puts any of it there",
    "CONDITIONAL": "the least is above 0, but rests on holders whose history may not be whole (`depends_on` of them)",
}
"""Classes of certainty, over every accounting rule that neither makes nor loses money."""

BASIS_WORDS: Final = {
    "whole": "every movement of the holders it rests on is held: raw transactions, or all nonces and both balances",
    "reconciled": "the rows agree with the holders' balances at both ends; two omissions that cancel would not show",
    "vouched": "whoever gave the table says that it is complete; nothing else was checked",
    "open": "nothing shows that the history is whole: a missing row could change it",
}
"""On what a class of certainty rests, the strongest first; a row says the weakest it rests on."""

GRADE_WORDS: Final = {
    "proven": "an inclusion proof was checked against the chain",
    "recorded": "chain data as a provider gives it",
    "identified": "a deterministic identifier joins both sides (a bridge's id, a memo)",
    "inferred": "a heuristic with a measured error rate",
    "asserted": "a publisher's statement",
}
"""Grades, the strongest first; the grade of a row is that of its weakest step."""


UNGUARDED: Final = (
    "UNGUARDED: the labels of the registry and its guard were left out (--no-registry), so services, victims and "
    "contracts may stand among what is followed and listed."
)
"""What everything printed says where the registry was left out."""


def code_sections() -> tuple[Section, ...]:
    """Return the codes that every table shares, as sections of the legend."""
    return (
        ("stop_reason: where following ends", tuple(STOP_WORDS.items())),
        ("certainty: what any rule can say", tuple(CERTAINTY_WORDS.items())),
        ("basis: on what a certainty rests", tuple(BASIS_WORDS.items())),
        ("grade: how good the weakest step is", tuple(GRADE_WORDS.items())),
        (
            "precision",
            (
                ("exact", "amounts are exact to the base unit"),
                ("approximate", "a row whose source printed a rounded value is part of it"),
            ),
        ),
    )
