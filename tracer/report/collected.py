"""What a collection read and what it did not, for people and for programs: windows, gaps, budgets, differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tracer.collect import Dataset, Difference
from tracer.io import plain
from tracer.model import Coverage, chain_of, format_time

_SHOWN = 20


def collected_record(
    gathered: Dataset, differences: Iterable[Difference], proven: int, unproven: int
) -> dict[str, Any]:
    """Return a collection as plain records for JSON; amounts do not occur, heights are numbers.

    Parameters
    ----------
    gathered : Dataset
        What was collected.
    differences : iterable of Difference
        What a second source says otherwise.
    proven, unproven : int
        Transactions whose proof material is held, and the others.
    """
    return {
        "chains": {
            chain: {
                "source": gathered.sources.get(chain, ""),
                "from_block": gathered.since[chain],
                "to_block": head.latest.number,
                "to_hash": head.latest.hash,
                "final_block": head.final.number,
                "to_time": format_time(head.latest.time),
            }
            for chain, head in gathered.heads.items()
        },
        "transfers": len(gathered.transfers),
        "ledger_legs": len(gathered.legs),
        "holders": dict(sorted(Counter(gathered.holders.values()).items())),
        "balances": len(gathered.balances),
        "gaps": [
            {
                "chain": one.chain,
                "subject": one.subject,
                "source": one.source,
                "endpoint": one.endpoint,
                "from_block": one.from_block,
                "to_block": one.to_block,
                "reason": one.reason,
                "detail": one.detail,
            }
            for one in _gaps(gathered)
        ],
        "reorganised": [
            {"chain": one.chain, "old": one.old.hash, "new": one.new.hash, "from_block": one.from_block}
            for one in gathered.replaced
        ],
        "differences": [
            {"chain": one.chain, "holder": one.holder, "id": one.id, "first": one.first, "second": one.second}
            for one in differences
        ],
        "proof_material": {"held": proven, "not_held": unproven},
    }


def collected_text(gathered: Dataset, differences: Sequence[Difference], proven: int, unproven: int) -> str:
    """Return a collection in words: windows, what was read, every gap (the first twenty, the rest counted)."""
    lines = [
        f"{chain_of(chain).name}: blocks {gathered.since[chain]} to {head.latest.number} "
        f"({format_time(head.latest.time)}), final up to {head.final.number}, from {gathered.sources.get(chain, '')}"
        for chain, head in gathered.heads.items()
    ]
    status = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in _statuses(gathered))
    lines.append(
        f"{len(gathered.transfers):,} transfers, {len(gathered.legs):,} ledger legs; holders: {status or 'none'}; "
        f"balances at both ends of {len(gathered.balances)} accounts."
    )
    if proven or unproven:
        lines.append(f"Proof material of {proven} transactions is held, of {unproven} it is not.")
    lines += [
        f"{chain_of(one.chain).name}: the chain moved on or was reorganised; blocks from {one.from_block} on were read "
        f"anew ({one.old.hash[:18]}… became {one.new.hash[:18]}…)."
        for one in gathered.replaced
    ]
    gaps = _gaps(gathered)
    lines += [_gap_words(one) for one in gaps[:_SHOWN]]
    if len(gaps) > _SHOWN:
        lines.append(f"and {len(gaps) - _SHOWN} more gaps; coverage.csv lists all.")
    lines += [
        f"two sources differ on {one.holder}, {one.id}: {one.first or 'nothing'} / {one.second or 'nothing'}"
        for one in differences
    ]
    return "\n".join(plain(line) for line in lines)


def _gaps(gathered: Dataset) -> list[Coverage]:
    return [one for one in gathered.coverage if not one.complete]


def _statuses(gathered: Dataset) -> list[tuple[str, int]]:
    return sorted(Counter(gathered.holders.values()).items())


def _gap_words(one: Coverage) -> str:
    where = f" in blocks {one.from_block} to {one.to_block}" if one.to_block else ""
    return f"gap: {one.subject}{where}: {one.reason.replace('_', ' ')}. {one.detail}".rstrip()
