"""The routers of KyberSwap, and its old network.

Addresses: lifinance/contracts, config/whitelist.json; rotki/rotki,
rotkehlchen/chain/ethereum/modules/kyber/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x6131b5fae19ea4f9d964eac0408e4408b66337b5": "meta",
    },
    ChainId("eip155:1"): {
        "0x65bf64ff5f51272f729bdcd7acfb00677ced86cd": "legacy",
        "0x9aab3f75489902f3a48495025729a0af77d4b11e": "legacy",
        "0x9ae49c0d7f8f9ef4b864e004fe86ac8294e20950": "legacy",
    },
}
