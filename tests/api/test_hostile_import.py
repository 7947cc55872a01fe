"""Exports and tables on which a hostile witness got an order that nobody knows, or figures that rest on one."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.api import Trace

OWNER, VICTIM, STRANGER, PAYEE = ("0xabc" + f"{number:037x}" for number in (1, 2, 3, 4))
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
ETHER = 10**18
FIRST, TIME = 18_000_000, 1_693_000_000
STOLEN = "0x" + 64 * "1"
TRANSACTIONS = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "From", "To", "ContractAddress"),
    *("Value_IN(ETH)", "Value_OUT(ETH)", "CurrentValue @ $3000/Eth", "TxnFee(ETH)", "TxnFee(USD)"),
    *("Historical $Price/Eth", "Status", "ErrCode", "Method"),
)
TOKENS = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "From", "To", "TokenValue", "USDValueDayOfTx"),
    *("ContractAddress", "TokenName", "TokenSymbol"),
)
INTERNAL = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "ParentTxFrom", "ParentTxTo"),
    *("ParentTxETH_Value", "From", "TxTo", "ContractAddress", "Value_IN(ETH)", "Value_OUT(ETH)"),
    *("CurrentValue @ $3000/Eth", "Historical $Price/Eth", "Status", "ErrCode", "Type"),
)


def saved(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]], delimiter: str = ",") -> Path:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if delimiter == "," else csv.QUOTE_MINIMAL
    csv.writer(out, quoting=quoting, delimiter=delimiter, lineterminator="\n").writerows([columns, *rows])
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def paid(tx: str, block: int, sender: str, recipient: str, amount: int, fee: int = 0) -> tuple[object, ...]:
    """Return a row of the owner's transactions; a fee only where the owner pays it."""
    into, out = (amount, 0) if recipient == OWNER else (0, amount)
    return (tx, FIRST + block, TIME + 12 * block, "", sender, recipient, "", into, out, 0, fee, 0, 1, "", "", "x")


def ends(trace: Trace) -> dict[str, tuple[Any, ...]]:
    """Return by address (or stop reason, where there is none): tainted, min, max, certainty."""
    return {
        one["address"] or one["stop_reason"]: tuple(one[name] for name in ("tainted", "min", "max", "certainty"))
        for one in trace.exits().to_dict("records")
    }


def traced(export: tracer.ExportedCase, folder: Path, seed: str = STOLEN, **options: Any) -> Trace:
    export.write(folder, seed=seed, origin="o")
    name = "ledger" if (folder / "ledger.csv").exists() else "transfers"
    table: Any = {name: folder / f"{name}.csv"}
    case = tracer.open_table(**table, seeds=folder / "seeds.csv", complete=True, registry=False)
    return case.trace(bounds=True, **options)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("repeats", [1, 2])
def test_01_equal_rows_among_strangers_put_no_block_in_order(tmp_path: Path, first: int, repeats: int) -> None:
    tied = [paid("0x" + 64 * "2", 2, OWNER, PAYEE, 50), paid("0x" + 64 * "3", 2, STRANGER, OWNER, 100)]
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), tied[first], tied[1 - first]]
    main = saved(tmp_path / "a.csv", TRANSACTIONS, rows)
    other = ("0x" + 64 * "4", FIRST + 5, TIME + 60, "", VICTIM, STRANGER, 5, "$1.00", USDT, "Name", "SYM")
    tokens = saved(tmp_path / "t.csv", TOKENS, [other] * repeats)
    export = tracer.read_export("etherscan", main, tokens)
    assert set(export.transfers["position"]) == {""}
    trace = traced(export, tmp_path / "case")
    # Paid before the clean 100 came, the payee has 50 stolen; paid after it, any rule may give clean money alone.
    assert ends(trace)[PAYEE][1:] == (0, 50 * ETHER, "POSSIBLE")
    assert ends(trace)[OWNER][1:] == (50 * ETHER, 100 * ETHER, "PARTIAL")
    assert "1 tie" in repr(trace)


