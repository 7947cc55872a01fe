"""The annex of all thefts on file: what was taken, who attributes it, what is disputed, and the sources of each figure.

Figures stay as published: a range stays a range, and what nobody published is counted as unknown, never as 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tracer.io import csv_text, plain
from tracer.model import RANKS, Figure, Incident, Publication

_COLUMNS = (
    *("id", "date", "name", "chains", "taken", "usd_min", "usd_max", "attribution_rank", "reported_rank"),
    *("attributed_to", "suspected", "dissent", "theft_txs", "seeds", "sources"),
)

NORTH_KOREA: Final = ("lazarus", "north korea", "dprk", "democratic people", "tradertraitor", "unc4736")
"""How publications name those who act for North Korea."""


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """One theft of the annex.

    Attributes
    ----------
    incident : Incident
        The theft.
    chains, taken, txs : tuple of str
        CAIP-2 ids; amounts with their unit as published; theft transactions.
    usd_min, usd_max : Decimal or None
        US dollars at the time, the ends of what is published of the whole theft; ``None``: nobody on file says.
    rank, reported : str
        Strongest rank that attributes it, empty where nobody does; strongest rank that a source reports to attribute
        it while the statement itself is not on file, empty where none does.
    to, suspected : tuple of str
        To whom it is attributed; who is only suspected.
    contested : bool
        Whether somebody disputes it.
    sources : tuple of Publication
        Of its figures and attributions, in order of the file.
    """

    incident: Incident
    chains: tuple[str, ...]
    taken: tuple[str, ...]
    txs: tuple[str, ...]
    usd_min: Decimal | None
    usd_max: Decimal | None
    rank: str
    reported: str
    to: tuple[str, ...]
    suspected: tuple[str, ...]
    contested: bool
    sources: tuple[Publication, ...]


def annex_rows(incidents: Iterable[Incident]) -> tuple[AnnexRow, ...]:
    """Return one row a theft, ordered by date, then id; investigations are not thefts and are left out."""
    thefts = (incident for incident in incidents if incident.kind == "theft")
    return tuple(annex_row(incident) for incident in sorted(thefts, key=lambda one: (one.date, one.id)))


def yearly_totals(rows: Iterable[AnnexRow]) -> list[tuple[str, int, Decimal, Decimal, int]]:
    """Return, for each year: thefts, US dollars at least and at most, and how many thefts have no figure in dollars.

    Figures are those published at the time; ranges add up as ranges.
    """
    years: dict[str, list[AnnexRow]] = {}
    for row in rows:
        years.setdefault(row.incident.date[:4], []).append(row)
    return [
        (
            year,
            len(held),
            sum((row.usd_min for row in held if row.usd_min is not None), Decimal(0)),
            sum((row.usd_max for row in held if row.usd_max is not None), Decimal(0)),
            sum(row.usd_min is None for row in held),
        )
        for year, held in sorted(years.items())
    ]


def attributed(rows: Iterable[AnnexRow], actors: Iterable[str] = NORTH_KOREA) -> tuple[AnnexRow, ...]:
    """Return the rows that somebody on file attributes to an actor; a theft nobody attributes is nobody's.

    Parameters
    ----------
    rows : iterable of AnnexRow
        Thefts.
    actors : iterable of str
        Words, in lower case, that name the actor.
    """
    words = tuple(actors)
    return tuple(row for row in rows if any(word in to.lower() for to in row.to for word in words))


def annex_csv(incidents: Iterable[Incident]) -> str:
    """Return the annex as CSV; rows and order of :func:`annex_rows`, lists joined by ``;``, sources as addresses."""
    return csv_text(
        _COLUMNS,
        (
            (
                *(row.incident.id, row.incident.date, row.incident.name, ";".join(row.chains)),
                *("; ".join(row.taken), _number(row.usd_min), _number(row.usd_max), row.rank, row.reported),
                *("; ".join(row.to), "; ".join(row.suspected)),
                *("; ".join(one.note or one.to for one in row.incident.dissent), ";".join(row.txs)),
                *(str(len(row.incident.seeds)), " ".join(dict.fromkeys(one.url for one in row.sources))),
            )
            for row in annex_rows(incidents)
        ),
    )


def annex_markdown(incidents: Iterable[Incident]) -> str:
    """Return the annex as Markdown: the thefts, totals a year, and the sources, numbered in order of appearance."""
    rows = annex_rows(incidents)
    numbers: dict[tuple[str, str], int] = {}
    lines = [
        "# Thefts on file",
        "",
        "| date | theft | taken | US dollars at the time | attributed by | to | disputed | seeds | sources |",
        "|---|---|---|--:|---|---|---|--:|---|",
    ]
    for row in rows:
        cited = [str(numbers.setdefault((one.url, one.title), len(numbers) + 1)) for one in row.sources]
        cells = (
            *(row.incident.date, _cell(row.incident.name), _taken(row, numbers)),
            *(dollars(row.usd_min, row.usd_max), attributed_by(row.rank, row.reported)),
            *(_cell("; ".join(row.to)), "yes" if row.contested else "", str(len(row.incident.seeds))),
            " ".join(f"[{number}]" for number in dict.fromkeys(cited)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    ours = attributed(rows)
    rest = [row for row in rows if row not in ours]
    for heading, held in (
        ("attributed to North Korea", ours),
        ("not attributed to North Korea by anybody on file", rest),
    ):
        lines += ["", f"## A year, thefts {heading}", ""]
        lines += ["| year | thefts | US dollars at the time | without a figure |", "|---|--:|--:|--:|"]
        lines += [
            f"| {year} | {thefts} | {dollars(least, most)} | {unknown} |"
            for year, thefts, least, most, unknown in yearly_totals(held)
        ]
    lines += ["", "## Sources", ""]
    lines += [f"{number}. {_cell(title)}, <{url}>" for (url, title), number in numbers.items()]
    return "\n".join(lines) + "\n"


def _taken(row: AnnexRow, numbers: dict[tuple[str, str], int]) -> str:
    """Return what was taken; of several figures each with the number of who says so."""
    figures = [figure for figure in row.incident.figures if figure.amount]
    if len(figures) < 2:
        return _cell("; ".join(row.taken) or "not published")
    return "; ".join(
        f"{_cell(f'{figure.amount} {figure.what}')} [{numbers[figure.source.url, figure.source.title]}]"
        for figure in figures
    )


def attributed_by(rank: str, reported: str) -> str:
    """Return who attributes a theft: the rank of what is on file, and of what that reports where it is stronger."""
    if not rank:
        return "nobody on file"
    told = f" (reports {reported} {RANKS[reported]})" if reported and reported < rank else ""
    return f"{rank} {RANKS[rank]}{told}"


def dollars(least: Decimal | None, most: Decimal | None) -> str:
    """Return a figure or a range in dollars; ``unknown`` where nobody published one."""
    if least is None or most is None:
        return "unknown"
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def annex_row(incident: Incident) -> AnnexRow:
    """Return one incident's row."""
    least, most = _whole(incident.figures)
    firm = [said for said in incident.attributions if not said.suspected]
    named = [figure.source for figure in incident.figures]
    named += [said.source for said in (*incident.attributions, *incident.dissent)]
    chains = {chain for figure in incident.figures for chain in figure.chain.split(";")}
    return AnnexRow(
        incident=incident,
        chains=tuple(sorted(chains - {"unknown", "multiple"})),
        taken=tuple(f"{figure.amount} {figure.what}" for figure in incident.figures if figure.amount),
        txs=tuple(dict.fromkeys(figure.tx for figure in incident.figures if figure.tx)),
        usd_min=least,
        usd_max=most,
        rank=min((said.rank for said in firm), default=""),
        reported=min((said.reports_rank for said in firm if said.reports_rank), default=""),
        to=tuple(dict.fromkeys(said.to for said in firm)),
        suspected=tuple(dict.fromkeys(said.to for said in incident.attributions if said.suspected)),
        contested=bool(incident.dissent),
        sources=tuple(dict.fromkeys(named)),
    )


def _whole(figures: tuple[Figure, ...]) -> tuple[Decimal | None, Decimal | None]:
    """Return the dollars of the whole theft: of the figures for everything where there are any, else of the parts.

    Several figures for everything are several publishers: the range spans them.
    """
    priced = [figure for figure in figures if figure.usd_min]
    if not priced:
        return None, None
    whole = [f for f in priced if f.what in ("", "ALL") and (";" in f.chain or f.chain in ("multiple", "unknown"))]
    if not whole and any(f.what == "ALL" for f in priced):
        whole = [f for f in priced if f.what == "ALL"] if len({f.chain for f in priced}) == 1 else []
    if whole:
        return min(Decimal(f.usd_min) for f in whole), max(Decimal(f.usd_max) for f in whole)
    return (
        sum((Decimal(f.usd_min) for f in priced), Decimal(0)),
        sum((Decimal(f.usd_max) for f in priced), Decimal(0)),
    )


def _number(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _cell(text: str) -> str:
    """Return outside text so that Markdown shows it as it is."""
    escaped = re.sub(r"([\\|*_`\[\]])", r"\\\1", plain(text))
    return escaped.replace("<", "&lt;")
