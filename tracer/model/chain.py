"""Chains by CAIP-2 id: family, native asset, clock tolerance; unknown chains are accepted by form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NewType

from tracer.errors import InputError

ChainId = NewType("ChainId", str)
"""A CAIP-2 chain id, for example ``eip155:1``."""

DEFAULT_CHAIN: Final = ChainId("eip155:1")
BITCOIN: Final = ChainId("bip122:000000000019d6689c085ae165831e93")
TRON: Final = ChainId("tron:0x2b6653dc")
LOCAL_EVM: Final = ChainId("eip155:31337")
"""A node on somebody's own machine; nothing on it has value. The training case is recorded from one."""
LOCAL_BITCOIN: Final = ChainId("bip122:0f9188f13cb7b2c71f2a335e3a4fc328")
"""Bitcoin regtest, by the hash of its first block."""

_FORM: Final = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}", re.ASCII)
_ALIASES: Final = {"tron:mainnet": TRON, "tron:728126428": TRON}
_FAMILIES: Final = {"eip155": "evm", "bip122": "bitcoin", "tron": "tron"}


@dataclass(frozen=True, slots=True)
class Chain:
    """What the tracer must know of a chain.

    Attributes
    ----------
    id : ChainId
        CAIP-2 id.
    family : str
        ``evm``, ``bitcoin``, ``tron`` or ``other`` (accepted by form, addresses not checked).
    name : str
        Name for people.
    symbol : str
        Ticker of the native asset, for display only.
    slip44 : int or None
        Coin type of the native asset; ``None`` where we do not know it.
    decimals : int or None
        Decimals of the native asset.
    clock_tolerance_s : int
        How far a header time may be off, in seconds.
    finality : int
        Blocks on top of a block after which it is taken as final. Project settings, on the careful side.
    """

    id: ChainId
    family: str
    name: str
    symbol: str = ""
    slip44: int | None = None
    decimals: int | None = None
    clock_tolerance_s: int = 0
    finality: int = 64


# Names, chain ids and native tickers: ethereum-lists/chains; coin types: SLIP-44; tolerance: Bitcoin's rule
# that a header may be two hours ahead of network time.
_KNOWN: Final = (
    Chain(DEFAULT_CHAIN, "evm", "Ethereum", "ETH", 60, 18, 15),
    Chain(ChainId("eip155:10"), "evm", "Optimism", "ETH", 60, 18, 15, 900),
    Chain(ChainId("eip155:56"), "evm", "BNB Smart Chain", "BNB", 714, 18, 15),
    Chain(ChainId("eip155:61"), "evm", "Ethereum Classic", "ETC", 61, 18, 15),
    Chain(ChainId("eip155:100"), "evm", "Gnosis", "xDAI", 700, 18, 15),
    Chain(ChainId("eip155:137"), "evm", "Polygon", "POL", 966, 18, 15, 256),
    Chain(ChainId("eip155:143"), "evm", "Monad", "MON", 268435779, 18, 15),
    Chain(ChainId("eip155:250"), "evm", "Fantom", "FTM", 1007, 18, 15),
    Chain(ChainId("eip155:8453"), "evm", "Base", "ETH", 60, 18, 15, 900),
    Chain(ChainId("eip155:42161"), "evm", "Arbitrum One", "ETH", 60, 18, 15, 7200),
    Chain(ChainId("eip155:43114"), "evm", "Avalanche C-Chain", "AVAX", 9005, 18, 15),
    Chain(ChainId("eip155:324"), "evm", "zkSync Era", "ETH", 60, 18, 15, 900),
    Chain(ChainId("eip155:534352"), "evm", "Scroll", "ETH", 60, 18, 15, 900),
    Chain(LOCAL_EVM, "evm", "Local development chain", "ETH", 60, 18, 15, 8),
    Chain(BITCOIN, "bitcoin", "Bitcoin", "BTC", 0, 8, 7200, 6),
    Chain(LOCAL_BITCOIN, "bitcoin", "Bitcoin regtest", "BTC", 0, 8, 7200, 6),
    Chain(ChainId("bip122:12a765e31ffd4059bada1e25190f6e98"), "other", "Litecoin", "LTC", 2, 8, 7200, 6),
    Chain(TRON, "tron", "Tron", "TRX", 195, 6, 15, 20),
)
CHAINS: Final[dict[str, Chain]] = {chain.id: chain for chain in _KNOWN}


_WORDS: Final = {
    "eip155:1": "eth ethereum ethereummainnet erc20 ethmainnet",
    "eip155:10": "optimism op opmainnet optimismeth",
    "eip155:56": "bsc bnb bep20 bnbchain bnbsmartchain binancesmartchain bscbep20 bnbsmartchainbep20",
    "eip155:61": "etc ethereumclassic",
    "eip155:100": "gnosis xdai gnosischain",
    "eip155:137": "polygon matic pol polygonpos",
    "eip155:143": "monad mon monadmainnet",
    "eip155:250": "fantom ftm fantomopera",
    "eip155:324": "zksync zksyncera",
    "eip155:8453": "base basemainnet",
    "eip155:42161": "arbitrum arbitrumone arb",
    "eip155:43114": "avalanche avax avaxc avaxcchain avalanchecchain cchain",
    "eip155:534352": "scroll",
    BITCOIN: "bitcoin btc",
    "bip122:12a765e31ffd4059bada1e25190f6e98": "litecoin ltc",
    TRON: "tron trx trc20 trontrc20 trxtrc20",
}
"""What exports of exchanges and wallets call a chain, its native coin or its tokens: small letters and digits alone."""
_BY_WORD: Final = {word: ChainId(chain) for chain, words in _WORDS.items() for word in words.split()}
_BY_WORD["ethereumerc20"] = _BY_WORD["etherc20"] = _BY_WORD["eth"]


def chain_by_word(text: str) -> ChainId:
    """Return the chain that a person means: in CAIP-2 form, as the number of an EVM chain, or in a word.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> [chain_by_word(text) for text in ("ERC-20", "BNB Smart Chain", "137", "eip155:10")]
    ['eip155:1', 'eip155:56', 'eip155:137', 'eip155:10']
    """
    said = text.strip()
    word = "".join(one for one in said.casefold() if one.isalnum())
    if word in _BY_WORD:
        return _BY_WORD[word]
    if said.isascii() and said.isdecimal() and len(said) <= 20:
        return parse_chain(f"eip155:{int(said)}")
    return parse_chain(said)


def parse_chain(text: str) -> ChainId:
    """Return the canonical CAIP-2 id of a chain.

    Raises
    ------
    InputError
        If the text is not of CAIP-2 form.

    Examples
    --------
    >>> parse_chain("tron:mainnet")
    'tron:0x2b6653dc'
    """
    if not _FORM.fullmatch(text):
        raise InputError(
            f"{text[:60]!r} is not a chain.",
            why="A chain is written in CAIP-2 form, namespace:reference.",
            next_step="Ethereum is eip155:1, Bitcoin bip122:000000000019d6689c085ae165831e93, Tron tron:0x2b6653dc.",
        )
    return _ALIASES.get(text, ChainId(text))


def chain_of(chain: ChainId) -> Chain:
    """Return what is known of a chain; a chain we do not know has family ``other`` or its namespace's."""
    known = CHAINS.get(chain)
    if known is not None:
        return known
    namespace = chain.split(":", 1)[0]
    family = "other" if namespace == "bip122" else _FAMILIES.get(namespace, "other")
    return Chain(chain, family, chain)
