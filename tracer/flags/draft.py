"""A draft flagged list straight from a trace: who got stolen money, who is guarded, what is too little to list.

Tiers and floors: method tiers. Without bounds nothing but a named address is above T3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tracer.errors import InputError
from tracer.flags.entry import COUNTS, FlagEntry, FlagList, KeptOff, entry_id
from tracer.flags.guard import Guard
from tracer.flags.legend import FLOOR_WORDS, SPARED
from tracer.model import (
    CATEGORIES,
    GRADES,
    AssetId,
    ChainId,
    Holder,
    Incident,
    Label,
    Origin,
    at_least,
    caip10,
    chain_of,
    format_time,
    is_transit,
    parse_time,
)
from tracer.registry import ended, holds_at
from tracer.trace import (
    FOREVER,
    Arrival,
    Exit,
    HolderInfo,
    Movement,
    Payment,
    PriceTable,
    Range,
    Share,
    Side,
    TraceResult,
    exit_usd,
    receipts_usd,
    to_cents,
    total,
)

VALID_DAYS: Final = {"T1": 365, "T2": 180, "T3": 90, "T4": 30}
"""Days an entry of each tier stays valid."""

FLOOR_USD: Final = Decimal(100)
FLOOR_SHARE_PERCENT: Final = 1

NEAR_HOPS: Final = 3
"""Movements from the seed up to which a row can be direct (T2)."""

_CONFIDENCE: Final = {"proven": 70, "recorded": 70, "identified": 50, "inferred": 10, "asserted": 10}
_NAMED_CONFIDENCE: Final = {"A1": 90, "A2": 85, "A3": 80}
_COUNTERPARTY: Final = "It stood in the theft's transaction as another party (a pool that swapped, a payer of its own)."
_POOLING: Final = ("service", "mixer", "bridge", "contract")
_ALIKE: Final = 4
ROUTER_PERCENT: Final = 90
TINY: Final = 1_000
"""Without a price, a receipt below one part in this of what else its holder moved at once is small."""
_HOME: Final = frozenset({"victim", "recovery"})

_ROLE_OF_LABEL: Final = {"tornado_depositor": "mixer_depositor", "swap_intermediary": "swap_user"}
_ROLE_OF_STOP: Final = (
    ("service", "service_sender"),
    ("mixer", "mixer_depositor"),
    ("bridge", "bridge_sender"),
)
_REASON_OF_ROLE: Final = {"swap_user": "R04", "mixer_depositor": "R06", "service_sender": "R10"}


@dataclass(frozen=True, slots=True)
class _Receipt:
    """Stolen units that an address got in one payment, less what it gave of them in the same one (change)."""

    payment: Payment
    shares: tuple[Share, ...]

    @property
    def tainted(self) -> int:
        return sum(share.tainted for share in self.shares)

    def arrival(self, floor: str) -> Arrival:
        """Return it with the units that came by steps graded `floor` or better."""
        part = sum(share.tainted for share in self.shares if at_least(share.grade, floor))
        return Arrival(self.payment.time, self.payment.tx, part)


Holding = tuple[ChainId, str, AssetId]


@dataclass(frozen=True, slots=True)
class _Flow:
    """Receipts of stolen units by address and asset, and what is known of how each address paid on.

    Those `beyond` are the addresses to which some units came that no victim had had back and paid on; those `returned`
    gave all they got to a victim or to an address of recovery; stolen units can reach the `weak` by a row that is
    weaker than identified, on some step of some way. `routers` passed on, inside one transaction, all that they got in
    it; `traders` gave one asset and got another in one, in rows that nobody has decoded as a conversion.
    """

    into: Mapping[Holder, Mapping[AssetId, list[_Receipt]]]
    paid_to: Mapping[Holder, frozenset[str]]
    swaps: frozenset[Holder]
    seen_with: Mapping[Holder, frozenset[str]]
    beyond: frozenset[Holder]
    weak: frozenset[Holder]
    returned: frozenset[Holder]
    routers: frozenset[Holder]
    traders: frozenset[Holder]
    charging: frozenset[Holder]
    moved: Mapping[Holder, Sequence[Movement]]
    paid_later: frozenset[Holder]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who stood where in the theft transactions.

    Attributes
    ----------
    victims : collection of str
        CAIP-10 accounts that can never be listed.
    robbed : mapping of Origin to mapping of str to int
        Of them, those of each theft and asset, and what each lost, base units: units are at home again only with whom
        they were taken from, and no more than were. Left out, all of them are of every theft.
    receivers : collection of (ChainId, str) or None
        Who may be listed as receiver of the theft; other addresses that the theft paid are leads. ``None``: all that
        the theft paid.
    counterparties : collection of (ChainId, str)
        Others in a theft transaction (a pool that swapped in it, a payer of its own money): never listed.
    """

    victims: Collection[str] = ()
    robbed: Mapping[Origin, Mapping[str, int]] = field(default_factory=dict)
    receivers: Collection[Holder] | None = None
    counterparties: Collection[Holder] = ()


