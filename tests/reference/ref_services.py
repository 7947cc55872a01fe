"""Services that are paid in an event of two assets, by whom the rows name as their payer.

A service pools what it gets, so what a thief pays it is an exit, whatever token comes in beside. Who gives X and gets Y
while a service gets X of it and a third gives Y may also be the pool in which the third bought X for the service; the
stolen units tell: only if the third can have none is it a payment.
"""

from __future__ import annotations

from itertools import product

from ref_events import Account, Event, History, dealings_of, is_nobody, plain_parts, ways_of
from ref_trace import REASONS


def settle(history: History, rows: list[dict], labels: list[dict]) -> History:
    """Take rows of services and victims apart, and payments to services out of the conversions of a history."""
    history.events = [piece for event in history.events for piece in _apart(event, rows, history, labels)]
    reached = _reached(history)
    for event in history.events:
        if event.conversion and not any(part.thefts for part in event.parts):
            _settle(event, [rows[i] for i in event.rows], reached, labels)
    return history


def _apart(event: Event, rows: list[dict], history: History, labels: list[dict]) -> list[Event]:
    """The rows of a service that an event pays and that pays in it, and what a victim gets and pays, stand alone."""
    mine = [rows[i] for i in event.rows]
    if len(mine) < 2 or any(part.thefts for part in event.parts):
        return [event]
    moving = [row for row in mine if row["amount"] and row["sender"] and row["recipient"] not in ("", row["sender"])]
    both = {row["sender"] for row in moving} & {row["recipient"] for row in moving}
    services = {holder for holder in both if any(_is_one(label, holder, event.time) for label in labels)}
    paying = {(row["sender"], row["asset"]) for row in moving if row["sender"] in history.victims}
    home = paying & {(row["recipient"], row["asset"]) for row in moving}
    if not services and not home:
        return [event]
    runs: list[list[int]] = []
    alone: set[int] = set()
    together = False
    for i in event.rows:
        row = rows[i]
        apart = bool({row["sender"], row["recipient"]} & services) or (row["recipient"], row["asset"]) in home
        if together and not apart:
            runs[-1].append(i)
        else:
            runs.append([i])
        together = not apart
        alone |= {i} if apart else set()
    runs = _whole(runs, alone, rows)
    pieces = []
    for run in runs:
        parts, *readings = ways_of([rows[i] for i in run])
        conversion = any(part.debits[0][0][1] != part.credits[0][0][1] for part in parts)
        if parts:
            pieces.append(Event(run, event.block, event.time, parts, event.tie, conversion, readings))
    return pieces


def _whole(runs: list[list[int]], alone: set[int], rows: list[dict]) -> list[list[int]]:
    """Join runs between which somebody exchanges: it gets one asset in one and gives another in the other."""
    brought: dict[Account, int] = {}
    for i in alone:
        to = rows[i]["recipient"], rows[i]["asset"]
        brought[to] = brought.get(to, 0) + rows[i]["amount"]
    for a, one in enumerate(runs):
        for other in runs[a + 1 :]:
            if alone & {*one, *other}:
                continue
            for first, second in ((one, other), (other, one)):
                got = {(rows[i]["recipient"], rows[i]["asset"]) for i in first}
                for i in second:
                    gave = rows[i]["sender"], rows[i]["asset"]
                    units = sum(rows[k]["amount"] for k in second if (rows[k]["sender"], rows[k]["asset"]) == gave)
                    if any(who == gave[0] and what != gave[1] for who, what in got) and brought.get(gave, 0) < units:
                        whole = sorted(one + other)
                        between = {(rows[k]["recipient"], rows[k]["asset"]) for k in alone if one[0] < k < other[0]}
                        late = between & {(rows[k]["sender"], rows[k]["asset"]) for k in whole}
                        stay, go = (other, one) if late else (one, other)
                        return _whole([whole if run is stay else run for run in runs if run is not go], alone, rows)
    return runs


def _settle(event: Event, rows: list[dict], reached: set[Account], labels: list[dict]) -> None:
    if any(not row["sender"] or row["sender"] == row["recipient"] for row in rows):
        return  # newly made units may be the service's receipt; a conversion of one's own has no payee
    found = [_paid(mine, reached, labels, event.time) or ways_of(mine) for mine in dealings_of(rows)]
    event.parts, *event.readings = [[part for one in ways for part in one] for ways in product(*found)]
    event.conversion = any(part.debits[0][0][1] != part.credits[0][0][1] for part in event.parts)


def _paid(rows: list[dict], reached: set[Account], labels: list[dict], time: int | None) -> list | None:
    """Return what rows that belong together can mean where a service is paid in them; None where none is."""
    debtors = {account for part in plain_parts(rows) for account, _ in part.debits}
    for row in rows:
        payer, service = (row["sender"], row["asset"]), row["recipient"]
        others = {account for account in debtors if account[1] != row["asset"]}
        back = any(one["sender"] == service and one["recipient"] == row["sender"] for one in rows)
        if back or payer not in debtors or payer not in reached or others & reached:
            continue
        getters = {account for part in plain_parts(rows) for account, _ in part.credits if account[1] == row["asset"]}
        giving = {account[0] for account in others}
        # Whom a row pays straight and who gives nothing was paid too, where another takes the asset and gives.
        idle = service not in giving and any(account[0] in giving for account in getters - {(service, row["asset"])})
        if not service or not (idle or any(_is_one(label, service, time) for label in labels)):
            continue
        rest = [one for one in rows if one is not row]
        paid = plain_parts([row])
        more = _paid(rest, reached, labels, time) if rest else None
        return [paid + way for way in (more or (ways_of(rest) if rest else [[]]))]
    return None


def _is_one(label: dict, holder: str, time: int | None) -> bool:
    if label["address"] != holder or label["category"] not in REASONS:
        return False
    if label["from"] is None and label["until"] is None:
        return True
    if time is None:
        return False
    return (label["from"] is None or label["from"] <= time) and (label["until"] is None or time < label["until"])


def _reached(history: History) -> set[Account]:
    """Poison: whom stolen units can come to, in any order of a tie, whoever stops them."""
    reached = set(history.holder_seeds)
    events = history.events
    place = 0
    while place < len(events):
        end = place + 1
        while end < len(events) and events[place].tie is not None and events[end].tie == events[place].tie:
            end += 1
        before = -1
        while before < len(reached):
            before = len(reached)
            for event in events[place:end]:
                new: set[Account] = set()
                for part in event.parts:
                    if part.thefts or any(account in reached for account, _ in part.debits):
                        new |= {account for account, _ in part.credits if not is_nobody(account[0])}
                reached |= new
        place = end
    return reached