def test_01_the_order_of_files_is_no_order_in_a_block(tmp_path: Path) -> None:
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid("0x" + 64 * "2", 2, OWNER, PAYEE, 50)]
    inner = (
        "0x" + 64 * "3",
        FIRST + 2,
        TIME + 24,
        "",
        VICTIM,
        STRANGER,
        0,
        STRANGER,
        OWNER,
        "",
        50,
        0,
        0,
        1,
        0,
        "",
        "call",
    )
    for main, internal in (("a.csv", "b.csv"), ("b.csv", "a.csv")):
        folder = tmp_path / main[0]
        folder.mkdir()
        files = (
            saved(folder / main, TRANSACTIONS, rows),
            saved(folder / internal, INTERNAL, [inner, inner]),
        )
        export = tracer.read_export("etherscan", *files)
        assert sorted(export.transfers["repeat"]) == ["", "", "1", "2"]
        assert ends(traced(export, folder / "case"))[PAYEE][1:] == (0, 50 * ETHER, "POSSIBLE")


def test_01_equal_rows_of_one_conversion_count_in_full(tmp_path: Path) -> None:
    swap = "0x" + 64 * "2"
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid(swap, 2, OWNER, STRANGER, 100)]
    back = (swap, FIRST + 2, TIME + 24, "", STRANGER, OWNER, 5, "$1.00", USDT, "Name", "SYM")
    files = (saved(tmp_path / "a.csv", TRANSACTIONS, rows), saved(tmp_path / "t.csv", TOKENS, [back, back]))
    trace = traced(tracer.read_export("etherscan", *files), tmp_path / "case")
    found = [row for row in trace.exits().to_dict("records") if row["address"] == OWNER and row["tainted"]]
    assert [(row["asset"].rsplit(":", 1)[-1], row["tainted"]) for row in found] == [(USDT, 10_000_000)]


def by_hand(lots: list[tuple[str, int]], payments: list[tuple[str, int]], policy: str) -> dict[str, int]:
    """Return how much of the stolen lot each payment carries: the lots one unit at a time, taken in the policy's order.

    FIFO takes the oldest unit, LIFO the newest, dirty_first a stolen one while there is any.
    """
    units = [kind for kind, amount in lots for _ in range(amount)]
    found = {}
    for name, amount in payments:
        found[name] = 0
        for _ in range(amount):
            place = {"fifo": 0, "lifo": -1}.get(policy)
            if place is None:
                place = units.index("stolen") if "stolen" in units else 0
            found[name] += units.pop(place) == "stolen"
    return found


@pytest.mark.parametrize("policy", ["fifo", "lifo", "dirty_first"])
def test_02_the_fee_is_paid_before_its_transaction(tmp_path: Path, policy: str) -> None:
    clean_first = [("clean", 10), ("stolen", 100)]
    lots = clean_first if policy == "fifo" else [("clean", 100), ("stolen", 10)]
    rows = [
        paid("0x" + 64 * "0", 1, STRANGER, OWNER, lots[0][1]),
        paid(STOLEN, 2, VICTIM, OWNER, lots[1][1]),
        paid("0x" + 64 * "2", 3, OWNER, PAYEE, 10, fee=1),
    ]
    path = saved(tmp_path / f"export-{OWNER}.csv", TRANSACTIONS, rows)
    trace = traced(tracer.read_export("etherscan", path), tmp_path / "case", policy=policy)
    right = by_hand(lots, [("fee", 1), (PAYEE, 10)], policy)
    found = ends(trace)
    assert {name: found[name][0] // ETHER for name in right if name in found} | {
        name: 0 for name in right if name not in found
    } == right
    assert right[PAYEE] == {"fifo": 1, "lifo": 9, "dirty_first": 9}[policy]


