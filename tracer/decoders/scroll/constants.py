"""The messengers and gateways of Scroll.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/socket_bridge/constants.py; rotki/rotki,
rotkehlchen/chain/scroll/modules/scroll_bridge/decoder.py; rotki/rotki,
rotkehlchen/chain/ethereum/modules/scroll_bridge/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x6774bcbd5cecef1336b5300fb5186a12ddd8b367": "messenger",
        "0x7f2b8c31f88b6006c382775eea88297ec1e3e905": "coin",
        "0xd8a791fe2be73eb6e6cf1eb0cb3f36adc9b3f8f9": "gateway",
        "0xf1af3b23de0a5ca3cab7261cb0061c0d779a5c7b": "gateway",
    },
    ChainId("eip155:534352"): {
        "0x33b60d5dd260d453cac3782b0bdc01ce84672142": "gateway",
        "0x6ea73e05adc79974b931123675ea8f78ffdacdf0": "coin",
        "0x781e90f1c8fc4611c9b7497c3b47f99ef6969cbc": "messenger",
        "0xe2b4795039517653c5ae8c2a9bfdd783b48f447a": "gateway",
    },
}
