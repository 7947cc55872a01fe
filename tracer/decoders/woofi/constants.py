"""The routers of WOOFi.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/woo_fi/constants.py; lifinance/contracts,
config/stargateV2.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x4c4af8dbc524681930a27b2f1af5bcc8062e6fb7": "router",
        "0xb84aefef2ddde628d5c7f1fba320de63e3f4757c": "cross",
    },
    ChainId("eip155:1"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:10"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:14"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:30"): {
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:40"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:56"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:66"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:100"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:122"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:130"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:137"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:143"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:146"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:250"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:252"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:324"): {
        "0xd07c30af3ff30d96bdc9c6044958230eb797ddbf": "endpoint",
    },
    ChainId("eip155:747"): {
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:1088"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1101"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1329"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1480"): {
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:1625"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1868"): {
        "0x4bcb6a963a9563c33569d7a512d35754221f3a19": "endpoint",
    },
    ChainId("eip155:2741"): {
        "0x5c6cff4b7c49805f8295ff73c204ac83f3bc4ae7": "endpoint",
    },
    ChainId("eip155:5000"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:8217"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:8453"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:9745"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:34443"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42161"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42170"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42220"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:43114"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:57073"): {
        "0xca29f3a6f966cb2fc0de625f8f325c0c46dbe958": "endpoint",
    },
    ChainId("eip155:59144"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:60808"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:80094"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:81457"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:534352"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1313161554"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1666600000"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
}
