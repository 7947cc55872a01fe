"""Closure: whether all of an account's history is held, and on what that rests (method closure).

Four words, strongest first. ``whole``: every transaction that can have changed it is held as the chain has it (on
Bitcoin the one that made an outpoint and the one that spent it). ``reconciled``: what a source says it held at both
ends of the window agrees to the unit with the rows; that proves a sum, not a history, for two omissions may cancel.
``vouched``: the giver of the table says that it is whole (``--complete``), and nothing in the table contradicts him.
``open``: none of these.

An account chain's accounts are never ``whole`` here: a bundle keeps movements and balances, but neither nonces with
their receipts nor the logs of a token over the window, which a whole history would take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.bounds import least_openings, numbered, possible_places
from tracer.ledger import EventArrays, Ledger, accounts_of, opening_balances
from tracer.model import Account, ChainId, Event, Seed, caip10, chain_of, plain_holder

WHOLE, RECONCILED, VOUCHED, OPEN = "whole", "reconciled", "vouched", "open"
BASES: Final = (WHOLE, RECONCILED, VOUCHED, OPEN)
"""On what a class of certainty can rest, strongest first."""

GIVER: Final = "the word of whoever gave the table"
SPENT: Final = "the transactions that made and spent it"
UNSPENT: Final = "the source that found no spend of it"
LINKED: Final = "the identifier in the data of both chains"

DROPPED: Final = "rows that touch it were left out"
UNFED: Final = "in no order of its block could all be paid that it pays"
UNLIKE_ITS_KIND: Final = "the kind of a row that touches it contradicts who stands in it or what he does"
INFLOW: Final = "it pays more than it received in the table"
CONTRADICTED: Final = "a source gives balances that its rows do not give"
UNORDERED: Final = "the order of a conversion in its block is not known"


@dataclass(frozen=True, slots=True)
class EndBalances:
    """What a source says an account held at the two ends of the window.

    Attributes
    ----------
    opening, closing : int or None
        Before the first block and after the last one, base units; ``None`` where the source cannot say.
    by : str
        Name of the source.
    """

    opening: int | None
    closing: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Vouching:
    """What the giver of a table vouches for, and what speaks against it.

    Attributes
    ----------
    complete : bool
        Whether he says that the table is whole.
    dropped : frozenset of Account
        Accounts that rows left out would touch.
    doubted : frozenset of Account
        Accounts of rows whose kind contradicts their parties: a mint that somebody pays, a burn whose payee pays on.
    unfed : frozenset of Account
        Accounts that pay one another in one block or second, in a circle that nothing in the table feeds.
    """

    complete: bool = False
    dropped: frozenset[Account] = frozenset()
    doubted: frozenset[Account] = frozenset()
    unfed: frozenset[Account] = frozenset()

    @property
    def void(self) -> frozenset[Account]:
        """Accounts that it does not reach."""
        return self.dropped | self.doubted | self.unfed

    def against(self, account: Account) -> str:
        """Return why it does not reach an account; empty where it does."""
        reasons = ((DROPPED, self.dropped), (UNLIKE_ITS_KIND, self.doubted), (UNFED, self.unfed))
        return next((reason for reason, accounts in reasons if account in accounts), "")


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Which accounts close, on what that rests, and what is missing of those that do not.

    Attributes
    ----------
    closed : dict of Account to str
        By whom or what each closed account is closed.
    basis : dict of Account to str
        For each of them ``whole``, ``reconciled`` or ``vouched``.
    inflow, outflow : dict of Account to int
        Base units that must have come in or gone out unseen, where both ends are known and do not agree.
    void : dict of Account to str
        Accounts the table was vouched for (``--complete``) that its own rows or a source contradict, and how.
    vouching : Vouching
        What the giver of the table vouches for.
    unordered : frozenset of Account
        Accounts that would hold something else, stood a conversion elsewhere in its block; they do not close.
    """

    closed: dict[Account, str] = field(default_factory=dict)
    basis: dict[Account, str] = field(default_factory=dict)
    inflow: dict[Account, int] = field(default_factory=dict)
    outflow: dict[Account, int] = field(default_factory=dict)
    void: dict[Account, str] = field(default_factory=dict)
    vouching: Vouching = field(default_factory=Vouching)
    unordered: frozenset[Account] = frozenset()

    def basis_of_theft(self, event: Event) -> str:
        """Return on what it rests that all rows of a theft's event are here; a payment of it may end at once."""
        if event.whole:
            return WHOLE
        touched = {plain_account(leg.account) for part in event.parts for leg in (*part.debits, *part.credits)}
        return VOUCHED if self.vouching.complete and not touched & self.vouching.void else OPEN

    def basis_of(self, account: Account) -> str:
        """Return on what an account's closure rests; ``open`` where it does not close."""
        return self.basis.get(account, OPEN)

    def counted(self, accounts: Iterable[Account]) -> dict[str, int]:
        """Return how many accounts rest on each basis, strongest first."""
        found = dict.fromkeys(BASES, 0)
        for account in accounts:
            found[self.basis_of(account)] += 1
        return found