NOBODY_SAID: Final = Parties()


def build(
    result: TraceResult,
    *,
    as_of: str,
    prices: PriceTable | None,
    parties: Parties = NOBODY_SAID,
    guard: Sequence[KeptOff] = (),
    incident: Incident | None = None,
    tlp: str = "TLP:CLEAR",
    ends: Mapping[Holding, Range] | None = None,
    received: Mapping[Holding, Range] | None = None,
    registry: bool = True,
) -> FlagList:
    """Return the draft list of a trace: every address that stolen money reached is on it, a lead, or kept off.

    Parameters
    ----------
    result : TraceResult
        A finished trace with its payments; the labels of its holders name, and guard.
    as_of : str
        Day the list is valid from (``YYYY-MM-DD``).
    prices : PriceTable or None
        Closes for the floor in USD; where there is none, that floor is not applied, and counted as ``unpriced``.
    parties : Parties
        Who stood where in the theft transactions.
    guard : sequence of KeptOff
        Rows of the guard list, besides labels and rules.
    incident : Incident, optional
        Whose attribution is printed; without it the strongest label of a seed is.
    tlp : str
        Marking of every row; a public list holds ``TLP:CLEAR`` only.
    ends, received : mapping of (ChainId, str, AssetId) to Range, optional
        What any rule can leave at an address at the end, and what any rule can make it receive, all thefts together;
        without them nothing but a named address is above T3.
    registry : bool
        Whether the registry's labels and guard were applied.

    Raises
    ------
    InputError
        If `as_of` is empty or no day.

    Notes
    -----
    A row is an address and an asset: what is there at the end (``tainted``) and what it received (``passed_through``),
    which floors, shares and tiers are judged by. Tier T1: a label of rank A1 to A3 for this incident names it (no floor
    applies). T3: what came by steps that are at least identified passes the floors on its own. T2: such a row within
    :data:`NEAR_HOPS` movements, with a transaction at both ends, at least half of what the address received in the
    asset, and an interval over its receipts that is FORCED or PARTIAL: the least of a CONDITIONAL one is not certain.
    T4, a lead: the rest, and whom a theft paid without being its receiver. An interval that does not hold the amount
    (units came back and are counted twice) is left empty.
    """
    if not as_of:
        raise InputError("A list needs the day it is valid from.", next_step="Give as_of as YYYY-MM-DD.")
    intervals = (ends or {}, received or {})
    builder = _Builder(result, _day(as_of), prices, incident, tlp, parties, intervals)
    guarded = Guard(result, parties.victims, guard)
    rows: list[FlagEntry] = []
    for place, holder in sorted(result.holders.items()):
        if not holder.is_seed and place not in builder.flow.into:
            continue
        why = guarded.why(holder, named=builder.named(holder))
        if not why and place in builder.counterparties - builder.flow.paid_later:
            why = (KeptOff(caip10(*place), "counterparty", _COUNTERPARTY, ""),)
        builder.kept_off += why
        if why:
            builder.counts["guarded"] += 1
        elif (spared := builder.spared(holder)) and not builder.named(holder):
            builder.kept_off.append(KeptOff(caip10(*place), spared, SPARED[spared], ""))
            builder.counts["guarded"] += 1
        elif _is_outpoint(holder):
            builder.counts["outpoints"] += sum(map(len, builder.flow.into.get(place, {}).values()))
        else:
            rows += guarded.said_on(builder.rows(holder), holder, named=builder.named(holder))
    if incident is not None and incident.no_list:
        guarded_only = tuple(sorted(one for one in builder.kept_off if one.cls not in FLOOR_WORDS))
        return FlagList((), (), guarded_only, builder.counts, registry, incident.no_list)
    entries = tuple(sorted((r for r in rows if r.tier != "T4"), key=_key))
    leads = tuple(sorted((r for r in rows if r.tier == "T4"), key=_key))
    builder.counts |= {"leads": len(leads), "listed": len(entries)}
    return FlagList(entries, leads, tuple(sorted(builder.kept_off)), builder.counts, registry)


def _key(entry: FlagEntry) -> tuple[str, str, str]:
    return entry.caip10, entry.case_id, entry.asset


