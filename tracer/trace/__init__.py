"""From a case to a result: what is stolen, where it is followed, where it ends, and whether it closes."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.trace.coverage import has_history
    from tracer.trace.doubts import held_by, open_payees
    from tracer.trace.exit_attribution import party_of
    from tracer.trace.exits import GONE
    from tracer.trace.intervals import (
        ExitKey,
        Intervals,
        Range,
        intervals_of,
        joint_ranges,
        largest_gap,
        place_of,
        place_of_exit,
        places_of,
        received_ranges,
    )
    from tracer.trace.known_parties import is_pool, is_service, is_victim
    from tracer.trace.label_clock import FOREVER
    from tracer.trace.legend import BASIS_WORDS, STOP_WORDS, UNGUARDED, Section, code_sections
    from tracer.trace.options import (
        ALL_OPTIONS,
        BY,
        DIRECTIONS,
        LINK_OPTIONS,
        OPTIONS,
        POLICIES,
        STOP_REASONS,
        Options,
        parse_options,
    )
    from tracer.trace.pipeline import prepare, prepare_again, run, run_every, trace
    from tracer.trace.prepared import CaseData, PreparedCase
    from tracer.trace.problem import opening_of
    from tracer.trace.receipts import received_in
    from tracer.trace.received import Received
    from tracer.trace.reconcile import EndBalances, Reconciliation, reconcile, true_openings
    from tracer.trace.result import (
        Arrival,
        Audit,
        Coverage,
        Exit,
        HolderInfo,
        Movement,
        Payment,
        Share,
        Side,
        TraceResult,
    )
    from tracer.trace.theft_search import find_thefts
    from tracer.trace.theft_sides import flows_in_words, proposals
    from tracer.trace.thefts import Thefts, theft_transactions
    from tracer.trace.touched import Movements, about, any_grade, assets_of, carrying
    from tracer.trace.uncontrolled import is_burnt, nobody, token_contracts
    from tracer.trace.unread import with_unread
    from tracer.trace.valuation import (
        GRANULARITY,
        PriceTable,
        exit_usd,
        priced,
        receipts_usd,
        theft_times,
        theft_usd,
        to_cents,
        total,
    )

__all__ = [
    "ALL_OPTIONS",
    "BASIS_WORDS",
    "BY",
    "DIRECTIONS",
    "FOREVER",
    "GONE",
    "GRANULARITY",
    "LINK_OPTIONS",
    "OPTIONS",
    "POLICIES",
    "STOP_REASONS",
    "STOP_WORDS",
    "UNGUARDED",
    "Arrival",
    "Audit",
    "CaseData",
    "Coverage",
    "EndBalances",
    "Exit",
    "ExitKey",
    "HolderInfo",
    "Intervals",
    "Movement",
    "Movements",
    "Options",
    "Payment",
    "PreparedCase",
    "PriceTable",
    "Range",
    "Received",
    "Reconciliation",
    "Section",
    "Share",
    "Side",
    "Thefts",
    "TraceResult",
    "about",
    "any_grade",
    "assets_of",
    "carrying",
    "code_sections",
    "exit_usd",
    "find_thefts",
    "flows_in_words",
    "has_history",
    "held_by",
    "intervals_of",
    "is_burnt",
    "is_pool",
    "is_service",
    "is_victim",
    "joint_ranges",
    "largest_gap",
    "nobody",
    "open_payees",
    "opening_of",
    "parse_options",
    "party_of",
    "place_of",
    "place_of_exit",
    "places_of",
    "prepare",
    "prepare_again",
    "priced",
    "proposals",
    "receipts_usd",
    "received_in",
    "received_ranges",
    "reconcile",
    "run",
    "run_every",
    "theft_times",
    "theft_transactions",
    "theft_usd",
    "to_cents",
    "token_contracts",
    "total",
    "trace",
    "true_openings",
    "with_unread",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "coverage": ("has_history",),
        "exit_attribution": ("party_of",),
        "exits": ("GONE",),
        "intervals": (
            "Intervals",
            "ExitKey",
            "Range",
            "intervals_of",
            "joint_ranges",
            "largest_gap",
            "place_of",
            "place_of_exit",
            "places_of",
            "received_ranges",
        ),
        "known_parties": ("is_pool", "is_service", "is_victim"),
        "legend": ("BASIS_WORDS", "STOP_WORDS", "Section", "UNGUARDED", "code_sections"),
        "options": (
            "ALL_OPTIONS",
            "LINK_OPTIONS",
            "BY",
            "DIRECTIONS",
            "OPTIONS",
            "Options",
            "POLICIES",
            "STOP_REASONS",
            "parse_options",
        ),
        "doubts": ("held_by", "open_payees"),
        "pipeline": ("prepare", "prepare_again", "run", "run_every", "trace"),
        "prepared": ("CaseData", "PreparedCase"),
        "problem": ("opening_of",),
        "receipts": ("received_in",),
        "received": ("Received",),
        "reconcile": ("EndBalances", "Reconciliation", "reconcile", "true_openings"),
        "result": (
            "Arrival",
            "Audit",
            "Coverage",
            "Exit",
            "HolderInfo",
            "Movement",
            "Payment",
            "TraceResult",
            "Share",
            "Side",
        ),
        "label_clock": ("FOREVER",),
        "theft_sides": ("flows_in_words", "proposals"),
        "theft_search": ("find_thefts",),
        "thefts": ("Thefts", "theft_transactions"),
        "touched": ("Movements", "about", "any_grade", "assets_of", "carrying"),
        "uncontrolled": ("is_burnt", "nobody", "token_contracts"),
        "unread": ("with_unread",),
        "valuation": (
            "GRANULARITY",
            "PriceTable",
            "exit_usd",
            "priced",
            "receipts_usd",
            "theft_times",
            "theft_usd",
            "to_cents",
            "total",
        ),
    },
)
