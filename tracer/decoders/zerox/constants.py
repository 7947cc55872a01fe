"""The exchange proxies of 0x.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/zerox/constants.py; rotki/rotki,
rotkehlchen/chain/optimism/modules/zerox/constants.py; lifinance/contracts, config/whitelist.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x0000000000001ff3684f28c67538d4d072c22734": "holder",
        "0xdef1c0ded9bec7f1a1670819833240f027b25eff": "proxy",
    },
    ChainId("eip155:10"): {
        "0xdef1abe32c034e558cdd535791643c58a13acc10": "proxy",
    },
}