def _day(as_of: str) -> datetime:
    return datetime.fromtimestamp(parse_time(as_of), UTC).replace(hour=0, minute=0, second=0)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Builder:
    """What every row needs: the trace, the flow of stolen units, prices, dates, and the counts as they grow."""

    def __init__(
        self,
        result: TraceResult,
        day: datetime,
        prices: PriceTable | None,
        incident: Incident | None,
        tlp: str,
        parties: Parties,
        intervals: tuple[Mapping[Holding, Range], Mapping[Holding, Range]],
    ) -> None:
        self.result, self.day, self.prices, self.tlp = result, day, prices, tlp
        self.ends, self.received = intervals
        self.incidents = frozenset({result.case_id, *(origin.name for origin in result.stolen)})
        self.receivers = None if parties.receivers is None else frozenset(parties.receivers)
        self.counterparties = frozenset(parties.counterparties)
        home = _home(result, parties, self.incidents)
        self.flow = _flow(result, home)
        receivers = {place for place, holder in result.holders.items() if self._is_receiver(holder)}
        self.firm = _firm(result, receivers, self.flow.traders | (self.counterparties & self.flow.paid_later))
        self.exits: dict[Holding, list[Exit]] = defaultdict(list)
        for leaf in result.exits:
            if leaf.stop_reason == "stolen_again":  # these units are not there at the end: another theft has them
                continue
            self.exits[leaf.chain, leaf.address, leaf.asset].append(leaf)
        self.at_rest = frozenset((e.chain, e.address) for e in result.exits if e.stop_reason == "at_rest")
        self.counts = dict.fromkeys(COUNTS, 0)
        self.kept_off: list[KeptOff] = []
        self.statement = _statement(incident)

    def named(self, holder: HolderInfo) -> Label | None:
        """Return the strongest statement of an authority or victim that names a holder for this incident."""
        label = self._naming(holder)
        return label if label is not None and label.rank in _NAMED_CONFIDENCE else None

    def spared(self, holder: HolderInfo) -> str:
        """Return why a holder is no suspect by what it did with the stolen units; empty where it may be one."""
        place = (holder.chain, holder.address)
        if place in self.flow.returned:
            return "returned"
        if place in self.flow.routers and not self._is_receiver(holder):
            return "router"
        return "through_victim" if not holder.is_seed and place not in self.flow.beyond else ""

    def rows(self, holder: HolderInfo) -> list[FlagEntry]:
        """Return the rows of one holder, an asset each; a holder that is only named has one without asset."""
        receipts = self.flow.into.get((holder.chain, holder.address), {})
        self.counts["candidates"] += max(len(receipts), 1)
        if not receipts:
            return [self._row(holder, None, [])]
        return [row for asset in sorted(receipts) if (row := self._listed(holder, asset, receipts[asset]))]

    def _naming(self, holder: HolderInfo) -> Label | None:
        """Return the strongest statement that names a holder for this incident, whoever makes it."""
        found = [
            label
            for label in holder.labels
            if label.rank
            and label.incident in self.incidents
            and not CATEGORIES[label.category].guard
            and not ended(label, holder.first_time)
        ]
        return min(found, key=lambda label: (label.rank, label.publisher, label.label, label.source_url), default=None)

    def _is_receiver(self, holder: HolderInfo) -> bool:
        return holder.is_seed and (self.receivers is None or (holder.chain, holder.address) in self.receivers)

    def _listed(self, holder: HolderInfo, asset: AssetId, receipts: list[_Receipt]) -> FlagEntry | None:
        """Return the row of one asset, or ``None`` where it is below a floor."""
        if self.named(holder) is not None:
            return self._row(holder, asset, receipts)
        short = self._short(holder, asset, receipts, GRADES[-1])
        if short:
            self.counts[short] += 1
            account = caip10(holder.chain, holder.address)
            self.kept_off.append(KeptOff(account, short, f"{FLOOR_WORDS[short]} ({asset})", ""))
            return None
        if self._usd(asset, receipts, GRADES[-1]) is None:
            self.counts["unpriced"] += 1
        charging = (holder.chain, holder.address) in self.flow.charging and not self._is_receiver(holder)
        firm = not charging and not self._short(holder, asset, receipts, "identified")
        return self._row(holder, asset, receipts, firm=firm and (holder.chain, holder.address) in self.firm)

    def _short(self, holder: HolderInfo, asset: AssetId, receipts: list[_Receipt], floor: str) -> str:
        """Return which floor the receipts by steps graded `floor` or better do not reach; empty where they pass."""
        passed = sum(receipt.arrival(floor).tainted for receipt in receipts)
        if not passed or self._dust(holder, asset, receipts):
            return "dust_only"
        usd = self._usd(asset, receipts, floor)
        if usd is not None and usd < FLOOR_USD:
            return "below_usd"
        return "below_share" if 100 * passed < FLOOR_SHARE_PERCENT * holder.received.get(asset, 0) else ""

    def _dust(self, holder: HolderInfo, asset: AssetId, receipts: list[_Receipt]) -> bool:
        """Return whether every receipt is small and from a look-alike of a real counterparty (address poisoning).

        Where there is no price it is small beside what the holder moved with others: nobody is cleared because a price
        is missing.
        """
        usd = self._usd(asset, receipts, GRADES[-1])
        others = self.flow.seen_with.get((holder.chain, holder.address), frozenset())
        senders = [receipt.payment.senders for receipt in receipts]
        small = usd < FLOOR_USD if usd is not None else self._tiny(holder, asset, receipts)
        return small and all(
            bool(mine) and all(any(_alike(sender, other) for other in others) for sender in mine) for mine in senders
        )

    def _tiny(self, holder: HolderInfo, asset: AssetId, receipts: list[_Receipt]) -> bool:
        """Return whether all receipts together are small beside what the counterparty they imitate paid at once."""
        mine = {seq for one in receipts for seq in one.payment.rows}
        senders = {sender for one in receipts for sender in one.payment.senders}
        largest = max(
            (
                movement.amount
                for movement in self.flow.moved.get((holder.chain, holder.address), ())
                if (movement.asset, movement.recipient) == (asset, holder.address)
                and movement.seq not in mine
                and any(_alike(movement.sender, sender) for sender in senders)
            ),
            default=0,
        )
        return TINY * sum(receipt.tainted for receipt in receipts) <= largest

    def _usd(self, asset: AssetId, receipts: list[_Receipt], floor: str) -> Decimal | None:
        """Return what the receipts were worth at their own times, exact; ``None`` where any of them is unpriced."""
        return receipts_usd((one.arrival(floor) for one in receipts), asset, self.result.assets, self.prices)

    def _row(
        self, holder: HolderInfo, asset: AssetId | None, receipts: list[_Receipt], *, firm: bool = False
    ) -> FlagEntry:
        named, naming = self.named(holder), self._naming(holder)
        place = (holder.chain, holder.address)
        passed = sum(receipt.tainted for receipt in receipts)
        here = [] if asset is None else self.exits.get((*place, asset), [])
        tainted = sum(leaf.tainted for leaf in here)
        end = None if asset is None else _holding(self.ends.get((*place, asset)), tainted)
        came = None if asset is None else _holding(self.received.get((*place, asset)), passed)
        tier = "T1" if named else "T4" if not firm else "T2" if self._near(holder, asset, receipts, came) else "T3"
        grades = [share.grade for receipt in receipts for share in receipt.shares]
        # A path is as good as its weakest step, an address as its best path; a lead must not borrow a better grade.
        pick = max if tier == "T4" else min
        grade = pick(grades, key=GRADES.index, default="asserted")
        ended = [exit_usd(leaf, self.result.assets, self.prices) for leaf in here if leaf.tainted]
        usd = total(ended) if tainted or asset is None else self._usd(asset, receipts, GRADES[-1])
        role = self._role(holder, named)
        account = caip10(*place)
        first, last = (receipts[0].payment, receipts[-1].payment) if receipts else (None, None)
        return FlagEntry(
            entry_id=entry_id(account, self.result.case_id),
            caip10=account,
            address=holder.address,
            chain=holder.chain,
            case_id=self.result.case_id,
            role=role,
            tier=tier,
            grade=grade,
            attribution_rank=naming.rank if naming else "",
            confidence=max(_NAMED_CONFIDENCE[named.rank] if named else 0, _CONFIDENCE[grade]),
            hop=holder.hop,
            policy="" if asset is None else self.result.options.policy,
            asset=asset or "",
            tainted=None if asset is None else tainted,
            min=None if end is None else end.min,
            max=None if end is None else end.max,
            certainty="" if end is None else end.certainty,
            basis=_basis(end, came),
            passed_through=None if asset is None else passed,
            passed_min=None if came is None else came.min,
            passed_max=None if came is None else came.max,
            passed_certainty="" if came is None else came.certainty,
            usd_at_time=None if asset is None or usd is None else to_cents(usd),
            first_tx=first.tx if first else "",
            first_time=format_time(first.time) if first else "",
            last_tx=last.tx if last else "",
            last_time=format_time(last.time) if last else "",
            evidence_url=self._evidence(holder, named),
            source_attribution=self.statement,
            reason=";".join(self._reasons(holder, asset, named, role, receipts)),
            valid_from=_text(self.day),
            valid_until=_text(self.day + timedelta(days=VALID_DAYS[tier])),
            tlp=self.tlp,
        )

    def _near(self, holder: HolderInfo, asset: AssetId | None, receipts: list[_Receipt], came: Range | None) -> bool:
        """Return whether a firm row is direct: near, anchored, mostly stolen, and certain under every rule."""
        if came is None or asset is None or came.certainty not in ("FORCED", "PARTIAL"):
            return False
        if (holder.chain, holder.address) in self.flow.weak:  # interval, share and hop count what such rows bring too
            return False
        share = 2 * sum(receipt.tainted for receipt in receipts) >= holder.received.get(asset, 0)
        anchored = bool(receipts[0].payment.tx and receipts[-1].payment.tx)
        return share and holder.hop <= NEAR_HOPS and anchored

    def _role(self, holder: HolderInfo, named: Label | None) -> str:
        place = (holder.chain, holder.address)
        stops = self.flow.paid_to.get(place)
        said = {
            _ROLE_OF_LABEL[label.role]
            for label in holder.labels
            if label.role in _ROLE_OF_LABEL and not ended(label, holder.first_time)
        }
        if self._is_receiver(holder):
            return "theft_receiver"
        if named:
            return "named_wallet"
        if said:
            return min(said)
        if place in self.flow.swaps:
            return "swap_user"
        for stop, role in _ROLE_OF_STOP:
            if stop in (stops or ()):
                return role
        return "at_rest" if place in self.at_rest and stops is None else "intermediate"

    def _reasons(
        self, holder: HolderInfo, asset: AssetId | None, named: Label | None, role: str, receipts: list[_Receipt]
    ) -> list[str]:
        origins = {share.origin.name for receipt in receipts for share in receipt.shares}
        until = FOREVER if self.result.options.until is None else self.result.options.until
        frozen = holder.stop_reason == "frozen" or any(
            label.category == "frozen" and label.asset in (None, asset) and holds_at(label, until)
            for label in holder.labels
        )
        found = {
            "R01": named is not None,
            "R02": bool(receipts),
            _REASON_OF_ROLE.get(role, "R02"): bool(receipts),
            "R09": len(origins) > 1,
            "R14": frozen,
        }
        return sorted(code for code, holds in found.items() if holds)

    def _evidence(self, holder: HolderInfo, named: Label | None) -> str:
        """Return where this incident's statement on the address can be read: the naming one, else the strongest."""
        ours = [named] if named else [x for x in holder.labels if x.incident in self.incidents and x.source_url]
        return min(ours, key=lambda x: (x.rank or "A9", x.publisher, x.source_url)).source_url if ours else ""


