"""Rows become events: who pays, who is paid, what is swapped, what leaves as fee or burn.

Inside one event a holder whose payments cancel out (a router, a splitter) is no holder; exactly two assets changing
hands is a swap; more than two cannot be resolved without prices and stops as ``contract``. Source: METHODS 2, 5.1, 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracer.errors import DataFileError
from tracer.model import Account, AssetId, Event, LedgerLeg, Leg, Part, Transfer, chain_of, weakest

_SINKS = {"fee": "fee", "burn": "burned"}


def transfer_event(index: int, group: Sequence[Transfer], first_row: int) -> Event | None:
    """Return the event of a group of transfers, or ``None`` where nothing changes hands.

    Parameters
    ----------
    index : int
        Its place in the total order.
    group : sequence of Transfer
        Rows of one event, in order.
    first_row : int
        Index of the group's first row among the ordered rows; legs refer to rows by index.
    """
    rows = [(first_row + offset, row) for offset, row in enumerate(group) if row.amount]
    if len(rows) == 1:
        kind, parts = _single(*rows[0])
    else:
        kind, parts = _several(rows)
    return _event(index, group, kind, parts) if parts else None


def ledger_event(index: int, group: Sequence[LedgerLeg], row_of: Sequence[int]) -> Event | None:
    """Return the event of a group of ledger legs, or ``None`` where nothing changes hands.

    Parameters
    ----------
    index : int
        Its place in the total order.
    group : sequence of LedgerLeg
        Legs of one event, in order.
    row_of : sequence of int, shape (len(group),)
        Index of the movement each leg is shown in.

    Raises
    ------
    DataFileError
        If debits and credits do not balance and are no swap, mint, fee or burn.
    """
    debits: dict[AssetId, list[Leg]] = {}
    credits: dict[AssetId, list[Leg]] = {}
    for leg, row in zip(group, row_of, strict=True):
        if leg.amount:
            side = debits if leg.side == "debit" else credits
            sink = _SINKS.get(leg.kind, "") if leg.side == "credit" else ""
            account = Account(leg.chain, leg.holder or sink, leg.asset)
            side.setdefault(leg.asset, []).append(Leg(account, leg.address, leg.amount, row, sink))
    _add_left_over_fee(group, debits, credits)
    kind, parts = _balance(group, debits, credits)
    return _event(index, group, kind, parts) if parts else None


def _event(index: int, group: Sequence[Transfer] | Sequence[LedgerLeg], kind: str, parts: tuple[Part, ...]) -> Event:
    first = group[0]
    name = first.event or f"e{index + 1}"
    if len(group) == 1 and isinstance(first, Transfer):
        grade, precision = first.grade, first.precision
        return Event(index, name, first.chain, first.block, first.time, first.tx, kind, parts, grade, precision)
    transfers = [row for row in group if isinstance(row, Transfer)]
    grade = weakest(row.grade for row in transfers) if transfers else "recorded"
    precision = "printed" if any(row.precision == "printed" for row in transfers) else "exact"
    return Event(index, name, first.chain, first.block, first.time, first.tx, kind, parts, grade, precision)


def _legs(row_index: int, row: Transfer) -> tuple[Leg, Leg]:
    """Return the debit and the credit of one transfer."""
    sink = _SINKS.get(row.kind, "")
    debit = Leg(Account(row.chain, row.sender, row.asset), row.sender, row.amount, row_index)
    payee = Account(row.chain, row.recipient or sink, row.asset)
    return debit, Leg(payee, row.recipient, row.amount, row_index, sink)


def _single(row_index: int, row: Transfer) -> tuple[str, tuple[Part, ...]]:
    debit, credit = _legs(row_index, row)
    if row.kind == "mint":
        return "mint", (Part((), (credit,)),)
    if row.sender == row.recipient and not credit.sink:
        return "transfer", ()
    kind = row.kind if row.kind in _SINKS else "transfer"
    return kind, (Part((debit,), (credit,)),)


def _several(rows: list[tuple[int, Transfer]]) -> tuple[str, tuple[Part, ...]]:
    """Resolve a group of transfers: one asset n→m, two assets a swap, more unresolved."""
    moving = [(index, row) for index, row in rows if row.sender != row.recipient or row.kind in (*_SINKS, "mint")]
    if not moving:
        return _own_conversion([row for _, row in rows], [index for index, _ in rows])
    outside = [_single(index, row)[1][0] for index, row in moving if row.kind in (*_SINKS, "mint")]
    debits, credits = _net([(index, row) for index, row in moving if row.kind not in (*_SINKS, "mint")])
    assets = list(dict.fromkeys([*debits, *credits]))
    if len(assets) > 2:
        return "unresolved", (*_unresolved(debits, credits), *outside)
    if len(assets) == 2:
        first, second = assets
        return "swap", (
            Part(tuple(debits[first]), tuple(credits[second])),
            Part(tuple(debits[second]), tuple(credits[first])),
            *outside,
        )
    plain = [Part(tuple(debits[asset]), tuple(credits[asset])) for asset in assets]
    return "transfer", (*plain, *outside)


def _own_conversion(rows: list[Transfer], indices: list[int]) -> tuple[str, tuple[Part, ...]]:
    """Resolve payments to oneself in two assets: a conversion whose counterparty the source does not give."""
    given = rows[0].asset if rows else None
    received = {row.asset for row in rows if row.asset != given}
    if not received:
        return "transfer", ()
    if len(received) > 1 or len({row.sender for row in rows}) > 1:
        raise DataFileError(
            f"Row {rows[0].row}, column 'event': {rows[0].event!r} is a conversion of more than two assets or holders.",
            why="Payments to oneself that share an event mean: the first asset was given, the second received.",
        )
    debits = tuple(_legs(i, row)[0] for i, row in zip(indices, rows, strict=True) if row.asset == given)
    credits = tuple(_legs(i, row)[1] for i, row in zip(indices, rows, strict=True) if row.asset != given)
    return "swap", (Part(debits, credits),)


def _net(rows: list[tuple[int, Transfer]]) -> tuple[dict[AssetId, list[Leg]], dict[AssetId, list[Leg]]]:
    """Return debits and credits by asset; a holder on both sides of an asset keeps only its net change."""
    debits: dict[AssetId, list[Leg]] = {}
    credits: dict[AssetId, list[Leg]] = {}
    for index, row in rows:
        debit, credit = _legs(index, row)
        debits.setdefault(row.asset, []).append(debit)
        credits.setdefault(row.asset, []).append(credit)
    for asset in list(debits):
        both = {leg.account for leg in debits[asset]} & {leg.account for leg in credits[asset]}
        for account in sorted(both):
            _settle(account, debits[asset], credits[asset])
        if not debits[asset]:
            del debits[asset], credits[asset]
    return debits, credits


def _settle(account: Account, debits: list[Leg], credits: list[Leg]) -> None:
    """Replace one holder's debits and credits by its net change, at the place of its first debit or last credit."""
    paid = [leg for leg in debits if leg.account == account]
    received = [leg for leg in credits if leg.account == account]
    net = sum(leg.amount for leg in received) - sum(leg.amount for leg in paid)
    for side, mine, keep, amount in ((debits, paid, 0, -net), (credits, received, -1, net)):
        kept = mine[keep]
        place = side.index(kept)
        side[place : place + 1] = [Leg(account, kept.address, amount, kept.row)] if amount > 0 else []
        for leg in mine:
            if leg is not kept:
                side.remove(leg)


