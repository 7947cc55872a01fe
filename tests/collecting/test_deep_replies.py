"""A reply nested without end is a fault of its sender, never the end of the program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.net.query import Reply, RetryableError
from tracer.net.replies import DEEPEST, json_of, too_deep

CHILD = """
import sys
sys.setrecursionlimit(100_000)
import tracer.providers.evm.rpc
from tracer.net.query import Reply, RetryableError
from tracer.net.replies import json_of
assert sys.getrecursionlimit() == 100_000
for body in (b"[" * 300_000, b'{"a":' * 300_000):
    try:
        json_of(Reply(200, "application/json", body))
    except RetryableError as fault:
        print(fault.what[:40])
"""


def test_a_program_whose_recursion_limit_was_raised_survives_a_reply_without_end() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == 2 * [f"A reply that is nested more than {DEEPEST} deep:"[:40]]


def test_reaching_for_a_node_leaves_the_interpreter_s_own_limit_alone() -> None:
    code = (
        "from sys import getrecursionlimit as limit; old = limit(); "
        "import tracer.providers.evm.rpc; print(limit() - old)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_the_limit_is_where_it_is_said_to_be(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    for depth in (1, DEEPEST - 1, DEEPEST):
        body = opening * depth + b"0" + closing * depth
        assert not too_deep(body)
        json_of(Reply(200, "application/json", body))
    for body in (opening * (DEEPEST + 1), opening * (DEEPEST + 1) + b"0" + closing * (DEEPEST + 1)):
        assert too_deep(body)
        with pytest.raises(RetryableError, match="nested"):
            json_of(Reply(200, "application/json", body))


def test_brackets_in_texts_are_no_depth() -> None:
    text = json.dumps(["[" * 2_000, '\\"{[' * 2_000, {"k" * 10: "]}" * 2_000}]).encode()
    assert not too_deep(text)
    assert json_of(Reply(200, "application/json", text)) == json.loads(text)


@given(st.recursive(st.text('[]{}"\\a'), lambda inner: st.lists(inner) | st.dictionaries(st.text("[{"), inner)))
def test_no_sound_reply_is_called_too_deep(value: object) -> None:
    body = json.dumps([value] * 200).encode()
    assert not too_deep(body)
    assert not too_deep(body[: len(body) // 2])