def _statement(incident: Incident | None) -> str:
    if incident is None or not incident.attributions:
        return ""
    return min((a.source for a in incident.attributions), key=lambda source: (source.rank, source.key)).key


def _holding(known: Range | None, amount: int) -> Range | None:
    """Return an interval that holds the amount; ``None`` for any other, which would contradict the row."""
    return known if known is not None and known.min <= amount <= known.max else None


def _basis(end: Range | None, came: Range | None) -> str:
    """Return what the class at the end rests on; where it claims nothing, what the class of the receipts rests on."""
    return next((held.basis for held in (end, came) if held is not None and held.basis), "")


def _is_outpoint(holder: HolderInfo) -> bool:
    return ":" in holder.address


def _flow(result: TraceResult, home: _Home) -> _Flow:
    into: dict[Holder, dict[AssetId, list[_Receipt]]] = {}
    paid_to: dict[Holder, set[str]] = {}
    swaps: set[Holder] = set()
    for payment in result.payments:
        givers = [side for side in payment.payers if not side.ends and not is_transit(side.holder)]
        payers = {(payment.chain, side.address) for side in givers}
        payees = [side for side in payment.payees if side.holder and not is_transit(side.holder)]
        given = {side.asset for side in givers}
        for place in payers:
            others = [side for side in payment.payees if (payment.chain, side.address) != place]
            if others:
                paid_to.setdefault(place, set()).update(side.ends for side in others)
            own = {side.asset for side in givers if (payment.chain, side.address) == place}
            if any(side.asset not in (own if side.address == place[1] else given) for side in payment.payees):
                swaps.add(place)
        for key in dict.fromkeys((side.address, side.asset) for side in payees):
            shares = _received(key, payees, givers, _there_before(key, payment))
            if shares:
                place = (payment.chain, key[0])
                into.setdefault(place, {}).setdefault(key[1], []).append(_Receipt(payment, shares))
    seen: dict[Holder, set[str]] = {}
    moved: dict[Holder, list[Movement]] = {}
    for movement in result.movements:
        if movement.amount:
            moved.setdefault((movement.chain, movement.recipient), []).append(movement)
            moved.setdefault((movement.chain, movement.sender), []).append(movement)
            seen.setdefault((movement.chain, movement.recipient), set()).add(movement.sender)
            seen.setdefault((movement.chain, movement.sender), set()).add(movement.recipient)
    frozen = ({place: frozenset(found) for place, found in one.items()} for one in (paid_to, seen))
    return _Flow(
        into,
        next(frozen),
        frozenset(swaps),
        next(frozen),
        _beyond(result, home),
        _weak(result),
        _returned(result, into, home),
        *_passers(result, into),
        moved,
        _paid_later(result),
    )


