"""Seeds become thefts: which events or opening balances are stolen, and under which origin they are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracer.errors import InputError
from tracer.ledger import Ledger
from tracer.model import Account, AssetId, Event, Origin, Seed


@dataclass(slots=True)
class Thefts:
    """What the seeds take.

    Attributes
    ----------
    origins : list of Origin
        In theft order: the order of the seeds, then of the assets as paid.
    events : dict of int to dict of AssetId to int
        Theft events by index; for each stolen asset its origin's place in `origins`.
    opening : dict of Account to list of (int, int)
        Stolen opening balances: (origin, amount in base units), in seed order.
    notes : list of str
        What a reader must know, in sentences.
    """

    origins: list[Origin] = field(default_factory=list)
    events: dict[int, dict[AssetId, int]] = field(default_factory=dict)
    opening: dict[Account, list[tuple[int, int]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def origin(self, name: str, asset: AssetId) -> int:
        """Return the place of an origin, entering it if it is new."""
        origin = Origin(name, asset)
        if origin not in self.origins:
            self.origins.append(origin)
        return self.origins.index(origin)

    def stolen_at_opening(self) -> dict[Account, int]:
        """Return the stolen part of every opening balance, base units."""
        return {account: sum(amount for _, amount in lots) for account, lots in self.opening.items()}


def find_thefts(ledger: Ledger, seeds: Sequence[Seed]) -> Thefts:
    """Return what the seeds take from the ledger.

    Raises
    ------
    InputError
        If a seed's transaction is not in the ledger, pays out nothing of its asset, or another amount than the seed
        says; or if two seeds claim the same units.
    """
    thefts = Thefts()
    for seed in seeds:
        if seed.kind == "tx":
            _add_transaction(ledger.events, seed, thefts)
        else:
            _add_holder(ledger.opening, seed, thefts)
    return thefts


def _add_transaction(events: Sequence[Event], seed: Seed, thefts: Thefts) -> None:
    found = [
        event for event in events if event.tx == seed.value and event.kind != "fee" and seed.chain in ("", event.chain)
    ]
    paid: dict[AssetId, int] = {}
    for event in found:
        for asset, amount in _paid_out(event).items():
            if seed.asset in (None, asset):
                paid[asset] = paid.get(asset, 0) + amount
    if not paid:
        raise InputError(
            f"The seed transaction {seed.value} pays out nothing{f' of {seed.asset}' if seed.asset else ''}.",
            why="It is not in the table, moves zero, or moves another asset."
            if not found
            else "It moves other assets.",
            next_step="Check the hash, the chain and the asset of the seed.",
        )
    if seed.amount is not None and sum(paid.values()) != seed.amount:
        raise InputError(
            f"The seed says {seed.amount} was stolen in {seed.value}, but it pays out {sum(paid.values())}.",
            why="What the seed transaction pays out is stolen, whole.",
            next_step="Correct the amount, or leave it empty.",
        )
    for event in found:
        held = thefts.events.setdefault(event.index, {})
        for asset in _paid_out(event):
            if asset not in paid:
                continue
            if asset in held:
                raise InputError(f"Two seeds claim {asset} of transaction {seed.value}.", next_step="Keep one of them.")
            held[asset] = thefts.origin(seed.origin, asset)


def _paid_out(event: Event) -> dict[AssetId, int]:
    paid: dict[AssetId, int] = {}
    for part in event.parts:
        for leg in part.credits:
            paid[leg.account.asset] = paid.get(leg.account.asset, 0) + leg.amount
    return paid


def _add_holder(opening: Mapping[Account, int], seed: Seed, thefts: Thefts) -> None:
    if seed.amount is not None and seed.asset is not None:
        amounts = {Account(seed.chain, seed.value, seed.asset): seed.amount}
    else:
        amounts = {
            account: amount
            for account, amount in opening.items()
            if (account.chain, account.holder) == (seed.chain, seed.value) and seed.asset in (None, account.asset)
        }
        if not amounts:
            thefts.notes.append(
                f"The seed {seed.value} of {seed.origin} pays nothing it did not first receive in the table: "
                "nothing is stolen there."
            )
    for account, amount in amounts.items():
        held = thefts.opening.setdefault(account, [])
        if held and seed.amount is None:
            raise InputError(
                f"Two seeds claim the opening balance of {seed.value}.",
                why="A seed without an amount takes all of it.",
                next_step="Give every seed of this holder its amount.",
            )
        held.append((thefts.origin(seed.origin, account.asset), amount))
