"""The decoders that ship: each is a folder here and a line in the list; a folder without its line is an error."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from tracer.decoders.aave_v1.decoder import AAVE_V1
from tracer.decoders.aave_v2.decoder import AAVE_V2
from tracer.decoders.aave_v3.decoder import AAVE_V3
from tracer.decoders.across.decoder import ACROSS
from tracer.decoders.aerodrome.decoder import AERODROME
from tracer.decoders.arbitrum.decoder import ARBITRUM
from tracer.decoders.avalanche_bridge.decoder import AvalancheBridge
from tracer.decoders.balancer.decoder import BALANCER
from tracer.decoders.cctp.decoder import CCTP
from tracer.decoders.celer.decoder import CELER
from tracer.decoders.chainflip.decoder import CHAINFLIP
from tracer.decoders.circle.decoder import CIRCLE
from tracer.decoders.compound_v2.decoder import COMPOUND_V2
from tracer.decoders.compound_v3.decoder import COMPOUND_V3
from tracer.decoders.contract import Decoder
from tracer.decoders.cow.decoder import COW
from tracer.decoders.crosscurve.decoder import CROSSCURVE
from tracer.decoders.curve.decoder import CURVE
from tracer.decoders.debridge.decoder import DEBRIDGE
from tracer.decoders.hop.decoder import HOP
from tracer.decoders.kyberswap.decoder import KYBERSWAP
from tracer.decoders.layerzero.decoder import LAYERZERO
from tracer.decoders.lido.decoder import LIDO
from tracer.decoders.lifi.decoder import LIFI
from tracer.decoders.mantle.decoder import MANTLE
from tracer.decoders.mayan.decoder import MAYAN
from tracer.decoders.morpho_blue.decoder import MORPHO_BLUE
from tracer.decoders.multichain.decoder import MULTICHAIN
from tracer.decoders.netting.decoder import Netting
from tracer.decoders.nomad.decoder import NOMAD
from tracer.decoders.odos.decoder import ODOS
from tracer.decoders.omnibridge.decoder import OMNIBRIDGE
from tracer.decoders.oneinch.decoder import ONEINCH
from tracer.decoders.openocean.decoder import OPENOCEAN
from tracer.decoders.opstack.decoder import OPSTACK
from tracer.decoders.pancakeswap.decoder import PANCAKESWAP
from tracer.decoders.paraswap.decoder import PARASWAP
from tracer.decoders.polygon.decoder import POLYGON
from tracer.decoders.quickswap.decoder import QUICKSWAP
from tracer.decoders.registry import DecoderRegistry
from tracer.decoders.relay.decoder import RELAY
from tracer.decoders.rocket_pool.decoder import ROCKET_POOL
from tracer.decoders.ronin.decoder import RONIN
from tracer.decoders.scroll.decoder import SCROLL
from tracer.decoders.sky.decoder import SKY
from tracer.decoders.socket.decoder import SOCKET
from tracer.decoders.spark.decoder import SPARK
from tracer.decoders.stargate_v1.decoder import STARGATE_V1
from tracer.decoders.sushi.decoder import SUSHI
from tracer.decoders.tether.decoder import TETHER
from tracer.decoders.thorchain.decoder import THORCHAIN_ROUTER
from tracer.decoders.training.decoder import TrainingCase
from tracer.decoders.uniswap_v2.decoder import UNISWAP_V2
from tracer.decoders.uniswap_v3.decoder import UNISWAP_V3
from tracer.decoders.uniswap_v4.decoder import UNISWAP_V4
from tracer.decoders.velodrome.decoder import VELODROME
from tracer.decoders.weth.decoder import Weth
from tracer.decoders.woofi.decoder import WOOFI
from tracer.decoders.wormhole.decoder import WORMHOLE
from tracer.decoders.zerox.decoder import ZEROX
from tracer.decoders.zksync.decoder import ZKSYNC
from tracer.errors import InputError

SHIPPED: Final[tuple[Decoder, ...]] = (
    AAVE_V1,
    AAVE_V2,
    AAVE_V3,
    ACROSS,
    AERODROME,
    ARBITRUM,
    AvalancheBridge(),
    BALANCER,
    CCTP,
    CELER,
    CHAINFLIP,
    CIRCLE,
    COMPOUND_V2,
    COMPOUND_V3,
    COW,
    CROSSCURVE,
    CURVE,
    DEBRIDGE,
    HOP,
    KYBERSWAP,
    LAYERZERO,
    LIDO,
    LIFI,
    MANTLE,
    MAYAN,
    MORPHO_BLUE,
    MULTICHAIN,
    Netting(),
    NOMAD,
    ODOS,
    OMNIBRIDGE,
    ONEINCH,
    OPENOCEAN,
    OPSTACK,
    PANCAKESWAP,
    PARASWAP,
    POLYGON,
    QUICKSWAP,
    RELAY,
    ROCKET_POOL,
    RONIN,
    SCROLL,
    SKY,
    SOCKET,
    SPARK,
    STARGATE_V1,
    SUSHI,
    TETHER,
    THORCHAIN_ROUTER,
    TrainingCase(),
    UNISWAP_V2,
    UNISWAP_V3,
    UNISWAP_V4,
    VELODROME,
    Weth(),
    WOOFI,
    WORMHOLE,
    ZEROX,
    ZKSYNC,
)
"""One line a folder, by name."""


def check_folders(folders: Iterable[str], claimed: Collection[str]) -> None:
    """Refuse folders of decoders that nobody registers, and names that have no folder.

    Raises
    ------
    InputError
        If there are any; all are named.
    """
    held = set(folders)
    loose = sorted(held ^ set(claimed))
    if loose:
        raise InputError(
            f"Decoders and their folders differ: {', '.join(loose)}.",
            why="A folder that nobody registers would be read by people and never by the program.",
            next_step="Add the decoder to the list in tracer/decoders/builtin.py, or take its folder away.",
        )


def built_in() -> DecoderRegistry:
    """Return a registry of the decoders that ship; whoever has more registers them with it.

    Raises
    ------
    InputError
        If a folder of this room is in no line of the list.
    """
    folders = (one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)]) if one.ispkg)
    check_folders(folders, [decoder.name for decoder in SHIPPED])
    return DecoderRegistry(SHIPPED)


DECODERS: Final = built_in()
"""What collections are read with."""
