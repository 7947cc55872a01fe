"""Where the money went, in the first lines of a card and a report: shares of what was stolen, by who has it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tracer.io import plain
from tracer.model import AssetId, Origin
from tracer.report.order import by_worth
from tracer.report.tables import party
from tracer.report.wording import FATE_WORDS, amount_text, count, fate, party_name
from tracer.trace import Exit, PriceTable, TraceResult

_SHOWN: Final = 4
_NAMED: Final = 3
_NAMELESS: Final = ("unlabelled", "network fee", "burned", "below ")
_ROLE: Final = re.compile(r"^([a-z]+(?:er|or)) of ")
"""How a label calls one of several: ``depositor of``."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one leg of a theft went.

    Attributes
    ----------
    origin : Origin
        The theft and its asset.
    stolen : str
        What was stolen, in words.
    parts : tuple of str
        Share and place, the largest first: ``96.3 % to depositors of Tornado Cash``.
    """

    origin: Origin
    stolen: str
    parts: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        went = ", ".join(self.parts) or "nothing was found of it"
        return f"Of the {self.stolen} of {plain(self.origin.name)}: {went}."


def whereabouts(result: TraceResult, prices: PriceTable | None = None) -> tuple[Whereabouts, ...]:
    """Return where every leg of every theft went, theft by theft, by :func:`tracer.report.order.by_worth`."""
    worth = by_worth(result, prices)
    legs = sorted(result.stolen.items(), key=lambda item: (item[0].name, worth(item[0].asset)))
    return tuple(
        Whereabouts(origin, amount_text(result, origin.asset, stolen), _parts(result, origin, stolen))
        for origin, stolen in legs
    )


def headlines(result: TraceResult, prices: PriceTable | None = None) -> tuple[str, ...]:
    """Return the first lines of a card or a report: where each leg of each theft went."""
    return tuple(one.sentence for one in whereabouts(result, prices))


def named_at(result: TraceResult, became: str, asset: AssetId) -> str:
    """Return who has what ended in a fate, where a label says it, the largest first."""
    sums: dict[str, int] = {}
    for leaf in result.exits:
        entity = plain(party(leaf)[0])
        if (fate(leaf), leaf.asset) == (became, asset) and not entity.startswith(_NAMELESS):
            sums[entity] = sums.get(entity, 0) + leaf.tainted
    ranked = sorted((item for item in sums.items() if item[0]), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{entity} {amount_text(result, asset, amount)}" for entity, amount in ranked[:_NAMED])


def _parts(result: TraceResult, origin: Origin, stolen: int) -> tuple[str, ...]:
    groups: dict[tuple[str, str], list[Exit]] = {}
    for leaf in result.exits:
        if leaf.origin == origin and leaf.origin_amount:
            entity, category = party(leaf)
            groups.setdefault((party_name(entity, category), fate(leaf)), []).append(leaf)
    ranked = sorted(groups.items(), key=lambda item: (-sum(e.origin_amount for e in item[1]), item[0]))
    shown, rest = (ranked, []) if len(ranked) <= _SHOWN + 1 else (ranked[:_SHOWN], ranked[_SHOWN:])
    parts = [f"{_share(leaves, stolen)} {_place(*key, leaves)}" for key, leaves in shown]
    if rest:
        more = [leaf for _, leaves in rest for leaf in leaves]
        parts.append(f"{_share(more, stolen)} to {count(len(rest), 'other place')}")
    return tuple(parts)


def _share(leaves: Iterable[Exit], stolen: int) -> str:
    """Return a share to a tenth of a percent, marked where it rests on rounded amounts; small is not nothing."""
    held = list(leaves)
    sign = "≈ " if any(leaf.approximate for leaf in held) else ""
    amount = sum(leaf.origin_amount for leaf in held)
    tenths = (2000 * amount + stolen) // (2 * stolen) if stolen else 0
    if amount and not tenths:
        return f"{sign}under 0.1 %"
    if tenths == 1000 and amount != stolen:
        return f"{sign}over 99.9 %"
    return f"{sign}{tenths // 10}.{tenths % 10} %"


def _place(name: str, became: str, leaves: list[Exit]) -> str:
    """Return where a group of exits lies: who got it, or what became of it."""
    if name.startswith(("toward ", *_NAMELESS)):
        return "in network fees" if name == "network fee" else name
    if became in ("at_rest", "frozen", "stolen_again"):
        return f"{FATE_WORDS[became]}{' with' if became == 'at_rest' else ' at'} {name}"
    if became in ("seized", "returned"):
        return f"{FATE_WORDS[became]}: {name}"
    several = len({(leaf.chain, leaf.address) for leaf in leaves}) > 1
    return "to " + (_ROLE.sub(r"\1s of ", name) if several else name)