def test_02_without_hashes_each_fee_comes_before_its_own_payment(tmp_path: Path) -> None:
    rows = [(OWNER, PAYEE, 1, 7, 2), (OWNER, STRANGER, 3, 7, 4)]
    path = saved(tmp_path / "a.csv", ("sender", "recipient", "amount", "block", "fee"), rows)
    words = {"amount": "amount:base", "fee": "fee:base"}
    table = tracer.read_export("columns", path, mapping=words, asset="slip44:60").transfers
    assert list(table["amount"]) == ["2", "1", "4", "3"]


TXID = {name: 64 * name for name in "adf1"}
HOMES = {
    "thief": "12c6DSiU4Rq3P4ZxziKxzrL5LmMBrzjrJX",
    "first": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "second": "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "third": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
}
SPENT = {"f": HOMES["thief"], "1": HOMES["thief"], "a": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}
OUTPUTS = {HOMES["first"]: 500, HOMES["second"]: 400, HOMES["third"]: 90, "fee": 10}
BOTH_ORDERS = [(("f", 300), ("1", 700)), (("1", 700), ("f", 300))]


def output(value: int, home: str) -> dict[str, object]:
    return {"value": value, "scriptpubkey_address": home}


def transaction(name: str, block: int, spends: Sequence[tuple[str, int]], makes: dict[str, int]) -> dict[str, object]:
    return {
        "txid": TXID[name],
        "vin": [
            {"txid": TXID[made], "vout": 0, "prevout": output(amount, SPENT[made]), "is_coinbase": False}
            for made, amount in spends
        ],
        "vout": [output(amount, home) for home, amount in makes.items() if home != "fee"],
        "fee": makes["fee"],
        "status": {"confirmed": True, "block_height": block, "block_time": 1_600_000_000 + block},
    }


@pytest.mark.parametrize("inputs", BOTH_ORDERS)
@pytest.mark.parametrize("policy", ["fifo", "lifo"])
def test_06_inputs_stand_as_their_transaction_lists_them(tmp_path: Path, policy: str, inputs: Any) -> None:
    theft = transaction("f", 1, [("a", 301)], {HOMES["thief"]: 300, "fee": 1})
    path = tmp_path / "a.json"
    path.write_text(json.dumps([theft, transaction("d", 2, inputs, OUTPUTS)]))
    trace = traced(tracer.read_export("esplora", path), tmp_path / "case", TXID["f"], policy=policy)
    lots = [("stolen" if made == "f" else "clean", amount) for made, amount in inputs]
    right = by_hand(lots, list(OUTPUTS.items()), policy)
    assert {name: found[0] for name, found in ends(trace).items()} == right
    assert "order of the inputs" not in repr(trace)


def dump(folder: Path, inputs: Sequence[tuple[str, int]], numbers: Sequence[object] | None) -> Iterator[Path]:
    """Yield Blockchair's dumps of outputs and of inputs; rows of inputs stand by the hash they spend."""
    made = ("block_id", "transaction_hash", "index", "time", "value", "recipient", "is_from_coinbase")
    when = "2020-09-13 12:26:40"
    rows = [(1, TXID["f"], 0, when, 300, HOMES["thief"], 0)]
    rows += [
        (2, TXID["d"], place, when, amount, home, 0)
        for place, (home, amount) in enumerate(OUTPUTS.items())
        if home != "fee"
    ]
    yield saved(folder / "o.tsv", made, rows, "\t")
    spent = (*made, "spending_block_id", "spending_transaction_hash", "spending_time")
    lines: list[tuple[object, ...]] = [
        (0, TXID[name], 0, when, amount, HOMES["thief"], 0, 2, TXID["d"], when) for name, amount in inputs
    ]
    lines.append((0, TXID["a"], 0, when, 301, SPENT["a"], 0, 1, TXID["f"], when))
    if numbers is not None:
        spent = (*spent, "spending_index")
        lines = [(*line, number) for line, number in zip(lines, [*numbers, 0], strict=True)]
    yield saved(folder / "i.tsv", spent, sorted(lines, key=lambda line: str(line[1])), "\t")


