"""Holders expanded in any order on a real node whose last blocks are replaced in the middle: always the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from case_fetching import SETTINGS, WAYS, assert_replays, bytes_in, environment, fetched, named
from evm_node import Contract, EvmNode, running_evm_node
from explorer_server import ExplorerServer, running_explorer
from scripted import ETHER
from story_case import private_case

from tracer.api.collecting import collection_inputs, with_as_of
from tracer.api.load import open_seeds
from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.collect.loop import Collection
from tracer.model import LOCAL_EVM
from tracer.net.http import Http
from tracer.providers.registry import SOURCES

SEED = 5
QUICK = replace(SETTINGS, proofs=False)


@dataclass
class Forked:
    """A theft on a node, and what its last blocks are before and after a reorganisation; as often as wanted.

    Attributes
    ----------
    server : ExplorerServer
        The providers over the node.
    thefts, seeds, labels
        As a case has them.
    holders : list of str
        Whom to expand: followed ones and others.
    token : Contract
        What else was stolen.
    gone, new : str
        Transactions that only one of the two forks has.
    """

    node: EvmNode
    server: ExplorerServer
    thefts: dict[str, str]
    seeds: list[dict[str, str]]
    labels: list[dict[str, str]]
    holders: list[str]
    token: Contract
    snapshot: str = ""
    gone: str = ""
    new: str = ""

    def before(self) -> None:
        """Return to the fork that does not last."""
        self._back()
        self.gone = self.node.send(self.holders[3], self.holders[5], value=ETHER)
        self.node.call(self.holders[2], self.token, "transfer", self.holders[5], 30)
        self.node.mine(blocks=3)

    def after(self) -> None:
        """Replace its last blocks."""
        self._back()
        self.new = self.node.send(self.holders[3], self.holders[4], value=2 * ETHER)
        self.node.call(self.holders[2], self.token, "transfer", self.holders[6], 20)
        self.node.mine(blocks=3)

    def _back(self) -> None:
        if self.snapshot:
            self.node.revert(self.snapshot)
        self.snapshot = self.node.snapshot()


def acted_out(node: EvmNode, server: ExplorerServer) -> Forked:
    """Act a theft out: two assets, a split, a meeting point, an exchange."""
    victim, thief, first, second, third, venue, late = node.accounts[1:8]
    token = node.deploy(node.accounts[0], "Token", "Gold", "GLD", 6)
    node.fund([victim, thief, first, second, third, late], 10 * ETHER)
    node.call(node.accounts[0], token, "mint", victim, 100)
    node.mine()
    theft = node.send(victim, thief, value=8 * ETHER)
    stolen = node.call(victim, token, "transfer", thief, 100)
    node.mine()
    node.send(thief, first, value=3 * ETHER)
    node.send(thief, second, value=4 * ETHER)
    node.call(thief, token, "transfer", first, 90)
    node.mine(blocks=2)
    node.send(first, third, value=2 * ETHER)
    node.send(second, third, value=ETHER)
    node.mine(blocks=10)
    node.send(third, venue, value=2 * ETHER)
    node.mine(blocks=2)
    label = {"chain": LOCAL_EVM, "address": venue, "label": "Venue", "category": "exchange", "entity": "Venue"}
    seeds = [
        {"kind": "tx", "value": tx, "chain": LOCAL_EVM, "asset": "", "amount": "", "origin": name}
        for name, tx in (("coin", theft), ("gold", stolen))
    ]
    holders = [victim, thief, first, second, third, venue, late]
    labels = [label | {"source_url": "https://example.org/fork"}]
    return Forked(node, server, {"coin": theft, "gold": stolen}, seeds, labels, holders, token)


@pytest.fixture(scope="module")
def forked(node_programs: None) -> Iterator[Forked]:
    with running_evm_node() as node, running_explorer(node) as server, environment(named(server)):
        yield acted_out(node, server)


def expand(folder: Path, holders: list[str], source: str) -> None:
    """Read holders one by one into the bundle of a case, as an analyst does who looks around."""
    limits = with_as_of(QUICK.limits)
    choice = SOURCES.choose(LOCAL_EVM, source)
    with Store(folder / "bundle", write=True) as store, Http(SOURCES.hosts([choice])) as http:
        live = SOURCES.set_up(choice, LiveExchange(store, http))
        collection = Collection(collection_inputs(open_seeds(folder), limits), {LOCAL_EVM: live}, limits)
        for holder in holders:
            collection.expand(LOCAL_EVM, holder)


class Order:
    """One analyst's way through the case."""

    def __init__(self, folder: Path, forked: Forked, source: str, seed: int) -> None:
        self.chance, self.source = random.Random(seed), source
        self.case = private_case(folder / str(seed) / "story", forked)
        self.holders = self.chance.sample(forked.holders, len(forked.holders))
        self.cut = self.chance.randrange(len(self.holders) + 1)
        self.settings = replace(QUICK, source=source)

    def before(self) -> None:
        """Look around and fetch; the fetch may end early for want of calls."""
        if self.chance.random() < 0.5:
            expand(self.case, self.holders[: self.cut], self.source)
        fetched(self.case, replace(self.settings, calls=self.chance.choice((None, 120, 200))))
        expand(self.case, self.holders[: self.cut], self.source)

    def after(self) -> dict[str, bytes]:
        """Fetch on from the new head, look around, fetch again; return every byte of the case."""
        fetched(self.case, replace(self.settings, refresh=True, calls=self.chance.choice((None, 60, 120))))
        # Answers about blocks taken back are dropped, so whoever was looked at before is looked at again.
        again = self.chance.sample(self.holders[: self.cut], self.cut)
        expand(self.case, self.holders[self.cut :] + again, self.source)
        fetched(self.case, self.settings)
        return bytes_in(self.case)