def _weak(result: TraceResult) -> frozenset[Holder]:
    """Return the addresses that stolen units can reach by a row that is inferred or asserted."""
    found: set[Holder] = set()
    for movement in result.movements:
        weak = not at_least(movement.grade, "identified") or (movement.chain, movement.sender) in found
        if movement.hop >= 0 and weak:
            found.add((movement.chain, movement.recipient))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Home:
    """Where stolen units are at home again: each theft's victims since they are, and its addresses of recovery in time.

    Attributes
    ----------
    victims : mapping of Origin to mapping of (ChainId, str) to int
        By theft and asset: since which place in the order an address is its victim.
    labels : mapping of (ChainId, str) to tuple of Label
        Labels of victims and addresses of recovery.
    case_id : str
        What a label of the whole case names.
    begun : frozenset of (ChainId, str)
        Who begins with stolen units by a seed: what it pays was taken, whoever it is.
    """

    victims: Mapping[Origin, Mapping[Holder, int]]
    labels: Mapping[Holder, tuple[Label, ...]]
    case_id: str
    begun: frozenset[Holder]

    def at(self, place: Holder, payment: Payment, shares: Iterable[Share]) -> bool:
        """Return whether units of some thefts were surely at home with an address when a payment was made."""
        origins = {share.origin for share in shares}
        return (
            bool(origins)
            and place not in self.begun
            and all(
                payment.seq > self.victims.get(origin, {}).get(place, payment.seq)
                or any(
                    label.incident in ("", self.case_id, origin.name) and _surely_holds(label, payment)
                    for label in self.labels.get(place, ())
                )
                for origin in origins
            )
        )

    def ever(self, place: Holder) -> bool:
        """Return whether it is at any time."""
        return any(place in mine for mine in self.victims.values()) or place in self.labels


