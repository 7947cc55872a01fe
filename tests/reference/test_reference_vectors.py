"""The reference itself against the vectors of docs/methods.md: it must be right before it judges."""

from __future__ import annotations

import pytest
from ref_bounds import Network, count_everything, networks, orders
from ref_events import RefusedError, account_history, bitcoin_history, openings
from ref_rules import POLICIES, apportion, convert, merge, take
from ref_trace import run


def row(sender, recipient, amount, block, *, asset="x", tx="", event="", kind="", position=1, time=None):
    return {
        "sender": sender, "recipient": recipient, "asset": asset, "amount": amount, "block": block,
        "position": position, "tx": tx, "event": event, "kind": kind, "time": time,
    }  # fmt: skip


def seed(kind, value, *, asset="x", amount=None, origin="o", victim="", recipient=""):
    return {
        "kind": kind, "value": value, "asset": asset, "amount": amount, "origin": origin, "victim": victim,
        "recipient": recipient,
    }  # fmt: skip


def label(address, category="exchange", since=None, until=None):
    return {"address": address, "category": category, "entity": address, "from": since, "until": until}


def where(result, origin=("o", "x")):
    found = {}
    for (address, reason, asset, of), (units, _) in result.exits.items():
        if of == origin and units:
            found[address or reason, asset] = found.get((address or reason, asset), 0) + units
    return {address: units for (address, _), units in found.items()}


def intervals(history, labels, origins, complete=True):
    found = {}
    for network in networks(history, labels, origins, complete):
        for place in network.sinks:
            low, high = network.interval({place})
            old = found.get(place[0] or place[1], (low, high))
            found[place[0] or place[1]] = (min(low, old[0]), max(high, old[1]))
    return found


HAND = [
    row("V", "H", 100, 1, tx="t0"), row("M", "Z", 10, 5), row("H", "A", 60, 10), row("H", "B", 40, 11),
    row("C", "A", 40, 12), row("A", "X", 50, 20), row("A", "Y", 50, 21), row("B", "M", 40, 30), row("M", "W", 30, 40),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "x", "y"),
    [("haircut", 30, 30), ("fifo", 50, 10), ("lifo", 10, 50), ("tiho", 50, 10), ("clean_first", 10, 50),
     ("dirty_first", 50, 10)],
)  # fmt: skip
def test_6_1_hand_ledger(policy, x, y):
    history = account_history(HAND, [seed("tx", "t0")])
    assert where(run(history, policy, [])) == {"X": x, "Y": y, "W": 30, "M": 10}
    assert run(history, policy, []).unexplained == {("M", "x"): 10, ("V", "x"): 100, ("C", "x"): 40}


def test_6_1_intervals():
    history = account_history(HAND, [seed("tx", "t0")])
    found = intervals(history, [], {("o", "x")})
    assert {k: v for k, v in found.items() if v[1]} == {"X": (10, 50), "Y": (10, 50), "W": (30, 30), "M": (10, 10)}
    network = networks(history, [], {("o", "x")}, True)[0]
    joint = {place for place in network.sinks if place[0] in ("X", "Y")}
    assert network.interval(joint) == (60, 60)


TWO = [
    row("V", "H", 60, 1, tx="t1"), row("U", "H", 40, 2, tx="t2"), row("C", "H", 35, 3), row("H", "P", 50, 4),
    row("H", "Q", 70, 5),
]  # fmt: skip
TWO_SEEDS = [seed("tx", "t1", origin="o1"), seed("tx", "t2", origin="o2")]


@pytest.mark.parametrize(
    ("policy", "o1", "o2"),
    [
        ("haircut", {"P": 22, "Q": 31, "H": 7}, {"P": 15, "Q": 21, "H": 4}),
        ("fifo", {"P": 50, "Q": 10}, {"Q": 40}),
        ("tiho", {"P": 50, "Q": 10}, {"Q": 40}),
        ("dirty_first", {"P": 50, "Q": 10}, {"Q": 40}),
        ("lifo", {"Q": 45, "H": 15}, {"P": 15, "Q": 25}),
        ("clean_first", {"P": 15, "Q": 45}, {"Q": 25, "H": 15}),
    ],
)
def test_6_2_two_origins(policy, o1, o2):
    result = run(account_history(TWO, TWO_SEEDS), policy, [])
    assert where(result, ("o1", "x")) == o1
    assert where(result, ("o2", "x")) == o2


def test_6_2_intervals():
    history = account_history(TWO, TWO_SEEDS)
    both = {("o1", "x"), ("o2", "x")}
    assert intervals(history, [], both) == {"P": (15, 50), "Q": (35, 70), "H": (0, 15)}
    assert intervals(history, [], {("o1", "x")}) == {"P": (0, 50), "Q": (0, 60), "H": (0, 15)}
    assert intervals(history, [], {("o2", "x")}) == {"P": (0, 40), "Q": (0, 40), "H": (0, 15)}


def legs(event, debits, credits, block):
    made = [("debit", h, a) for h, a in debits] + [("credit", h, a) for h, a in credits]
    return [
        {"event": event, "side": s, "holder": h, "address": h, "asset": "x", "amount": a, "block": block,
         "time": None, "tx": event, "kind": ""}
        for s, h, a in made
    ]  # fmt: skip


