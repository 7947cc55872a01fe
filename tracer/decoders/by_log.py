"""Decoders that read what a protocol's own contracts write: a table of contracts, and one reading for each event.

Who wrote a log decides, never its topic. What a log says was paid is looked for among the movements of the same
transaction; where it is not there, the leg says so, and where it ought to be there, nothing is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.chains import ZERO_ADDRESS, EventAbi, Value
from tracer.decoders.contract import Action, Interests, Need, need
from tracer.decoders.flows import Conversion, Flow, conversions_of, flows_of, legs_of_conversion, nets_of
from tracer.decoders.recipients import recipient_on
from tracer.decoders.wrapped import WRAPPED
from tracer.model import AssetId, ChainId, LogRecord, TxRecord, native_asset

ANY_CHAIN: Final = ChainId("eip155:*")
"""In a table of contracts: the same address on several EVM chains."""
_COIN_NAMES: Final = frozenset(
    {
        "0x" + 40 * "0",
        "0x" + 40 * "e",
        "0x0000000000000000000000000000000000001010",
        "0x000000000000000000000000000000000000800a",
    }
)
"""What protocols write for the coin of a chain where a token's contract is meant."""
UNSEEN: Final = "No movement that is held bears it out: the calls inside the transaction are not known."

Contracts = Mapping[ChainId, Mapping[str, str]]
"""Canonical addresses by chain, each with its role."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One log of a contract of the protocol, read.

    Attributes
    ----------
    protocol : str
        Name of the decoder.
    record : TxRecord
        Its transaction.
    log : LogRecord
        The log.
    said : mapping
        Its arguments by name.
    role : str
        What the contract that wrote it is.
    taken : dict of int to str
        Movements that bear out legs of logs before it, with the keys of these: one payment is one transfer.
    """

    protocol: str
    record: TxRecord
    log: LogRecord
    said: Mapping[str, Value]
    role: str
    taken: dict[int, str] = field(default_factory=dict)

    @property
    def chain(self) -> ChainId:
        """The chain of the transaction."""
        return self.record.chain

    def others(self, key: str) -> frozenset[int]:
        """Return the movements that bear out another transfer than the one of a key."""
        return frozenset(index for index, held in self.taken.items() if held and key and held != key)

    def text(self, name: str) -> str:
        """Return an argument as text."""
        return str(self.said[name])

    def number(self, name: str) -> int:
        """Return an argument that is a number."""
        return number_of(self.said[name])

    def parts(self, name: str) -> tuple[Value, ...]:
        """Return an argument that is a structure or a list."""
        value = self.said[name]
        return value if isinstance(value, tuple) else (value,)

    def asset(self, name: str) -> AssetId:
        """Return the asset of this chain that an argument names."""
        return asset_named(self.chain, self.text(name))


