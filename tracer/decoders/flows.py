"""What every holder of one transaction gave and got, and which conversions that leaves: the rule under all decoders.

Theory of operation
-------------------
A *flow* is a movement of the record, or a side of a wrap that no movement shows: the contract that wraps a coin writes
what it made and burnt, and moves no token. Units that are made come from the contract of their asset, units that are
burnt go to it, so that an issuer stands on the other side of a mint as a pool stands on the other side of a swap.
Fees are no flows.

The *net* of a holder is what the transaction leaves it with, asset by asset. Routers net to nothing and drop out.
A holder with exactly one asset less and one asset more has *converted* the one into the other. Pools look the same
from the other side, so that one has to be told from the other:

1. who began the transaction is asked first, and where it has converted, that is the conversion;
2. else whoever converted and is neither a pool (it wrote none of the logs that pools write) nor an issuer: each of them
   by itself, by the flows that touch it, since what pools did for several is not told apart;
3. else, where all who converted have the same two assets, those;
4. else, where one holder only gives one asset, and one only receives another, and pools lead from the first to the
   second: a swap whose payee is another than its payer.

What none of these decides is no conversion, and the reason is said. Nothing here is guessed from values.
Sources: METHODS 5.1 and 5.2 of this project; Eulerian flows as in graphsense-lib.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracer.chains import ZERO_ADDRESS, EventAbi
from tracer.decoders.contract import Action
from tracer.decoders.wrapped import DEPOSIT, WITHDRAWAL, WRAPPED
from tracer.model import AssetId, TxRecord

UNHELD: Final = "The calls inside are not known: coin that moved there is in none of the sides."
Nets = dict[str, dict[AssetId, int]]
SHOWN_BY_FLOWS: Final = "#net"
"""In the name of an event: its legs are what net flows show, whoever names them, so that two who name it agree."""

# Logs of contracts that stand between: a pool, a vault or a wrapper (the folders of the decoders name their sources).
_POOL_LOGS: Final = frozenset(
    EventAbi(text).topic
    for text in (
        "Swap(address a, uint256 b, uint256 c, uint256 d, uint256 e, address f)",
        "Swap(address a, address b, uint256 c, uint256 d, uint256 e, uint256 f)",
        "Swap(address a, address b, int256 c, int256 d, uint160 e, uint128 f, int24 g)",
        "Swap(address a, address b, int256 c, int256 d, uint160 e, uint128 f, int24 g, uint128 h, uint128 i)",
        "Swap(bytes32 a, address b, int128 c, int128 d, uint160 e, uint128 f, int24 g, uint24 h)",
        "Swap(bytes32 a, address b, address c, uint256 d, uint256 e)",
        "Swap(address a, address b, address c, uint256 d, uint256 e, uint256 f, uint256 g)",
        "TokenExchange(address a, int128 b, uint256 c, int128 d, uint256 e)",
        "TokenExchange(address a, uint256 b, uint256 c, uint256 d, uint256 e)",
        "TokenExchange(address a, uint256 b, uint256 c, uint256 d, uint256 e, uint256 f, uint256 g)",
        "TokenExchangeUnderlying(address a, int128 b, uint256 c, int128 d, uint256 e)",
        "Mint(address a, uint256 b, uint256 c)",
        "Burn(address a, uint256 b, uint256 c, address d)",
        "Settlement(address a)",
    )
)


@dataclass(frozen=True, slots=True)
class Flow:
    """One movement of a transaction, with the issuer on the other side of what is made or burnt.

    Attributes
    ----------
    payer, payee : str
        Canonical holders.
    asset : AssetId
        CAIP-19 id.
    amount : int
        Base units, above zero.
    move : int or None
        Index of the movement; ``None`` for a side of a wrap that no movement shows.
    made : int
        1 where it is made, -1 where it is burnt, else 0.
    log : int or None
        Of a side of a wrap: the index of its log.
    """

    payer: str
    payee: str
    asset: AssetId
    amount: int
    move: int | None
    made: int = 0
    log: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became what within one transaction.

    Attributes
    ----------
    payer, payee : str
        Who gave the one and who got the other; mostly the same.
    given, got : AssetId
        CAIP-19 ids.
    paid, received : int
        Base units, net.
    moves : tuple of int
        The movements it consists of, ascending.
    nets : mapping
        What they leave every holder with, by holder and asset: the sides of the event.
    """

    payer: str
    payee: str
    given: AssetId
    got: AssetId
    paid: int
    received: int
    moves: tuple[int, ...]
    nets: Mapping[str, Mapping[AssetId, int]]


