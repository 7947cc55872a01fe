from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from misbehaving_server import (
    CHAIN,
    QUICK,
    Hours,
    Say,
    Seen,
    Server,
    as_json,
    ask,
    asking,
    bytes_of,
    said,
    serving,
)

from tracer.bundle.live import LiveExchange, Progress
from tracer.bundle.offline import OfflineExchange
from tracer.bundle.store import Store
from tracer.collect.ahead import Ahead
from tracer.errors import SourceError, TracerError
from tracer.net.http import Http
from tracer.net.query import DENIED, NotHeld, PermanentError, Query, Reply, RetryableError, SplitRequest
from tracer.net.throttle import OverBudgetError, Stopped


def never() -> Any:
    raise AssertionError("nothing is sent here")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def live(tmp_path: Path, server: Server) -> Iterator[Callable[..., LiveExchange]]:
    hours, opened = Hours(), []

    def make(**more: Any) -> LiveExchange:
        for one in opened:
            one.close()
        http = Http({server.url: QUICK}, clock=hours.clock)
        store = Store(tmp_path / "bundle", write=True)
        opened.extend((store, http))
        return LiveExchange(store, http, sleep=hours.sleep, seed=1, **more)

    yield make
    for one in opened:
        one.close()


# --- asked once -------------------------------------------------------------------------------------------------------


def test_a_question_is_sent_once_and_then_answered_from_the_bundle(
    server: Server, live: Callable[..., LiveExchange], tmp_path: Path
) -> None:
    exchange = live()
    assert (exchange.offline, ask(exchange, server.url)) == (False, {"path": "/number", "n": "1"})
    assert exchange.ask(asking(server.url)[0], never, as_json)["n"] == "1"
    assert live().ask(asking(server.url)[0], never, as_json)["n"] == "1"
    with Store(tmp_path / "bundle") as store:
        offline = OfflineExchange(store)
        assert (offline.offline, offline.ask(asking(server.url)[0], never, as_json)["n"]) == (True, "1")
        assert offline.ask_all([(asking(server.url)[0], never, as_json)] * 2) == [{"path": "/number", "n": "1"}] * 2
    assert len(server.seen) == 1


def test_the_check_sees_the_same_reply_live_and_replayed(
    server: Server, live: Callable[..., LiveExchange], tmp_path: Path
) -> None:
    server.plan = lambda _: Say("ünï".encode(), status=404, content_type="Text/Plain; charset=utf-8")
    seen: list[Reply] = []

    def check(reply: Reply) -> int:
        seen.append(reply)
        return len(seen)

    exchange = live()
    query, request, _ = asking(server.url)
    assert [exchange.ask(query, request, check), exchange.ask(query, never, check)] == [1, 2]
    with Store(tmp_path / "bundle") as store:
        assert OfflineExchange(store).ask(query, never, check) == 3
    assert set(seen) == {Reply(404, "text/plain", "ünï".encode())}


def test_what_the_bundle_does_not_hold_is_named_offline(tmp_path: Path) -> None:
    query = Query("etherscan", CHAIN, "account/txlist", {"address": "0xabc", "page": 2}, head="0xfeed")
    with Store(tmp_path) as store, pytest.raises(NotHeld) as caught:
        OfflineExchange(store).ask(query, never, as_json)
    for part in ("account/txlist", "etherscan", "eip155:1", '"address": "0xabc", "page": 2', "0xfeed"):
        assert part in caught.value.what
    assert caught.value.next_step


def test_a_hostile_question_does_not_colour_the_terminal(tmp_path: Path) -> None:
    query = Query("test", CHAIN, "\x1b[31mred", {"text": "\x1b[2J\u202e"})
    with Store(tmp_path) as store, pytest.raises(NotHeld) as caught:
        OfflineExchange(store).ask(query, never, as_json)
    assert not {"\x1b", "\u202e"}.intersection(str(caught.value))


