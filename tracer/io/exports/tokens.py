"""Decimals of tokens that everybody meets; any other is given by a file of the case or by the caller, never guessed."""

from __future__ import annotations

from typing import Final

from tracer.model import DEFAULT_CHAIN, TRON, ChainId

BSC: Final = ChainId("eip155:56")
ARBITRUM: Final = ChainId("eip155:42161")
AVALANCHE: Final = ChainId("eip155:43114")

KNOWN: Final[dict[tuple[ChainId, str], tuple[str, int]]] = {
    (DEFAULT_CHAIN, "0xdac17f958d2ee523a2206206994597c13d831ec7"): ("USDT", 6),
    (DEFAULT_CHAIN, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"): ("USDC", 6),
    (DEFAULT_CHAIN, "0x6b175474e89094c44da98b954eedeac495271d0f"): ("DAI", 18),
    (DEFAULT_CHAIN, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"): ("WETH", 18),
    (DEFAULT_CHAIN, "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"): ("WBTC", 8),
    (DEFAULT_CHAIN, "0xae7ab96520de3a18e5e111b5eaab095312d7fe84"): ("stETH", 18),
    (DEFAULT_CHAIN, "0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0"): ("wstETH", 18),
    (DEFAULT_CHAIN, "0xd5f7838f5c461feff7fe49ea5ebaf7728bb0adfa"): ("mETH", 18),
    (DEFAULT_CHAIN, "0xe6829d9a7ee3040e1276fa75293bde931859e8fa"): ("cmETH", 18),
    (DEFAULT_CHAIN, "0x514910771af9ca656af840dff83e8264ecf986ca"): ("LINK", 18),
    (DEFAULT_CHAIN, "0x4fabb145d64652a948d72533023f6e7a623c7c53"): ("BUSD", 18),
    (DEFAULT_CHAIN, "0x056fd409e1d7a124bd7017459dfea2f387b6d5cd"): ("GUSD", 2),
    (DEFAULT_CHAIN, "0x853d955acef822db058eb8505911ed77f175b99e"): ("FRAX", 18),
    (DEFAULT_CHAIN, "0x7fc66500c84a76ad7e9c93437bfc5ac33e2ddae9"): ("AAVE", 18),
    (BSC, "0x55d398326f99059ff775485246999027b3197955"): ("USDT", 18),
    (BSC, "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d"): ("USDC", 18),
    (BSC, "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c"): ("WBNB", 18),
    (ARBITRUM, "0xaf88d065e77c8cc2239327c5edb3a432268e5831"): ("USDC", 6),
    (ARBITRUM, "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9"): ("USDT", 6),
    (ARBITRUM, "0x82af49447d8a07e3bd95bd0d56f35241523fbab1"): ("WETH", 18),
    (AVALANCHE, "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e"): ("USDC", 6),
    (AVALANCHE, "0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7"): ("USDT", 6),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"): ("USDT", 6),
    (TRON, "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8"): ("USDC", 6),
}
"""By chain and contract: symbol (for messages only) and decimals, as the contracts themselves answer."""


class Decimals:
    """Decimals by contract: the caller's word, then the table of known ones, then what files of the case say.

    Parameters
    ----------
    given : dict of str to int
        The caller's, by canonical contract.
    """

    def __init__(self, given: dict[str, int]) -> None:
        self._given = given
        self._learned: dict[tuple[ChainId, str], int] = {}
        self.notes: list[str] = []

    def of(self, chain: ChainId, contract: str) -> int | None:
        """Return a token's decimals, or ``None`` where nobody gave them."""
        if contract in self._given:
            return self._given[contract]
        known = KNOWN.get((chain, contract))
        return known[1] if known is not None else self._learned.get((chain, contract))

    def symbol(self, chain: ChainId, contract: str) -> str:
        """Return a known token's symbol, else its contract."""
        known = KNOWN.get((chain, contract))
        return known[0] if known is not None else contract

    def learn(self, chain: ChainId, contract: str, decimals: int, file: str) -> None:
        """Take decimals that a file gives; a contradiction is said, and the earlier word stands."""
        held = self.of(chain, contract)
        if held is None:
            self._learned[(chain, contract)] = decimals
        elif held != decimals:
            note = f"{file} gives {decimals} decimals for {contract}; {held} are used."
            if note not in self.notes:
                self.notes.append(note)
