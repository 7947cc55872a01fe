"""From rows to events: netting, conversions, thefts, opening balances (methods ev-net and ev-theft).

An event is a list of parts. A part debits accounts in one asset and credits accounts in one asset, the same (a payment)
or another (a side of a conversion). An account is (holder, asset). Holders that begin with "!" are no holders: newly
made units come from "!mint", what leaves for good goes to "!fee", "!burned" or "!contract".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

from ref_exchanges import alternatives, is_exchanged, route

Account = tuple[str, str]
Origin = tuple[str, str]


class RefusedError(Exception):
    """The tables cannot be traced as they stand: exit 2."""


@dataclass
class Part:
    """One side of an event: who pays, who is paid, and which debits are a theft."""

    debits: list[tuple[Account, int]]
    credits: list[tuple[Account, int]]
    thefts: dict[int, Origin] = field(default_factory=dict)
    # What a named recipient holds of the theft before the rest of the part is shared out: (credit, origin, amount).
    named: tuple[int, Origin, int] | None = None


@dataclass
class Event:
    """What happens at once."""

    rows: list[int]
    block: int | None
    time: int | None
    parts: list[Part]
    tie: Any = None
    conversion: bool = False
    # What else its rows may mean: other parts, which no rule follows.
    readings: list[list[Part]] = field(default_factory=list)


@dataclass
class History:
    """All that a world's tables say: events in total order, what is stolen, what was held before."""

    events: list[Event]
    origins: list[Origin]
    stolen: dict[Origin, int]
    holder_seeds: dict[Account, tuple[Origin, int | None]]
    address: dict[str, str]
    payers: set[str]
    outpoints: bool
    victims: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    receivers: set[str] = field(default_factory=set)
    # Holders that a seed says begin with stolen units: it is asked where those go, whatever they are when they do.
    followed: set[str] = field(default_factory=set)


def is_nobody(holder: str) -> bool:
    """Say whether a holder is a place outside the accounts."""
    return holder.startswith("!")


def net(rows: list[dict]) -> tuple[dict[str, list], dict[str, list]]:
    """Net rows by (holder, asset): {asset: debits} and {asset: credits}, each in the order of its first row."""
    change: dict[Account, int] = {}
    paying: list[Account] = []
    paid: list[Account] = []
    for row in rows:
        if row["sender"] == row["recipient"] or row["amount"] == 0:
            continue
        payer = (row["sender"] or "!mint", row["asset"])
        payee = (row["recipient"] or "!burned", row["asset"])
        paying.append(payer)
        paid.append(payee)
        change[payer] = change.get(payer, 0) - row["amount"]
        change[payee] = change.get(payee, 0) + row["amount"]
    debits: dict[str, list] = {}
    credits: dict[str, list] = {}
    for account in dict.fromkeys(paying):
        if change[account] < 0:
            debits.setdefault(account[1], []).append((account, -change[account]))
    for account in dict.fromkeys(paid):
        if change[account] > 0:
            credits.setdefault(account[1], []).append((account, change[account]))
    return debits, credits


def plain_parts(rows: list[dict]) -> list[Part]:
    """Return the parts of an event that is no theft, as rules follow it."""
    return ways_of(rows)[0]


def ways_of(rows: list[dict]) -> list[list[Part]]:
    """Return all that an event that is no theft can mean, what rules follow first."""
    return [[part for one in ways for part in one] for ways in product(*map(ways_of_dealing, dealings_of(rows)))]


def dealings_of(rows: list[dict]) -> list[list[dict]]:
    """Return the rows of an event apart by who deals with whom; holders whom no row connects deal apart."""
    making = any(not row["sender"] or not row["recipient"] for row in rows)
    dealings: list[tuple[set[str], list[dict]]] = []
    for row in rows:
        if not row["amount"]:
            continue
        mine = {row["sender"], row["recipient"]} - {""}
        touching = [one for one in dealings if one[0] & mine]
        dealings = [one for one in dealings if not one[0] & mine]
        together = [other for _, others in touching for other in others] + [row]
        dealings.append((mine.union(*(one[0] for one in touching)), together))
    order = {id(row): place for place, row in enumerate(rows)}
    dealings = [(who, sorted(mine, key=lambda row: order[id(row)])) for who, mine in dealings]
    dealings.sort(key=lambda one: order[id(one[1][0])])
    if not making:
        return [mine for _, mine in dealings]
    # What is made or destroyed may be the other side of any dealing that lacks one.
    whole = [mine for _, mine in dealings if len(dealings) > 1 and lacks_none(mine)]
    return [*whole, [row for row in rows if not any(row is one for mine in whole for one in mine)]]


