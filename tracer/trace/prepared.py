"""A case as a trace runs on it, and made ready for any policy: nothing in it depends on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from tracer.io import Card, Carded, TransferRows
from tracer.ledger import Ledger, not_before
from tracer.model import (
    OWN,
    Account,
    Asset,
    AssetId,
    ChainId,
    LedgerLeg,
    Link,
    Seed,
    Transfer,
    Unread,
    chain_of,
    describe_asset,
    parse_time,
)
from tracer.registry import LabelIndex
from tracer.taint import Reach, TaintProblem
from tracer.trace.bridging import Bridged
from tracer.trace.coverage import Extra, coverage_of
from tracer.trace.doubts import Doubts, doubts_of, held_by, suspected, unvouched, words_of
from tracer.trace.movements import holders_of, touched_rows, untouched_rows
from tracer.trace.options import Options
from tracer.trace.reconcile import EndBalances, Reconciliation
from tracer.trace.result import Coverage, HolderInfo, Movement
from tracer.trace.stops import Stops, label_sentences
from tracer.trace.thefts import Thefts

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class CaseData:
    """What a trace runs on.

    Attributes
    ----------
    case_id, title : str
        Which case.
    rows : sequence of Transfer or LedgerLeg
        The table: transfers, ledger legs, or transfers of some chains beside legs of others.
    seeds : tuple of Seed
        What was stolen, in theft order.
    labels : LabelIndex
        Labels known on the as-of day.
    registry : bool
        Whether the registry's labels and its guard are among them.
    history : frozenset of str or None
        CAIP-10 of the holders whose onward history the case has; ``None``: the table is taken as it is.
    assets : dict of AssetId to Asset
        Symbols and decimals the case gives.
    hashes : dict of str to dict of str to str
        Hashes of inputs besides the rows (seeds, labels, prices).
    notes : tuple of str
        What the readers had to say.
    balances : dict of Account to EndBalances
        What sources say the accounts held at both ends of the window.
    complete : bool
        Whether the giver of the table vouches that it is whole.
    decided : dict of (ChainId, str) to str
        Holders that were not read, by the stop reason decided when the case was collected.
    tlp : str
        To whom it may be passed on.
    lacking : tuple of str
        What no source answered whole when the case was collected, in sentences.
    unread : tuple of Unread
        Movements that are in no row.
    links : tuple of Link
        What went into a bridge and came out of it, as far as that is known; the options say which are followed.
    """

    case_id: str
    title: str
    rows: Sequence[Transfer | LedgerLeg]
    seeds: tuple[Seed, ...]
    labels: LabelIndex
    history: frozenset[str] | None = None
    assets: dict[AssetId, Asset] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    balances: dict[Account, EndBalances] = field(default_factory=dict)
    complete: bool = False
    decided: dict[tuple[ChainId, str], str] = field(default_factory=dict)
    registry: bool = True
    tlp: str = OWN
    lacking: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, repr=False)
class PreparedCase(Carded):
    """A case made ready for any policy: nothing in it depends on one.

    Attributes
    ----------
    inputs, options
        What it was made from.
    ledger, thefts, stops, found, plan
        Ledger (cut at the end of the window, thefts laid out), what the seeds take, where following stops, what can be
        reached, and the kernel's plan.
    bounded : TaintProblem
        The plan that bounds run on: it allows every order of every tie, but for conversions.
    whole : Ledger
        All rows as they stand, neither cut nor laid out: what balances are compared with.
    rows_dropped : dict of str to int
        Rows left out for their grade.
    closure : Reconciliation
        Which followed accounts close, on what that rests, and what is missing of others.
    unsplit : (Ledger, Thefts)
        Ledger and thefts before links were followed, and holders split where their labels begin and end.
    crossing : Bridged
        The links that are followed.
    """

    inputs: CaseData
    options: Options
    ledger: Ledger
    thefts: Thefts
    stops: Stops
    found: Reach
    plan: TaintProblem
    bounded: TaintProblem
    whole: Ledger
    rows_dropped: dict[str, int]
    closure: Reconciliation
    unsplit: tuple[Ledger, Thefts]
    crossing: Bridged

    def card(self) -> Card:
        """Return what it was made from, in numbers."""
        size = f"{len(self.ledger.rows):,} rows, {len(self.plan.events):,} events, {len(self.inputs.seeds):,} seeds"
        return Card(f"Case {self.inputs.case_id}, made ready for any rule", (("Holds", (size,)),))

    @property
    def closed(self) -> frozenset[Account]:
        """Accounts whose history is closed."""
        return frozenset(self.closure.closed)

    @cached_property
    def doubts(self) -> Doubts:
        """Conversions of stolen units that nobody shows, and who may have been paid in them."""
        return doubts_of(self.ledger.events, self.bounded.tracked, self.inputs.labels)

    @cached_property
    def suspected(self) -> frozenset[Account]:
        """Accounts that stolen units have reached if those who are taken for pools are none."""
        return suspected(self.ledger, self.thefts, self.doubts, self.ended, self.inputs.labels)

    @cached_property
    def ended(self) -> dict[Account, int]:
        """What is paid to those who are taken for contracts without anybody saying so, account by account."""
        return held_by(self.ledger, self.thefts.ended | self.unproven_contracts)

    @cached_property
    def unproven_contracts(self) -> frozenset[tuple[ChainId, str]]:
        """Holders reached at which the trace ends as at a contract by a rule alone: no label says what they are."""
        return frozenset(place for place in self.found.hop if self.stops.why(*place) == ("contract", None))

    @cached_property
    def unvouched(self) -> dict[tuple[ChainId, str], str]:
        """Who was taken for a pool without anybody saying so, and why, in a sentence."""
        return unvouched(self.ledger, self.thefts, self.doubts)

    @cached_property
    def holders(self) -> dict[tuple[ChainId, str], HolderInfo]:
        """Every address reached."""
        return holders_of(self.ledger, self.found, self.stops, self.thefts)

    @cached_property
    def coverage(self) -> Coverage:
        """What the trace rests on and does not cover."""
        said = label_sentences(self.stops, self.found.hop, (account[:2] for account in self.thefts.paid))
        mine = (
            *said,
            *words_of(self.ledger, self.doubts, self.unproven_contracts),
            *self._keys_elsewhere(),
            *self._beyond_knowledge(),
        )
        notes = (*mine, *self.inputs.notes, *self.ledger.notes)
        extra = Extra(self.rows_dropped, self.inputs.history, notes, self.closure, self.inputs.lacking)
        return coverage_of(self.ledger, self.found, self.stops, self.thefts, self.plan, extra)

    def _keys_elsewhere(self) -> list[str]:
        """Say who has no label, and whose key a label on another chain guards."""
        return [
            f"Note: {holder.address} on {chain_of(holder.chain).name} has no label; the same address is {said.label!r} "
            f"({said.category}) on {chain_of(said.chain).name}. It is followed, kept off the list, and what it pays is "
            "a lead: label it here if it is that service's on this chain too."
            for holder in self.holders.values()
            if holder.elsewhere and not holder.labels
            for said in holder.elsewhere[:1]
        ]

    def _beyond_knowledge(self) -> list[str]:
        """Say where rows are later than the day whose knowledge is used: labels of their days are unknown then."""
        day = self.stops.labels.as_of
        known_until = parse_time(day) + _DAY if day else 0
        later = not_before(self.ledger.events, known_until) if day else 0
        if not later:
            return []
        return [
            f"Note: {later} of {len(self.ledger.events)} events are later than {day}, the day whose knowledge of "
            "labels is used: --as-of takes a later day."
        ]

    @cached_property
    def touched(self) -> Sequence[tuple[int, Movement]]:
        """Rows that touch a followed holder, by index, without what a policy makes of them."""
        return touched_rows(self.ledger, self.found, self.plan, self.crossing.rows())

    @cached_property
    def untouched(self) -> tuple[Movement, ...]:
        """All other rows of the case."""
        return untouched_rows(self.ledger, self.touched)

    @cached_property
    def assets(self) -> dict[AssetId, Asset]:
        """Symbol and decimals of every asset that occurs."""
        return _assets(self)


def _assets(prepared: PreparedCase) -> dict[AssetId, Asset]:
    rows = prepared.ledger.rows
    mine = rows.assets() if isinstance(rows, TransferRows) else {row.asset for row in rows}
    seen = mine | {origin.asset for origin in prepared.thefts.origins}
    return {asset: prepared.inputs.assets.get(asset) or describe_asset(asset) for asset in sorted(seen)}
