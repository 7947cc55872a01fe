"""The one HTTP layer: only hosts that were named, within their rates, sizes and times; one try a call."""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urlencode, urljoin

import httpx

from tracer.errors import InputError, SourceError
from tracer.io import plain
from tracer.net.bodies import read_within
from tracer.net.deadline import Deadline
from tracer.net.keys import host_of, redact
from tracer.net.query import Reply, Request, RetryableError
from tracer.net.room import Place, Room
from tracer.net.settings import HostSettings, origin_of
from tracer.net.throttle import Pause, Throttle, retry_after

REDIRECTS: Final = 3
"""Redirects followed in one call."""

CONNECT_S: Final = 10.0
"""Longest wait for a connection: where there is no way out, nobody waits as long as for a slow reply."""

IDLE_S: Final = 30.0
"""After so long without a call a connection is let go."""

_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OURS: Final = {"Accept-Encoding": "gzip", "User-Agent": "tracer"}
_PUBLIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_SENDING: Final = ContextVar("sending", default=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A reply, and how long the provider asks to wait.

    Attributes
    ----------
    reply : Reply
        What came back.
    after : float or None
        Seconds of its ``Retry-After``.
    """

    reply: Reply
    after: float | None


class _Host:
    """One host that may be asked: its settings, its rate, its places for calls under way, its free connections.

    Each connection is a client of its own, lent to one call at a time: the library's own pool looks at every
    connection for every other one at each call, which with 64 of them is most of what a call costs.
    """

    def __init__(self, origin: str, settings: HostSettings, clock: Callable[[], float]) -> None:
        self.name = host_of(origin)
        self.settings = settings
        self.throttle = Throttle(self.name, settings, clock)
        self.places = threading.BoundedSemaphore(settings.concurrency)
        self.free: deque[tuple[float, httpx.Client]] = deque()


class Http:
    """Sends requests to the hosts it was given, and to no other.

    Proxies come from ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``; an own certificate authority from
    ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE`` or ``SSL_CERT_DIR``. No cookies, no stored passwords.

    Parameters
    ----------
    hosts : mapping of str to HostSettings
        By URL, of which scheme, host and port count.
    clock : callable, optional
        Seconds that only go forward.
    now : callable, optional
        Seconds since 1970, to read a ``Retry-After`` that is a date.
    transport : httpx.BaseTransport, optional
        In place of the network.
    room : Room, optional
        Memory for the replies of calls under way.
    """

    def __init__(
        self,
        hosts: Mapping[str, HostSettings],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
        room: Room | None = None,
    ) -> None:
        self._hosts = {
            origin_of(url): _Host(origin_of(url), settings, clock) for url, settings in sorted(hosts.items())
        }
        self._clock, self._now, self._transport = clock, now, transport
        self._trusted: ssl.SSLContext | None = None
        self._deadline = Deadline(clock)
        self._room = room or Room()
        self._lending = threading.Lock()
        self._closed = False

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go, for good; a second call does nothing. Calls under way fail, and let go of theirs.

        A client that is closed forgets a connection that is being made at that moment: nobody would close it.
        """
        with self._lending:
            self._closed = True
            clients = [client for host in self._hosts.values() for _, client in host.free]
            for host in self._hosts.values():
                host.free.clear()
        for client in clients:
            client.close()
        self._deadline.cut()

    @property
    def concurrency(self) -> int:
        """Calls that may be under way at once, over all hosts."""
        return sum(host.settings.concurrency for host in self._hosts.values()) or 1

    def settings(self, url: str) -> HostSettings:
        """Return the settings of the host of a URL.

        Raises
        ------
        SourceError
            If the host was not named.
        """
        return self._host(url).settings

    def place(self) -> Place:
        """Return a place for the reply of a call, to be left when it was understood and kept."""
        return self._room.place()

    def send(self, request: Request, pause: Pause, place: Place | None = None) -> Received:
        """Return what one call gave, within the host's rate; a few redirects to hosts that were named are followed.

        Keys in headers stay with the host they were meant for.

        Raises
        ------
        RetryableError
            If no whole reply came (time-out, broken connection, cut off or damaged body), or it sends elsewhere.
        SplitRequest
            If the reply is larger than allowed.
        OverBudgetError
            If the host's daily budget is used up.
        SourceError
            If the host was not named, or its certificate is not trusted.
        """
        url = request.url + (("&" if "?" in request.url else "?") + urlencode(request.params) if request.params else "")
        headers = {**_OURS, **request.headers}
        for _ in range(REDIRECTS + 1):
            host = self._host(url)
            with self.place() as own, host.places:
                host.throttle.take(pause)
                received, location = self._once(host, request, url, headers, place or own)
            if not location:
                return received
            if place is not None:
                place.leave()  # else who waits for a place at the host would keep others from theirs
            if request.method != "GET" and received.reply.status not in (307, 308):
                break  # it would be asked again without its question
            target = self._listed(url, location)
            if not target:
                break
            if origin_of(target) != origin_of(url):
                headers = {name: value for name, value in headers.items() if name.title() in _PUBLIC}
            url = target
        # It passes where a gateway wants a log-in first, say; a source that has moved goes on sending elsewhere.
        raise RetryableError(
            f"{self._host(request.url).name} sends the question elsewhere, which is not followed: only redirects to "
            "hosts that a source names are, and few of them. Where that stays so, set the URL of the source anew.",
            lasting=True,
        )

    def complain(self, url: str, seconds: float) -> None:
        """Note that a host asked for silence: nothing is sent to it meanwhile, then at half the rate."""
        self._host(url).throttle.complain(seconds)

    def praise(self, url: str) -> None:
        """Note that a host answered: its rate recovers."""
        self._host(url).throttle.praise()

    def _host(self, url: str) -> _Host:
        host = self._hosts.get(origin_of(url))
        if host is None:
            raise SourceError(
                f"{host_of(url)} is not a host that a source names.",
                why="Nothing is sent to any other.",
                next_step="Set the URL of a source to it, if it is meant.",
            )
        return host

    def _listed(self, url: str, location: str) -> str:
        """Return where a redirect leads, if that is a host that may be asked; else nothing."""
        try:
            target = urljoin(url, location)
            return target if origin_of(target) in self._hosts else ""
        except ValueError:
            return ""

    def _once(
        self, host: _Host, request: Request, url: str, headers: Mapping[str, str], place: Place
    ) -> tuple[Received, str]:
        limit = host.settings
        end = self._clock() + limit.total_s
        fault: SourceError | None = None
        try:
            with (
                _quiet(),
                self._deadline.within(limit.total_s),
                self._connected(host) as client,
                client.stream(
                    request.method, url, headers=headers, content=request.body or None, timeout=_patience(limit)
                ) as got,
            ):
                chunks = self._in_time(got.iter_raw(), host)
                body = read_within(chunks, got.headers.get("Content-Encoding", ""), limit.max_bytes, host.name, place)
                kind = plain(redact(got.headers.get("Content-Type", "")).partition(";")[0].strip().lower())[:80]
                after = retry_after(got.headers.get("Retry-After", ""), self._now())
                location = got.headers.get("Location", "") if got.status_code in (301, 302, 303, 307, 308) else ""
                return Received(Reply(got.status_code, kind, body), after), location
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            late = isinstance(error, httpx.TimeoutException) and self._clock() >= end
            fault = _late(host) if late else fault_of(error, host.name, limit)
        # Outside the block, so that the cause is not carried along: it holds the request, and that the key.
        raise fault

    def _in_time(self, chunks: Iterator[bytes], host: _Host) -> Iterator[bytes]:
        end = self._clock() + host.settings.total_s
        for chunk in chunks:
            if self._clock() > end:
                raise _late(host)
            yield chunk

    @contextmanager
    def _connected(self, host: _Host) -> Iterator[httpx.Client]:
        """Lend the connection to a host that was used last, or a new one."""
        old: list[httpx.Client] = []
        with self._lending:
            if self._closed:
                raise SourceError("The connections are closed.", next_step="Open the source again.")
            client = host.free.pop()[1] if host.free else self._made()
        try:
            yield client
        finally:
            now = self._clock()
            with self._lending:
                if self._closed:
                    old.append(client)
                else:
                    host.free.append((now, client))
                    while host.free[0][0] < now - IDLE_S:
                        old.append(host.free.popleft()[1])
            for one in old:
                one.close()

    def _made(self) -> httpx.Client:
        if self._trusted is None and self._transport is None:
            self._trusted = _trusted()
        client = _client(self._trusted or True, self._transport)
        self._deadline.guard(client)
        return client


def _late(host: _Host) -> RetryableError:
    return RetryableError(f"{host.name} did not send its whole reply within {host.settings.total_s:g} s.")


def _patience(limit: HostSettings) -> httpx.Timeout:
    return httpx.Timeout(limit.timeout_s, connect=min(limit.timeout_s, CONNECT_S))


def fault_of(error: Exception, host: str, settings: HostSettings) -> SourceError:
    """Return an error of the HTTP library as one of ours, without its text: that may hold a URL with a key."""
    name = type(error).__name__
    if isinstance(error, httpx.ConnectTimeout):
        return RetryableError(f"{host} took no connection within {min(settings.timeout_s, CONNECT_S):g} s ({name}).")
    if isinstance(error, httpx.TimeoutException):
        return RetryableError(f"{host} was silent for {settings.timeout_s:g} s ({name}).")
    if _untrusted(error):
        return SourceError(
            f"The certificate of {host} is not trusted.",
            why="Whoever answers may not be who was asked.",
            next_step="Where a proxy with its own certificate authority is in use, name its file in SSL_CERT_FILE.",
        )
    if isinstance(error, httpx.ProxyError):
        return RetryableError(f"The proxy on the way to {host} refused ({name}).")
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.DecodingError):
        return RetryableError(f"The connection to {host} failed ({name}).")
    return SourceError(
        f"The question to {host} failed ({name}).",
        why="It, the URL of the source, or a redirect is not well formed.",
        next_step="Look at the settings of the source.",
    )


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _client(trusted: ssl.SSLContext | bool, transport: httpx.BaseTransport | None) -> httpx.Client:
    try:
        return httpx.Client(
            verify=trusted,
            trust_env=True,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            transport=transport,
        )
    except (ValueError, httpx.InvalidURL, ImportError):
        # The text of the cause is left out: the URL of a proxy may hold a password.
        fault = InputError(
            "The proxy named in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is not usable.",
            why="Its URL is not well formed, or of a kind that needs another package.",
            next_step="Write it as http://host:port.",
        )
    raise fault


def _trusted() -> ssl.SSLContext:
    for variable in _BUNDLES:
        path = os.environ.get(variable)
        if path:
            try:
                return ssl.create_default_context(cafile=path)
            except OSError as cause:
                raise InputError(
                    f"{variable} names a file that holds no certificates.", why=str(cause.strerror or cause)
                ) from cause
    return httpx.create_ssl_context(trust_env=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the HTTP library from logging a call: its URL or its headers may hold a key."""
    token = _SENDING.set(True)
    try:
        yield
    finally:
        _SENDING.reset(token)


# A filter holds for one logger alone, not for those below it.
for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(lambda _: not _SENDING.get())