def reconcile(
    ledger: Ledger,
    accounts: Collection[Account],
    balances: Mapping[Account, EndBalances],
    history: frozenset[str] | None,
    *,
    vouching: Vouching = Vouching(),
    begun: Mapping[Account, int] | None = None,
    seeded: Collection[tuple[ChainId, str]] = (),
    undated: Collection[Account] = (),
    unordered: frozenset[Account] = frozenset(),
    passages: Mapping[Account, bool] | None = None,
) -> Reconciliation:
    """Return which accounts close, and on what basis.

    Parameters
    ----------
    ledger : Ledger
        All rows held, without the segments of :func:`tracer.trace.segments.split_holders`.
    accounts : collection of Account
        Those asked about; a segment of a holder closes as the holder does.
    balances : mapping of Account to EndBalances
        What sources say.
    history : frozenset of str or None
        CAIP-10 of the holders whose history was read; others do not close. ``None``: the table is taken as it is.
    vouching : Vouching
        What the giver of the table vouches for.
    begun : mapping of Account to int
        Stolen units that accounts begin with: they explain what is paid out of an opening balance.
    seeded : collection of (ChainId, str)
        Outpoints that a seed names: who made them is not asked.
    undated : collection of Account
        Those whose label is in doubt (no time, or rows that contradict it): nothing certain rests on them.
    unordered : frozenset of Account
        Accounts that would hold something else, stood a conversion elsewhere in its block: nothing certain rests on
        them either.
    passages : mapping of Account to bool
        Through which links carry units, and whether they close: by an identifier they do, whatever is inferred does
        not, on nobody's word.
    """
    begun, passages = begun or {}, passages or {}
    found = Reconciliation(vouching=vouching, unordered=unordered)
    # What each account received and paid is asked only of those that a source gives a balance of, and of outpoints.
    idle = isinstance(ledger.events, EventArrays) and not balances
    net, made, spent = ({}, {}, {}) if idle else _changes(ledger)
    need = least_openings(ledger.events, ledger.ties, debits_first=False, whole=True)
    for account in sorted(accounts):
        plain = plain_account(account)
        if account in passages:
            if passages[account]:
                _close(found, account, WHOLE, LINKED)
            continue
        if plain in undated:
            continue
        if account in unordered:
            if vouching.complete:
                found.void[account] = UNORDERED
            continue
        read = history is None or caip10(plain.chain, plain.holder) in history
        if is_outpoint(plain):
            maker, spender = made.get(plain), spent.get(plain)
            known = plain[:2] in seeded or (maker is not None and maker.whole)
            _outpoint(found, account, spender, known=known, read=history is not None and read)
        elif plain in balances:
            least = max(0, need.get(plain, 0))
            _reconcile(found, account, balances[plain], net.get(plain, 0), least, read)
        if vouching.complete and account not in found.closed:
            reason = _against(found, account, need.get(plain, 0) - begun.get(plain, 0), vouching.against(plain))
            if reason:
                found.void[account] = reason
            else:
                _close(found, account, VOUCHED, GIVER)
    return found


def true_openings(least: Mapping[Account, int], balances: Mapping[Account, EndBalances]) -> dict[Account, int]:
    """Return the opening balances: what a source says, where it covers the recorded payments, else the least."""
    said = {account: one.opening for account, one in balances.items() if one.opening}
    if not said:
        return dict(least)
    return {
        account: max(least.get(account, 0), said.get(account) or 0) for account in sorted(least.keys() | said.keys())
    }


def known_openings(
    ledger: Ledger, balances: Mapping[Account, EndBalances], vouching: Vouching, seeds: Iterable[Seed]
) -> dict[Account, int]:
    """Return the opening balances that are known, not only implied: a source's, and those of a vouched table.

    A vouched table has every receipt, so an account begins with nothing, or with what a seed says it begins with. One
    whose payments need more, even in the order that needs least, is not vouched for after all: its inflow is
    unexplained. What a later segment of a known holder begins with comes to it inside the table.
    """
    known = {account: one.opening for account, one in balances.items() if one.opening is not None}
    void = vouching.void
    if known or vouching.complete:
        begun: dict[tuple[str, str, str | None], int | None] = {}
        for seed in seeds:
            if seed.kind != "tx":
                place = (seed.chain, seed.value, seed.asset)
                more = begun.get(place, 0)
                begun[place] = None if more is None or seed.amount is None else more + seed.amount
        need = least_openings(ledger.events, ledger.ties, debits_first=False, whole=True)
        asked: Iterable[Account] = set(accounts_of(ledger.events)).difference(known)
        if not known and not void and not ledger.addresses:
            # Nobody is a segment of a holder here, and only who a seed names begins with something.
            places = {place[:2] for place in begun}
            asked = [account for account in asked if account in need or account[:2] in places]
            known = dict.fromkeys(set(accounts_of(ledger.events)).difference(asked), 0)
        for account in sorted(asked):
            plain, least = plain_account(account), need.get(account, 0)
            if plain != account and plain in known:
                known[account] = least
            elif vouching.complete and plain not in void:
                said = begun.get((*account[:2], account.asset), begun.get((*account[:2], None), 0))
                most = least if said is None else said
                if least <= most:
                    known[account] = most
    return dict(sorted(known.items()))