@pytest.mark.parametrize(("fault", "kind"), [("too_large", SplitRequest), ("refused", PermanentError)])
def test_a_definitive_fault_is_remembered_word_for_word(
    server: Server, live: Callable[..., LiveExchange], tmp_path: Path, fault: str, kind: type[TracerError]
) -> None:
    server.plan = lambda _: said({"fault": fault})
    exchange, texts = live(), []
    with Store(tmp_path / "bundle") as store:
        assert len(store) == 0
    for _ in range(2):
        with pytest.raises(kind) as caught:
            ask(exchange, server.url)
        texts.append((str(caught.value), getattr(caught.value, "reason", "")))
    with Store(tmp_path / "bundle") as store, pytest.raises(kind) as caught:
        OfflineExchange(store).ask(asking(server.url)[0], never, as_json)
    texts.append((str(caught.value), getattr(caught.value, "reason", "")))
    assert len(set(texts)) == 1
    assert "It says so." in texts[0][0]
    assert texts[0][1] == ("not_supported" if fault == "refused" else "")
    assert len(server.seen) == 1
    assert not (tmp_path / "bundle" / "responses").exists()  # what is no answer is not kept as data


def test_a_refusal_is_asked_once_more_where_that_is_wanted(server: Server, live: Callable[..., LiveExchange]) -> None:
    server.plan = lambda seen: said({"fault": "refused"}) if seen.number < 3 else said("now")
    for again in (False, False, True):
        exchange = live(renew_refused=again)
        for _ in range(2):
            with pytest.raises(PermanentError):
                ask(exchange, server.url)
    assert len(server.seen) == 2
    assert ask(live(renew_refused=True), server.url) == "now"
    assert ask(live(), server.url) == "now"
    assert len(server.seen) == 3


def test_a_question_about_now_is_asked_anew_and_the_last_answer_counts(
    server: Server, live: Callable[..., LiveExchange]
) -> None:
    server.plan = lambda seen: said(seen.number)
    exchange = live()
    assert [exchange.ask_anew(*asking(server.url)) for _ in range(3)] == [1, 2, 3]
    assert ask(exchange, server.url) == 3
    exchange._store.seal([])
    assert ask(exchange, server.url) == 3
    assert OfflineExchange(exchange._store).ask_anew(*asking(server.url)) == 3


def test_another_head_is_another_question(server: Server, live: Callable[..., LiveExchange]) -> None:
    server.plan = lambda seen: said(seen.number)
    exchange = live()
    assert [exchange.ask(*asking(server.url, head=head)) for head in ("a", "b", "a")] == [1, 2, 1]


def test_an_error_of_the_check_is_raised_and_nothing_is_kept(server: Server, live: Callable[..., LiveExchange]) -> None:
    def inconsistent(reply: Reply) -> None:
        raise SourceError(f"{len(reply.body)} bytes contradict the question.")

    exchange = live()
    query, request, _ = asking(server.url)
    with pytest.raises(SourceError, match="contradict"):
        exchange.ask(query, request, inconsistent)
    assert len(exchange._store) == 0
    assert len(server.seen) == 1


def test_a_kept_reply_that_a_better_check_does_not_take_is_asked_again(
    server: Server, live: Callable[..., LiveExchange]
) -> None:
    server.plan = lambda seen: said("rate limited" if seen.number == 1 else "answer")

    def better(reply: Reply) -> Any:
        if b"rate limited" in reply.body:
            raise RetryableError("Too often.", reason="rate_limited")
        return as_json(reply)

    exchange = live()
    query, request, check = asking(server.url)
    assert exchange.ask(query, request, check) == "rate limited"
    assert exchange.ask(query, request, better) == "answer"
    assert exchange.ask(query, never, better) == "answer"


# --- several at once --------------------------------------------------------------------------------------------------


def test_several_questions_are_asked_side_by_side_answered_in_their_order_and_each_is_written(
    server: Server, live: Callable[..., LiveExchange]
) -> None:
    together = threading.Barrier(QUICK.concurrency)
    wait = random.Random(1)

    def plan(seen: Seen) -> Say:
        if seen.number <= QUICK.concurrency:
            together.wait(10)
        threading.Event().wait(wait.random() * 0.01)
        return said(int(seen.params["n"]))

    server.plan = plan
    exchange = live()
    numbers = list(range(40, 0, -1))
    assert exchange.ask_all([asking(server.url, n) for n in numbers]) == numbers
    assert sorted(record.query.params["n"] for record in exchange._store.records()) == sorted(numbers)