@pytest.mark.parametrize("inputs", BOTH_ORDERS)
def test_06_the_number_of_an_input_orders_a_dump(tmp_path: Path, inputs: Any) -> None:
    export = tracer.read_export("blockchair", *dump(tmp_path, inputs, [0, 1]))
    assert "input_order" not in (export.write(tmp_path / "case") / "ledger.csv").read_text()
    trace = traced(export, tmp_path / "again", TXID["f"], policy="fifo")
    lots = [("stolen" if made == "f" else "clean", amount) for made, amount in inputs]
    assert {name: found[0] for name, found in ends(trace).items()} == by_hand(lots, list(OUTPUTS.items()), "fifo")


@pytest.mark.parametrize("numbers", [None, ["", ""], [0, ""]])
def test_06_inputs_of_unknown_order_are_said_to_be(tmp_path: Path, numbers: list[object] | None) -> None:
    export = tracer.read_export("blockchair", *dump(tmp_path, BOTH_ORDERS[0], numbers))
    assert any("do not tell their order" in note for note in export.notes)
    trace = traced(export, tmp_path / "case", TXID["f"], policy="fifo")
    assert "the order of the inputs is not known of 1 transaction" in repr(trace)
    found = ends(trace)
    for inputs, policy in itertools.product(BOTH_ORDERS, ("fifo", "lifo")):
        lots = [("stolen" if made == "f" else "clean", amount) for made, amount in inputs]
        for name, amount in by_hand(lots, list(OUTPUTS.items()), policy).items():
            assert found[name][1] <= amount <= found[name][2]


def test_06_two_inputs_of_one_number_are_refused(tmp_path: Path) -> None:
    export = tracer.read_export("blockchair", *dump(tmp_path, BOTH_ORDERS[0], [1, 1]))
    assert any("are both its input 1" in line for line in export.refused)
    assert TXID["d"] not in set(export.ledger["event"])


def clocked(folder: Path, rows: Sequence[tuple[str, str, int, str]], **more: Any) -> Trace:
    """Return the trace of payments with their times as printed; the first is the theft."""
    folder.mkdir(exist_ok=True)
    lines = [
        (sender, recipient, "aaa", amount, time, f"0x{place:064x}")
        for place, (sender, recipient, amount, time) in enumerate(rows)
    ]
    table = saved(folder / "t.csv", ("sender", "recipient", "asset", "amount", "time", "tx"), lines)
    seeds = saved(folder / "s.csv", ("kind", "value", "asset", "origin"), [("tx", f"0x{0:064x}", "aaa", "o")])
    until = {"until": more.pop("until")} if "until" in more else {}
    case = tracer.open_table(transfers=table, seeds=seeds, complete=True, registry=False, **more)
    return case.trace(bounds=True, **until)


def stolen_at(payee: str, rows: Sequence[tuple[str, str, int, str]], *, stolen_first: bool) -> int:
    """Return what a payee has of the theft where everybody pays stolen units first, or clean ones first."""
    held: dict[str, list[int]] = {}
    for place, (sender, recipient, amount, _) in enumerate(rows):
        stolen, clean = held.setdefault(sender, [0, 0])
        if place == 0:
            stolen, clean = amount, 0
        elif sender not in (OWNER, PAYEE):
            clean = amount
        moved = min(stolen, amount) if stolen_first else max(0, amount - clean)
        held[sender] = [stolen - moved, clean - (amount - moved)]
        other = held.setdefault(recipient, [0, 0])
        other[0] += moved
        other[1] += amount - moved
    return held[payee][0]


DAY = "2023-08-25"
MINUTE = [
    (VICTIM, OWNER, 100, f"{DAY}T10:00:00Z"),
    (STRANGER, OWNER, 100, f"{DAY}T10:05:30Z"),
    (OWNER, PAYEE, 50, f"{DAY}T10:05Z"),
]


