"""Closure: whether the rows held of an account agree with its balance at both ends of the window (METHODS 2.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracer.ledger import Ledger
from tracer.model import Account, caip10, chain_of

GIVER: Final = "the word of whoever gave the table"
SPENT: Final = "the transaction that spends it"
UNSPENT: Final = "the source that found no spend of it"


@dataclass(frozen=True, slots=True)
class Balance:
    """What a source says an account held at the two ends of the window.

    Attributes
    ----------
    opening, closing : int or None
        Before the first block and after the last one, base units; ``None`` where the source cannot say.
    by : str
        Name of the source.
    """

    opening: int | None
    closing: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Closure:
    """Which accounts close, and what is missing of those that do not.

    Attributes
    ----------
    closed : dict of Account to str
        By whom or what each closed account is closed.
    inflow, outflow : dict of Account to int
        Base units that must have come in or gone out unseen, where both ends are known and do not agree.
    """

    closed: dict[Account, str] = field(default_factory=dict)
    inflow: dict[Account, int] = field(default_factory=dict)
    outflow: dict[Account, int] = field(default_factory=dict)


def closure_of(
    ledger: Ledger,
    accounts: Collection[Account],
    balances: Mapping[Account, Balance],
    history: frozenset[str] | None,
    *,
    complete: bool = False,
) -> Closure:
    """Return which accounts close: opening + received − paid = closing, to the unit.

    Parameters
    ----------
    ledger : Ledger
        Whole, not cut at a time.
    accounts : collection of Account
        Those asked about.
    balances : mapping of Account to Balance
        What sources say.
    history : frozenset of str or None
        CAIP-10 of the holders whose history was read; others do not close. ``None``: the table is taken as it is.
    complete : bool
        Whether the giver of the table vouches that it is whole.

    Notes
    -----
    An outpoint is paid out whole, so it closes where its spend is held, or where its history was read and has none.
    """
    if complete:
        return Closure(dict.fromkeys(sorted(accounts), GIVER))
    found = Closure()
    if not balances and not any(chain_of(account.chain).family == "bitcoin" for account in accounts):
        return found
    net, paying = _changes(ledger)
    for account in sorted(accounts):
        read = history is None or caip10(account.chain, account.holder) in history
        if _is_outpoint(account):
            if account in paying:
                found.closed[account] = SPENT
            elif history is not None and read:
                found.closed[account] = UNSPENT
        elif account in balances:
            _reconcile(found, account, balances[account], net.get(account, 0), ledger.opening.get(account, 0), read)
    return found


def true_openings(least: Mapping[Account, int], balances: Mapping[Account, Balance]) -> dict[Account, int]:
    """Return the opening balances: what a source says, where it covers the recorded payments, else the least."""
    said = {account: one.opening for account, one in balances.items() if one.opening}
    return {
        account: max(least.get(account, 0), said.get(account) or 0) for account in sorted(least.keys() | said.keys())
    }


def _reconcile(found: Closure, account: Account, said: Balance, net: int, least: int, read: bool) -> None:
    if said.opening is None or said.closing is None:
        return
    missing = said.closing - said.opening - net
    if missing > 0:
        found.inflow[account] = missing
    elif missing < 0:
        found.outflow[account] = -missing
    elif read and said.opening >= least:
        found.closed[account] = said.by


def _changes(ledger: Ledger) -> tuple[dict[Account, int], set[Account]]:
    """Return what each account received less what it paid, and the accounts that pay."""
    net: dict[Account, int] = {}
    paying: set[Account] = set()
    for event in ledger.events:
        for part in event.parts:
            for leg in part.debits:
                net[leg.account] = net.get(leg.account, 0) - leg.amount
                paying.add(leg.account)
            for leg in part.credits:
                if not leg.sink:
                    net[leg.account] = net.get(leg.account, 0) + leg.amount
    return net, paying


def _is_outpoint(account: Account) -> bool:
    return chain_of(account.chain).family == "bitcoin" and ":" in account.holder
