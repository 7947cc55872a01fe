"""The bridges, routers and pools of Stargate v1.

Addresses: DefiLlama/bridges-server, src/adapters/stargate/index.ts; DefiLlama/bridges-server,
src/helpers/tokenMappings.ts; lifinance/contracts, archive/config/stargateV1.json; AndreAugusto11/XChainDataGen,
extractor/stargate/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x0faf1d2d3ced330824de3b8200fc8dc6e397850d": "pool",
        "0x101816545f6bd2b1076434b54383a1e633390a2e": "pool",
        "0x296f55f8fb28e498b858d0bcda06d955b2cb3f97": "bridge",
        "0x38ea452219524bb87e18de1c24d3bb59510bd783": "pool",
        "0x692953e758c3669290cb1677180c64183cee374e": "pool",
        "0xdf0770df86a8034b3efef0a1bb3c889b8332ff56": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
        "0xfa0f307783ac21c39e939acff795e27b650f6e68": "pool",
    },
    ChainId("eip155:10"): {
        "0x165137624f1f692e69659f944bf69de02874ee27": "pool",
        "0x296f55f8fb28e498b858d0bcda06d955b2cb3f97": "bridge",
        "0x3533f5e279bdbf550272a199a223da798d9eff78": "pool",
        "0x368605d9c6243a80903b9e326f1cddde088b8924": "pool",
        "0xd22363e3762ca7339569f3d33eade20127d5f98c": "pool",
        "0xdecc0c09c3b5f6e92ef4184125d5648a66e35298": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:56"): {
        "0x4e145a589e4c03cbe3d28520e4bf3089834289df": "pool",
        "0x98a5737749490856b401db5dc27f522fc314a4e1": "pool",
        "0x9aa83081aa06af7208dcc7a4cb72c94d057d2cda": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:137"): {
        "0x1205f31718499dbf1fca446663b532ef87481fe1": "pool",
        "0x1c272232df0bb6225da87f4decd9d37c32f63eea": "pool",
        "0x29e38769f23701a2e4a8ef0492e19da4604be62c": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:250"): {
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:1088"): {
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:5000"): {
        "0x296f55f8fb28e498b858d0bcda06d955b2cb3f97": "composer",
    },
    ChainId("eip155:8453"): {
        "0x28fc411f9e1c480ad312b3d9c60c22b965015c6b": "pool",
        "0x4c80e24119cfb836cdf0a6b53dc23f04f7e652ca": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:42161"): {
        "0x600e576f9d853c95d58029093a16ee49646f3ca5": "pool",
        "0x892785f33cdee22a30aef750f285e18c18040c3e": "pool",
        "0x915a55e36a01285a14f05de6e81ed9ce89772f8e": "pool",
        "0xb6cfcf89a7b22988bfc96632ac2a9d6dab60d641": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:43114"): {
        "0x1205f31718499dbf1fca446663b532ef87481fe1": "pool",
        "0x1c272232df0bb6225da87f4decd9d37c32f63eea": "pool",
        "0x29e38769f23701a2e4a8ef0492e19da4604be62c": "pool",
        "0xeae5c2f6b25933deb62f754f239111413a0a25ef": "pool",
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
    ChainId("eip155:59144"): {
        "0xecc19e177d24551aa7ed6bc6fe566eca726cc8a9": "composer",
    },
}
