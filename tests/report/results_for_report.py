"""A small finished trace, written by hand: two thefts, a swap output, a service, a fee, at rest, incomplete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from tracer.model import Asset, AssetId, ChainId, Label, Origin
from tracer.trace.options import Options
from tracer.trace.result import Arrival, Audit, Coverage, Exit, HolderInfo, Movement, Payment, Share, Side, TraceResult

CHAIN = ChainId("eip155:1")
ETH = AssetId("eip155:1/slip44:60")
USDC = AssetId("eip155:1/erc20:0x" + "aa" * 20)
CENTS = AssetId("usd-cents")
THEFT = Origin("demo", ETH)
OTHER = Origin("other", USDC)
SEED, MIDDLE, DEPOSITOR, EXCHANGE, COLD = (f"0x{digit * 40}" for digit in "12345")
E18 = 10**18
DAY1 = int(datetime(2025, 3, 1, 12, tzinfo=UTC).timestamp())
DAY2 = int(datetime(2025, 3, 2, 23, 59, 59, tzinfo=UTC).timestamp())
DAY3 = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp())


class Closes:
    """Daily closes typed in; the day is that of UTC."""

    source = "typed in"
    table: ClassVar = {
        (ETH, "2025-03-01"): Decimal("2000.10"),
        (ETH, "2025-03-02"): Decimal("2100.00"),
        (ETH, "2025-03-03"): Decimal("2200.333"),
        (USDC, "2025-03-01"): Decimal(1),
    }

    def close(self, asset: AssetId, time: int) -> Decimal | None:
        return self.table.get((asset, datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")))


def label(address: str, name: str, category: str, entity: str, **more: str) -> Label:
    publisher = more.pop("publisher", "Example Community")
    source = more.pop("source_url", "https://example.org/labels")
    return Label(CHAIN, address, name, category, entity, publisher, source, **{"rank": "A5", **more})


def holder(
    address: str, hop: int, *labels: Label, stop: str = "", received: dict[AssetId, int] | None = None
) -> HolderInfo:
    shown = labels[0] if labels else None
    stopper = shown if stop else None
    return HolderInfo(CHAIN, address, hop, DAY1, shown, labels, stop, stopper, hop == 0, received or {})


def leaf(address: str, stop: str, amount: int, *arrivals: Arrival, **more: object) -> Exit:
    values = {
        "chain": CHAIN,
        "address": address,
        "asset": ETH,
        "stop_reason": stop,
        "origin": THEFT,
        "tainted": amount,
        "origin_amount": amount,
        "by_grade": {"recorded": amount},
        "origin_by_grade": {"recorded": amount},
        "arrivals": arrivals,
        "approximate": False,
    }
    made = Exit(**{**values, **more})  # type: ignore[arg-type]
    if "kept" in more:
        return made
    last = tuple(replace(one, tainted=made.tainted) for one in arrivals[-1:])
    return replace(made, kept=last if made.holding else arrivals)


def movement(seq: int, sender: str, recipient: str, amount: int, tainted: int, **more: object) -> Movement:
    shares = (Share(THEFT, "recorded", tainted, tainted),) if tainted else ()
    values = {
        "seq": seq,
        "event": f"e{seq}",
        "chain": CHAIN,
        "block": 100 + seq,
        "time": DAY1,
        "tx": f"0x{seq:064x}",
        "kind": "native",
        "sender": sender,
        "recipient": recipient,
        "asset": ETH,
        "amount": amount,
        "shares": shares,
        "hop": 1,
        "grade": "recorded",
        "precision": "exact",
    }
    return Movement(**{**values, **more})  # type: ignore[arg-type]


def paid_down(movements: Sequence[Movement]) -> tuple[Payment, ...]:
    """Return the payments that movements of stolen units stand for; rows of one event are one payment."""
    events: dict[str, list[Movement]] = {}
    for one in movements:
        if one.shares:
            events.setdefault(one.event, []).append(one)
    return tuple(
        Payment(
            seq=rows[0].seq,
            event=name,
            rows=tuple(row.seq for row in rows),
            chain=rows[0].chain,
            block=rows[0].block,
            time=rows[0].time,
            tx=rows[0].tx,
            grade=rows[0].grade,
            precision=rows[0].precision,
            senders=tuple(row.sender for row in rows),
            payers=tuple(_side(row, row.sender) for row in rows if row.hop),
            payees=tuple(_side(row, row.recipient) for row in rows),
        )
        for name, rows in events.items()
    )


def _side(row: Movement, who: str) -> Side:
    return Side(holder=who, address=who, asset=row.asset, amount=row.amount, shares=row.shares)


def filed(result: TraceResult) -> TraceResult:
    """Return a result whose exits are filed under the labels of its holders."""
    labels = {key: one.stop_label or one.label for key, one in result.holders.items()}
    exits = tuple(replace(one, label=labels.get((one.chain, one.address))) for one in result.exits)
    return replace(result, exits=exits)


def small_result() -> TraceResult:
    """100 ETH and 50 USDC stolen; 40 ETH to an exchange in two payments, the rest elsewhere."""
    exchange = label(EXCHANGE, "Example Exchange 4", "exchange", "Example Exchange", rank="A3")
    toward = label(DEPOSITOR, "pays the exchange", "intermediate", "toward exchanges")
    exits = (
        leaf(SEED, "at_rest", 10 * E18, Arrival(DAY1, f"0x{1:064x}", 100 * E18)),
        leaf(
            SEED,
            "at_rest",
            50_000_000,
            Arrival(DAY1, "", 50_000_000),
            asset=USDC,
            origin=OTHER,
            by_grade={"asserted": 50_000_000},
            origin_by_grade={"asserted": 50_000_000},
            approximate=True,
        ),
        leaf("", "fee", E18 // 2, Arrival(DAY2, "", E18 // 2)),
        leaf(DEPOSITOR, "incomplete", 30 * E18, Arrival(DAY2, f"0x{4:064x}", 30 * E18), label=toward),
        leaf(COLD, "incomplete", 195 * E18 // 10, Arrival(DAY1, "", E18), Arrival(DAY3, "", 195 * E18 // 10)),
        leaf(
            EXCHANGE,
            "service",
            40 * E18,
            Arrival(DAY1, f"0x{2:064x}", 15 * E18),
            Arrival(DAY2, f"0x{3:064x}", 25 * E18),
            by_grade={"recorded": 39 * E18, "inferred": E18},
            origin_by_grade={"recorded": 39 * E18, "inferred": E18},
            label=exchange,
        ),
    )
    movements = (
        movement(1, COLD, SEED, 100 * E18, 100 * E18, hop=0),
        movement(2, SEED, EXCHANGE, 15 * E18, 15 * E18, precision="printed"),
        movement(3, SEED, EXCHANGE, 25 * E18, 25 * E18, time=DAY2, block=None, kind=""),
        movement(4, MIDDLE, SEED, 7, 0, hop=-1, time=None, tx=""),
    )
    coverage = Coverage(
        rows=9,
        zero_rows=1,
        self_rows=0,
        rows_with_tx=2,
        rows_printed=1,
        rows_by_grade={"recorded": 8, "asserted": 1},
        rows_dropped={"inferred": 2},
        ordered_by={CHAIN: "time"},
        first_time=DAY1,
        last_time=DAY3,
        unexplained_inflow={(CHAIN, MIDDLE, ETH): 7, (CHAIN, COLD, ETH): 3},
        incomplete_holders=2,
        unclosed_holders=3,
        conflicts=("Two publishers disagree on one address.",),
        notes=("One column was not used.",),
    )
    return TraceResult(
        case_id="demo",
        title="Demo theft <2025>",
        options=Options(as_of="2026-11-01"),
        stolen={THEFT: 100 * E18, OTHER: 50_000_000},
        stolen_by_grade={THEFT: {"recorded": 100 * E18}, OTHER: {"asserted": 50_000_000}},
        exits=exits,
        movements=movements,
        holders={
            (CHAIN, SEED): holder(SEED, 0, received={ETH: 100 * E18 + 7, USDC: 50_000_000}),
            (CHAIN, EXCHANGE): holder(EXCHANGE, 1, exchange, stop="service", received={ETH: 41 * E18}),
            (CHAIN, DEPOSITOR): holder(DEPOSITOR, 1, toward, received={ETH: 30 * E18}),
            (CHAIN, COLD): holder(COLD, 1, received={ETH: 205 * E18 // 10}),
        },
        audit=Audit(closed=True, difference={THEFT: 0, OTHER: 0}),
        coverage=coverage,
        assets={ETH: Asset(ETH, "ETH", 18), USDC: Asset(USDC, "USDC", 6)},
        input_hashes={"transfers": {"rows": "9", "sha256": "ab" * 32}},
        payments=paid_down(movements),
    )


def open_result() -> TraceResult:
    """The small trace with 5 wei missing, as a fault of ours would show."""
    return replace(small_result(), audit=Audit(closed=False, difference={THEFT: 5, OTHER: 0}))
