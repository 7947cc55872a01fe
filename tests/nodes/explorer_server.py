"""A local provider of chain data with faults on demand: account explorers and JSON-RPC over a real node's chain."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from etherscan_api import AccountApi, ExplorerSettings, body_of
from evm_index import EvmIndex
from evm_node import EvmNode
from faults import Answer, Asked, FaultPlan
from portal_api import PortalApi
from rpc_proxy import RpcProxy, RpcSettings


class LocalServer:
    """Listens on the loopback interface, remembers every request, applies a fault plan.

    Attributes
    ----------
    url : str
        Where it listens, no slash at the end.
    log : list of Asked
        Requests in the order they came.
    faults : FaultPlan
        What goes wrong; empty at first.
    transport : httpx.BaseTransport or None
        How to ask it without a network, where a test does.
    """

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.transport: httpx.BaseTransport | None = None
        self.faults = FaultPlan()
        self.stopping = threading.Event()
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def understand(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
        """Return a request as it is logged."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        """Return the true answer."""
        raise NotImplementedError

    def calls(self, service: str = "", endpoint: str = "") -> list[Asked]:
        """Return the logged requests to a service and an endpoint, any where empty."""
        return [one for one in self.log if service in ("", one.service) and endpoint in ("", one.endpoint)]

    def reset(self) -> None:
        """Forget requests and faults."""
        self.log.clear()
        self.faults.clear()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the thread."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()


DATASET = "/datasets/local"
SERVICES = {"/v2/api": "etherscan", "/api": "blockscout", "/rpc": "rpc", "/api/eth-rpc": "blockscout-rpc"}
# docs.blockscout.com, "ETH RPC API"; those that only send are left out.
# fmt: off
BLOCKSCOUT_METHODS = frozenset((
    "eth_blockNumber", "eth_getBalance", "eth_getLogs", "eth_gasPrice", "eth_getTransactionByHash", "eth_chainId",
    "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas", "eth_getTransactionCount", "eth_getCode", "eth_call",
    "eth_getStorageAt", "eth_estimateGas", "eth_getBlockByNumber", "eth_getBlockByHash",
))
# fmt: on


class ExplorerServer(LocalServer):
    """The providers over an EVM node's chain.

    Attributes
    ----------
    etherscan_url, blockscout_url, rpc_url, sqd_url : str
        Base URLs: ``…/v2/api``, ``…/api``, ``…/rpc`` and ``…/datasets/local``.
    etherscan, blockscout : AccountApi
        Their `settings` may be changed by a test.
    sqd : PortalApi
        Likewise.
    rpc, blockscout_rpc : RpcProxy
        Likewise; the second is what Blockscout passes on to its node, at ``…/api/eth-rpc``.
    """

    def __init__(self, node: EvmNode) -> None:
        super().__init__()
        self.node, self.index = node, EvmIndex(node)
        self.etherscan, self.blockscout = AccountApi(self.index, "etherscan"), AccountApi(self.index, "blockscout")
        self.rpc, self.blockscout_rpc = RpcProxy(self.index), RpcProxy(self.index, offered=BLOCKSCOUT_METHODS)
        self.etherscan_url, self.blockscout_url = f"{self.url}/v2/api", f"{self.url}/api"
        self.rpc_url, self.sqd_url = f"{self.url}/rpc", f"{self.url}{DATASET}"
        self.sqd = PortalApi(self.index)

    def reset(self) -> None:
        """Forget requests, faults and settings."""
        super().reset()
        self.etherscan.settings, self.blockscout.settings = ExplorerSettings(), ExplorerSettings()
        self.rpc.settings, self.blockscout_rpc.settings = RpcSettings(), RpcSettings()
        self.sqd.reset()

    def understand(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
        """Return a request as it is logged."""
        parts = urlsplit(path)
        params: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
        service, endpoint = SERVICES.get(parts.path, ""), f"{params.get('module', '')}/{params.get('action', '')}"
        if service in ("rpc", "blockscout-rpc"):
            calls = json.loads(body)
            endpoint = ",".join(call["method"] for call in (calls if isinstance(calls, list) else [calls]))
            params |= {"calls": calls}
        if parts.path.startswith(f"{DATASET}/"):
            service, endpoint = "sqd", parts.path.removeprefix(f"{DATASET}/")
            endpoint += ":block" if b"includeAllBlocks" in body else ":accounts" if body else ""
        return Asked(service, method, parts.path, endpoint, params, headers, body)

    def answer(self, asked: Asked) -> Answer:
        """Return the true answer."""
        if asked.service == "etherscan" and asked.method == "GET":
            return Answer(body_of(self.etherscan.answer(asked.params)))
        if asked.service == "blockscout" and asked.method == "GET":
            return Answer(body_of(self.blockscout.answer(asked.params)))
        if asked.service == "rpc" and asked.method == "POST":
            return Answer(self.rpc.answer(asked.body))
        if asked.service == "blockscout-rpc" and asked.method == "POST":
            return Answer(self.blockscout_rpc.answer(asked.body))
        if asked.service == "sqd":
            return self.sqd.answer(asked)
        return Answer(b"not found", 404, "text/plain")

    def stop(self) -> None:
        """Stop listening and close the connection to the node."""
        super().stop()
        self.index.rpc.close()


class _Listener(http.server.ThreadingHTTPServer):
    owner: LocalServer
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a broken connection pass: clients that give up are part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: the second would wait for the client's receipt
    timeout = 30

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def _handle(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = owner.understand(self.command, self.path, headers, body)
        owner.log.append(asked)
        self._send(owner.faults.apply(asked, owner.answer(asked)))

    do_GET = do_POST = _handle  # noqa: N815 (names of the standard library)

    def _send(self, answer: Answer) -> None:
        if answer.wait:
            self.server.owner.stopping.wait(answer.wait)
        if answer.hang_up:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.missing:
            self.send_header("Connection", "close")
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(answer.body)


@contextmanager
def running_explorer(node: EvmNode) -> Iterator[ExplorerServer]:
    """Run the providers over a node's chain and stop them afterwards."""
    server = ExplorerServer(node)
    server.start()
    try:
        yield server
    finally:
        server.stop()