def flows_of(record: TxRecord) -> tuple[Flow, ...]:
    """Return the flows of a transaction: its movements without fees, then the sides of wraps that none shows."""
    flows = []
    for index, row in enumerate(record.movements):
        if not row.amount or row.kind == "fee" or row.layer in ("fee", "block") or row.sender == row.recipient:
            continue
        issuer = issuer_of(row.asset)
        if row.kind == "mint" or row.sender in ("", ZERO_ADDRESS):
            flows.append(Flow(issuer, row.recipient, row.asset, row.amount, index, 1))
        elif row.kind == "burn" or row.recipient in ("", ZERO_ADDRESS):
            flows.append(Flow(row.sender, issuer, row.asset, row.amount, index, -1))
        else:
            flows.append(Flow(row.sender, row.recipient, row.asset, row.amount, index))
    return (*flows, *wraps_of(record))


def issuer_of(asset: AssetId) -> str:
    """Return the contract of a token; of a coin, which has none, its id."""
    return asset.rpartition(":")[2] if "/erc20:" in asset else asset


def wraps_of(record: TxRecord) -> Iterable[Flow]:
    """Yield the sides of wraps that no movement shows, in the order of their logs."""
    contract = WRAPPED.get(record.chain)
    if contract is None or (record.receipt is not None and record.receipt.failed):
        return
    asset = AssetId(f"{record.chain}/erc20:{contract}")
    shown = {(flow.sender, flow.recipient, flow.amount) for flow in record.movements if flow.asset == asset}
    for log in record.logs or ():
        if log.address != contract:
            continue
        for event, who, made in ((DEPOSIT, "dst", 1), (WITHDRAWAL, "src", -1)):
            said = event.read(log)
            if said is None:
                continue
            holder, amount = str(said[who]), int(str(said["wad"]))
            # A wrapper that also writes Transfer has been read already.
            pair = (ZERO_ADDRESS, holder) if made > 0 else (holder, ZERO_ADDRESS)
            if not amount or (*pair, amount) in shown:
                continue
            ends = (contract, holder) if made > 0 else (holder, contract)
            yield Flow(*ends, asset, amount, None, made, log.index)


def nets_of(flows: Iterable[Flow]) -> Nets:
    """Return what flows leave everybody with: by holder and asset, base units, never 0, in order."""
    change: Nets = {}
    for flow in flows:
        for holder, amount in ((flow.payer, -flow.amount), (flow.payee, flow.amount)):
            mine = change.setdefault(holder, {})
            mine[flow.asset] = mine.get(flow.asset, 0) + amount
    nets = {holder: {asset: net for asset, net in sorted(mine.items()) if net} for holder, mine in change.items()}
    return {holder: mine for holder, mine in sorted(nets.items()) if mine}


def conversions_of(record: TxRecord) -> tuple[Conversion, ...]:
    """Return the conversions of one asset into one other that the net flows of a transaction show, in order."""
    return read_flows(record)[0]


def read_flows(record: TxRecord) -> tuple[tuple[Conversion, ...], str]:
    """Return the conversions, and where there are none though several assets change hands, in words why."""
    flows = flows_of(record)
    if len({flow.asset for flow in flows}) < 2:
        return (), ""
    nets = nets_of(flows)
    pairs = {holder: pair for holder, change in nets.items() if (pair := _exchanged(change))}
    issuers = {issuer_of(flow.asset) for flow in flows if flow.made}
    pools = {log.address for log in record.logs or () if log.topics[:1] and log.topics[0] in _POOL_LOGS} | issuers
    starter = record.sender or next((row.sender for row in record.movements if row.kind == "fee"), "")
    if starter in pairs:
        given, got = pairs[starter]
        return (_conversion(starter, starter, given, got, nets, _rows(flows, {given, got})),), ""
    traders = [holder for holder in pairs if holder not in pools]
    if traders and (pools or len(traders) == 1):
        found = []
        for holder in traders:
            given, got = pairs[holder]
            mine = [flow for flow in _rows(flows, {given, got}) if holder in (flow.payer, flow.payee)]
            rows = _rows(flows, {given, got}) if len(traders) == 1 else mine
            found.append(_conversion(holder, holder, given, got, nets, rows))
        if not {move for one in found[1:] for move in one.moves} & {*found[0].moves} or len(found) == 1:
            return tuple(found), ""
        return (), "Several holders convert with one another, and who gave what to whom is not told apart."
    distinct = {frozenset(pair) for pair in pairs.values()}
    if len(distinct) == 1 and starter not in nets:
        holder = next(iter(pairs))
        given, got = pairs[holder]
        return (_conversion(holder, holder, given, got, nets, _rows(flows, {given, got})),), ""
    paid_on = _paid_to_another(nets, pairs, flows)
    if paid_on is not None:
        return (paid_on,), ""
    return (), _why(starter, nets)


