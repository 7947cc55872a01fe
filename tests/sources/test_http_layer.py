from __future__ import annotations

import email.utils
import inspect
import json
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from misbehaving_server import QUICK, Hours, Say, Seen, Server, ask, asking, said, serving, zipped

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.errors import InputError, SourceError, TracerError
from tracer.net.http import REDIRECTS, Http
from tracer.net.query import PermanentError, Request, RetryableError, SplitRequest
from tracer.net.room import Room
from tracer.net.settings import HostSettings
from tracer.net.throttle import Pause

Live = Callable[..., LiveExchange]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def live(tmp_path: Path, server: Server, hours: Hours) -> Iterator[Live]:
    """Give a maker of exchanges to the server on which time passes only when waited for."""
    opened: list[Store | Http] = []

    def make(settings: HostSettings = QUICK, **more: object) -> LiveExchange:
        http = Http({server.url: settings}, clock=hours.clock, now=lambda: 1_000_000_000 + hours.now)
        store = Store(tmp_path / "bundle", write=True)
        opened.extend((store, http))
        return LiveExchange(store, http, sleep=hours.sleep, seed=1, **more)  # type: ignore[arg-type]

    yield make
    for one in opened:
        one.close()


def failing(times: int, fault: Say) -> Callable[[Seen], Say]:
    return lambda seen: fault if seen.number <= times else said({"n": seen.params["n"]})


# --- faults that pass -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Say(b"slow down", status=429, content_type="text/plain"),
        Say(b"oops", status=500),
        Say(b"<html>bad gateway</html>", status=502, content_type="text/html"),
        said({"error": "unavailable"}, status=503),
        Say(b"<html>checking your browser</html>", content_type="text/html"),
        Say(b'{"result": [', content_type="application/json"),
        Say(b'{"n": 1}', claim=4_000),
        Say(b""),
        Say(b"\x1f\x8bbroken", headers={"Content-Encoding": "gzip"}),
        replace(zipped(b'{"n": 1}'), body=zipped(b'{"n": 1}').body[:-6]),
        Say(b"xyz", headers={"Content-Encoding": "br"}),
    ],
    ids=[
        *("429", "500", "502", "503", "html", "cut json", "cut body", "empty"),
        *("damaged gzip", "cut gzip", "unasked encoding"),
    ],
)
def test_a_fault_that_passes_is_asked_again_and_noted(server: Server, live: Live, fault: Say) -> None:
    server.plan = failing(2, fault)
    exchange = live()
    assert ask(exchange, server.url) == {"n": "1"}
    assert len(server.seen) == 3
    noted = [(r.attempt, r.answer.outcome) for r in exchange._store.records()]
    assert noted == [(1, "try_again"), (2, "try_again"), (3, "ok")]


@pytest.mark.parametrize("fault", [Say(status=429), Say(status=500), Say(b"{}", claim=10)])
def test_a_fault_that_stays_is_raised_after_the_retries_and_not_remembered(
    server: Server, live: Live, fault: Say
) -> None:
    server.plan = failing(4, fault)
    exchange = live()
    with pytest.raises(RetryableError) as caught:
        ask(exchange, server.url)
    assert len(server.seen) == QUICK.retries + 1
    assert caught.value.next_step
    assert ask(exchange, server.url) == {"n": "1"}


def test_retry_after_in_seconds_is_waited(server: Server, live: Live, hours: Hours) -> None:
    server.plan = failing(1, Say(status=429, headers={"Retry-After": "7"}))
    ask(live(), server.url)
    assert 7.0 <= hours.now < 7.1


def test_retry_after_as_a_date_is_waited(server: Server, live: Live, hours: Hours) -> None:
    date = email.utils.formatdate(1_000_000_000 + 40, usegmt=True)
    server.plan = failing(1, Say(status=503, headers={"Retry-After": date}))
    ask(live(), server.url)
    assert hours.now == 40.0


