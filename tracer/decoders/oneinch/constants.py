"""The routers of 1inch by version.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/oneinch/v1/decoder.py; rotki/rotki,
rotkehlchen/chain/ethereum/modules/oneinch/v2/constants.py; rotki/rotki,
rotkehlchen/chain/ethereum/modules/oneinch/v3/constants.py; rotki/rotki,
rotkehlchen/chain/evm/decoding/oneinch/v4/constants.py; rotki/rotki,
rotkehlchen/chain/optimism/modules/oneinch/v4/decoder.py; rotki/rotki,
rotkehlchen/chain/evm/decoding/oneinch/v5/decoder.py; rotki/rotki,
rotkehlchen/chain/evm/decoding/oneinch/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x111111125421ca6dc452d289314280a0f8842a65": "v6",
        "0x1111111254eeb25477b68fb85ed929f73a960582": "v5",
        "0x1111111254fb6c44bac0bed2854e76f90643097d": "v4",
    },
    ChainId("eip155:1"): {
        "0x11111112542d85b3ef69ae05771c2dccff4faa26": "v3",
        "0x111111125434b319222cdbf8c261674adb56f3ae": "v2",
        "0x11111254369792b2ca5d084ab5eea397ca8fa48b": "v1",
    },
    ChainId("eip155:10"): {
        "0x1111111254760f7ab3f16433eea9304126dcd199": "v4",
    },
}
