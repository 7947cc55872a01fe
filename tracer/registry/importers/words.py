"""Foreign words for categories, and the categories of ours they mean; an unknown word means ``unknown``."""

from __future__ import annotations

from typing import Final

from tracer.io import plain
from tracer.model import CATEGORIES

_MEANS: Final = {
    **dict.fromkeys(("heist", "exploit", "exploiter", "hack", "hacker", "perpetrator"), "attacker"),
    **dict.fromkeys(("mixing_service", "mixing", "tumbler"), "mixer"),
    **dict.fromkeys(("hot wallet", "cold wallet", "hosted_wallet_exchange"), "exchange"),
    "hosted_wallet": "wallet_service",
    "market": "darknet_market",
    "defi_dex": "dex",
    "defi_bridge": "bridge",
    "defi_lending": "lending",
    "miner": "mining",
    "user": "other",
    "sextortion": "scam",
    "ponzi_scheme": "scam",
    "phishing": "scam",
    "terrorism": "sanctions",
    "sanction": "sanctions",
    "dprk_theft": "theft",
    "theft_contested": "theft",
    **dict.fromkeys(("dprk_theft_trace", "trace_unlabelled", "dprk_cashout"), "intermediate"),
    "trace_labelled_other": "other",
    "service:exchange_sanctioned": "exchange",
    "service:bridge_swap": "bridge",
    "service:other": "other",
}


def category_of(word: str) -> tuple[str, str]:
    """Return our category for a foreign word, and the word itself where it had to be translated or is unknown.

    Examples
    --------
    >>> category_of("exchange"), category_of("heist"), category_of("yoga")
    (('exchange', ''), ('attacker', 'heist'), ('unknown', 'yoga'))
    """
    text = plain(word).strip().lower()
    if text in CATEGORIES:
        return text, ""
    if text in _MEANS:
        return _MEANS[text], text
    service = text.removeprefix("service:")
    if service in CATEGORIES:
        return service, text
    return "unknown", text
