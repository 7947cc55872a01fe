"""Which sources there are, which of them can be asked now, and how each is set up; nothing is registered twice.

A URL comes from ``TRACER_URL_<SOURCE>_<CHAIN>``, else ``TRACER_URL_<SOURCE>``, else the provider's public address; a
key from ``TRACER_<SOURCE>_KEY`` or the key ring. The chain is written as ``EIP155_1``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.errors import InputError
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON, ChainId, chain_of
from tracer.net import (
    CachedTransport,
    HostSettings,
    key_of,
    known_url,
    settings_of,
    variable_of,
    variable_part,
)
from tracer.providers.provider import Provider

if TYPE_CHECKING:
    from tracer.providers.evm.source import EvmRpc

PRICES: Final = "https://coins.llama.fi"
PORTAL: Final = "https://portal.sqd.dev/datasets"
DATASETS: Final = {
    "eip155:1": "ethereum-mainnet",
    "eip155:10": "optimism-mainnet",
    "eip155:56": "binance-mainnet",
    "eip155:100": "gnosis-mainnet",
    "eip155:137": "polygon-mainnet",
    "eip155:8453": "base-mainnet",
    "eip155:42161": "arbitrum-one",
    "eip155:43114": "avalanche-mainnet",
    "eip155:534352": "scroll-mainnet",
}
"""Data sets of SQD's Portal (subsquid/sqd-portal, resources/schemas.json)."""
NOWHERE: Final = "http://offline.invalid"
"""URL of a source whose answers all come from a bundle."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is set up.

    Attributes
    ----------
    chain : ChainId
        The chain it answers for.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base URL, or the folder of an archive.
    companion : Provider or None
        A node that completes what the source leaves out.
    """

    chain: ChainId
    exchange: CachedTransport
    url: str
    companion: Provider | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of source.

    Attributes
    ----------
    name : str
        As in ``--from``, in variables and in the query ledger.
    families : tuple of str
        Families of chains it can answer for.
    gives : str
        What it gives, in a sentence.
    build : callable
        Sets it up; imports what it needs when called.
    key : str
        ``""``: it has none; ``optional``; ``needed``.
    urls : mapping of ChainId to str
        Public addresses of the provider.
    any_chain : str
        Public address for every chain of its families; empty where there is none.
    completes : bool
        Whether it can complete another source.
    completed : bool
        Whether another source can complete it.
    """

    name: str
    families: tuple[str, ...]
    gives: str
    build: Callable[[Place], Provider]
    key: str = ""
    urls: Mapping[ChainId, str] = field(default_factory=dict)
    any_chain: str = ""
    completes: bool = False
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The sources a chain is read from.

    Attributes
    ----------
    chain : ChainId
        The chain.
    source : str
        Name of the source of its histories.
    companion : str
        Name of the node that completes them; empty where there is none.
    """

    chain: ChainId
    source: str
    companion: str = ""


