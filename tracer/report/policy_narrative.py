"""A comparison in words: first what every rule agrees on, then where they differ, by how much, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Final

from tracer.analysis import CommingledHolding, mixings
from tracer.io import plain
from tracer.model import AssetId, Origin, format_time, known_place
from tracer.report.policy_table import NOT_TOGETHER, CompareRow, compare_rows
from tracer.report.ranges import ranges_by_asset, slack_text
from tracer.report.wording import amount_text, count, join_words, party_name
from tracer.trace import POLICIES, Intervals, PreparedCase, Range, TraceResult, joint_ranges, places_of

if TYPE_CHECKING:
    from tracer.report.frame import Frame

_TOLD: Final = 3
_CLASSES: Final = {
    "FORCED": "forced: every rule must say so",
    "PARTIAL": "at least the lower figure under every rule",
    "POSSIBLE": "possible, no rule must say so",
    "NONE": "nothing, under every rule",
}


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Everything a comparison is told from.

    Attributes
    ----------
    prepared : PreparedCase
        The case, which no policy changes.
    results : dict of str to TraceResult
        By policy.
    intervals : Intervals or None
        What any rule can do; ``None`` where it was not asked for.
    """

    prepared: PreparedCase
    results: Mapping[str, TraceResult]
    intervals: Intervals | None = None

    def __repr__(self) -> str:
        return f"{self._title()}\n{self._table().pretty()!r}"

    def _repr_html_(self) -> str:
        return f"<div><p>{escape(self._title())}</p>{self._table()._repr_html_()}</div>"

    def _title(self) -> str:
        case = plain(self.prepared.inputs.case_id)
        return f"{case} under {len(self.results)} rules; .text() says in words where and why they part."

    def _table(self) -> Frame:
        from tracer.report.frames import compare_frame

        return compare_frame(self.results, self.intervals)

    def rows(self) -> tuple[CompareRow, ...]:
        """Return the rows of the table."""
        return compare_rows(self.results, self.intervals)

    def text(self) -> str:
        """Return what all rules agree on, then where and why they differ, in plain words."""
        rows = sorted(self.rows(), key=lambda row: (row.origin, known_place(row.origin_asset)))
        parted = _Parted(self.prepared, [row for row in rows if not row.agreed])
        ranges = self._joint(rows)
        lines = [f"What all {len(POLICIES)} rules agree on:"]
        lines += [f"- {text}" for text in (*map(self._agreed, rows), *self._together(rows, ranges)) if text]
        if len(lines) == 1:
            lines.append("- nothing: every figure depends on the rule")
        lines += ["", "Where they differ:"]
        for row in rows:
            if row.agreed and any(row.tainted.values()):
                continue
            lines += [f"- {self._who(row)}: {self._figures(row)}{self._limits(row.range, row.asset)}"]
            if not row.agreed:
                lines.append(f"  {parted.sentence(row)}")
        if all(row.agreed and any(row.tainted.values()) for row in rows):
            lines.append("- nowhere")
        if parted.found:
            lines += ["", "Where stolen money lay together with other money, in order of time:"]
            lines += [f"[{number}] {self._mixing(*one)}" for number, one in enumerate(parted.found, 1)]
        return "\n".join([*lines, *self._notes(ranges)]) + "\n"

    def _agreed(self, row: CompareRow) -> str:
        """Return a figure that is the same under all rules, or the least that all of them give; empty where 0."""
        least = min(row.tainted.values())
        if not least:
            return ""
        amount = self._amount(row.asset, least)
        if row.agreed:
            return f"{self._who(row)}: {amount}{self._limits(row.range, row.asset)}"
        return f"{self._who(row)}: at least {amount}"

    def _together(self, rows: Sequence[CompareRow], ranges: Mapping[str, Range]) -> list[str]:
        """Return, for a case of several thefts, what each entity got of all of them together."""
        sums: dict[tuple[str, str, AssetId], dict[str, int]] = {}
        for row in rows:
            mine = sums.setdefault((row.entity, row.category, row.asset), dict.fromkeys(POLICIES, 0))
            for policy in POLICIES:
                mine[policy] += row.tainted[policy]
        if len(self.prepared.plan.labels.origins) < 2:
            return []
        one_theft = len({origin.name for origin in self.prepared.plan.labels.origins}) == 1
        whole = "all legs of the theft together" if one_theft else "all thefts together"
        lines = []
        for key, mine in sorted(sums.items(), key=lambda one: (known_place(one[0][2]), -max(one[1].values()), one[0])):
            entity, category, asset = key
            least, most = (self._amount(asset, figure) for figure in (min(mine.values()), max(mine.values())))
            span = least if least == most else f"{least} to {most}"
            if min(mine.values()):
                limits = self._limits(ranges.get(json.dumps(key)), asset)
                lines.append(f"{_name(entity, category)}, {whole}: {span}{limits}")
        return lines

    def _joint(self, rows: Iterable[CompareRow]) -> dict[str, Range]:
        """Return what any rule can bring each entity of all origins together, where there are several."""
        if self.intervals is None or len(self.prepared.plan.labels.origins) < 2:
            return {}
        keys = sorted({(row.entity, row.category, row.asset) for row in rows})
        return joint_ranges(self.prepared, {json.dumps(key): places_of(self.prepared, *key) for key in keys})

    def _notes(self, joint: Mapping[str, Range]) -> list[str]:
        if self.intervals is None:
            return []
        notes = ["", NOT_TOGETHER]
        open_holders = self.intervals.open_holders()
        if open_holders:
            notes.append(
                f"CONDITIONAL figures rest on {count(len(open_holders), 'holding')} whose balance no source has "
                "reconciled: money that the table does not show could change them."
            )
        together = ((AssetId(json.loads(key)[2]), held) for key, held in joint.items())
        slack = slack_text(self.results[POLICIES[0]], chain(ranges_by_asset(self.intervals), together))
        if slack:
            notes.append(f"Where swaps lie on the way, {slack}.")
        return notes

    def _who(self, row: CompareRow) -> str:
        return f"{_name(row.entity, row.category)}, of {plain(row.origin)} ({self._symbol(row.origin_asset)})"

    def _symbol(self, asset: AssetId) -> str:
        known = self.prepared.assets.get(asset)
        return plain(known.symbol) if known and known.symbol else plain(asset)

    def _amount(self, asset: AssetId, amount: int) -> str:
        return amount_text(self.results[POLICIES[0]], asset, amount)

    def _figures(self, row: CompareRow) -> str:
        """Return figures with the rules that give them, the smallest first: ``0 ETH (fifo, tiho), 5 ETH (lifo)``."""
        by_amount: dict[int, list[str]] = {}
        for policy in POLICIES:
            by_amount.setdefault(row.tainted[policy], []).append(policy)
        return ", ".join(
            f"{self._amount(row.asset, amount)} ({', '.join(by_amount[amount])})" for amount in sorted(by_amount)
        )

    def _limits(self, held: Range | None, asset: AssetId) -> str:
        if held is None:
            return ""
        if held.certainty == "CONDITIONAL":
            said = f"conditional on {count(held.depends_on, 'unreconciled holding')}"
        else:
            said = _CLASSES[held.certainty]
        if held.min == held.max:
            return f"; no rule can say anything else ({said})"
        return f"; any rule: {self._amount(asset, held.min)} to {self._amount(asset, held.max)} ({said})"

    def _mixing(self, origin: Origin, one: CommingledHolding) -> str:
        asset = one.account.asset
        when = format_time(one.time) if one.time is not None else f"event {one.event + 1}"
        other = self._amount(asset, one.other)
        if one.clean != one.other:
            other += f" of other money (of it clean {self._amount(asset, one.clean)}, the rest {self._rest(origin)})"
        else:
            other += " of clean money"
        return (
            f"{self._named(one.address)} held {self._amount(asset, one.held)} of {plain(origin.name)} "
            f"({self._symbol(origin.asset)}) and {other} when it paid on at {when}; {self._sources(one)}."
        )

    def _rest(self, origin: Origin) -> str:
        """Return what stolen money beside one leg is: another leg of the same theft is no other theft."""
        names = {other.name for other in self.prepared.plan.labels.origins if other != origin}
        if names == {origin.name}:
            return "of other legs of the same theft"
        return "of other legs and thefts" if origin.name in names else "of other thefts"

    def _sources(self, one: CommingledHolding) -> str:
        shown = [
            f"from {self._named(payer.address) if payer.address else 'before the table begins'} "
            f"({self._amount(one.account.asset, payer.amount)})"
            for payer in one.beside[:_TOLD]
        ]
        rest = one.beside[_TOLD:]
        if rest:
            amount = self._amount(one.account.asset, sum(payer.amount for payer in rest))
            shown.append(f"from {count(len(rest), 'other')} ({amount})")
        return f"that had come {join_words(shown)}" if shown else "that came in the same event"

    def _named(self, address: str) -> str:
        names = sorted(
            {
                plain(holder.name)
                for (_, known), holder in self.prepared.holders.items()
                if known == address and holder.names
            }
        )
        return f"{', '.join(names)} {plain(address)}" if names else plain(address)


