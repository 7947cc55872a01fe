"""Plain HTTP requests of the tests to the local providers."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Got:
    """A reply."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def get(url: str, *, timeout: float = 10, **params: Any) -> Got:
    """Return the reply to a GET."""
    return _ask("GET", url + (f"?{urlencode(params)}" if params else ""), None, timeout)


def post(url: str, body: Any, *, timeout: float = 10) -> Got:
    """Return the reply to a POST of JSON."""
    return _ask("POST", url, json.dumps(body).encode(), timeout)


def _ask(method: str, url: str, body: bytes | None, timeout: float) -> Got:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        reply = connection.getresponse()
        return Got(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
    finally:
        connection.close()
