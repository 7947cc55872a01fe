"""Who gives chain data: nodes, explorers, indexers, archives, prices; chosen by a registry."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.providers.midgard import Midgard, SwapLinks
    from tracer.providers.price_api import PUBLISHER, Close, Closes, PriceApi, coin_of
    from tracer.providers.provider import BlockRef, Bulk, Head, History, Parted, Pinning, Provider, Recording, Records
    from tracer.providers.registry import NOWHERE, SOURCES, Choice, Entry, price_url, url_of

__all__ = [
    "NOWHERE",
    "PUBLISHER",
    "SOURCES",
    "BlockRef",
    "Bulk",
    "Choice",
    "Close",
    "Closes",
    "Entry",
    "Head",
    "History",
    "Midgard",
    "Parted",
    "Pinning",
    "PriceApi",
    "Provider",
    "Recording",
    "Records",
    "SwapLinks",
    "coin_of",
    "price_url",
    "url_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "midgard": ("Midgard", "SwapLinks"),
        "price_api": ("Close", "Closes", "PUBLISHER", "PriceApi", "coin_of"),
        "provider": ("BlockRef", "Bulk", "Provider", "Head", "History", "Parted", "Pinning", "Recording", "Records"),
        "registry": ("Choice", "Entry", "NOWHERE", "SOURCES", "price_url", "url_of"),
    },
)
