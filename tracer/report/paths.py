"""How stolen units came to a destination, for people: numbered steps in plain words, tables, a notebook card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from tracer.analysis import CoHeld, Step, Total, Way, Ways
from tracer.io import plain
from tracer.model import AssetId, Origin, format_time, is_hash
from tracer.registry import holds_at
from tracer.report.tables import is_address
from tracer.report.wording import POLICY_WORDS, amount_text, count, join_words
from tracer.trace import HolderInfo, TraceResult

if TYPE_CHECKING:
    from tracer.report.frame import Frame

_PAYERS_SHOWN: Final = 3
_STEP_COLUMNS: Final = (
    *("way", "step", "kind", "chain", "block", "time", "tx", "sender", "recipient", "asset", "amount"),
    *("asset_in", "amount_in", "paid", "held", "other", "grade", "source", "source_url"),
)
_WAY_COLUMNS: Final = (
    *("way", "chain", "asset", "amount", "origin", "origin_asset", "origin_amount", "grade", "steps", "first_time"),
    *("last_time", "route"),
)


class Words(str):
    """Plain text that a notebook shows as lines."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        wraps = "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word"
        return f'<pre style="{wraps};max-height:36em;overflow-y:auto">{escape(self)}</pre>'


@dataclass(frozen=True, slots=True)
class Path:
    """How stolen units came to a destination under one policy.

    Attributes
    ----------
    found : Ways
        The plain records: every way, and totals that are their exact sums.
    result : TraceResult
        The trace it belongs to: names, symbols, decimals.
    sources : mapping of str to str
        Where each source of the case can be read, by its key.
    """

    found: Ways
    result: TraceResult
    sources: Mapping[str, str] = field(default_factory=dict)

    def _source(self, step: Step) -> tuple[str, str]:
        """Return the key of a step's source, and where it can be read: a row names one or the other."""
        if is_address(step.source_url):
            return "", step.source_url
        return step.source_url, self.sources.get(step.source_url, "")

    def steps(self) -> Frame:
        """Return one row a payment a way; amounts are Python integers in base units.

        ``amount`` is what of this way left the sender, ``amount_in`` what of it arrived (another asset in a
        conversion), ``paid`` the whole payment, ``held`` and ``other`` what the sender held before it: of this leg of
        the theft, and besides. ``source`` is the key of the source, ``source_url`` where it can be read.
        """
        rows = [
            (number, place, *(_cell(name, getattr(step, name)) for name in _STEP_COLUMNS[2:-2]), *self._source(step))
            for number, way in enumerate(self.found.ways, 1)
            for place, step in enumerate(way.steps, 1)
        ]
        return _frame(rows, _STEP_COLUMNS, self.result)

    def ways(self) -> Frame:
        """Return one row a way, in order of asset and origin, the largest first; amounts are Python integers."""
        rows = [
            (
                *(number, way.account.chain, way.account.asset, way.amount, way.origin.name, way.origin.asset),
                *(way.origin_amount, way.grade, len(way.steps)),
                *(_cell("time", moment) for moment in (way.steps[0].time, way.steps[-1].time)),
                " > ".join(_route(way)),
            )
            for number, way in enumerate(self.found.ways, 1)
        ]
        return _frame(rows, _WAY_COLUMNS, self.result)

    def explain(self, limit: int = 3) -> Words:
        """Return every step in plain words: amount, time, transaction, grade, evidence, and what was mixed in.

        Parameters
        ----------
        limit : int, default 3
            Ways told in full, for each asset and origin; the rest is one line with its amount.
        """
        place = self._name(self.found.address)
        if not self.found.ways:
            return Words(f"No stolen units came to {place} under {self.found.policy}.\n{self._rule()}\n")
        lines = []
        for total in self.found.totals:
            mine = [way for way in self.found.ways if _belongs(way, total)]
            lines += [
                f"{place} received {self._total(total)} under {self.found.policy}, by {count(total.ways, 'way')}."
            ]
            for number, way in enumerate(mine[:limit], 1):
                lines += [
                    "",
                    f"Way {number} of {total.ways}: {self._amount(way.account.asset, way.amount)}, {way.grade}",
                    *(f"{turn:>3}. {text}" for turn, text in enumerate(map(self._step, way.steps), 1)),
                    *self._prices(way),
                ]
            lines += ["", *self._rest(mine[limit:])]
        return Words("\n".join([*lines, self._rule()]) + "\n")

    def __repr__(self) -> str:
        totals = [self._total(total) for total in self.found.totals] or ["no stolen units"]
        return f"{self._name(self.found.address)} received {join_words(totals)} under {self.found.policy}"

    def _repr_html_(self) -> str:
        shown = 20
        body = [self._html_row(number, way) for number, way in enumerate(self.found.ways[:shown], 1)]
        body += [
            f'<tr><td colspan="4" style="text-align:left">{escape(text)}</td></tr>'
            for text in self._rest(self.found.ways[shown:])
            if text
        ]
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in ("way", "amount", "of", "route"))
        return (
            f"<div><p>{escape(repr(self))}. {escape(self._rule())}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        )

    def _html_row(self, number: int, way: Way) -> str:
        cells = (
            *(str(number), self._amount(way.account.asset, way.amount), plain(way.origin.name)),
            " → ".join(self._name(place) for place in _route(way)),
        )
        inner = "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in cells)
        return f"<tr>{inner}</tr>"

    def _rule(self) -> str:
        said = POLICY_WORDS[self.found.policy]
        if self.found.policy == "haircut":
            said += " It does not say which units went which way: these ways are one exact way to draw it."
        return f"Rule {self.found.policy}: {said}"

    def _rest(self, ways: Sequence[Way]) -> list[str]:
        """Return one line a kind for ways that are not told, with their amounts."""
        sums: dict[tuple[AssetId, Origin], list[int]] = {}
        for way in ways:
            mine = sums.setdefault((way.account.asset, way.origin), [0, 0])
            mine[0] += way.amount
            mine[1] += 1
        return [
            f"{count(number, 'more way')}: {self._amount(asset, amount)} of {plain(origin.name)} together. "
            "All are in .ways() and .steps()."
            for (asset, origin), (amount, number) in sums.items()
        ]

    def _prices(self, way: Way) -> list[str]:
        """Say where what a way stands for is not what began it: the rule counts neighbouring lots as one."""
        if way.origin_amount == way.steps[0].amount:
            return []
        stands = self._amount(way.origin.asset, way.origin_amount)
        return [f"     Lots of several prices met; as the rule counts them, this way stands for {stands} stolen."]

    def _total(self, total: Total) -> str:
        text = f"{self._amount(total.asset, total.amount)} of {plain(total.origin.name)}"
        if total.asset != total.origin.asset:
            text += f" (for {self._amount(total.origin.asset, total.origin_amount)} stolen)"
        return text

    def _step(self, step: Step) -> str:
        return " ".join((self._moment(step), self._deed(step), *self._mixed(step), self._evidence(step)))

    @staticmethod
    def _moment(step: Step) -> str:
        parts = [format_time(step.time) if step.time is not None else ""]
        parts += [f"block {step.block}"] if step.block is not None else []
        return f"{', '.join(part for part in parts if part) or 'At the start'}:"

    def _deed(self, step: Step) -> str:
        sender, recipient = self._name(step.sender, step.time), self._name(step.recipient, step.time)
        mine = self._amount(step.asset_in, step.amount_in)
        whole = self._amount(step.asset_in, step.paid)
        this_way = "all of it this way" if step.paid == step.amount_in else f"of it this way {mine}"
        if step.kind == "opening":
            return f"{recipient} began with {mine} stolen."
        if step.kind == "theft":
            return f"theft: {whole} went from {sender or 'new issue'} to {recipient}, {this_way}."
        if step.kind == "conversion":
            given = self._amount(step.asset, step.amount)
            return f"{sender} converted {given} of this way into {mine}, received by {recipient}."
        return f"{sender} paid {whole} to {recipient}, {this_way}."

    def _mixed(self, step: Step) -> list[str]:
        if not step.other:
            return []
        held, other = self._amount(step.asset, step.held), self._amount(step.asset, step.other)
        return [
            f"Before it, the payer held {held} of {self._leg()} and {other} of other money, mixed in; "
            f"that had come {self._payers(step)}."
        ]

    def _leg(self) -> str:
        """Return what the payer's holding is called: of a theft of several assets it is one leg of it."""
        names = {total.origin.name for total in self.found.totals}
        several = any(sum(origin.name == name for origin in self.result.stolen) > 1 for name in names)
        return "this leg of the theft" if several else "this theft"

    def _payers(self, step: Step) -> str:
        shown = [self._payer(step, one) for one in step.beside[:_PAYERS_SHOWN]]
        rest = step.beside[_PAYERS_SHOWN:]
        if rest:
            amount = self._amount(step.asset, sum(one.amount for one in rest))
            shown.append(f"from {count(len(rest), 'other')} ({amount})")
        return join_words(shown) or "in this same event"

    def _payer(self, step: Step, one: CoHeld) -> str:
        place = f"from {self._name(one.address)}" if one.address else "from before the table begins or new issue"
        return f"{place} ({self._amount(step.asset, one.amount)})"

    @staticmethod
    def _evidence(step: Step) -> str:
        if step.kind == "opening":
            return "By the seed."
        tx = (
            f"Transaction {plain(step.tx)}"
            if is_hash(step.tx)
            else f"No transaction hash{f' ({plain(step.tx)})' if step.tx else ''}"
        )
        return f"{tx}; {step.grade}{f'; source {plain(step.source_url)}' if step.source_url else ''}."

    def _amount(self, asset: AssetId, amount: int) -> str:
        return amount_text(self.result, asset, amount)

    def _name(self, address: str, time: int | None = None) -> str:
        """Return an address with the entity behind it, where a label names one; at a time, one in force then."""
        names = {
            plain(", then ".join(name for name in holder.names if time is None or name in _in_force(holder, time)))
            for (_, known), holder in self.result.holders.items()
            if known == address and holder.names
        } - {""}
        return f"{', '.join(sorted(names))} {plain(address)}" if names else plain(address)


def _in_force(holder: HolderInfo, time: int) -> set[str]:
    return {label.entity or label.label for label in holder.labels if holds_at(label, time)}


def _belongs(way: Way, total: Total) -> bool:
    return (way.account.chain, way.account.asset, way.origin) == (total.chain, total.asset, total.origin)


def _route(way: Way) -> list[str]:
    first = [way.steps[0].sender] if way.steps[0].sender else []
    return first + [step.recipient for step in way.steps]


def _cell(name: str, value: object) -> object:
    return format_time(value) if name == "time" and isinstance(value, int) else "" if value is None else value


def _frame(rows: Iterable[Sequence[Any]], columns: Sequence[str], result: TraceResult) -> Frame:
    """Build the frame from objects, so that no amount passes through a type of 64 bits."""
    import pandas as pd

    from tracer.report.frame import framed

    return framed(pd.DataFrame(list(rows), columns=list(columns), dtype="object"), result.assets)
