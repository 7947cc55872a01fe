"""Whom stolen units can have reached at all: by poison, in any order that the data leaves open."""

from __future__ import annotations

from tracer.model import Account, ChainId, Holder
from tracer.taint import poison
from tracer.trace import PreparedCase, paid_in

_LIMITS = ("max_hops", "high_degree")
"""Reasons to stop that the user chose to keep a trace small: money goes on behind them."""


def poisoned(prepared: PreparedCase, *, beyond_limits: bool = False) -> dict[Account, int | None]:
    """Return every account that poison reaches in some order of the rows, with the time it was first reached.

    Who is not in it can hold no stolen units under any rule; the rules and a trace follow the order of the rows alone.

    Parameters
    ----------
    prepared : PreparedCase
        The case.
    beyond_limits : bool, default False
        Whether to go on behind `max_hops` and `high_degree`, where a trace ends, and out of the hands of who was
        taken for a pool without anybody saying so.
    """
    stops = prepared.stops

    def absorbs(chain: ChainId, holder: str) -> bool:
        reason, _ = stops.why(chain, holder)
        return bool(reason) and not (beyond_limits and reason in _LIMITS)

    ledger, thefts = prepared.ledger, prepared.thefts
    doubted = thefts.doubted if beyond_limits else frozenset[Holder]()
    begun = set(thefts.debits)
    if beyond_limits:
        begun |= {(event, part, 0) for event, part in paid_in(ledger, prepared.doubts)}
    return poison(ledger.events, thefts.stolen_at_opening(), begun, absorbs, ledger.ties, doubted)
