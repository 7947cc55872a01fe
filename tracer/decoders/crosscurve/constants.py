"""The routers of CrossCurve.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/crosscurve/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0xa2a786ff9148f7c88ee93372db8cbe9e94585c74": "router",
        "0xfa43de785dd3cd0ef3dae0dd2b8be3f1b5112d1a": "router",
    },
}
