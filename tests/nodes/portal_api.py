"""SQD's Portal over a node's chain: its questions, its lines, and its habit of ending a reply at any block.

After subsquid/data, crates/query/docs/evm-query-syntax.md and crates/query/src/query/eth.rs: filters within a selection
are joined by "and", selections by "or"; relations add what belongs to a match; only the fields asked for are given, a
few always; unknown names are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from evm_index import EvmIndex, IndexedBlock, Json
from faults import Answer, Asked

FIELDS = {
    "block": {"number", "hash", "parentHash", "timestamp", "excessBlobGas"},
    "transaction": {
        *("transactionIndex", "hash", "nonce", "from", "to", "input", "value", "gas", "gasPrice", "chainId", "type"),
        *("contractAddress", "gasUsed", "cumulativeGasUsed", "effectiveGasPrice", "status", "l1Fee"),
    },
    "log": {"logIndex", "transactionIndex", "transactionHash", "address", "data", "topics"},
    "trace": {
        *("transactionIndex", "traceAddress", "subtraces", "type", "error"),
        *("createFrom", "createValue", "createResultAddress"),
        *("callFrom", "callTo", "callValue", "callCallType"),
        *("suicideAddress", "suicideRefundAddress", "suicideBalance"),
    },
}
FILTERS = {
    "transactions": {"from", "to", "logs", "traces"},
    "logs": {"address", "topic0", "topic1", "topic2", "topic3", "transaction", "transactionTraces", "transactionLogs"},
    "traces": {
        *("type", "createFrom", "createResultAddress", "callFrom", "callTo", "suicideRefundAddress"),
        *("transaction", "transactionLogs", "subtraces", "parents"),
    },
}
KINDS = {"create": "create", "call": "call", "suicide": "suicide"}
LARGEST_BODY, MOST_SELECTIONS = 256 * 1024, 100


class BadRequest(Exception):  # noqa: N818 (a status)
    """What was asked is refused with status 400."""


@dataclass
class PortalSettings:
    """How the Portal is set.

    Attributes
    ----------
    blocks : int or None
        Blocks that one reply covers at most; where it ends, nothing says that it is not the end.
    behind : int
        How many of the newest blocks are not final to it.
    creation_blocks : int
        Range above which it leaves contracts out that were made.
    no_traces : bool
        The data set holds no calls.
    first : int
        Block its data begins with.
    refused_above : int or None
        Blocks of a range that it refuses with words that nobody knows.
    """

    blocks: int | None = None
    behind: int = 0
    creation_blocks: int = 50_000
    no_traces: bool = False
    first: int = 0
    refused_above: int | None = None


class PortalApi:
    """The Portal.

    Parameters
    ----------
    index : EvmIndex
        Over which node.
    """

    def __init__(self, index: EvmIndex) -> None:
        self.index = index
        self.reset()

    def reset(self) -> None:
        """Forget settings, and how lines are changed."""
        self.settings = PortalSettings()
        self.change: Callable[[Json], Json] = lambda line: line

    def answer(self, asked: Asked) -> Answer:
        """Return the reply to a request."""
        blocks = self.index.blocks()
        final = blocks[: len(blocks) - self.settings.behind]
        endpoint = asked.path.rpartition("/")[2]
        if asked.method == "GET" and endpoint in ("head", "finalized-head"):
            newest = (blocks if endpoint == "head" else final)[-1]
            return Answer(json.dumps({"number": newest.number, "hash": newest.hash}).encode())
        if asked.method != "POST" or endpoint not in ("stream", "finalized-stream"):
            return Answer(b"not found", 404, "text/plain")
        try:
            query = checked(asked.body)
            lines = self.lines(query, blocks if endpoint == "stream" else final)
        except BadRequest as refused:
            return Answer(str(refused).encode(), 400, "text/plain")
        if not lines:
            return Answer(b"", 204, "text/plain")
        body = b"".join(json.dumps(self.change(line), separators=(",", ":")).encode() + b"\n" for line in lines)
        return Answer(body, 200, "application/jsonl")

    def lines(self, query: Json, blocks: list[IndexedBlock]) -> list[Json]:
        """Return the blocks of a reply: those that match, the first and the last that it covers."""
        low, high = query["fromBlock"], query.get("toBlock", len(blocks) - 1)
        if self.settings.refused_above is not None and high - low + 1 > self.settings.refused_above:
            raise BadRequest("the query is beyond what this portal likes")
        covered = blocks[max(low, self.settings.first) : high + 1]
        if self.settings.blocks is not None:
            covered = covered[: self.settings.blocks]
        leaves_out = high - low >= self.settings.creation_blocks
        found = []
        for number, block in enumerate(covered):
            line = self._line(query, block, leaves_out)
            if len(line) > 1 or number in (0, len(covered) - 1) or query.get("includeAllBlocks"):
                found.append(line)
        return found

    def _line(self, query: Json, block: IndexedBlock, leaves_out: bool) -> Json:
        items = Items(block, self.index.chain_id, no_traces=self.settings.no_traces)
        chosen: dict[str, set[int]] = {"transactions": set(), "logs": set(), "traces": set()}
        for table in chosen:
            for selection in query.get(table, ()):
                matched = items.matching(table, selection)
                if table == "traces" and leaves_out:
                    matched = {one for one in matched if items.traces[one]["type"] != "create"}
                chosen[table] |= matched
                for other, more in items.related(table, selection, matched):
                    chosen[other] |= more
        header = {"number": block.number, "hash": block.hash, "timestamp": block.time, "excessBlobGas": "0x0"}
        fields = query.get("fields", {})
        always = {"number", "hash", "parentHash"}
        line: Json = {"header": {k: v for k, v in header.items() if k in always or fields.get("block", {}).get(k)}}
        for table, numbers in chosen.items():
            if numbers:
                line[table] = [items.shown(table, number, fields) for number in sorted(numbers)]
        return line


class Items:
    """The transactions, logs and traces of a block, each a row of a table."""

    def __init__(self, block: IndexedBlock, chain_id: int, *, no_traces: bool) -> None:
        self.transactions = [
            _transaction(sent, receipt, chain_id)
            for sent, receipt in zip(block.transactions, block.receipts, strict=True)
        ]
        self.logs = [_log(log) for receipt in block.receipts for log in receipt["logs"]]
        places = {row["hash"]: row["transactionIndex"] for row in self.transactions}
        self.traces = [] if no_traces else [_trace(row, places) for row in block.traces if row["type"] in KINDS]

    def matching(self, table: str, selection: Json) -> set[int]:
        """Return the numbers of the rows that a selection matches."""
        wanted = {name: {one.lower() for one in value} for name, value in selection.items() if isinstance(value, list)}
        return {
            number
            for number, row in enumerate(getattr(self, table))
            if all(_cell(table, row, name) in values for name, values in wanted.items())
        }

    def related(self, table: str, selection: Json, matched: set[int]) -> Iterable[tuple[str, set[int]]]:
        """Yield the rows of other tables that a selection asks for with its matches."""
        rows = getattr(self, table)
        owners = {rows[number]["transactionIndex"] for number in matched}
        relations = {
            **{"transaction": "transactions", "logs": "logs", "traces": "traces"},
            **{"transactionLogs": "logs", "transactionTraces": "traces"},
        }
        for name, other in relations.items():
            if selection.get(name) is True:
                listed = getattr(self, other)
                yield other, {number for number, row in enumerate(listed) if row["transactionIndex"] in owners}
        if selection.get("parents") is True:
            paths = [(rows[number]["transactionIndex"], tuple(rows[number]["traceAddress"])) for number in matched]
            above = {(owner, path[:end]) for owner, path in paths for end in range(len(path))}
            yield (
                "traces",
                {n for n, r in enumerate(rows) if (r["transactionIndex"], tuple(r["traceAddress"])) in above},
            )

    def shown(self, table: str, number: int, fields: Json) -> Json:
        """Return a row with the fields asked for."""
        row = getattr(self, table)[number]
        if table == "traces":
            return _shown_trace(row, fields.get("trace", {}))
        always = {"transactions": {"transactionIndex"}, "logs": {"logIndex", "transactionIndex"}}[table]
        asked = fields.get({"transactions": "transaction", "logs": "log"}[table], {})
        return {name: value for name, value in row.items() if name in always or asked.get(name)}


def checked(body: bytes) -> Json:
    """Return a question that keeps the Portal's limits and knows its names."""
    if len(body) > LARGEST_BODY:
        raise BadRequest(f"the body is larger than {LARGEST_BODY} bytes")
    query: Json = json.loads(body)
    if query.get("type") != "evm" or query["fromBlock"] > query.get("toBlock", 1 << 62):
        raise BadRequest("'type' must be 'evm' and 'fromBlock' not after 'toBlock'")
    if sum(len(query.get(table, ())) for table in FILTERS) > MOST_SELECTIONS:
        raise BadRequest(f"more than {MOST_SELECTIONS} item requests")
    for what, names in query.get("fields", {}).items():
        if unknown := set(names) - FIELDS[what]:
            raise BadRequest(f"unknown field `{min(unknown)}`")
    for table, allowed in FILTERS.items():
        for selection in query.get(table, ()):
            if unknown := set(selection) - allowed:
                raise BadRequest(f"unknown field `{min(unknown)}`")
    return query


