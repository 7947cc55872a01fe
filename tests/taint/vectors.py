"""Small ledgers of method pol-*, built without files; holders are single letters on a private chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tracer.ledger import Ledger, ledger_from_rows
from tracer.model import BITCOIN, Account, AssetId, ChainId, Event, Label, Leg, Lot, Origin, Part, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.taint import CLEAN, CONSERVING, Tags, TaintProblem, reach, reference_kernel
from tracer.trace import CaseData, Options, TraceResult, prepare, run

CHAIN = ChainId("test:1")
UNIT = AssetId("unit")


def transfer(row: int, sender: str, recipient: str, amount: int, time: int, tx: str = "", **more: object) -> Transfer:
    """Return one transfer of the private unit at a second."""
    fields: dict[str, object] = {
        **{"row": row, "chain": CHAIN, "block": None, "position": None, "time": time, "tx": tx, "kind": ""},
        **{"sender": sender, "recipient": recipient, "asset": UNIT, "amount": amount},
        **more,
    }
    return Transfer(**fields)  # type: ignore[arg-type]


def transfers(*rows: tuple[str, str, int, int] | tuple[str, str, int, int, str]) -> tuple[Transfer, ...]:
    """Return transfers from (sender, recipient, amount, time[, tx])."""
    return tuple(transfer(number, *row) for number, row in enumerate(rows, 1))


def label(address: str, category: str, **more: str) -> Label:
    """Return a label of a holder on the private chain."""
    fields = {"label": category, "entity": "", "publisher": "p", "source_url": "https://example.org", **more}
    return Label(chain=CHAIN, address=address, category=category, **fields)


def traced(
    rows: Sequence[Transfer],
    seeds: Iterable[Seed],
    policy: str = "fifo",
    labels: Iterable[Label] = (),
    **options: object,
) -> TraceResult:
    """Return the trace of a small table."""
    inputs = CaseData("table", "", tuple(rows), tuple(seeds), LabelIndex(tuple(labels), ""))
    return run(prepare(inputs, Options(**options)), policy)  # type: ignore[arg-type]


def held_and_left(result: TraceResult) -> dict[str, int]:
    """Return the stolen units of every exit by address."""
    totals: dict[str, int] = defaultdict(int)
    for leaf in result.exits:
        totals[leaf.address or leaf.stop_reason] += leaf.tainted
    return dict(totals)


HAND_ROWS = transfers(
    ("V", "H", 100, 1, "t0"),
    ("M", "Z", 10, 5, "t7"),
    ("H", "A", 60, 10, "t1"),
    ("H", "B", 40, 11, "t2"),
    ("C", "A", 40, 12, "t3"),
    ("A", "X", 50, 20, "t4"),
    ("A", "Y", 50, 21, "t5"),
    ("B", "M", 40, 30, "t6"),
    ("M", "W", 30, 40, "t8"),
)
HAND_SEED = Seed("tx", "t0", CHAIN, UNIT, None, "o1")

TWO_ORIGIN_ROWS = transfers(
    ("V1", "H", 60, 1, "a"),
    ("V2", "H", 40, 2, "b"),
    ("C", "H", 35, 3),
    ("H", "P", 50, 4),
    ("H", "Q", 70, 5),
)
TWO_ORIGIN_SEEDS = (Seed("tx", "a", CHAIN, UNIT, None, "o1"), Seed("tx", "b", CHAIN, UNIT, None, "o2"))


def outpoints(name: str, amount: int, sink: str = "") -> Leg:
    """Return a leg of one Bitcoin output."""
    return Leg(Account(BITCOIN, name, AssetId("sat")), name, amount, None, sink)


def bitcoin_event(index: int, debits: Sequence[tuple[str, int]], credits: Sequence[tuple[str, int]]) -> Event:
    """Return a Bitcoin transaction; the credit named ``fee`` is the fee."""
    part = Part(
        tuple(outpoints(*debit) for debit in debits),
        tuple(outpoints(name, amount, "fee" if name == "fee" else "") for name, amount in credits),
    )
    return Event(index, f"tx{index}", BITCOIN, index, index, f"tx{index}", "transfer", (part,))


def run_events(
    events: Sequence[Event], opening: dict[Account, tuple[tuple[int, int], ...]], origins: int, policy: str
) -> dict[str, dict[int, int]]:
    """Run a policy on bare events; opening lots are (amount, origin number from 1, or 0 for clean).

    Returns, for each holder or sink, units by origin number (0 is clean, only for what is still held).
    """
    labels = Tags(tuple(Origin(f"o{n}", AssetId("unit")) for n in range(1, origins + 1)))
    lots = {
        account: tuple(
            Lot(amount, labels.of(n - 1, "recorded") if n else CLEAN, amount if n else 0) for amount, n in mine
        )
        for account, mine in opening.items()
    }
    balances = {account: sum(lot.amount for lot in mine) for account, mine in lots.items()}
    stolen = {a: sum(lot.amount for lot in mine if lot.label) for a, mine in lots.items()}
    found = reach(events, balances, {a: s for a, s in stolen.items() if s}, {}, lambda chain, holder: False)
    found.tracked.update(lots)
    found.tracked.update(leg.account for e in events for p in e.parts for leg in p.credits if not leg.sink)
    plan = TaintProblem(events, lots, {}, frozenset(), frozenset(), frozenset(found.tracked), labels)
    outcome = reference_kernel(plan, policy)
    totals: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for flow in outcome.flows:
        if flow.is_credit and flow.fate != "held":
            for lot in flow.lots:
                totals[flow.leg.account.holder][labels.origin_index(lot.label) + 1] += lot.amount
    for account, mine in outcome.lots.items():
        for lot in mine:
            totals[account.holder][labels.origin_index(lot.label) + 1 if lot.label else 0] += lot.amount
    return {holder: dict(mine) for holder, mine in totals.items()}


__all__ = [
    "CHAIN",
    "CONSERVING",
    "HAND_ROWS",
    "HAND_SEED",
    "TWO_ORIGIN_ROWS",
    "TWO_ORIGIN_SEEDS",
    "UNIT",
    "Ledger",
    "bitcoin_event",
    "held_and_left",
    "label",
    "ledger_from_rows",
    "outpoints",
    "run_events",
    "traced",
    "transfer",
    "transfers",
]
