"""Sushi: pairs like those of Uniswap v2 under its own factories, and processors that route through any pool.

A processor writes the whole route; it stands in front of the pools. Factories and hash: sushiswap/sushiswap and copies
of its SDK. Events: see uniswap_v2; of the processor, DefiLlama/dimension-adapters; its address: rotki/rotki.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue, of_table
from tracer.decoders.pairs import Factories, Factory, made_by
from tracer.decoders.sushi.constants import CONTRACTS
from tracer.model import ChainId

SWAPPED: Final = EventAbi(
    "Swap(address indexed sender, uint256 amount0In, uint256 amount1In, uint256 amount0Out, uint256 amount1Out, "
    "address indexed to)"
)
ROUTED: Final = EventAbi(
    "Route(address indexed from, address to, address indexed tokenIn, address tokenOut, uint256 amountIn, "
    "uint256 amountOut, int256 slippage, uint32 indexed referralCode, bytes32 id)"
)
_CODE: Final = "0xe18a34eb0e04b04f7a0ac29a6e80748dca96319b42c54d679cb821dca90c6303"
_OTHERS: Final = Factory("0xc35dadb65012ec5796536bd9864ed8773abc74c4", _CODE)
FACTORIES: Final[Factories] = {
    ChainId("eip155:1"): (Factory("0xc0aee478e3658e2610c5f7a4a2e1777ce9e4f2ac", _CODE),),
    **{ChainId(f"eip155:{number}"): (_OTHERS,) for number in (56, 100, 137, 250, 42161, 43114)},
}

SUSHI: Final = Venue(
    "sushi",
    [Confirmation(SWAPPED, made_by(FACTORIES, with_fee=False)), Confirmation(ROUTED, of_table(CONTRACTS))],
    CONTRACTS,
)
