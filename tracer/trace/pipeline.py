"""One trace: seeds, stops, reach, one policy, exits, audit, coverage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final

from tracer.bounds import bounds_plan, unordered
from tracer.errors import InputError
from tracer.io import Card, Carded, TransferRows, no_garbage_search
from tracer.ledger import EventArrays, Ledger, exact, ledger_from_rows, not_before, payers_of, several
from tracer.model import (
    LABEL_EVENT,
    OWN,
    Account,
    Asset,
    AssetId,
    ChainId,
    Event,
    LedgerLeg,
    Lot,
    Seed,
    Transfer,
    Unread,
    at_least,
    chain_of,
    describe_asset,
    format_time,
    is_transit,
    parse_time,
)
from tracer.registry import LabelIndex
from tracer.taint import CLEAN, Kernel, Progress, Reach, Tags, TaintProblem, fast_kernel, reach
from tracer.trace.coverage import Extra, coverage_of
from tracer.trace.doubts import Doubts, doubts_of, held_by, suspected, unvouched, words_of
from tracer.trace.exits import audit_of, exits_of, holding_reason
from tracer.trace.known_parties import is_pool, is_service, is_victim
from tracer.trace.movements import holders_of, movements_of, touched_rows, untouched_rows
from tracer.trace.options import POLICIES, Options
from tracer.trace.payments import payments_of, with_kept
from tracer.trace.reconcile import (
    EndBalances,
    Reconciliation,
    Vouching,
    openings_and_vouching,
    possible_order,
    reconcile,
    true_openings,
)
from tracer.trace.result import Coverage, HolderInfo, Movement, Payment, TraceResult
from tracer.trace.segments import split_holders
from tracer.trace.settling import settle
from tracer.trace.stops import Stops, busy_holders, label_sentences
from tracer.trace.thefts import Thefts, find_thefts, theft_transactions
from tracer.trace.touched import TouchedRows
from tracer.trace.uncontrolled import nobody, token_contracts
from tracer.trace.unread import voided

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
        Ledger and thefts before holders were split where their labels begin and end.
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
        return touched_rows(self.ledger, self.found, self.plan)

    @cached_property
    def untouched(self) -> tuple[Movement, ...]:
        """All other rows of the case."""
        return untouched_rows(self.ledger, self.touched)

    @cached_property
    def assets(self) -> dict[AssetId, Asset]:
        """Symbol and decimals of every asset that occurs."""
        return _assets(self)


@no_garbage_search()
def prepare(inputs: CaseData, options: Options, *, settling: bool = True) -> PreparedCase:
    """Return everything of a trace that no policy can change.

    Parameters
    ----------
    inputs, options
        The case and its options.
    settling : bool, default True
        Whether labels decide what the rows of an event leave open. A collection asks without: it follows an exchange
        that may be a payment to a service as well.

    Raises
    ------
    DataFileError, InputError
        If the rows cannot be put in order, or a seed does not fit them.
    """
    kept, dropped = rows_of_grade(inputs.rows, options.grade)
    robbed = theft_transactions(inputs.seeds)
    whole = ledger_from_rows(kept, robbed)
    cut = whole if options.until is None else ledger_from_rows(rows_until(kept, options.until), robbed)
    known, vouching = openings_and_vouching(cut, inputs.balances, vouching_of(inputs, options), inputs.seeds)
    before = cut
    cut = possible_order(cut, known)
    incidents = {inputs.case_id, *(seed.origin for seed in inputs.seeds)}
    ledger, thefts = find_thefts(
        cut,
        inputs.seeds,
        partial(is_victim, inputs.labels, incidents),
        partial(is_pool, inputs.labels),
        partial(is_service, inputs.labels),
        known,
        unread=inputs.unread,
    )
    vouched = (known, vouching) if ledger.events is before.events else None
    return _on_ledger(inputs, options, (whole, ledger), thefts, dropped, settling=settling, vouched=vouched)


@no_garbage_search()
def prepare_again(prepared: PreparedCase, labels: LabelIndex, options: Options) -> PreparedCase:
    """Return a prepared case with other labels or stops on the same rows, without reading and ordering them again."""
    ledger, thefts = prepared.unsplit
    inputs = replace(prepared.inputs, labels=labels)
    return _on_ledger(inputs, options, (prepared.whole, ledger), thefts, prepared.rows_dropped)


def _on_ledger(
    inputs: CaseData,
    options: Options,
    ledgers: tuple[Ledger, Ledger],
    thefts: Thefts,
    dropped: dict[str, int],
    *,
    settling: bool = True,
    vouched: tuple[dict[Account, int], Vouching] | None = None,
) -> PreparedCase:
    """Return the prepared case on its ledger, whole and cut at the end of the window.

    `vouched` are the known openings of the events as they come in, for a ledger that labels leave as it is.
    """
    whole, ledger = ledgers
    unsplit_yet = (ledger, thefts)
    if settling:
        ledger, thefts = settle(ledger, thefts, inputs.labels)
    opening = opening_of(ledger, inputs, thefts)
    never = _never_absorbing(ledger, thefts, inputs.seeds)
    split = split_holders(ledger, thefts, opening, inputs.labels, options.stop_at, followed=never, until=options.until)
    busy = busy_holders(ledger.events, options.high_degree)
    ledger, thefts = split.ledger, split.thefts
    stops = Stops(
        inputs.labels,
        split,
        options,
        never,
        busy,
        _address_lookup(ledger),
        inputs.decided,
        token_contracts({account.asset for account in payers_of(ledger.events)}),
    )
    found = reach_of(ledger, opening, thefts, stops, options)
    plan = plan_of(ledger, opening, thefts, stops, found)
    if vouched is None or ledger.events is not unsplit_yet[0].events:
        vouched = openings_and_vouching(ledger, inputs.balances, vouching_of(inputs, options), inputs.seeds)
    known, vouching = vouched
    bounded = bounds_plan(replace(plan, events=ledger.events), ledger.ties, known, stops)
    robbed = {event for event, _, _ in thefts.debits}
    closure = reconcile(
        whole,
        bounded.tracked,
        inputs.balances,
        inputs.history,
        vouching=vouching,
        begun=thefts.stolen_at_opening(),
        seeded=frozenset((seed.chain, seed.value) for seed in inputs.seeds if seed.kind == "output"),
        undated=stops.doubtful,
        unordered=unordered(ledger.events, ledger.ties, robbed) | ledger.contradicted(),
    )
    return PreparedCase(
        inputs, options, ledger, thefts, stops, found, plan, bounded, whole, dropped, closure, unsplit_yet
    )


def vouching_of(inputs: CaseData, options: Options) -> Vouching:
    """Return what the giver of the table vouches for, and the accounts that rows left out would touch.

    Rows of one event are taken together: one of them left out touches everybody in it, for whoever is paid and pays in
    it may not be seen in what is left.
    """
    if not inputs.complete:
        return Vouching()
    if isinstance(inputs.rows, TransferRows) and not inputs.unread and _are_of(inputs.rows, options.grade):
        return Vouching(True)
    robbed = theft_transactions(inputs.seeds)
    transfers = [row for row in inputs.rows if isinstance(row, Transfer) and row.amount]
    dropped = [row for row in transfers if not at_least(row.grade, options.grade)]
    events = {one for row in dropped for one in _events_of(row, robbed)}
    touched = {
        Account(row.chain, holder, row.asset)
        for row in (*dropped, *(one for one in transfers if events.intersection(_events_of(one, robbed))))
        for holder in (row.sender, row.recipient)
        if holder
    }
    touched |= voided(inputs.rows, inputs.unread)
    return Vouching(True, frozenset(touched), _unlike_their_kind(transfers))


def _are_of(rows: TransferRows, grade: str) -> bool:
    """Return whether all rows are at least of a grade, and none is of a kind that its parties could contradict."""
    words = rows.columns.words
    return all(at_least(one, grade) for one in words["grade"][0]) and not {"mint", "burn"}.intersection(
        words["kind"][0]
    )


def _unlike_their_kind(transfers: Sequence[Transfer]) -> frozenset[Account]:
    """Return the accounts of rows whose kind contradicts their parties: a mint has no payer, and no burned unit moves.

    What is paid to or by an address that nobody controls is neither.
    """
    found: set[Account] = set()
    paying = {(row.chain, row.sender, row.asset) for row in transfers if row.kind != "mint"}
    for row in transfers:
        paid = row.kind == "mint" and bool(row.sender) and not nobody(row.chain, row.sender)
        moves = row.kind == "burn" and row.recipient and not nobody(row.chain, row.recipient)
        if paid or (moves and row.sender != row.recipient and (row.chain, row.recipient, row.asset) in paying):
            found |= {Account(row.chain, holder, row.asset) for holder in (row.sender, row.recipient) if holder}
    return frozenset(found)


def _events_of(row: Transfer, robbed: Collection[tuple[ChainId, str]]) -> Iterator[tuple[ChainId, str, str]]:
    """Yield by which names a row belongs to an event with others: what it says, and the transaction of a theft."""
    if row.event:
        yield row.chain, "event", row.event
    if row.tx and ((row.chain, row.tx) in robbed or ("", row.tx) in robbed):
        yield row.chain, "tx", row.tx


def rows_of_grade(
    rows: Sequence[Transfer | LedgerLeg], grade: str
) -> tuple[Sequence[Transfer | LedgerLeg], dict[str, int]]:
    """Return the rows that are at least of a grade, and how many of each weaker grade were left out."""
    if isinstance(rows, TransferRows):
        grades = [one for one in rows.columns.words["grade"][0] if at_least(one, grade)]
        chosen = rows.of_words("grade", grades)
        return chosen, {
            one: len(rows.of_words("grade", [one])) for one in rows.columns.words["grade"][0] if one not in grades
        }
    dropped: dict[str, int] = {}
    kept: list[Transfer | LedgerLeg] = []
    for row in rows:
        if isinstance(row, LedgerLeg) or at_least(row.grade, grade):
            kept.append(row)
        else:
            dropped[row.grade] = dropped.get(row.grade, 0) + 1
    return kept, dict(sorted(dropped.items()))


def rows_until(rows: Sequence[Transfer | LedgerLeg], until: int) -> Sequence[Transfer | LedgerLeg]:
    """Return the rows that are not later than an instant: the table as it would be, had it been cut there.

    Raises
    ------
    InputError
        If no row has a time, so that nothing can be cut, or a row's time leaves open on which side it is.
    """
    if isinstance(rows, TransferRows) and rows.columns.time is not None:
        return rows.until(until)
    if rows and all(row.time is None for row in rows):
        raise InputError(
            "The rows have no time, so they cannot be cut at the end of a window.",
            why="Only blocks are given.",
            next_step="Fill the column 'time', or leave 'until' out.",
        )
    across = next(
        (row for row in rows if row.time is not None and row.time <= until < row.time + row.resolution - 1), None
    )
    if across is not None:
        raise InputError(
            f"Row {across.row} is of {format_time(across.time, across.resolution)}: that leaves open whether it is "
            f"before the end, {format_time(until)}.",
            why="A time without seconds may be any second of its minute, a day alone any of its day.",
            next_step="End with the whole minute or day (--until 2022-04-15 takes all of it), or give the row's time.",
        )
    return [row for row in rows if row.time is None or row.time <= until]


def opening_of(ledger: Ledger, inputs: CaseData, thefts: Thefts) -> dict[Account, int]:
    """Return the opening balance of every account: what a source says, else the least, and what seeds say is stolen."""
    opening = true_openings(ledger.opening, inputs.balances)
    for account, stolen in thefts.stolen_at_opening().items():
        opening[account] = max(opening.get(account, 0), stolen)
    return opening


def reach_of(ledger: Ledger, opening: dict[Account, int], thefts: Thefts, stops: Stops, options: Options) -> Reach:
    """Return what stolen money can have reached; a limit of hops stops holders that a first walk finds too far."""
    at_opening = thefts.stolen_at_opening()
    found = reach(ledger.events, opening, at_opening, thefts.debits, stops, options.min_amount)
    if options.max_hops is not None:
        stops.far.update(holder for holder, hop in found.hop.items() if hop >= options.max_hops)
        found = reach(ledger.events, opening, at_opening, thefts.debits, stops, options.min_amount)
    return found


def plan_of(ledger: Ledger, opening: dict[Account, int], thefts: Thefts, stops: Stops, found: Reach) -> TaintProblem:
    """Return what the kernels run on."""
    labels = Tags(tuple(thefts.origins))
    printed = _printed_accounts(ledger)
    return TaintProblem(
        _that_move(ledger.events),
        {
            account: _opening_lots(account, opening, thefts, labels, printed=account in printed)
            for account in sorted(found.tracked)
        },
        thefts.debits,
        frozenset(holder for holder in found.hop if stops(*holder)),
        frozenset(found.cut),
        frozenset(found.tracked),
        labels,
    )


def _that_move(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events without what a label moves nothing of by the order of the rows: it stands there for bounds."""
    if not any(event.kind == LABEL_EVENT for event in several(events)):
        return events
    if isinstance(events, EventArrays):
        moving = {one.index: [_moving(one)] for one in events.several() if one.kind == LABEL_EVENT}
        return events.replaced({index: mine for index, mine in moving.items() if mine != [events[index]]})[0]
    return tuple(_moving(event) if event.kind == LABEL_EVENT else event for event in events)


