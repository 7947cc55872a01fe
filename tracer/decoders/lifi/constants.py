"""The diamond of LI.FI.

Addresses: lifinance/contracts, deployments/sei.json; rotki/rotki, rotkehlchen/chain/evm/decoding/lifi/constants.py;
lifinance/contracts, config/eco.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x026f252016a7c47cdef1f05a3fc9e20c92a49c37": "diamond",
        "0x1231deb6f5749ef6ce6943a275a1d3e7486f4eae": "diamond",
        "0xd9b2da9c45b118e4e93a004fb1452bcdb6cc0e88": "diamond",
    },
    ChainId("eip155:1"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:10"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:56"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:130"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:137"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:146"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:480"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:999"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:8453"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:42161"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:42220"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
    ChainId("eip155:57073"): {
        "0xec000064576f9c95a8623bc0eff3db6d296ea6df": "portal",
    },
}
