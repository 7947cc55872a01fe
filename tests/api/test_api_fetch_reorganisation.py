"""Blocks that a real node takes back: after a refresh a case holds the new ones and says what was read anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from evm_node import running_evm_node
from explorer_server import running_explorer
from scripted import ETHER
from story_case import write_table

from tracer.api.collecting import Settings, fetch, rederive
from tracer.api.create import new_case
from tracer.api.load import open_case, open_seeds
from tracer.bundle import open_bundle
from tracer.collect.limits import Limits

CHAIN = "eip155:31337"


def test_after_a_reorganisation_only_the_new_blocks_count_and_the_old_head_is_named(
    node_programs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_evm_node() as node, running_explorer(node) as server:
        monkeypatch.setenv("TRACER_URL_RPC_EIP155_31337", f"{server.url}/rpc")
        victim, thief, first, second = node.accounts[1:5]
        node.fund([victim, thief, first, second], 10 * ETHER)
        theft = node.send(victim, thief, value=5 * ETHER)
        node.mine(blocks=12)
        node.send(thief, first, value=2 * ETHER)
        node.mine()
        kept = node.snapshot()
        gone = node.send(thief, second, value=1 * ETHER)
        node.mine(blocks=2)
        old = node.block_hash(node.block_number())

        folder = tmp_path / "story"
        new_case(f"{CHAIN}:{theft}", folder)
        settings = Settings(limits=Limits())
        before = fetch(open_case(folder), settings=settings)
        assert gone in {row.tx for row in before.gathered.transfers}

        node.revert(kept)
        node.send(thief, first, value=ETHER // 2)
        node.mine(blocks=3)
        after = fetch(open_case(folder), settings=Settings(limits=Limits(), refresh=True))
        new = node.block_hash(node.block_number())
        assert [(one.old.hash, one.new.hash) for one in after.gathered.replaced] == [(old, new)]
        assert after.gathered.replaced[0].from_block == before.gathered.heads[CHAIN].final.number + 1
        assert after.gathered.heads[CHAIN].final == before.gathered.heads[CHAIN].final
        assert gone not in {row.tx for row in after.gathered.transfers}
        assert any(old in note and new in note for note in after.gathered.notes())
        trace = open_case(folder).trace()
        assert trace.audit.closed
        assert trace.result.coverage.unclosed == ()

        other = tmp_path / "fresh"
        new_case(f"{CHAIN}:{theft}", other)
        fresh = fetch(open_case(other), settings=settings)
        assert after.gathered.transfers == fresh.gathered.transfers
        assert after.gathered.balances == fresh.gathered.balances
        again = fetch(open_case(folder), settings=settings)
        assert again.gathered == after.gathered
    files = rederive(open_bundle(folder / "bundle"), open_seeds(folder)).files()
    assert files == {name: (folder / "bundle" / name).read_bytes() for name in files}


def test_the_seeds_proposed_say_what_a_theft_pays_to_whom(
    node_programs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_evm_node() as node, running_explorer(node) as server:
        monkeypatch.setenv("TRACER_URL_RPC_EIP155_31337", f"{server.url}/rpc")
        victim, thief = node.accounts[1:3]
        node.fund([victim], 10 * ETHER)
        theft = node.send(victim, thief, value=5 * ETHER)
        node.mine(blocks=2)
        case = new_case(f"{CHAIN}:{theft}", tmp_path / "story", title="It's a story")
    text = (tmp_path / "story" / "seeds.csv").read_text()
    assert text.splitlines()[1] == (
        f"tx,{theft},{CHAIN},{CHAIN}/slip44:60,,theft-1,{victim},{thief},5000000000000000000 (5 ETH) lost: "
        "the only one who only loses it"
    )
    assert (case.id, len(case.seeds)) == ("story", 1)
    assert "tlp: TLP:AMBER" in (tmp_path / "story" / "case.yml").read_text()
    assert repr(case).startswith("Case 'story': It's a story")
    write_table(tmp_path / "story" / "labels.csv", [{"address": thief, "label": "Thief", "category": "theft"}])
