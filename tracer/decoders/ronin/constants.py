"""The gateways of the Ronin bridge.

Addresses: AndreAugusto11/XChainWatcher, cross-chain-rules-validator/utils/ronin_env.py; AndreAugusto11/XChainDataGen,
extractor/ronin/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2": "gateway1",
        "0x64192819ac13ef72bf6b5ae239ac672b43a9af08": "gateway2",
    },
    ChainId("eip155:2020"): {
        "0x0cf8ff40a508bdbc39fbe1bb679dcba64e65c7df": "gateway2",
    },
}