class Registry:
    """Sources by name, in order of preference."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            self.register(entry)

    def register(self, entry: Entry) -> None:
        """Add a source.

        Raises
        ------
        InputError
            If its name is taken.
        """
        if entry.name in self._entries:
            raise InputError(
                f"The source {entry.name!r} is registered twice.",
                why="One of the two would never be asked.",
                next_step="Give one of them another name.",
            )
        self._entries[entry.name] = entry

    def entries(self) -> tuple[Entry, ...]:
        """Return every source, in order of preference."""
        return tuple(self._entries.values())

    def get(self, name: str) -> Entry:
        """Return a source by name.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self._entries:
            raise InputError(
                f"There is no source {name[:40]!r}.", next_step=f"Sources are: {', '.join(sorted(self._entries))}."
            )
        return self._entries[name]

    def missing(self, entry: Entry, chain: ChainId) -> str:
        """Return what a source lacks to be asked for a chain, in words; empty where nothing."""
        if chain_of(chain).family not in entry.families:
            return f"It does not read {chain}."
        if not url_of(entry, chain):
            what = "the folder of its Parquet files" if entry.name == "archive" else "its URL"
            where = f"_{variable_part(chain)}" if len(entry.families) > 1 or entry.families == ("evm",) else ""
            return f"Set {variable_of(entry.name, 'URL')}{where} to {what}."
        if entry.key == "needed" and key_of(entry.name) is None:
            return f"Set {key_variable(entry.name)} to its key; a free one will do."
        return ""

    def choose(self, chain: ChainId, prefer: str = "") -> Choice:
        """Return the sources a chain is read from: the preferred one, else the first that lacks nothing.

        Raises
        ------
        InputError
            If no source can be asked, or the preferred one lacks something; says what to set.
        """
        entries = [self.get(prefer)] if prefer else [e for e in self.entries() if chain_of(chain).family in e.families]
        lacks = {entry.name: self.missing(entry, chain) for entry in entries}
        ready = [entry for entry in entries if not lacks[entry.name]]
        if not ready:
            raise InputError(
                f"No source can be asked for {chain}.",
                why=" ".join(f"{name}: {what}" for name, what in lacks.items()) or "No source reads such a chain.",
                next_step="`tracer doctor` says what each source gives and needs.",
            )
        chosen = ready[0]
        nodes = [e for e in self.entries() if e.completes and e.name != chosen.name and not self.missing(e, chain)]
        return Choice(chain, chosen.name, nodes[0].name if chosen.completed and nodes else "")

    def hosts(self, choices: Iterable[Choice]) -> dict[str, HostSettings]:
        """Return the URLs that may be asked for these choices, with how politely."""
        found = {}
        for choice in choices:
            for name in filter(None, (choice.source, choice.companion)):
                url = url_of(self.get(name), choice.chain)
                if url.startswith("http"):
                    found[url] = settings_of(name, url)
        return found

    def set_up(self, choice: Choice, exchange: CachedTransport) -> Provider:
        """Return the source of a choice; offline it needs neither URL nor key."""
        companion = None
        if choice.companion:
            companion = self.get(choice.companion).build(self._place(choice.companion, choice.chain, exchange))
        place = self._place(choice.source, choice.chain, exchange, companion)
        return self.get(choice.source).build(place)

    def _place(self, name: str, chain: ChainId, exchange: CachedTransport, companion: Provider | None = None) -> Place:
        url = url_of(self.get(name), chain)
        if not url and not exchange.offline:
            raise InputError(
                f"The source {name} has no URL for {chain}.", next_step=self.missing(self.get(name), chain)
            )
        return Place(chain, exchange, url or NOWHERE, companion)


def url_of(entry: Entry, chain: ChainId) -> str:
    """Return where a source is asked for a chain; empty where nobody said.

    Raises
    ------
    InputError
        If what the environment names is no URL; it is not repeated, since it may hold a key.
    """
    variable = variable_of(entry.name, "URL")
    given = _given(f"{variable}_{variable_part(chain)}") or _given(variable)
    return given or entry.urls.get(chain, "") or entry.any_chain


def price_url() -> str:
    """Return where daily prices are asked for: ``TRACER_URL_PRICE_API``, else DefiLlama's public address.

    Raises
    ------
    InputError
        As :func:`url_of`.
    """
    return _given(variable_of("price-api", "URL")) or PRICES


def _given(variable: str) -> str:
    """Return the URL or folder that the environment names."""
    given = os.environ.get(variable, "").strip()
    return known_url(given, variable) if given.startswith("http") else given


def key_variable(name: str) -> str:
    """Return the environment variable of a source's key.

    Examples
    --------
    >>> key_variable("etherscan")
    'TRACER_ETHERSCAN_KEY'
    """
    return f"TRACER_{variable_part(name)}_KEY"


