"""The same 20 bytes on other chains: a hint, never a statement on the address asked (D6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracer.model import TRON, ChainId, Statement, hex_form, parse_address
from tracer.registry import same_key, why
from tracer.registry.who_says import SAME_CONTRACT, SAME_KEY

EVM = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
ON_TRON = "TAqg8TXo8tmpaz7TwHS669Tgt8MPSWgoxB"
ROUTER = "0xd90e2f925da726b50c4ed8d0fb90ad053324f31b"


def test_d6_an_account_of_tron_shows_what_is_said_of_its_key_on_ethereum() -> None:
    assert why(ON_TRON) == ()
    hints = same_key(ON_TRON)
    assert {meaning for _, meaning in hints} == {SAME_KEY}
    assert {(said.chain, said.address) for said, _ in hints} == {("eip155:1", EVM)}
    assert hints[0][0].source.publisher == "OFAC"


@pytest.mark.parametrize("chain", ["eip155:56", "eip155:137"])
def test_d6_a_chain_that_is_named_shows_the_other_chains_as_hints(chain: str) -> None:
    assert why(f"{chain}:{EVM}") == ()
    assert {meaning for _, meaning in same_key(f"{chain}:{EVM}")} == {SAME_KEY}


def test_d6_what_is_held_is_not_hinted_at_again() -> None:
    assert why(EVM)
    assert same_key(EVM) == ()
    assert same_key("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4") == ()


def test_d6_a_contract_at_the_same_address_elsewhere_is_said_apart() -> None:
    assert {meaning for _, meaning in same_key(f"eip155:56:{ROUTER}")} == {SAME_CONTRACT}
    assert {meaning for _, meaning in same_key(parse_address(TRON, ROUTER))} == {SAME_CONTRACT}


class Store:
    """Says one thing of an address, on the BNB chain."""

    def __init__(self, said: Statement) -> None:
        self.said = said

    def statements(self, address: str) -> tuple[Statement, ...]:
        return (self.said,) if address == self.said.address else ()


def test_d6_what_is_a_contract_here_makes_no_key_of_an_account_elsewhere() -> None:
    said = replace(why(EVM)[0], chain=ChainId("eip155:56"), address=parse_address(ChainId("eip155:56"), ROUTER))
    store = Store(said)
    assert why(ROUTER, store=store)
    assert {meaning for _, meaning in same_key(f"eip155:1:{ROUTER}", store=store)} == {SAME_CONTRACT}


def test_the_hex_form_of_an_account_is_of_its_20_bytes() -> None:
    assert hex_form(ON_TRON) == hex_form(EVM) == EVM
    assert hex_form("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4") == ""
    assert hex_form("TAqg8TXo8tmpaz7TwHS669Tgt8MPSWgoxC") == ""
