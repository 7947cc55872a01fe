"""Pages of public explorers: the right one for each chain, none for what is not of the form to the letter."""

from __future__ import annotations

import pytest

from tracer.model import BITCOIN, CHAINS, LOCAL_BITCOIN, LOCAL_EVM, TRON, ChainId, explorer_url

ONE = "0x" + "1f" * 20
TX = "ab" * 32
TRON_ONE = "TAqg8TXo8tmpaz7TwHS669Tgt8MPSWgoxB"
BASE58 = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.mark.parametrize(
    ("chain", "kind", "text", "page"),
    [
        ("eip155:1", "address", ONE, f"https://etherscan.io/address/{ONE}"),
        ("eip155:1", "tx", f"0x{TX}", f"https://etherscan.io/tx/0x{TX}"),
        ("eip155:1", "tx", TX, f"https://etherscan.io/tx/0x{TX}"),
        ("eip155:56", "block", "12", "https://bscscan.com/block/12"),
        ("eip155:10", "address", ONE, f"https://optimistic.etherscan.io/address/{ONE}"),
        (BITCOIN, "address", BASE58, f"https://mempool.space/address/{BASE58}"),
        (BITCOIN, "address", f"{TX}:3", f"https://mempool.space/tx/{TX}"),
        (BITCOIN, "tx", TX, f"https://mempool.space/tx/{TX}"),
        (BITCOIN, "block", 170, "https://mempool.space/block/170"),
        (TRON, "address", TRON_ONE, f"https://tronscan.org/#/address/{TRON_ONE}"),
        (TRON, "tx", f"0x{TX}", f"https://tronscan.org/#/transaction/{TX}"),
        (TRON, "block", "5", "https://tronscan.org/#/block/5"),
    ],
)
def test_j_each_chain_has_the_pages_of_its_explorer(chain: str, kind: str, text: str | int, page: str) -> None:
    assert explorer_url(ChainId(chain), kind, text) == page


@pytest.mark.parametrize(
    "chain", [LOCAL_EVM, LOCAL_BITCOIN, "eip155:250", "eip155:424242", "solana:5eykt4Us", "other:x"]
)
def test_j_a_chain_without_a_known_explorer_has_no_page(chain: str) -> None:
    assert explorer_url(ChainId(chain), "address", BASE58 if "bip122" in chain else ONE) is None


@pytest.mark.parametrize("chain", sorted(CHAINS))
@pytest.mark.parametrize("kind", ["address", "tx", "block", "token", ""])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "javascript:alert(1)",
        f"{ONE}/../x",
        f"{ONE}?a=b",
        f'{ONE}"><script>',
        f"{TX}#",
        "-1",
        "1\n",
        "１２",
        "../",
    ],
)
def test_j_hostile_text_never_becomes_part_of_a_link(chain: str, kind: str, text: str) -> None:
    assert explorer_url(ChainId(chain), kind, text) is None
