"""A synthetic theft for rehearsals, and a local server that answers about it as an explorer and as a node would.

    python benchmarks/rehearsal_world.py --holders 500 --rows 15000 --delay 0.02

prints the port it listens on. The world is made anew from a fixed seed: one theft, peel chains, splits, hubs that
gather and pay on, conversions in a pool, venues where peels end, and small receipts from strangers. With `/control`
the delay is changed, the last blocks are replaced by others (a reorganisation), or counts are asked for. One reply in a
hundred is a fault: an error of the server, a rate limit, a body cut off, or a connection that closes.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FIRST, START = 20_000_000, 1_735_689_600
TOKEN, POOL, VICTIM = "0x" + "70" * 20, "0x" + "80" * 20, "0x" + "90" * 20
VENUES = tuple(f"0x{0xE0 + number:02x}" + "ee" * 19 for number in range(5))
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
GAS, PRICE = 21_000, 10**9
STOLEN = 10**28
LEAST = 10**16
"""What a payer has at least: it pays 400 fees out of it, so that nobody pays what it does not have."""
PORTAL_BLOCKS = 1_500
"""Blocks with something in them that one reply of the Portal has at most."""
RECENT = 30
"""Blocks at the end that a reorganisation replaces."""


@dataclass(slots=True)
class Tx:
    """One transaction: a payment of coin, and token movements (from, to, amount)."""

    sender: str
    to: str
    value: int
    logs: tuple[tuple[str, str, int], ...] = ()
    hash: str = ""
    block: int = 0
    index: int = 0
    nonce: int = 0


@dataclass
class World:
    """Everything that happened, indexed by who took part."""

    txs: list[Tx] = field(default_factory=list)
    theft: str = ""
    height: int = 0
    fork: int = 0
    of: dict[str, list[Tx]] = field(default_factory=dict)
    by_hash: dict[str, Tx] = field(default_factory=dict)
    in_block: dict[int, list[Tx]] = field(default_factory=dict)
    funds: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    tokens: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)

    def index(self) -> None:
        """Give every transaction its place, and find it by whom it touches."""
        self.of, self.by_hash, self.in_block = {}, {}, {}
        coin: dict[str, list[tuple[int, int]]] = {}
        token: dict[str, list[tuple[int, int]]] = {}
        sent: dict[str, int] = {}
        for tx in self.txs:
            tx.nonce = sent.get(tx.sender, 0)
            sent[tx.sender] = tx.nonce + 1
            here = self.in_block.setdefault(tx.block, [])
            tx.index = len(here)
            here.append(tx)
            self.by_hash[tx.hash] = tx
            parties = {tx.sender, tx.to, *(party for log in tx.logs for party in log[:2])}
            for party in parties:
                self.of.setdefault(party, []).append(tx)
            coin.setdefault(tx.sender, []).append((tx.block, -tx.value - GAS * PRICE))
            coin.setdefault(tx.to, []).append((tx.block, tx.value))
            for payer, payee, amount in tx.logs:
                token.setdefault(payer, []).append((tx.block, -amount))
                token.setdefault(payee, []).append((tx.block, amount))
        self.funds = {one: _sums(moves) for one, moves in coin.items()}
        self.tokens = {one: _sums(moves) for one, moves in token.items()}

    def reorganise(self) -> None:
        """Replace the last blocks: every second transaction of them never happened."""
        self.fork += 1
        first = self.height - RECENT
        self.txs = [tx for number, tx in enumerate(self.txs) if tx.block < first or number % 2]
        self.height += 3
        self.index()

    def block_hash(self, number: int) -> str:
        """Return the hash of a block: another one on another fork."""
        return f"0x{number:056x}{self.fork if number >= self.height - RECENT - 3 * self.fork else 0:08x}"


def _sums(moves: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [block for block, _ in moves], list(accumulate(amount for _, amount in moves))


def held(sums: tuple[list[int], list[int]] | None, block: int, start: int) -> int:
    """Return a balance at the end of a block."""
    if sums is None:
        return start
    at = bisect_right(sums[0], block)
    return start + (sums[1][at - 1] if at else 0)


def address(number: int) -> str:
    """Return the address of the n-th holder."""
    return f"0x{0xAB << 152 | number:040x}"


def stranger(number: int) -> str:
    """Return the address of somebody who only pays once."""
    return f"0x{0xCD << 152 | number:040x}"


def make_world(holders: int, rows: int, seed: int = 7) -> World:
    """Return a theft that reaches so many holders, with about so many rows in all."""
    chance = random.Random(seed)
    made = 1
    flow: list[Tx] = [Tx(VICTIM, address(0), STOLEN)]
    active: list[tuple[str, int, bool]] = [(address(0), STOLEN, False)]
    hubs: list[list[Any]] = []
    while made < holders:
        if not active:
            hub = max(hubs, key=lambda one: one[1])
            active.append((hub[0], hub[1] // 2, False))
            hub[1] -= hub[1] // 2
        holder, amount, is_token = active.pop(chance.randrange(max(0, len(active) - 40), len(active)))
        kind = chance.random()
        if is_token:
            new, made = address(made), made + 1
            flow.append(Tx(holder, TOKEN, 0, ((holder, new, amount),)))
            if chance.random() < 0.6:
                active.append((new, amount, True))
        elif kind < 0.66 or made + 6 > holders:  # a peel
            new, made = address(made), made + 1
            flow.append(Tx(holder, chance.choice(VENUES), max(1, amount // 50)))
            flow.append(Tx(holder, new, amount - amount // 50 - 3 * GAS * PRICE))
            active.append((new, amount - amount // 50 - 3 * GAS * PRICE, False))
        elif kind < 0.82:  # a split
            parts = chance.randint(3, 6)
            for _ in range(parts):
                new, made = address(made), made + 1
                flow.append(Tx(holder, new, amount // parts - 2 * GAS * PRICE))
                active.append((new, amount // parts - 2 * GAS * PRICE, False))
        elif kind < 0.87:  # a conversion
            new, made = address(made), made + 1
            bought = max(1, amount // 10**9)
            flow.append(Tx(holder, POOL, amount // 2, ((POOL, holder, bought),)))
            flow.append(Tx(holder, TOKEN, 0, ((holder, new, bought),)))
            active.append((new, bought, True))
        else:  # to a hub
            if not hubs or len(hubs) < holders // 100:
                hubs.append([address(made), 0])
                made += 1
            hub = chance.choice(hubs)
            flow.append(Tx(holder, hub[0], amount // 2))
            hub[1] += amount // 3
        active = [one for one in active if one[1] >= LEAST or one[2]]
    busy = {hub[0] for hub in hubs}
    dust = []
    for number in range(max(0, rows - 2 * len(flow))):
        to = chance.choice(hubs)[0] if hubs and number % 20 == 0 else address(chance.randrange(holders))
        payer = stranger(number)
        dust.append(Tx(payer, to, 1 + number % 1000) if number % 3 else Tx(payer, TOKEN, 0, ((payer, to, 1),)))
    assert len(busy) <= max(1, holders // 100)
    assert all(tx.value >= 0 for tx in flow)
    txs = _woven(flow, dust, chance)
    for number, tx in enumerate(txs):
        tx.block = FIRST + number // 2
        tx.hash = "0x" + hashlib.sha256(b"tx %d" % number).hexdigest()
    world = World(txs, txs[0].hash, txs[-1].block + 3)
    world.index()
    return world


def _woven(flow: list[Tx], dust: list[Tx], chance: random.Random) -> list[Tx]:
    """Return the flow in its order with the small receipts strewn in, none before the theft."""
    places = sorted(chance.randrange(1, len(flow) + 1) for _ in dust)
    found: list[Tx] = []
    at = 0
    for number, tx in enumerate(flow):
        while at < len(dust) and places[at] <= number:
            found.append(dust[at])
            at += 1
        found.append(tx)
    return found + dust[at:]


class Answers:
    """What an explorer and a node say of a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def explorer(self, asked: dict[str, str]) -> Any:
        """Answer in Etherscan's form."""
        if asked["module"] == "proxy":
            names = {"eth_getBlockByNumber": ("tag", "boolean"), "eth_getTransactionCount": ("address", "tag")}
            names |= {"eth_getCode": ("address", "tag"), "eth_blockNumber": ()}
            params = [asked[name] for name in names.get(asked["action"], ("txhash",))]
            return {"jsonrpc": "2.0", "id": 1, "result": self.node(asked["action"], params)}
        low, high = int(asked.get("startblock", 0)), int(asked.get("endblock", 10**9))
        rows = []
        if asked["action"] in ("txlist", "tokentx") and "address" in asked:
            holder = asked["address"]
            make = self._listed if asked["action"] == "txlist" else self._tokens
            size, page = int(asked["offset"]), int(asked["page"])
            rows = [row for tx in self.world.of.get(holder, ()) if low <= tx.block <= high for row in make(tx, holder)]
            rows = rows[(page - 1) * size : page * size]
        if rows:
            return {"status": "1", "message": "OK", "result": rows}
        return {"status": "0", "message": "No transactions found", "result": []}

    def portal(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer in the form of SQD's Portal: lines of blocks, of which a reply has some and may end at any."""
        low, high = asked["fromBlock"], min(asked["toBlock"], self.world.height)
        names = {
            name for part in asked.get("transactions", ()) for name in (*part.get("from", ()), *part.get("to", ()))
        }
        whole = any(part.get("logs") for part in asked.get("transactions", ()))
        found: dict[int, dict[int, Tx]] = {}
        for name in names:
            for tx in self.world.of.get(name, ()):
                if low <= tx.block <= high:
                    found.setdefault(tx.block, {})[tx.index] = tx
        numbers = sorted(found)
        last = high if len(numbers) <= PORTAL_BLOCKS else numbers[PORTAL_BLOCKS - 1]
        return [
            self._portal_line(number, sorted(found.get(number, {}).items()), names, whole=whole)
            for number in sorted({low, last, *numbers[:PORTAL_BLOCKS]})
        ]

    def _portal_line(self, number: int, txs: list[tuple[int, Tx]], names: set[str], *, whole: bool) -> dict[str, Any]:
        time = START + 12 * (number - FIRST)
        header = {"number": number, "hash": self.world.block_hash(number), "timestamp": time, "excessBlobGas": "0x0"}
        price, gas = hex(PRICE), hex(GAS)
        sent = [
            {
                **{"transactionIndex": index, "hash": tx.hash, "from": tx.sender, "to": tx.to, "value": hex(tx.value)},
                **{"type": 0, "chainId": 1, "gasPrice": price, "gasUsed": gas, "effectiveGasPrice": price},
                **{"contractAddress": None, "status": 1, "l1Fee": None},
            }
            for index, tx in txs
        ]
        traces = [
            {
                **{"transactionIndex": index, "traceAddress": [], "type": "call"},
                "action": {"callType": "call", "from": tx.sender, "to": tx.to, "value": hex(tx.value)},
            }
            for index, tx in txs
            if whole or names & {tx.sender, tx.to}
        ]
        logs = [
            {
                **{"logIndex": int(log["logIndex"], 16), "transactionIndex": index, "transactionHash": tx.hash},
                **{name: log[name] for name in ("address", "topics", "data")},
            }
            for index, tx in txs
            for log, parties in zip(self._logs(tx), tx.logs, strict=True)
            if whole or names & {*parties[:2]}
        ]
        line: dict[str, Any] = {"header": header}
        return line | {key: rows for key, rows in (("transactions", sent), ("logs", logs), ("traces", traces)) if rows}

    def node(self, method: str, params: list[Any]) -> Any:
        """Answer as a node: the result of one method."""
        return getattr(self, method)(*params)

    def eth_chainId(self) -> str:  # noqa: N802 (a method of nodes, as are those below)
        return "0x1"

    def eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self.world.height)

    def eth_getBlockByNumber(self, tag: str, whole: Any) -> Any:  # noqa: N802
        number = self.world.height if tag == "latest" else int(tag, 16)
        if number > self.world.height:
            return None
        txs = self.world.in_block.get(number, [])
        return {
            "number": hex(number),
            "hash": self.world.block_hash(number),
            "parentHash": self.world.block_hash(number - 1),
            "timestamp": hex(START + 12 * (number - FIRST)),
            "transactions": [self._tx(tx) if whole is True else tx.hash for tx in txs],
            "withdrawals": [],
        }

    def eth_getTransactionCount(self, holder: str, tag: str) -> str:  # noqa: N802
        return hex(sum(tx.sender == holder for tx in self.world.of.get(holder, ())))

    def eth_getCode(self, holder: str, tag: str) -> str:  # noqa: N802
        return "0x60" if holder in (POOL, TOKEN) else "0x"

    def eth_getTransactionByHash(self, tx: str) -> Any:  # noqa: N802
        found = self.world.by_hash.get(tx)
        return found and self._tx(found)

    def eth_getTransactionReceipt(self, tx: str) -> Any:  # noqa: N802
        found = self.world.by_hash.get(tx)
        return found and {
            **self._place(found),
            "transactionHash": found.hash,
            "from": found.sender,
            "to": found.to,
            "contractAddress": None,
            "status": "0x1",
            "type": "0x0",
            "gasUsed": hex(GAS),
            "effectiveGasPrice": hex(PRICE),
            "logs": self._logs(found),
        }

    def eth_getBalance(self, holder: str, tag: str) -> str:  # noqa: N802
        start = 0 if holder in (POOL, TOKEN) else 10 * STOLEN if holder == VICTIM else 10**16
        return hex(held(self.world.funds.get(holder), int(tag, 16), start))

    def eth_call(self, asked: dict[str, str], tag: str) -> str:
        holder = "0x" + asked["data"][-40:]
        start = 10**40 if holder == POOL else 10 if holder.startswith("0xcd") else 0
        return f"0x{held(self.world.tokens.get(holder), int(tag, 16), start):064x}"

    def eth_getLogs(self, asked: dict[str, Any]) -> list[Any]:  # noqa: N802
        low, high = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        topics = asked["topics"]
        holder = "0x" + next(one for one in topics[1:] if one)[-40:]
        return [
            log
            for tx in self.world.of.get(holder, ())
            if low <= tx.block <= high
            for log in self._logs(tx)
            if all(one in (None, two) for one, two in zip(topics, log["topics"], strict=False))
        ]

    def trace_filter(self, asked: dict[str, Any]) -> list[Any]:
        low, high = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        (holder,) = asked.get("fromAddress") or asked["toAddress"]
        side = "sender" if "fromAddress" in asked else "to"
        rows = [
            {"type": "call", "blockNumber": tx.block, "transactionHash": tx.hash, "traceAddress": []}
            for tx in self.world.of.get(holder, ())
            if low <= tx.block <= high and getattr(tx, side) == holder
        ]
        return rows[asked["after"] : asked["after"] + asked["count"]]

    def debug_traceTransaction(self, tx: str, how: Any) -> Any:  # noqa: N802
        found = self.world.by_hash[tx]
        return {"type": "CALL", "from": found.sender, "to": found.to, "value": hex(found.value)}

    def _place(self, tx: Tx) -> dict[str, Any]:
        number = tx.block
        return {
            "blockNumber": hex(number),
            "blockHash": self.world.block_hash(number),
            "transactionIndex": hex(tx.index),
        }

    def _tx(self, tx: Tx) -> dict[str, Any]:
        more = {"hash": tx.hash, "from": tx.sender, "to": tx.to, "value": hex(tx.value), "gasPrice": hex(PRICE)}
        return {**self._place(tx), **more, "nonce": hex(tx.nonce), "type": "0x0", "input": "0x"}

    def _logs(self, tx: Tx) -> list[dict[str, Any]]:
        before = sum(len(one.logs) for one in self.world.in_block[tx.block] if one.index < tx.index)
        return [
            {
                **self._place(tx),
                "address": TOKEN,
                "topics": [TRANSFER, "0x" + "0" * 24 + payer[2:], "0x" + "0" * 24 + payee[2:]],
                "data": f"0x{amount:064x}",
                "logIndex": hex(before + number),
                "transactionHash": tx.hash,
                "removed": False,
            }
            for number, (payer, payee, amount) in enumerate(tx.logs)
        ]

    def _row(self, tx: Tx) -> dict[str, str]:
        return {
            "blockNumber": str(tx.block),
            "timeStamp": str(START + 12 * (tx.block - FIRST)),
            "hash": tx.hash,
            "nonce": str(tx.nonce),
            "blockHash": self.world.block_hash(tx.block),
            "transactionIndex": str(tx.index),
            "gas": "60000",
            "gasPrice": str(PRICE),
            "gasUsed": str(GAS),
            "cumulativeGasUsed": str(GAS),
            "input": "0x",
            "confirmations": "100",
        }

    def _listed(self, tx: Tx, holder: str) -> list[dict[str, str]]:
        if holder not in (tx.sender, tx.to):
            return []
        more = {"from": tx.sender, "to": tx.to, "value": str(tx.value), "isError": "0", "txreceipt_status": "1"}
        return [{**self._row(tx), **more, "contractAddress": "", "methodId": "0x", "functionName": ""}]

    def _tokens(self, tx: Tx, holder: str) -> list[dict[str, str]]:
        names = {"tokenName": "Token", "tokenSymbol": "TKN", "tokenDecimal": "6", "contractAddress": TOKEN}
        return [
            {**self._row(tx), **names, "from": payer, "to": payee, "value": str(amount)}
            for payer, payee, amount in tx.logs
            if holder in (payer, payee)
        ]