def lacks_none(rows: list[dict]) -> bool:
    """Say whether everybody in a dealing gives one asset and gets another, none of them made or destroyed."""
    if any(not row["sender"] or not row["recipient"] for row in rows):
        return False
    parts = ways_of_dealing(rows)[0]
    return len(net(rows)[0]) > 1 and all(
        {account[0] for account, _ in part.debits} == {account[0] for account, _ in part.credits}
        and part.debits[0][0][1] != part.credits[0][0][1]
        for part in parts
    )


def parts_of_dealing(rows: list[dict]) -> list[Part]:
    """Return the parts of rows that belong together, as rules follow them."""
    return ways_of_dealing(rows)[0]


def ways_of_dealing(rows: list[dict]) -> list[list[Part]]:
    """Return what rows that belong together can mean: a payment, a conversion, or three assets and more."""
    debits, credits = net(rows)
    assets = list(debits)
    if not assets:
        own = [row for row in rows if row["sender"] == row["recipient"] and row["amount"]]
        if len({row["asset"] for row in own}) == 2:
            # The counterparty is not given: the first asset was given, the second received.
            first, second = own[0], next(row for row in own if row["asset"] != own[0]["asset"])
            given = ((first["sender"], first["asset"]), first["amount"])
            got = ((second["sender"], second["asset"]), second["amount"])
            return [[Part([given], [got])]]
        return [[]]
    if len(assets) == 1:
        return [[Part(debits[assets[0]], credits[assets[0]])]]
    if len(assets) == 2:
        return [[Part(*side) for side in way] for way in alternatives(debits, credits, rows)]
    if (sides := route(debits, credits)) is not None:
        return [[Part(*side) for side in sides]]
    if not is_exchanged(debits, credits):
        return [[Part(debits[asset], credits[asset]) for asset in assets]]
    # What was given for what is not known: it ends, and what is got is clean.
    ended = [Part([leg], [(("!contract", asset), leg[1])]) for asset in assets for leg in debits[asset]]
    clean = [
        Part([(("!mint", asset), sum(amount for _, amount in credits[asset]))], credits[asset]) for asset in assets
    ]
    return [ended + clean]


def victims_of(seed: dict, debits: list, credits_all: dict[str, list]) -> list[int]:
    """Return the indexes of the debits that the theft takes from (method ev-theft)."""
    asset = seed["asset"]
    named = [name for name in seed.get("victim", "").split(";") if name]
    if named == ["*"]:
        return [i for i, (account, _) in enumerate(debits) if not is_nobody(account[0])]
    if named == ["mint"]:
        found = [i for i, (account, _) in enumerate(debits) if account[0] == "!mint"]
    elif named:
        found = [i for i, (account, _) in enumerate(debits) if account[0] in named]
    else:
        receives_other = {account[0] for other, legs in credits_all.items() if other != asset for account, _ in legs}
        found = [
            i for i, (account, _) in enumerate(debits) if not is_nobody(account[0]) and account[0] not in receives_other
        ]
        if len(found) != 1:
            raise RefusedError(f"{len(found)} net payers of {asset} in {seed['value']}")
    if not found:
        raise RefusedError(f"no victim of {asset} in {seed['value']}")
    return found


def theft_parts(rows: list[dict], seeds: list[dict], history: History) -> list[Part]:
    """Return the parts of a theft transaction; what is stolen is fixed here, before any rule."""
    debits, credits = net(rows)
    parts: list[Part] = []
    after: list[Part] = []
    spoken_for: set[str] = set()
    for seed in seeds:
        asset = seed["asset"]
        origin = (seed["origin"], asset)
        pays, gets = list(debits.get(asset, [])), list(credits.get(asset, []))
        victims = victims_of(seed, pays, credits)
        lost = sum(pays[i][1] for i in victims)
        history.victims |= {pays[i][0][0] for i in victims if not is_nobody(pays[i][0][0])}
        history.apart |= {account[0] for account, _ in pays}
        before = set(history.receivers)  # of other thefts, whatever they are in this one
        if seed.get("recipient") or len(gets) == 1:
            history.receivers.add(seed.get("recipient") or gets[0][0][0])
        amount = seed["amount"]
        if amount is not None and amount > lost:
            raise RefusedError("more is seeded than was lost")
        part = Part(pays, gets)
        if seed.get("recipient"):
            at = next((i for i, (account, _) in enumerate(gets) if account[0] == seed["recipient"]), None)
            if at is None or (amount is not None and amount > gets[at][1]):
                raise RefusedError("the recipient got less than is seeded")
            stolen = min(lost, gets[at][1], lost if amount is None else amount)
            part.named = (at, origin, stolen)
            # Who of several victims lost the named units makes no difference to any figure of these worlds.
            part.thefts = dict.fromkeys(victims, origin)
        else:
            stolen = lost
            part.thefts = dict.fromkeys(victims, origin)
        history.stolen[origin] = history.stolen.get(origin, 0) + stolen
        spoken_for.add(asset)
        for i, (account, got) in enumerate(gets):
            # What a pool pays of another asset for stolen units is what they became.
            other = [a for a, legs in debits.items() if a != asset and any(leg[0][0] == account[0] for leg in legs)]
            if account[0] == seed.get("recipient") or not other or set(other) & {s["asset"] for s in seeds}:
                continue
            history.apart.add(account[0])
            if len(other) > 1:
                part.credits[i] = (("!contract", asset), got)
                continue
            paid = sum(leg[1] for leg in debits[other[0]] if leg[0][0] == account[0])
            transit = (account[0] + "~transit", asset)
            part.credits[i] = (transit, got)
            if account[0] in history.receivers:
                # The only receiver is a pool: who got what it paid is who got what was stolen.
                history.receivers -= {account[0]} - before
                if len(credits[other[0]]) == 1:
                    history.receivers.add(credits[other[0]][0][0][0])
            after.append(Part([(transit, got)], credits[other[0]]))
            after.append(Part([((account[0], other[0]), paid)], [(account, got)]))
            spoken_for.add(other[0])
        parts.append(part)
    parts += [Part(debits[asset], credits[asset]) for asset in debits if asset not in spoken_for]
    return parts + after