def test_no_more_calls_are_under_way_than_the_host_allows(server: Server, live: Callable[..., LiveExchange]) -> None:
    under_way, most, lock = itertools.count(), [0], threading.Lock()
    current = [0]

    def plan(_: Seen) -> Say:
        with lock:
            current[0] += 1
            most[0] = max(most[0], current[0])
        threading.Event().wait(0.05)
        with lock:
            current[0] -= 1
        return said(next(under_way))

    server.plan = plan
    live().ask_all([asking(server.url, n) for n in range(30)])
    assert most[0] == QUICK.concurrency


def test_the_same_question_twice_at_once_is_sent_once(server: Server, live: Callable[..., LiveExchange]) -> None:
    answers = live().ask_all([asking(server.url, n) for n in (1, 2, 1, 1, 2)])
    assert [answer["n"] for answer in answers] == ["1", "2", "1", "1", "2"]
    assert len(server.seen) == 2


@pytest.mark.parametrize("fault", ["refused", "too_large"])
def test_one_failing_question_does_not_lose_the_answers_of_the_others(
    server: Server, live: Callable[..., LiveExchange], fault: str
) -> None:
    server.plan = lambda seen: said({"fault": fault} if seen.params["n"] in ("3", "7") else seen.params)
    exchange = live()
    with pytest.raises((PermanentError, SplitRequest)):
        exchange.ask_all([asking(server.url, n) for n in range(20)])
    assert len(exchange._store) == 20
    assert len(server.seen) == 20


def test_a_bug_in_a_check_is_raised_and_the_others_are_kept(server: Server, live: Callable[..., LiveExchange]) -> None:
    def check(reply: Reply) -> Any:
        return 1 // (int(as_json(reply)["n"]) - 3)

    exchange = live()
    questions = [(*asking(server.url, n)[:2], check) for n in range(8)]
    with pytest.raises(ZeroDivisionError):
        exchange.ask_all(questions)
    assert len(exchange._store) == 7


def test_after_a_fault_that_stays_nothing_further_is_sent(server: Server, live: Callable[..., LiveExchange]) -> None:
    server.plan = lambda _: Say(status=500)
    exchange = live()
    with pytest.raises(RetryableError):
        exchange.ask_all([asking(server.url, n) for n in range(200)])
    assert len(server.seen) <= (2 * QUICK.concurrency + 1) * (QUICK.retries + 1)


# --- budget and progress ----------------------------------------------------------------------------------------------


def test_a_budget_of_calls_ends_with_an_error_that_is_not_remembered(
    server: Server, live: Callable[..., LiveExchange]
) -> None:
    exchange = live(max_calls=5)
    with pytest.raises(OverBudgetError, match="All 5 calls") as caught:
        exchange.ask_all([asking(server.url, n) for n in range(9)])
    assert caught.value.reason == "over_budget"
    with pytest.raises(OverBudgetError):
        ask(exchange, server.url, 7)
    assert ask(exchange, server.url, 3)["n"] == "3"
    assert sorted(record.query.params["n"] for record in exchange._store.records()) == [0, 1, 2, 3, 4]
    assert live().ask_all([asking(server.url, n) for n in range(9)])[8]["n"] == "8"
    assert len(server.seen) == 9


def test_repeated_calls_count_against_the_budget(server: Server, live: Callable[..., LiveExchange]) -> None:
    server.plan = lambda _: Say(status=500)
    exchange = live(max_calls=2)
    with pytest.raises(OverBudgetError):
        ask(exchange, server.url)
    assert len(server.seen) == 2
    assert [record.answer.outcome for record in exchange._store.records()] == ["try_again"] * 2


