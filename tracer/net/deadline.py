"""A deadline over a whole call: every wait of the network ends with it, whatever the provider sends meanwhile.

A limit on each silence alone lets a provider that sends a byte now and then, or one interim reply after another, hold a
call for ever: no part of a reply comes to its end, and nothing of ours is asked in between.
"""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx

SOON_S: Final = 2.0
"""Longest wait of a call that is still under way when its client is closed."""

_END: ContextVar[float | None] = ContextVar("end", default=None)


class Deadline:
    """The end of the calls of one client; each thread has its own.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._noting = threading.Lock()
        self._streams: weakref.WeakSet[_Stream] = weakref.WeakSet()
        self._is_cut = False

    def note(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Return a connection as one whose waits end in time."""
        with self._noting:
            noted = _Stream(self, stream)
            self._streams.add(noted)
        return noted

    def cut(self) -> None:
        """End every wait of now, and soon those of connections that are being made; the calls fail, and let go."""
        with self._noting:
            self._is_cut = True
            held = [stream.get_extra_info("socket") for stream in self._streams]
        for one in held:
            if isinstance(one, socket.socket):
                with suppress(OSError):  # it is closed already
                    # That of a TLS socket would take its state from under the thread that reads it.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let every wait inside the block end after so many seconds."""
        token = _END.set(self._clock() + seconds)
        try:
            yield
        finally:
            _END.reset(token)

    def left(self, timeout: float | None) -> float | None:
        """Return how long one wait may be: no longer than allowed, and not beyond the end.

        Raises
        ------
        httpcore.ReadTimeout
            If the time is used up.
        """
        end = _END.get()
        if self._is_cut:
            timeout = SOON_S if timeout is None else min(timeout, SOON_S)
        if end is None:
            return timeout
        seconds = end - self._clock()
        if seconds <= 0:
            raise httpcore.ReadTimeout("The time of the call is used up.")
        return seconds if timeout is None else min(timeout, seconds)

    def guard(self, client: httpx.Client) -> None:
        """Let the deadline hold for all connections that a client is going to make, those by proxies among them."""
        for transport in (client._transport, *client._mounts.values()):
            pool = getattr(transport, "_pool", None)
            if pool is not None:
                pool._network_backend = _Backend(self, pool._network_backend)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, inner: httpcore.NetworkBackend) -> None:
        self._deadline, self._inner = deadline, inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within what is left of the deadline."""
        left = self._deadline.left(timeout)
        return self._deadline.note(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, deadline: Deadline, inner: httpcore.NetworkStream) -> None:
        self._deadline, self._inner = deadline, inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands within what is left of the deadline."""
        try:
            left = self._deadline.left(timeout)
        except httpcore.TimeoutException:
            self._inner.close()  # as the library's own stream does where the handshake fails: nobody else would
            raise
        return self._deadline.note(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as the library has it)
        return self._inner.get_extra_info(info)
