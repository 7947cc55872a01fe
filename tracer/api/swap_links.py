"""What THORChain or Maya did with a transaction or for an address, asked of a Midgard server of one's choice.

A link, never a movement: amounts are Midgard's own, rounded to 1e-8, and stay out of every ledger. What came out on the
other chain is read there.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.chains import MAYACHAIN, THORCHAIN
from tracer.errors import InputError
from tracer.net import known_url, settings_of, variable_of

if TYPE_CHECKING:
    from tracer.net import CachedTransport
    from tracer.providers import SwapLinks

NETWORKS: Final = {"thorchain": (THORCHAIN, "midgard"), "maya": (MAYACHAIN, "maya-midgard")}
"""The network and the name of its source, by what a caller says."""

_HASH: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{64}", re.ASCII)


def swaps(
    what: str, *, network: str = "thorchain", url: str = "", exchange: CachedTransport | None = None
) -> SwapLinks:
    """Return what a network did with a transaction, or for an address.

    Parameters
    ----------
    what : str
        A transaction hash of any chain, on either side of the swap; or an address, as payer or payee.
    network : str
        ``thorchain`` or ``maya``.
    url : str, optional
        Base of a Midgard server; without it ``TRACER_URL_MIDGARD`` or ``TRACER_URL_MAYA_MIDGARD``.
    exchange : CachedTransport, optional
        Asks and remembers; without it replies are thrown away.

    Raises
    ------
    InputError
        If the network is not known, no server is named, or the text is neither a hash nor one address.
    """
    from tracer.bundle import LiveExchange, Store
    from tracer.net import Http
    from tracer.providers import Midgard

    if network not in NETWORKS:
        raise InputError(f"{network[:40]!r} is no such network.", next_step=f"Choose one of: {', '.join(NETWORKS)}.")
    chain, name = NETWORKS[network]
    where = url or os.environ.get(variable_of(name, "URL"), "").strip()
    if not where and exchange is None:
        raise InputError(
            f"No Midgard server of {network} is named.",
            why="There are several, and none is asked that nobody chose.",
            next_step=f"Set {variable_of(name, 'URL')} to its address, or say --url.",
        )

    known_url(where, variable_of(name, "URL"))

    def asked(by: CachedTransport) -> SwapLinks:
        server = Midgard(by, where, network=chain, name=name)
        return server.links_of(what) if _HASH.fullmatch(what) else server.actions(what)

    if exchange is not None:
        return asked(exchange)
    with (
        tempfile.TemporaryDirectory() as folder,
        Http({where: settings_of(name, where)}) as http,
        Store(Path(folder), write=True) as store,
    ):
        return asked(LiveExchange(store, http))
