"""The pools of Across on each chain.

Addresses: lifinance/contracts, config/across.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x5c7bcd6e7de5423a257d81b442095a1a6ced35c5": "pool",
    },
    ChainId("eip155:10"): {
        "0x6f26bf09b1c792e3228e5467807a900a503c0281": "pool",
    },
    ChainId("eip155:56"): {
        "0x4e8e101924ede233c13e2d8622dc8aed2872d505": "pool",
    },
    ChainId("eip155:130"): {
        "0x09aea4b2242abc8bb4bb78d537a67a245a7bec64": "pool",
    },
    ChainId("eip155:137"): {
        "0x9295ee1d8c5b022be115a2ad3c30c72e34e7f096": "pool",
    },
    ChainId("eip155:143"): {
        "0xd2ecb3afe598b746f8123cae365a598da831a449": "pool",
    },
    ChainId("eip155:232"): {
        "0xb234ca484866c811d0e6d3318866f583781ed045": "pool",
    },
    ChainId("eip155:288"): {
        "0xbbc6009feffc27ce705322832cb2068f8c1e0a58": "pool",
    },
    ChainId("eip155:324"): {
        "0xe0b015e54d54fc84a6cb9b666099c46ade9335ff": "pool",
    },
    ChainId("eip155:480"): {
        "0x09aea4b2242abc8bb4bb78d537a67a245a7bec64": "pool",
    },
    ChainId("eip155:999"): {
        "0x35e63ea3eb0fb7a3bc543c71fb66412e1f6b0e04": "pool",
    },
    ChainId("eip155:1135"): {
        "0x9552a0a6624a23b848060ae5901659cdda1f83f8": "pool",
    },
    ChainId("eip155:1868"): {
        "0x3bad7ad0728f9917d1bf08af5782dcbd516cdd96": "pool",
    },
    ChainId("eip155:4326"): {
        "0x3db06da8f0a24a525f314eec954fc5c6a973d40e": "pool",
    },
    ChainId("eip155:8453"): {
        "0x09aea4b2242abc8bb4bb78d537a67a245a7bec64": "pool",
    },
    ChainId("eip155:9745"): {
        "0x50039faefebef707cfd94d6d462fe6d10b39207a": "pool",
    },
    ChainId("eip155:34443"): {
        "0x3bad7ad0728f9917d1bf08af5782dcbd516cdd96": "pool",
    },
    ChainId("eip155:42161"): {
        "0xe35e9842fceaca96570b734083f4a58e8f7c5f2a": "pool",
    },
    ChainId("eip155:57073"): {
        "0xef684c38f94f48775959ecf2012d7e864ffb9dd4": "pool",
    },
    ChainId("eip155:59144"): {
        "0x7e63a5f1a8f0b4d0934b2f2327daed3f6bb2ee75": "pool",
    },
    ChainId("eip155:81457"): {
        "0x2d509190ed0172ba588407d4c2df918f955cc6e1": "pool",
    },
    ChainId("eip155:534352"): {
        "0x3bad7ad0728f9917d1bf08af5782dcbd516cdd96": "pool",
    },
}
