"""A page on an address for a notebook: calm, at most a screen, light or dark as the notebook is, nothing loaded."""

from __future__ import annotations

from html import escape
from typing import Final

from tracer.analysis import Counterparty, Flow
from tracer.io import plain
from tracer.model import explorer_url
from tracer.report.address import AddressPage
from tracer.report.address_words import (
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
from tracer.report.wording import asset_names

_LINE: Final = "1px solid rgba(128,128,128,.35)"
_TEXT: Final = "text-align:left;vertical-align:top;padding:1px 10px 1px 0;border:0;overflow-wrap:normal"
_CELL: Final = f"{_TEXT};white-space:nowrap"
_NUMBER: Final = _CELL.replace("left", "right")
_SOFT: Final = "opacity:.7"
_DRAWN: Final = 48
_CHART: Final = (96, 30)


def page_html(page: AddressPage) -> str:
    """Return the page as an HTML fragment of a screen's height at most, in the colours of the notebook."""
    return (
        f'<div style="max-width:66em;max-height:46em;overflow:auto;padding:10px 14px;border:{_LINE};border-radius:6px;'
        f'font-size:13px;line-height:1.4;font-variant-numeric:tabular-nums">{page_parts(page)}</div>'
    )


def page_parts(page: AddressPage, most: Limits = SCREEN) -> str:
    """Return what stands on the page, as HTML: every outside text escaped, colours those of the place."""
    facts = page.facts
    head, *said = head_lines(page)
    asked = f' <span style="{_SOFT}">{escape(plain(page.asked))}</span>' if page.asked else ""
    parts = [
        f'<div style="font-weight:600;font-family:monospace;overflow-wrap:anywhere">'
        f"{_link(page.explorer, plain(facts.address))}{asked}</div>",
        f'<div style="{_SOFT}">{escape(head)}</div>',
        *(f"<div>{escape(line)}</div>" for line in said),
        _section("Labels", "".join(_sourced(*pair) for pair in label_lines(page, most))),
        _section("List", "".join(_sourced(*pair) for pair in standing_lines(page, most))),
        _section("Flows", _flows(page, most.assets)),
        _section("With whom", _parties(page, most)),
    ]
    if facts.holder is not None:
        short = shortened(on_ways(page), most.name)
        parts.append(_section("Paths", "".join(f"<div>{escape(line)}</div>" for line in way_lines(page, short, most))))
    parts += [
        _section("Any rule", "".join(f"<div>{escape(line)}</div>" for line in range_lines(page))),
        _section("Only hints", "".join(f"<div>{escape(line)}</div>" for line in hint_lines(page, most))),
    ]
    return "".join(parts)


def _section(title: str, inner: str) -> str:
    if not inner:
        return ""
    return (
        f'<div style="display:flex;gap:14px;border-top:{_LINE};margin-top:6px;padding-top:5px">'
        f'<div style="flex:0 0 5.5em;font-weight:600">{escape(title)}</div>'
        f'<div style="flex:1;min-width:0;overflow-wrap:anywhere">{inner}</div></div>'
    )


def _link(page: str | None, text: str) -> str:
    if page is None:
        return escape(text)
    return (
        f'<a href="{escape(page)}" target="_blank" rel="noreferrer noopener" style="color:inherit">{escape(text)}</a>'
    )


def _sourced(text: str, source: str) -> str:
    web = source.lower().startswith(("https://", "http://"))
    shown = f' <span style="{_SOFT}">{_link(source, "source") if web else escape(source)}</span>' if source else ""
    return f"<div>{escape(text)}{shown}</div>"


def _table(rows: list[str]) -> str:
    style = "border-collapse:collapse;table-layout:auto;margin:0;font-size:inherit"
    return f'<table style="{style}"><tbody>{"".join(rows)}</tbody></table>'


def _row(*cells: tuple[str, str]) -> str:
    return (
        f'<tr style="background:none">{"".join(f"""<td style="{style}">{inner}</td>""" for style, inner in cells)}</tr>'
    )


def _flows(page: AddressPage, most: int) -> str:
    names = asset_names(page.result.assets)
    rows = []
    for flow in page.facts.flows[:most]:
        lines = flow_lines(page, flow)
        for place, (what, amount, words) in enumerate(lines):
            name = names.get(flow.asset, plain(flow.asset)) if not place else ""
            chart = f'<td rowspan="{len(lines)}" style="{_CELL}">{_chart(page, flow)}</td>' if not place else ""
            cells = ((_CELL, escape(name)), (_CELL, what), (_NUMBER, escape(amount)), (_TEXT, escape(words)))
            rows.append(_row(*cells).replace("</tr>", f"{chart}</tr>"))
    more = len(page.facts.flows) - most
    rest = f"<div>and {more:,} more: .flows() has them all</div>" if more > 0 else ""
    return _table(rows) + rest if rows else ""


def _chart(page: AddressPage, flow: Flow) -> str:
    """Return a small drawing of the balance over time, the stolen part of it filled."""
    wide, high = _CHART
    found = samples(page, flow, _DRAWN)
    top = max((max(pair) for pair in found), default=0)
    if not top or len(found) < 2:
        return ""

    def steps(place: int) -> str:
        """Return the line of one of both amounts, a step a sample."""
        points, last = [], 0
        for number, pair in enumerate(found):
            x, y = wide * number // len(found), high - high * max(pair[place], 0) // top
            points += [f"{x},{last}"] if number else []
            points.append(f"{x},{y}")
            last = y
        return " ".join([*points, f"{wide},{last}"])

    words = escape(balance_line(page, flow))
    return (
        f'<svg width="{wide}" height="{high + 4}" viewBox="0 -2 {wide} {high + 4}" role="img"><title>{words}</title>'
        f'<polygon points="0,{high} {steps(1)} {wide},{high}" fill="currentColor" fill-opacity=".18"/>'
        f'<polyline points="{steps(0)}" fill="none" stroke="currentColor" stroke-opacity=".75"/></svg>'
    )


def _parties(page: AddressPage, most: Limits) -> str:
    shown = page.facts.counterparties[: most.parties]
    forms = shortened([one.addresses[0] for one in shown if one.addresses], most.name)
    rows = []
    for one in shown:
        direction, name, amount, part, when = party_cells(page, one)
        cells = ((_CELL, direction), (_TEXT, _who(page, one, name, forms)), (_NUMBER, escape(amount)))
        rows.append(_row(*cells, (_TEXT, escape(part)), (_CELL, escape(when))))
    more = len(page.facts.counterparties) - len(shown)
    rest = f"<div>and {more:,} more: .counterparties() has them all</div>" if more > 0 else ""
    return _table(rows) + rest if rows else ""


def _who(page: AddressPage, one: Counterparty, name: str, forms: dict[str, str]) -> str:
    if not one.addresses:
        return escape(name)
    address = one.addresses[0]
    linked = _link(explorer_url(page.facts.chain, "address", address), plain(forms[address]))
    others = f" and {len(one.addresses) - 1} more in one event" if len(one.addresses) > 1 else ""
    style = "font-family:monospace;white-space:nowrap"
    return f'<span style="{style}" title="{escape(plain(address))}">{linked}</span>{others} {escape(name)}'
