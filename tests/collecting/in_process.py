"""The local providers asked without a network: what a socket would carry is handed over, and nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from explorer_server import LocalServer
from faults import Answer, Asked


class _Broken(httpx.SyncByteStream):
    """A body that ends before the length that was promised."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class InProcess(httpx.BaseTransport):
    """Asks a local provider by calling it. True answers are kept: its chain stands still, and its settings are known.

    Parameters
    ----------
    server : LocalServer
        The provider.
    """

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._known: dict[tuple[Any, ...], Answer] = {}
        self._asking = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the provider sends, or raise what the library raises where it sends nothing whole."""
        server = self._server
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = server.understand(request.method, request.url.raw_path.decode(), headers, request.read())
        server.log.append(asked)
        answer = server.faults.apply(asked, self._true(asked))
        patience = request.extensions["timeout"]["read"]
        if answer.wait > patience:
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        if answer.hang_up:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        fields = {"Content-Type": answer.content_type, **answer.headers}
        fields["Content-Length"] = str(len(answer.body) + answer.missing)
        stream = _Broken(answer.body) if answer.missing else httpx.ByteStream(answer.body)
        return httpx.Response(answer.status, headers=fields, stream=stream, request=request)

    def _true(self, asked: Asked) -> Answer:
        settings = repr([getattr(part, "settings", None) for part in vars(self._server).values()])
        params = tuple(sorted((name, str(value)) for name, value in asked.params.items()))
        question = (settings, asked.method, asked.path, params, asked.body)
        with self._asking:
            if question not in self._known:
                self._known[question] = self._server.answer(asked)
            return self._known[question]


@contextmanager
def in_process(server: LocalServer) -> Iterator[None]:
    """Have a provider asked without a network."""
    server.transport = InProcess(server)
    try:
        yield
    finally:
        server.transport = None
