"""A draft flagged list straight from a trace: who got stolen money, who is guarded, what is too little to list.

Roles, tiers, floors and reasons: FORMATS 4.1 to 4.4. Without bounds nothing but a named address is above T3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, Protocol

from tracer.errors import InputError
from tracer.flags.entry import COUNTS, FlagEntry, FlagList, entry_id
from tracer.flags.guard import Guard, KeptOff
from tracer.model import (
    CATEGORIES,
    GRADES,
    AssetId,
    ChainId,
    Incident,
    Label,
    at_least,
    caip10,
    format_time,
    parse_time,
)
from tracer.trace.intervals import Range
from tracer.trace.result import Holder, Movement, Result

VALID_DAYS: Final = {"T1": 365, "T2": 180, "T3": 90, "T4": 30}
"""Days an entry of each tier stays valid."""

FLOOR_USD: Final = Decimal(100)
FLOOR_SHARE_PERCENT: Final = 1

NEAR_HOPS: Final = 3
"""Movements from the seed up to which a row can be direct (T2)."""

_CONFIDENCE: Final = {"proven": 70, "recorded": 70, "identified": 50, "inferred": 10, "asserted": 10}
_NAMING_RANKS: Final = ("A1", "A2", "A3")
_ALIKE: Final = 4
_EXACT: Final = Context(prec=20_000, rounding=ROUND_HALF_EVEN)

_ROLE_OF_LABEL: Final = {"tornado_depositor": "mixer_depositor", "swap_intermediary": "swap_user"}
_ROLE_OF_STOP: Final = (
    ("service", "service_sender"),
    ("mixer", "mixer_depositor"),
    ("bridge", "bridge_sender"),
)
_REASON_OF_ROLE: Final = {"swap_user": "R04", "mixer_depositor": "R06", "service_sender": "R10"}


class PriceTable(Protocol):
    """Where prices come from: daily closes in USD a whole unit."""

    def close(self, asset: AssetId, time: int) -> Decimal | None:
        """Return the close of the UTC day of `time` (seconds UTC), or ``None``."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """The movements of stolen units, by who was paid and by who paid."""

    into: Mapping[tuple[ChainId, str], list[Movement]]
    out_of: Mapping[tuple[ChainId, str], list[Movement]]
    swaps: frozenset[tuple[ChainId, str]]
    seen_with: Mapping[tuple[ChainId, str], frozenset[str]]


def build(
    result: Result,
    *,
    as_of: str,
    prices: PriceTable | None,
    victims: Collection[str] = (),
    guard: Sequence[KeptOff] = (),
    incident: Incident | None = None,
    tlp: str = "TLP:CLEAR",
    ranges: Mapping[tuple[ChainId, str, AssetId], Range] | None = None,
) -> FlagList:
    """Return the draft list of a trace: every address that stolen money reached is on it, a lead, kept off or counted.

    Parameters
    ----------
    result : Result
        A finished trace; the labels of its holders name, and guard.
    as_of : str
        Day the list is valid from (``YYYY-MM-DD``).
    prices : PriceTable or None
        Closes for the floor in USD; where there is none, that floor is not applied, and counted as ``unpriced``.
    victims : collection of str
        CAIP-10 accounts of the victims, besides those labelled so.
    guard : sequence of KeptOff
        Rows of the guard list, besides labels and rules.
    incident : Incident, optional
        Whose attribution is printed; without it the strongest label of a seed is.
    tlp : str
        Marking of every row; a public list holds ``TLP:CLEAR`` only.
    ranges : mapping of (ChainId, str, AssetId) to Range, optional
        What any rule can make an address receive; without it nothing but a named address is above T3.

    Raises
    ------
    InputError
        If `as_of` is empty or no day.

    Notes
    -----
    A row is an address and an asset; its amount is what the address received of stolen units, not what it still
    holds. Tier T1: a label of rank A1 to A3 for this incident names it (no floor applies). T3: what came by steps
    that are at least identified passes the floors on its own. T2: such a row within :data:`NEAR_HOPS` movements, with
    a transaction at both ends, at least half of what the address received in the asset, and a range that is FORCED or
    PARTIAL: the least of a CONDITIONAL one is not certain. T4, a lead: the rest. A range that does not hold the amount
    (units came back and are counted twice) is left empty.
    """
    if not as_of:
        raise InputError("A list needs the day it is valid from.", next_step="Give as_of as YYYY-MM-DD.")
    builder = _Builder(result, _day(as_of), prices, incident, tlp, ranges or {})
    guarded = Guard(result, victims, guard)
    kept_off: list[KeptOff] = []
    rows: list[FlagEntry] = []
    for place, holder in sorted(result.holders.items()):
        if not holder.is_seed and place not in builder.flow.into:
            continue
        why = guarded.why(holder, named=builder.named(holder))
        kept_off += why
        if why:
            builder.counts["guarded"] += 1
        else:
            rows += guarded.said_on(builder.rows(holder), holder, named=builder.named(holder))
    entries = tuple(sorted((r for r in rows if r.tier != "T4"), key=_key))
    leads = tuple(sorted((r for r in rows if r.tier == "T4"), key=_key))
    builder.counts |= {"leads": len(leads), "listed": len(entries)}
    return FlagList(entries, leads, tuple(sorted(kept_off)), builder.counts)


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
        result: Result,
        day: datetime,
        prices: PriceTable | None,
        incident: Incident | None,
        tlp: str,
        ranges: Mapping[tuple[ChainId, str, AssetId], Range],
    ) -> None:
        self.result, self.day, self.prices, self.tlp, self.ranges = result, day, prices, tlp, ranges
        self.incidents = frozenset({result.case_id, *(origin.name for origin in result.stolen)})
        self.flow = _flow(result)
        self.counts = dict.fromkeys(COUNTS, 0)
        self.counts["outpoints"] = sum(len(rows) for (_, payee), rows in self.flow.into.items() if ":" in payee)
        self.rank, self.statement = self._attribution(incident)

    def named(self, holder: Holder) -> Label | None:
        """Return the strongest statement of an authority or victim that names a holder for this incident."""
        found = [
            label
            for label in holder.labels
            if label.rank in _NAMING_RANKS and label.incident in self.incidents and not CATEGORIES[label.category].guard
        ]
        return min(found, key=lambda label: (label.rank, label.publisher, label.label, label.source_url), default=None)

    def rows(self, holder: Holder) -> list[FlagEntry]:
        """Return the rows of one holder, an asset each; a holder that is only named has one without asset."""
        receipts: dict[AssetId, list[Movement]] = {}
        for movement in self.flow.into.get((holder.chain, holder.address), ()):
            receipts.setdefault(movement.asset, []).append(movement)
        self.counts["candidates"] += max(len(receipts), 1)
        if not receipts:
            return [self._row(holder, None, [])]
        return [row for asset in sorted(receipts) if (row := self._listed(holder, asset, receipts[asset]))]

    def _attribution(self, incident: Incident | None) -> tuple[str, str]:
        if incident is not None and incident.attributions:
            best = min((a.source for a in incident.attributions), key=lambda source: (source.rank, source.key))
            return best.rank, best.key
        ranks = [
            label.rank
            for holder in self.result.holders.values()
            if holder.is_seed
            for label in holder.labels
            if label.rank and label.incident in self.incidents
        ]
        return min(ranks, default=""), ""

    def _listed(self, holder: Holder, asset: AssetId, receipts: list[Movement]) -> FlagEntry | None:
        """Return the row of one asset, or ``None`` where it is below a floor."""
        if self.named(holder) is not None:
            return self._row(holder, asset, receipts)
        short = self._short(holder, asset, receipts, GRADES[-1])
        if short:
            self.counts[short] += 1
            return None
        if self._usd(asset, receipts, GRADES[-1]) is None:
            self.counts["unpriced"] += 1
        firm = not self._short(holder, asset, receipts, "identified")
        return self._row(holder, asset, receipts, firm=firm)

    def _short(self, holder: Holder, asset: AssetId, receipts: list[Movement], floor: str) -> str:
        """Return which floor the receipts by steps graded `floor` or better do not reach; empty where they pass."""
        tainted = sum(_part(movement, floor) for movement in receipts)
        if not tainted or self._dust(holder, asset, receipts):
            return "dust_only"
        usd = self._usd(asset, receipts, floor)
        if usd is not None and usd < FLOOR_USD:
            return "below_usd"
        return "below_share" if 100 * tainted < FLOOR_SHARE_PERCENT * holder.received.get(asset, 0) else ""

    def _dust(self, holder: Holder, asset: AssetId, receipts: list[Movement]) -> bool:
        """Return whether every receipt is small and from a look-alike of a real counterparty (address poisoning)."""
        usd = self._usd(asset, receipts, GRADES[-1])
        others = self.flow.seen_with.get((holder.chain, holder.address), frozenset())
        return (usd is None or usd < FLOOR_USD) and all(
            any(_alike(movement.sender, other) for other in others) for movement in receipts
        )

    def _usd(self, asset: AssetId, receipts: list[Movement], floor: str) -> Decimal | None:
        """Return what the receipts were worth at their own times, exact; ``None`` where any of them is unpriced."""
        known = self.result.assets.get(asset)
        if self.prices is None or known is None or known.decimals is None:
            return None
        value = Decimal(0)
        for movement in receipts:
            close = None if movement.time is None else self.prices.close(asset, movement.time)
            if close is None:
                return None
            units = _EXACT.scaleb(Decimal(_part(movement, floor)), -known.decimals)
            value = _EXACT.add(value, _EXACT.multiply(units, close))
        return value

    def _row(self, holder: Holder, asset: AssetId | None, receipts: list[Movement], *, firm: bool = False) -> FlagEntry:
        named = self.named(holder)
        tainted = sum(movement.tainted for movement in receipts)
        known = None if asset is None else self.ranges.get((holder.chain, holder.address, asset))
        held = known if known is not None and known.min <= tainted <= known.max else None
        tier = "T1" if named else "T4" if not firm else "T2" if self._near(holder, asset, receipts, held) else "T3"
        grades = [share.grade for movement in receipts for share in movement.shares]
        # A path is as good as its weakest step, an address as its best path; a lead must not borrow a better grade.
        pick = max if tier == "T4" else min
        grade = pick(grades, key=GRADES.index, default="asserted")
        usd = None if asset is None else self._usd(asset, receipts, GRADES[-1])
        role = self._role(holder, named)
        account = caip10(holder.chain, holder.address)
        first, last = (receipts[0], receipts[-1]) if receipts else (None, None)
        return FlagEntry(
            entry_id=entry_id(account, self.result.case_id),
            caip10=account,
            address=holder.address,
            chain=holder.chain,
            case_id=self.result.case_id,
            role=role,
            tier=tier,
            grade=grade,
            attribution_rank=self.rank,
            confidence=_rank_number(named) if named else _CONFIDENCE[grade],
            hop=holder.hop,
            policy="" if asset is None else self.result.options.policy,
            asset=asset or "",
            tainted=None if asset is None else tainted,
            min=None if held is None else held.min,
            max=None if held is None else held.max,
            certainty="" if held is None else held.certainty,
            usd_at_time=None if usd is None else usd.quantize(Decimal("0.01"), context=_EXACT),
            first_tx=first.tx if first else "",
            first_time=format_time(first.time) if first else "",
            last_tx=last.tx if last else "",
            last_time=format_time(last.time) if last else "",
            evidence_url=self._evidence(holder, named),
            source_attribution=self.statement,
            reason=";".join(self._reasons(holder, named, role, receipts)),
            valid_from=_text(self.day),
            valid_until=_text(self.day + timedelta(days=VALID_DAYS[tier])),
            tlp=self.tlp,
        )

    def _near(self, holder: Holder, asset: AssetId | None, receipts: list[Movement], held: Range | None) -> bool:
        """Return whether a firm row is direct: near, anchored, mostly stolen, and certain under every rule."""
        if held is None or asset is None or held.certainty not in ("FORCED", "PARTIAL"):
            return False
        share = 2 * sum(movement.tainted for movement in receipts) >= holder.received.get(asset, 0)
        return share and holder.hop <= NEAR_HOPS and bool(receipts[0].tx and receipts[-1].tx)

    def _role(self, holder: Holder, named: Label | None) -> str:
        place = (holder.chain, holder.address)
        paid = self.flow.out_of.get(place, ())
        stops = {self._stop_of(movement) for movement in paid}
        said = {_ROLE_OF_LABEL[label.role] for label in holder.labels if label.role in _ROLE_OF_LABEL}
        if holder.is_seed:
            return "theft_receiver"
        if named:
            return "named_wallet"
        if said:
            return min(said)
        if place in self.flow.swaps:
            return "swap_user"
        for stop, role in _ROLE_OF_STOP:
            if stop in stops:
                return role
        rests = any((e.chain, e.address, e.stop_reason) == (*place, "at_rest") for e in self.result.exits)
        return "at_rest" if rests and not paid else "intermediate"

    def _stop_of(self, movement: Movement) -> str:
        payee = self.result.holders.get((movement.chain, movement.recipient))
        return payee.stop_reason if payee else ""

    def _reasons(self, holder: Holder, named: Label | None, role: str, receipts: list[Movement]) -> list[str]:
        origins = {share.origin.name for movement in receipts for share in movement.shares}
        frozen = holder.stop_reason == "frozen" or any(label.category == "frozen" for label in holder.labels)
        found = {
            "R01": named is not None,
            "R02": bool(receipts),
            _REASON_OF_ROLE.get(role, "R02"): bool(receipts),
            "R09": len(origins) > 1,
            "R14": frozen,
        }
        return sorted(code for code, holds in found.items() if holds)

    def _evidence(self, holder: Holder, named: Label | None) -> str:
        """Return where this incident's statement on the address can be read: the naming one, else the strongest."""
        ours = [named] if named else [x for x in holder.labels if x.incident in self.incidents and x.source_url]
        return min(ours, key=lambda x: (x.rank or "A9", x.publisher, x.source_url)).source_url if ours else ""