def _moving(event: Event) -> Event:
    return replace(event, parts=tuple(part for part in event.parts if part.debits[0].amount))


@no_garbage_search()
def run(
    prepared: PreparedCase,
    policy: str,
    *,
    kernel: Kernel = fast_kernel,
    progress: Progress | None = None,
    movements: bool = True,
) -> TraceResult:
    """Run one policy over a prepared case.

    Parameters
    ----------
    prepared : PreparedCase
        From :func:`prepare`.
    policy : str
        One of :data:`tracer.trace.options.POLICIES`.
    kernel : Kernel
        What runs the policy.
    progress : callable, optional
        Told how many events are done, and of how many.
    movements : bool, default True
        Without them the result has exits and totals only, at a fraction of the time.
    """
    options = replace(prepared.options, policy=policy)
    outcome = kernel(prepared.plan, policy, progress)
    stolen = dict(prepared.thefts.stolen)
    by_grade = {origin: dict(sorted(mine.items())) for origin, mine in prepared.thefts.stolen_by_grade.items()}
    exits = exits_of(prepared.ledger, prepared.stops, prepared.plan, outcome, prepared.inputs.history)
    payments: tuple[Payment, ...] = ()
    if movements:
        touched = prepared.touched
        rows = touched.seqs() if isinstance(touched, TouchedRows) else {index: one.seq for index, one in touched}
        payments = payments_of(prepared.plan, outcome, prepared.stops, prepared.ledger.addresses, rows)
        history = prepared.inputs.history
        why = partial(holding_reason, stops=prepared.stops, history=history)
        exits = with_kept(exits, payments, policy, why)
    return TraceResult(
        prepared.inputs.case_id,
        prepared.inputs.title,
        options,
        stolen,
        by_grade,
        exits,
        movements_of(prepared.touched, prepared.plan, outcome) if movements else (),
        prepared.holders,
        audit_of(stolen, exits),
        prepared.coverage,
        prepared.assets,
        {
            "rows": {"rows": str(len(prepared.ledger.rows)), "sha256": prepared.ledger.sha256},
            **prepared.inputs.hashes,
        },
        payments,
        prepared.inputs.registry,
        dict(prepared.thefts.not_seeded),
        prepared.inputs.tlp,
    )