def openings_and_vouching(
    ledger: Ledger, balances: Mapping[Account, EndBalances], vouching: Vouching, seeds: Collection[Seed]
) -> tuple[dict[Account, int], Vouching]:
    """Return the known opening balances, and the vouching without the accounts that no order of a block lets pay."""
    known = known_openings(ledger, balances, vouching, seeds)
    while vouching.complete and ledger.ties:
        plain = {plain_account(one) for one in possible_places(ledger.events, ledger.ties, known)[1]}
        if plain <= vouching.unfed:
            break
        vouching = replace(vouching, unfed=vouching.unfed | plain)
        known = known_openings(ledger, balances, vouching, seeds)
    return known, vouching


def possible_order(ledger: Ledger, known: Mapping[Account, int]) -> Ledger:
    """Return the ledger in an order that the known opening balances permit, with a note where it is not the rows'.

    Rules follow the order of the rows. Where that order makes an account pay, inside a tie, what it cannot have had
    yet by its known opening balance, the order is impossible, and the tie is put in the first order that is possible
    (:func:`tracer.bounds.possible_places`).
    """
    if not ledger.ties or not known:
        return ledger
    places, _ = possible_places(ledger.events, ledger.ties, known)
    changed = sum(places[first:last] != list(range(first, last)) for first, last in ledger.ties)
    if not changed:
        return ledger
    events = tuple(numbered(ledger.events[old], new) for new, old in enumerate(places))
    note = (
        f"{changed} tie{'s' if changed > 1 else ''} (rows of one block or second without position) "
        f"{'do' if changed > 1 else 'does'} not follow the rows: in their order a holder whose opening balance is "
        "known would pay what it does not have. The order nearest to the rows in which nobody does is followed."
    )
    nets = {new: ledger.nets[old] for new, old in enumerate(places) if old in ledger.nets}
    return replace(ledger, events=events, opening=opening_balances(events), nets=nets, notes=(*ledger.notes, note))


def plain_account(account: Account) -> Account:
    """Return the account of which an account is a segment or a passage; itself where it is none."""
    holder = plain_holder(account.holder)
    return account if holder == account.holder else account._replace(holder=holder)


def is_outpoint(account: Account) -> bool:
    """Return whether an account is an output of a Bitcoin transaction."""
    return chain_of(account.chain).family == "bitcoin" and ":" in account.holder


def _outpoint(found: Reconciliation, account: Account, spender: Event | None, *, known: bool, read: bool) -> None:
    """Close an outpoint that is whole where it was made by the transaction that spent it, or by who found no spend."""
    if known and spender is not None and spender.whole:
        _close(found, account, WHOLE, SPENT)
    elif known and spender is None and read:
        _close(found, account, RECONCILED, UNSPENT)


def _against(found: Reconciliation, account: Account, unexplained: int, said: str) -> str:
    """Return what speaks against the word that an account's history is whole; empty where nothing does."""
    if said:
        return said
    if account in found.inflow or account in found.outflow:
        return CONTRADICTED
    return INFLOW if unexplained > 0 else ""


def _close(found: Reconciliation, account: Account, basis: str, by: str) -> None:
    found.closed[account] = by
    found.basis[account] = basis


def _reconcile(found: Reconciliation, account: Account, said: EndBalances, net: int, least: int, read: bool) -> None:
    if said.opening is None or said.closing is None:
        return
    missing = said.closing - said.opening - net
    if missing > 0:
        found.inflow[account] = missing
    elif missing < 0:
        found.outflow[account] = -missing
    elif read and said.opening >= least:
        _close(found, account, RECONCILED, said.by)


def _changes(ledger: Ledger) -> tuple[dict[Account, int], dict[Account, Event], dict[Account, Event]]:
    """Return what each account received less what it paid, and the events that made and spent each outpoint."""
    net: dict[Account, int] = {}
    made: dict[Account, Event] = {}
    spent: dict[Account, Event] = {}
    for event in ledger.events:
        coins = chain_of(event.chain).family == "bitcoin"
        for part in event.parts:
            for leg in part.debits:
                net[leg.account] = net.get(leg.account, 0) - leg.amount
                if coins:
                    spent[leg.account] = event
            for leg in part.credits:
                if not leg.sink:
                    net[leg.account] = net.get(leg.account, 0) + leg.amount
                    if coins:
                        made[leg.account] = event
    return net, made, spent