def _flow(result: Result) -> _Flow:
    into: dict[tuple[ChainId, str], list[Movement]] = {}
    out_of: dict[tuple[ChainId, str], list[Movement]] = {}
    events: dict[str, list[Movement]] = {}
    seen: dict[tuple[ChainId, str], set[str]] = {}
    for movement in sorted(result.movements, key=lambda m: m.seq):
        payer, payee = (movement.chain, movement.sender), (movement.chain, movement.recipient)
        if movement.amount:
            seen.setdefault(payee, set()).add(movement.sender)
            seen.setdefault(payer, set()).add(movement.recipient)
        if movement.tainted and payer != payee:
            into.setdefault(payee, []).append(movement)
            out_of.setdefault(payer, []).append(movement)
            events.setdefault(movement.event, []).append(movement)
    swaps = {
        place
        for rows in events.values()
        if len({row.asset for row in rows}) > 1
        for place in {(row.chain, row.sender) for row in rows}
    }
    return _Flow(into, out_of, frozenset(swaps), {place: frozenset(found) for place, found in seen.items()})


def _part(movement: Movement, floor: str) -> int:
    return sum(share.tainted for share in movement.shares if at_least(share.grade, floor))


def _alike(one: str, other: str) -> bool:
    """Return whether two different addresses share head and tail, as a wallet would shorten them."""
    a, b = one.removeprefix("0x"), other.removeprefix("0x")
    return a != b and len(a) > 2 * _ALIKE and a[:_ALIKE] == b[:_ALIKE] and a[-_ALIKE:] == b[-_ALIKE:]


def _rank_number(named: Label) -> int:
    """Return the number of a rank on the TagPack scale (EVIDENCE 2.2)."""
    if named.rank != "A3":
        return 60
    return 70 if named.confidence == "service_api" else 50
