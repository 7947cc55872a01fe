"""The decoders that ship: each is a folder here and a line in the list; a folder without its line is an error."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from tracer.decoders.contract import Decoder
from tracer.decoders.netting.decoder import Netting
from tracer.decoders.registry import DecoderRegistry
from tracer.decoders.training.decoder import TrainingCase
from tracer.decoders.weth.decoder import Weth
from tracer.errors import InputError

SHIPPED: Final[tuple[Decoder, ...]] = (Netting(), TrainingCase(), Weth())
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