def _surely_holds(label: Label, payment: Payment) -> bool:
    """Return whether a label was in force at a payment, whatever second of its printed time it was made in."""
    if payment.time is None:
        return not (label.valid_from or label.valid_until)
    return all(holds_at(label, second) for second in (payment.time, payment.time + payment.resolution - 1))


def _home(result: TraceResult, parties: Parties, incidents: frozenset[str]) -> _Home:
    labels = {
        place: tuple(
            label
            for label in holder.labels
            if {label.category, label.role} & _HOME and label.incident in {"", *incidents}
        )
        for place, holder in result.holders.items()
    }
    return _Home(
        {origin: _at_home(result, origin, parties) for origin in result.stolen},
        {place: found for place, found in labels.items() if found},
        result.case_id,
        frozenset(
            (payment.chain, side.address) for payment in result.payments if not payment.seq for side in payment.payees
        ),
    )


def _at_home(result: TraceResult, origin: Origin, parties: Parties) -> dict[Holder, int]:
    """Return a theft's victims that got no more of its units back than they lost, and since which payment they are."""
    lost = parties.robbed.get(origin, {})
    back: dict[Holder, int] = {}
    since: dict[Holder, int] = {}
    for payment in result.payments:
        if _is_fresh(payment):
            for sender in payment.senders:
                since.setdefault((payment.chain, sender), payment.seq)
        for side in payment.payees:
            place = (payment.chain, side.address)
            back[place] = back.get(place, 0) + sum(one.origin_amount for one in side.shares if one.origin == origin)
    by_key = {one.rpartition(":")[2]: amount for one, amount in lost.items() if one.startswith("eip155:")}
    begun = {place[1]: seq for place, seq in since.items()}
    return {
        place: since.get(place, begun.get(place[1], -1))
        for place in _places_of(result, lost if parties.robbed else parties.victims)
        if not parties.robbed or back.get(place, 0) <= lost.get(caip10(*place), by_key.get(place[1], 0))
    }