def test_progress_says_how_far_it_is(server: Server, live: Callable[..., LiveExchange]) -> None:
    told: list[Progress] = []
    exchange = live(max_calls=10, progress=told.append)
    server.plan = lambda seen: Say(status=500) if seen.number == 1 else said({"n": seen.params["n"]})
    ask(exchange, server.url, 1)
    exchange.ask_all([asking(server.url, n) for n in (1, 2, 3)])
    assert told[0] == Progress(asked=1, from_bundle=0, stored=1, calls=2, calls_left=8)
    assert told[-1] == Progress(asked=4, from_bundle=1, stored=3, calls=4, calls_left=6)
    server.plan = lambda _: said({"fault": "refused"})
    for _ in range(2):
        with pytest.raises(PermanentError):
            ask(exchange, server.url, 4)
    assert told[-1] == Progress(asked=6, from_bundle=2, stored=4, calls=5, calls_left=5)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no signals between threads")
def test_ctrl_c_leaves_a_whole_bundle(server: Server, tmp_path: Path) -> None:
    def plan(seen: Seen) -> Say:
        if seen.number == 10:
            os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(0.01)
        return Say(status=429, headers={"Retry-After": "100"}) if seen.number > 12 else said(seen.params)

    server.plan = plan
    with Http({server.url: QUICK}) as http, Store(tmp_path / "bundle", write=True) as store:
        exchange = LiveExchange(store, http)
        with pytest.raises(KeyboardInterrupt):
            exchange.ask_all([asking(server.url, n) for n in range(200)])
        assert 0 < len(store) <= 12
        server.plan = lambda seen: said(seen.params)
    with Http({server.url: QUICK}) as http, Store(tmp_path / "bundle", write=True) as store:
        assert len(LiveExchange(store, http).ask_all([asking(server.url, n) for n in range(50)])) == 50
        assert len(store) == 50


# --- order does not matter --------------------------------------------------------------------------------------------


