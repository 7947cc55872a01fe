"""The decoders that ship: each is a folder here and a line in the list; a folder without its line is an error."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from tracer.decoders.contract import Decoder
from tracer.decoders.across.decoder import ACROSS
from tracer.decoders.arbitrum.decoder import ARBITRUM
from tracer.decoders.avalanche_bridge.decoder import AvalancheBridge
from tracer.decoders.cctp.decoder import CCTP
from tracer.decoders.celer.decoder import CELER
from tracer.decoders.chainflip.decoder import CHAINFLIP
from tracer.decoders.crosscurve.decoder import CROSSCURVE
from tracer.decoders.debridge.decoder import DEBRIDGE
from tracer.decoders.hop.decoder import HOP
from tracer.decoders.layerzero.decoder import LAYERZERO
from tracer.decoders.lifi.decoder import LIFI
from tracer.decoders.mayan.decoder import MAYAN
from tracer.decoders.multichain.decoder import MULTICHAIN
from tracer.decoders.netting.decoder import Netting
from tracer.decoders.nomad.decoder import NOMAD
from tracer.decoders.omnibridge.decoder import OMNIBRIDGE
from tracer.decoders.opstack.decoder import OPSTACK
from tracer.decoders.polygon.decoder import POLYGON
from tracer.decoders.relay.decoder import RELAY
from tracer.decoders.ronin.decoder import RONIN
from tracer.decoders.scroll.decoder import SCROLL
from tracer.decoders.socket.decoder import SOCKET
from tracer.decoders.stargate_v1.decoder import STARGATE_V1
from tracer.decoders.thorchain.decoder import THORCHAIN_ROUTER
from tracer.decoders.training.decoder import TrainingCase
from tracer.decoders.weth.decoder import Weth
from tracer.decoders.woofi.decoder import WOOFI
from tracer.decoders.wormhole.decoder import WORMHOLE
from tracer.decoders.zksync.decoder import ZKSYNC
from tracer.decoders.registry import DecoderRegistry
from tracer.errors import InputError

SHIPPED: Final[tuple[Decoder, ...]] = (
    ACROSS,
    ARBITRUM,
    AvalancheBridge(),
    CCTP,
    CELER,
    CHAINFLIP,
    CROSSCURVE,
    DEBRIDGE,
    HOP,
    LAYERZERO,
    LIFI,
    MAYAN,
    MULTICHAIN,
    Netting(),
    NOMAD,
    OMNIBRIDGE,
    OPSTACK,
    POLYGON,
    RELAY,
    RONIN,
    SCROLL,
    SOCKET,
    STARGATE_V1,
    THORCHAIN_ROUTER,
    TrainingCase(),
    Weth(),
    WOOFI,
    WORMHOLE,
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
