"""A real EVM node (anvil) whose chain is the same on every machine: fixed clock, fixed accounts, blocks on demand."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from json_rpc import JsonRpc, RpcFailure
from node_packages import anvil_program, contracts, free_port, install

from tracer.model.keccak import keccak256

EVM_VERSION = "cancun"
GENESIS_TIME = 1_704_067_200  # 2024-01-01
GAS_PRICE = 20_000_000_000
FAUCET_WEI = 1_000_000 * 10**18


@dataclass(frozen=True)
class Contract:
    """A deployed contract.

    Attributes
    ----------
    name, address : str
        Name in its source; address, lower case.
    abi : list
        As the compiler gives it.
    """

    name: str
    address: str
    abi: list[dict[str, Any]]

    def data(self, function: str, *values: Any) -> str:
        """Return the call data of a function."""
        types = input_types(self.abi, "function", function)
        selector = keccak256(f"{function}({','.join(types)})".encode())[:4]
        return "0x" + (selector + encode(types, values)).hex()


def input_types(abi: list[dict[str, Any]], kind: str, name: str = "") -> list[str]:
    """Return the parameter types of a function or constructor; none where a contract declares no constructor."""
    for entry in abi:
        if entry["type"] == kind and entry.get("name", "") == name:
            return [one["type"] for one in entry["inputs"]]
    if kind == "constructor":
        return []
    raise KeyError(name)


class EvmNode:
    """A running node.

    Attributes
    ----------
    url, chain_id, port
        Where it listens and which chain it is.
    accounts : list of str
        Addresses the node signs for, lower case. The first is the faucet, which alone holds anything at first.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, chain_id: int) -> None:
        self.process, self.port, self.chain_id = process, port, chain_id
        self.url = f"http://127.0.0.1:{port}"
        self.rpc = JsonRpc(port)
        self.accounts: list[str] = []

    def block_number(self) -> int:
        """Return the height of the newest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def block_hash(self, number: int) -> str:
        """Return the hash of a block."""
        return str(self.rpc("eth_getBlockByNumber", hex(number), False)["hash"])

    def balance(self, address: str, block: int | str = "latest") -> int:
        """Return a native balance at the end of a block, wei."""
        return int(self.rpc("eth_getBalance", address, hex(block) if isinstance(block, int) else block), 16)

    def send(
        self, sender: str, to: str | None, *, value: int = 0, data: str = "0x", gas: int = 1_000_000, **fields: str
    ) -> str:
        """Put a transaction into the next block and return its hash.

        Parameters
        ----------
        sender, to : str
            Addresses; ``None`` as recipient creates a contract.
        value, gas : int
            Wei; units of gas.
        **fields : str
            Further fields as the node wants them, ``maxFeePerGas`` for example; without any the price is fixed.
        """
        transaction = {"from": sender, "value": hex(value), "data": data, "gas": hex(gas)}
        transaction |= {"to": to} if to else {}
        transaction |= fields or {"gasPrice": hex(GAS_PRICE)}
        return str(self.rpc("eth_sendTransaction", transaction))

    def call(self, sender: str, contract: Contract, function: str, *values: Any, **options: Any) -> str:
        """Put a call of a contract's function into the next block and return the transaction's hash."""
        return self.send(sender, contract.address, data=contract.data(function, *values), **options)

    def view(self, contract: Contract, function: str, *values: Any) -> int:
        """Return the integer that a read-only function gives."""
        return int(
            self.rpc("eth_call", {"to": contract.address, "data": contract.data(function, *values)}, "latest"), 16
        )

    def mine(self, when: int | None = None, *, blocks: int = 1) -> int:
        """Make blocks, the first at a given time (seconds UTC) or a second after the last; return the new height."""
        for index in range(blocks):
            newest = int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
            moment = when if when is not None and index == 0 else newest + 12
            self.rpc("evm_setNextBlockTimestamp", hex(moment))
            self.rpc("evm_mine")
        return self.block_number()

    def deploy(
        self, sender: str, name: str, *values: Any, value: int = 0, when: int | None = None, mine: bool = True
    ) -> Contract:
        """Create a contract, in a block of its own unless told otherwise, and return it."""
        made = contracts(EVM_VERSION)[name]
        types = input_types(made["abi"], "constructor")
        tx = self.send(sender, None, value=value, data=made["bytecode"] + encode(types, values).hex(), gas=5_000_000)
        if not mine:
            nonce = int(self.rpc("eth_getTransactionByHash", tx)["nonce"], 16)
            return Contract(name, created_address(sender, nonce), made["abi"])
        self.mine(when)
        receipt = self.receipt(tx)
        assert receipt["status"] == "0x1", f"{name} was not created"
        return Contract(name, str(receipt["contractAddress"]).lower(), made["abi"])

    def receipt(self, tx: str) -> dict[str, Any]:
        """Return the receipt of a mined transaction."""
        receipt = self.rpc("eth_getTransactionReceipt", tx)
        assert receipt is not None, f"{tx} is not in a block"
        return dict(receipt)

    def fund(self, recipients: Sequence[str], wei: int, when: int | None = None) -> None:
        """Pay each of some addresses the same from the faucet, in one block."""
        for recipient in recipients:
            self.send(self.accounts[0], recipient, value=wei, gas=100_000)
        self.mine(when)

    def impersonate(self, address: str) -> None:
        """Let the node send for an address whose key nobody has; such a transaction has no valid signature."""
        self.rpc("anvil_impersonateAccount", address)

    def snapshot(self) -> str:
        """Remember the chain as it is."""
        return str(self.rpc("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a remembered chain: with other blocks mined after it, this is a reorganisation."""
        assert self.rpc("evm_revert", snapshot) is True

    def stop(self) -> None:
        """End the process that was started, and nothing else."""
        self.rpc.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


def created_address(sender: str, nonce: int) -> str:
    """Return the address of the contract that a sender's transaction creates (Yellow Paper, section 7)."""
    number = b"" if nonce == 0 else nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    encoded = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    payload = b"\x94" + bytes.fromhex(sender[2:]) + encoded
    return "0x" + keccak256(bytes([0xC0 + len(payload)]) + payload)[12:].hex()


@contextmanager
def running_evm_node(
    *,
    chain_id: int = 31337,
    genesis_time: int = GENESIS_TIME,
    accounts: int = 64,
    hardfork: str = EVM_VERSION,
    port: int | None = None,
) -> Iterator[EvmNode]:
    """Start a node with an empty chain and stop it afterwards.

    Only the faucet (the first account) holds anything: a wallet of a script has an opening balance of exactly zero.

    Raises
    ------
    NodesMissingError
        If the node's program is not here and cannot be installed.
    """
    install()
    port = port or free_port()
    command = [str(anvil_program()), "--host", "127.0.0.1", "--port", str(port), "--silent", "--no-mining"]
    command += ["--chain-id", str(chain_id), "--timestamp", str(genesis_time), "--hardfork", hardfork]
    command += ["--accounts", str(accounts), "--balance", "0", "--order", "fifo"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    node = EvmNode(process, port, chain_id)
    try:
        _wait_for(node)
        node.accounts = [address.lower() for address in node.rpc("eth_accounts")]
        node.rpc("anvil_setBalance", node.accounts[0], hex(FAUCET_WEI))
        yield node
    finally:
        node.stop()


def _wait_for(node: EvmNode) -> None:
    """Wait until the node answers with its chain id."""
    end = time.monotonic() + 30
    while True:
        try:
            assert int(node.rpc("eth_chainId"), 16) == node.chain_id
            return
        except (OSError, RpcFailure):
            if node.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the EVM node did not start") from None
            time.sleep(0.02)