class _Parted:
    """Numbers the holders at which rules part, so that each is told once; the first few of each row are told."""

    def __init__(self, prepared: PreparedCase, rows: Sequence[CompareRow]) -> None:
        self.prepared = prepared
        self.of_row = {_key(row): self._mixings(row) for row in rows}
        told = {
            (one.event, origin, one.account): one for found in self.of_row.values() for origin, one in found[:_TOLD]
        }
        self.found = [(origin, told[event, origin, account]) for event, origin, account in sorted(told)]

    def sentence(self, row: CompareRow) -> str:
        """Say at which of the numbered holders the rules part for a row."""
        found = self.of_row[_key(row)]
        numbers = [f"[{self.found.index(one) + 1}]" for one in found[:_TOLD]]
        if not numbers:
            return "Why: an event with several payees or payers was served in another order; nothing was mixed before."
        if len(found) > _TOLD:
            numbers.append(f"{count(len(found) - _TOLD, 'holding')} more")
        rest = f", then mixed further at {join_words(numbers[1:])}" if numbers[1:] else ""
        return f"Why: rules part first at {numbers[0]}{rest}."

    def _mixings(self, row: CompareRow) -> list[tuple[Origin, CommingledHolding]]:
        origin = Origin(row.origin, row.origin_asset)
        places = places_of(self.prepared, row.entity, row.category, row.asset)
        return [(origin, one) for one in mixings(self.prepared, places, origin)]


def _key(row: CompareRow) -> tuple[str, ...]:
    return row.entity, row.category, row.asset, row.origin, row.origin_asset


def _name(entity: str, category: str) -> str:
    name = party_name(entity, category)
    return f"{name} ({plain(category).replace('_', ' ')})" if entity else name