def test_03_a_minute_without_seconds_is_no_order_in_an_import(tmp_path: Path) -> None:
    columns = ("from", "to", "amount", "asset", "when", "hash")
    lines = [
        (sender, recipient, amount, "ETH", time.replace("T", " ").rstrip("Z"), f"0x{place + 1:064x}")
        for place, (sender, recipient, amount, time) in enumerate(MINUTE)
    ]
    words = {"sender": "from", "recipient": "to", "amount": "amount:ETH", "time": "when", "tx": "hash"}
    path = saved(tmp_path / "a.csv", columns, lines)
    export = tracer.read_export("columns", path, mapping=words, chain="eip155:1")
    assert f"{DAY}T10:05Z" in set(export.transfers["time"])
    trace = traced(export, tmp_path / "case", f"0x{1:064x}")
    assert ends(trace)[PAYEE][1:] == (0, 50 * ETHER, "POSSIBLE")


@pytest.mark.parametrize("printed", [f"{DAY}T10:05Z", f"{DAY} 12:05+02:00", f"{DAY}T10Z", DAY, "20230825T1005"])
def test_03_a_time_is_any_second_that_it_leaves_open(tmp_path: Path, printed: str) -> None:
    rows = [*MINUTE[:2], (*MINUTE[2][:3], printed)]
    orders = [rows, [rows[0], rows[2], rows[1]]]
    found = ends(clocked(tmp_path, rows))[PAYEE]
    amounts = [stolen_at(PAYEE, order, stolen_first=first) for order in orders for first in (True, False)]
    assert found[1:] == (min(amounts), max(amounts), "POSSIBLE")
    assert (min(amounts), max(amounts)) == (0, 50)


@pytest.mark.parametrize("printed", [f"{DAY}T10:05:00Z", f"{DAY}T10:04Z"])
def test_03_what_a_time_does_not_leave_open_stays_in_order(tmp_path: Path, printed: str) -> None:
    rows = [*MINUTE[:2], (*MINUTE[2][:3], printed)]
    assert ends(clocked(tmp_path, rows))[PAYEE][1:] == (50, 50, "FORCED")


def test_03_the_day_of_strangers_puts_nothing_out_of_order(tmp_path: Path) -> None:
    other = "0xabc" + f"{9:037x}"
    rows = [*MINUTE[:2], (*MINUTE[2][:3], f"{DAY}T10:05:10Z"), (other, "0xabc" + f"{8:037x}", 1, DAY)]
    assert ends(clocked(tmp_path, rows))[PAYEE][1:] == (50, 50, "FORCED")
    assert ends(clocked(tmp_path / "met", [*rows, (OWNER, other, 1, f"{DAY}T11:00:00Z")]))[PAYEE][1:] == (
        0,
        50,
        "POSSIBLE",
    )


def test_03_rows_of_one_transaction_have_its_sharpest_time(tmp_path: Path) -> None:
    lines = [
        (sender, recipient, "aaa", amount, time, f"0x{place:064x}")
        for place, (sender, recipient, amount, time) in enumerate(MINUTE)
    ]
    lines.append((OWNER, VICTIM, "bbb", 1, f"{DAY}T10:05:10Z", lines[2][-1]))
    table = saved(tmp_path / "t.csv", ("sender", "recipient", "asset", "amount", "time", "tx"), lines)
    seeds = saved(tmp_path / "s.csv", ("kind", "value", "asset", "origin"), [("tx", lines[0][-1], "aaa", "o")])
    case = tracer.open_table(transfers=table, seeds=seeds, complete=True, registry=False)
    assert ends(case.trace(bounds=True))[PAYEE][1:] == (50, 50, "FORCED")


@pytest.mark.parametrize(("begins", "certain"), [("10:05:20", False), ("10:06:00", True), ("10:05:00", True)])
def test_03_a_label_that_begins_in_an_open_minute_is_conditional(tmp_path: Path, begins: str, certain: bool) -> None:
    label = (PAYEE, "Shop", "exchange", "Shop", "", f"{DAY}T{begins}Z")
    columns = ("address", "label", "category", "entity", "source_url", "valid_from")
    rows = [MINUTE[0], MINUTE[2], (PAYEE, STRANGER, 50, f"{DAY}T12:00:00Z")]
    trace = clocked(tmp_path, rows, labels=saved(tmp_path / "l.csv", columns, [label]))
    classes = {one["certainty"] for one in trace.exits().to_dict("records") if one["address"] in (PAYEE, STRANGER)}
    assert ("CONDITIONAL" in classes) is not certain


