"""The routers of ParaSwap.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/paraswap/v5/constants.py; lifinance/contracts,
config/whitelist.json; the contract that wrote it in a recorded receipt.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x6a000f20005980200259b80c5102003040001068": "v6",
    },
    ChainId("eip155:1"): {
        "0xdef171fe48cf0115b1d80b88dc8eab59176fee57": "v5",
        "0xe92b586627cca7a83dc919cc7127196d70f55a06": "rfq",
    },
}
