"""A Bitcoin regtest node (bcoin) whose chain is the same on every machine: keys from names, times and order as told."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from node_packages import HERE, install

from tracer.model import LOCAL_BITCOIN

BITCOIN_START = 1_704_067_200  # 2024-01-01
COINBASE_MATURITY = 100
COIN = 100_000_000
SUBSIDY = 50 * COIN
"""Of a block below height 150; the test network halves it every 150 blocks."""

Json = dict[str, Any]


class BitcoinNode:
    """A running node, spoken to over its standard input.

    Attributes
    ----------
    chain : str
        CAIP-2 id.
    """

    chain = LOCAL_BITCOIN

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._pending: list[str] = []
        self._lock = threading.Lock()

    def ask(self, command: str, **values: Any) -> Any:
        """Return the node's answer to a command.

        Raises
        ------
        RuntimeError
            If the node refuses.
        """
        assert self.process.stdin is not None
        with self._lock:
            self.process.stdin.write(json.dumps({"do": command, **values}) + "\n")
            self.process.stdin.flush()
            return self.read()

    def read(self) -> Any:
        """Return the next answer of the node."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the Bitcoin node has ended")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["ok"]

    def address(self, name: str, kind: str = "p2wpkh") -> str:
        """Return the address of a name: ``p2wpkh``, ``p2pkh`` or ``p2sh-p2wpkh``."""
        return str(self.ask("address", name=name, kind=kind))

    def bare_script(self, *names: str) -> str:
        """Return a script without an address: one name's public key, or one of several."""
        return str(self.ask("bareScript", names=names))

    def spend(self, inputs: Sequence[str], outputs: Sequence[tuple[str, int] | Json], *, locktime: int = 0) -> str:
        """Put a transaction into the next block and return its txid; what the outputs leave is its fee.

        Parameters
        ----------
        inputs : sequence of str
            Outpoints ``txid:vout``, of earlier transactions of the same block too.
        outputs : sequence of (str, int) or dict
            Address and satoshis; or ``script`` or ``data`` as hex, and ``value``.
        locktime : int
            As in the transaction.
        """
        paid = [one if isinstance(one, dict) else {"address": one[0], "value": one[1]} for one in outputs]
        made = self.ask("transaction", inputs=list(inputs), outputs=paid, locktime=locktime)
        self._pending.append(made["hex"])
        return str(made["txid"])

    def mine(self, time: int, to: str) -> Json:
        """Mine what is pending in order, at a time, the reward to an address; return ``hash, height, txids``."""
        block = self.ask("mine", time=time, to=to, transactions=self._pending)
        self._pending.clear()
        return dict(block)

    def mature(self, to: str, *, start: int = BITCOIN_START, blocks: int = 1) -> list[str]:
        """Mine rewards to an address and let them mature; return their outpoints. Blocks are ten minutes apart."""
        made = [self.mine(start + 600 * index, to) for index in range(blocks)]
        nobody = self.address("nobody")
        for index in range(blocks, blocks + COINBASE_MATURITY):
            self.mine(start + 600 * index, nobody)
        return [f"{block['txids'][0]}:0" for block in made]

    def reset(self, height: int) -> None:
        """Forget the blocks above a height: with other blocks mined after it, this is a reorganisation."""
        self.ask("reset", height=height)

    def tip(self) -> Json:
        """Return ``hash`` and ``height`` of the newest block."""
        return dict(self.ask("tip"))

    def hash_at(self, height: int) -> str | None:
        """Return the hash of the block at a height, none above the tip."""
        found = self.ask("hashAt", height=height)
        return None if found is None else str(found)

    def block(self, hash_: str) -> Json | None:
        """Return a block with its transactions, none where the node does not have it."""
        found = self.ask("block", hash=hash_)
        return None if found is None else dict(found)

    def stop(self) -> None:
        """End the process that was started, and nothing else."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process.stdout.close()


@contextmanager
def running_bitcoin_node() -> Iterator[BitcoinNode]:
    """Start a node with only the first block and stop it afterwards.

    Raises
    ------
    NodesMissingError
        If the node's program is not here and cannot be installed.
    """
    install()
    command = [shutil.which("node") or "node", str(HERE / "bitcoin_node.js")]
    process = subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    node = BitcoinNode(process)
    try:
        node.read()
        yield node
    finally:
        node.stop()
