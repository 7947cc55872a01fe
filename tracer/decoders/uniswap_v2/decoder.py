"""Uniswap v2: a pair takes one token and pays another; its address proves whose it is.

The log is the pair's view and names no token: net flows say what became what for whoever traded. Amounts in include
the fee. Forks write the same and are told apart by the factory alone.

Factories: the contract tables of CoW Protocol's services and of rotki/rotki; hash: Uniswap/v2-periphery,
contracts/libraries/UniswapV2Library.sol, as its copies have it. Event: Uniswap/v2-core, UniswapV2Pair.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue
from tracer.decoders.pairs import Factories, Factory, made_by
from tracer.model import ChainId

SWAPPED: Final = EventAbi(
    "Swap(address indexed sender, uint256 amount0In, uint256 amount1In, uint256 amount0Out, uint256 amount1Out, "
    "address indexed to)"
)
_CODE: Final = "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
FACTORIES: Final[Factories] = {
    ChainId("eip155:1"): (Factory("0x5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f", _CODE),),
    ChainId("eip155:10"): (Factory("0x0c3c1c532f1e39edf36be9fe0be1410313e074bf", _CODE),),
    ChainId("eip155:56"): (Factory("0x8909dc15e40173ff4699343b6eb8132c65e18ec6", _CODE),),
    ChainId("eip155:137"): (Factory("0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c", _CODE),),
    ChainId("eip155:8453"): (Factory("0x8909dc15e40173ff4699343b6eb8132c65e18ec6", _CODE),),
    ChainId("eip155:42161"): (Factory("0xf1d7cc64fb4452f05c498126312ebe29f30fbcf9", _CODE),),
    ChainId("eip155:43114"): (Factory("0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c", _CODE),),
}

UNISWAP_V2: Final = Venue("uniswap_v2", [Confirmation(SWAPPED, made_by(FACTORIES, with_fee=False))])
