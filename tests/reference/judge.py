"""Holds what the program wrote on a world against what the reference says of it.

What it does not ask, and why:

- Of a tie, an interval must contain every possible order and need not be the tightest (method ev-ties); the order that
  the rules follow is the rows', or under `--complete` the first possible one in their order, and no other is accepted.
- Where conversions lie on the way and amounts are above 10**8, the linear program in floating point is no judge.
- FORCED without `--complete` is accepted where no account lies between the theft and the exit: nothing is depended on.
- An address that ends in two ways has one interval in exits.csv (docs/tables.md), and it is not asked which is meant.
- Without a history every holder ends `incomplete`, one that pays too: its later payments are not in the case either.
- What a Bitcoin address receives is asked of the program's own interval only: the reference knows outpoints.
- Not asked at all: leads.csv, the sums in graph and report, the basis, the intervals of cashouts.csv, times and counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from program import Output
from ref_bounds import least_need, networks, order_of_rules, orders
from ref_events import History, account_history, bitcoin_history
from ref_services import settle
from ref_trace import REASONS, Result, end_time, run
from worlds import World

Key = tuple[str, str, str, str, str]  # address, stop reason, asset, origin, asset of the origin


def history_of(world: World) -> History:
    """Build the reference's history of a world."""
    if world.style == "bitcoin":
        return bitcoin_history(world.rows, world.seeds)
    return settle(account_history(world.rows, world.seeds), world.rows, world.labels)


def mine(world: World, rows: list[dict], column: str = "asset") -> list[dict]:
    """Return the rows of a table that are of this world."""
    return [row for row in rows if row[column] in tuple(f"{world.name}{letter}" for letter in "XYZB")]


def number(text: str) -> int:
    """Read an amount; nothing is nothing."""
    return int(text or 0)


def flat(result: Result) -> dict[Key, tuple[int, int]]:
    """Return the exits of a run in the form of the rows of exits.csv."""
    return {
        (address, reason, asset, name, of): (units, origin_units)
        for (address, reason, asset, (name, of)), (units, origin_units) in result.exits.items()
        if units or origin_units
    }