def _places_of(result: TraceResult, accounts: Collection[str]) -> frozenset[Holder]:
    """Return the addresses reached that are some accounts, or have the key of one on another EVM chain."""
    keys = {one.rpartition(":")[2] for one in accounts if one.startswith("eip155:")}
    return frozenset(
        place
        for place in result.holders
        if caip10(*place) in accounts or (place[1] in keys and chain_of(place[0]).family == "evm")
    )


def _is_fresh(payment: Payment) -> bool:
    """Return whether a theft takes in a payment, which passes on more of an origin's units than its payers gave.

    In the origin's own units, for a swap gives other numbers of another asset.
    """
    balance: dict[Origin, int] = {}
    for sign, sides in ((-1, payment.payers), (1, payment.payees)):
        for share in (share for side in sides for share in side.shares):
            balance[share.origin] = balance.get(share.origin, 0) + sign * share.origin_amount
    return any(amount > 0 for amount in balance.values())


def _paid_later(result: TraceResult) -> frozenset[Holder]:
    """Return whom a payment outside the thefts' transactions pays stolen units."""
    thefts = {(payment.chain, payment.tx or payment.event) for payment in result.payments if _is_fresh(payment)}
    return frozenset(
        (payment.chain, side.address)
        for payment in result.payments
        if (payment.chain, payment.tx or payment.event) not in thefts
        for side in payment.payees
    )


def _beyond(result: TraceResult, home: _Home) -> frozenset[Holder]:
    """Return the addresses that stolen units reached otherwise than out of the hands of who had got them back."""
    beyond: set[Holder] = set()
    through: set[Holder] = set()
    for payment in result.payments:
        fresh = _is_fresh(payment)
        giving = [(side, (payment.chain, side.address)) for side in payment.payers]
        returned = not fresh and all(
            place in through - beyond or home.at(place, payment, side.shares) for side, place in giving
        )
        (through if returned else beyond).update((payment.chain, side.address) for side in payment.payees)
    return frozenset(beyond)


def _firm(result: TraceResult, receivers: Collection[Holder], traders: frozenset[Holder]) -> frozenset[Holder]:
    """Return the addresses that some way reaches on which nobody is a lead.

    Leads are those whom a theft paid without being its receivers, who traded in rows that nobody decoded, whose key is
    a service's on another chain, and services that are followed all the same, while they are such; what comes out of
    their hands alone is no surer.
    """
    pooling = {place for place, holder in result.holders.items() if holder.elsewhere}
    services = {place: found for place, holder in result.holders.items() if (found := _pooling_labels(holder))}
    leads = set(pooling)
    leads |= {place for place, holder in result.holders.items() if holder.is_seed and place not in receivers}
    leads |= traders - set(receivers)
    unsure, sure = set(leads), set(receivers) - pooling
    for payment in result.payments:
        payers = {(payment.chain, side.address) for side in payment.payers}
        pools = (
            {place for place in services if any(holds_at(label, payment.time) for label in services[place])}
            if services
            else set()
        )
        through = bool(payers) and all(place in pools or (place in unsure and place not in sure) for place in payers)
        payees = {(payment.chain, side.address) for side in payment.payees}
        unsure |= payees if through else payees & (leads | pools)
        sure |= set() if through else payees - leads - pools
    return frozenset(sure)


def _pooling_labels(holder: HolderInfo) -> tuple[Label, ...]:
    """Return the labels that make a holder a service: what it pays while they hold is its customers' money."""
    return tuple(label for label in holder.labels if CATEGORIES[label.category].stop_reason in _POOLING)


def _passers(
    result: TraceResult, into: Mapping[Holder, Mapping[AssetId, list[_Receipt]]]
) -> tuple[frozenset[Holder], frozenset[Holder], frozenset[Holder]]:
    """Return who passed on all it got, who traded it, and who charged, where stolen units came in a transaction.

    A trader got one asset and gave another in such a transaction, undecoded. Who charged passed on all but a small
    part, as a router does that takes a fee. What an address does in other transactions says nothing of these units.
    """
    sides: dict[tuple[ChainId, str, str], _Sides] = {}
    for movement in result.movements:
        if not movement.tx or not movement.amount or movement.kind == "fee":
            continue
        for address, sign in ((movement.recipient, 1), (movement.sender, -1)):
            if address:
                sides.setdefault((movement.chain, movement.tx, address), _Sides()).add(movement, sign)
    parties = {key: side for key, side in sides.items() if side.got and side.gave and len(side.events) > 1}
    brought = {
        (chain, address): {receipt.payment.tx for receipts in assets.values() for receipt in receipts}
        for (chain, address), assets in into.items()
    }

    def sides_of(place: Holder) -> list[_Sides | None]:
        return [parties.get((place[0], tx, place[1])) for tx in sorted(brought[place])]

    return (
        frozenset(
            place for place in brought if all(side is not None and side.got == side.gave for side in sides_of(place))
        ),
        frozenset(place for place in brought if any(side is not None and side.trades for side in sides_of(place))),
        frozenset(
            place
            for place in brought
            if all(side is not None and (side.got == side.gave or side.charges) for side in sides_of(place))
        ),
    )


