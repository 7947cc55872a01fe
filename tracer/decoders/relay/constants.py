"""The depositories of Relay and the accounts that pay out.

Addresses: lifinance/contracts, config/relay.json; rotki/rotki, rotkehlchen/chain/evm/decoding/relay/constants.py.
The accounts that pay out are those that the network publishes, as rotki/rotki keeps them; they pay on several chains.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x18dd3c14e34c1bc379f7538068c59160d9f68e25": "solver",
        "0x2bb27b73c602643f42471d4751fe4fc4eebefbd1": "solver",
        "0x331d9a049d496385998067abf6cbb6371c8d2466": "solver",
        "0x370a7e2d300c14d79d4a7ee07aaca46c4b3012cf": "solver",
        "0x56c262027e0de4aea31d2489529cb25d23e58a8b": "solver",
        "0xa5a5491bca93dd4c076e4906e79e7673f4a5a142": "solver",
        "0xa67d7eb4dc68fa6ce8e34ef8cadaf075b9893fbb": "solver",
        "0xabb2acd3be814a80e502575d6c1dc5f789e9cd10": "solver",
        "0xada5bb90d0de0bd1b6f3938708f49295a8d1f7cb": "solver",
        "0xc1a6e71c0f69ad498aa4029bdf9f8cdba79f9678": "solver",
        "0xca7ded7e4f4ba8ab3b10009236ae6d1b95094589": "solver",
        "0xd782268f600403843484b70710daee6846fc0db8": "solver",
        "0xf42b73d2e4d3912eade2a5f7ab39b54064c2acec": "solver",
        "0xf70da97812cb96acdf810712aa562db8dfa3dbef": "solver",
    },
    ChainId("eip155:1"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:10"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:25"): {
        "0x59916da825d2d2ec1bf878d71c88826f6633ecca": "depository",
    },
    ChainId("eip155:56"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:100"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:130"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:137"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:143"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:146"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:288"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:324"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:480"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:747"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:999"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:1088"): {
        "0x59916da825d2d2ec1bf878d71c88826f6633ecca": "depository",
    },
    ChainId("eip155:1101"): {
        "0x59916da825d2d2ec1bf878d71c88826f6633ecca": "depository",
    },
    ChainId("eip155:1135"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:1329"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:1625"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:1868"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:2020"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:2741"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:4326"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:5000"): {
        "0x59916da825d2d2ec1bf878d71c88826f6633ecca": "depository",
    },
    ChainId("eip155:8453"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:9745"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:33139"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:34443"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:42161"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:42170"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:42220"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:43114"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:57073"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:59144"): {
        "0x59916da825d2d2ec1bf878d71c88826f6633ecca": "depository",
    },
    ChainId("eip155:60808"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:80094"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:81457"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:534352"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
    ChainId("eip155:747474"): {
        "0x4cd00e387622c35bddb9b4c962c136462338bc31": "depository",
    },
}
