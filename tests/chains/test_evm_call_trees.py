"""Calls that move the coin, against go-ethereum's own test vectors and against what the rule forbids."""

from __future__ import annotations

import itertools
import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.chains.evm_block import EvmTransaction
from tracer.chains.evm_calls import (
    call_rows,
    contradiction,
    flat_keys,
    happened,
    nesting,
    parse_flat,
    parse_frames,
)
from tracer.chains.fields import FaultyReply, Field
from tracer.model import CallRecord, ChainId

CHAIN = ChainId("eip155:1")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eth_call_traces" / "geth_tracetest_testdata.tar.gz"
needs_data = pytest.mark.skipif(not DATA.is_file(), reason="the call traces are beside the repository, not in it")
ONE, TWO, THREE = ("0x" + digit * 40 for digit in "abc")


@cache
def vectors() -> dict[str, dict[str, Any]]:
    with tarfile.open(DATA) as archive:
        members = [one for one in archive.getmembers() if one.name.endswith(".json")]
        return {one.name.removesuffix(".json"): json.load(archive.extractfile(one)) for one in members}  # type: ignore[arg-type]


def transaction(sender: str = ONE, recipient: str = TWO, value: int = 0) -> EvmTransaction:
    return EvmTransaction("0x" + "1" * 64, 9, "0x" + "2" * 64, 3, sender, recipient, value, None)


def moved(calls: tuple[CallRecord, ...], *, cancun: bool = False) -> list[tuple[tuple[int, ...], str, str, int]]:
    """Return what moved, the transaction's own value among it."""
    top = [call for call in happened(calls) if not call.path and call.value]
    rows = call_rows(calls, transaction(), chain=CHAIN, time=1, source="node", cancun=cancun)
    own = [(call.path, call.sender, call.recipient, call.value) for call in top]
    return own + [(row.place or (), row.sender, row.recipient, row.amount) for row in rows]


def frames(name: str) -> tuple[CallRecord, ...]:
    return parse_frames(Field(vectors()[name]["result"]), CHAIN)


def frame(kind: str = "CALL", value: int = 0, *inner: Any, sender: str = ONE, to: str | None = TWO, **more: Any) -> Any:
    made = {"type": kind, "from": sender, "value": hex(value), "input": "0x", "gas": "0x0", "gasUsed": "0x0", **more}
    return made | ({"to": to} if to else {}) | ({"calls": list(inner)} if inner else {})


# Numbers (public test vectors of go-ethereum): path, sender, recipient, wei.
PAYER = "0x3b873a919aa0512d5a0f09e6dcceaa4a6727fafe"
EXPECTED: dict[str, list[tuple[tuple[int, ...], str, str, int]]] = {
    "call_tracer/simple": [((0,), PAYER, "0x0024f658a46fbb89d8ac105e98d7ac7cbbaf27c5", 500000000000000000)],
    "call_tracer/selfdestruct": [((0,), PAYER, "0x000000000000000000000000000000000000dead", 22882074780407317765077)],
    "call_tracer/inner_throw_outer_revert": [],
    "call_tracer/inner_instafail": [],
    "call_tracer_withLog/tx_failed": [],
}


@needs_data
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_vectors_move_exactly_what_they_are_known_to_move(name: str) -> None:
    assert moved(frames(name)) == EXPECTED[name]


@needs_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("call_tracer_withLog/calldata", [((), 10000000000000000000)]),
        (
            "call_tracer_withLog/multi_contracts",
            [
                ((9, 8), 80000000000000000000),
                ((9, 12, 2, 0), 39999999999999999999),
                ((9, 12, 2, 0, 1, 2, 0), 39999999999999999999),
            ],
        ),
        ("call_tracer_withLog/notopic", [((), 300000000000000000), ((8,), 6646973012399700)]),
    ],
)
def test_vectors_with_many_calls_move_value_at_these_places_only(
    name: str, expected: list[tuple[tuple[int, ...], int]]
) -> None:
    assert [(path, amount) for path, _, _, amount in moved(frames(name))] == expected


