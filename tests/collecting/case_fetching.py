"""Fetching a story as a user would: a case folder, providers named by variables, and the bytes of what comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from bitcoin_story import BitcoinStory
from collecting_setups import asking, made
from esplora_server import EsploraServer
from explorer_server import ExplorerServer
from laundering import Laundering
from story_case import private_case
from training_story import Training

from tracer.api.collecting import FetchResult, Settings, fetch, rederive
from tracer.api.load import open_seeds
from tracer.bundle import open_bundle
from tracer.collect.limits import Limits
from tracer.collect.rows import unique_rows
from tracer.model import LOCAL_BITCOIN, Collected
from tracer.providers.provider import BlockRef

EPOCH = "1700000000"
KEY = "KEY+OF/ETHERSCAN=1234567890"
SETTINGS = Settings(source="rpc", limits=Limits(contracts=True))
WAYS = {
    "rpc": SETTINGS,
    "etherscan": replace(SETTINGS, source="etherscan"),
    "blockscout": replace(SETTINGS, source="blockscout"),
    "sqd": replace(SETTINGS, source="sqd"),
}
"""How the laundering is fetched, by the source preferred; a node completes the others."""
EVERY_WAY = {
    **WAYS,
    "archive": replace(SETTINGS, source="archive", proofs=False),
    "esplora": replace(SETTINGS, source="esplora"),
}
"""The same with files on this machine, and with the theft of the Bitcoin story."""


def named(server: ExplorerServer) -> dict[str, str]:
    """Return the variables that name the providers of a local EVM chain."""
    return {
        "SOURCE_DATE_EPOCH": EPOCH,
        "TRACER_URL_RPC_EIP155_31337": server.rpc_url,
        "TRACER_URL_ETHERSCAN_EIP155_31337": server.etherscan_url,
        "TRACER_URL_BLOCKSCOUT_EIP155_31337": server.blockscout_url,
        "TRACER_URL_SQD_EIP155_31337": server.sqd_url,
        "TRACER_ETHERSCAN_KEY": KEY,
    }


def named_bitcoin(server: EsploraServer) -> dict[str, str]:
    """Return the variables that name the provider of a local Bitcoin chain."""
    return {"SOURCE_DATE_EPOCH": EPOCH, "TRACER_URL_ESPLORA": server.url}


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Have these variables and no others of the program."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("TRACER_URL_") or name.endswith("_KEY"):
                patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def fetched(folder: Path, settings: Settings) -> FetchResult:
    """Fetch the case in a folder."""
    return fetch(open_seeds(folder), folder / "bundle", settings)


def laundering_case(folder: Path, story: Laundering) -> Path:
    """Make the case of the laundering; return its folder, which has the same name everywhere."""
    return private_case(folder / "story", story)


@dataclass(frozen=True)
class BitcoinTheft:
    """The theft of the Bitcoin story as a case has it."""

    thefts: dict[str, str]
    seeds: list[dict[str, str]]
    labels: list[dict[str, str]]


def bitcoin_case(folder: Path, story: BitcoinStory) -> Path:
    """Make the case of the Bitcoin story; return its folder, which has the same name everywhere."""
    theft = BitcoinTheft({"coins": story.theft}, [_coins(story)], story.labels)
    return private_case(folder / "story", theft, LOCAL_BITCOIN)


def with_bitcoin(story: Laundering, other: BitcoinStory) -> Laundering:
    """Return the laundering with the theft of the Bitcoin story in the same case."""
    return replace(story, seeds=[*story.seeds, _coins(other)], labels=[*story.labels, *other.labels])


def _coins(story: BitcoinStory) -> dict[str, str]:
    return {"kind": "tx", "value": story.theft, "chain": LOCAL_BITCOIN, "asset": "", "amount": "", "origin": "coins"}


def whole_chain(
    story: Laundering | Training, server: ExplorerServer, folder: Path
) -> tuple[list[Collected], list[BlockRef]]:
    """Return every movement of a story as a node gives it, and every block."""
    last = story.node.block_number()
    with asking(folder, server) as exchange:
        node = made("rpc", exchange, server)
        histories = [node.transfers(address, 0, last) for address in sorted(set(story.address.values()))]
        blocks = [node.block(number) for number in range(last + 1)]
    assert all(history.complete for history in histories)
    return unique_rows(histories), blocks


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def assert_replays(folder: Path, variables: dict[str, str] | None = None) -> None:
    """Derive the tables of a case's bundle again with no provider named, and hold them equal byte for byte.

    An archive has to be named: its files are not in a bundle.
    """
    with environment(variables or {}):
        bundle = open_bundle(folder / "bundle")
        files = rederive(bundle, open_seeds(folder)).files()
    tables = {path.name for path in (folder / "bundle").glob("*.csv")}
    assert set(files) == tables
    for name, data in files.items():
        assert (folder / "bundle" / name).read_bytes() == data, name
