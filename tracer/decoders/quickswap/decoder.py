"""QuickSwap: the pairs of Uniswap v2 on Polygon under another factory.

Factory and hash: the configurations that public repositories keep of it. Event: see uniswap_v2.
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
    ChainId("eip155:137"): (Factory("0x5757371414417b8c6caad45baef941abc7d3ab32", _CODE),),
}
CONTRACTS: Final[dict[ChainId, dict[str, str]]] = {
    chain: {factory.address: "factory" for factory in made} for chain, made in FACTORIES.items()
}

QUICKSWAP: Final = Venue("quickswap", [Confirmation(SWAPPED, made_by(FACTORIES, with_fee=False))], CONTRACTS)