class Oracle:
    """A provider without a network: what it answers depends on the question alone, but it fails now and then."""

    def __init__(self, seed: int, faults: int) -> None:
        self.chance, self.faults, self.lock = random.Random(seed), faults, threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["n"])
        with self.lock:
            if self.chance.randrange(10) < self.faults:
                return streamed(*self.chance.choice([(429, b""), (502, b"{}"), (200, b"<p>no</p>")]))
        if number % 5 == 4:
            return streamed(200, json.dumps({"fault": ("refused", "too_large")[number % 2]}).encode())
        return streamed(200, json.dumps({"rows": [number // 3] * (number % 3)}).encode())


def streamed(status: int, body: bytes) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(body))


def collect(folder: Path, batches: list[list[int]], seed: int, faults: int) -> tuple[dict[str, bytes], str]:
    """Ask in batches, each in a new session with its own luck, and seal."""
    hours, url = Hours(), "https://api.example.org"
    for turn, batch in enumerate(batches):
        oracle = httpx.MockTransport(Oracle(seed + turn, faults))
        settings = replace(QUICK, retries=60)
        with (
            Http({url: settings}, clock=hours.clock, transport=oracle) as http,
            Store(folder, write=True, clock=lambda: 0.0) as store,
        ):
            exchange = LiveExchange(store, http, sleep=hours.sleep, seed=seed)
            heads = {0: "", 1: "current", 2: "orphaned"}
            with contextlib.suppress(SplitRequest, PermanentError):
                exchange.ask_all([asking(url, n, head=heads[n % 7 % 3]) for n in batch])
    with Store(folder, write=True, clock=lambda: 0.0) as store:
        store.seal(["current"])
        return bytes_of(folder), store.content_sha256()


@given(st.data())
def test_the_order_of_asking_does_not_change_a_sealed_byte(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    numbers = data.draw(st.lists(st.integers(0, 24), min_size=1, max_size=12))
    asked = data.draw(st.permutations(numbers + data.draw(st.lists(st.sampled_from(numbers), max_size=4))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(asked)), max_size=2)))
    batches = [asked[a:b] for a, b in itertools.pairwise([0, *cuts, len(asked)])]
    folder = tmp_path_factory.mktemp("orders")
    plainly = collect(folder / "plain", [sorted(set(numbers))], 0, 0)
    assert collect(folder / "mixed", batches, data.draw(st.integers(0, 99)), 4) == plainly


# --- several who ask at once ------------------------------------------------------------------------------------------


def test_g16_a_question_that_several_ask_at_once_is_sent_once(server: Server, tmp_path: Path) -> None:
    server.plan = lambda seen: said({"n": seen.params["n"]})
    with Http({server.url: QUICK}) as http, Store(tmp_path, write=True) as store, ThreadPoolExecutor(8) as pool:
        exchange = LiveExchange(store, http)
        batches = [[asking(server.url, number % 7) for number in range(start, start + 7)] for start in range(16)]
        answers = list(pool.map(exchange.ask_all, batches))
        alone = list(pool.map(lambda number: exchange.ask(*asking(server.url, number % 3)), range(20, 40)))
    assert [[one["n"] for one in some] for some in answers] == [
        [str(number % 7) for number in range(start, start + 7)] for start in range(16)
    ]
    assert [one["n"] for one in alone] == [str(number % 3) for number in range(20, 40)]
    assert len(server.seen) == 7


def test_g16_where_calls_are_counted_holders_are_read_one_after_the_other(tmp_path: Path) -> None:
    with Http({"http://127.0.0.1:1": QUICK}) as http, Store(tmp_path, write=True) as store:
        assert LiveExchange(store, http, max_calls=5).concurrency == 1
        assert LiveExchange(store, http).concurrency == QUICK.concurrency


def test_g16_after_an_error_nobody_is_left_who_asks_and_nothing_is_left_open(server: Server, tmp_path: Path) -> None:
    """One of ten holders ends the fetch while the replies to the others are held back, as by a slow provider."""
    held = threading.Event()
    server.plan = lambda seen: said({}, status=403) if seen.params["n"] == "0" and held.wait(5) else late(seen)

    def late(seen: Seen) -> Say:
        if seen.number >= 9:
            held.set()
        return Say(b'{"n": "0"}' + b" " * 50, drip=0.4)

    def refused(reply: Reply) -> Any:
        if reply.status == 403:
            raise PermanentError("The key is refused.", reason=DENIED)
        return json.loads(reply.body)

    before = {thread.ident for thread in threading.enumerate()}
    sockets = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else set()
    begun = time.monotonic()

    def fetch() -> None:
        settings = replace(QUICK, concurrency=16)
        with (
            Store(tmp_path, write=True) as store,
            Http({server.url: settings}) as http,
            LiveExchange(store, http) as exchange,
        ):
            ahead = Ahead(16, exchange.break_off)
            ahead.each(lambda number: exchange.ask(*asking(server.url, number)[:2], refused), range(10))

    with pytest.raises(PermanentError, match="The key is refused"):
        fetch()
    assert time.monotonic() - begun < 15, "it waited for replies of 24 s"
    threads = [one for one in threading.enumerate() if one.ident not in before and one.name.startswith("tracer")]
    for one in threads:
        one.join(5)
    assert not [one.name for one in threads if one.is_alive()]
    assert server.saw_all(), "a connection of the fetch is open still"
    assert not sockets or {one for one in os.listdir("/proc/self/fd") if one not in sockets} == set()


def test_g16_an_exchange_that_is_broken_off_sends_nothing_further(server: Server, tmp_path: Path) -> None:
    slow = replace(QUICK, rate_per_s=0.001, burst=1)
    with Http({server.url: slow}) as http, Store(tmp_path, write=True) as store, ThreadPoolExecutor(2) as pool:
        exchange = LiveExchange(store, http)
        exchange.ask(*asking(server.url, 1))
        waits = pool.submit(exchange.ask, *asking(server.url, 2))
        also = pool.submit(exchange.ask_all, [asking(server.url, 3), asking(server.url, 2)])
        time.sleep(0.1)
        exchange.break_off()
        for future in (waits, also):
            with pytest.raises(Stopped):
                future.result(timeout=5)
        with pytest.raises(Stopped):
            exchange.ask(*asking(server.url, 4))
    assert len(server.seen) == 1