def test_15_a_day_that_is_not_over_cannot_be_cut(tmp_path: Path) -> None:
    rows = [(*MINUTE[0][:3], "2023-08-24"), (OWNER, PAYEE, 50, DAY)]
    with pytest.raises(tracer.TracerError, match="leaves open whether it is before the end"):
        clocked(tmp_path, rows, until=f"{DAY}T05:00:00Z")
    assert ends(clocked(tmp_path, rows, until=DAY))[PAYEE][0] == 50
    assert PAYEE not in ends(clocked(tmp_path, rows, until="2023-08-24"))


def test_03_two_chains_keep_what_may_be_one_moment_together(tmp_path: Path) -> None:
    far = "eip155:137"
    rows = [("eip155:1", *row) for row in MINUTE]
    rows += [(far, STRANGER, VICTIM, 1, f"{DAY}T10:05:{second}Z") for second in ("10", "40")]
    lines = [
        (chain, sender, recipient, "aaa", amount, time, f"0x{place:064x}")
        for place, (chain, sender, recipient, amount, time) in enumerate(rows)
    ]
    table = saved(tmp_path / "t.csv", ("chain", "sender", "recipient", "asset", "amount", "time", "tx"), lines)
    seeds = saved(
        tmp_path / "s.csv",
        ("kind", "value", "chain", "asset", "origin"),
        [("tx", lines[0][-1], "eip155:1", "aaa", "o")],
    )
    case = tracer.open_table(transfers=table, seeds=seeds, complete=True, registry=False)
    assert ends(case.trace(bounds=True))[PAYEE][1:] == (0, 50, "POSSIBLE")


def test_03_files_of_one_transaction_give_it_the_seconds(tmp_path: Path) -> None:
    columns = ("sender", "recipient", "amount", "time", "tx")
    hashes = [f"0x{place + 1:064x}" for place in range(3)]
    rough = [(*row[:3], f"{DAY} 10:05" if place else f"{DAY} 10:00", hashes[place]) for place, row in enumerate(MINUTE)]
    sharp = [(*row[:3], row[3], tx) for row, tx in zip(MINUTE[:2], hashes, strict=False)]
    sharp.append((*MINUTE[2][:3], f"{DAY}T10:05:10Z", hashes[2]))
    words = {"amount": "amount:base"}
    files = (saved(tmp_path / "a.csv", columns, rough), saved(tmp_path / "b.csv", columns, sharp))
    export = tracer.read_export("columns", *files, mapping=words, asset="slip44:60")
    assert list(export.transfers["time"]) == [f"{DAY}T10:00:00Z", f"{DAY}T10:05:10Z", f"{DAY}T10:05:30Z"]
    assert ends(traced(export, tmp_path / "case", hashes[0]))[PAYEE][1:] == (50, 50, "FORCED")


@pytest.mark.parametrize(("place", "certain"), [(1, True), (3, False), (6, True)])
@pytest.mark.parametrize("back", ["aaa", "bbb"])
def test_13_what_stands_between_the_rows_of_an_event_is_in_no_order(
    tmp_path: Path, place: int, back: str, certain: bool
) -> None:
    """The owner gets 50 stolen in event s, rows 2 and 5; its payment of 10 is before, inside, or after the event."""
    pool = "0xabc" + f"{7:037x}"
    rows = [
        (VICTIM, OWNER, "aaa", 100, 1, 1, "", f"0x{1:064x}"),
        (OWNER, pool, "aaa", 100, 2, 2, "s", f"0x{2:064x}"),
        (OWNER, PAYEE, back, 10, 2, place, "", f"0x{3:064x}"),
        (pool, OWNER, back, 50, 2, 5, "s", f"0x{2:064x}"),
    ]
    columns = ("sender", "recipient", "asset", "amount", "block", "position", "event", "tx")
    table = saved(tmp_path / "t.csv", columns, rows)
    seeds = saved(tmp_path / "s.csv", ("kind", "value", "asset", "origin"), [("tx", rows[0][-1], "aaa", "o")])
    trace = tracer.open_table(transfers=table, seeds=seeds, complete=True, registry=False).trace(bounds=True)
    classes = {one["certainty"] for one in trace.exits().to_dict("records") if one["address"] == PAYEE}
    assert ("1 tie" in repr(trace)) is not certain
    assert ("stand between the rows of 1 event(s), s the first" in repr(trace)) is not certain
    assert certain or not {"FORCED", "PARTIAL"} & classes


