"""An explorer with one address of a very long history, every page made when it is asked for, always the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from explorer_server import LocalServer
from faults import Answer, Asked

HOLDER, PAYER, TOKEN = "0x" + "ab" * 20, "0x" + "cd" * 20, "0x" + "7e" * 20
ROWS_OF_A_BLOCK = 7
START = 1_600_000_000


class LongExplorer(LocalServer):
    """Etherscan's interface over so many token payments to one address, seven a block from block 1 on."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows
        self.height = rows // ROWS_OF_A_BLOCK + 100

    def understand(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
        """Return a request as it is logged."""
        parts = urlsplit(path)
        params = dict(parse_qsl(parts.query))
        return Asked("etherscan", method, parts.path, f"{params['module']}/{params['action']}", params, headers, body)

    def answer(self, asked: Asked) -> Answer:
        """Return the true answer."""
        params = asked.params
        if asked.endpoint == "account/tokentx" and params["address"] == HOLDER:
            rows = self._page(params)
            found = {"status": "1", "message": "OK", "result": rows}
            return _json(found if rows else {"status": "0", "message": "No transactions found", "result": []})
        if params["module"] == "account":
            return _json({"status": "0", "message": "No transactions found", "result": []})
        return _json({"jsonrpc": "2.0", "id": 1, "result": self._passed_on(params)})

    def _page(self, params: Any) -> list[dict[str, str]]:
        size, page = int(params["offset"]), int(params["page"])
        first = max(0, (int(params["startblock"]) - 1) * ROWS_OF_A_BLOCK) + (page - 1) * size
        end = min(self.rows, int(params["endblock"]) * ROWS_OF_A_BLOCK, first + size)
        return [self.row(number) for number in range(first, end)]

    def row(self, number: int) -> dict[str, str]:
        """Return the n-th payment as the explorer lists it."""
        block, index = number // ROWS_OF_A_BLOCK + 1, number % ROWS_OF_A_BLOCK
        return {
            "blockNumber": str(block),
            "timeStamp": str(START + 12 * block),
            "hash": _hash(f"tx {number}"),
            "nonce": str(number),
            "blockHash": _hash(f"block {block}"),
            "from": PAYER,
            "contractAddress": TOKEN,
            "to": HOLDER,
            "value": str(1_000_000 + number),
            "tokenName": "Long",
            "tokenSymbol": "LNG",
            "tokenDecimal": "6",
            "transactionIndex": str(index),
            "gas": "60000",
            "gasPrice": "20000000000",
            "gasUsed": "50000",
            "cumulativeGasUsed": "50000",
            "input": "deprecated",
            "confirmations": "100",
        }

    def _passed_on(self, params: Any) -> Any:
        if params["action"] == "eth_blockNumber":
            return hex(self.height)
        if params["action"] == "eth_getBlockByNumber":
            return self._block(int(params["tag"], 16))
        return "0x0" if params["action"] == "eth_getTransactionCount" else "0x"

    def _block(self, number: int) -> dict[str, Any]:
        return {
            "number": hex(number),
            "hash": _hash(f"block {number}"),
            "parentHash": _hash(f"block {number - 1}"),
            "timestamp": hex(START + 12 * number),
            "transactions": [],
        }


def _hash(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def _json(value: Any) -> Answer:
    return Answer(json.dumps(value, separators=(",", ":")).encode())


@contextmanager
def running_long_explorer(rows: int) -> Iterator[LongExplorer]:
    """Run the explorer and stop it afterwards."""
    server = LongExplorer(rows)
    server.start()
    try:
        yield server
    finally:
        server.stop()
