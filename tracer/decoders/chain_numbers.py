"""Numbers that protocols give to chains, and the chains they mean.

Sources: Wormhole: wormhole-foundation/wormhole, sdk/js/src/utils/consts.ts; LayerZero: stargate-protocol and
LayerZero-Labs (v2 numbers are those of v1 and 30,000); CCTP: circlefin/evm-cctp-contracts and lifinance/contracts;
deBridge: lifinance/contracts, config/debridgedln.json; Chainflip: chainflip-io/chainflip-backend; Nomad:
nomad-xyz/monorepo. All as of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.model import ChainId

_SCHEMES: Final[Mapping[str, Mapping[int, str]]] = {
    "wormhole": {
        1: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        2: "eip155:1",
        4: "eip155:56",
        5: "eip155:137",
        6: "eip155:43114",
        9: "eip155:1313161554",
        10: "eip155:250",
        13: "eip155:8217",
        14: "eip155:42220",
        16: "eip155:1284",
        23: "eip155:42161",
        24: "eip155:10",
        25: "eip155:100",
        29: "bip122:000000000019d6689c085ae165831e93",
        30: "eip155:8453",
        32: "eip155:1329",
        34: "eip155:534352",
        35: "eip155:5000",
        36: "eip155:81457",
        38: "eip155:59144",
        39: "eip155:80094",
        4001: "eip155:9001",
    },
    "layerzero": {
        101: "eip155:1",
        102: "eip155:56",
        106: "eip155:43114",
        109: "eip155:137",
        110: "eip155:42161",
        111: "eip155:10",
        112: "eip155:250",
        116: "eip155:1666600000",
        125: "eip155:42220",
        126: "eip155:1284",
        138: "eip155:122",
        145: "eip155:100",
        150: "eip155:8217",
        151: "eip155:1088",
        153: "eip155:1116",
        155: "eip155:66",
        158: "eip155:1101",
        159: "eip155:7700",
        165: "eip155:324",
        167: "eip155:1285",
        175: "eip155:42170",
        177: "eip155:2222",
        181: "eip155:5000",
        183: "eip155:59144",
        184: "eip155:8453",
        195: "eip155:7777777",
        202: "eip155:204",
        211: "eip155:1313161554",
        214: "eip155:534352",
        217: "eip155:169",
        243: "eip155:81457",
        260: "eip155:34443",
        280: "eip155:1329",
        318: "eip155:98866",
        319: "eip155:480",
        320: "eip155:130",
        332: "eip155:146",
        339: "eip155:57073",
        367: "eip155:999",
        30168: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    },
    "cctp": {
        0: "eip155:1",
        1: "eip155:43114",
        2: "eip155:10",
        3: "eip155:42161",
        5: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        6: "eip155:8453",
        7: "eip155:137",
        10: "eip155:130",
        11: "eip155:59144",
        12: "eip155:81224",
        13: "eip155:146",
        14: "eip155:480",
        15: "eip155:143",
        16: "eip155:1329",
        17: "eip155:56",
        18: "eip155:50",
        19: "eip155:999",
        21: "eip155:57073",
        22: "eip155:98866",
        26: "eip155:5042",
        29: "eip155:1776",
        30: "eip155:2818",
        31: "eip155:1672",
        32: "eip155:25",
    },
    "debridge": {
        1: "eip155:1",
        10: "eip155:10",
        56: "eip155:56",
        137: "eip155:137",
        8453: "eip155:8453",
        42161: "eip155:42161",
        43114: "eip155:43114",
        59144: "eip155:59144",
        7565164: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        100000002: "eip155:100",
        100000004: "eip155:1088",
        100000009: "eip155:747",
        100000021: "eip155:60808",
        100000031: "eip155:4326",
    },
    "chainflip": {
        1: "eip155:1",
        2: "polkadot:91b171bb158e2d3848fa23a9f1c25182",
        3: "bip122:000000000019d6689c085ae165831e93",
        4: "eip155:42161",
        5: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        7: "tron:0x2b6653dc",
        8: "eip155:56",
    },
    "nomad": {
        6648936: "eip155:1",
        1635148152: "eip155:43114",
        1650811245: "eip155:1284",
        1702260083: "eip155:9001",
        2019844457: "eip155:100",
    },
}


def chain_numbered(scheme: str, number: int) -> str:
    """Return the chain that a protocol's number means, CAIP-2; the number with the scheme where none is known for it.

    Examples
    --------
    >>> chain_numbered("cctp", 3), chain_numbered("cctp", 999)
    ('eip155:42161', 'cctp:999')
    """
    return _SCHEMES[scheme].get(number, f"{scheme}:{number}")


def evm_chain(number: int) -> ChainId:
    """Return the EVM chain of a number that protocols use as it is."""
    return ChainId(f"eip155:{number}")


def number_of_chain(scheme: str, chain: ChainId) -> int | None:
    """Return the number that a protocol gives to a chain; ``None`` where none is known."""
    return next((number for number, one in _SCHEMES[scheme].items() if one == chain), None)
