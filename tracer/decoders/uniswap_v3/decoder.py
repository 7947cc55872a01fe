"""Uniswap v3: a pool takes one token and pays another; its address proves whose it is, by tokens and fee.

Positive amounts are what the pool received. Forks write the same and are told apart by the factory alone.

Factories: rotki/rotki and public configurations; hash: Uniswap/v3-periphery, contracts/libraries/PoolAddress.sol.
Event: Uniswap/v3-core, contracts/interfaces/pool/IUniswapV3PoolEvents.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue
from tracer.decoders.pairs import Factories, Factory, made_by
from tracer.model import ChainId

SWAPPED: Final = EventAbi(
    "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, "
    "uint128 liquidity, int24 tick)"
)
_CODE: Final = "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54"
_FIRST: Final = Factory("0x1f98431c8ad98523631ae4a59f267346ea31f984", _CODE)
FACTORIES: Final[Factories] = {
    ChainId("eip155:8453"): (Factory("0x33128a8fc17869897dce68ed026d694621f6fdfd", _CODE),),
    **{ChainId(f"eip155:{number}"): (_FIRST,) for number in (1, 10, 137, 42161)},
}

UNISWAP_V3: Final = Venue("uniswap_v3", [Confirmation(SWAPPED, made_by(FACTORIES, with_fee=True))])
