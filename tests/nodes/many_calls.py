"""One block in which native value moves in every way the virtual machine knows, and in ways that only look like it."""

from __future__ import annotations

from dataclasses import dataclass

from evm_node import GENESIS_TIME, Contract, EvmNode

ETHER = 10**18


@dataclass(frozen=True)
class ManyCalls:
    """What was done.

    Attributes
    ----------
    block : int
        Height of the block that holds all of it.
    payer, payee, other : str
        Wallets without code; all transactions are the payer's.
    contracts : dict of str to Contract
        By name.
    txs : dict of str to str
        Transaction hashes by what was done.
    internal : dict of str to list of (path, sender, recipient, wei)
        By transaction name: calls inside it that really moved value, worked out from the contracts' source.
    delegated, reverted : tuple
        ``(sender, recipient, wei)`` of a delegatecall that repeats value, of a payment that was undone.
    """

    block: int
    payer: str
    payee: str
    other: str
    contracts: dict[str, Contract]
    txs: dict[str, str]
    internal: dict[str, list[tuple[tuple[int, ...], str, str, int]]]
    delegated: tuple[str, str, int]
    reverted: tuple[str, str, int]


def run_many_calls(node: EvmNode, wallets: tuple[str, str, str]) -> ManyCalls:
    """Do everything in one block, after the contracts were created in blocks before it."""
    faucet, (payer, payee, other) = node.accounts[0], wallets
    node.fund([payer], 100 * ETHER)
    made = {name: node.deploy(faucet, name) for name in ("Splitter", "Delegator", "PayCode", "HalfReverter")}
    made |= {name: node.deploy(faucet, name) for name in ("AlwaysFails", "Factory")}
    made["Forwarder"] = node.deploy(faucet, "Forwarder", payee)
    made["Destructible"] = node.deploy(faucet, "Destructible", value=5 * ETHER)
    inner = bytes.fromhex(made["PayCode"].data("pay", payee, 2 * ETHER)[2:])
    splitter, delegator, half = (made[name].address for name in ("Splitter", "Delegator", "HalfReverter"))
    forwarder, factory, destructible = (made[name].address for name in ("Forwarder", "Factory", "Destructible"))
    txs = {
        "split": node.call(payer, made["Splitter"], "split", [payee, other], [ETHER, 2 * ETHER], value=3 * ETHER),
        "delegate": node.call(payer, made["Delegator"], "run", made["PayCode"].address, inner, value=7 * ETHER),
        "half": node.call(payer, made["HalfReverter"], "run", payee, other, value=4 * ETHER),
        "fail": node.send(payer, made["AlwaysFails"].address, value=ETHER, data="0x01"),
        "create": node.call(payer, made["Factory"], "make", value=6 * ETHER),
        "forward": node.send(payer, forwarder, value=9 * ETHER),
        "destroy": node.call(payer, made["Destructible"], "destroy", payee),
        "plain": node.send(payer, payee, value=1, maxFeePerGas=hex(30 * 10**9), maxPriorityFeePerGas=hex(10**9)),
    }
    block = node.mine(max(GENESIS_TIME + 86_400, now(node) + 12))
    child = "0x" + node.rpc("eth_getStorageAt", factory, "0x" + "00" * 32, "latest")[-40:]
    internal: dict[str, list[tuple[tuple[int, ...], str, str, int]]] = {
        "split": [((0,), splitter, payee, ETHER), ((1,), splitter, other, 2 * ETHER)],
        "delegate": [((0, 0), delegator, payee, 2 * ETHER)],
        "half": [((1,), half, other, 4 * ETHER)],
        "fail": [],
        "create": [((0,), factory, child, 6 * ETHER)],
        "forward": [((0,), forwarder, payee, 9 * ETHER)],
        "destroy": [((0,), destructible, payee, 5 * ETHER)],
        "plain": [],
    }
    delegated = (delegator, made["PayCode"].address, 7 * ETHER)
    return ManyCalls(block, payer, payee, other, made, txs, internal, delegated, (half, payee, 4 * ETHER))


def now(node: EvmNode) -> int:
    """Return the time of the newest block."""
    return int(node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
