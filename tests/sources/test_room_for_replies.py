"""However many calls are under way and whatever they bring, what is in memory of their replies is bounded."""

from __future__ import annotations

import gzip
import json
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from misbehaving_server import QUICK, Say, Server, asking, serving, zipped

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.net.http import Http
from tracer.net.lines import lines_reading
from tracer.net.query import PermanentError, Reply, ReplyFault, RetryableError, SplitRequest
from tracer.net.room import MOST, Room, weight

MIB = 1 << 20


@pytest.fixture
def server() -> Any:
    with serving() as running:
        yield running


def test_64_large_valid_replies_at_once_are_not_all_in_memory(server: Server, tmp_path: Path) -> None:
    """Each is 2 MiB and good; 16 MiB is the room: what is kept in the end is their length alone."""
    body = b'{"pad": "' + b"x" * (2 * MIB) + b'"}'
    server.plan = lambda seen: zipped(body)
    counting, now, most = threading.Lock(), 0, 0

    def length(reply: Reply) -> int:
        nonlocal now, most
        with counting:
            now += len(reply.body)
            most = max(most, now)
        found = len(json.loads(reply.body)["pad"])
        with counting:
            now -= len(reply.body)
        return found

    questions = [(*asking(server.url, number)[:2], length) for number in range(64)]
    with (
        Store(tmp_path, write=True) as store,
        Http({server.url: replace(QUICK, concurrency=64)}, room=Room(16 * MIB)) as http,
        LiveExchange(store, http) as exchange,
    ):
        tracemalloc.start()
        assert exchange.ask_all(questions) == [2 * MIB] * 64
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(store) == 64
        assert http._room.used == 0
    assert most <= 16 * MIB
    assert peak < 64 * MIB, f"{peak / MIB:.0f} MiB for replies of 128"


def test_who_has_had_room_for_longest_goes_on_though_there_is_none() -> None:
    room, ends = Room(10 * MIB), threading.Barrier(9)

    def grown(_: int) -> bool:
        with room.place() as place:
            place.need(MIB)
            ends.wait(5)  # all have some, and no room is left for what all want
            for size in range(2, 9):
                place.need(size * MIB)
        return True

    with ThreadPoolExecutor(9) as pool:
        assert all(pool.map(grown, range(9)))
    assert room.used == 0


def test_a_fault_and_a_second_try_leave_nothing_in_the_room(server: Server, tmp_path: Path) -> None:
    whole = json.dumps({"pad": "x" * MIB}).encode()
    server.plan = lambda seen: Say(whole[:-5] if seen.number % 2 else whole)
    room = Room(3 * MIB)
    with (
        Store(tmp_path, write=True) as store,
        Http({server.url: QUICK}, room=room) as http,
        LiveExchange(store, http, sleep=lambda _: None) as exchange,
    ):
        for number in range(4):
            exchange.ask(*asking(server.url, number))
    assert room.used == 0


@pytest.mark.parametrize("text", [b"[" * 400 + b"]" * 400, b"[]", b"{}", b'{"a":1}', b'"ab"', b"1.5", b"12345678"])
def test_the_weight_of_a_text_is_no_less_than_what_is_parsed_of_it_takes(text: bytes) -> None:
    body = b"[" + b",".join([text] * (MIB // len(text))) + b"]"
    tracemalloc.start()
    found = json.loads(body)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size <= weight(body) <= 120 * len(body)
    assert len(found) > 1


def test_a_reply_that_would_fill_the_memory_is_too_large_and_halved_and_not_read(
    server: Server, tmp_path: Path
) -> None:
    body = gzip.compress(b"[" + b"[]," * (MOST // 150) + b"[]]", 1)
    server.plan = lambda seen: Say(body, headers={"Content-Encoding": "gzip"})
    read: list[int] = []
    with (
        Store(tmp_path, write=True) as store,
        Http({server.url: QUICK}) as http,
        LiveExchange(store, http) as exchange,
        pytest.raises(SplitRequest, match="MiB of memory"),
    ):
        exchange.ask(*asking(server.url)[:2], lambda reply: read.append(len(reply.body)))
    assert not read


# --- line by line -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [b"1\n", b"{}\n", b"[]\n", b"null\n", b" \n", b"\n", b'{"header":{}}\n'])
def test_a_reply_of_a_million_lines_ends_at_the_first_bad_one(line: bytes) -> None:
    parsed = 0

    def first_two(lines: Any) -> int:
        nonlocal parsed
        for field in lines:
            parsed += 1
            field.get("header").get("number")
        return parsed

    body = line * (4 * MIB // len(line))
    tracemalloc.start()
    with pytest.raises(ReplyFault) as caught:
        lines_reading(first_two)(Reply(200, "application/jsonl", body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(caught.value, PermanentError if line.strip() else RetryableError)
    assert parsed <= 1
    assert peak < MIB


def test_lines_are_read_whatever_they_end_with_and_a_last_one_cut_off_is_no_answer() -> None:
    check = lines_reading(lambda lines: [field.get("n").integer() for field in lines])
    assert check(Reply(200, "", b'{"n":1}\r\n\r\n  {"n":2}\n\n')) == [1, 2]
    for body in (b'{"n":1}\n{"n":', b"", b"\n \n"):
        with pytest.raises(RetryableError):
            check(Reply(200, "", body))