@needs_data
def test_both_forms_of_a_trace_move_the_same() -> None:
    compared = 0
    for name, vector in sorted(vectors().items()):
        if not name.startswith("call_tracer_flat/") or not isinstance(vector["result"], list):
            continue
        twin = vectors().get(name.replace("_flat", ""))
        if (
            twin is None
            or "onlytop" in name
            or twin["input"] != vector["input"]
            or not isinstance(twin["result"], dict)
        ):
            continue
        rows = [row | {"transactionHash": "0x" + "1" * 64} for row in vector["result"]]
        (calls,) = parse_flat(Field(rows), CHAIN).values()
        # The flat form leaves calls of precompiled contracts out of its paths, so that only amounts are compared.
        flat = [(sender, recipient, amount) for _, sender, recipient, amount in moved(calls)]
        assert flat == [(sender, recipient, amount) for _, sender, recipient, amount in moved(frames_of(twin))], name
        compared += 1
    assert compared >= 10


def frames_of(vector: dict[str, Any]) -> tuple[CallRecord, ...]:
    return parse_frames(Field(vector["result"]), CHAIN)


@needs_data
def test_a_delegatecall_of_the_flat_form_moves_nothing_though_it_shows_ten_ether() -> None:
    vector = vectors()["call_tracer_flat/delegatecall_parent_value"]
    ((_, calls),) = parse_flat(Field(vector["result"]), CHAIN).items()
    shown = [call for call in calls if call.kind == "DELEGATECALL" and call.value]
    assert shown
    assert not {call.path for call in shown} & {path for path, *_ in moved(calls)}


@needs_data
def test_every_frame_tree_of_the_vectors_is_read() -> None:
    trees = {
        name: vector["result"]
        for name, vector in vectors().items()
        if name.split("/")[0] in ("call_tracer", "call_tracer_legacy", "call_tracer_withLog")
    }
    counted = sum(len(parse_frames(Field(tree), CHAIN)) for tree in trees.values())
    assert (len(trees), counted) == (37, 325)


@pytest.mark.parametrize("kind", ["DELEGATECALL", "CALLCODE", "STATICCALL"])
def test_a_call_that_repeats_a_value_moves_none(kind: str) -> None:
    assert moved(parse_frames(Field(frame("CALL", 0, frame(kind, 5))), CHAIN)) == []


@pytest.mark.parametrize("kind", ["CALL", "CREATE", "CREATE2", "SELFDESTRUCT"])
def test_a_call_that_moves_value_moves_it_to_its_place(kind: str) -> None:
    tree = frame("CALL", 0, frame(), frame("CALL", 0, frame(kind, 5, to=THREE)))
    assert moved(parse_frames(Field(tree), CHAIN)) == [((1, 0), ONE, THREE, 5)]


def test_a_call_under_a_failed_one_did_not_happen_whatever_it_shows() -> None:
    tree = frame("CALL", 0, frame("CALL", 0, frame("CALL", 3), error="execution reverted"), frame("CALL", 4))
    assert [amount for *_, amount in moved(parse_frames(Field(tree), CHAIN))] == [4]


def test_a_contract_that_destroys_itself_to_itself_burns_as_the_fork_says() -> None:
    old = frame("CALL", 0, frame("SELFDESTRUCT", 5, sender=TWO, to=TWO))
    made = frame("CALL", 0, frame("CREATE", 5, frame("SELFDESTRUCT", 5, sender=TWO, to=TWO)))
    assert moved(parse_frames(Field(old), CHAIN)) == [((0,), TWO, "", 5)]
    assert moved(parse_frames(Field(old), CHAIN), cancun=True) == []
    assert moved(parse_frames(Field(made), CHAIN), cancun=True) == [((0,), ONE, TWO, 5), ((0, 0), TWO, "", 5)]


@pytest.mark.parametrize("tree", [frame("JUMP"), frame(value=1) | {"value": "five"}, {"from": ONE}, frame(to="0x12")])
def test_a_tree_that_no_rule_is_known_for_is_refused(tree: Any) -> None:
    with pytest.raises(FaultyReply):
        parse_frames(Field(frame("CALL", 0, tree)), CHAIN)


def test_a_tree_as_deep_as_the_machine_allows_is_walked() -> None:
    tree = frame("CALL", 7)
    for _ in range(1_023):
        tree = frame("CALL", 0, tree)
    assert len(moved(parse_frames(Field(tree), CHAIN))) == 1