def _unresolved(debits: dict[AssetId, list[Leg]], credits: dict[AssetId, list[Leg]]) -> Iterable[Part]:
    """Yield, asset by asset, what is given into the contract and what comes out of it as clean money."""
    for legs in debits.values():
        sinks = tuple(Leg(leg.account, leg.address, leg.amount, leg.row, "contract") for leg in legs)
        yield Part(tuple(legs), sinks)
    for legs in credits.values():
        yield Part((), tuple(legs))


def _add_left_over_fee(
    group: Sequence[LedgerLeg], debits: dict[AssetId, list[Leg]], credits: dict[AssetId, list[Leg]]
) -> None:
    """On Bitcoin, what the inputs hold beyond the outputs is the fee, the last credit (METHODS 2.2)."""
    chain = group[0].chain
    if chain_of(chain).family != "bitcoin":
        return
    for asset, legs in debits.items():
        fee = sum(leg.amount for leg in legs) - sum(leg.amount for leg in credits.get(asset, []))
        if fee > 0:
            credits.setdefault(asset, []).append(Leg(Account(chain, "fee", asset), "", fee, None, "fee"))


def _balance(
    group: Sequence[LedgerLeg], debits: dict[AssetId, list[Leg]], credits: dict[AssetId, list[Leg]]
) -> tuple[str, tuple[Part, ...]]:
    parts: list[Part] = []
    given: list[AssetId] = []
    received: list[AssetId] = []
    for asset in dict.fromkeys([*debits, *credits]):
        out, into = debits.get(asset, []), credits.get(asset, [])
        if out and into and sum(leg.amount for leg in out) != sum(leg.amount for leg in into):
            raise DataFileError(
                f"Row {group[0].row}: the debits and credits of {asset} in event {group[0].event!r} differ.",
                why="Value is neither made nor lost inside an event.",
                next_step="Add the missing leg; a fee is a credit of kind fee.",
            )
        if out and into:
            parts.append(Part(tuple(out), tuple(into)))
        else:
            (given if out else received).append(asset)
    if len(given) == 1 and len(received) == 1:
        return "swap", (*parts, Part(tuple(debits[given[0]]), tuple(credits[received[0]])))
    if given and received:
        rest = {asset: debits[asset] for asset in given}, {asset: credits[asset] for asset in received}
        return "unresolved", (*parts, *_unresolved(*rest))
    if given:
        raise DataFileError(
            f"Row {group[0].row}: event {group[0].event!r} debits {given[0]} and credits nobody.",
            why="Value does not vanish.",
            next_step="Add the credit; a burn is a credit of kind burn, a fee one of kind fee.",
        )
    parts += [Part((), tuple(credits[asset])) for asset in received]
    return "mint" if not debits else "transfer", tuple(parts)