class Verdict:
    """All disagreements of one world in one run."""

    def __init__(self, world: World, output: Output) -> None:
        self.world, self.output = world, output
        self.history = history_of(world)
        self.found: list[str] = []
        every = orders(self.history, 5000)
        self.tied = every is None or len(every) > 1
        events = order_of_rules(self.history, output.complete)
        self.result: Result = run(replace(self.history, events=events), output.policy, world.labels, output.complete)

    def say(self, what: str) -> None:
        """Keep a disagreement."""
        self.found.append(f"{self.world.name} ({self.world.style}, {self.output.policy}): {what}")

    def exits(self, rows: list[dict]) -> None:
        """Every exit, its units and what they stand for."""
        got: dict[Key, tuple[int, int]] = {}
        for row in mine(self.world, rows):
            key = (row["address"], row["stop_reason"], row["asset"], row["origin"], row["origin_asset"])
            if key in got:
                self.say(f"two rows of {key}")
            got[key] = (number(row["tainted"]), number(row["origin_amount"]))
            if got[key] == (0, 0):
                del got[key]
                if not (self.output.bounds and number(row["max"])):
                    self.say(f"an empty row of {key}")
        expected = flat(self.result)
        for key in sorted(expected.keys() | got.keys()):
            if expected.get(key) != got.get(key):
                self.say(f"exit {key}: reference {expected.get(key)}, program {got.get(key)}")

    def intervals(self, rows: list[dict]) -> None:
        """The least and the most of every place: exact on plain histories, never too narrow on others."""
        if not self.output.bounds:
            return
        by_key = {
            (r["address"], r["stop_reason"], r["asset"], r["origin"], r["origin_asset"]): r
            for r in mine(self.world, rows)
        }
        for origin in self.history.origins:
            self.one_interval({origin}, by_key, "")
        names = {name for name, _ in self.history.origins}
        for name in names:
            group = {origin for origin in self.history.origins if origin[0] == name}
            self.one_interval(group, by_key, "theft_")

    def one_interval(self, group: set, by_key: dict[Key, dict], prefix: str) -> None:
        """Compare the intervals of one origin, or of all legs of one theft."""
        nets = networks(self.history, self.world.labels, group, self.output.complete)
        if not nets:
            return
        places = {place for net in nets for place in net.sinks}
        gains = any(net.has_gains() for net in nets)
        if gains and any(net.most() > 10**8 for net in nets):
            return  # a linear program in floating point says nothing of such amounts
        for place in places:
            if gains:
                found = [net.program({place}) for net in nets]
                low, high = min(f[0] for f in found), max(f[1] for f in found)
            else:
                exact = [net.interval({place}) for net in nets]
                low, high = min(f[0] for f in exact), max(f[1] for f in exact)
            rows = [r for k, r in by_key.items() if k[:3] == place and (k[3], k[4]) in group]
            if not rows:
                if high > 1e-6 and not prefix:
                    self.say(f"no row at {place} of {sorted(group)}, where a rule can bring [{low}, {high}]")
                continue
            several = {p for p in places if p[0] == place[0] and p[2] == place[2]}
            if len(several) > 1:
                continue  # one address that ends in two ways: which of them its interval means is another question
            for row in rows:
                got = (number(row[f"{prefix}min"]), number(row[f"{prefix}max"]))
                slack = 1e-6 * max(1, high) if gains else 0
                if got[0] > low + slack or got[1] < high - slack - (1 if gains else 0):
                    self.say(
                        f"{prefix}interval at {place} of {sorted(group)}: program {got}, some rule [{low}, {high}]"
                    )
                elif not gains and not self.tied and got != (low, high):
                    self.say(f"{prefix}interval at {place} of {sorted(group)}: program {got}, reference {(low, high)}")
                if not prefix:
                    self.certainty(row, got, nets, place)

    def certainty(self, row: dict, got: tuple[int, int], nets: list, place: tuple) -> None:
        """The class follows from the interval, and is never certain where the history is open."""
        low, high = got
        name = "NONE" if not high else "POSSIBLE" if not low else "FORCED" if 100 * low >= 99 * high else "PARTIAL"
        if row["certainty"] not in (name, "CONDITIONAL") or (name in ("NONE", "POSSIBLE") and row["certainty"] != name):
            self.say(f"class {row['certainty']} of {got} at {place}")
        if row["certainty"] in ("FORCED", "PARTIAL") and self.world.style != "bitcoin":
            every = orders(self.history, 5000) or [self.history.events]
            gaps = {account for account, units in least_need(every).items() if units}
            seeded = set(self.history.holder_seeds)
            on_the_way = {account for net in nets for account in net.between({place})} - seeded
            if on_the_way and not self.output.complete:
                self.say(
                    f"false certainty: {row['certainty']} at {place} though nobody vouches for {sorted(on_the_way)}"
                )
            if gaps & on_the_way:
                self.say(
                    f"false certainty: {row['certainty']} at {place}, inflow unexplained at {sorted(gaps & on_the_way)}"
                )
        if not self.tied and row["tainted"] and not low <= number(row["tainted"]) <= high:
            self.say(f"{row['tainted']} lies outside {got} at {place}")

    def movements(self, rows: list[dict]) -> None:
        """No row carries more than it moves; a row that is its own event carries what the rule says."""
        carried: dict[tuple, int] = defaultdict(int)
        for row in mine(self.world, rows):
            key = (row["tx"], row["sender"], row["recipient"], row["asset"], number(row["amount"]))
            carried[row["seq"], key] += number(row["tainted"])
        totals: dict[tuple, int] = defaultdict(int)
        for (_, key), units in carried.items():
            if units > key[4]:
                self.say(f"movement {key} carries {units}")
            totals[key] += units
        if self.world.style == "bitcoin":
            return
        for event in self.history.events:
            if len(event.rows) != 1:
                continue
            row = self.world.rows[event.rows[0]]
            key = (row["tx"], row["sender"], row["recipient"], row["asset"], row["amount"])
            units = sum(self.result.moved.get((event.rows[0], origin), 0) for origin in self.history.origins)
            if totals.get(key, 0) != units:
                self.say(f"movement {key}: reference {units}, program {totals.get(key)}")

    def totals(self, summary: dict) -> None:
        """What was stolen, and that the audit closes."""
        got = {
            (name, asset): int(units)
            for name, by in summary["stolen"].items()
            for asset, units in by.items()
            if (name, asset) in self.history.stolen
        }
        if got != self.history.stolen:
            self.say(f"stolen: reference {self.history.stolen}, program {got}")
        for name, asset in self.history.stolen:
            if summary["audit"]["difference"].get(name, {}).get(asset, "0") != "0":
                self.say(f"the audit of {name} in {asset} is open")

    def cashouts(self, rows: list[dict]) -> None:
        """An entity's row is the sum of its addresses' exits while its label was in force."""
        entities = {label["address"]: label["entity"] for label in self.world.labels}
        expected: dict[tuple, int] = defaultdict(int)
        for (address, reason, asset, (name, of)), (units, _) in self.result.exits.items():
            if units and self.is_named(address, reason):
                expected[entities[address], asset, name, of] += units
        got = {
            (r["entity"], r["asset"], r["origin"], r["origin_asset"]): number(r["tainted"])
            for r in mine(self.world, rows)
            if r["entity"] in entities.values() and number(r["tainted"])
        }
        if got != expected:
            self.say(f"cashouts: reference {dict(expected)}, program {got}")

    def is_named(self, address: str, reason: str) -> bool:
        """Whether an exit is its label's: it absorbed it, or is in force at the end (method lb-time)."""
        label = next((one for one in self.world.labels if one["address"] == address), None)
        if label is None:
            return False
        last = end_time(self.history)
        begun = last is None or label["from"] is None or label["from"] <= last
        return reason == REASONS.get(label["category"]) or (begun and (last is None or label["until"] is None))

    def lists(self, flagged: list[dict]) -> None:
        """Who may not be listed is not; who is, was reached."""
        guarded = {
            label["address"]
            for label in self.world.labels
            if label["category"] in REASONS
            and label["category"] != "frozen"
            and not label["from"]
            and not label["until"]
        }
        reached: set[str] = set()
        for net in networks(self.history, self.world.labels, set(self.history.origins), self.output.complete) or []:
            reached |= {self.history.address.get(a[0], a[0]) for a in net.between(set(net.sinks))}
            reached |= net.ends()
        seeded = {self.history.address.get(a[0], a[0]) for a in self.history.holder_seeds}
        named = {seed["recipient"] for seed in self.world.seeds if seed["recipient"]}
        for row in mine(self.world, flagged):
            who = row["address"]
            if who in guarded:
                self.say(f"flagged: {who}, labelled at all times")
            if who in self.history.victims:
                self.say(f"flagged: {who}, a victim")
            receivers = self.history.receivers | seeded
            if self.world.style != "bitcoin" and row["role"] == "theft_receiver" and who not in receivers:
                self.say(f"flagged: {who} as theft_receiver, one of several that the theft transaction paid")
            if who in self.history.apart - named - self.history.receivers and row["role"] == "theft_receiver":
                self.say(f"flagged: {who} as theft_receiver, a payer or a pool of the theft transaction")
            if who not in reached | seeded and not self.tied:
                self.say(f"flagged: {who}, which no stolen unit can reach")
            low, mid, high = (number(row[f"passed_{part}"]) for part in ("min", "through", "max"))
            if self.output.bounds and not row["passed_max"] and row["asset"]:
                self.say(f"flagged: {who} has no interval of what passed")
            elif self.output.bounds and not low <= mid <= high:
                self.say(f"flagged: {who} passed {mid}, outside [{low}, {high}]")
            if self.world.style != "bitcoin" and who not in seeded:
                units = self.result.received.get((who, row["asset"]), 0)
                if mid != units:
                    self.say(f"flagged: {who} received {units} stolen by the reference, {mid} by the program")

    def kept_off(self, rows: list[dict]) -> None:
        """What the guard kept off is all of it: every labelled service that holds stolen units."""
        listed = {row["caip10"] for row in rows}
        for label in self.world.labels:
            timed = label["from"] or label["until"]
            if label["category"] not in ("exchange", "mixer", "bridge", "custodian") or timed:
                continue
            units = sum(u for (address, *_), (u, _) in self.result.exits.items() if address == label["address"])
            if units and f"{self.world.chain}:{label['address']}" not in listed:
                self.say(f"kept_off.csv: {label['address']} is missing")

    def nobody_is_cleared(self, exits: list[dict], files: dict[str, list[dict]]) -> None:
        """Who has stolen units at the end is in one of the three files; by what it did with them nobody is cleared."""
        where: dict[str, set[str]] = defaultdict(set)
        for name, rows in files.items():
            for row in rows:
                where[row["caip10"]].add(row.get("class", name))
        cleared = {"router", "returned", "counterparty"}
        for row in mine(self.world, exits):
            account = f"{row['chain']}:{row['address']}"
            if row["stop_reason"] != "at_rest" or not number(row["tainted"]) or ":" in row["address"]:
                continue
            if not where[account]:
                self.say(f"lists: {account} holds {row['tainted']} at the end and is in none of them")
            if number(row["min"]) and where[account] <= cleared:
                self.say(f"lists: {account} holds {row['min']} under every rule and is cleared as {where[account]}")

    def comparison(self, rows: list[dict]) -> None:
        """The column of this policy in compare.csv."""
        entities = {label["address"]: label["entity"] for label in self.world.labels}
        expected: dict[tuple, int] = defaultdict(int)
        for (address, reason, asset, (name, _)), (units, _) in self.result.exits.items():
            if units and self.is_named(address, reason):
                expected[entities[address], asset, name] += units
        got: dict[tuple, int] = defaultdict(int)
        for row in mine(self.world, rows):
            if row["entity"] in entities.values() and number(row[self.output.policy]):
                got[row["entity"], row["asset"], row["origin"]] += number(row[self.output.policy])
        if got != expected:
            self.say(f"compare: reference {dict(expected)}, program {dict(got)}")


def judge(worlds: list[World], output: Output) -> list[str]:
    """Return every disagreement of a run."""
    found = output.faults()
    exits, movements, cashouts, flagged, kept_off = (
        output.table(f"{name}.csv") for name in ("exits", "movements", "cashouts", "flagged", "kept_off")
    )
    summary = output.summary()
    if not summary["audit"]["closed"]:
        found.append("the audit is open")
    for world in worlds:
        verdict = Verdict(world, output)
        verdict.totals(summary)
        verdict.exits(exits)
        verdict.intervals(exits)
        verdict.movements(movements)
        verdict.cashouts(cashouts)
        verdict.lists(flagged)
        verdict.kept_off(kept_off)
        verdict.nobody_is_cleared(exits, {"flagged": flagged, "leads": output.table("leads.csv"), "kept_off": kept_off})
        found += verdict.found
    return found