@dataclass(slots=True)
class _Sides:
    """What an address got and gave in one transaction, and in which events."""

    got: dict[AssetId, int] = field(default_factory=dict)
    gave: dict[AssetId, int] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)

    @property
    def trades(self) -> bool:
        """Whether it got an asset that it did not give, and gave one that it did not get."""
        return bool(self.got.keys() - self.gave.keys() and self.gave.keys() - self.got.keys())

    @property
    def charges(self) -> bool:
        """Whether it gave, of every asset, nearly all it got of it."""
        return (
            self.got.keys() == self.gave.keys()
            and self.got != self.gave
            and all(
                100 * self.got[asset] >= 100 * gave >= ROUTER_PERCENT * self.got[asset]
                for asset, gave in self.gave.items()
            )
        )

    def add(self, movement: Movement, sign: int) -> None:
        """Count a movement."""
        held = self.got if sign > 0 else self.gave
        held[movement.asset] = held.get(movement.asset, 0) + movement.amount
        self.events.add(movement.event)


def _returned(
    result: TraceResult, into: Mapping[Holder, Mapping[AssetId, list[_Receipt]]], home: _Home
) -> frozenset[Holder]:
    """Return the addresses that gave everything they ever got to where it is at home again, whatever the rule.

    They got nothing but stolen units of the asset and paid no more than they got, so no rule can say that they gave
    others.
    """
    paid: dict[tuple[Holder, AssetId], int] = {}
    for movement in result.movements:
        key = ((movement.chain, movement.sender), movement.asset)
        paid[key] = paid.get(key, 0) + movement.amount
    back: dict[tuple[Holder, AssetId], int] = {}
    for payment in result.payments:
        payees = {(payment.chain, side.address) for side in payment.payees}
        for side in payment.payers:
            if not payees or not all(home.at(place, payment, side.shares) for place in payees):
                continue
            key = ((payment.chain, side.address), side.asset)
            back[key] = back.get(key, 0) + sum(share.tainted for share in side.shares)
    return frozenset(
        place
        for place, assets in into.items()
        if not home.ever(place)
        and all(
            back.get((place, asset), 0)
            >= sum(one.tainted for one in receipts)
            >= max(result.holders[place].received.get(asset, 0), paid.get((place, asset), 0))
            > 0
            for asset, receipts in assets.items()
        )
    )


def _there_before(key: tuple[str, AssetId], payment: Payment) -> int:
    """Return what an output held of other thefts when a seed takes the whole of it: its receipt, counted already."""
    own = {side.holder for side in payment.payees if side.holder}
    return sum(
        share.tainted
        for side in payment.payers
        if side.ends and side.holder in own and (side.address, side.asset) == key
        for share in side.shares
    )


def _received(
    key: tuple[str, AssetId], payees: Iterable[Side], payers: Iterable[Side], before: int
) -> tuple[Share, ...]:
    """Return what an address got in a payment beyond what it gave of the same theft in it (change to itself).

    `before` are units that were there and are stolen anew there: they are received once.
    """
    back: dict[Origin, int] = {}
    for side in payers:
        if (side.address, side.asset) == key:
            for share in side.shares:
                back[share.origin] = back.get(share.origin, 0) + share.tainted
    got: dict[tuple[Origin, str], int] = {}
    for side in payees:
        if (side.address, side.asset) == key:
            for share in side.shares:
                less = min(back.get(share.origin, 0), share.tainted)
                back[share.origin] = back.get(share.origin, 0) - less
                again = min(before, share.tainted - less)
                before, less = before - again, less + again
                if share.tainted > less:
                    label = (share.origin, share.grade)
                    got[label] = got.get(label, 0) + share.tainted - less
    return tuple(Share(origin, grade, amount, 0) for (origin, grade), amount in got.items())


def _alike(one: str, other: str) -> bool:
    """Return whether two different addresses share head and tail, as a wallet would shorten them."""
    a, b = one.removeprefix("0x"), other.removeprefix("0x")
    return a != b and len(a) > 2 * _ALIKE and a[:_ALIKE] == b[:_ALIKE] and a[-_ALIKE:] == b[-_ALIKE:]