def _archive(place: Place) -> Provider:
    from tracer.providers.archive.source import Archive

    if place.url == NOWHERE:
        variable = f"{variable_of('archive', 'URL')}_{variable_part(place.chain)}"
        raise InputError(
            f"The files of the archive that {place.chain} was read from are not here.",
            why="They are not copied into a bundle, so its tables are derived from them.",
            next_step=f"Name their folder in {variable}.",
        )
    return Archive(Path(place.url), place.chain)


def _rpc(place: Place) -> Provider:
    from tracer.providers.evm.rpc import RpcNode
    from tracer.providers.evm.source import EvmRpc

    return EvmRpc(RpcNode(place.chain, place.exchange, place.url))


def _etherscan(place: Place) -> Provider:
    from tracer.providers.evm.etherscan import etherscan

    return etherscan(place.chain, place.exchange, place.url, _node(place))


def _blockscout(place: Place) -> Provider:
    from tracer.providers.evm.blockscout import blockscout

    return blockscout(place.chain, place.exchange, place.url, _node(place))


def _sqd(place: Place) -> Provider:
    from tracer.providers.evm.sqd import Sqd

    return Sqd(place.chain, place.exchange, place.url, _node(place))


def _esplora(place: Place) -> Provider:
    from tracer.providers.bitcoin.esplora import Esplora

    return Esplora(place.chain, place.exchange, place.url)


def _blockbook(place: Place) -> Provider:
    from tracer.providers.bitcoin.blockbook import Blockbook

    return Blockbook(place.chain, place.exchange, place.url)


def _trongrid(place: Place) -> Provider:
    from tracer.providers.tron.trongrid import TronGrid

    return TronGrid(place.exchange, place.url, chain=place.chain)


def _node(place: Place) -> EvmRpc | None:
    from tracer.providers.evm.source import EvmRpc

    return place.companion if isinstance(place.companion, EvmRpc) else None


SOURCES: Final = Registry(
    (
        Entry(
            "archive",
            ("evm", "bitcoin"),
            "Local Parquet files (BigQuery export, cryo, tracer's own): whole histories, as far as the files reach.",
            _archive,
        ),
        Entry(
            "rpc",
            ("evm",),
            "A node: exact rows with their places; native history where it has trace_filter; balances where it keeps "
            "old state.",
            _rpc,
            completes=True,
        ),
        Entry(
            "etherscan",
            ("evm",),
            "Histories of accounts on many chains; a node completes places and internal transfers.",
            _etherscan,
            key="needed",
            any_chain="https://api.etherscan.io/v2/api",
            completed=True,
        ),
        Entry(
            "blockscout",
            ("evm",),
            "Histories of accounts without a key; a node completes places and internal transfers.",
            _blockscout,
            key="optional",
            urls={
                DEFAULT_CHAIN: "https://eth.blockscout.com/api",
                ChainId("eip155:10"): "https://optimism.blockscout.com/api",
            },
            completed=True,
        ),
        Entry(
            "sqd",
            ("evm",),
            "SQD's Portal without a key: thousands of accounts in a few questions, final blocks only; a node finds "
            "transactions by hash, checks a sample, and closes histories by balances.",
            _sqd,
            urls={ChainId(chain): f"{PORTAL}/{dataset}" for chain, dataset in DATASETS.items()},
            completed=True,
        ),
        Entry(
            "esplora",
            ("bitcoin",),
            "Bitcoin without a key: what spends an output, whole addresses, places in blocks.",
            _esplora,
            urls={BITCOIN: "https://blockstream.info/api"},
        ),
        Entry(
            "blockbook",
            ("bitcoin",),
            "A second opinion on Bitcoin addresses.",
            _blockbook,
        ),
        Entry(
            "trongrid",
            ("tron",),
            "Tron: TRX, TRC-10 and TRC-20 of accounts; slower without a key.",
            _trongrid,
            key="optional",
            urls={TRON: "https://api.trongrid.io"},
        ),
    )
)
"""The sources of chain data, in order of preference."""