def _transaction(sent: Json, receipt: Json, chain_id: int) -> Json:
    return {
        "transactionIndex": int(sent["transactionIndex"], 16),
        "hash": sent["hash"],
        "from": sent["from"],
        "to": sent["to"],
        "value": sent["value"],
        "gasPrice": sent["gasPrice"],
        "type": int(sent["type"], 16),
        "chainId": chain_id,
        "gasUsed": receipt["gasUsed"],
        "effectiveGasPrice": receipt["effectiveGasPrice"],
        "contractAddress": receipt["contractAddress"],
        "status": int(receipt["status"], 16),
        "l1Fee": None,
    }


def _log(log: Json) -> Json:
    return {
        "logIndex": int(log["logIndex"], 16),
        "transactionIndex": int(log["transactionIndex"], 16),
        "transactionHash": log["transactionHash"],
        "address": log["address"],
        "data": log["data"],
        "topics": log["topics"],
    }


def _trace(row: Json, places: dict[str, int]) -> Json:
    return {**row, "transactionIndex": places[row["transactionHash"]]}


def _cell(table: str, row: Json, name: str) -> str | None:
    """Return what a filter compares in a row; ``None`` where the row has no such column."""
    if table == "logs" and name.startswith("topic"):
        number = int(name.removeprefix("topic"))
        return str(row["topics"][number]).lower() if number < len(row["topics"]) else None
    if table != "traces" or name == "type":
        value = row.get(name)
        return None if value is None else str(value).lower()
    kind, _, column = next((k, k, name.removeprefix(k)) for k in ("create", "call", "suicide") if name.startswith(k))
    if row["type"] != kind:
        return None
    part = (row.get("result") or {}) if column.startswith("Result") else row["action"]
    column = column.removeprefix("Result")
    value = part.get(column[:1].lower() + column[1:])
    return None if value is None else str(value).lower()


def _shown_trace(row: Json, asked: dict[str, Any]) -> Json:
    shown: Json = {name: row[name] for name in ("transactionIndex", "traceAddress", "type")}
    if asked.get("error") and row.get("error"):
        shown["error"] = row["error"]
    action, result = row["action"], row.get("result") or {}
    kind = row["type"]
    columns = {
        "call": {"callFrom": "from", "callTo": "to", "callValue": "value", "callCallType": "callType"},
        "create": {"createFrom": "from", "createValue": "value"},
        "suicide": {"suicideAddress": "address", "suicideRefundAddress": "refundAddress", "suicideBalance": "balance"},
    }[kind]
    shown["action"] = {column: action.get(column) for name, column in columns.items() if asked.get(name)}
    if kind == "create" and asked.get("createResultAddress") and result.get("address"):
        shown["result"] = {"address": result["address"]}
    return shown
