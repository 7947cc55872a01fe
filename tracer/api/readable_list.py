"""The draft list as a person reads it: names, symbols and whole coins, beside ``flagged.csv`` in base units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tracer.flags import ROLE_WORDS
from tracer.model import AssetId
from tracer.report import amount_text, display_order

if TYPE_CHECKING:
    from tracer.flags import FlagEntry, FlagList
    from tracer.trace import TraceResult

_SHOWN: Final = 100
"""Lines of the list that a page shows; the file has them all."""


def readable_list(flags: FlagList, result: TraceResult) -> tuple[dict[str, Any], ...]:
    """Return the first lines of a draft list in words: the best tier first, then asset by asset the largest receipt."""
    rank = {asset: place for place, asset in enumerate(display_order({AssetId(one.asset) for one in flags.entries}))}
    ranked = sorted(
        flags.entries, key=lambda one: (one.tier, rank[AssetId(one.asset)], -(one.passed_through or 0), one.caip10)
    )
    return tuple(_line(entry, result) for entry in ranked[:_SHOWN])


def _line(entry: FlagEntry, result: TraceResult) -> dict[str, Any]:
    holder = result.holders.get((entry.chain, entry.address))
    label = holder.label if holder is not None else None

    def amount(value: int | None) -> str:
        return "" if value is None or not entry.asset else amount_text(result, AssetId(entry.asset), value)

    passed, left = amount(entry.passed_through), amount(entry.tainted)
    return {
        "tier": entry.tier,
        "chain": entry.chain,
        "address": entry.address,
        "name": "" if label is None else label.entity or label.label,
        "role": ROLE_WORDS.get(entry.role, entry.role.replace("_", " ")),
        "amount": passed or left,
        "left": left if passed and left != passed else "",
        "usd": "" if entry.usd_at_time is None else f"{entry.usd_at_time:,.2f}",
        "grade": entry.grade,
        "confidence": entry.confidence,
        "until": entry.valid_until[:10],
    }
