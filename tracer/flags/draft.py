"""A draft flagged list straight from a trace: who got stolen money, who is guarded, what is too little to list.

Tiers and floors: method tiers. Without bounds nothing but a named address is above T3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tracer.errors import InputError
from tracer.flags.conduct import Receipt, conduct_of
from tracer.flags.entry import COUNTS, FlagEntry, FlagList, KeptOff, entry_id
from tracer.flags.guard import Guard
from tracer.flags.homes import home_of
from tracer.flags.legend import FLOOR_WORDS, SPARED
from tracer.flags.parties import NOBODY_SAID, Parties
from tracer.flags.weighed import Holding, firm_of
from tracer.model import (
    CATEGORIES,
    GRADES,
    AssetId,
    Holder,
    Incident,
    Label,
    caip10,
    format_time,
    is_hash,
    parse_time,
)
from tracer.registry import ended, holds_at
from tracer.trace import (
    FOREVER,
    Exit,
    HolderInfo,
    PriceTable,
    Range,
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
_ALIKE: Final = 4
TINY: Final = 1_000
"""Without a price, a receipt below one part in this of what else its holder moved at once is small."""

_ROLE_OF_LABEL: Final = {"tornado_depositor": "mixer_depositor", "swap_intermediary": "swap_user"}
_ROLE_OF_STOP: Final = (
    ("service", "service_sender"),
    ("mixer", "mixer_depositor"),
    ("bridge", "bridge_sender"),
)
_REASON_OF_ROLE: Final = {"swap_user": "R04", "mixer_depositor": "R06", "service_sender": "R10"}


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
        if not why and place in builder.counterparties:
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
    listed = {row.caip10 for row in rows} | {one.caip10 for one in builder.kept_off}
    for place, where in sorted(parties.doubted.items()):
        if caip10(*place) not in listed:
            builder.kept_off.append(KeptOff(caip10(*place), "unvouched", where, ""))
            builder.counts["guarded"] += 1
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
        home = home_of(result, parties, self.incidents)
        self.flow = conduct_of(result, home, parties.doubted)
        receivers = {place for place, holder in result.holders.items() if self.is_receiver(holder)}
        self.counterparties = {
            place
            for place, txs in parties.counterparties.items()
            if all(one.payment.tx in txs for mine in self.flow.into.get(place, {}).values() for one in mine)
        }
        traders = self.flow.traders | (parties.counterparties.keys() - self.counterparties)
        self.firm = firm_of(result, receivers, traders, home, parties.unshown)
        self.exits: dict[Holding, list[Exit]] = defaultdict(list)
        for leaf in result.exits:
            if leaf.gone and not leaf.there:  # paid into a contract, or another theft has them
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
        if not self._left_at(place)[1]:
            if place in self.flow.returned:
                return "returned"
            if place in self.flow.routers and not self.is_receiver(holder):
                return "router"
        return "through_victim" if not holder.is_seed and place not in self.flow.beyond else ""

    def _left_at(self, place: Holder) -> tuple[int, int]:
        """Return the least and the most that is left at an address of the assets in which it got stolen units.

        Who has some left has not passed them on, whatever else it paid. Without intervals, what the rule says.
        """
        least = most = 0
        for asset in self.flow.into.get(place, {}):
            tainted = sum(leaf.there for leaf in self.exits.get((*place, asset), []))
            known = self.ends.get((*place, asset))
            least += 0 if known is None else known.min
            most += max(tainted, 0 if known is None else known.max)
        return least, most

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

    def is_receiver(self, holder: HolderInfo) -> bool:
        """Return whether a theft, were it one of several, paid a holder as its receiver."""
        return holder.is_seed and (self.receivers is None or (holder.chain, holder.address) in self.receivers)

    def _listed(self, holder: HolderInfo, asset: AssetId, receipts: list[Receipt]) -> FlagEntry | None:
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
        place = (holder.chain, holder.address)
        passing = place in self.flow.charging and not (place in self.flow.routers and self._left_at(place)[0])
        firm = (*place, asset) in self.firm and (not passing or self.is_receiver(holder))
        return self._row(holder, asset, receipts, firm=firm and not self._short(holder, asset, receipts, "identified"))

    def _short(self, holder: HolderInfo, asset: AssetId, receipts: list[Receipt], floor: str) -> str:
        """Return which floor the receipts by steps graded `floor` or better do not reach; empty where they pass."""
        passed = sum(receipt.arrival(floor).tainted for receipt in receipts)
        if not passed or self._dust(holder, asset, receipts):
            return "dust_only"
        usd = self._usd(asset, receipts, floor)
        if usd is not None and usd < FLOOR_USD:
            return "below_usd"
        return "below_share" if 100 * passed < FLOOR_SHARE_PERCENT * holder.received.get(asset, 0) else ""

    def _dust(self, holder: HolderInfo, asset: AssetId, receipts: list[Receipt]) -> bool:
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

    def _tiny(self, holder: HolderInfo, asset: AssetId, receipts: list[Receipt]) -> bool:
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

    def _usd(self, asset: AssetId, receipts: list[Receipt], floor: str) -> Decimal | None:
        """Return what the receipts were worth at their own times, exact; ``None`` where any of them is unpriced."""
        return receipts_usd((one.arrival(floor) for one in receipts), asset, self.result.assets, self.prices)

    def _row(
        self, holder: HolderInfo, asset: AssetId | None, receipts: list[Receipt], *, firm: bool = False
    ) -> FlagEntry:
        named, naming = self.named(holder), self._naming(holder)
        place = (holder.chain, holder.address)
        passed = sum(receipt.tainted for receipt in receipts)
        here = [] if asset is None else self.exits.get((*place, asset), [])
        tainted = sum(leaf.there for leaf in here)
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

    def _near(self, holder: HolderInfo, asset: AssetId | None, receipts: list[Receipt], came: Range | None) -> bool:
        """Return whether a firm row is direct: near, anchored, mostly stolen, and certain under every rule."""
        if came is None or asset is None or came.certainty not in ("FORCED", "PARTIAL"):
            return False
        if (holder.chain, holder.address) in self.flow.weak:  # interval, share and hop count what such rows bring too
            return False
        share = 2 * sum(receipt.tainted for receipt in receipts) >= holder.received.get(asset, 0)
        anchored = is_hash(receipts[0].payment.tx) and is_hash(receipts[-1].payment.tx)
        return share and holder.hop <= NEAR_HOPS and anchored

    def _role(self, holder: HolderInfo, named: Label | None) -> str:
        place = (holder.chain, holder.address)
        stops = self.flow.paid_to.get(place)
        said = {
            _ROLE_OF_LABEL[label.role]
            for label in holder.labels
            if label.role in _ROLE_OF_LABEL and not ended(label, holder.first_time)
        }
        if self.is_receiver(holder):
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
        self, holder: HolderInfo, asset: AssetId | None, named: Label | None, role: str, receipts: list[Receipt]
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


def _alike(one: str, other: str) -> bool:
    """Return whether two different addresses share head and tail, as a wallet would shorten them."""
    a, b = one.removeprefix("0x"), other.removeprefix("0x")
    return a != b and len(a) > 2 * _ALIKE and a[:_ALIKE] == b[:_ALIKE] and a[-_ALIKE:] == b[-_ALIKE:]