COINS = [
    *legs("t3", [("a", 300), ("b", 700)], [("c", 500), ("d", 400), ("e", 100)], 1),
    *legs("t4", [("c", 500)], [("f", 200), ("g", 300)], 2),
    *legs("t5", [("d", 400)], [("h", 390)], 3),
]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("haircut", {"e": 30, "f": 60, "g": 90, "h": 117, "fee": 3}),
        ("fifo", {"f": 200, "g": 100}),
        ("dirty_first", {"f": 200, "g": 100}),
        ("lifo", {"e": 100, "h": 200}),
        ("tiho", {"g": 300}),
        ("clean_first", {"e": 100, "h": 190, "fee": 10}),
    ],
)
def test_6_3_bitcoin(policy, expected):
    assert where(run(bitcoin_history(COINS, [seed("output", "a")]), policy, [])) == expected


def test_6_3_intervals():
    found = intervals(bitcoin_history(COINS, [seed("output", "a")]), [], {("o", "x")})
    assert found == {"e": (0, 100), "f": (0, 200), "g": (0, 300), "h": (0, 300), "fee": (0, 10)}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("haircut", {"c": 2, "d": 2, "e": 2, "fee": 1}), ("lifo", {"d": 3, "e": 3, "fee": 1}),
     ("clean_first", {"d": 3, "e": 3, "fee": 1}), ("fifo", {"c": 3, "d": 3, "e": 1}),
     ("tiho", {"c": 3, "d": 3, "e": 1}), ("dirty_first", {"c": 3, "d": 3, "e": 1})],
)  # fmt: skip
def test_6_4_rounding_of_outputs(policy, expected):
    ledger = legs("t", [("a", 7), ("b", 3)], [("c", 3), ("d", 3), ("e", 3)], 1)
    assert where(run(bitcoin_history(ledger, [seed("output", "a")]), policy, [])) == expected


def test_6_4_rounding_of_payments():
    origins = [("o1", "x"), ("o2", "x")]
    lots = [(10, origins[0], 10), (10, origins[1], 10), (10, None, 0)]
    got = []
    for _ in range(4):
        taken, lots = take("haircut", lots, 7, origins)
        got.append(tuple({lot[1]: lot[0] for lot in taken}[o] for o in [*origins, None]))
    assert got == [(3, 2, 2), (2, 3, 2), (2, 2, 3), (3, 2, 2)]
    assert [(lot[1], lot[0]) for lot in lots] == [(origins[1], 1), (None, 1)]


def test_3_1_apportion_conserves_large_sums():
    assert sum(apportion(5 * 10**26 + 1, [10**27 + 1, 1])) == 5 * 10**26 + 1


def test_5_2_conversion_vector():
    o1, o2 = ("o1", "x"), ("o2", "x")
    lots, dust = convert([(3, o1, 3), (4, None, 0), (3, o2, 3)], 10, 25)
    assert [(lot[0], lot[1]) for lot in lots] == [(7, o1), (10, None), (8, o2)]
    assert not dust
    assert convert([(1, o1, 5), (9, None, 0)], 10, 9) == ([(9, None, 0)], [(0, o1, 5)])


def test_neighbours_of_one_origin_are_one_lot():
    o = ("o", "x")
    assert merge([(1, o, 1), (2, o, 3), (3, None, 0)]) == [(3, o, 4), (3, None, 0)]


# method ev-theft


@pytest.mark.parametrize("policy", POLICIES)
def test_19_1_what_passes_through_a_contract_is_stolen_once(policy):
    history = account_history([row("V", "K", 100, 1, tx="t"), row("K", "T", 100, 1, tx="t")], [seed("tx", "t")])
    assert where(run(history, policy, [])) == {"T": 100}
    assert history.stolen == {("o", "x"): 100}


@pytest.mark.parametrize("policy", POLICIES)
def test_19_1_a_flash_loan_costs_what_it_costs(policy):
    rows = [row("P", "K", 10_000, 1, tx="t"), row("K", "P", 9_995, 1, tx="t"), row("K", "T", 5, 1, tx="t")]
    history = account_history(rows, [seed("tx", "t")])
    assert where(run(history, policy, [])) == {"T": 5}
    assert history.victims == {"P"}


@pytest.mark.parametrize("policy", POLICIES)
def test_19_1_the_thief_s_own_money_is_not_stolen(policy):
    rows = [row("V", "K", 100, 1, tx="t"), row("T", "K", 10, 1, tx="t"), row("K", "R", 110, 1, tx="t")]
    history = account_history(rows, [seed("tx", "t", victim="V")])
    assert where(run(history, policy, [])) == {"R": 100}
    with pytest.raises(RefusedError):
        account_history(rows, [seed("tx", "t")])


