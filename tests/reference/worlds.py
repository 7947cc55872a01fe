"""Small random worlds, each from one seed: transfers or a Bitcoin ledger, seeds, labels in time.

Every world has its own addresses, blocks and private units, so that hundreds of them fit into one table and one run of
the program. A world is kept as plain dictionaries, the form in which the reference reads it; `write` makes the CSV.
"""

from __future__ import annotations

import csv
import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

BITCOIN = "bip122:000000000019d6689c085ae165831e93"
STYLES = {"position": "eip155:1", "ties": "eip155:56", "time": "eip155:137", "bitcoin": BITCOIN}
CROWDED = 20_000
"""From this number on worlds have conversions of more than two."""
START = 1_700_000_000
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TRANSFER = [
    "sender",
    "recipient",
    "asset",
    "amount",
    "chain",
    "block",
    "time",
    "position",
    "tx",
    "kind",
    "event",
    "grade",
    "precision",
]
LEG = ["event", "side", "holder", "address", "asset", "amount", "chain", "block", "time", "tx", "kind"]
SEED = ["kind", "value", "asset", "amount", "origin", "chain", "victim", "recipient"]
LABEL = ["address", "label", "category", "entity", "source_url", "chain", "valid_from", "valid_until"]


@dataclass
class World:
    """One world: its rows (or ledger legs), what was stolen, who is labelled."""

    name: str
    style: str
    rows: list[dict]
    seeds: list[dict]
    labels: list[dict] = field(default_factory=list)

    @property
    def chain(self) -> str:
        """The chain its rows are on."""
        return STYLES[self.style]

    @property
    def conversions(self) -> bool:
        """Whether it has more than one asset of one row's making: amounts then meet a rate."""
        return len({row["asset"] for row in self.rows}) > 1


