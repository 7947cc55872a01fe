"""Who stood where in a theft's transactions, and who was taken for a pool: what a list must know beside the trace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracer.flags.losses import Theft
from tracer.model import Holder, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who stood where in the theft transactions.

    Attributes
    ----------
    victims : collection of str
        CAIP-10 accounts that can never be listed.
    robbed : mapping of Origin to mapping of (ChainId, str) to mapping of str to int
        Of them, those of each theft, by name and asset, then by transaction, and what each lost, base units: units are
        at home again only with whom they were taken from, and no more than were. Left out, all of them are of every
        theft.
    receivers : collection of (ChainId, str) or None
        Who may be listed as receiver of the theft; other addresses that the theft paid are leads. ``None``: all that
        the theft paid.
    counterparties : mapping of (ChainId, str) to collection of str
        Others in theft transactions (a pool that swapped in it, a payer of its own money), and in which: what they got
        there alone makes nobody list them.
    doubted : mapping of (ChainId, str) to str
        Who was taken for a pool without anybody saying so, and where: no stolen units are followed to them, so that
        they are on no list, and kept off it with that reason.
    unshown : collection of int
        Payments, by place in the order, that are conversions nobody shows: whom they pay for another is a lead.
    """

    victims: Collection[str] = ()
    robbed: Mapping[Origin, Mapping[Theft, Mapping[str, int]]] = field(default_factory=dict)
    receivers: Collection[Holder] | None = None
    counterparties: Mapping[Holder, Collection[str]] = field(default_factory=dict)
    doubted: Mapping[Holder, str] = field(default_factory=dict)
    unshown: Collection[int] = ()


NOBODY_SAID: Final = Parties()
