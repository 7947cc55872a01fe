"""What cannot be traced as it stands is refused with exit code 2, and nothing is written (method ev-theft)."""

from __future__ import annotations

import pytest
from program import tracer
from worlds import START, World, account, p2pkh, write

V, K, T, W = (account("refused", name) for name in "VKTW")
A, B, C = (p2pkh("refused", name) for name in "ABC")
POINT = ["00" * 31 + f"{i:02x}:0" for i in range(1, 9)]


def row(sender, recipient, amount, block, **more):
    return {
        "sender": sender, "recipient": recipient, "asset": "w0X", "amount": amount, "block": block,
        "time": START + block, "position": more.get("position", 1), "tx": more.get("tx", f"t{block}"), "kind": "",
        "event": "",
    }  # fmt: skip


def seed(kind, value, **more):
    return {
        "kind": kind, "value": value, "asset": more.get("asset", "w0X"), "amount": more.get("amount"),
        "origin": more.get("origin", "o"), "victim": more.get("victim", ""), "recipient": more.get("recipient", ""),
    }  # fmt: skip


def legs(event, debits, credits, block):
    made = [("debit", *leg) for leg in debits] + [("credit", *leg) for leg in credits]
    return [
        {"event": event, "side": side, "holder": holder, "address": address, "asset": "w0B", "amount": amount,
         "block": block, "time": START + block, "tx": holder.split(":")[0] if side == "credit" else "", "kind": ""}
        for side, holder, address, amount in made
    ]  # fmt: skip


PLAIN = [row(V, K, 100, 1, tx="t"), row(K, T, 60, 1, tx="t", position=2), row(K, W, 40, 1, tx="t", position=3)]
ACCOUNTS = {
    "an amount above what was lost": (PLAIN, [seed("tx", "t", amount=101)], "101"),
    "an amount above the recipient's receipt": (PLAIN, [seed("tx", "t", recipient=T, amount=61)], "61"),
    "a recipient that got nothing": (PLAIN, [seed("tx", "t", recipient=account("refused", "nobody"))], ""),
    "a victim that paid nothing": (PLAIN, [seed("tx", "t", victim=W)], ""),
    "two net payers and none named": (
        [row(V, K, 100, 1, tx="t"), row(T, K, 10, 1, tx="t", position=2), row(K, W, 110, 1, tx="t", position=3)],
        [seed("tx", "t")],
        "",
    ),
    "no net payer": ([row(V, K, 5, 1, tx="t"), row(K, V, 5, 1, tx="t", position=2)], [seed("tx", "t")], ""),
    "a transaction that is not in the table": (PLAIN, [seed("tx", "other")], "other"),
    "one holder's units seeded twice": (
        [row(V, T, 100, 1, tx="t"), row(T, W, 100, 2)],
        [seed("tx", "t"), seed("holder", T, amount=100)],
        "",
    ),
    "a consolidation listed as a theft": (
        [row(V, T, 100, 1, tx="t"), row(T, W, 100, 2, tx="u")],
        [seed("tx", "t"), seed("tx", "u")],
        "u",
    ),
    "the same place twice": ([row(V, T, 100, 1, tx="t"), row(V, T, 100, 1, tx="t")], [seed("tx", "t")], ""),
    "equal rows without position": (
        [row(V, T, 100, 1, tx="t", position=None), row(V, T, 100, 1, tx="t", position=None)],
        [seed("tx", "t")],
        "position",
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_no_theft_can_be_is_refused(tmp_path, name):
    rows, seeds, word = ACCOUNTS[name]
    style = "ties" if any(r["position"] is None for r in rows) else "position"
    options = write([World("w0", style, rows, seeds)], tmp_path / "in")
    done = tracer("trace", *options, "--out", str(tmp_path / "out"), "--no-registry")
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


LEDGERS = {
    "an outpoint spent twice": (
        [
            *legs("e1", [(POINT[0], A, 10)], [(POINT[1], B, 10)], 1),
            *legs("e2", [(POINT[0], A, 10)], [(POINT[2], C, 10)], 2),
        ],
        [seed("output", POINT[0], asset="w0B")],
    ),
    "an outpoint made twice": (
        [
            *legs("e1", [(POINT[0], A, 10)], [(POINT[1], B, 10)], 1),
            *legs("e2", [(POINT[3], A, 10)], [(POINT[1], C, 10)], 2),
        ],
        [seed("output", POINT[0], asset="w0B")],
    ),
    "an outpoint spent in part": (
        [
            *legs("e1", [(POINT[0], A, 10)], [(POINT[1], B, 10)], 1),
            *legs("e2", [(POINT[1], B, 9)], [(POINT[2], C, 9)], 2),
        ],
        [seed("output", POINT[0], asset="w0B")],
    ),
    "outputs above inputs": (
        legs("e1", [(POINT[0], A, 10)], [(POINT[1], B, 11)], 1),
        [seed("output", POINT[0], asset="w0B")],
    ),
    "a holder seed on an outpoint": (
        legs("e1", [(POINT[0], A, 10)], [(POINT[1], B, 10)], 1),
        [seed("holder", POINT[0], asset="w0B")],
    ),
}


@pytest.mark.parametrize("name", LEDGERS)
def test_what_no_outpoint_can_be_is_refused(tmp_path, name):
    rows, seeds = LEDGERS[name]
    options = write([World("w0", "bitcoin", rows, seeds)], tmp_path / "in")
    done = tracer("trace", *options, "--out", str(tmp_path / "out"), "--no-registry")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