def test_19_1_the_split_is_the_rule_s():
    rows = [
        row("V", "K", 100, 1, tx="t"), row("T", "K", 20, 1, tx="t"), row("K", "R", 60, 1, tx="t"),
        row("K", "Q", 60, 1, tx="t"),
    ]  # fmt: skip
    history = account_history(rows, [seed("tx", "t", victim="V")])
    assert where(run(history, "fifo", [])) == {"R": 60, "Q": 40}
    assert where(run(history, "haircut", [])) == {"R": 50, "Q": 50}
    assert intervals(history, [], {("o", "x")}) == {"R": (40, 60), "Q": (40, 60)}


@pytest.mark.parametrize("policy", POLICIES)
def test_19_1_theft_and_swap_in_one_transaction(policy):
    rows = [
        row("V", "P", 100, 1, asset="x", tx="t"),
        row("P", "T", 5, 1, asset="y", tx="t"),
    ]
    history = account_history(rows, [seed("tx", "t", asset="x")])
    result = run(history, policy, [])
    assert result.exits == {("T", "incomplete", "y", ("o", "x")): [5, 100]}


def test_19_1_stolen_twice_ends_there():
    rows = [row("V", "A", 100, 1, tx="t1"), row("C", "A", 50, 2), row("A", "B", 100, 3, tx="t2")]
    history = account_history(rows, [seed("tx", "t1", origin="o1"), seed("tx", "t2", origin="o2")])
    for policy in POLICIES:
        result = run(history, policy, [])
        assert where(result, ("o2", "x")) == {"B": 100}
        again = result.exits[("A", "stolen_again", "x", ("o1", "x"))][0]
        assert again + where(result, ("o1", "x")).get("B", 0) <= 100
        assert again >= 50
    assert intervals(history, [], {("o1", "x")})["A"]  # the sink and what stays are places


def test_19_1_named_recipient_and_the_rest():
    rows = [row("V", "K", 100, 1, tx="t"), row("K", "T", 70, 1, tx="t"), row("K", "W", 30, 1, tx="t")]
    history = account_history(rows, [seed("tx", "t", recipient="T")])
    for policy in POLICIES:
        assert where(run(history, policy, [])) == {"T": 70}
    with pytest.raises(RefusedError):
        account_history(rows, [seed("tx", "t", recipient="T", amount=71)])


# method ev-ties


@pytest.mark.parametrize("swapped", [False, True])
def test_19_2_order_inside_a_block_is_unknown(swapped):
    pair = [row("2", "3", 100, 2, position=None), row("3", "E", 100, 2, position=None)]
    rows = [row("V", "2", 100, 1, tx="t", position=None), *(pair[::-1] if swapped else pair)]
    history = account_history(rows, [seed("tx", "t")])
    labels = [label("E")]
    assert len(orders(history)) == 2
    assert intervals(history, labels, {("o", "x")}, complete=False)["E"] == (0, 100)
    assert intervals(history, labels, {("o", "x")}, complete=True)["E"] == (100, 100)


# method lb-time


def test_19_3_the_pot():
    rows = [
        row("K", "pot", 10, 1, tx="k", time=1), row("B", "pot", 10, 2, tx="b", time=2), row("C", "pot", 10, 3, time=2),
        row("pot", "out", 10, 4, time=3),
    ]  # fmt: skip
    history = account_history(rows, [seed("tx", "k", origin="kelp"), seed("tx", "b", origin="bybit")])
    labels = [label("pot", "frozen", since=4)]
    assert intervals(history, labels, {("kelp", "x")})["pot"] == (0, 10)
    assert intervals(history, labels, {("bybit", "x")})["pot"] == (0, 10)
    assert intervals(history, labels, {("kelp", "x"), ("bybit", "x")})["pot"] == (10, 20)


def test_19_3_begin_and_end_of_a_custodian():
    rows = [
        row("V", "E", 10, 1, tx="t", time=1), row("C", "E", 5, 2, time=2), row("E", "A", 6, 3, time=5),
        row("E", "B", 9, 4, time=9),
    ]  # fmt: skip
    history = account_history(rows, [seed("tx", "t")])
    # In force from 3: what is held then is an exit, and what it pays later is clean, after its end at 8 too.
    for policy in POLICIES:
        result = run(history, policy, [label("E", since=3, until=8)])
        assert result.exits == {("E", "service", "x", ("o", "x")): [10, 10]}
    # Not yet in force: it passes on.
    assert where(run(history, "fifo", [label("E", since=7)])) == {"A": 6, "E": 4}


def test_count_and_flow_agree():
    history = account_history(TWO, TWO_SEEDS)
    small = account_history(
        [row("V", "H", 3, 1, tx="t1"), row("C", "H", 2, 2), row("H", "P", 2, 3), row("H", "Q", 2, 4)],
        [seed("tx", "t1")],
    )
    counted = count_everything(small, [], {("o", "x")}, small.events)
    network = Network(small, [], {("o", "x")}, small.events, openings(small.events), True)
    for place in network.sinks:
        assert network.interval({place}) == counted.get((place[0], "held", place[2]), (0, 0))
        low, high = network.program({place})
        assert (round(low), round(high)) == network.interval({place})
    assert history.stolen == {("o1", "x"): 60, ("o2", "x"): 40}
