"""PancakeSwap: pairs and pools like those of Uniswap v2 and v3 under its own factories.

Pools of the third version write two more words, in a topic of their own. Factories and hashes: pancakeswap's
universal router deployments and SDK, as public repositories copy them. Events: pancakeswap/pancake-v3-contracts.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue
from tracer.decoders.pairs import Factories, Factory, made_by
from tracer.model import ChainId

SWAPPED_2: Final = EventAbi(
    "Swap(address indexed sender, uint256 amount0In, uint256 amount1In, uint256 amount0Out, uint256 amount1Out, "
    "address indexed to)"
)
SWAPPED: Final = EventAbi(
    "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, "
    "uint128 liquidity, int24 tick, uint128 protocolFeesToken0, uint128 protocolFeesToken1)"
)
_CODE_2: Final = "0x57224589c67f3f30a6b0d7a1b54cf3153ab84563bc609ef41dfb34f8b2974d2d"
_CODE_BNB: Final = "0x00fb7f630766e6a796048ea87d01acd3068e8ff67d078148a3fa3f4a84f69bd5"
_CODE_3: Final = "0x6ce8eb472fa82df5469c6ab6d485f17c3ad13c8cd7af59b3d4a8026c5ce0f7e2"
_OTHERS: Final = Factory("0x02a84c1b3bbd7401a5f7fa98a384ebc70bb5749e", _CODE_2)
_DEPLOYER: Final = Factory("0x41ff9aa7e16b8b1a8a8dc4f0efacd93d02d071c9", _CODE_3)
PAIRS: Final[Factories] = {
    ChainId("eip155:1"): (Factory("0x1097053fd2ea711dad45caccc45eff7548fcb362", _CODE_2),),
    ChainId("eip155:56"): (Factory("0xca143ce32fe78f1f7019d7d551a6402fc5350c73", _CODE_BNB),),
    **{ChainId(f"eip155:{number}"): (_OTHERS,) for number in (8453, 42161, 59144)},
}
POOLS: Final[Factories] = {ChainId(f"eip155:{number}"): (_DEPLOYER,) for number in (1, 56, 8453, 42161, 59144)}

PANCAKESWAP: Final = Venue(
    "pancakeswap",
    [
        Confirmation(SWAPPED_2, made_by(PAIRS, with_fee=False)),
        Confirmation(SWAPPED, made_by(POOLS, with_fee=True)),
    ],
)
