"""An HTTP server on this machine that does as it is told, a proxy, and time that passes only when waited for."""

from __future__ import annotations

import gzip
import json
import select
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tracer.bundle.live import LiveExchange
from tracer.model import ChainId
from tracer.net.query import PermanentError, Query, Reply, Request, RetryableError, SplitRequest
from tracer.net.settings import HostSettings

QUICK = HostSettings(rate_per_s=10_000.0, burst=10_000, per_day=None, timeout_s=5.0, retries=3)
CHAIN = ChainId("eip155:1")
UNCOUNTED = "/uncounted"
"""A question that only tells when it was taken."""


@dataclass(frozen=True)
class Seen:
    """A request as it came in: which one, from 1."""

    number: int
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Say:
    """A reply. `claim` is the length it announces; `drip` waits so long before each byte."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    claim: int | None = None
    drip: float = 0.0


def said(value: Any, **more: Any) -> Say:
    return Say(json.dumps(value).encode(), **more)


class Quiet(ThreadingHTTPServer):
    """Clients that hang up are what the tests are about."""

    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open, self.changed = 0, threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.open += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.changed:
            self.open -= 1
            self.changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address


@dataclass
class Server:
    url: str
    seen: list[Seen] = field(default_factory=list)
    plan: Callable[[Seen], Say] = lambda seen: said({"path": seen.path, **seen.params})
    emptied: Callable[[], bool] = lambda: False

    def saw_all(self) -> bool:
        """Wait until all has been seen that was sent by programs that are gone; return whether that came to an end.

        What a program sent just before it was killed lies with the system until the server takes it. Connections are
        taken in their order, so one made now is taken after theirs; each ends where its program's closed end is read.
        """
        with urllib.request.urlopen(f"{self.url}{UNCOUNTED}", timeout=30) as reply:
            reply.read()
        return self.emptied()


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Give a server that answers with its own request until its plan is changed."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if parts.path == UNCOUNTED:
                self.say(Say())
                self.close_connection = True
                return
            with lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(len(server.seen) + 1, parts.path, dict(parse_qsl(parts.query)), headers, body)
                server.seen.append(seen)
            self.say(server.plan(seen))

        do_POST = do_GET  # noqa: N815 (the base class looks for that name)

        def say(self, say: Say) -> None:
            self.send_response(say.status)
            self.send_header("Content-Type", say.content_type)
            self.send_header("Content-Length", str(len(say.body) if say.claim is None else say.claim))
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if say.drip:
                for byte in say.body:
                    time.sleep(say.drip)
                    self.wfile.write(bytes([byte]))
            else:
                self.wfile.write(say.body)
            self.close_connection = say.claim is not None

        def log_message(self, *_: Any) -> None:
            pass

    httpd = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    server = Server(f"http{'s' if context else ''}://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def emptied() -> bool:
        with httpd.changed:
            return httpd.changed.wait_for(lambda: not httpd.open, timeout=30)

    server.emptied = emptied
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@contextmanager
def proxying() -> Iterator[tuple[str, list[str]]]:
    """Give the URL of a proxy and the list of what it was asked for; it forwards GET and tunnels CONNECT."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.requestline)
            parts = urlsplit(self.path)
            with socket.create_connection((parts.hostname or "", parts.port or 80)) as there:
                there.sendall(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                there.settimeout(5)
                while data := there.recv(65536):
                    self.wfile.write(data)
                    if b"}" in data:
                        break

        def do_CONNECT(self) -> None:
            asked.append(self.requestline)
            name, _, port = self.path.partition(":")
            with socket.create_connection((name, int(port))) as there:
                self.send_response(200)
                self.end_headers()
                ends = {self.connection: there, there: self.connection}
                while True:
                    ready, _, _ = select.select(list(ends), [], [], 5)
                    for end in ready:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

        def log_message(self, *_: Any) -> None:
            pass

    httpd = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}", asked
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


class Hours:
    """A clock that goes forward only when somebody waits; what was waited is kept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.waits.append(seconds)


def asking(url: str, number: int = 1, *, head: str = "", **params: Any) -> tuple[Query, Callable[[], Request], Any]:
    """Return a question as an exchange takes it."""
    query = Query("test", CHAIN, "number", {"n": number, **params}, head=head)
    return query, lambda: Request("GET", f"{url}/number", {"n": str(number)}), as_json


def as_json(reply: Reply) -> Any:
    """Read a reply as the sources do: foreign bodies pass, `too_large` and `refused` are definitive."""
    try:
        answer = json.loads(reply.body)
    except ValueError:
        raise RetryableError("That is not JSON.") from None
    if isinstance(answer, dict) and answer.get("fault") == "too_large":
        raise SplitRequest("That is too much.", why="It says so.", next_step="Ask for less.")
    if isinstance(answer, dict) and answer.get("fault") == "refused":
        raise PermanentError("It does not know that.", why="It says so.", reason="not_supported")
    return answer


def ask(exchange: LiveExchange, url: str, number: int = 1) -> Any:
    return exchange.ask(*asking(url, number))


def zipped(body: bytes) -> Say:
    return Say(gzip.compress(body), headers={"Content-Encoding": "gzip"})


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a bundle but those that only a writer leaves."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", ".writer"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