class Server:
    """Sends answers after a delay; now and then a fault in their place."""

    def __init__(self, answers: Answers, delay: float, faults: float) -> None:
        self.answers, self.delay, self.faults = answers, delay, faults
        self.chance = random.Random(3)
        self.counts: dict[str, int] = {}
        self.here = self.most = 0

    def reply(self, method: str, path: str, body: bytes) -> tuple[int, bytes, bool]:
        """Return status, body, and whether the connection is closed in the place of it."""
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == "/control":
            return 200, json.dumps(self.control(asked)).encode(), False
        self.counts["calls"] = self.counts.get("calls", 0) + 1
        if self.faults and self.chance.random() < self.faults:
            self.counts["faults"] = self.counts.get("faults", 0) + 1
            return self._fault(self.chance.randrange(4))
        if parts.path.startswith("/portal"):
            return self._portal(method, parts.path, body)
        if parts.path.startswith("/rpc"):
            call = json.loads(body)
            name = call["method"]
            try:
                said: Any = {"jsonrpc": "2.0", "id": call["id"], "result": self.answers.node(name, call["params"])}
            except AttributeError:
                refusal = {"code": -32601, "message": f"the method {name} does not exist/is not available"}
                said = {"jsonrpc": "2.0", "id": call["id"], "error": refusal}
        else:
            name = f"{asked['module']}/{asked['action']}"
            said = self.answers.explorer(asked)
        self.counts[name] = self.counts.get(name, 0) + 1
        return 200, json.dumps(said, separators=(",", ":")).encode(), False

    def _portal(self, method: str, path: str, body: bytes) -> tuple[int, bytes, bool]:
        self.counts["portal"] = self.counts.get("portal", 0) + 1
        world = self.answers.world
        if method == "GET":
            number = world.height - 64
            return 200, json.dumps({"number": number, "hash": world.block_hash(number)}).encode(), False
        lines = self.answers.portal(json.loads(body))
        return 200, b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines), False

    def control(self, asked: dict[str, str]) -> Any:
        """Change the delay, replace the last blocks, start counting anew; return the counts so far."""
        if "delay" in asked:
            self.delay = float(asked["delay"])
        if "reorganise" in asked:
            self.answers.world.reorganise()
        said = {**self.counts, "at_once": self.most}
        if "reset" in asked:
            self.counts, self.most = {}, 0
        return said

    @staticmethod
    def _fault(kind: int) -> tuple[int, bytes, bool]:
        if kind == 0:
            return 502, b"<html>Bad Gateway</html>", False
        if kind == 1:
            return 200, b'{"status":"0","message":"NOTOK","result":"Max calls per sec rate limit reached"}', False
        return (
            (200, b'{"status":"1","message":"OK","result":[{"blockNumber":"1', False) if kind == 2 else (0, b"", True)
        )