def orders_agree(forked: Forked, count: int, folder: Path, source: str) -> None:
    orders = [Order(folder, forked, source, SEED + number) for number in range(count)]
    forked.before()
    for order in orders:
        order.before()
    forked.after()
    first = orders[0].after()
    table = first["bundle/transfers.csv"].decode()
    assert forked.new in table
    assert forked.gone not in table
    for order in orders[1:]:
        after = order.after()
        assert sorted(after) == sorted(first)
        assert [name for name in first if after[name] != first[name]] == []
    assert_replays(orders[0].case)
    # A case fetched only after the reorganisation has the same tables, and no head that was replaced.
    fresh = private_case(folder / "fresh" / "story", forked)
    fetched(fresh, replace(QUICK, source=source))
    for name in ("transfers.csv", "balances.csv", "holders.csv", "coverage.csv"):
        assert (fresh / "bundle" / name).read_bytes() == first[f"bundle/{name}"], name
    assert b'"replaced"' in first["bundle/manifest.json"]


def test_ten_orders_with_a_reorganisation_in_the_middle_give_the_same_bytes(forked: Forked, tmp_path: Path) -> None:
    orders_agree(forked, 10, tmp_path, "rpc")


NOT_FINAL = 5
"""Newest blocks that a reorganisation replaces here."""


def test_what_can_still_be_taken_back_is_not_read_through_the_portal(forked: Forked, tmp_path: Path) -> None:
    case, settings = private_case(tmp_path / "story", forked), replace(QUICK, source="sqd")
    forked.server.sqd.settings.behind = NOT_FINAL
    forked.before()
    fetched(case, settings)
    first = bytes_in(case)
    forked.after()
    fetched(case, replace(settings, refresh=True))
    again = bytes_in(case)
    assert again["bundle/transfers.csv"] == first["bundle/transfers.csv"]
    assert not any(tx in first["bundle/transfers.csv"].decode() for tx in (forked.gone, forked.new))
    forked.node.mine(blocks=NOT_FINAL)
    fetched(case, replace(settings, refresh=True))
    forked.server.sqd.settings.behind = 0
    table = bytes_in(case)["bundle/transfers.csv"].decode()
    assert forked.new in table
    assert forked.gone not in table
    assert_replays(case)


@pytest.mark.prove
@pytest.mark.parametrize("source", [way for way in WAYS if way != "sqd"])
def test_a_hundred_orders_with_a_reorganisation_in_the_middle_give_the_same_bytes(
    forked: Forked, tmp_path: Path, source: str
) -> None:
    orders_agree(forked, 100, tmp_path, source)
