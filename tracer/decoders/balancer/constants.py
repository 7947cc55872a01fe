"""The vaults of Balancer v2 and v3, the same on every chain.

Addresses: graphsense/graphsense-lib, tests/utils/resources/ecrecover_test_dataset.json; rotki/rotki,
rotkehlchen/chain/evm/decoding/balancer/v3/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0xba12222222228d8ba445958a75a0704d566bf2c8": "vault2",
        "0xba1333333333a1ba1108e8412f11850a5c319ba9": "vault3",
    },
}
