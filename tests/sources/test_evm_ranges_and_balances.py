"""Ranges that halve until a node answers, and sums that find what no transaction shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from evm_chain_in_memory import HOLDER, OTHER, NodeInMemory, cut, too_many, too_wide
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import InputError
from tracer.net.query import PermanentError
from tracer.providers.evm.find_missing_withdrawals import closed
from tracer.providers.evm.logs import FULL_PAGES, LogSettings, collect_logs
from tracer.providers.evm.windows import Window, windows_of
from tracer.providers.provider import BlockRef, Head

limits = st.one_of(
    st.integers(1, 9).map(lambda number: (too_many(number), 1_000)),
    st.integers(1, 40).map(lambda number: (too_wide(number), 1_000)),
    st.integers(1, 9).map(lambda number: (cut(number), number)),
)


@given(
    transfers=st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.integers(0, 5)), max_size=40),
    limit=limits,
    span=st.integers(1, 100),
    low=st.integers(0, 30),
    length=st.integers(0, 40),
)
def test_every_log_is_read_once_whatever_the_node_will_not_answer(
    transfers: list[tuple[int, bool, int]],
    limit: tuple[Callable[[int, int, list[Any]], list[Any]], int],
    span: int,
    low: int,
    length: int,
) -> None:
    node = NodeInMemory()
    for block, paid, amount in transfers:
        node.add_log(block, *((HOLDER, OTHER) if paid else (OTHER, HOLDER)), amount)
    node.add_log(low, HOLDER, HOLDER, 1)
    node.add_log(low, OTHER, OTHER, 1)
    node.limit, cap = limit
    found = collect_logs(node, HOLDER, Window(low, low + length), LogSettings(cap=cap, span=span))
    truth = [one for one in node.logs if low <= int(one["blockNumber"], 16) <= low + length]
    truth = [one for one in truth if one["topics"][1:] != 2 * [one["topics"][1]] or HOLDER[2:] in one["topics"][1]]
    places = sorted((int(one["blockNumber"], 16), int(one["logIndex"], 16)) for one in truth)
    assert [(log.block, log.index) for log in found] == places


def test_a_page_of_a_suspicious_size_is_not_believed() -> None:
    node = NodeInMemory()
    for block in range(1_500):
        node.add_log(block, HOLDER, OTHER, 1)
    node.limit = cut(1_000)
    assert 1_000 in FULL_PAGES
    assert len(collect_logs(node, HOLDER, Window(0, 1_499), LogSettings(cap=100_000))) == 1_500


def test_spans_grow_while_they_are_answered_and_stay_below_what_was_refused() -> None:
    node = NodeInMemory()
    collect_logs(node, HOLDER, Window(0, 999_999), LogSettings(span=100))
    free = len(node.asked)
    assert free < 150
    strict = NodeInMemory()
    strict.limit = too_wide(10_000)
    collect_logs(strict, HOLDER, Window(0, 999_999), LogSettings(span=100))
    widths = [int(asked[0]["toBlock"], 16) - int(asked[0]["fromBlock"], 16) + 1 for _, asked in strict.asked]
    assert sum(width > 10_000 for width in widths) <= 4
    assert len(strict.asked) < 500


@pytest.mark.parametrize(
    "change",
    [
        {"blockNumber": "0x63"},
        {"removed": True},
        {"blockHash": None},
        {"topics": ["0x" + "0" * 64]},
        {"logIndex": "x"},
    ],
)
def test_a_log_that_was_not_asked_for_is_refused(change: dict[str, Any]) -> None:
    node = NodeInMemory()
    node.add_log(5, HOLDER, OTHER, 1)
    node.limit = lambda low, high, rows: [one | change for one in node.logs]
    with pytest.raises(PermanentError) as caught:
        collect_logs(node, HOLDER, Window(0, 9), LogSettings())
    assert caught.value.reason == "inconsistent"


def test_two_hashes_of_one_block_are_a_reorganisation_and_not_a_history() -> None:
    node = NodeInMemory()
    node.add_log(5, HOLDER, OTHER, 1)
    node.add_log(5, OTHER, HOLDER, 1)
    node.logs[1]["blockHash"] = "0x" + "9" * 64
    with pytest.raises(PermanentError, match="two hashes of block 5"):
        collect_logs(node, HOLDER, Window(0, 9), LogSettings())


@given(
    paid=st.dictionaries(
        st.integers(1, 200),
        st.lists(st.tuples(st.sampled_from([HOLDER, OTHER]), st.integers(1, 50)), max_size=3),
        max_size=8,
    ),
    low=st.integers(0, 100),
    length=st.integers(0, 120),
)
def test_withdrawals_are_found_in_their_blocks(paid: dict[int, list[tuple[str, int]]], low: int, length: int) -> None:
    node = NodeInMemory()
    node.withdrawals = paid
    rows, entry = closed(node, HOLDER, Window(low, low + length), [], 10_000)
    truth = [
        (block, gwei * 10**9)
        for block, list_ in sorted(paid.items())
        for to, gwei in list_
        if to == HOLDER and low <= block <= low + length
    ]
    assert [(row.block, row.amount) for row in sorted(rows, key=lambda row: row.order())] == truth
    assert entry is None or entry.complete


def test_a_sum_that_withdrawals_do_not_explain_is_not_called_complete() -> None:
    node = NodeInMemory()
    node.withdrawals, node.gains = {50: [(HOLDER, 2)]}, {50: 3, 70: 4}
    rows, entry = closed(node, HOLDER, Window(1, 100), [], 1_000)
    assert [row.amount for row in rows] == [2 * 10**9]
    assert entry is not None
    assert (entry.complete, entry.reason) == (False, "inconsistent")
    assert "2 blocks; first block 50: +3" in entry.detail


def test_a_search_that_would_take_too_many_questions_says_so() -> None:
    node = NodeInMemory()
    node.withdrawals = {block: [(HOLDER, 1)] for block in range(1, 1_000)}
    _, entry = closed(node, HOLDER, Window(1, 1_000), [], 20)
    assert entry is not None
    assert (entry.complete, entry.reason) == (False, "over_budget")
    assert len(node.asked) < 60


def test_without_old_balances_withdrawals_are_said_to_be_unread() -> None:
    node = NodeInMemory()
    node.archive_from = 500
    rows, entry = closed(node, HOLDER, Window(1, 1_000), [], 20)
    assert rows == []
    assert entry is not None
    assert (entry.endpoint, entry.reason) == ("withdrawals", "no_archive_state")


def test_a_range_is_read_in_a_final_window_and_one_that_may_change() -> None:
    head = Head(BlockRef(100, "0xnew", 1), BlockRef(90, "0xold", 1))
    assert windows_of(head, 0, 80) == [Window(0, 80)]
    assert windows_of(head, 0, 90) == [Window(0, 90)]
    assert windows_of(head, 0, 200) == [Window(0, 90), Window(91, 100, "0xnew")]
    assert windows_of(head, 95, 97) == [Window(95, 97, "0xnew")]
    assert windows_of(head, 101, 200) == []
    for since, until in ((5, 4), (-1, 4)):
        with pytest.raises(InputError, match="are no range"):
            windows_of(head, since, until)
