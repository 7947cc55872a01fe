"""The frontier: holders that stolen money can have reached and that were not read, the most promising first.

Ranked by capped reach, what could at most have arrived there under any rule, then by TTR, then by name; so what is read
never depends on a policy (method frontier).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from tracer.analysis import targets_of, upstream_of
from tracer.collect.ttr import Edge, rank_ttr
from tracer.model import Account, ChainId, Event, Holder, Leg, caip10
from tracer.trace import PreparedCase

BATCH: Final = 64
"""Holders read before the frontier is looked at anew, at most; and never more than half of it."""


def frontier_of(prepared: PreparedCase, known: Collection[Holder], *, ranked: bool = True) -> list[Holder]:
    """Return the reached holders that do not stop and are not in `known`: the most promising first, or by name.

    Parameters
    ----------
    prepared : PreparedCase
        The case as far as it is collected.
    known : collection of (ChainId, str)
        Holders read, or decided against.
    ranked : bool
        Whether who comes first matters: where all are read sooner or later, it does not.
    """
    reached = {(account.chain, account.holder) for account in prepared.found.tracked}
    open_holders = sorted(holder for holder in reached if holder not in known)
    if len(open_holders) < 2 or not ranked:
        return open_holders
    share = _shares(prepared.found.arrived, set(open_holders))
    return in_order(open_holders, share, lambda: _ttr(prepared))


def in_order(
    open_holders: list[Holder], share: Mapping[Holder, Fraction], scores: Callable[[], Mapping[str, float]]
) -> list[Holder]:
    """Return open holders by their share, then by TTR, then by name; TTR is only asked where shares are equal.

    Parameters
    ----------
    open_holders : list of (ChainId, str)
        By name.
    share : mapping of (ChainId, str) to Fraction
        What can at most have arrived there.
    scores : callable
        Gives the TTR of every node, by CAIP-10.
    """
    if len(open_holders) < 2:
        return open_holders
    ties = len({share[one] for one in open_holders}) < len(open_holders)
    score = scores() if ties else {}
    return sorted(open_holders, key=lambda one: (-share[one], -score.get(caip10(*one), 0.0), one))


def frontier_back(prepared: PreparedCase, known: Collection[Holder]) -> list[Holder]:
    """Return the holders that can have paid the seeds and were not read; first who can have paid most, then by name."""
    targets = targets_of(prepared)
    found, why = upstream_of(prepared, targets)
    unread = {holder for holder, reason in why.items() if reason == "incomplete" and holder in found.hop}
    open_holders = sorted(holder for holder in unread | set(targets) if holder not in known)
    share = _shares(found.most, set(open_holders))
    return sorted(open_holders, key=lambda one: (-share[one], one))


def followed_back(prepared: PreparedCase) -> set[Account]:
    """Return the accounts whose balances bear on a backward trace."""
    return set(upstream_of(prepared, targets_of(prepared))[0].need)


def next_batch(frontier: Sequence[Holder]) -> list[Holder]:
    """Return the better half of a frontier, 64 at most: what they pay may outrank the rest."""
    return list(frontier[: min(BATCH, (len(frontier) + 1) // 2)])


def _shares(arrived: Mapping[Account, int], holders: set[Holder]) -> dict[Holder, Fraction]:
    """Return what can at most have arrived at each holder, as a share of the most of that asset anywhere."""
    most: dict[str, int] = {}
    for account, amount in arrived.items():
        most[account.asset] = max(amount, most.get(account.asset, 0))
    share: dict[Holder, Fraction] = {holder: Fraction(0) for holder in holders}
    for account, amount in arrived.items():
        holder = (account.chain, account.holder)
        if holder in holders and amount:
            share[holder] = max(share[holder], Fraction(amount, most[account.asset]))
    return share


def _ttr(prepared: PreparedCase) -> dict[str, float]:
    sources: dict[str, list[str]] = {}
    for account in sorted(_seeds(prepared)):
        sources.setdefault(caip10(account.chain, account.holder), []).append(account.asset)
    stopped = frozenset(caip10(*holder) for holder in prepared.plan.stopped)
    return rank_ttr(_edges(prepared), sources, stopped=stopped).score if sources else {}


def _seeds(prepared: PreparedCase) -> Iterator[Account]:
    yield from dict.fromkeys((*prepared.thefts.opening, *prepared.thefts.paid))


def _edges(prepared: PreparedCase) -> Iterator[Edge]:
    """Yield the payments of the ledger; the place in the total order stands for time."""
    places: Counter[tuple[ChainId, int | None]] = Counter()
    for event in prepared.ledger.events:
        height = (event.chain, event.block)
        yield from edges_of(event, 2 * event.index, f"{event.chain} {event.block} {places[height]}")
        places[height] += 1


def edges_of(event: Event, time: int, name: str) -> Iterator[Edge]:
    """Yield the payments of one event; where several pay several, the event itself is a node between them.

    Parameters
    ----------
    event : Event
        What happens.
    time : int
        When, in a count that leaves room for one more moment before the next event.
    name : str
        Tells it apart from other events.
    """
    for number, part in enumerate(event.parts):
        payees = [leg for leg in part.credits if not leg.sink]
        if len(part.debits) > 1 and len(payees) > 1:
            yield from _through_event(time, f"event {name} {number}", part.debits, payees)
            continue
        for debit in part.debits:
            for credit in payees:
                amount = min(debit.amount, credit.amount) if not part.is_swap else debit.amount
                yield Edge(_name(debit), _name(credit), amount, time, credit.account.asset)


def _through_event(time: int, event: str, debits: Iterable[Leg], credits: Iterable[Leg]) -> Iterator[Edge]:
    for debit in debits:
        yield Edge(_name(debit), event, debit.amount, time, debit.account.asset)
    for credit in credits:
        yield Edge(event, _name(credit), credit.amount, time + 1, credit.account.asset)


def _name(leg: Leg) -> str:
    return caip10(leg.account.chain, leg.account.holder)
