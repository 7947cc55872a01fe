"""The tokens of Lido and its queue.

Addresses: lifinance/contracts, config/lidowrapper.json; lifinance/contracts, config/optimism.json; lidofinance/core,
deployed-mainnet.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0": "wsteth",
        "0x889edc2edab5f40e902b864ad4d7ade8e412f9b1": "queue",
        "0xae7ab96520de3a18e5e111b5eaab095312d7fe84": "steth",
    },
}
