"""The Bitcoin node is the same chain everywhere, and the local Esplora server says of it what the bytes say."""

from __future__ import annotations

import hashlib
from typing import Any

import faults
import pytest
from asking import get
from bitcoin_index import double_sha256
from bitcoin_node import BITCOIN_START, running_bitcoin_node
from bitcoin_story import BRIDGE_PAYS, BRIDGED_SATOSHIS, BitcoinStory, run_bitcoin_story
from esplora_server import EsploraServer, running_esplora
from laundering import Laundering

FIELDS = {"txid", "version", "locktime", "size", "weight", "fee", "vin", "vout", "status"}
OUTPUT = {"scriptpubkey", "scriptpubkey_asm", "scriptpubkey_type", "value"}


def asked(server: EsploraServer, path: str) -> Any:
    reply = get(server.url + path)
    assert reply.status == 200, reply.text
    return reply.json


def without_witness(raw: bytes) -> bytes:
    """Return a transaction's bytes as its id is made from them (BIP 144)."""
    if raw[4:6] != b"\x00\x01":
        return raw
    at = 6

    def count() -> int:
        nonlocal at
        first, at = raw[at], at + 1
        assert first < 0xFD
        return first

    for _ in range(count()):
        at += 36
        length = count()
        at += length + 4
    for _ in range(count()):
        at += 8
        length = count()
        at += length
    return raw[:4] + raw[6:at] + raw[-4:]


def test_two_fresh_nodes_act_out_the_same_chain(bitcoin_story: BitcoinStory) -> None:
    with running_bitcoin_node() as node:
        again = run_bitcoin_story(node)
        assert again.transactions == bitcoin_story.transactions[: len(again.transactions)]
        assert node.tip()["hash"] == bitcoin_story.node.hash_at(node.tip()["height"])


@pytest.mark.usefixtures("node_programs")
def test_other_blocks_at_the_same_heights_have_other_hashes() -> None:
    with running_bitcoin_node() as node, running_esplora(node) as server:
        story = run_bitcoin_story(node, busy_payments=2)
        height = node.tip()["height"]
        before = asked(server, f"/tx/{story.transactions[-1].txid}")
        node.reset(before["status"]["block_height"] - 1)
        while node.tip()["height"] < height:
            node.mine(BITCOIN_START + 86_400 * 50 + node.tip()["height"], story.address["victim"])
        assert get(f"{server.url}/tx/{story.transactions[-1].txid}").status == 404
        replaced = before["status"]["block_height"]
        assert get(f"{server.url}/block-height/{replaced}").text != before["status"]["block_hash"]
        assert get(f"{server.url}/block-height/{replaced - 1}").text == node.hash_at(replaced - 1)


def test_every_transaction_is_as_the_script_made_it(esplora_server: EsploraServer, bitcoin_story: BitcoinStory) -> None:
    for made in bitcoin_story.transactions:
        found = asked(esplora_server, f"/tx/{made.txid}")
        assert found.keys() == FIELDS
        assert all(output.keys() - {"scriptpubkey_address"} == OUTPUT for output in found["vout"])
        spent = [
            (f"{one['txid']}:{one['vout']}", one["prevout"].get("scriptpubkey_address", ""), one["prevout"]["value"])
            for one in found["vin"]
        ]
        paid = [
            (f"{made.txid}:{index}", output.get("scriptpubkey_address", ""), output["value"])
            for index, output in enumerate(found["vout"])
        ]
        assert (spent, paid, found["fee"]) == (made.inputs, made.outputs, made.fee)
        assert found["status"]["block_height"] == made.block


def test_an_id_is_the_hash_of_the_bytes_and_a_branch_leads_to_the_header(
    esplora_server: EsploraServer, bitcoin_story: BitcoinStory
) -> None:
    for made in bitcoin_story.transactions[:6]:
        raw = bytes.fromhex(get(f"{esplora_server.url}/tx/{made.txid}/hex").text)
        assert double_sha256(without_witness(raw))[::-1].hex() == made.txid
        proof = asked(esplora_server, f"/tx/{made.txid}/merkle-proof")
        assert (proof["block_height"], proof["pos"]) == (made.block, made.index)
        reached, position = bytes.fromhex(made.txid)[::-1], proof["pos"]
        for beside in (bytes.fromhex(one)[::-1] for one in proof["merkle"]):
            reached = double_sha256(beside + reached if position % 2 else reached + beside)
            position //= 2
        hash_ = get(f"{esplora_server.url}/block-height/{made.block}").text
        header = get(f"{esplora_server.url}/block/{hash_}/raw").body[:80]
        assert header[36:68] == reached
        assert double_sha256(header)[::-1].hex() == hash_
        assert hashlib.sha256(hashlib.sha256(header).digest()).hexdigest() != hash_
        assert asked(esplora_server, f"/block/{hash_}/txids")[made.index] == made.txid