class Connection(asyncio.Protocol):
    """One connection that is kept open; a request at a time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.data = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        length = int(fields.get("content-length", "0"))
        if len(rest) < length:
            return
        self.data = rest[length:]
        method, path, _ = lines[0].split(" ")
        server = self.server
        server.here += 1
        server.most = max(server.most, server.here)
        status, body, closes = server.reply(method, path, rest[:length])
        wait = 0.0 if path.startswith("/control") else server.delay
        asyncio.get_running_loop().call_later(wait, self.send, status, body, closes)

    def send(self, status: int, body: bytes, closes: bool) -> None:
        """Send what was decided when the request came."""
        self.server.here -= 1
        if self.transport.is_closing():
            return
        if closes:
            self.transport.close()
            return
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def main() -> None:
    """Serve until the program is ended."""
    options = argparse.ArgumentParser()
    options.add_argument("--holders", type=int, default=500)
    options.add_argument("--rows", type=int, default=15_000)
    options.add_argument("--delay", type=float, default=0.02)
    options.add_argument("--faults", type=float, default=0.01)
    given = options.parse_args()
    world = make_world(given.holders, given.rows)
    server = Server(Answers(world), given.delay, given.faults)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0)
    print(json.dumps({"port": listening.sockets[0].getsockname()[1], "theft": world.theft}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # ends with whoever started it


if __name__ == "__main__":
    asyncio.run(main())