def digest(*parts: object) -> bytes:
    """Hash some words."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def account(*parts: object) -> str:
    """Make an address of an account chain."""
    return "0x" + digest("account", *parts).hex()[:40]


def p2pkh(*parts: object) -> str:
    """Make a Bitcoin address."""
    body = b"\x00" + digest("coin", *parts)[:20]
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, text = int.from_bytes(body, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(body) - len(body.lstrip(b"\x00"))) + text


class AccountWorld:
    """Builds the rows of one world of an account chain."""

    def __init__(self, rng: random.Random, name: str, number: int, style: str, size: str) -> None:
        self.rng, self.name, self.style, self.size = rng, name, style, size
        self.x, self.y = f"{name}X", f"{name}Y"
        self.people = [account(name, i) for i in range(rng.randint(4, 7))]
        self.rows: list[dict] = []
        self.seeds: list[dict] = []
        self.balance: dict[tuple[str, str], int] = {}
        self.block = 1000 * (number + 1)
        self.position = 0
        self.events = 0
        self.in_block = 0
        self.ties = 1
        self.taken: set[str] = set()
        self.crowded = False

    def amount(self) -> int:
        """Draw an amount of the world's size."""
        top = {"tiny": 4, "middle": 1000, "wei": 10**24, "huge": 2**256 - 1}[self.size]
        return self.rng.choice([1, top, self.rng.randint(1, top), self.rng.randint(1, top), self.rng.randint(1, top)])

    def step(self, alone: bool = False) -> None:
        """Go on to the next place in the order, sometimes inside the same block."""
        stay = self.rng.random() < 0.4 and not alone and self.in_block
        if self.style == "position" and stay:
            self.position += self.rng.randint(1, 3)
        elif stay and self.in_block < 4 and self.ties * (self.in_block + 1) <= 24:
            self.in_block += 1
            self.ties *= self.in_block
        else:
            self.block += self.rng.randint(1, 3)
            self.position = self.rng.randint(1, 3)
            self.in_block = 1
        if alone:
            self.in_block = 0

    def row(self, sender: str, recipient: str, amount: int, asset: str = "", **more: str) -> None:
        """Add a row here."""
        asset = asset or self.x
        row = {
            "sender": sender, "recipient": recipient, "asset": asset, "amount": amount, "kind": more.get("kind", ""),
            "block": None if self.style == "time" else self.block, "time": START + 12 * self.block,
            "position": self.position if self.style == "position" else None,
            "tx": more.get("tx", f"{self.name}-{len(self.rows)}"), "event": more.get("event", ""),
        }  # fmt: skip
        # Two equal rows of one transaction would be taken for one row given twice.
        self.rows.append(row)
        if self.style == "position":
            self.position += 1
        self.balance[sender, asset] = self.balance.get((sender, asset), 0) - amount
        self.balance[recipient, asset] = self.balance.get((recipient, asset), 0) + amount

    def some(self, payer: str, asset: str = "") -> int:
        """Draw what a payer pays: all it has, a part of it, or anything."""
        have = self.balance.get((payer, asset or self.x), 0)
        way = self.rng.random()
        if have > 0 and way < 0.3:
            return have
        if have > 1 and way < 0.8:
            return self.rng.randint(1, have)
        return 0 if way > 0.97 else self.amount()

    def pick(self, count: int) -> list[str]:
        """Draw different people."""
        return self.rng.sample(self.people, count)

    def event_name(self) -> str:
        """Name the next event."""
        self.events += 1
        return f"{self.name}e{self.events}"

    def pay(self) -> None:
        """One payment; rarely to oneself."""
        self.step()
        payer, payee = self.pick(2)
        rich = [p for p in self.people if self.balance.get((p, self.x), 0) > 0]
        if rich and self.rng.random() < 0.7:
            payer = self.rng.choice(rich)
        if payer == payee and self.rng.random() < 0.8:
            payee = next(p for p in self.people if p != payer)
        asset = self.y if self.balance.get((payer, self.y), 0) > 0 and self.rng.random() < 0.5 else self.x
        self.row(payer, payee, self.some(payer, asset), asset)

    def fee(self) -> None:
        """A fee of its own."""
        self.step()
        payer = self.rng.choice(self.people)
        self.row(payer, "", min(self.amount(), max(1, self.some(payer))), kind="fee")

    def mint_or_burn(self) -> None:
        """Newly made units, or units that leave for good."""
        self.step(alone=True)
        who = self.rng.choice(self.people)
        if self.rng.random() < 0.5:
            self.row("", who, self.amount(), kind="mint")
        else:
            self.row(who, "", max(1, self.some(who)), kind="burn")

    def together(self) -> None:
        """Several payments at once, in one asset."""
        self.step(alone=True)
        name, people = self.event_name(), self.pick(4)
        payers, payees = people[:2], people[2:]
        if self.rng.random() < 0.5:
            for payer in payers[: self.rng.randint(1, 2)]:
                for payee in payees:
                    self.row(payer, payee, max(1, self.some(payer)), event=name)
        else:
            hub = people[0]
            amount = max(2, self.some(people[1]))
            self.row(people[1], hub, amount, event=name)
            self.row(hub, people[2], amount // 2, event=name)
            self.row(hub, people[3], amount - amount // 2, event=name)

    def swap(self) -> None:
        """A conversion: with a pool, to another receiver, with oneself, or by minting and burning."""
        self.step(alone=True)
        name = self.event_name()
        user, pool, other = self.pick(3)
        given, got = max(1, self.some(user)), self.amount()
        if self.crowded and self.rng.random() < 0.75:
            self.crowd(name, user, pool, other, given, got)
            return
        kind = self.rng.randrange(4)
        if kind == 0:
            self.row(user, pool, given, event=name)
            self.row(pool, self.rng.choice([user, other]), got, self.y, event=name)
        elif kind == 1:
            self.row(user, user, given, event=name)
            self.row(user, user, got, self.y, event=name)
            self.balance[user, self.x] = self.balance.get((user, self.x), 0) - given
            self.balance[user, self.y] = self.balance.get((user, self.y), 0) + got
        elif kind == 2:
            self.row(user, pool, given, event=name)
            self.row("", user, got, self.y, kind="mint", event=name)
        else:
            self.row(user, "", given, kind="burn", event=name)
            self.row("", user, got, self.y, kind="mint", event=name)

    def crowd(self, name: str, user: str, pool: str, other: str, given: int, got: int) -> None:
        """A conversion of more than two, at one price or at several; or one through two pools, of three assets."""
        second = next(p for p in self.people if p not in (user, pool, other))
        kind = self.rng.choice(["route", "pay in", "pay out", "two", "all", "through", "between", "straight"])
        if kind == "route":
            middle = f"{self.name}Z"
            self.row(user, pool, given, event=name)
            self.row(pool, other, self.amount(), middle, event=name)
            self.row(other, self.rng.choice([user, user, user, second]), got, self.y, event=name)
            return
        self.row(user, pool, given, event=name)
        if kind == "through":  # another payment goes through the pool
            amount = max(1, self.some(second))
            self.row(second, pool, amount, event=name)
            self.row(pool, other, amount, event=name)
        elif kind == "straight":  # the user pays somebody of the same asset beside
            self.row(user, other, self.amount(), event=name)
        elif kind == "between":  # somebody else pays and is paid between the two rows of the exchange
            self.row(user, other, self.amount(), self.y, event=name)
            self.row(other, second, self.amount(), self.y, event=name)
        self.row(pool, user, got, self.y, event=name)
        if kind in ("pay in", "two", "all"):
            self.row(second, pool, max(1, self.some(second)), event=name)
        if kind in ("pay out", "all"):
            self.row(pool, other, self.amount(), self.y, event=name)
        if kind == "two":
            self.row(pool, second, self.amount(), self.y, event=name)

    def seed(self, kind: str, value: str, asset: str, amount: int | None, **more: str) -> None:
        """Add a seed."""
        self.seeds.append(
            {
                "kind": kind,
                "value": value,
                "asset": asset,
                "amount": amount,
                "origin": more.get("origin", f"{self.name}o{len(self.seeds)}"),
                "victim": more.get("victim", ""),
                "recipient": more.get("recipient", ""),
            }
        )

    def theft(self) -> None:
        """One theft transaction of a random kind."""
        self.step(alone=True)
        tx = f"{self.name}t{len(self.seeds)}"
        victim, hub, thief, other = self.pick(4)
        amount = max(2, self.amount())
        part = self.rng.randint(1, amount - 1)
        kind = self.rng.choice(
            ["plain", "plain", "hub", "recipient", "several", "bait", "mint", "swap", "swap", "legs", "back"]
        )
        if kind == "plain":
            self.row(victim, thief, amount, tx=tx)
            self.seed("tx", tx, self.x, self.rng.choice([None, amount]))
        elif kind == "hub":
            self.row(victim, hub, amount, tx=tx)
            self.row(hub, thief, part, tx=tx)
            self.row(hub, other, amount - part, tx=tx)
            self.seed("tx", tx, self.x, None)
        elif kind == "recipient":
            # Which of the victim's units the named recipient got is asked of no rule: this victim holds its own only.
            victim = account(self.name, "bank", tx)
            self.row(victim, hub, amount, tx=tx)
            self.row(hub, other, amount - part, tx=tx)
            self.row(hub, thief, part, tx=tx)
            if self.rng.random() < 0.4:  # a tip: what the named recipient pays makes no pool of it
                self.row(thief, self.people[-1] if self.people[-1] != thief else hub, self.amount(), self.y, tx=tx)
            self.seed("tx", tx, self.x, self.rng.choice([None, part]), recipient=thief)
        elif kind == "several":
            self.row(victim, thief, amount, tx=tx)
            self.row(other, thief, part, tx=tx)
            self.seed("tx", tx, self.x, None, victim=self.rng.choice(["*", f"{victim};{other}"]))
        elif kind == "bait":
            self.row(other, hub, part, tx=tx)
            self.row(victim, hub, amount, tx=tx)
            self.row(hub, thief, amount, tx=tx)
            if self.rng.random() < 0.5:
                self.row(hub, self.people[-1] if self.people[-1] not in (victim, other) else thief, part, tx=tx)
            self.seed("tx", tx, self.x, None, victim=victim)
        elif kind == "mint":
            self.row("", thief, amount, tx=tx, kind="mint")
            self.seed("tx", tx, self.x, None, victim="mint")
        elif kind == "swap":
            self.row(victim, hub, amount, tx=tx)
            self.row(hub, thief, self.amount(), self.y, tx=tx)
            if self.rng.random() < 0.4:  # one of several receivers is a pool
                self.row(victim, other, part, tx=tx)
            self.seed("tx", tx, self.x, None)
        elif kind == "legs":
            self.row(victim, thief, amount, tx=tx)
            self.row(victim, thief, part, self.y, tx=tx)
            name = f"{self.name}o{len(self.seeds)}"
            self.seed("tx", tx, self.x, None, origin=name)
            self.seed("tx", tx, self.y, None, origin=name)
        else:
            self.row(victim, thief, amount, tx=tx)
            self.row(thief, victim, part, tx=tx)
            self.seed("tx", tx, self.x, None)
        self.taken |= {thief, hub, other, victim}

    def build(self) -> World:
        """Make the world."""
        rng = self.rng
        plan = [self.theft] * rng.choice([0, 1, 1, 1, 2]) + [self.pay] * rng.randint(3, 9)
        plan += [self.fee] * (rng.random() < 0.3) + [self.mint_or_burn] * (rng.random() < 0.3)
        plan += [self.together] * (rng.random() < 0.4)
        plan += [self.swap] * rng.choice([1, 1, 2] if self.crowded else [0, 0, 0, 1, 2])
        rng.shuffle(plan)
        if rng.random() < 0.6:
            plan.sort(key=lambda step: step != self.theft)
        for step in plan:
            step()
        free = [p for p in self.people if p not in self.taken and any(p == row["sender"] for row in self.rows)]
        if not self.seeds or (free and rng.random() < 0.2):
            holder = rng.choice(free or self.people)
            paid = [
                row for row in self.rows if row["sender"] == holder and row["recipient"] != holder and row["amount"]
            ]
            amount = max(1, paid[0]["amount"]) if paid and rng.random() < 0.5 else self.amount()
            asset = paid[0]["asset"] if paid else self.x
            self.taken.add(holder)
            self.seed("holder", holder, asset, amount)
            # Origins count in theft order, and what was stolen before the table begins was stolen first.
            self.seeds.insert(0, self.seeds.pop())
        return World(self.name, self.style, self.rows, self.seeds, self.draw_labels())

    def draw_labels(self) -> list[dict]:
        """Label one or two holders, some for a time only."""
        rng = self.rng
        labels = []
        for who in self.pick(rng.choice([0, 1, 1, 2])):
            category = rng.choice(["exchange", "exchange", "mixer", "bridge", "frozen", "custodian", "attacker"])
            since = until = None
            if rng.random() < 0.4:
                times = sorted({row["time"] for row in self.rows})
                since, until = sorted([rng.choice(times), rng.choice(times)])
                since, until = rng.choice([(since, None), (None, until), (since, until)])
                if since == until:
                    until = None
                paid = [r["time"] for r in self.rows if r["sender"] == who]
                frozen = [t for t in paid if (since is None or t >= since) and (until is None or t < until)]
                if category == "frozen" and (frozen or until is not None):
                    category = "exchange"
            elif category == "frozen" and any(row["sender"] == who for row in self.rows):
                category = "bridge"
            labels.append(
                {
                    "address": who,
                    "category": category,
                    "entity": f"{self.name}E{len(labels)}",
                    "from": since,
                    "until": until,
                }
            )
        return labels


def bitcoin_world(rng: random.Random, name: str, number: int, size: str) -> World:
    """Make a world of Bitcoin transactions: outpoints made and spent once, some without an address."""
    asset = f"{name}B"
    addresses = [p2pkh(name, i) for i in range(rng.randint(3, 6))]
    top = {"tiny": 4, "middle": 1000, "wei": 21 * 10**14, "huge": 2**250}[size]
    coins: dict[str, tuple[str, int]] = {}
    legs: list[dict] = []
    block = 1000 * (number + 1)
    outside: list[str] = []
    spent: set[str] = set()
    for i in range(rng.randint(2, 6)):
        block += rng.randint(0, 2)
        tx = digest(name, "tx", i).hex()
        inputs = []
        for _ in range(rng.randint(1, 3)):
            if coins and rng.random() < 0.7:
                point = rng.choice(sorted(coins))
                where, value = coins.pop(point)
            else:
                point = f"{digest(name, 'out', len(outside)).hex()}:{rng.randint(0, 2)}"
                where, value = rng.choice([*addresses, ""]), rng.randint(2, top + 2)
                outside.append(point)
            spent.add(point)
            inputs.append((point, where, value))
        total = sum(value for _, _, value in inputs)
        fee = rng.choice([0, 0, min(total - 1, rng.randint(0, max(1, total // 20)))])
        left, outputs = total - fee, []
        for vout in range(rng.randint(1, 4)):
            value = rng.randint(1, left) if left > 1 else left
            if value:
                outputs.append((f"{tx}:{vout}", rng.choice([*addresses, *addresses, ""]), value))
            left -= value
        if left:
            outputs[-1] = (outputs[-1][0], outputs[-1][1], outputs[-1][2] + left)
        shown = [("debit", *leg, "") for leg in inputs] + [("credit", *leg, "") for leg in outputs]
        if fee and rng.random() < 0.5:
            shown.append(("credit", "fee", "", fee, "fee"))
        for side, holder, where, value, kind in shown:
            legs.append(
                {
                    "event": f"{name}e{i}",
                    "side": side,
                    "holder": holder,
                    "address": where,
                    "asset": asset,
                    "amount": value,
                    "block": block,
                    "time": START + 12 * block,
                    "tx": tx,
                    "kind": kind,
                }
            )
        coins.update({point: (where, value) for point, where, value in outputs})
    seeds = bitcoin_seeds(rng, name, asset, legs, outside)
    return World(name, "bitcoin", legs, seeds, bitcoin_labels(rng, name, legs))


def bitcoin_seeds(rng: random.Random, name: str, asset: str, legs: list[dict], outside: list[str]) -> list[dict]:
    """Seed outpoints from before the table, one made in it, or what a transaction of one payer paid away."""
    blank = {"asset": asset, "amount": None, "victim": "", "recipient": ""}
    seeds = []
    if outside and rng.random() < 0.7:
        for point in outside[: rng.choice([1, 1, 2])]:
            seeds.append({**blank, "kind": "output", "value": point, "origin": f"{name}o{len(seeds)}"})
    else:
        first = [leg for leg in legs if leg["event"] == legs[0]["event"]]
        payers = {leg["address"] or leg["holder"] for leg in first if leg["side"] == "debit"}
        paid = [leg for leg in first if leg["side"] == "credit" and leg["kind"] != "fee"]
        # An input's address that gets more than it gave is change and receipt in one: no world asks which.
        balance: dict[str, int] = {}
        for leg in first:
            where = leg["address"] or leg["holder"]
            balance[where] = balance.get(where, 0) + (leg["amount"] if leg["side"] == "credit" else -leg["amount"])
        plain = all(balance[payer] < 0 for payer in payers)
        if plain and [leg for leg in paid if leg["address"] not in payers] and rng.random() < 0.6:
            victim = "" if len(payers) == 1 else "*"
            seeds.append({**blank, "kind": "tx", "value": first[0]["tx"], "origin": f"{name}o0", "victim": victim})
        else:
            seeds.append({**blank, "kind": "output", "value": paid[0]["holder"], "origin": f"{name}o0"})
    return seeds


def bitcoin_labels(rng: random.Random, name: str, legs: list[dict]) -> list[dict]:
    """Label an address that is paid, one that a seed names among them."""
    paid = [leg for leg in legs if leg["side"] == "credit" and leg["address"]]
    if not paid or rng.random() < 0.4:
        return []
    who = rng.choice(paid)["address"]
    since = until = None
    if rng.random() < 0.3:
        since = rng.choice(legs)["time"]
    category = rng.choice(["exchange", "mixer", "custodian"])
    return [{"address": who, "category": category, "entity": f"{name}E0", "from": since, "until": until}]


def make(seed: int, number: int, style: str = "", size: str = "") -> World:
    """Make world `number` of a run; the same two numbers make the same world."""
    rng = random.Random(f"{seed}/{number}")
    style = style or rng.choice(["position", "ties", "time", "bitcoin"])
    size = size or rng.choice(["tiny", "middle", "wei", "huge"])
    name = f"w{number}"
    if style == "bitcoin":
        return bitcoin_world(rng, name, number, size)
    builder = AccountWorld(rng, name, number % CROWDED, style, size)
    builder.crowded = number >= CROWDED
    return builder.build()


def stamp(seconds: int | None) -> str:
    """Write an instant."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(worlds: list[World], folder: Path) -> list[str]:
    """Write some worlds as one case and return the options that name its files; accounts and outpoints do not mix."""
    folder.mkdir(parents=True, exist_ok=True)
    bitcoin = worlds[0].style == "bitcoin"
    assert all((world.style == "bitcoin") == bitcoin for world in worlds)
    main = "ledger" if bitcoin else "transfers"
    table(folder / f"{main}.csv", LEG if bitcoin else TRANSFER, [
        {**row, "chain": world.chain, "time": stamp(row["time"])} for world in worlds for row in world.rows
    ])  # fmt: skip
    table(folder / "seeds.csv", SEED, [{**s, "chain": world.chain} for world in worlds for s in world.seeds])
    table(folder / "labels.csv", LABEL, [
        {
            **mark, "label": mark["entity"], "source_url": "https://example.org/", "chain": world.chain,
            "valid_from": stamp(mark["from"]), "valid_until": stamp(mark["until"]),
        }
        for world in worlds for mark in world.labels
    ])  # fmt: skip
    options = [f"--{main}", str(folder / f"{main}.csv"), "--seeds", str(folder / "seeds.csv")]
    return [*options, "--labels", str(folder / "labels.csv")]


def table(path: Path, columns: list[str], rows: list[dict]) -> None:
    """Write one CSV; what is None is empty."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
