"""What a trace is asked beyond its own figures: the ways to a destination, other rules, what moves a figure. Thin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracer.analysis import paths_to
from tracer.errors import AddressError
from tracer.model import parse_holder
from tracer.trace import PreparedCase, TraceResult

if TYPE_CHECKING:
    from tracer.report import Path


def path_of(prepared: PreparedCase, result: TraceResult, destination: str | Iterable[str], policy: str) -> Path:
    """Return the ways to a destination under a policy, ready to be shown."""
    from tracer.report import Path

    asked = [destination] if isinstance(destination, str) else list(destination)
    named = {holder for row in prepared.ledger.rows for holder in (row.sender, row.recipient)}
    named |= set(prepared.ledger.addresses.values())
    wanted = [one if one in named else _canonical(prepared, one) for one in asked]
    return Path(paths_to(prepared, policy, wanted), result)


def _canonical(prepared: PreparedCase, text: str) -> str:
    """Return an address in the form its chain writes it; the chains of the case are tried in turn."""
    refused: AddressError | None = None
    for chain in sorted(prepared.ledger.ordered_by):
        try:
            return parse_holder(chain, text)
        except AddressError as cause:
            refused = cause
    if refused is not None:
        raise refused
    return text
