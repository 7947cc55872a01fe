"""A page on an address for a terminal: as wide as it is, short, exact; what is left out is counted."""

from __future__ import annotations

import textwrap
from typing import Final

from tracer.analysis import Counterparty
from tracer.io import plain
from tracer.model import caip10
from tracer.report.address import AddressPage
from tracer.report.address_words import (
    LEVELS,
    SCREEN,
    Limits,
    balance_line,
    flow_lines,
    head_lines,
    hint_lines,
    label_lines,
    on_ways,
    party_cells,
    range_lines,
    samples,
    shortened,
    standing_lines,
    way_lines,
)
from tracer.report.wording import asset_names, count

NARROWEST: Final = 60
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_DRAWN: Final = 32
_NAME: Final = 30
_UNDER: Final = " " * 14


def page_text(page: AddressPage, width: int = 100, most: Limits = SCREEN) -> str:
    """Return the page for a terminal of a width in characters, at least :data:`NARROWEST`."""
    room = max(width, NARROWEST)
    facts = page.facts
    name = plain(facts.address)
    lines = [name if not page.asked else f"{name} ({plain(page.asked)})"]
    lines += [part for line in head_lines(page) for part in _wrapped(line, room, "", "  ")]
    lines += [page.explorer] if page.explorer else []
    lines += _headed("Who it is said to be", _sourced(label_lines(page, most), room))
    lines += _headed("On the flagged list", _sourced(standing_lines(page, most), room))
    lines += _headed("What came and went", _flows(page, room, most.assets))
    lines += _headed(
        _counted("With whom", len({one.addresses for one in facts.counterparties}), most.parties),
        _parties(page, room, most.parties),
    )
    lines += _headed("Balance over time, as far as the rows of this case go", _balances(page, room, most.assets))
    if facts.holder is not None:
        lines += _headed(
            "From the theft to here", _listed(way_lines(page, shortened(on_ways(page), most.name), most), room)
        )
    lines += _headed("Under any rule", _listed(range_lines(page), room))
    lines += _headed("Hints, nothing of which is said of this address", _listed(hint_lines(page, most), room))
    lines += ["", f"What the registry holds on it: tracer why {caip10(facts.chain, name)}"]
    return "\n".join(lines) + "\n"


def _headed(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _counted(title: str, number: int, shown: int) -> str:
    return f"{title} ({count(number, 'counterparty', 'counterparties')})" if number > shown else title


def _wrapped(text: str, room: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, room, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def _listed(texts: list[str], room: int) -> list[str]:
    return [line for text in texts for line in _wrapped(text, room, "  ", "    ")]


def _sourced(pairs: list[tuple[str, str]], room: int) -> list[str]:
    lines = []
    for text, source in pairs:
        lines += _wrapped(text, room, "  ", "    ")
        lines += [f"    {source}"] if source else []
    return lines


def _flows(page: AddressPage, room: int, most: int) -> list[str]:
    names = asset_names(page.result.assets)
    shown = page.facts.flows[:most]
    found = [(names.get(flow.asset, plain(flow.asset)), flow_lines(page, flow)) for flow in shown]
    wide = max((len(amount) for _, mine in found for _, amount, _ in mine), default=0)
    lines = []
    for asset, mine in found:
        if len(found) > 1 or len(page.facts.flows) > 1:
            lines.append(f"  {asset}")
        for what, amount, words in mine:
            head = f"    {what:<9} {amount:>{wide}}  "
            if len(head) > room // 2 and len(head) + len(words) > room:
                lines += [head.rstrip(), *_wrapped(words, room, _UNDER, _UNDER)]
            else:
                lines += _wrapped(words, room, head, " " * len(head))
    more = len(page.facts.flows) - len(shown)
    return [*lines, f"  and {count(more, 'more asset')}; --json has them all"] if more > 0 else lines


def _parties(page: AddressPage, room: int, most: int) -> list[str]:
    shown = page.facts.counterparties[:most]
    cells = [party_cells(page, one) for one in shown]
    amounts = max((len(cell[2]) for cell in cells), default=0)
    parts = max((len(cell[3]) for cell in cells), default=0)
    dates = max((len(cell[4]) for cell in cells), default=0)
    left = room - (2 + 4 + 1 + 2 + amounts + 2 + parts + 2 + dates)
    fits = left >= 18
    left = left if fits else room - 7
    addresses = [address for one in shown for address in one.addresses[:1]]
    names = max(
        (min(len(cell[1]), _NAME) + len(_others(one)) for one, cell in zip(shown, cells, strict=True) if one.addresses),
        default=0,
    )
    forms = shortened(addresses, left - names - 1)
    lines = []
    for one, (direction, name, amount, part, when) in zip(shown, cells, strict=True):
        address = forms[one.addresses[0]] if one.addresses else ""
        others = _others(one)
        space = left - len(address) - len(others) - 1
        who = f"{address}{others} {_cut(name, space)}".strip() if address else _cut(name, left)
        if fits:
            lines.append(f"  {direction:<4} {who:<{left}}  {amount:>{amounts}}  {part:<{parts}}  {when}".rstrip())
        else:
            lines.append(f"  {direction:<4} {who}")
            lines += _wrapped(f"{amount}, {part}{f', {when}' if when else ''}", room, "       ", "       ")
    more = len(page.facts.counterparties) - len(shown)
    return [*lines, f"  and {more:,} more; --json has them all"] if more > 0 else lines


def _others(one: Counterparty) -> str:
    return f" +{len(one.addresses) - 1} in one event" if len(one.addresses) > 1 else ""


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…" if room > 3 else ""


def _balances(page: AddressPage, room: int, most: int) -> list[str]:
    names = asset_names(page.result.assets)
    lines = []
    for flow in page.facts.flows[:most]:
        held = [balance for balance, _ in samples(page, flow, _DRAWN)]
        top = max(held, default=0)
        if top:
            drawn = "".join(_BLOCKS[-(-amount * LEVELS // top)] for amount in held)
            lines += _wrapped(
                f"{names.get(flow.asset, plain(flow.asset))} {balance_line(page, flow)}", room, "  ", "    "
            )
            lines += [f"    |{drawn}|"] if len(set(held)) > 1 and len(held) > 3 else []
    return lines