def bitcoin_theft(event: Event, legs: list[dict], seed: dict, history: History) -> None:
    """Fix what a Bitcoin transaction stole: outputs back to an input's address are change, the fee is apart."""
    part = event.parts[0]
    origin = (seed["origin"], seed["asset"])
    where = history.address
    payers = {where[account[0]] for account, _ in part.debits}
    if len(payers) > 1 and seed.get("victim") != "*":
        raise RefusedError("several net payers")
    gets = [
        i
        for i, (account, _) in enumerate(part.credits)
        if not is_nobody(account[0]) and where[account[0]] not in payers
    ]
    if not gets:
        raise RefusedError("nothing left the payers")
    history.victims |= payers
    if seed.get("recipient"):
        gets = [i for i in gets if where[part.credits[i][0][0]] == seed["recipient"]]
        if not gets:
            raise RefusedError("the recipient got nothing")
    stolen = sum(part.credits[i][1] for i in gets)
    if seed["amount"] is not None and seed["amount"] != stolen:
        raise NotImplementedError("worlds seed whole outputs")
    history.stolen[origin] = history.stolen.get(origin, 0) + stolen
    # Whole credits are stolen; the rest of the transaction is paid from the payers' own lots.
    event.parts = [
        Part([(("!theft", origin[1]), stolen)], [part.credits[i] for i in gets], {0: origin}),
        Part(part.debits, [c for i, c in enumerate(part.credits) if i not in gets] + [(("!theft", origin[1]), stolen)]),
    ]


def account_history(rows: list[dict], seeds: list[dict]) -> History:
    """Build the history of transfers: rows in total order, one event a row, an `event` value or a theft transaction."""
    history = History([], [], {}, {}, {}, set(), outpoints=False)
    tx_seeds: dict[str, list[dict]] = {}
    for seed in seeds:
        origin = (seed["origin"], seed["asset"])
        if origin not in history.origins:
            history.origins.append(origin)
        if seed["kind"] == "tx":
            tx_seeds.setdefault(seed["value"], []).append(seed)
        else:
            history.holder_seeds[seed["value"], seed["asset"]] = (origin, seed["amount"])
            history.followed.add(seed["value"])
    order = sorted(range(len(rows)), key=lambda i: order_key(rows[i], i))
    groups: dict[Any, list[int]] = {}
    for i in order:
        row = rows[i]
        for holder in (row["sender"], row["recipient"]):
            if holder:
                history.address[holder] = holder
        if row["sender"] != row["recipient"] and row["amount"]:
            history.payers.add(row["sender"])
        if row["kind"] == "fee":
            key: Any = ("fee", i)
        elif row["tx"] in tx_seeds:
            key = ("theft", row["tx"])
        elif row["event"]:
            key = ("event", row["event"])
        else:
            key = ("row", i)
        groups.setdefault(key, []).append(i)
    for (kind, value), members in groups.items():
        mine = [rows[i] for i in members]
        readings: list[list[Part]] = []
        if kind == "fee":
            row = mine[0]
            legs = [((row["sender"], row["asset"]), row["amount"])] if row["amount"] else []
            parts = [Part(legs, [(("!fee", row["asset"]), row["amount"])])] if legs else []
        elif kind == "theft":
            parts = theft_parts(mine, tx_seeds[value], history)
        else:
            parts, *readings = ways_of(mine)
        if parts:
            first = mine[0]
            conversion = any(part.debits[0][0][1] != part.credits[0][0][1] for part in parts)
            tie = (first["block"] if first["block"] is not None else first["time"]) if not first["position"] else None
            history.events.append(Event(members, first["block"], first["time"], parts, tie, conversion, readings))
    for origin in history.origins:
        history.stolen.setdefault(origin, 0)
    return history


