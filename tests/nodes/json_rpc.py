"""A JSON-RPC connection to a node on this machine."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any


class RpcFailure(RuntimeError):  # noqa: N818 (an answer of the node, which some tests want)
    """The node answered with an error."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message')} ({error.get('code')})")
        self.code, self.error = error.get("code"), error


class JsonRpc:
    """One kept-open connection; calls from several threads take turns."""

    def __init__(self, port: int, *, timeout: float = 60) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self, method: str, *params: Any) -> Any:
        """Return the result of a method.

        Raises
        ------
        RpcFailure
            If the node answers with an error.
        OSError
            If nobody listens.
        """
        with self._lock:
            self._last += 1
            question = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": list(params)}
            reply = json.loads(self._post(json.dumps(question).encode()))
        if "error" in reply:
            raise RpcFailure(method, reply["error"])
        assert reply["id"] == question["id"]
        return reply["result"]

    def raw(self, body: bytes) -> bytes:
        """Return the reply to a request body as it comes."""
        with self._lock:
            return self._post(body)

    def _post(self, body: bytes) -> bytes:
        try:
            self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return self._connection.getresponse().read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