@no_garbage_search()
def run_every(prepared: PreparedCase) -> dict[str, TraceResult]:
    """Run every conserving policy over a prepared case, without movements: all that a comparison needs."""
    return {policy: run(prepared, policy, movements=False) for policy in POLICIES}


def trace(inputs: CaseData, options: Options, *, kernel: Kernel = fast_kernel) -> TraceResult:
    """Trace a case under the policy of its options."""
    return run(prepare(inputs, options), options.policy, kernel=kernel)


def _never_absorbing(ledger: Ledger, thefts: Thefts, seeds: Sequence[Seed]) -> frozenset[tuple[ChainId, str]]:
    """Return the holders whose label stops nothing: those that begin with stolen units, and passages through pools."""
    begun = {(seed.chain, seed.value) for seed in seeds if seed.kind != "tx"}
    return frozenset(begun | {one[:2] for one in ledger.addresses if is_transit(one.holder)})


def _address_lookup(ledger: Ledger) -> Callable[[ChainId, str], str]:
    beside = {(account.chain, account.holder): address for account, address in ledger.addresses.items()}
    if not beside:
        return lambda _, holder: holder
    return lambda chain, holder: beside.get((chain, holder), holder)


def _opening_lots(
    account: Account, opening: dict[Account, int], thefts: Thefts, labels: Tags, *, printed: bool
) -> tuple[Lot, ...]:
    """Return an account's lots at the start: clean before stolen, thefts in order.

    What had to be added to cover payments is approximate where a rounded row bears on the account.
    """
    stolen = thefts.opening.get(account, [])
    clean = opening.get(account, 0) - sum(amount for _, amount in stolen)
    lots = [Lot(clean, CLEAN, 0, printed)] if clean else []
    grade = "asserted" if account in thefts.asserted else "recorded"
    lots += [Lot(amount, labels.of(origin, grade), amount, printed) for origin, amount in stolen if amount]
    return tuple(lots)


def _printed_accounts(ledger: Ledger) -> set[Account]:
    if exact(ledger.events):
        return set()
    return {
        leg.account
        for event in ledger.events
        if event.precision == "printed"
        for part in event.parts
        for leg in (*part.debits, *part.credits)
    }


def _assets(prepared: PreparedCase) -> dict[AssetId, Asset]:
    rows = prepared.ledger.rows
    mine = rows.assets() if isinstance(rows, TransferRows) else {row.asset for row in rows}
    seen = mine | {origin.asset for origin in prepared.thefts.origins}
    return {asset: prepared.inputs.assets.get(asset) or describe_asset(asset) for asset in sorted(seen)}
