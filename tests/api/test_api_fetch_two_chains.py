"""A case over two chains at once: an account chain and Bitcoin, fetched from real nodes into one ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bitcoin_node import COIN
from bitcoin_story import BitcoinStory
from esplora_server import EsploraServer
from explorer_server import ExplorerServer
from laundering import Laundering
from story_case import private_case

from tracer.api.collecting import FetchResult, Settings, fetch, rederive
from tracer.api.load import open_case, open_seeds
from tracer.bundle import open_bundle
from tracer.collect.limits import Limits
from tracer.model import LOCAL_BITCOIN, LOCAL_EVM

LIMITS = Limits(contracts=True)


@dataclass
class Both:
    """Both stories as one case."""

    thefts: dict[str, str] = field(default_factory=dict)
    seeds: list[dict[str, str]] = field(default_factory=list)
    labels: list[dict[str, str]] = field(default_factory=list)


def bitcoin_case(story: BitcoinStory) -> Both:
    seed = {"kind": "tx", "value": story.theft, "chain": LOCAL_BITCOIN, "asset": "", "amount": "", "origin": "coins"}
    return Both({"coins": story.theft}, [seed], story.labels)


@pytest.fixture(scope="module")
def setting(shared_laundering_server: ExplorerServer, shared_esplora_server: EsploraServer) -> Iterator[None]:
    """Name the providers of both stories to the program as a user would."""
    shared_laundering_server.reset()
    shared_esplora_server.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACER_URL_RPC_EIP155_31337", f"{shared_laundering_server.url}/rpc")
        patch.setenv("TRACER_URL_ESPLORA", shared_esplora_server.url)
        yield


@pytest.fixture(scope="module")
def coins(setting: None, bitcoin_story: BitcoinStory, tmp_path_factory: pytest.TempPathFactory) -> FetchResult:
    """Return the Bitcoin story, fetched."""
    folder = private_case(tmp_path_factory.mktemp("coins") / "story", bitcoin_case(bitcoin_story), LOCAL_BITCOIN)
    return fetch(open_case(folder), settings=Settings(limits=LIMITS))


def test_bitcoin_is_followed_from_coin_to_coin_and_first_in_first_out_is_what_the_story_says(
    coins: FetchResult, bitcoin_story: BitcoinStory
) -> None:
    trace = open_case(coins.bundle.folder.parent).trace("fifo")
    assert trace.audit.closed
    tainted: dict[tuple[str, str], int] = {}
    for leaf in trace.result.exits:
        tainted[leaf.stop_reason, leaf.address] = tainted.get((leaf.stop_reason, leaf.address), 0) + leaf.tainted
    at = bitcoin_story.address
    assert tainted["service", at["exchange"]] == 20 * COIN
    assert tainted["at_rest", at["mixing"]] == 5 * COIN
    assert trace.result.coverage.incomplete_holders == 0
    assert coins.unproven == 0 < coins.proven


def test_every_coin_closes(coins: FetchResult) -> None:
    prepared = open_case(coins.bundle.folder.parent).prepare()
    assert prepared.closed == prepared.plan.tracked


def test_the_coins_held_are_those_of_the_story(coins: FetchResult, bitcoin_story: BitcoinStory) -> None:
    held = {leg.tx for leg in coins.gathered.legs}
    for made in bitcoin_story.transactions:
        legs = [leg for leg in coins.gathered.legs if leg.tx == made.txid]
        if made.txid not in held:
            continue
        coins_in = [(leg.holder, leg.address, leg.amount) for leg in legs if leg.side == "debit"]
        coins_out = [
            (leg.holder, leg.address, leg.amount) for leg in legs if leg.side == "credit" and leg.kind != "fee"
        ]
        assert (coins_in, coins_out) == (made.inputs, made.outputs)
        assert sum(leg.amount for leg in legs if leg.kind == "fee") == made.fee


def test_both_chains_in_one_case_close_and_derive_again(
    setting: None, laundering: Laundering, bitcoin_story: BitcoinStory, tmp_path: Path
) -> None:
    one, two = laundering, bitcoin_case(bitcoin_story)
    both = Both({**one.thefts}, [*one.seeds, *two.seeds], [*one.labels, *two.labels])
    folder = private_case(tmp_path / "story", both)
    got = fetch(open_case(folder), settings=Settings(proofs=False, limits=LIMITS))
    assert set(got.gathered.heads) == {LOCAL_EVM, LOCAL_BITCOIN}
    trace = open_case(folder).trace("fifo")
    assert trace.audit.closed
    assert {origin.name for origin in trace.result.stolen} == {"vault", "allowance", "coins"}
    assert trace.result.coverage.unclosed == ()
    alone = {leaf.address: leaf.tainted for leaf in trace.result.exits if leaf.chain == LOCAL_BITCOIN}
    assert alone
    times = [row.time for row in trace.result.movements if row.chain == LOCAL_EVM]
    assert times == sorted(times)
    files = rederive(open_bundle(folder / "bundle"), open_seeds(folder)).files()
    assert files == {name: (folder / "bundle" / name).read_bytes() for name in files}
    assert {"transfers.csv", "ledger.csv"} <= set(files)
