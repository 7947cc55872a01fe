"""The endpoints of LayerZero v2, and the messengers of Stargate v2, for which its pools speak.

Addresses: lifinance/contracts, config/stargateV2.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x6d6620efa72948c5f68a3c8646d58c00d3f4a980": "messenger",
    },
    ChainId("eip155:10"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0xf1fcb4cbd57b67d683972a59b6a7b1e2e8bf27e6": "messenger",
    },
    ChainId("eip155:14"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x45d417612e177672958dc0537c45a8f8d754ac2e": "messenger",
    },
    ChainId("eip155:30"): {
        "0x45a01e4e04f14f7a4a6702c74187c5f6222033cd": "messenger",
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:40"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x88853d410299bcbfe5fcc9eef93c03115e908279": "messenger",
    },
    ChainId("eip155:56"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x6e3d884c96d640526f273c61dfcf08915ebd7e2b": "messenger",
    },
    ChainId("eip155:66"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:100"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0xaf368c91793cb22739386dfcbbb2f1a9e4bcbebf": "messenger",
    },
    ChainId("eip155:122"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x45a01e4e04f14f7a4a6702c74187c5f6222033cd": "messenger",
    },
    ChainId("eip155:130"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
        "0xb1eead6959cb5bb9b20417d6689922523b2b86c3": "messenger",
    },
    ChainId("eip155:137"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x6ce9bf8cdab780416ad1fd87b318a077d2f50eac": "messenger",
    },
    ChainId("eip155:143"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:146"): {
        "0x2086f755a6d9254045c257ea3d382ef854849b0f": "messenger",
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
        "0x45a01e4e04f14f7a4a6702c74187c5f6222033cd": "messenger",
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:1088"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0xcbe78230cca58b9ef4c3c5d1bc0d7e4b3206588a": "messenger",
    },
    ChainId("eip155:1101"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1329"): {
        "0x1502fa4be69d526124d453619276faccab275d3d": "messenger",
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:1480"): {
        "0x808d7c71ad2ba3fa531b068a2417c63106bc0949": "messenger",
        "0xcb566e3b6934fa77258d68ea18e931fa75e1aaaa": "endpoint",
    },
    ChainId("eip155:1625"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x9c2dc7377717603eb92b2655c5f2e7997a4945bd": "messenger",
    },
    ChainId("eip155:1868"): {
        "0x4bcb6a963a9563c33569d7a512d35754221f3a19": "endpoint",
        "0xaf54be5b6eec24d6bfacf1cce4eaf680a8239398": "messenger",
    },
    ChainId("eip155:2741"): {
        "0x183d6b82680189bb4db826f739cdc9527d467b25": "messenger",
        "0x5c6cff4b7c49805f8295ff73c204ac83f3bc4ae7": "endpoint",
    },
    ChainId("eip155:5000"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x41b491285a4f888f9f636cec8a363ab9770a0aef": "messenger",
    },
    ChainId("eip155:8217"): {
        "0x16f3f98d82d965988e6853681fd578f4d719a1c0": "messenger",
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:8453"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x5634c4a5fed09819e3c46d86a965dd9447d86e47": "messenger",
    },
    ChainId("eip155:9745"): {
        "0x102d758f688a4c1c5a80b116bd945d4455460282": "messenger",
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
    },
    ChainId("eip155:34443"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42161"): {
        "0x19cfce47ed54a88614648dc3f19a5980097007dd": "messenger",
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42170"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:42220"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:43114"): {
        "0x17e450be3ba9557f2378e20d64ad417e59ef9a34": "messenger",
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:57073"): {
        "0x45f1a95a4d3f3836523f5c83673c797f4d4d263b": "messenger",
        "0xca29f3a6f966cb2fc0de625f8f325c0c46dbe958": "endpoint",
    },
    ChainId("eip155:59144"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x5f688f563dc16590e570f97b542fa87931af2fed": "messenger",
    },
    ChainId("eip155:60808"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:80094"): {
        "0x6f475642a6e85809b1c36fa62763669b1b48dd5b": "endpoint",
        "0xaf5191b0de278c7286d6c7cc6ab6bb8a73ba2cd6": "messenger",
    },
    ChainId("eip155:81457"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
    ChainId("eip155:534352"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x4e422b0acb2bd7e3ac70b5c0e5eb806e86a94038": "messenger",
    },
    ChainId("eip155:1313161554"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
        "0x5f688f563dc16590e570f97b542fa87931af2fed": "messenger",
    },
    ChainId("eip155:1666600000"): {
        "0x1a44076050125825900e736c501f859c50fe728c": "endpoint",
    },
}