SENSELESS = [
    ("86400", 120.0, 120.1),
    ("-5", 0.2, 0.6),
    ("soon", 0.2, 0.6),
    ("9" * 5_000, 120.0, 120.1),
    ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0.2, 0.6),
    ("Mon, 01 Jan 2035 00:00:00 +99999999999999999999", 0.2, 0.6),
    ("Mon, 01 Jan 0001 00:00:00 +2359", 0.2, 0.6),
    ("Fri, 31 Dec 9999 23:59:59 -2359", 119.9, 120.1),
    ("Mon, 99 Foo 2035 99:99:99 GMT", 0.2, 0.6),
    ("," * 500, 0.2, 0.6),
]


@pytest.mark.parametrize(("asked", "least", "most"), SENSELESS)
def test_a_senseless_retry_after_does_not_hold_us(
    server: Server, live: Live, hours: Hours, asked: str, least: float, most: float
) -> None:
    server.plan = failing(1, Say(status=429, headers={"Retry-After": asked}))
    ask(live(), server.url)
    assert least <= hours.now <= most


@pytest.mark.parametrize("asked", [asked for asked, *_ in SENSELESS])
def test_what_a_good_reply_says_of_waiting_costs_nothing(server: Server, live: Live, hours: Hours, asked: str) -> None:
    server.plan = lambda seen: said({"n": 1}, headers={"Retry-After": asked})
    assert ask(live(), server.url) == {"n": 1}
    assert hours.now == 0


def test_waits_double_and_vary_with_the_seed(server: Server, live: Live, hours: Hours) -> None:
    server.plan = failing(3, Say(status=500))
    ask(live(), server.url)
    assert 0.05 <= hours.waits[0] <= 0.1
    assert [0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(hours.waits) if n] == [True] * 2


def test_who_was_asked_too_often_is_left_alone_for_longer_at_once(server: Server, live: Live, hours: Hours) -> None:
    server.plan = failing(1, Say(status=429))
    ask(live(), server.url)
    assert 0.25 <= hours.now <= 0.5


def test_a_server_error_in_json_does_not_become_a_refusal(server: Server, live: Live) -> None:
    server.plan = failing(1, said({"fault": "refused"}, status=503))
    assert ask(live(), server.url) == {"n": "1"}


def test_a_server_error_in_json_of_another_form_is_asked_again(server: Server, live: Live) -> None:
    server.plan = failing(1, said(["upstream", "gone"], status=502))
    query, request, _ = asking(server.url)
    assert live().ask(query, request, lambda reply: json.loads(reply.body)["n"]) == "1"


def test_a_server_error_that_says_too_large_is_believed(server: Server, live: Live) -> None:
    server.plan = failing(1, said({"fault": "too_large"}, status=500))
    with pytest.raises(SplitRequest):
        ask(live(), server.url)
    assert len(server.seen) == 1


def test_a_silent_server_is_given_up(server: Server, live: Live) -> None:
    server.plan = failing(9, Say(b"{}", drip=0.6))
    with pytest.raises(RetryableError, match=r"silent for 0\.2 s"):
        ask(live(replace(QUICK, timeout_s=0.2, retries=1)), server.url)
    assert len(server.seen) == 2


def test_a_server_that_drips_is_given_up(tmp_path: Path, server: Server) -> None:
    server.plan = lambda _: Say(b"{" + b" " * 100 + b"}", drip=0.05)
    settings = replace(QUICK, total_s=0.3, retries=0)
    with (
        Http({server.url: settings}) as http,
        Store(tmp_path / "bundle", write=True) as store,
        pytest.raises(RetryableError, match="whole reply within"),
    ):
        ask(LiveExchange(store, http), server.url)


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n", *([b"X"] * 400)],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 400,
        [b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 400,
    ],
)
def test_g14_a_server_that_never_comes_to_its_reply_is_given_up(tmp_path: Path, parts: list[bytes]) -> None:
    with sending(parts, every=0.02) as url:
        settings = replace(QUICK, timeout_s=2.0, total_s=0.4, retries=0)
        began = time.monotonic()
        with (
            Http({url: settings}) as http,
            Store(tmp_path / "bundle", write=True) as store,
            pytest.raises(RetryableError, match="whole reply within"),
        ):
            ask(LiveExchange(store, http), url)
        assert time.monotonic() - began < 3


