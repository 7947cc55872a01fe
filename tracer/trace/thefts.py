"""What the seeds of a case take: a constant of the case fixed before any rule (method ev-theft)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracer.model import Account, AssetId, ChainId, Holder, Origin, Seed


@dataclass(slots=True)
class Thefts:
    """What the seeds take.

    Attributes
    ----------
    origins : list of Origin
        In theft order: the order of the seeds, then of the assets as paid.
    debits : dict of (int, int, int) to int
        Debits (event, part, debit; -1 for a mint) at which stolen units begin; their origin's place in `origins`.
    opening : dict of Account to list of (int, int)
        Stolen opening balances: (origin, amount in base units), in seed order.
    asserted : set of Account
        Those of them that rest on a publisher's statement.
    stolen : dict of Origin to int
        What was stolen, base units: what the audit compares with.
    stolen_by_grade : dict of Origin to dict of str to int
        The same by the grade of the theft's rows.
    paid : dict of Account to None
        Accounts the thefts pay, and those that begin with stolen units; a passage through a pool is none.
    victims : set of (ChainId, str)
        Addresses that lost what is stolen; never flagged.
    robbed : dict of Origin to dict of (ChainId, str) to dict of (ChainId, str) to int
        The same by name and asset, then by the transaction (with its chain) of each theft, with what each of them lost
        there, base units.
    doubted : set of (ChainId, str)
        Passages through what nobody says is a pool.
    ended : set of (ChainId, str)
        Receivers that are taken for contracts, though nobody says so, because they paid several assets.
    receivers : set of (ChainId, str)
        Addresses that may be called receivers of a theft: named, or the only ones; and holders and outpoints of seeds.
    counterparties : dict of (ChainId, str) to set of str
        Other net payers of a theft transaction, pools that swapped inside it among them, by transaction: what they got
        in it makes nobody flag them.
    not_seeded : dict of Origin to int
        Lost by the victims there, but not seeded, base units.
    notes : list of str
        What a reader must know, in sentences.
    """

    origins: list[Origin] = field(default_factory=list)
    debits: dict[tuple[int, int, int], int] = field(default_factory=dict)
    opening: dict[Account, list[tuple[int, int]]] = field(default_factory=dict)
    asserted: set[Account] = field(default_factory=set)
    stolen: dict[Origin, int] = field(default_factory=dict)
    stolen_by_grade: dict[Origin, dict[str, int]] = field(default_factory=dict)
    paid: dict[Account, None] = field(default_factory=dict)
    victims: set[Holder] = field(default_factory=set)
    robbed: dict[Origin, dict[tuple[ChainId, str], dict[Holder, int]]] = field(default_factory=dict)
    doubted: set[Holder] = field(default_factory=set)
    ended: set[Holder] = field(default_factory=set)
    receivers: set[Holder] = field(default_factory=set)
    counterparties: dict[Holder, set[str]] = field(default_factory=dict)
    not_seeded: dict[Origin, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def origin(self, name: str, asset: AssetId) -> int:
        """Return the place of an origin, entering it if it is new."""
        origin = Origin(name, asset)
        if origin not in self.origins:
            self.origins.append(origin)
            self.stolen[origin] = 0
            self.stolen_by_grade[origin] = {}
        return self.origins.index(origin)

    def count(self, origin: int, amount: int, grade: str) -> None:
        """Count units as stolen."""
        one = self.origins[origin]
        self.stolen[one] += amount
        by_grade = self.stolen_by_grade[one]
        by_grade[grade] = by_grade.get(grade, 0) + amount

    def stolen_at_opening(self) -> dict[Account, int]:
        """Return the stolen part of every opening balance, base units."""
        return {account: sum(amount for _, amount in lots) for account, lots in self.opening.items()}

    def pay(self, account: Account) -> None:
        """Enter an account that a theft pays."""
        self.paid.setdefault(account)


def theft_transactions(seeds: Iterable[Seed]) -> frozenset[tuple[ChainId, str]]:
    """Return the transactions that seeds name, with their chain; an empty chain means any."""
    return frozenset((seed.chain, seed.value) for seed in seeds if seed.kind == "tx")