@pytest.mark.parametrize(
    ("body", "depth"), [(b"", 0), (b"[]", 1), (b'{"a":[{"b":"]}"}]}', 3), (b'["\\"[[["]', 1), (b"[[],[[]]]", 3)]
)
def test_nesting_is_counted_outside_texts(body: bytes, depth: int) -> None:
    assert nesting(body) == depth


@pytest.mark.parametrize(
    ("calls", "failed", "says"),
    [
        ((), None, "no call"),
        ((CallRecord((0,), "CALL", ONE, TWO, 0, False),), None, "no call"),
        ((CallRecord((), "CALL", ONE, TWO, 1, False),), False, "sender or value"),
        ((CallRecord((), "CALL", TWO, TWO, 0, False),), False, "sender or value"),
        ((CallRecord((), "CALL", ONE, THREE, 0, False),), False, "recipient of the trace"),
        ((CallRecord((), "CALL", ONE, TWO, 0, True),), False, "disagree"),
        (
            (CallRecord((), "CALL", ONE, TWO, 0, False), CallRecord((0,), "CREATE", TWO, "", 1, False)),
            False,
            "no recipient",
        ),
        ((CallRecord((), "CALL", ONE, TWO, 0, False),), False, ""),
    ],
)
def test_a_trace_that_contradicts_its_transaction_is_found_out(
    calls: tuple[CallRecord, ...], failed: bool | None, says: str
) -> None:
    found = contradiction(calls, transaction(), failed)
    assert says in found
    assert bool(found) == bool(says)


def test_block_rewards_belong_to_no_transaction() -> None:
    reward = {"type": "reward", "action": {"author": ONE, "value": "0x5", "rewardType": "block"}, "blockNumber": 1}
    assert parse_flat(Field([reward]), CHAIN) == {}
    assert flat_keys(Field([reward])) == []


trees = st.recursive(
    st.tuples(
        st.sampled_from(["CALL", "CREATE", "DELEGATECALL", "CALLCODE", "STATICCALL"]), st.integers(0, 3), st.booleans()
    ).map(lambda made: frame(made[0], made[1], **({"error": "reverted"} if made[2] else {}))),
    lambda inner: st.tuples(st.lists(inner, max_size=4), st.booleans(), st.integers(0, 3)).map(
        lambda made: frame("CALL", made[2], *made[0], **({"error": "reverted"} if made[1] else {}))
    ),
    max_leaves=12,
)


def by_hand(tree: Any, path: tuple[int, ...] = ()) -> list[tuple[tuple[int, ...], int]]:
    """Return path and value of what moves, by going down the tree as one would on paper."""
    if "error" in tree:
        return []
    value = int(tree["value"], 16)
    own = [(path, value)] if value and tree["type"] in ("CALL", "CREATE") else []
    below = [by_hand(one, (*path, place)) for place, one in enumerate(tree.get("calls", []))]
    return own + list(itertools.chain.from_iterable(below))


def flattened(tree: Any, path: tuple[int, ...] = ()) -> list[Any]:
    """Return the tree as a node of the other family would write it."""
    kind = tree["type"]
    action = {"from": tree["from"], "value": tree["value"]}
    row: dict[str, Any] = {"traceAddress": list(path), "transactionHash": "0x" + "1" * 64, "blockNumber": 9}
    if kind == "CREATE":
        row |= {"type": "create", "action": action, "result": {"address": tree["to"]}}
    else:
        row |= {"type": "call", "action": action | {"to": tree["to"], "callType": kind.lower()}}
    row |= {"error": "Reverted"} if "error" in tree else {}
    inner = tree.get("calls", [])
    return [row, *itertools.chain.from_iterable(flattened(one, (*path, place)) for place, one in enumerate(inner))]


@given(tree=trees, turned=st.booleans())
def test_both_forms_of_any_tree_move_what_is_counted_by_hand(tree: Any, turned: bool) -> None:
    tree = frame("CALL", 0, tree)
    rows = flattened(tree)
    calls = parse_flat(Field(rows[::-1] if turned else rows), CHAIN)["0x" + "1" * 64]
    truth = by_hand(tree)
    assert [(path, amount) for path, _, _, amount in moved(parse_frames(Field(tree), CHAIN))] == truth
    assert [(path, amount) for path, _, _, amount in moved(calls)] == truth