def order_key(row: dict, index: int) -> tuple:
    """Return block, position, row; or time, row, where there is no block."""
    if row["block"] is None:
        return (row["time"], 0, index)
    return (row["block"], row["position"] or 0, index)


def bitcoin_history(legs: list[dict], seeds: list[dict]) -> History:
    """Build the history of a ledger of outpoints: one event a transaction, the fee last (method ev-fee)."""
    history = History([], [], {}, {}, {}, set(), outpoints=True)
    for seed in seeds:
        origin = (seed["origin"], seed["asset"])
        if origin not in history.origins:
            history.origins.append(origin)
    made: dict[str, Event] = {}
    by_event: dict[str, list[dict]] = {}
    for leg in legs:
        by_event.setdefault(leg["event"], []).append(leg)
    for mine in sorted(by_event.values(), key=lambda m: m[0]["block"]):
        debits = [((leg["holder"], leg["asset"]), leg["amount"]) for leg in mine if leg["side"] == "debit"]
        credits = [
            ((leg["holder"] if leg["kind"] != "fee" else "!fee", leg["asset"]), leg["amount"])
            for leg in mine
            if leg["side"] == "credit"
        ]
        for leg in mine:
            if leg["kind"] != "fee":
                history.address[leg["holder"]] = leg["address"] or leg["holder"]
            if leg["side"] == "debit":
                history.payers.add(leg["holder"])
        over = sum(a for _, a in debits) - sum(a for _, a in credits)
        debits, credits = [d for d in debits if d[1]], [c for c in credits if c[1]]
        if not debits:
            debits = [(("!mint", mine[0]["asset"]), -over)]
        elif over:
            credits.append((("!fee", mine[0]["asset"]), over))
        event = Event([], mine[0]["block"], mine[0]["time"], [Part(debits, credits)])
        history.events.append(event)
        made.update({account[0]: event for account, _ in credits})
        for seed in seeds:
            if seed["kind"] == "tx" and seed["value"] == mine[0]["tx"]:
                bitcoin_theft(event, mine, seed, history)
    for seed in seeds:
        if seed["kind"] == "output":
            output_seed(seed, made, history)
            history.followed.add(seed["value"])
    return history


def output_seed(seed: dict, made: dict[str, Event], history: History) -> None:
    """Let a whole outpoint be stolen, whether the table has its making or not (method ev-theft)."""
    account, origin = (seed["value"], seed["asset"]), (seed["origin"], seed["asset"])
    value = next(
        amount
        for event in history.events
        for part in event.parts
        for acc, amount in part.debits + part.credits
        if acc == account
    )
    history.stolen[origin] = history.stolen.get(origin, 0) + value
    if seed["value"] not in made:
        history.holder_seeds[account] = (origin, value)
        return
    event = made[seed["value"]]
    for part in event.parts:
        if account in [acc for acc, _ in part.credits]:
            # The units that were meant for it leave its makers; what it holds instead is stolen.
            part.credits = [(("!theft", acc[1]) if acc == account else acc, a) for acc, a in part.credits]
            event.parts.append(Part([(("!theft", account[1]), value)], [(account, value)], {0: origin}))
            return


def first_times(history: History) -> dict[str, int | None]:
    """Return the time of the first event of every holder that begins with stolen units."""
    found: dict[str, int | None] = dict.fromkeys(history.followed)
    for event in reversed(history.events):
        for part in event.parts:
            for (holder, _), _ in part.debits + part.credits:
                if holder in found:
                    found[holder] = event.time
    return found


def openings(events: list[Event], debits_first: bool = False) -> dict[Account, int]:
    """Return the least each account must have held so that its recorded balance never falls below zero.

    With `debits_first` it pays before it is paid in every tie: the most that any order of it needs.
    """
    balance: dict[Account, int] = {}
    need: dict[Account, int] = {}
    groups: list[list[Event]] = []
    for event in events:
        if debits_first and groups and event.tie is not None and groups[-1][0].tie == event.tie:
            groups[-1].append(event)
        else:
            groups.append([event])
    for group in groups:
        # One event's parts follow each other; in a tie all that is paid is paid first.
        parts = [[part] for event in group for part in event.parts]
        for together in [[one for mine in parts for one in mine]] if len(group) > 1 else parts:
            for account, amount in (debit for part in together for debit in part.debits):
                if is_nobody(account[0]) or account[0].endswith("~transit"):
                    continue
                balance[account] = balance.get(account, 0) - amount
                need[account] = max(need.get(account, 0), -balance[account])
            for account, amount in (credit for part in together for credit in part.credits):
                balance[account] = balance.get(account, 0) + amount
    return {account: amount for account, amount in need.items() if amount}
