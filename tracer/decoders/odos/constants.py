"""The routers of Odos.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/arbitrum_one/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/base/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/optimism/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/polygon_pos/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/scroll/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/binance_sc/modules/odos/v2/constants.py; rotki/rotki,
rotkehlchen/chain/ethereum/modules/odos/v1/constants.py; rotki/rotki,
rotkehlchen/chain/optimism/modules/odos/v1/constants.py; rotki/rotki,
rotkehlchen/chain/polygon_pos/modules/odos/v1/constants.py; rotki/rotki,
rotkehlchen/chain/arbitrum_one/modules/odos/v1/constants.py; rotki/rotki,
rotkehlchen/chain/binance_sc/modules/odos/v1/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x76f4eed9fe41262669d0250b2a97db79712ad855": "v1",
        "0xcf5540fffcdc3d510b18bfca6d2b9987b0772559": "v2",
    },
    ChainId("eip155:10"): {
        "0x69dd38645f7457be13571a847ffd905f9acbaf6d": "v1",
        "0xca423977156bb05b13a2ba3b76bc5419e2fe9680": "v2",
    },
    ChainId("eip155:56"): {
        "0x89b8aa89fdd0507a99d334cbe3c808fafc7d850e": "v2",
        "0x9f138be5aa5cc442ea7cc7d18cd9e30593ed90b9": "v1",
    },
    ChainId("eip155:137"): {
        "0x4e3288c9ca110bcc82bf38f09a7b425c095d92bf": "v2",
        "0xa32ee1c40594249eb3183c10792bcf573d4da47c": "v1",
    },
    ChainId("eip155:8453"): {
        "0x19ceead7105607cd444f5ad10dd51356436095a1": "v2",
    },
    ChainId("eip155:42161"): {
        "0xa669e7a0d4b3e4fa48af2de86bd4cd7126be4e13": "v2",
        "0xdd94018f54e565dbfc939f7c44a16e163faab331": "v1",
    },
    ChainId("eip155:534352"): {
        "0xbfe03c9e20a9fc0b37de01a172f207004935e0b1": "v2",
    },
}
