"""Derived tables of a bundle: canonical text of what was collected, and strict reading of it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io import csv_text, plain, read_table
from tracer.model import (
    REASONS,
    Account,
    ChainId,
    Coverage,
    LedgerLeg,
    Transfer,
    format_time,
    parse_amount,
    parse_asset,
    parse_chain,
    parse_holder,
)

TRANSFER_HEADER: Final = (
    *("chain", "block", "time", "position", "tx", "kind", "event", "sender", "recipient", "asset", "amount"),
    *("grade", "precision", "source", "id"),
)
LEDGER_HEADER: Final = (
    *("event", "side", "holder", "address", "chain", "block", "time", "tx", "kind", "asset", "amount", "source"),
    "id",
)
BALANCE_HEADER: Final = ("chain", "holder", "asset", "opening", "closing", "source")
HOLDER_HEADER: Final = ("chain", "holder", "status", "source")
STATUSES: Final = ("whole", "partial", "high_degree", "contract", "over_budget", "not_supported")
"""Of a holder: read whole, read with gaps, not read because it stops, or not read for want of budget or source."""
COVERAGE_HEADER: Final = (
    *("chain", "subject", "source", "endpoint", "from_block", "to_block", "complete", "reason", "detail", "rows"),
    *("pages", "unconfirmed_from"),
)

Ends = tuple[int | None, int | None, str]
"""Opening, closing, and the source that says so."""


def transfers_csv(rows: Iterable[Transfer]) -> str:
    """Return a transfers table; :func:`tracer.io.tables.read_transfers` reads it back."""
    return csv_text(
        TRANSFER_HEADER,
        (
            (
                *(row.chain, _number(row.block), format_time(row.time), _number(row.position), row.tx, row.kind),
                *(row.event, row.sender, row.recipient, row.asset, str(row.amount), row.grade, row.precision),
                *(row.source_url, row.id),
            )
            for row in rows
        ),
    )


def ledger_csv(legs: Iterable[LedgerLeg], sources: Mapping[ChainId, str]) -> str:
    """Return a ledger table, with who read each chain; :func:`tracer.io.tables.read_ledger` reads it back."""
    return csv_text(
        LEDGER_HEADER,
        (
            (
                *(leg.event, leg.side, leg.holder, leg.address, leg.chain, _number(leg.block), format_time(leg.time)),
                *(leg.tx, leg.kind, leg.asset, str(leg.amount), sources.get(leg.chain, "")),
                leg.id,
            )
            for leg in legs
        ),
    )


def balances_csv(balances: Mapping[Account, Ends]) -> str:
    """Return the balances of accounts at both ends of the window, in order; empty where nobody says."""
    return csv_text(
        BALANCE_HEADER,
        (
            (*account, _number(opening), _number(closing), by)
            for account, (opening, closing, by) in sorted(balances.items())
        ),
    )


def holders_csv(statuses: Mapping[tuple[ChainId, str], str], sources: Mapping[ChainId, str]) -> str:
    """Return the holders stolen money can have reached and what was read of each, in order.

    Parameters
    ----------
    statuses : mapping of (ChainId, str) to str
        Of :data:`STATUSES`.
    sources : mapping of ChainId to str
        Who read each chain.
    """
    rows = ((*holder, status, sources.get(holder[0], "")) for holder, status in sorted(statuses.items()))
    return csv_text(HOLDER_HEADER, rows)


def coverage_csv(coverage: Iterable[Coverage]) -> str:
    """Return what was read and what was not, in the order given."""
    return csv_text(
        COVERAGE_HEADER,
        (
            (
                *(one.chain, one.subject, one.source, one.endpoint, str(one.from_block), str(one.to_block)),
                *("true" if one.complete else "false", one.reason, plain(one.detail), str(one.rows), str(one.pages)),
                _number(one.unconfirmed_from),
            )
            for one in coverage
        ),
    )


def read_balances(path: Path) -> dict[Account, Ends]:
    """Read a table of balances.

    Raises
    ------
    DataFileError
        If a column is missing or a cell cannot be used; names file, row and column.
    """
    held: dict[Account, Ends] = {}
    for record in read_table(path, BALANCE_HEADER, ()).records():
        chain = record.parse("chain", lambda value: parse_chain(str(value)))
        holder = record.text("holder")
        asset = record.text("asset")
        account = Account(
            chain,
            record.parse("holder", lambda _: parse_holder(chain, holder)),  # noqa: B023 (called at once)
            record.parse("asset", lambda _: parse_asset(asset, chain)),  # noqa: B023 (called at once)
        )
        ends = (record.optional("opening", parse_amount), record.optional("closing", parse_amount))
        held[account] = (*ends, record.text("source"))
    return held


def read_holders(path: Path) -> dict[tuple[ChainId, str], str]:
    """Read the holders and what was read of each; raises as :func:`read_balances`."""
    held: dict[tuple[ChainId, str], str] = {}
    for record in read_table(path, HOLDER_HEADER, ()).records():
        chain = record.parse("chain", lambda value: parse_chain(str(value)))
        holder = record.text("holder")
        key = chain, record.parse("holder", lambda _: parse_holder(chain, holder))  # noqa: B023 (called at once)
        held[key] = record.parse("status", _one_of(STATUSES))
    return held


def read_coverage(path: Path) -> tuple[Coverage, ...]:
    """Read what was read and what was not; raises as :func:`read_balances`."""
    return tuple(
        Coverage(
            record.parse("chain", lambda value: parse_chain(str(value))),
            record.text("subject"),
            record.text("source"),
            record.text("endpoint"),
            record.parse("from_block", parse_amount),
            record.parse("to_block", parse_amount),
            complete=record.parse("complete", _flag),
            reason=record.parse("reason", _one_of(REASONS)),
            detail=record.text("detail"),
            rows=record.parse("rows", parse_amount),
            pages=record.parse("pages", parse_amount),
            unconfirmed_from=record.optional("unconfirmed_from", parse_amount),
        )
        for record in read_table(path, COVERAGE_HEADER, ()).records()
    )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise InputError(f"{str(value)[:20]!r} is neither true nor false.")
    return value == "true"


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise InputError(f"{str(value)[:40]!r} is none of: {', '.join(words)}.")
        return str(value)

    return read