def test_13_strangers_between_the_rows_of_an_event_change_nothing(tmp_path: Path) -> None:
    pool, others = "0xabc" + f"{7:037x}", ("0xabc" + f"{8:037x}", "0xabc" + f"{9:037x}")
    rows = [
        (VICTIM, OWNER, "aaa", 100, 1, 1, "", f"0x{1:064x}"),
        (OWNER, pool, "aaa", 100, 2, 2, "s", f"0x{2:064x}"),
        (*others, "bbb", 10, 2, 3, "", f"0x{3:064x}"),
        (pool, OWNER, "bbb", 50, 2, 5, "s", f"0x{2:064x}"),
    ]
    columns = ("sender", "recipient", "asset", "amount", "block", "position", "event", "tx")
    table = saved(tmp_path / "t.csv", columns, rows)
    seeds = saved(tmp_path / "s.csv", ("kind", "value", "asset", "origin"), [("tx", rows[0][-1], "aaa", "o")])
    trace = tracer.open_table(transfers=table, seeds=seeds, complete=True, registry=False).trace(bounds=True)
    assert [one["certainty"] for one in trace.exits().to_dict("records") if one["address"] == OWNER] == ["FORCED"]


def listed(trace: Trace) -> set[str]:
    return {one.address for one in (*trace.flags().entries, *trace.flags().leads)}


def opened(export: tracer.ExportedCase, folder: Path) -> Trace:
    """Return the trace of a folder as an import writes it, the table vouched for."""
    from tracer.api.load import open_own_folder

    export.write(folder, seed=STOLEN, origin="o")
    return open_own_folder(folder, complete=True, registry=False).trace(bounds=True)


def test_16_a_row_that_was_refused_voids_the_word_that_the_table_is_whole(tmp_path: Path) -> None:
    theft, pays = paid(STOLEN, 1, VICTIM, OWNER, 100), paid("0x" + 64 * "3", 3, OWNER, PAYEE, 100)
    torn = list(paid("0x" + 64 * "2", 2, STRANGER, OWNER, 100))
    torn[7] = "1oo"
    export = tracer.read_export("etherscan", saved(tmp_path / "a.csv", TRANSACTIONS, [theft, torn, pays]))
    assert len(export.refused) == 1
    trace = opened(export, tmp_path / "case")
    assert ends(trace)[PAYEE][3] == "CONDITIONAL"
    assert "1 row(s) could not be read" in repr(trace)
    whole = [theft, paid("0x" + 64 * "2", 2, STRANGER, OWNER, 100), pays]
    export = tracer.read_export("etherscan", saved(tmp_path / "b.csv", TRANSACTIONS, whole))
    assert ends(opened(export, tmp_path / "whole"))[PAYEE][1:] == (0, 100 * ETHER, "POSSIBLE")


def test_16_a_row_of_nobody_knows_whom_voids_it_for_all(tmp_path: Path) -> None:
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid("0x" + 64 * "3", 3, OWNER, PAYEE, 100)]
    path = saved(tmp_path / "a.csv", TRANSACTIONS, rows)
    path.write_text(path.read_text() + '"0x1234","18000004"\n', encoding="utf-8")
    trace = opened(tracer.read_export("etherscan", path), tmp_path / "case")
    assert ends(trace)[PAYEE][3] == "CONDITIONAL"