@contextmanager
def sending(parts: list[bytes], every: float) -> Iterator[str]:
    """Give a server that sends these parts of a reply to each question, one after another."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                    time.sleep(every)
        except OSError:
            return  # whoever asked has gone, which is what the test is about

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join(5)


def test_nobody_there_is_a_fault_that_may_pass(tmp_path: Path, hours: Hours) -> None:
    with serving() as gone:
        url = gone.url
    with Http({url: QUICK}, clock=hours.clock) as http, Store(tmp_path / "bundle", write=True) as store:
        exchange = LiveExchange(store, http, sleep=hours.sleep)
        with pytest.raises(RetryableError, match=r"connection to 127\.0\.0\.1 failed"):
            ask(exchange, url)
        assert [r.answer.status for r in store.records()] == [None] * 4


# --- size -------------------------------------------------------------------------------------------------------------


def test_a_reply_larger_than_allowed_is_too_large_and_remembered(server: Server, live: Live) -> None:
    server.plan = lambda _: Say(b'"' + b"x" * 5_000 + b'"')
    exchange = live(replace(QUICK, max_bytes=4_096))
    for _ in range(2):
        with pytest.raises(SplitRequest, match="larger than 4096 bytes"):
            ask(exchange, server.url)
    assert len(server.seen) == 1


def test_a_reply_of_exactly_the_size_is_read(server: Server, live: Live) -> None:
    server.plan = lambda _: zipped(b'"' + b"x" * 4_094 + b'"')
    assert ask(live(replace(QUICK, max_bytes=4_096)), server.url) == "x" * 4_094


def test_a_bomb_does_not_fill_the_memory(server: Server, live: Live) -> None:
    bomb = zipped(b"0" * 200_000_000)
    server.plan = lambda _: bomb
    exchange = live(replace(QUICK, max_bytes=1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(SplitRequest):
            ask(exchange, server.url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_of_many_large_replies_at_once_few_are_in_memory(server: Server) -> None:
    size = 16 << 20
    bomb = zipped(b"0" * size)
    server.plan = lambda _: bomb
    held, most, counting = 0, 0, threading.Lock()

    def ask_one(_: int) -> int:
        nonlocal held, most
        with http.place() as place:
            got = http.send(Request("GET", server.url), Pause(), place)
            with counting:
                held += 1
                most = max(most, held)
            time.sleep(0.05)
            with counting:
                held -= 1
            return len(got.reply.body)

    room = Room(2 * size)
    with Http({server.url: replace(QUICK, concurrency=8)}, room=room) as http, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask_one, range(8))) == [size] * 8
    assert 1 <= most <= 2
    assert room.used == 0


def test_a_large_reply_that_is_never_understood_leaves_its_place(server: Server, live: Live) -> None:
    server.plan = lambda _: replace(zipped(b" " * (5 << 20)), status=500)
    exchange = live(replace(QUICK, retries=0))
    with pytest.raises(RetryableError):
        ask(exchange, server.url)
    assert exchange._http._room.used == 0


# --- where it goes ----------------------------------------------------------------------------------------------------


def test_a_host_that_no_source_names_is_refused_before_a_socket_opens() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.method)

    with Http({"https://api.example.org/v2": QUICK}, transport=httpx.MockTransport(never)) as http:
        for url in (
            "https://evil.example/v2",
            "http://api.example.org/v2",
            "https://api.example.org:444/v2",
            "https://api.example.org@evil.example/v2",
            "https://api.example.org.evil.example/",
        ):
            with pytest.raises(SourceError, match="not a host that a source names"):
                http.send(Request("GET", url), Pause())


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://a.example", "https:///p", "http://[::1", "https://a:b"]
)
def test_what_is_not_a_web_address_is_an_input_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Http({url: QUICK})
    assert not url or url not in str(caught.value)


def test_a_redirect_to_another_host_is_not_followed(server: Server, live: Live) -> None:
    with serving() as other:
        server.plan = lambda _: Say(status=302, headers={"Location": f"{other.url}/number"})
        with pytest.raises(RetryableError, match="sends the question elsewhere") as caught:
            ask(live(), server.url)
        assert "set the URL of the source" in caught.value.what
        assert (len(server.seen), other.seen) == (2, [])  # once more: it lasts, where a source has moved


@pytest.mark.parametrize("location", ["https://login.example/", "http://[", "file:///etc/passwd", "/number/" * 9])
def test_one_redirect_to_elsewhere_passes(server: Server, live: Live, location: str) -> None:
    server.plan = failing(1, Say(status=302, headers={"Location": location}))
    assert ask(live(), server.url) == {"n": "1"}


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "http://[::1", "//evil.example/x", "https:///x", "mailto:a"]
)
def test_a_hostile_redirect_is_not_followed(server: Server, live: Live, location: str) -> None:
    server.plan = lambda _: Say(status=301, headers={"Location": location})
    with pytest.raises(SourceError):
        ask(live(), server.url)
    assert {seen.path for seen in server.seen} == {"/number"}


def test_a_redirect_within_the_host_is_followed_a_few_times(server: Server, live: Live) -> None:
    server.plan = lambda s: Say(status=308, headers={"Location": "/new?n=5"}) if s.path == "/number" else said(s.params)
    exchange = live()
    assert ask(exchange, server.url) == {"n": "5"}
    server.seen.clear()
    server.plan = lambda _: Say(status=302, headers={"Location": "/number"})
    with pytest.raises(SourceError, match="elsewhere"):
        ask(exchange, server.url, 2)
    assert len(server.seen) == (REDIRECTS + 1) * 2


def test_a_redirect_that_would_drop_the_question_is_not_followed(server: Server) -> None:
    server.plan = lambda _: Say(status=302, headers={"Location": "/elsewhere"})
    with Http({server.url: QUICK}) as http, pytest.raises(SourceError, match="elsewhere"):
        http.send(Request("POST", server.url, body=b"{}"), Pause())
    assert len(server.seen) == 1


def test_a_key_in_a_header_does_not_follow_a_redirect_to_another_named_host(server: Server) -> None:
    with serving() as other, Http({server.url: QUICK, other.url: QUICK}) as http:
        server.plan = lambda _: Say(status=307, headers={"Location": f"{other.url}/there"})
        headers = {"X-Api-Key": "a-key-of-mine", "Content-Type": "application/json"}
        http.send(Request("POST", server.url, headers=headers, body=b"{}"), Pause())
        assert server.seen[0].headers["x-api-key"] == "a-key-of-mine"
        assert "x-api-key" not in other.seen[0].headers
        assert (other.seen[0].body, other.seen[0].headers["content-type"]) == (b"{}", "application/json")


def test_links_in_replies_are_data(server: Server, live: Live) -> None:
    server.plan = lambda _: said({"next": f"{server.url}/more", "links": {"next": "https://evil.example"}})
    ask(live(), server.url)
    assert len(server.seen) == 1


def test_cookies_are_not_sent_back(server: Server, live: Live) -> None:
    server.plan = lambda _: said(1, headers={"Set-Cookie": "tracked=yes; Path=/"})
    exchange = live()
    ask(exchange, server.url, 1)
    ask(exchange, server.url, 2)
    assert ["cookie" in seen.headers for seen in server.seen] == [False, False]


# --- rates ------------------------------------------------------------------------------------------------------------


def test_calls_keep_the_rate_of_their_host(server: Server, live: Live, hours: Hours) -> None:
    exchange = live(HostSettings(rate_per_s=3.0))
    for number in range(10):
        ask(exchange, server.url, number)
    assert hours.now == pytest.approx(3.0)


def test_a_burst_goes_out_at_once_and_then_the_rate_holds(server: Server, live: Live, hours: Hours) -> None:
    exchange = live(HostSettings(rate_per_s=2.0, burst=4))
    hours.now += 60
    for number in range(4):
        ask(exchange, server.url, number)
    assert hours.now == 60
    for number in range(4, 8):
        ask(exchange, server.url, number)
    assert hours.now == pytest.approx(62.0)


def test_a_days_budget_is_an_end_that_is_not_remembered(server: Server, live: Live, hours: Hours) -> None:
    exchange = live(replace(QUICK, per_day=2))
    assert [ask(exchange, server.url, n)["n"] for n in (1, 2)] == ["1", "2"]
    with pytest.raises(PermanentError, match="daily budget") as caught:
        ask(exchange, server.url, 3)
    assert caught.value.reason == "over_budget"
    hours.now += 86_400
    assert ask(exchange, server.url, 3)["n"] == "3"


def test_a_storm_of_429_ends_by_itself(tmp_path: Path, server: Server) -> None:
    """The server allows 60 calls a second, we begin with 400: nobody is refused in the end."""
    http = Http({server.url: replace(QUICK, rate_per_s=400.0, burst=8, concurrency=8, retries=6)})
    allowed = {"tokens": 6.0, "at": 0.0}

    def plan(seen: Seen) -> Say:
        now = http._clock()
        allowed["tokens"] = min(6.0, allowed["tokens"] + (now - allowed["at"]) * 60 if allowed["at"] else 6.0)
        allowed["at"] = now
        if allowed["tokens"] < 1:
            return Say(status=429)
        allowed["tokens"] -= 1
        return said({"n": seen.params["n"]})

    server.plan = plan
    with http, Store(tmp_path / "bundle", write=True) as store:
        exchange = LiveExchange(store, http, seed=3)
        answers = exchange.ask_all([asking(server.url, n) for n in range(60)])
    assert [int(answer["n"]) for answer in answers] == list(range(60))
    assert len(server.seen) > 60


# --- the library underneath -------------------------------------------------------------------------------------------


def foreign_errors() -> list[type[Exception]]:
    found = [value for _, value in inspect.getmembers(httpx) if inspect.isclass(value)]
    roots = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
    return [value for value in found if issubclass(value, roots)]


def made(kind: type[Exception]) -> Exception:
    request = httpx.Request("GET", "https://api.example.org/?apikey=very-secret-key")
    text = "https://api.example.org/?apikey=very-secret-key"
    if issubclass(kind, httpx.HTTPStatusError):
        return kind(text, request=request, response=httpx.Response(500))
    if issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError:
        return kind()
    return kind(text)


@pytest.mark.parametrize("kind", foreign_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_library_becomes_one_of_ours_without_its_text(kind: type[Exception]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise made(kind)

    with (
        Http({"https://api.example.org": QUICK}, transport=httpx.MockTransport(fail)) as http,
        pytest.raises(TracerError) as caught,
    ):
        http.send(Request("GET", "https://api.example.org/", {"apikey": "very-secret-key"}), Pause())
    assert "very-secret-key" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_what_is_closed_stays_closed(server: Server) -> None:
    http = Http({server.url: QUICK})
    http.send(Request("GET", server.url), Pause())
    http.close()
    http.close()
    with pytest.raises(SourceError, match="closed"):
        http.send(Request("GET", server.url), Pause())


def test_a_connection_made_while_the_client_closes_is_closed_with_the_call_it_was_made_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[httpcore.NetworkStream] = []
    connected, go_on = threading.Event(), threading.Event()
    plain_connect = httpcore.SyncBackend.connect_tcp

    def slow_connect(self: httpcore.SyncBackend, *args: Any, **more: Any) -> httpcore.NetworkStream:
        made.append(plain_connect(self, *args, **more))
        connected.set()
        assert go_on.wait(10)
        return made[-1]

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slow_connect)
    http = Http({server.url: QUICK})
    calling = threading.Thread(target=http.send, args=(Request("GET", server.url), Pause()))
    calling.start()
    assert connected.wait(10)
    http.close()
    go_on.set()
    calling.join(10)
    assert [stream.get_extra_info("socket").fileno() for stream in made] == [-1]


def test_there_are_errors_to_map() -> None:
    assert len(foreign_errors()) > 20


def test_the_library_logs_no_url_of_ours(server: Server, live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(live(), server.url, 4321)
        assert "4321" not in caplog.text
        with httpx.Client() as client:  # what others in the process log is theirs
            client.get(f"{server.url}/theirs")
    assert "theirs" in caplog.text
