"""Label categories: which are guarded (never flagged) and where following stops."""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.errors import InputError, did_you_mean


class Category(NamedTuple):
    """What a label category means for a trace.

    Attributes
    ----------
    guard : bool
        Such an address can never stand on a flagged list.
    stop_reason : str or None
        Why following stops here by default; ``None`` follows on.
    """

    guard: bool
    stop_reason: str | None


_SERVICE: Final = Category(guard=True, stop_reason="service")
_MIXER: Final = Category(guard=True, stop_reason="mixer")
_CODE: Final = Category(guard=True, stop_reason="contract")
_GUARDED: Final = Category(guard=True, stop_reason=None)
_PLAIN: Final = Category(guard=False, stop_reason=None)

CATEGORIES: Final[dict[str, Category]] = {
    **dict.fromkeys(("exchange", "exchange_deposit", "custodian", "payment_processor"), _SERVICE),
    **dict.fromkeys(("otc", "gambling", "instant_exchange"), _SERVICE),
    **dict.fromkeys(("mining", "builder", "relayer", "government"), _SERVICE),
    **dict.fromkeys(("mixer", "coinjoin"), _MIXER),
    "bridge": Category(guard=True, stop_reason="bridge"),
    **dict.fromkeys(("lending", "staking", "defi", "contract"), _CODE),
    "frozen": Category(guard=False, stop_reason="frozen"),
    "burn": Category(guard=True, stop_reason="burned"),
    **dict.fromkeys(("dex", "aggregator", "token", "victim", "white_hat"), _GUARDED),
    **dict.fromkeys(("theft", "attacker", "intermediate", "sanctions", "wallet_service"), _PLAIN),
    **dict.fromkeys(("darknet_market", "ransomware", "scam", "other", "unknown"), _PLAIN),
}

ABSORBING: Final = tuple(sorted(name for name, meaning in CATEGORIES.items() if meaning.stop_reason))
"""The categories that absorb by default."""


DECODED_THROUGH: Final = ("aggregator", "dex", "token")
"""Categories of contracts that are followed through only where a conversion is decoded.

In a conversion the units pass through them to what they give. What reaches them otherwise is a payment that nobody has
decoded, and whom they pay next is a stranger: following stops there as at unknown code, whatever the options say.
"""


OF_A_KEY: Final = frozenset(
    name for name, meaning in CATEGORIES.items() if meaning.guard and meaning.stop_reason in ("service", None)
) - {*DECODED_THROUGH}
"""Guarded categories of accounts that somebody has the key of: it is the same account on every chain of its kind."""


def parse_category(text: str) -> str:
    """Return the category, or raise :class:`~tracer.errors.InputError` naming the known ones."""
    if text not in CATEGORIES:
        raise InputError(
            f"{text[:40]!r} is not a category.{did_you_mean(text, CATEGORIES)}",
            why="An unknown category would decide silently whether money is followed.",
            next_step=f"Use one of: {', '.join(sorted(CATEGORIES))}.",
        )
    return text