@pytest.mark.parametrize("decimals", [None, 6])
def test_17_a_swap_of_which_one_side_was_left_out_is_no_payment(tmp_path: Path, decimals: int | None) -> None:
    swap, pool, token = "0x" + 64 * "3", "0xabc" + f"{6:037x}", "0x5800ef5031325b2b0abb69291e38ba6894f0a526"
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid(swap, 3, OWNER, pool, 100)]
    back = (swap, FIRST + 3, TIME + 36, "", pool, OWNER, 77, "$1.00", token, "Name", "SYM")
    files = (saved(tmp_path / "a.csv", TRANSACTIONS, rows), saved(tmp_path / "t.csv", TOKENS, [back]))
    tokens = {} if decimals is None else {token: decimals}
    trace = opened(tracer.read_export("etherscan", *files, tokens=tokens), tmp_path / "case")
    assert pool not in listed(trace)
    found = [one for one in trace.exits().to_dict("records") if one["tainted"]]
    reason = "contract" if decimals is None else "at_rest"
    amount = 100 * ETHER if decimals is None else 77 * 10**6
    assert [(one["address"], one["stop_reason"], one["tainted"]) for one in found] == [(OWNER, reason, amount)]
    assert ("end as contract" in repr(trace)) is (decimals is None)


def test_17_a_token_left_out_of_another_payment_tears_nothing(tmp_path: Path) -> None:
    token = "0x5800ef5031325b2b0abb69291e38ba6894f0a526"
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid("0x" + 64 * "3", 3, OWNER, PAYEE, 100)]
    beside = ("0x" + 64 * "3", FIRST + 3, TIME + 36, "", OWNER, PAYEE, 77, "$1.00", token, "Name", "SYM")
    spam = ("0x" + 64 * "4", FIRST + 4, TIME + 48, "", STRANGER, OWNER, 77, "$1.00", token, "Name", "SYM")
    files = (saved(tmp_path / "a.csv", TRANSACTIONS, rows), saved(tmp_path / "t.csv", TOKENS, [beside, spam]))
    trace = opened(tracer.read_export("etherscan", *files), tmp_path / "case")
    assert ends(trace)[PAYEE][1:] == (100 * ETHER, 100 * ETHER, "FORCED")


@pytest.mark.parametrize(("printed", "certain"), [("1E+02", False), ("100", True), ("1.00000000000000123E+02", True)])
def test_20_nothing_certain_rests_on_an_amount_that_a_spreadsheet_shortened(
    tmp_path: Path, printed: str, certain: bool
) -> None:
    short = list(paid("0x" + 64 * "2", 2, STRANGER, OWNER, 100))
    short[7] = printed
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), short, paid("0x" + 64 * "3", 3, OWNER, PAYEE, 120)]
    trace = opened(tracer.read_export("etherscan", saved(tmp_path / "a.csv", TRANSACTIONS, rows)), tmp_path / "case")
    assert ends(trace)[PAYEE][3] == ("PARTIAL" if certain else "CONDITIONAL")
    assert ("a spreadsheet has shortened" in repr(trace)) is not certain
    assert "16-17 digits" not in repr(trace)


def test_21_the_seed_of_a_holder_says_what_it_takes(tmp_path: Path) -> None:
    rows = [paid(STOLEN, 1, VICTIM, OWNER, 100), paid("0x" + 64 * "3", 3, OWNER, PAYEE, 150)]
    export = tracer.read_export("etherscan", saved(tmp_path / f"export-{OWNER}.csv", TRANSACTIONS, rows))
    (note,) = [one["note"] for one in export.seeds.to_dict("records") if one["kind"] == "holder"]
    assert note.startswith(f"What {OWNER} paid beyond all that it had received")
    folder = export.write(tmp_path / "case", seed=OWNER, origin="o")
    case = tracer.open_table(transfers=folder / "transfers.csv", seeds=folder / "seeds.csv", registry=False)
    assert sum(one["tainted"] for one in case.trace().exits().to_dict("records")) == 50 * ETHER
