"""One run of one rule over a history: who holds which lots, where each stolen unit ends (methods lots, ev-theft)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ref_events import Account, Event, History, Origin, Part, first_times, is_nobody, openings
from ref_rules import Lot, convert, merge, share_out, take

REASONS = {
    "exchange": "service",
    "exchange_deposit": "service",
    "custodian": "service",
    "payment_processor": "service",
    "otc": "service",
    "gambling": "service",
    "instant_exchange": "service",
    "mixer": "mixer",
    "bridge": "bridge",
    "frozen": "frozen",
    "burn": "burned",
}

Exit = tuple[str, str, str, Origin]  # address, stop reason, asset, origin


@dataclass
class Result:
    """What one rule says of one world."""

    exits: dict[Exit, list[int]] = field(default_factory=dict)
    # Stolen units by row (for events of one row) and origin.
    moved: dict[tuple[int, Origin], int] = field(default_factory=dict)
    carried: dict[tuple[int, Origin], int] = field(default_factory=dict)  # by event and origin, all its debits
    received: dict[tuple[str, str], int] = field(default_factory=dict)  # stolen units by address and asset
    held: dict[Account, int] = field(default_factory=dict)
    unexplained: dict[Account, int] = field(default_factory=dict)

    def book(self, address: str, reason: str, asset: str, lots: list[Lot]) -> None:
        """Let the stolen ones of these lots leave here."""
        for amount, origin, origin_amount in lots:
            if origin is not None:
                entry = self.exits.setdefault((address, reason, asset, origin), [0, 0])
                entry[0] += amount
                entry[1] += origin_amount


class Labels:
    """Which label absorbs at which holder, at which instant.

    A seed that says that a holder begins with stolen units overrules what began there by its first row.
    """

    def __init__(self, labels: list[dict], history: History) -> None:
        address, self.since = history.address, first_times(history)
        self.of: dict[str, list[dict]] = {}
        by_address: dict[str, list[dict]] = {}
        for label in labels:
            if label["category"] in REASONS:
                by_address.setdefault(label["address"], []).append(label)
        for holder, at in address.items():
            if at in by_address:
                self.of[holder] = by_address[at]

    def at(self, holder: str, time: int | None) -> dict | None:
        """Return the label in force; without a time a label holds throughout."""
        return self._first(self.of.get(holder, []), time)

    def _first(self, labels: list[dict], time: int | None) -> dict | None:
        for label in labels:
            if time is None:
                return label
            if (label["from"] is None or label["from"] <= time) and (label["until"] is None or time < label["until"]):
                return label
        return None

    def absorbs(self, holder: str, time: int | None) -> dict | None:
        """As `at`; a freeze that ends inside the data splits nothing, it only names what is there at the end."""
        labels = self.of.get(holder, [])
        if holder in self.since:
            since = self.since[holder]
            labels = [one for one in labels if since is not None and one["from"] is not None and one["from"] > since]
        label = self._first(labels, time)
        return None if label and label["category"] == "frozen" and label["until"] is not None else label

    def begins(self, before: int | None, now: int | None) -> list[tuple[str, dict]]:
        """Return the holders that become absorbing after `before` and at or before `now`, each with its label.

        Also those whose label has ended again by then: what they held when it began has left.
        """
        if now is None or before is None:
            return []
        found = []
        for holder, labels in self.of.items():
            if self.absorbs(holder, before):
                continue
            points = sorted({mark["from"] for mark in labels if mark["from"] and before < mark["from"] <= now})
            first = next((label for point in points if (label := self.absorbs(holder, point))), None)
            if first:
                found.append((holder, first))
        return found


def opening_lots(
    history: History, need: dict[Account, int], complete: bool = True
) -> tuple[dict[Account, list[Lot]], dict[Account, int]]:
    """Return the opening lots, clean before stolen, and what of them nobody explains.

    A seed that says no amount takes a constant of the case: what the holder needs where it pays before it is paid in
    every tie, or in a complete table, whose openings are known, just what it needs (methods ev-theft and ev-ties).
    """
    lots: dict[Account, list[Lot]] = {}
    clean = dict(need)
    most = need if complete else openings(history.events, debits_first=True)
    for account, (origin, amount) in history.holder_seeds.items():
        stolen = most.get(account, 0) if amount is None else amount
        clean[account] = max(0, need.get(account, 0) - stolen)
        lots[account] = [(clean[account], None, 0), (stolen, origin, stolen)]
    for account, amount in clean.items():
        lots.setdefault(account, [(amount, None, 0)])
    return {account: merge(pile) for account, pile in lots.items()}, {a: n for a, n in clean.items() if n}


FOREVER = 1 << 62


def end_time(history: History) -> int | None:
    """Return until when labels are looked at: rows end nothing (method lb-time); without times there is none."""
    return FOREVER if any(event.time is not None for event in history.events) else None


def run(history: History, policy: str, labels: list[dict], complete: bool = False) -> Result:
    """Trace a history under one rule."""
    result = Result()
    marks = Labels(labels, history)
    need = openings(history.events)
    lots, result.unexplained = opening_lots(history, need, complete)
    for account, (origin, _) in history.holder_seeds.items():
        history.stolen[origin] = sum(lot[2] for lot in lots[account] if lot[1] == origin)
    before = history.events[0].time if history.events else None

    def absorb(account: Account, label: dict) -> None:
        held = lots.get(account, [])
        result.book(history.address[account[0]], REASONS[label["category"]], account[1], held)
        lots[account] = merge([(sum(lot[0] for lot in held), None, 0)])

    for account in list(lots):
        label = marks.absorbs(account[0], before)
        if label:
            absorb(account, label)
    for number, event in enumerate(history.events):
        for holder, label in marks.begins(before, event.time):
            for account in [a for a in lots if a[0] == holder]:
                absorb(account, label)
        before = event.time
        for part in event.parts:
            play(part, event, number, policy, history, lots, marks, result)
    last = end_time(history)
    for holder, label in marks.begins(before, last):
        for account in [a for a in lots if a[0] == holder]:
            absorb(account, label)
    for account, pile in lots.items():
        frozen = marks.at(account[0], last)
        reason = "frozen" if frozen and frozen["category"] == "frozen" else "at_rest" if complete else "incomplete"
        result.book(history.address.get(account[0], account[0]), reason, account[1], pile)
        result.held[account] = sum(lot[0] for lot in pile)
    return result


def play(
    part: Part,
    event: Event,
    number: int,
    policy: str,
    history: History,
    lots: dict[Account, list[Lot]],
    marks: Labels,
    result: Result,
) -> None:
    """Move the lots of one part of an event."""
    origins = history.origins
    pools: list[list[Lot]] = []
    to_name = part.named[2] if part.named else None
    for i, (account, amount) in enumerate(part.debits):
        if account[0] in ("!mint", "!theft"):
            taken: list[Lot] = [(amount, None, 0)]
        else:
            taken, lots[account] = take(policy, lots.get(account, []), amount, origins)
        if i in part.thefts:
            origin = part.thefts[i]
            stolen = amount if to_name is None else min(amount, to_name)
            gone, own = take("fifo", taken, stolen, origins) if stolen else ([], taken)
            result.book(history.address.get(account[0], account[0]), "stolen_again", account[1], gone)
            if to_name is None:
                taken = [(stolen, origin, stolen), *own]
            else:
                to_name -= stolen
                taken = own
        pools.append(taken)
    pool = merge([lot for taken in (pools[::-1] if policy == "lifo" else pools) for lot in taken])
    amounts = [amount for _, amount in part.credits]
    dust: list[Lot] = []
    given, got = sum(amount for _, amount in part.debits), sum(amounts)
    if part.debits[0][0][1] != part.credits[0][0][1]:
        note(result, event, number, pool)
        pool, dust = convert(pool, given, got)
    if part.named:
        at, origin, stolen = part.named
        amounts[at] -= stolen
    filled = share_out(policy, pool, amounts, origins)
    if part.named:
        filled[at] = merge([(stolen, origin, stolen), *filled[at]])
    if part.debits[0][0][1] == part.credits[0][0][1]:
        note(result, event, number, [lot for lots_in in filled for lot in lots_in])
    for origin_lot in dust:
        result.book(history.address[part.credits[0][0][0]], "below_threshold", part.credits[0][0][1], [origin_lot])
    for (account, _), arrived in zip(part.credits, filled, strict=True):
        holder, asset = account
        label = marks.absorbs(holder, event.time)
        if not is_nobody(holder):
            at = (history.address.get(holder, holder), asset)
            stolen = sum(lot[0] for lot in arrived if lot[1] is not None)
            result.received[at] = result.received.get(at, 0) + stolen
        if holder == "!contract":  # it ends with who gave it
            result.book(history.address.get(part.debits[0][0][0], part.debits[0][0][0]), "contract", asset, arrived)
        elif holder in ("!fee", "!burned"):
            result.book("", holder[1:], asset, arrived)
        elif holder == "!theft":
            result.book(history.address[part.debits[0][0][0]], "stolen_again", asset, arrived)
        elif label:
            result.book(history.address[holder], REASONS[label["category"]], asset, arrived)
            lots[account] = merge([*lots.get(account, []), (sum(lot[0] for lot in arrived), None, 0)])
        else:
            lots[account] = merge([*lots.get(account, []), *arrived])


def note(result: Result, event: Event, number: int, lots: list[Lot]) -> None:
    """Remember what an event carried, by origin, and by its row where it has one only."""
    for amount, origin, _ in lots:
        if origin is None:
            continue
        key = (number, origin)
        result.carried[key] = result.carried.get(key, 0) + amount
        if len(event.rows) == 1:
            row = (event.rows[0], origin)
            result.moved[row] = result.moved.get(row, 0) + amount
