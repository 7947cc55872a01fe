"""Sources are registered once, chosen in order of preference, and say what they lack."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest

from tracer.errors import InputError
from tracer.model import BITCOIN, DEFAULT_CHAIN, LOCAL_EVM, TRON, ChainId
from tracer.net.keys import holds_key, host_of, keys_in, redact
from tracer.providers.registry import SOURCES, Choice, Registry, price_url, url_of


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TRACER_URL_") or name.endswith("_KEY"):
            monkeypatch.delenv(name)


def test_a_name_is_given_once() -> None:
    entry = SOURCES.get("rpc")
    with pytest.raises(InputError, match="registered twice"):
        Registry((entry, entry))


def test_an_unknown_source_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="archive, blockbook, blockscout, esplora, etherscan, rpc, sqd, trongrid"):
        SOURCES.choose(DEFAULT_CHAIN, "etherscam")


@pytest.mark.parametrize(("chain", "source"), [(DEFAULT_CHAIN, "blockscout"), (BITCOIN, "esplora"), (TRON, "trongrid")])
def test_with_nothing_but_the_internet_there_is_a_source_for_every_chain(chain: ChainId, source: str) -> None:
    assert SOURCES.choose(chain) == Choice(chain, source)


def test_a_free_key_and_a_node_of_one_s_own_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_ETHERSCAN_KEY", "NOT-A-REAL-KEY-1234")
    assert SOURCES.choose(DEFAULT_CHAIN) == Choice(DEFAULT_CHAIN, "etherscan")
    monkeypatch.setenv("TRACER_URL_RPC_EIP155_1", "http://127.0.0.1:8545")
    assert SOURCES.choose(DEFAULT_CHAIN) == Choice(DEFAULT_CHAIN, "rpc")
    assert SOURCES.choose(DEFAULT_CHAIN, "etherscan") == Choice(DEFAULT_CHAIN, "etherscan", "rpc")
    assert SOURCES.choose(ChainId("eip155:10")) == Choice(ChainId("eip155:10"), "etherscan")


def test_what_a_source_lacks_is_said_in_full() -> None:
    with pytest.raises(InputError) as caught:
        SOURCES.choose(LOCAL_EVM)
    assert "TRACER_URL_RPC_EIP155_31337" in str(caught.value)
    assert "TRACER_ETHERSCAN_KEY" in str(caught.value)
    assert "TRACER_URL_ARCHIVE_EIP155_31337 to the folder" in str(caught.value)
    with pytest.raises(InputError, match="TRACER_ETHERSCAN_KEY"):
        SOURCES.choose(DEFAULT_CHAIN, "etherscan")


def test_only_the_hosts_of_the_chosen_sources_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_URL_RPC", "https://node.example/v3/0123456789abcdef0123456789abcdef")
    hosts = SOURCES.hosts([SOURCES.choose(DEFAULT_CHAIN, "blockscout"), SOURCES.choose(BITCOIN)])
    assert sorted(hosts) == [
        "https://blockstream.info/api",
        "https://eth.blockscout.com/api",
        "https://node.example/v3/0123456789abcdef0123456789abcdef",
    ]
    assert hosts["https://blockstream.info/api"].rate_per_s == 1


def test_the_url_of_a_rented_node_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_URL_RPC_EIP155_1", "https://node.example/v3/fedcba9876543210fedcba9876543210")
    url = url_of(SOURCES.get("rpc"), DEFAULT_CHAIN)
    assert redact(f"no answer from {url}, path /v3/fedcba9876543210fedcba9876543210") == (
        "no answer from [key], path /v3/[key]"
    )


SHORT = "Zx9Yw8Vu7Ts6"


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        (f"https://node.example/ethereum/v3/{SHORT}", [SHORT]),
        (f"https://node.example/{SHORT}", [SHORT]),
        (f"https://node.example/eth?token={SHORT}&x=1", [SHORT]),
        (f"https://{SHORT}99.eth.rpc.example.org/", [f"{SHORT}99".lower(), f"{SHORT}99"]),
        ("https://user:pass-word-1@node.example/eth", ["pass-word-1"]),
    ],
)
def test_a_key_anywhere_in_a_url_that_was_set_is_known(
    monkeypatch: pytest.MonkeyPatch, url: str, keys: list[str]
) -> None:
    for variable, ask in (
        ("TRACER_URL_RPC_EIP155_1", lambda: url_of(SOURCES.get("rpc"), DEFAULT_CHAIN)),
        ("TRACER_URL_PRICE_API", price_url),
    ):
        monkeypatch.setenv(variable, url)
        assert ask() == url
    for key in keys:
        assert redact(f"project {key} has no archive") == "project [key] has no archive"
        assert holds_key(f'{{"path":"/{key}"}}'.encode())
        assert key not in host_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example/datasets/ethereum-mainnet",
        "https://base-mainnet.example.org/api/v2",
        "http://127.0.0.1:8545/rpc",
        "https://arbitrum-one-rpc.node-12.example.com/ext/bc/C/rpc",
    ],
)
def test_words_in_a_url_are_no_keys_and_a_reply_may_say_them(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TRACER_URL_RPC_EIP155_1", url)
    assert url_of(SOURCES.get("rpc"), DEFAULT_CHAIN) == url
    assert not keys_in(url)
    assert host_of(url) == urlsplit(url).hostname


@pytest.mark.parametrize("text", ["http://[::1", " https://[fe80::zz]x/key"])
def test_a_url_that_is_none_is_an_error_that_names_the_variable_and_not_the_url(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TRACER_URL_RPC_EIP155_1", text)
    with pytest.raises(InputError, match="TRACER_URL_RPC_EIP155_1 is no URL") as caught:
        url_of(SOURCES.get("rpc"), DEFAULT_CHAIN)
    assert "[" not in str(caught.value)
    monkeypatch.setenv("TRACER_URL_PRICE_API", text)
    with pytest.raises(InputError, match="TRACER_URL_PRICE_API is no URL"):
        price_url()