def legs_of_conversion(
    record: TxRecord, one: Conversion, number: int, *, protocol: str = "netting", action: str = "swap", key: str = ""
) -> tuple[Action, ...]:
    """Return the legs of a conversion: what its movements leave each holder with, in its two assets.

    Parameters
    ----------
    record : TxRecord
        Its transaction.
    one : Conversion
        What net flows show.
    number : int
        Which of the conversions of the transaction it is.
    protocol, action, key : str
        As in :class:`tracer.decoders.Action`.
    """
    legs = []
    # Where the calls are not held, coin may have come back, or gone elsewhere, in no movement: the sides may be more.
    reason = "" if record.whole else UNHELD
    for holder, change in one.nets.items():
        for asset, amount in change.items():
            others = {other for other, theirs in one.nets.items() if theirs.get(asset, 0) * amount < 0}
            legs.append(
                Action(
                    protocol=protocol,
                    action=action,
                    holder=holder,
                    counterparty=others.pop() if len(others) == 1 else "",
                    asset=asset,
                    amount=amount,
                    moves=tuple(index for index in one.moves if record.movements[index].asset == asset),
                    event=f"{record.tx}{SHOWN_BY_FLOWS}{number}",
                    key=key,
                    reason=reason,
                )
            )
    return tuple(legs)


def _conversion(payer: str, payee: str, given: AssetId, got: AssetId, nets: Nets, flows: Sequence[Flow]) -> Conversion:
    return Conversion(
        payer=payer,
        payee=payee,
        given=given,
        got=got,
        paid=-nets[payer][given],
        received=nets[payee][got],
        moves=tuple(sorted(flow.move for flow in flows if flow.move is not None)),
        # As a side of the event, what makes and takes units is the zero address, as movements write it.
        nets=nets_of(
            replace(flow, payer=ZERO_ADDRESS)
            if flow.made > 0
            else replace(flow, payee=ZERO_ADDRESS)
            if flow.made < 0
            else flow
            for flow in flows
        ),
    )


def _rows(flows: Sequence[Flow], assets: set[AssetId]) -> list[Flow]:
    return [flow for flow in flows if flow.asset in assets]


def _exchanged(change: Mapping[AssetId, int]) -> tuple[AssetId, AssetId] | None:
    down = [asset for asset, amount in change.items() if amount < 0]
    up = [asset for asset, amount in change.items() if amount > 0]
    return (down[0], up[0]) if len(down) == len(up) == 1 else None


def _paid_to_another(
    nets: Nets, pairs: Mapping[str, tuple[AssetId, AssetId]], flows: Sequence[Flow]
) -> Conversion | None:
    """Return a conversion whose payee is another than its payer, where pools lead from the one to the other."""
    gives = [(holder, change) for holder, change in nets.items() if max(change.values()) < 0 and len(change) == 1]
    gets = [(holder, change) for holder, change in nets.items() if min(change.values()) > 0 and len(change) == 1]
    if len(gives) != 1:
        return None
    payer, change = gives[0]
    given = next(iter(change))
    reached, more = {given}, True
    while more:
        # A pool that gives one asset has received the other: money goes through it from the second to the first.
        new = {down for down, up in pairs.values() if up in reached} - reached
        reached, more = reached | new, bool(new)
    ends = [(holder, asset) for holder, mine in gets for asset in mine if asset in reached and asset != given]
    if len(ends) != 1:
        return None
    payee, got = ends[0]
    return _conversion(payer, payee, given, got, nets, _rows(flows, {given, got}))


def _why(starter: str, nets: Nets) -> str:
    change = nets.get(starter, {})
    down, up = sum(amount < 0 for amount in change.values()), sum(amount > 0 for amount in change.values())
    if down and up:
        return (
            f"Who began it gives {_assets(down)} and receives {_assets(up)}: which became which is not told by flows."
        )
    return ""


def _assets(count: int) -> str:
    return "1 asset" if count == 1 else f"{count} assets"