Read = Callable[[Seen], Iterable[Action]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is made of one event.

    Attributes
    ----------
    event : EventAbi
        The event.
    read : callable
        Makes legs of a log; none where it is no leg.
    roles : tuple of str
        Of the contracts whose log it is; empty: of any of the table.
    """

    event: EventAbi
    read: Read
    roles: tuple[str, ...] = ()


class ByLogs:
    """A decoder that reads the logs of a protocol's contracts.

    Parameters
    ----------
    name : str
        Name of the decoder.
    contracts : mapping
        Its contracts.
    readings : sequence of Reading
        Its events.
    proven : callable, optional
        Tells the role of a contract that is in no table, by what the same transaction proves of it; empty: none.
    front : bool
        Whether it stands in front of other bridges, whose own record is then kept.
    """

    def __init__(
        self,
        name: str,
        contracts: Contracts,
        readings: Sequence[Reading],
        proven: Callable[[TxRecord, LogRecord], str] | None = None,
        *,
        front: bool = False,
    ) -> None:
        self._name, self.contracts, self.readings, self._proven = name, contracts, tuple(readings), proven
        self._front = front

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return self._name

    def interests(self) -> Interests:
        """Return that it wants to see its events, on the chains where its contracts are."""
        return Interests(
            chains=frozenset(() if ANY_CHAIN in self.contracts or self._proven else self.contracts),
            topics=frozenset(reading.event.topic for reading in self.readings),
            front=self._front,
        )

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        """Return the legs that its logs tell."""
        if record.logs is None:
            return need(record, "logs", f"What {self._name} did is in the logs.")
        legs: list[Action] = []
        taken: dict[int, str] = {}
        for log in record.logs:
            for reading in self.readings:
                if log.topics[:1] != (reading.event.topic,):
                    continue
                role = role_of(self.contracts, record.chain, log.address)
                if not role and self._proven is not None:
                    role = self._proven(record, log)
                if not role or (reading.roles and role not in reading.roles):
                    continue
                said = reading.event.read(log)
                if said is not None:
                    legs += reading.read(Seen(self._name, record, log, said, role, taken))
        return _once(legs)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An event by which a venue confirms a conversion that net flows show.

    Attributes
    ----------
    event : EventAbi
        The event.
    believed : callable
        Whether a log is the venue's own: by its address, or by what moved through the contract that wrote it.
    of : callable or None
        Whether a log speaks of a conversion where a transaction holds several.
    states : callable or None
        What a log says of the whole conversion, for where the coin that was paid out is in no movement that is held.
    """

    event: EventAbi
    believed: Callable[[Seen], bool]
    of: Callable[[Seen, Conversion], bool] | None = None
    states: Callable[[Seen], Stated | None] | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A whole conversion as one log states it.

    Attributes
    ----------
    payer, payee : str
        Who gave, and who got.
    given, got : AssetId
        CAIP-19 ids.
    paid, received : int
        Base units.
    """

    payer: str
    payee: str
    given: AssetId
    got: AssetId
    paid: int
    received: int


class Venue:
    """A decoder of a place where assets are exchanged: net flows show the conversion, its logs confirm and name it.

    Parameters
    ----------
    name : str
        Name of the decoder.
    confirmations : sequence of Confirmation
        Its events.
    contracts : mapping
        Contracts by whose call alone it is known, where it writes nothing.
    front : bool
        Whether it stands in front of others, as an aggregator does.
    chains : frozenset of ChainId
        Where it is, if not everywhere.
    """

    def __init__(
        self,
        name: str,
        confirmations: Sequence[Confirmation],
        contracts: Contracts | None = None,
        *,
        front: bool = False,
        chains: frozenset[ChainId] = frozenset(),
    ) -> None:
        self._name, self.confirmations, self.contracts = name, tuple(confirmations), contracts or {}
        self._front, self._chains = front, chains

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return self._name

    def interests(self) -> Interests:
        """Return that it wants to see its events, and calls of its contracts."""
        return Interests(
            chains=self._chains,
            addresses=frozenset(address for table in self.contracts.values() for address in table),
            topics=frozenset(one.event.topic for one in self.confirmations),
            front=self._front,
        )

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        """Return the conversions of the transaction that it confirms."""
        if record.logs is None:
            return ()
        seen = [(one, log) for one in self.confirmations for log in self._logs_of(record, one)]
        called = bool(role_of(self.contracts, record.chain, record.recipient))
        if not seen and not called:
            return ()
        found = conversions_of(record)
        legs: list[Action] = []
        if not found and not record.whole:
            return tuple(leg for how, log in seen if how.states for leg in _stated(log, how.states(log)))
        for number, one in enumerate(found):
            if called or len(found) == 1 or any(how.of is not None and how.of(log, one) for how, log in seen):
                legs += legs_of_conversion(record, one, number, protocol=self._name)
        return tuple(legs)

    def _logs_of(self, record: TxRecord, one: Confirmation) -> Iterator[Seen]:
        for log in record.logs or ():
            said = one.event.read(log) if log.topics[:1] == (one.event.topic,) else None
            if said is not None:
                role = role_of(self.contracts, record.chain, log.address)
                seen = Seen(self._name, record, log, said, role)
                if one.believed(seen):
                    yield seen


def _stated(seen: Seen, said: Stated | None) -> tuple[Action, ...]:
    """Return the legs of a conversion whose coin is in no movement that is held; none where its other side is not.

    What was given must be a movement of the transaction; what came back is what the contract wrote.
    """
    record = seen.record
    if said is None or said.got != native_asset(seen.chain) or not said.received:
        return ()
    index = moved(record, said.paid, asset=said.given, payer=(said.payer,))
    if index is None:
        return ()
    event = f"{record.tx}#{seen.log.index}"
    gave = leg_of(seen, "swap", holder=said.payer, asset=said.given, amount=-said.paid)
    took = leg_of(seen, "swap", holder=record.movements[index].recipient, asset=said.given, amount=said.paid)
    got = leg_of(seen, "swap", holder=said.payee, asset=said.got, amount=said.received)
    paid = leg_of(seen, "swap", holder=seen.log.address, asset=said.got, amount=-said.received)
    return (
        *(replace(one, moves=(index,), event=event) for one in (gave, took)),
        *(replace(one, event=event, reason=UNSEEN) for one in (got, paid)),
    )


def role_of(contracts: Contracts, chain: ChainId, address: str) -> str:
    """Return the role of a contract; empty where it is none of the table."""
    return contracts.get(chain, {}).get(address, "") or contracts.get(ANY_CHAIN, {}).get(address, "")


def of_table(contracts: Contracts) -> Callable[[Seen], bool]:
    """Return a test of whether a log was written by a contract of a table."""
    return lambda seen: bool(role_of(contracts, seen.chain, seen.log.address))


def asset_named(chain: ChainId, contract: str) -> AssetId:
    """Return the asset that a protocol names by a contract, or by one of the marks that stand for the coin."""
    return coin_named(chain) if contract in _COIN_NAMES else AssetId(f"{chain}/erc20:{contract}")


def log_beside(
    seen: Seen,
    event: EventAbi,
    contracts: Contracts,
    roles: Sequence[str],
    *,
    before: bool = False,
    after: bool = False,
) -> Mapping[str, Value] | None:
    """Return the arguments of the nearest log of an event that contracts of these roles wrote in the same transaction.

    Parameters
    ----------
    seen : Seen
        The log beside which it stands.
    event : EventAbi
        Which.
    contracts : mapping
        Where the roles are.
    roles : sequence of str
        Of who wrote it.
    before, after : bool
        Where it must stand; with neither, anywhere.
    """
    near: tuple[int, Mapping[str, Value]] | None = None
    for log in seen.record.logs or ():
        if (before and log.index >= seen.log.index) or (after and log.index <= seen.log.index):
            continue
        if log.topics[:1] != (event.topic,) or role_of(contracts, seen.chain, log.address) not in roles:
            continue
        said = event.read(log)
        away = abs(log.index - seen.log.index)
        if said is not None and (near is None or away < near[0]):
            near = away, said
    return None if near is None else near[1]


def coin_named(chain: ChainId) -> AssetId:
    """Return the coin of a chain; where its number is not known here, a name of its own that no other asset has."""
    return native_asset(chain) or AssetId(f"{chain}/native:coin")


def number_of(value: Value) -> int:
    """Return a value that its signature says is a number."""
    assert isinstance(value, int), "the signature says so"
    return value


def address_in(word: Value) -> str:
    """Return a recipient of 32 bytes: an EVM address where the first twelve are zero, else the word as it is."""
    text = str(word)
    return "0x" + text[26:] if text.startswith("0x" + 24 * "0") and len(text) == 66 else text


def moved(
    record: TxRecord,
    amount: int,
    *,
    asset: AssetId | None = None,
    payer: Iterable[str] | None = None,
    payee: Iterable[str] | None = None,
    but: Collection[int] = (),
    first: str = "",
) -> int | None:
    """Return the first movement of an amount between any of these, `but` some; ``None`` where there is none.

    One that is paid by `first` goes before others.
    """
    payers = None if payer is None else set(payer)
    payees = None if payee is None else set(payee)
    found: int | None = None
    for index, row in enumerate(record.movements):
        if (
            row.amount == amount
            and row.kind != "fee"
            and index not in but
            and (asset is None or row.asset == asset)
            and (payers is None or row.sender in payers)
            and (payees is None or row.recipient in payees)
        ):
            if not first or row.sender == first:
                return index
            found = index if found is None else found
    return found


def leg_of(
    seen: Seen,
    action: str,
    *,
    holder: str,
    asset: AssetId,
    amount: int,
    key: str = "",
    src_chain: str = "",
    dest_chain: str = "",
    dest_recipient: str = "",
    dest_asset: str = "",
    dest_amount: int | None = None,
) -> Action:
    """Return a leg that a log tells, not yet borne out; the parameters are those of :class:`Action`."""
    return Action(
        protocol=seen.protocol,
        action=action,
        holder=holder,
        counterparty=seen.log.address,
        asset=asset,
        amount=amount,
        key=key,
        src_chain=src_chain,
        dest_chain=dest_chain,
        dest_recipient=recipient_on(dest_chain, dest_recipient),
        dest_asset=dest_asset,
        dest_amount=dest_amount,
    )


def goes_out(seen: Seen, leg: Action, *, into: Iterable[str] | None = None, at_least: bool = False) -> Action:
    """Return a leg that leaves over a bridge, with the movement that pays it in and who paid.

    Who paid is followed back through contracts that only passed it on: the holder is whoever parts with it. Where no
    movement bears it out, the leg says so; where all of them are held, it is not believed.

    Parameters
    ----------
    seen : Seen
        The log.
    leg : Action
        What it says; its amount is below zero.
    into : iterable of str, optional
        Who is paid, where that is known.
    at_least : bool
        Whether more may have been paid than the log says, as where a fee goes with it.
    """
    record, payees = seen.record, None if into is None else tuple(into)
    but = seen.others(leg.key)
    for form in _forms(seen.chain, leg.asset):
        asset = form
        index = moved(record, -leg.amount, asset=asset, payee=payees, but=but, first=leg.holder)
        if index is None and payees is not None and not at_least:
            index = moved(record, -leg.amount, asset=asset, but=but, first=leg.holder)
        if index is None and at_least:
            index = _more_than(record, -leg.amount, asset, payees, but)
        # The coin may have been wrapped on the way: then who gave it is asked, not what was made of it.
        if index is not None and record.movements[index].kind == "mint" and asset != _forms(seen.chain, asset)[-1]:
            other = moved(record, -leg.amount, asset=_forms(seen.chain, asset)[-1], but=but)
            index, asset = (index, asset) if other is None else (other, _forms(seen.chain, asset)[-1])
        if index is not None:
            path, payer = _back(record, index)
            seen.taken[path[-1]] = leg.key
            return replace(
                leg,
                holder=leg.holder if payer in ("", ZERO_ADDRESS) else payer,
                counterparty=record.movements[path[-1]].recipient,
                asset=asset,
                moves=tuple(sorted(path)),
            )
    return _unborne(seen, leg)


def comes_in(seen: Seen, leg: Action, *, out_of: Iterable[str] | None = None) -> Action:
    """Return a leg that comes in over a bridge, with the movement that pays it out.

    Parameters
    ----------
    seen : Seen
        The log.
    leg : Action
        What it says; its amount is above zero, its holder empty where the log does not say whom.
    out_of : iterable of str, optional
        Who pays, where that is known.
    """
    record, payers = seen.record, None if out_of is None else tuple(out_of)
    payees = (leg.holder,) if leg.holder else None
    but = seen.others(leg.key)
    for asset in _forms(seen.chain, leg.asset):
        index = moved(record, leg.amount, asset=asset, payer=payers, payee=payees, but=but)
        if index is None and payees is not None:
            index = moved(record, leg.amount, asset=asset, payee=payees, but=but)
        if index is not None:
            seen.taken[index] = leg.key
            row = record.movements[index]
            return replace(leg, holder=row.recipient, counterparty=row.sender, asset=asset, moves=(index,))
    return _unborne(seen, leg)


def _forms(chain: ChainId, asset: AssetId) -> tuple[AssetId, ...]:
    """Return an asset and, where it is the coin or its wrapped form, the other: bridges name either for both."""
    coin, wrapped = native_asset(chain), WRAPPED.get(chain)
    if coin is None or wrapped is None:
        return (asset,)
    token = AssetId(f"{chain}/erc20:{wrapped}")
    return {coin: (coin, token), token: (token, coin)}.get(asset, (asset,))


def same_asset(chain: ChainId, one: AssetId, other: AssetId) -> bool:
    """Return whether two assets are one, the coin and its wrapped form being taken for one."""
    return one in _forms(chain, other)


def _more_than(
    record: TxRecord, amount: int, asset: AssetId, payees: tuple[str, ...] | None, but: Collection[int] = ()
) -> int | None:
    for index, row in enumerate(record.movements):
        fits = row.asset == asset and row.amount >= amount and row.kind != "fee" and index not in but
        if fits and (payees is None or row.recipient in payees):
            return index
    return None


def _unborne(seen: Seen, leg: Action) -> Action:
    record, coin = seen.record, native_asset(seen.chain)
    if not record.whole and (leg.asset == coin or coin is None or coin in _forms(seen.chain, leg.asset)):
        return replace(leg, reason=UNSEEN)
    reason = f"Log {seen.log.index} names a payment of {abs(leg.amount)} that no movement bears out."
    return replace(leg, action="unknown", reason=reason)


def _back(record: TxRecord, index: int) -> tuple[list[int], str]:
    """Return the movements by which an amount came to where it was paid on, and who parted with it."""
    nets = nets_of(flows_of(record))
    path = [index]
    row = record.movements[index]
    while not nets.get(row.sender, {}).get(row.asset):
        before = [
            number
            for number, one in enumerate(record.movements)
            if one.recipient == row.sender and one.asset == row.asset and one.amount and one.kind != "fee"
        ]
        # What passes through may leave a fee behind: more came than goes on.
        if len(before) != 1 or before[0] in path or record.movements[before[0]].amount < row.amount:
            break
        gave = record.movements[before[0]].sender
        if any(amount > 0 for amount in nets.get(gave, {}).values()):
            break  # a pool or a vault: what it gives is the other side of a conversion
        path.insert(0, before[0])
        row = record.movements[before[0]]
    return path, row.sender


def given_by_sender(record: TxRecord) -> tuple[AssetId, int, tuple[int, ...]] | None:
    """Return what who began a transaction gave of one token, or of the coin alone: asset, amount, movements.

    ``None`` where it gave several tokens, or received anything: what it gave is then not told by flows alone.
    """
    coin = native_asset(record.chain)
    gave = nets_of(flows_of(record)).get(record.sender, {})
    tokens = {asset: amount for asset, amount in gave.items() if asset != coin} or gave
    if len(tokens) != 1 or max(gave.values(), default=0) > 0:
        return None
    asset, amount = next(iter(tokens.items()))
    rows = [index for index, row in enumerate(record.movements) if row.asset == asset and row.kind != "fee"]
    mine = [i for i in rows if record.sender in (record.movements[i].sender, record.movements[i].recipient)]
    return asset, -amount, tuple(mine)


def _once(legs: Iterable[Action]) -> tuple[Action, ...]:
    """Return legs without those that say again what another of the same name has said: many bridges write it twice."""
    found: dict[tuple[object, ...], Action] = {}
    for leg in legs:
        name = leg.protocol, leg.action, leg.key, leg.asset, leg.amount, leg.moves, leg.event, leg.holder, leg.reason
        found.setdefault(name, leg)
    return tuple(found.values())


def pool_moved(seen: Seen, paid_in: Iterable[int], paid_out: Iterable[int]) -> bool:
    """Return whether the contract that wrote a log received and paid what the log says, in two assets.

    A contract that only writes what pools write has moved nothing and is not believed. One side is enough where the
    other is the coin, which logs do not show, or a token that takes a fee on the way.
    """
    flows = flows_of(seen.record)
    came = {flow.asset for flow in flows if flow.payee == seen.log.address and flow.amount in set(paid_in) - {0}}
    went = {flow.asset for flow in flows if flow.payer == seen.log.address and flow.amount in set(paid_out) - {0}}
    touched = {flow.asset for flow in _through(flows, seen.log.address)}
    return bool(came or went) and (len(came | went | touched) > 1 or not seen.record.whole)


def _through(flows: Iterable[Flow], holder: str) -> list[Flow]:
    return [flow for flow in flows if holder in (flow.payer, flow.payee)]
