"""Fetching a story as a user would: a case folder, providers named by variables, and the bytes of what comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from bitcoin_story import BitcoinStory
from explorer_server import ExplorerServer
from laundering import Laundering
from story_case import private_case

from tracer.api.collecting import FetchResult, Settings, fetch, rederive
from tracer.api.load import open_seeds
from tracer.bundle import open_bundle
from tracer.collect.limits import Limits
from tracer.model import LOCAL_BITCOIN

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


def with_bitcoin(story: Laundering, other: BitcoinStory) -> Laundering:
    """Return the laundering with the theft of the Bitcoin story in the same case."""
    seed = {"kind": "tx", "value": other.theft, "chain": LOCAL_BITCOIN, "asset": "", "amount": "", "origin": "coins"}
    return replace(story, seeds=[*story.seeds, seed], labels=[*story.labels, *other.labels])


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def assert_replays(folder: Path) -> None:
    """Derive the tables of a case's bundle again with no provider named, and hold them equal byte for byte."""
    with environment({}):
        bundle = open_bundle(folder / "bundle")
        files = rederive(bundle, open_seeds(folder)).files()
    tables = {path.name for path in (folder / "bundle").glob("*.csv")}
    assert set(files) == tables
    for name, data in files.items():
        assert (folder / "bundle" / name).read_bytes() == data, name
