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


GUARDED_ROLES: Final = frozenset({"victim", "white_hat", "recovery"})
"""Roles of labels that guard whatever the category says."""


def guards(label_category: str, role: str) -> bool:
    """Return whether a label of this category and role keeps its address off every list."""
    return CATEGORIES[label_category].guard or role in GUARDED_ROLES


_VICTIM_ROLES: Final = frozenset({"victim", "recovery"})


def fate_of(stop_reason: str, category: str, role: str) -> str:
    """Return what became of units: the stop reason, but for a service that is a state or the victim.

    Returns
    -------
    str
        ``seized`` or ``government`` for an address of a government, by its role; ``returned`` for one by which the
        victim has its units back; else `stop_reason`.

    Examples
    --------
    >>> fate_of("service", "government", "seized"), fate_of("service", "custodian", "recovery")
    ('seized', 'returned')
    >>> fate_of("service", "exchange", "")
    'service'
    """
    if stop_reason != "service":
        return stop_reason
    if category == "government":
        return "seized" if role == "seized" else "government"
    return "returned" if role in _VICTIM_ROLES else stop_reason


def parse_category(text: str) -> str:
    """Return the category, or raise :class:`~tracer.errors.InputError` naming the known ones."""
    if text not in CATEGORIES:
        raise InputError(
            f"{text[:40]!r} is not a category.{did_you_mean(text, CATEGORIES)}",
            why="An unknown category would decide silently whether money is followed.",
            next_step=f"Use one of: {', '.join(sorted(CATEGORIES))}.",
        )
    return text
