"""The contract that wraps the coin of each chain, and what it writes.

Addresses: lifinance/contracts, config/networks.json and config/across.json; Fantom's: KyberNetwork/ks-elastic-sc,
deployment/fantom.json. Events: the WETH9 contract that all of them copy. Arbitrum's writes Transfer from and to the
zero address instead, which is read like any other mint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.chains import EventAbi
from tracer.model import ChainId

WRAPPED: Final[Mapping[ChainId, str]] = {
    ChainId("eip155:1"): "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    ChainId("eip155:10"): "0x4200000000000000000000000000000000000006",
    ChainId("eip155:56"): "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c",
    ChainId("eip155:100"): "0xe91d153e0b41518a2ce8dd3d7944fa863463a97d",
    ChainId("eip155:137"): "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270",
    ChainId("eip155:143"): "0x3bd359c1119da7da1d913d1c4d2b7c461115433a",
    ChainId("eip155:250"): "0x21be370d5312f44cb42ce377bc9b8a0cef1a4c83",
    ChainId("eip155:324"): "0x5aea5775959fbc2557cc8789bc1bf90a239d9a91",
    ChainId("eip155:999"): "0x5555555555555555555555555555555555555555",
    ChainId("eip155:2020"): "0xe514d9deb7966c8be0ca922de8a064264ea6bcd4",
    ChainId("eip155:5000"): "0x78c1b0c915c4faa5fffa6cabf0219da63d7f4cb8",
    ChainId("eip155:8453"): "0x4200000000000000000000000000000000000006",
    ChainId("eip155:42161"): "0x82af49447d8a07e3bd95bd0d56f35241523fbab1",
    ChainId("eip155:43114"): "0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7",
    ChainId("eip155:59144"): "0xe5d7c2a44ffddf6b295a15c148167daaaf5cf34f",
    ChainId("eip155:534352"): "0x5300000000000000000000000000000000000004",
}
DEPOSIT: Final = EventAbi("Deposit(address indexed dst, uint256 wad)")
WITHDRAWAL: Final = EventAbi("Withdrawal(address indexed src, uint256 wad)")