def test_spends_are_named_in_output_order(esplora_server: EsploraServer, bitcoin_story: BitcoinStory) -> None:
    spent_by = {
        coin[0]: (made.txid, place) for made in bitcoin_story.transactions for place, coin in enumerate(made.inputs)
    }
    for made in bitcoin_story.transactions:
        seen = asked(esplora_server, f"/tx/{made.txid}/outspends")
        found = [(one["txid"], one["vin"]) if one["spent"] else None for one in seen]
        assert found == [spent_by.get(coin[0]) for coin in made.outputs]


def test_scripts_without_an_address_have_none(esplora_server: EsploraServer, bitcoin_story: BitcoinStory) -> None:
    (odd,) = [made for made in bitcoin_story.transactions if len(made.outputs) == 4]
    outputs = asked(esplora_server, f"/tx/{odd.txid}")["vout"]
    assert [output["scriptpubkey_type"] for output in outputs] == ["v0_p2wpkh", "p2pk", "unknown", "op_return"]
    assert ["scriptpubkey_address" in output for output in outputs] == [True, False, False, False]


def test_a_history_is_paged_newest_first_and_counts_agree(
    esplora_server: EsploraServer, bitcoin_story: BitcoinStory
) -> None:
    path, seen = f"/address/{bitcoin_story.busy}", []
    page = asked(esplora_server, f"{path}/txs/chain")
    while page:
        seen += page
        page = asked(esplora_server, f"{path}/txs/chain/{seen[-1]['txid']}")
    stats = asked(esplora_server, path)["chain_stats"]
    made = [one.txid for one in bitcoin_story.transactions if bitcoin_story.busy in {c[1] for c in one.outputs}]
    assert [one["txid"] for one in seen] == made[::-1]
    assert stats["tx_count"] == len(seen) > 25
    unspent = asked(esplora_server, f"{path}/utxo")
    assert sum(one["value"] for one in unspent) == stats["funded_txo_sum"] - stats["spent_txo_sum"]


def test_refusals_are_plain_text(esplora_server: EsploraServer, bitcoin_story: BitcoinStory) -> None:
    esplora_server.utxo_limit = 5
    refused = {
        f"/tx/{'0' * 64}": (404, "Transaction not found"),
        "/block-height/9999": (404, "Block not found"),
        "/address/nothing": (400, "Invalid Bitcoin address"),
        f"/address/{bitcoin_story.busy}/utxo": (400, "Too many history entries"),
    }
    for path, (status, text) in refused.items():
        reply = get(esplora_server.url + path)
        assert (reply.status, reply.text, reply.headers["content-type"]) == (status, text, "text/plain")


def test_faults_strike_one_endpoint(esplora_server: EsploraServer, bitcoin_story: BitcoinStory) -> None:
    esplora_server.faults.add(faults.rate_limit("1", when=faults.to("esplora", "/tx/:txid/outspends")))
    assert get(f"{esplora_server.url}/tx/{bitcoin_story.theft}/outspends").status == 429
    assert get(f"{esplora_server.url}/tx/{bitcoin_story.theft}").status == 200
    assert [one.endpoint for one in esplora_server.log] == ["/tx/:txid/outspends", "/tx/:txid"]


def test_the_bridge_pays_on_this_chain_what_was_locked_on_the_other(
    bitcoin_story: BitcoinStory, esplora_server: EsploraServer, laundering: Laundering
) -> None:
    (locked,) = [one for one in laundering.movements if one.tx == laundering.bridged["tx"] and one.layer == "log"]
    found = asked(esplora_server, f"/tx/{bitcoin_story.bridge_pays}")
    assert found["status"]["block_time"] == BRIDGE_PAYS == locked.time + 2_400
    paid = found["vout"][0]
    assert (paid["scriptpubkey_address"], paid["value"]) == (laundering.bridged["destination"], BRIDGED_SATOSHIS)
    assert bitcoin_story.address["bridged"] == laundering.bridged["destination"]
