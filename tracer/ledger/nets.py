"""What an event leaves everybody with: signed entries of accounts, netted by holder and asset, fees apart.

Transfers and ledger legs become the same entries here, so that a table gives one trace however it is written. A holder
whose entries cancel out (a router, a splitter, a payment to oneself) takes no part. Source: method ev-net.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from tracer.errors import DataFileError
from tracer.model import Account, AssetId, ChainId, LedgerLeg, Leg, Part, Shown, Transfer, chain_of

SINKS: Final = {"fee": "fee", "burn": "burned"}
"""Kinds of rows whose units leave every holder, and the exit they leave by."""


@dataclass(frozen=True, slots=True)
class Nets:
    """Who ends an event with less and who with more.

    Attributes
    ----------
    debits, credits : dict of AssetId to tuple of Leg
        One leg a holder, in the order of its first row on that side; credits include sinks. Where an asset's credits
        are more than its debits the difference was newly made; where they are less it was destroyed, or the source does
        not give the other side.
    fees : tuple of Part
        Payer to sink, apart from all else, and what a named payee earns by it.
    unstated_fee : int
        Base units that inputs hold beyond the outputs and no leg says are a fee; a credit here.
    """

    debits: Mapping[AssetId, tuple[Leg, ...]]
    credits: Mapping[AssetId, tuple[Leg, ...]]
    fees: tuple[Part, ...] = ()
    unstated_fee: int = 0

    @property
    def assets(self) -> tuple[AssetId, ...]:
        """The assets that change hands, in order."""
        return tuple(dict.fromkeys([*self.debits, *self.credits]))


class Entry(NamedTuple):
    """What one row or leg changes: an account gains `amount` (loses it where negative), base units."""

    account: Account
    address: str
    amount: int
    row: int


@dataclass(slots=True)
class _Book:
    """Entries while they are gathered."""

    entries: list[Entry] = field(default_factory=list)
    burns: dict[AssetId, list[Leg]] = field(default_factory=dict)
    fees: list[Leg] = field(default_factory=list)


def nets_of_transfers(rows: Sequence[tuple[int, Transfer]]) -> Nets:
    """Return what a group of transfers nets to; each comes with its index among the shown rows.

    Raises
    ------
    DataFileError
        If payments to oneself that stand alone are no conversion of one asset into another.
    """
    book = _Book()
    fees = [part for index, row in rows if row.kind == "fee" for part in parts_of_sink(index, row)]
    moving = [(index, row) for index, row in rows if row.kind != "fee"]
    if moving and all(row.sender == row.recipient for _, row in moving):
        book.entries = _own_conversion(moving)
    else:
        for index, row in moving:
            _enter(book, index, row)
    return _close(book, tuple(fees))


def nets_of_legs(group: Sequence[LedgerLeg], row_of: Sequence[int]) -> Nets:
    """Return what a group of ledger legs nets to; `row_of` says in which shown row each leg stands.

    Raises
    ------
    DataFileError
        If debits and credits of an asset differ and it is neither given nor received alone.
    """
    book = _Book()
    for leg, row in zip(group, row_of, strict=True):
        if not leg.amount:
            continue
        sink = SINKS.get(leg.kind, "") if leg.side == "credit" else ""
        account = Account(leg.chain, leg.holder or sink, leg.asset)
        if sink:
            out = Leg(account, leg.address, leg.amount, row, sink)
            (book.fees if sink == "fee" else book.burns.setdefault(leg.asset, [])).append(out)
        else:
            amount = leg.amount if leg.side == "credit" else -leg.amount
            book.entries.append(Entry(account, leg.address or leg.holder, amount, row))
    _check_balance(group)
    if chain_of(group[0].chain).family == "bitcoin":
        return _with_left_over(group, _close(book, (), pooled=book.fees))
    fees = [part for leg in tuple(book.fees) for part in _paid_apart(book, leg)]
    return _close(book, tuple(fees), pooled=[leg for leg in book.fees if leg.amount])


def parts_of_sink(index: int, row: Transfer) -> tuple[Part, ...]:
    """Return what a row moves whose units leave every holder: a fee or a burn.

    A fee is an exit, and who is named as its payee has it as income of its own: clean money, as newly made as the
    reward of a block (method ev-fee).
    """
    out = _sink_leg(index, row)
    return Part((_debit(index, row),), (out,)), *_earned(out)


def is_income(part: Part, parts: Iterable[Part]) -> bool:
    """Return whether a part of an event is what the payee of one of its fees earns, which nobody exchanges."""
    payees = {(leg.account, leg.amount) for one in parts for leg in one.credits if leg.sink == "fee"}
    return not part.debits and all((leg.account, leg.amount) in payees for leg in part.credits)


def _earned(fee: Leg) -> tuple[Part, ...]:
    if fee.sink != "fee" or fee.account.holder == "fee":
        return ()
    return (Part((), (replace(fee, row=None, rows=(), sink=""),)),)


def split_leg(leg: Leg, amount: int) -> tuple[Leg, Leg]:
    """Split a leg; the movements it is shown in go to the first part until it is filled, then to the second."""
    first: list[Shown] = []
    second: list[Shown] = []
    room = amount
    for row, most in leg.shown():
        mine = min(room, most)
        room -= mine
        first += [Shown(row, mine)] * (mine > 0)
        second += [Shown(row, most - mine)] * (most > mine)
    rest = leg.amount - amount
    return (
        replace(leg, amount=amount, row=first[0].row if first else leg.row, rows=tuple(first)),
        replace(leg, amount=rest, row=second[0].row if second else leg.row, rows=tuple(second)),
    )


def split_by_row(leg: Leg, row: int, amount: int) -> tuple[Leg, Leg]:
    """Split a leg in the units that a row shows of it, and the rest."""
    shown = leg.shown()
    if not any(one.row == row for one in shown):
        return split_leg(leg, amount)
    rest = tuple(
        Shown(one.row, one.amount - (amount if one.row == row else 0))
        for one in shown
        if one.row != row or one.amount > amount
    )
    return (
        replace(leg, amount=amount, row=row, rows=(Shown(row, amount),)),
        replace(leg, amount=leg.amount - amount, row=rest[0].row if rest else None, rows=rest),
    )


def split_legs(legs: Iterable[Leg], amount: int) -> tuple[list[Leg], list[Leg]]:
    """Split legs in their order: the first `amount` units, and the rest."""
    first: list[Leg] = []
    rest: list[Leg] = []
    for leg in legs:
        if leg.amount <= amount:
            first.append(leg)
            amount -= leg.amount
        elif amount:
            mine, left = split_leg(leg, amount)
            first.append(mine)
            rest.append(left)
            amount = 0
        else:
            rest.append(leg)
    return first, rest


def _debit(index: int, row: Transfer) -> Leg:
    return Leg(Account(row.chain, row.sender, row.asset), row.sender, row.amount, index)


def _sink_leg(index: int, row: Transfer) -> Leg:
    sink = SINKS[row.kind]
    return Leg(Account(row.chain, row.recipient or sink, row.asset), row.recipient, row.amount, index, sink)


def _enter(book: _Book, index: int, row: Transfer) -> None:
    if row.sender == row.recipient and row.kind not in ("mint", "burn"):
        return
    if row.kind != "mint":
        book.entries.append(Entry(Account(row.chain, row.sender, row.asset), row.sender, -row.amount, index))
    if row.kind == "burn":
        book.burns.setdefault(row.asset, []).append(_sink_leg(index, row))
    else:
        book.entries.append(Entry(Account(row.chain, row.recipient, row.asset), row.recipient, row.amount, index))


def _own_conversion(rows: Sequence[tuple[int, Transfer]]) -> list[Entry]:
    """Return the entries of payments to oneself in two assets: a conversion whose other side is not in the source."""
    first = rows[0][1]
    received = {row.asset for _, row in rows if row.asset != first.asset}
    if not received:
        return []
    if len(received) > 1 or len({row.sender for _, row in rows}) > 1:
        raise DataFileError(
            f"Row {first.row}, column 'event': {first.event!r} is a conversion of more than two assets or holders.",
            why="Payments to oneself that share an event mean: the first asset was given, the second received.",
        )
    return [
        Entry(
            Account(row.chain, row.sender, row.asset),
            row.sender,
            -row.amount if row.asset == first.asset else row.amount,
            index,
        )
        for index, row in rows
    ]


def _paid_apart(book: _Book, fee: Leg) -> list[Part]:
    """Take a fee out of what the debits of its asset pay, in order; what none pays stays a credit beside the others."""
    parts: list[Part] = []
    left = fee
    for place, entry in enumerate(book.entries):
        if not left.amount or entry.amount >= 0 or entry.account.asset != fee.account.asset:
            continue
        mine, left = split_leg(left, min(left.amount, -entry.amount))
        payer = Leg(entry.account, entry.address, mine.amount, entry.row)
        parts += (Part((payer,), (mine,)), *_earned(mine))
        book.entries[place] = entry._replace(amount=entry.amount + mine.amount)
    book.fees[book.fees.index(fee)] = left
    return parts


def _close(book: _Book, fees: tuple[Part, ...], pooled: Sequence[Leg] = ()) -> Nets:
    """Net the entries; burns leave as far as more was debited than credited."""
    mine: dict[Account, list[tuple[int, Entry]]] = {}
    for place, entry in enumerate(book.entries):
        if entry.amount:
            mine.setdefault(entry.account, []).append((place, entry))
    legs: list[tuple[int, bool, Leg]] = []
    for account, entries in mine.items():
        net = sum(entry.amount for _, entry in entries)
        side = [(place, entry) for place, entry in entries if (entry.amount > 0) == (net > 0)]
        if net:
            first = side[0][1]
            rows = tuple(Shown(entry.row, abs(entry.amount)) for _, entry in side) if len(side) > 1 else ()
            legs.append((side[0][0], net > 0, Leg(account, first.address, abs(net), first.row, "", rows)))
    legs.sort(key=lambda leg: leg[0])
    debits: dict[AssetId, list[Leg]] = {}
    credits: dict[AssetId, list[Leg]] = {}
    for _, is_credit, leg in legs:
        (credits if is_credit else debits).setdefault(leg.account.asset, []).append(leg)
    for leg in pooled:
        credits.setdefault(leg.account.asset, []).append(leg)
    for asset, burns in book.burns.items():
        gone = _sum(debits.get(asset, ())) - _sum(credits.get(asset, ()))
        if gone > 0:
            credits.setdefault(asset, []).extend(split_legs(burns, gone)[0])
    return Nets(
        {asset: tuple(held) for asset, held in debits.items()},
        {asset: tuple(held) for asset, held in credits.items()},
        fees,
    )


def _with_left_over(group: Sequence[LedgerLeg], nets: Nets) -> Nets:
    """On Bitcoin, what the inputs hold beyond the outputs is the fee, the last credit (method ev-fee).

    Of raw transactions that is computed; an own ledger states it, or it is booked and told as unstated.
    """
    chain: ChainId = group[0].chain
    credits, unstated = dict(nets.credits), 0
    for asset, legs in nets.debits.items():
        fee = _sum(legs) - _sum(credits.get(asset, ()))
        if fee > 0:
            credits[asset] = (*credits.get(asset, ()), Leg(Account(chain, "fee", asset), "", fee, None, "fee"))
            unstated += 0 if all(leg.whole for leg in group) else fee
    return replace(nets, credits=credits, unstated_fee=unstated)


def _check_balance(group: Sequence[LedgerLeg]) -> None:
    out: dict[AssetId, int] = {}
    into: dict[AssetId, int] = {}
    made: dict[AssetId, int] = {}
    for leg in group:
        if leg.amount:
            side = out if leg.side == "debit" else into
            side[leg.asset] = side.get(leg.asset, 0) + leg.amount
            if leg.side == "credit" and leg.kind == "mint":
                made[leg.asset] = made.get(leg.asset, 0) + leg.amount
    bitcoin = chain_of(group[0].chain).family == "bitcoin"
    for asset in out.keys() & into.keys():
        difference = out[asset] + made.get(asset, 0) - into[asset]
        if difference < 0 or (difference and not bitcoin):
            raise DataFileError(
                f"Row {group[0].row}: the debits and credits of {asset} in event {group[0].event!r} differ.",
                why="Value is neither made nor lost inside an event.",
                next_step="Add the missing leg; a fee is a credit of kind fee, a burn one of kind burn, new issue one "
                "of kind mint.",
            )
    if out.keys() - into.keys() and not into.keys() - out.keys() and not bitcoin:
        asset = min(out.keys() - into.keys())
        raise DataFileError(
            f"Row {group[0].row}: event {group[0].event!r} debits {asset} and credits nobody.",
            why="Value does not vanish.",
            next_step="Add the credit; a burn is a credit of kind burn, a fee one of kind fee.",
        )


def _sum(legs: Iterable[Leg]) -> int:
    return sum(leg.amount for leg in legs)
