"""Results built by hand, for the pictures to be drawn of: each closes, to the last unit."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracer.model import Asset, AssetId, ChainId, Label, Origin, format_time, parse_time
from tracer.trace.options import Options
from tracer.trace.result import Arrival, Audit, Coverage, Exit, HolderInfo, Movement, Payment, Share, Side, TraceResult

CHAIN = ChainId("eip155:1")
ETH = AssetId("eip155:1/slip44:60")
USDC = AssetId("eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
ETHER = 10**18
ASSETS = {ETH: Asset(ETH, "ETH", 18), USDC: Asset(USDC, "USDC", 6)}
RONIN = Path(__file__).resolve().parents[3] / "shared" / "facts" / "ronin-2022"


def address(name: str) -> str:
    """Return an invented address, the same for the same name."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()[:40]


@dataclass
class Story:
    """Payments told one after the other; `finish` makes the result, with what is left as the exits.

    Everything a holder pays is stolen: the stories are told so that no clean money is in them.
    """

    title: str
    stolen: dict[Origin, int] = field(default_factory=dict)
    rows: list[Movement] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, AssetId], dict[Origin, tuple[int, int]]] = field(default_factory=dict)
    hops: dict[str, int] = field(default_factory=dict)
    first: dict[str, int | None] = field(default_factory=dict)
    seeds: set[str] = field(default_factory=set)
    arrivals: dict[tuple[str, Origin, AssetId], list[Arrival]] = field(default_factory=dict)
    rough: set[str] = field(default_factory=set)
    payments: list[Payment] = field(default_factory=list)

    def label(self, who: str, text: str, category: str, entity: str = "") -> None:
        self.labels[who] = Label(CHAIN, who, text, category, entity, "a publisher", "https://example.org/")

    def stop(self, who: str, reason: str) -> None:
        self.stops[who] = reason

    def steal(self, when: str, victim: str, seed: str, asset: AssetId, amount: int, name: str = "theft") -> None:
        origin = Origin(name, asset)
        self.stolen[origin] = self.stolen.get(origin, 0) + amount
        self.seeds.add(seed)
        self.hops[seed] = 0
        self._row(when, victim, seed, asset, {origin: (amount, amount)}, "recorded", 0, amount, "", "exact")

    def pay(
        self,
        when: str,
        sender: str,
        recipient: str,
        amount: int,
        asset: AssetId = ETH,
        *,
        grade: str = "recorded",
        event: str = "",
        precision: str = "exact",
        kind: str = "native",
    ) -> None:
        shares = self._take(sender, asset, amount)
        hop = min(self.hops.get(sender, 0) + 1, self.hops.get(recipient, 10**6))
        if precision == "printed":
            self.rough.add(recipient)
        self._row(when, sender, recipient, asset, shares, grade, hop, amount, event, precision, kind)

    def convert(self, when: str, who: str, given: tuple[AssetId, int], received: tuple[AssetId, int]) -> None:
        """Tell an asserted conversion: two payments to oneself with one event."""
        event = f"swap-{len(self.rows)}"
        shares = self._take(who, *given)
        whole = sum(units for units, _ in shares.values())
        got = {o: (received[1] * units // whole, part) for o, (units, part) in shares.items()}
        for asset, parts in ((given[0], shares), (received[0], got)):
            amount = sum(units for units, _ in parts.values())
            self._add_row(when, who, who, asset, parts, "asserted", self.hops[who], amount, event, "exact", "token")
        gave, got_ = (self._side(who, asset, parts) for asset, parts in ((given[0], shares), (received[0], got)))
        self._pay_down([gave], [got_], (who,))
        for origin, (units, part) in got.items():
            self._hold(who, received[0], origin, units, part)

    def finish(self, case_id: str = "drawn") -> TraceResult:
        exits = []
        for (who, asset), by_origin in self.held.items():
            for origin, (units, part) in by_origin.items():
                if part:
                    exits.append(self._exit(who, asset, origin, units, part))
        exits.sort(key=lambda e: (e.stop_reason, e.chain, e.address, e.asset, e.origin))
        holders = {(CHAIN, who): self._holder(who) for who in sorted(self.hops, key=self._order)}
        coverage = Coverage(len(self.rows), 0, 0, 0, 0, {}, {}, {}, None, None, {}, 0, 0)
        audit = Audit(closed=True, difference=dict.fromkeys(self.stolen, 0))
        by_grade = {origin: {"recorded": amount} for origin, amount in self.stolen.items()}
        return TraceResult(
            case_id,
            self.title,
            Options(),
            dict(self.stolen),
            by_grade,
            tuple(exits),
            tuple(self.rows),
            holders,
            audit,
            coverage,
            ASSETS,
            payments=tuple(self.payments),
        )

    def _side(self, who: str, asset: AssetId, parts: dict[Origin, tuple[int, int]]) -> Side:
        shares = tuple(Share(o, "recorded", units, part) for o, (units, part) in parts.items())
        reason = self.stops.get(who, "")
        ends = "" if reason in ("incomplete", "at_rest", "window_end") else reason
        amount = sum(units for units, _ in parts.values())
        return Side(holder=who, address=who, asset=asset, amount=amount, shares=shares, ends=ends)

    def _pay_down(self, payers: list[Side], payees: list[Side], senders: tuple[str, ...]) -> None:
        row = self.rows[-1]
        self.payments.append(
            Payment(
                seq=row.seq,
                event=row.event,
                rows=(row.seq,),
                chain=CHAIN,
                block=None,
                time=row.time,
                tx=row.tx,
                grade=row.grade,
                precision=row.precision,
                senders=senders,
                payers=tuple(payers),
                payees=tuple(payees),
            )
        )

    def _take(self, who: str, asset: AssetId, amount: int) -> dict[Origin, tuple[int, int]]:
        """Take units first in, first out of what `who` holds, origin by origin in order of arrival."""
        taken, by_origin = {}, self.held.get((who, asset), {})
        for origin, (units, part) in list(by_origin.items()):
            share = min(units, amount)
            origin_part = part * share // units if units else 0
            if share:
                taken[origin] = (share, origin_part)
                by_origin[origin] = (units - share, part - origin_part)
                amount -= share
        assert amount == 0, f"{who} does not hold that much"
        return taken

    def _hold(self, who: str, asset: AssetId, origin: Origin, units: int, part: int) -> None:
        have = self.held.setdefault((who, asset), {}).get(origin, (0, 0))
        self.held[who, asset][origin] = (have[0] + units, have[1] + part)

    def _row(
        self,
        when: str,
        sender: str,
        recipient: str,
        asset: AssetId,
        parts: dict[Origin, tuple[int, int]],
        grade: str,
        hop: int,
        amount: int,
        event: str,
        precision: str,
        kind: str = "native",
    ) -> None:
        self._add_row(when, sender, recipient, asset, parts, grade, hop, amount, event, precision, kind)
        payers = [replace(self._side(sender, asset, parts), ends="")] if sender in self.hops else []
        self._pay_down(payers, [self._side(recipient, asset, parts)], (sender,))
        time = self.rows[-1].time
        for origin, (units, part) in parts.items():
            self._hold(recipient, asset, origin, units, part)
            self.arrivals.setdefault((recipient, origin, asset), []).append(Arrival(time, "", units))
        self.hops.setdefault(recipient, hop)
        self.first.setdefault(recipient, time)

    def _add_row(
        self,
        when: str,
        sender: str,
        recipient: str,
        asset: AssetId,
        parts: dict[Origin, tuple[int, int]],
        grade: str,
        hop: int,
        amount: int,
        event: str,
        precision: str,
        kind: str,
    ) -> None:
        shares = tuple(Share(o, grade, units, part) for o, (units, part) in parts.items())
        time = parse_time(when)
        seq = len(self.rows) + 1
        tx = "0x" + hashlib.sha256(f"{event or seq}".encode()).hexdigest()
        self.rows.append(
            Movement(
                seq,
                event or f"e{seq}",
                CHAIN,
                None,
                time,
                tx,
                kind,
                sender,
                recipient,
                asset,
                amount,
                shares,
                hop,
                grade,
                precision,
            )
        )

    def _exit(self, who: str, asset: AssetId, origin: Origin, units: int, part: int) -> Exit:
        reason = self.stops.get(who, "at_rest")
        arrivals = tuple(self.arrivals.get((who, origin, asset), ()))
        rough = who in self.rough
        split = {"recorded": units}, {"recorded": part}
        label = self.labels.get(who)
        return Exit(CHAIN, who, asset, reason, origin, units, part, *split, arrivals, rough, label=label)

    def _holder(self, who: str) -> HolderInfo:
        label = self.labels.get(who)
        reason = self.stops.get(who, "")
        stops = reason not in ("", "incomplete", "at_rest", "window_end")
        labels = (label,) if label else ()
        return HolderInfo(
            CHAIN,
            who,
            self.hops[who],
            self.first[who],
            label,
            labels,
            reason if stops else "",
            label if stops else None,
            who in self.seeds,
            {},
        )

    def _order(self, who: str) -> tuple[int, int, str]:
        return self.hops[who], self.first[who] or 0, who


def small() -> TraceResult:
    """Theft, three holders, an exchange paid by two of them, a mixer, and a rest."""
    story = Story("A small theft")
    seed, a, b, c = (address(name) for name in ("seed", "a", "b", "c"))
    exchange, mixer, bridge = address("exchange"), address("mixer"), address("bridge")
    story.label(exchange, "Example Exchange 7", "exchange", "Example Exchange")
    story.label(mixer, "Example Mixer: 10 ETH", "mixer", "Example Mixer")
    story.label(bridge, "Example Bridge", "bridge", "Example Bridge")
    story.stop(exchange, "service")
    story.stop(mixer, "mixer")
    story.stop(bridge, "bridge")
    story.steal("2024-01-05T10:00:00Z", address("victim"), seed, ETH, 100 * ETHER)
    story.pay("2024-01-05T11:30:00Z", seed, a, 40 * ETHER)
    story.pay("2024-01-05T12:00:00Z", seed, b, 35 * ETHER)
    story.pay("2024-01-06T08:15:00Z", seed, c, 20 * ETHER, grade="inferred")
    story.pay("2024-01-07T09:00:00Z", a, exchange, 15 * ETHER)
    story.pay("2024-01-07T09:05:00Z", a, exchange, 10 * ETHER)
    story.pay("2024-01-07T19:05:00Z", a, mixer, 12 * ETHER + 123456789)
    story.pay("2024-01-08T10:00:00Z", b, exchange, 30 * ETHER)
    story.pay("2024-01-08T11:00:00Z", b, c, 5 * ETHER)
    story.pay("2024-01-09T16:40:00Z", c, bridge, 24 * ETHER, precision="printed")
    return story.finish()


def ronin() -> TraceResult:
    """The shape of the Ronin theft of 2022, from the case data; what is stolen is naive (all a holder pays)."""
    names = {row["address"]: row for row in _rows("labels.csv")}
    seed = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
    bridge = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
    story = Story("Ronin bridge, 23 March 2022")
    entity = {"tornado_depositor": "Tornado Cash depositor", "to_exchange_intermediary": "Before exchange deposits"}
    for who, row in names.items():
        story.label(who, row["label"], "intermediate", entity.get(row["role"], ""))
        if row["role"] in entity:
            story.stop(who, "incomplete")
    swaps = {
        "0x665660f65e94454a64b96693a67a41d440155617": (14_500_000 * 10**6, 4869142605602774400000),
        "0xe708f17240732bbfa1baa8513f66b665fbc7ce10": (11_000_000 * 10**6, 3693537583527971500000),
    }
    story.steal("2022-03-23T13:29:09Z", bridge, seed, ETH, 173_600 * ETHER, "ronin-2022")
    story.steal("2022-03-23T13:31:04Z", bridge, seed, USDC, 25_500_000 * 10**6, "ronin-2022")
    waiting = dict(swaps)
    for row in _rows("transfers.csv"):
        amount = int(row["amount"])
        sender, recipient = row["sender"], row["recipient"]
        if not amount or sender not in names or recipient not in names or row["tx"]:
            continue
        if sender in waiting:
            usdc, ether = waiting.pop(sender)
            story.pay("2022-03-23T13:54:53Z", seed, sender, usdc, USDC, grade="asserted")
            story.convert("2022-03-23T13:54:54Z", sender, (USDC, usdc), (ETH, ether))
        printed = amount % 10**5 == 0 and amount % 10**9 != 0
        story.pay(row["time"], sender, recipient, amount, precision="printed" if printed else "exact")
    return story.finish("ronin-2022")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((RONIN / name).read_text(encoding="utf-8").splitlines()))


def peels() -> TraceResult:
    """A peel chain of six, and a holder with many small payments."""
    story = Story("Peel chain and small flows")
    seed, spray, exchange = address("seed"), address("spray"), address("exchange")
    story.label(exchange, "Example Exchange 7", "exchange", "Example Exchange")
    story.stop(exchange, "service")
    story.steal("2024-02-01T00:00:00Z", address("victim"), seed, ETH, 200 * ETHER)
    chain, left = [address(f"peel{i}") for i in range(8)], 120 * ETHER
    story.pay("2024-02-01T06:00:00Z", seed, chain[0], left)
    story.pay("2024-02-01T07:00:00Z", seed, spray, 60 * ETHER)
    for i in range(6):
        away = (18 + i % 2) * ETHER
        who = exchange if i % 3 else address(f"other{i}")
        story.pay(f"2024-02-0{2 + i // 4}T{6 * (i % 4):02d}:10:00Z", chain[i], who, away)
        left -= away
        story.pay(f"2024-02-0{2 + i // 4}T{6 * (i % 4):02d}:30:00Z", chain[i], chain[i + 1], left)
    for i in range(30):
        story.pay(f"2024-02-05T{i % 24:02d}:{i:02d}:00Z", spray, address(f"small{i}"), (i + 1) * ETHER // 10)
    return story.finish()


HOSTILE = '<script>alert("1")</script>]]>\u202e gro.elpmaxe \u0000&amp;' + "Z\u0350\u0351\u0352" * 20


def hostile() -> TraceResult:
    """Labels that attack the picture, and addresses that look alike."""
    story = Story(f"Hostile {HOSTILE}")
    seed = address("seed")
    twins = ["0xabcd" + "1" * 32 + "beef", "0xabcd" + "2" * 32 + "beef", "0xabcd" + "1" * 31 + "2beef"]
    story.steal("2024-03-01T00:00:00Z", address("victim"), seed, ETH, 50 * ETHER, name='theft "<&>"')
    for i, who in enumerate(twins):
        story.pay(f"2024-03-01T0{i + 1}:00:00Z", seed, who, (5 + i) * ETHER)
    named = address("named")
    story.label(named, HOSTILE, "exchange", HOSTILE)
    story.stop(named, "service")
    story.pay("2024-03-02T00:00:00Z", twins[0], named, 4 * ETHER)
    story.pay("2024-03-02T01:00:00Z", twins[1], named, 4 * ETHER)
    wide = address("wide")
    story.label(wide, "WWWWWWWWWW\U0001f4b0漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", "mixer")
    story.stop(wide, "mixer")
    story.pay("2024-03-02T02:00:00Z", twins[2], wide, 3 * ETHER, grade="asserted")
    return story.finish('case"<')


def crossing(holders: int = 90, payments: int = 400) -> TraceResult:
    """Many holders who pay each other, back and across, with two thefts: more than a picture holds."""
    story = Story("Many holders")
    names = [address(f"holder {i}") for i in range(holders)]
    for i, who in enumerate(names[-2:]):
        story.label(who, f"Example Exchange {i}", "exchange", f"Example Exchange {i}")
        story.stop(who, "service")
    story.steal("2024-04-01T00:00:00Z", address("victim"), names[0], ETH, 1000 * ETHER, "first")
    story.steal("2024-04-01T00:10:00Z", address("victim"), names[1], ETH, 10 * ETHER, "second")
    story.steal("2024-04-01T00:20:00Z", address("victim"), names[1], USDC, 5 * 10**12, "second")
    state = 7
    for i in range(payments):
        state = (state * 1103515245 + 12345) % 2**31
        asset = USDC if i % 7 == 0 else ETH
        can = [w for w in names[:-2] if sum(u for u, _ in story.held.get((w, asset), {}).values()) > 1]
        sender = can[state // 64 % len(can)]
        recipient = names[state // 8192 % holders]
        if recipient != sender:
            held = sum(u for u, _ in story.held[sender, asset].values())
            grade = "inferred" if i % 11 == 0 else "recorded"
            story.pay(format_time(1712016000 + 3600 * i), sender, recipient, held // 3 + 1, asset, grade=grade)
    return story.finish()


def empty() -> TraceResult:
    """Nothing stolen, nothing moved."""
    return Story("An empty trace").finish()


def every_case() -> Iterable[tuple[str, TraceResult]]:
    """Give each case with its name, the Ronin shape only where its data is at hand."""
    yield "small", small()
    yield "peels", peels()
    yield "hostile", hostile()
    yield "empty", empty()
    yield "crossing", crossing()
    if RONIN.is_dir():
        yield "ronin", ronin()
