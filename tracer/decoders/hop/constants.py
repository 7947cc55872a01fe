"""The bridges of Hop by chain, each with the asset it carries; ``coin`` where it pays the coin of the chain itself.

Source: DefiLlama/bridges-server, src/adapters/hop/index.ts, which names hop-protocol/hop,
packages/core/src/addresses/mainnet.ts. Seven of them wrote logs in recorded receipts.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x22b1cbb8d98a01a3b71d034bb899775a76eb1cc2": "0x7d1afa7b718fb893db30a3abc0cfc608aacfebb0",
        "0x3666f603cc164936c1b87e207f36beba4ac5f18a": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        "0x3d4cc8a61c7528fd86c55cfe061a78dcba48edd1": "0x6b175474e89094c44da98b954eedeac495271d0f",
        "0x3e4a3a4796d16c0cd582c382691998f7c06420b6": "0xdac17f958d2ee523a2206206994597c13d831ec7",
        "0x87269b23e73305117d0404557badc459ced0dbec": "0xae78736cd615f374d3085123a210448e74fc6393",
        "0x914f986a44acb623a277d6bd17368171fcbe4273": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
        "0xb8901acb165ed027e32754e0ffe830802919727f": "coin",
        "0xf074540eb83c86211f305e145eb31743e228e57d": "0xb0c7a3ba49c7a6eaba6cd4a96c55a1391070ac9a",
    },
    ChainId("eip155:10"): {
        "0x03d7f750777ec48d39d080b020d83eb2cb4e3547": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
        "0x46ae9bab8cea96610807a275ebd36f8e916b5c61": "0x94b008aa00579c1307b0ef2c499ad98a8ce58e58",
        "0x7191061d5d4c60f598214cc6913502184baddf18": "0xda10009cbd5d07dd0cecc66161fc93d7c9000da1",
        "0x83f6244bd87662118d96d9a6d44f09dfff14b30e": "coin",
        "0xa0075e8ce43dcb9970cb7709b9526c1232cc39c2": "0x9bcef72be871e61ed4fbbc7630889bee758eb81d",
        "0xa81d244a1814468c734e5b4101f7b9c0c577a8fc": "0x7f5c764cbc14f9669b88837ca1490cca17c31607",
    },
    ChainId("eip155:100"): {
        "0x0460352b91d7cf42b0e1c1c30f06b602d9ef2238": "coin",
        "0x25d8039bb044dc227f741a9e381ca4ceae2e6ae8": "0xddafbb505ad214d7b80b1f830fccc89b60fb7a83",
        "0x6f03052743cd99ce1b29265e377e320cd24eb632": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
        "0x7ac71c29fedf94bac5a5c9ab76e1dd12ea885ccc": "0x7122d7661c4564b7c6cd4878b06766489a6028a2",
        "0xd8926c12c0b2e5cd40cfda49ecaff40252af491b": "0x6a023ccd1ff6f2045c3309768ead9e68f978f6e1",
        "0xfd5a186a7e8453eb867a360526c5d987a00acac2": "0x4ecaba5870353805a9f068101a40e0f32ed605c6",
    },
    ChainId("eip155:137"): {
        "0x25d8039bb044dc227f741a9e381ca4ceae2e6ae8": "0x2791bca1f2de4661ed88a30c99a7a9449aa84174",
        "0x553bc791d746767166fa3888432038193ceed5e2": "coin",
        "0x58c61aee5ed3d748a1467085ed2650b697a66234": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
        "0x6c9a1acf73bd85463a46b0afc076fbdf602b690b": "0xc2132d05d31c914a87c6611c10748aeb04b58e8f",
        "0xb98454270065a31d71bf635f6f7ee6a518dfb849": "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619",
        "0xecf268be00308980b5b3fcd0975d47c4c8e1382a": "0x8f3cf7ad23cd3cadbd9735aff958023239c6a063",
    },
    ChainId("eip155:8453"): {
        "0x3666f603cc164936c1b87e207f36beba4ac5f18a": "coin",
        "0x46ae9bab8cea96610807a275ebd36f8e916b5c61": "0xd9aaec86b65d86f6a7b5b1b0c42ffa531710b6ca",
        "0xe22d2bedb3eca35e6397e0c6d62857094aa26f52": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
    },
    ChainId("eip155:42161"): {
        "0x0e0e3d2c5c292161999474247956ef542cabf8dd": "0xff970a61a04b1ca14834a43f5de4533ebddb5cc8",
        "0x25fb92e505f752f730cad0bd4fa17ece4a384266": "0xc5102fe9359fd9a28f877a67e36b0f050d81a3cc",
        "0x3749c4f034022c39ecaffaba182555d4508caccc": "coin",
        "0x72209fe68386b37a40d6bca04f78356fd342491f": "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9",
        "0x7ac115536fe3a185100b2c4de4cb328bf3a58ba6": "0xda10009cbd5d07dd0cecc66161fc93d7c9000da1",
        "0xc315239cfb05f1e130e7e28e603cea4c014c57f0": "0xec70dcb4a1efa46b8f2d97c310c9c4790ba5ffa8",
        "0xea5abf2c909169823d939de377ef2bf897a6ce98": "0x539bde0d7dbd336b79148aa742883198bbf60342",
    },
    ChainId("eip155:59144"): {
        "0xcbb852a6274e03fa00fb4895de0463f66df27a11": "coin",
    },
}
