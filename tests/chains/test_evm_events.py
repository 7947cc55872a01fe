"""A log is read by the signature of its event, strictly: what does not fit it is not that event."""

from __future__ import annotations

import subprocess
import sys

import pytest
from eth_abi.abi import encode

from tracer.chains import TRANSFER_TOPIC, EventAbi
from tracer.errors import InputError
from tracer.model import LogRecord

A, B = ("0x" + digit * 40 for digit in "ab")
SWAP = EventAbi(
    "Swap(address indexed sender, uint256 amount0In, uint256 amount1In, uint256 amount0Out, uint256 amount1Out, "
    "address indexed to)"
)


def word(address: str) -> str:
    return "0x" + "0" * 24 + address[2:]


def log(topics: tuple[str, ...], data: bytes) -> LogRecord:
    return LogRecord(0, A, topics, "0x" + data.hex())


def test_the_topic_is_the_hash_of_name_and_types() -> None:
    assert EventAbi("Transfer(address indexed from, address indexed to, uint256 value)").topic == TRANSFER_TOPIC
    # Uniswap v2 pairs write this one
    assert SWAP.topic == "0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822"


def test_arguments_are_read_by_name_wherever_they_stand() -> None:
    data = encode(["uint256"] * 4, [1, 0, 0, 2**255])
    found = SWAP.read(log((SWAP.topic, word(A), word(B)), data))
    assert found == {"sender": A, "amount0In": 1, "amount1In": 0, "amount0Out": 0, "amount1Out": 2**255, "to": B}


def test_of_an_indexed_text_only_its_hash_is_known() -> None:
    event = EventAbi("Named(string indexed name, bytes32 indexed id, string plain, bytes raw, uint8[] list)")
    topics = (event.topic, "0x" + "7" * 64, "0x" + "8" * 64)
    found = event.read(log(topics, encode(["string", "bytes", "uint8[]"], ["é", b"\x01", [3, 4]])))
    assert found == {"name": topics[1], "id": topics[2], "plain": "é", "raw": "0x01", "list": (3, 4)}


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ((), b""),
        (("0x" + "1" * 64, word(A), word(B)), encode(["uint256"] * 4, [1, 2, 3, 4])),
        ((SWAP.topic, word(A)), encode(["uint256"] * 4, [1, 2, 3, 4])),
        ((SWAP.topic, word(A), word(B), word(B)), encode(["uint256"] * 4, [1, 2, 3, 4])),
        ((SWAP.topic, word(A), word(B)), b""),
        ((SWAP.topic, word(A), word(B)), encode(["uint256"] * 4, [1, 2, 3, 4])[:-1]),
        ((SWAP.topic, "0x" + "f" * 64, word(B)), encode(["uint256"] * 4, [1, 2, 3, 4])),
    ],
)
def test_a_log_that_does_not_fit_is_not_that_event(topics: tuple[str, ...], data: bytes) -> None:
    assert SWAP.read(log(topics, data)) is None


def test_a_text_that_is_no_text_is_not_that_event() -> None:
    event = EventAbi("Said(string what)")
    bad = encode(["bytes"], [b"\xff\xfe"])
    assert event.read(log((event.topic,), bad)) is None
    endless = encode(["uint256", "uint256"], [32, 2**255])
    assert event.read(log((event.topic,), endless)) is None


@pytest.mark.parametrize("text", ["", "Transfer", "Transfer(address)", "T(tuple x)(", "T(address indexed)"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        EventAbi(text).topic  # noqa: B018


def test_the_codec_is_imported_only_where_a_log_is_read() -> None:
    code = "import sys; from tracer.decoders import DECODERS; print('eth_abi' in sys.modules, 'web3' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
