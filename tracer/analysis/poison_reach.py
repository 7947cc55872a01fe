"""Whom stolen units can have reached at all: by poison, in any order that the data leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tracer.ledger import Ledger
from tracer.model import Account, ChainId, Holder
from tracer.taint import poison
from tracer.trace import PreparedCase, held_by, open_payees

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
        Whether to go on behind `max_hops` and `high_degree`, where a trace ends, out of the hands of who was
        taken for a pool or a contract without anybody saying so, and as what came out of an exchange that ends as
        ``contract``; and to name those through whose hands units went
        inside one transaction, which leaves them with nothing.
    """
    stops = prepared.stops

    def absorbs(chain: ChainId, holder: str) -> bool:
        reason, label = stops.why(chain, holder)
        chosen = reason in _LIMITS or (reason == "contract" and label is None)
        return bool(reason) and not (beyond_limits and chosen)

    ledger, thefts = prepared.ledger, prepared.thefts
    doubted = thefts.doubted if beyond_limits else frozenset[Holder]()
    held = thefts.stolen_at_opening()
    if beyond_limits:
        held |= held_by(ledger, thefts.ended)
    also = partial(open_payees, prepared.inputs.labels) if beyond_limits else None
    found = poison(ledger.events, held, thefts.debits, absorbs, ledger.ties, doubted, also)
    return found | _passed_through(ledger, found) if beyond_limits else found


def _passed_through(ledger: Ledger, reached: Mapping[Account, int | None]) -> dict[Account, int | None]:
    """Return the accounts of those whom rows of an event name that brings units to somebody, and who net to nothing."""
    found: dict[Account, int | None] = {}
    for event in ledger.events:
        legs = [leg for part in event.parts for leg in (*part.debits, *part.credits)]
        shown = {row for leg in legs for row, _ in leg.shown()}
        brings = any(leg.account in reached for part in event.parts for leg in part.credits)
        if len(shown) < 2 or not brings:
            continue
        parties = {leg.address for leg in legs}
        for row in ledger.rows[min(shown) : max(shown) + 1]:
            for party in (row.sender, row.recipient):
                account = Account(row.chain, party, row.asset)
                if party and party not in parties and account not in reached:
                    found.setdefault(account, event.time)
    return found
