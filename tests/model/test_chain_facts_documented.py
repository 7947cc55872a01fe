"""The table of chain facts in docs/collecting.md says what the program's own table holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tracer.model import CHAINS, LOCAL_EVM, ChainId, facts_of
from tracer.providers.registry import DATASETS

DOCUMENT = Path(__file__).parents[2] / "docs" / "collecting.md"


def documented() -> dict[ChainId, list[str]]:
    """Return the cells of each chain's row, the first being whether it is known."""
    section = DOCUMENT.read_text("utf-8").partition("## What chains do differently")[2].partition("\n## ")[0]
    rows: dict[ChainId, list[str]] = {}
    for line in section.splitlines():
        if line.startswith("|"):
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows |= {ChainId(chain): cells for chain in re.findall(r"`(eip155:\d+)`", name)}
    return rows


def at(seconds: int | None) -> str:
    return "" if not seconds else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def test_every_known_chain_is_in_the_table_and_no_other_is_called_known() -> None:
    rows = documented()
    ours = {chain.id for chain in CHAINS.values() if chain.family == "evm" and chain.id != LOCAL_EVM}
    known = {one for one, cells in rows.items() if cells[0] == "yes"}
    assert {chain for chain in ours if facts_of(chain).known} == known
    assert all(facts_of(chain).known == (cells[0] == "yes") for chain, cells in rows.items())


def test_fees_forks_and_contracts_are_those_of_the_program() -> None:
    for chain, (known, fees, coin, kept) in documented().items():
        facts = facts_of(chain)
        if known != "yes":
            continue
        assert ("blobs" in fees, "layer 1" in fees, "operator" in fees) == (
            facts.blob_fee,
            facts.layer_one_fee,
            facts.operator_fee,
        ), chain
        assert at(facts.operator_fee_hundredfold_from) in fees
        begins = facts.keeps_destroyed_from
        expected = "always" if begins == 0 else at(begins).removesuffix(" 00:00:00")
        assert expected in kept, chain
        assert facts.keeps_destroyed_from_block is None or f"{facts.keeps_destroyed_from_block:,}" in kept
        assert facts.status_from == 0 or f"{facts.status_from:,}" in coin
        assert all(f"0x{kind:x}" in coin for kind in facts.deposit_types | facts.free_types | facts.beside_calls), chain
        assert all(contract[-4:] in coin for contract in facts.coin_contracts)
        assert ("withdrawals" in coin) == (facts.withdrawals_pay_coin or chain == "eip155:100")


def test_the_portal_is_asked_only_for_chains_that_are_known() -> None:
    assert set(DATASETS) <= {chain for chain, cells in documented().items() if cells[0] == "yes"}
