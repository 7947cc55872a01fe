"""The EVM node is the same chain everywhere, and rewrites history when told to."""

from __future__ import annotations

import pytest
from evm_node import GENESIS_TIME, EvmNode, created_address, running_evm_node
from json_rpc import RpcFailure
from many_calls import ManyCalls, run_many_calls


def a_short_history(node: EvmNode) -> list[str]:
    payer, payee, other = node.accounts[1:4]
    run_many_calls(node, (payer, payee, other))
    token = node.deploy(node.accounts[0], "Token", "Gold", "GLD", 6)
    node.call(node.accounts[0], token, "mint", payer, 1_000_000)
    node.mine(GENESIS_TIME + 30 * 86_400)
    return [node.block_hash(number) for number in range(node.block_number() + 1)]


@pytest.mark.usefixtures("node_programs")
def test_two_fresh_nodes_give_the_same_blocks() -> None:
    histories = []
    for _ in range(2):
        with running_evm_node() as node:
            histories.append(a_short_history(node))
    assert histories[0] == histories[1]
    assert len(set(histories[0])) == len(histories[0])


@pytest.mark.usefixtures("node_programs")
def test_going_back_and_mining_something_else_changes_the_hashes() -> None:
    with running_evm_node() as node:
        wallet = node.accounts[1]
        node.fund([wallet], 10**18)
        common, kept = node.block_number(), node.snapshot()
        first = node.send(wallet, node.accounts[2], value=5)
        node.mine(blocks=3)
        before = [node.block_hash(number) for number in range(node.block_number() + 1)]
        node.revert(kept)
        second = node.send(wallet, node.accounts[3], value=6)
        node.mine(blocks=3)
        after = [node.block_hash(number) for number in range(node.block_number() + 1)]
        assert before[: common + 1] == after[: common + 1]
        assert not set(before[common + 1 :]) & set(after[common + 1 :])
        assert node.rpc("eth_getTransactionReceipt", first) is None
        assert node.receipt(second)["status"] == "0x1"


def test_only_the_faucet_holds_anything_at_first(evm_node: EvmNode) -> None:
    assert evm_node.balance(evm_node.accounts[1], 0) == 0
    assert evm_node.balance(evm_node.accounts[0]) > 0


def test_the_address_of_a_created_contract_is_known_beforehand(evm_node: EvmNode) -> None:
    sender = evm_node.accounts[0]
    nonce = int(evm_node.rpc("eth_getTransactionCount", sender, "latest"), 16)
    assert evm_node.deploy(sender, "AlwaysFails").address == created_address(sender, nonce)


def test_a_refusal_of_the_node_is_an_error(evm_node: EvmNode) -> None:
    with pytest.raises(RpcFailure, match="-32601"):
        evm_node.rpc("eth_noSuchThing")


def test_balances_agree_with_what_the_contracts_were_told_to_do(evm_node: EvmNode, many_calls: ManyCalls) -> None:
    """The truth of the block, written down from the contracts' source, is what the node's balances say."""
    moved: dict[str, int] = {}
    receipts = {name: evm_node.receipt(tx) for name, tx in many_calls.txs.items()}
    for name, tx in many_calls.txs.items():
        sent = evm_node.rpc("eth_getTransactionByHash", tx)
        fee = int(receipts[name]["gasUsed"], 16) * int(receipts[name]["effectiveGasPrice"], 16)
        moved[many_calls.payer] = moved.get(many_calls.payer, 0) - fee
        if receipts[name]["status"] == "0x1":
            legs = [(sent["from"], sent["to"], int(sent["value"], 16))]
            legs += [leg[1:] for leg in many_calls.internal[name]]
            for sender, recipient, wei in legs:
                moved[sender] = moved.get(sender, 0) - wei
                moved[recipient] = moved.get(recipient, 0) + wei
    assert receipts["fail"]["status"] == "0x0"
    seen = {
        holder: evm_node.balance(holder, many_calls.block) - evm_node.balance(holder, many_calls.block - 1)
        for holder in moved
    }
    assert seen == moved
