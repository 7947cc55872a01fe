"""Header and branch of a real block, mainnet 277647, and what does not prove anything."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.chains.bitcoin_proof import double_sha256, parse_block_header, parse_branch, root_of_branch
from tracer.chains.fields import FaultyReply, Field

HEADER = bytes.fromhex(
    "0200000053e679859867227ce7365a95043041ec3946be2fab2668c80000000000000000c306afc96d3c0258c1952b53c660455e"
    "700451635d771fbe235cb08e2931ac36feccc0520ca303195d03ba96"
)
HASH = "0000000000000000054a714e580b16c583701712ab91060e92dbde6eb1e052a8"
TXID = "d1e594eabe8c582dc01a8768cb01679aea6956165806f69f40e22e5e352b3bd1"
BRANCH = (
    "0fc1f998e6fc1fa43a879cea4a54fe9947e02b925ebc46237a2406c50e0f07ea",
    "36426170e275d6905f55602e721af44709acb7b719e1ae2f621c16ce842894ce",
    "ff251f6028570431ffa050c52c0a775b9d4bdb4f8b74005816b43634ace8ef08",
    "c28fba8948fe7caffc68d2ea6072aab29edfc0545d0ccdb8e810238b1db302b9",
    "7d300f975f5e9ace1cf2c5748951475f503be304d4b26cc142b067e0fa4097bc",
    "a64d5f9d37b7802a6d230c3d16e9024b96a3af2cd342b74a909c62aa21fa175c",
    "24a4ae33304aae5e09358f4581771a11ee2ac33198d14574cbaaeea2804e0d1e",
    "83bdfeb91d242819e1cb372d45f2fbb63457f0c34f8eb52b10bc51f33c7c0016",
)
ROOT = HEADER[36:68][::-1].hex()


def printed(**changes: Any) -> Field:
    block = {
        "version": 2,
        "previousblockhash": HEADER[4:36][::-1].hex(),
        "merkle_root": ROOT,
        "timestamp": int.from_bytes(HEADER[68:72], "little"),
        "bits": 0x1903A30C,
        "nonce": int.from_bytes(HEADER[76:80], "little"),
    }
    return Field({**block, **changes})


def test_the_printed_fields_give_the_header_of_the_real_block() -> None:
    assert double_sha256(HEADER)[::-1].hex() == HASH
    assert parse_block_header(printed(), block_hash=HASH) == HEADER


@pytest.mark.parametrize(
    "change",
    [{"nonce": 1}, {"version": 3}, {"merkle_root": "00" * 32}, {"timestamp": 2**32}, {"previousblockhash": None}],
)
def test_a_changed_field_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FaultyReply):
        parse_block_header(printed(**change), block_hash=HASH)


def test_the_branch_of_the_real_transaction_leads_to_the_root() -> None:
    proof = {"block_height": 277_647, "merkle": list(BRANCH), "pos": 1}
    assert parse_branch(Field(proof), txid=TXID, block=277_647, root=ROOT) == (1, BRANCH)


@pytest.mark.parametrize(
    "change",
    [{"pos": 0}, {"pos": 257}, {"merkle": list(BRANCH[:-1])}, {"merkle": list(BRANCH[::-1])}, {"block_height": 1}],
)
def test_another_branch_is_refused(change: dict[str, Any]) -> None:
    proof = {"block_height": 277_647, "merkle": list(BRANCH), "pos": 1, **change}
    with pytest.raises(FaultyReply):
        parse_branch(Field(proof), txid=TXID, block=277_647, root=ROOT)


def test_an_index_beyond_the_branch_has_no_root() -> None:
    assert root_of_branch(TXID, 1 + 256, BRANCH) == ""
