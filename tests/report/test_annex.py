"""The annex: figures as published, ranges that stay ranges, unknown that stays unknown, hostile names escaped."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal

from tracer.model import Attribution, Figure, Incident, Publication
from tracer.registry import load_incidents
from tracer.report.annex_table import (
    annex_csv,
    annex_markdown,
    annex_row,
    annex_rows,
    attributed,
    attributed_by,
    dollars,
    yearly_totals,
)

PRESS = Publication("p", "Press", "A [page] | of <b>", "https://press.example/a", rank="A5", licence="quoted")
AGENCY = Publication("a", "Agency", "Notice", "https://agency.example", rank="A1", licence="public")


def figure(**changes: str) -> Figure:
    fields = {"what": "ALL", "amount": "", "usd_min": "", "usd_max": "", "chain": "multiple", "date": "2020", "tx": ""}
    return Figure(**{**fields, **changes}, note="", source=PRESS)


def incident(*figures: Figure, **changes: object) -> Incident:
    empty = Incident("x-2020", "X", "2020-05", "", (), (), (), (), (), (), figures=figures)
    return replace(empty, **changes)  # type: ignore[arg-type]


def test_the_figure_for_everything_counts_and_not_its_parts() -> None:
    row = annex_row(
        incident(
            figure(usd_min="100", usd_max="120"),
            figure(what="ETH", chain="eip155:1", amount="3.5", usd_min="70", usd_max="70", tx="0xab"),
        )
    )
    assert (row.usd_min, row.usd_max) == (Decimal(100), Decimal(120))
    assert (row.taken, row.txs, row.chains) == (("3.5 ETH",), ("0xab",), ("eip155:1",))


def test_parts_add_up_where_nobody_gives_the_whole() -> None:
    row = annex_row(
        incident(
            figure(what="ETH", chain="eip155:1", usd_min="70", usd_max="70"),
            figure(what="BTC", chain="bip122:000000000019d6689c085ae165831e93", usd_min="5", usd_max="9"),
        )
    )
    assert (row.usd_min, row.usd_max) == (Decimal(75), Decimal(79))


def test_unknown_is_unknown_and_counted() -> None:
    rows = annex_rows([incident(figure()), incident(figure(usd_min="5", usd_max="7"), id="y-2020")])
    assert dollars(rows[0].usd_min, rows[0].usd_max) == "unknown"
    assert yearly_totals(rows) == [("2020", 2, Decimal(5), Decimal(7), 1)]


def test_investigations_are_no_thefts() -> None:
    assert annex_rows([incident(kind="investigation")]) == ()


def test_who_attributes_it_is_the_strongest_rank_and_dissent_shows() -> None:
    one = incident(
        figure(),
        attributions=(Attribution("A", "", AGENCY), Attribution("B", "", PRESS)),
        dissent=(Attribution("not shown", "", PRESS, "says so"),),
    )
    row = annex_row(one)
    assert (row.rank, row.reported, row.to, row.contested) == ("A1", "", ("A", "B"), True)


def test_k8_what_a_page_reports_stands_apart_from_the_rank_of_the_page() -> None:
    told = Attribution("A", "", PRESS, reports="Agency", reports_rank="A1")
    row = annex_row(incident(figure(), attributions=(told,)))
    assert (row.rank, row.reported) == ("A5", "A1")
    assert attributed_by(row.rank, row.reported) == "A5 community (reports A1 government)"


def test_a_suspicion_is_no_attribution_and_the_two_never_add_up() -> None:
    said = Attribution("Lazarus Group", "", PRESS)
    hinted = incident(figure(usd_min="5", usd_max="5"), id="y-2020", attributions=(replace(said, suspected=True),))
    named = incident(figure(usd_min="7", usd_max="7"), attributions=(said,))
    row = annex_row(hinted)
    assert (row.rank, row.to, row.suspected) == ("", (), ("Lazarus Group",))
    assert (hinted.attributed, named.attributed) == (False, True)
    text = annex_markdown([hinted, named])
    assert "| 2020 | 1 | 7 | 0 |" in text.split("thefts not attributed to North Korea")[0]
    assert "| 2020 | 1 | 5 | 0 |" in text.split("thefts not attributed to North Korea")[1]


def test_hostile_names_do_not_break_the_tables() -> None:
    text = annex_markdown([incident(figure(), name="=X | <script>", date="2020")])
    assert "<script>" not in text
    assert "=X \\| &lt;script>" in text
    assert "A \\[page\\] \\| of &lt;b>" in text
    (row,) = csv.DictReader(io.StringIO(annex_csv([incident(figure(), name="=X", date="2020")])))
    assert row["name"] == "'=X"


def test_the_shipped_annex_holds_every_theft_and_numbers_every_source() -> None:
    incidents = load_incidents()
    rows = list(csv.DictReader(io.StringIO(annex_csv(incidents))))
    thefts = [one for one in incidents if one.kind == "theft"]
    assert len(rows) == len(thefts)
    ronin = next(row for row in rows if row["id"] == "ronin-2022")
    assert (ronin["usd_min"], ronin["usd_max"], ronin["attribution_rank"]) == ("610000000", "625000000", "A1")
    text = annex_markdown(incidents)
    assert "## A year, thefts not attributed to North Korea by anybody on file" in text
    years = {(one.date[:4], one.attributed) for one in thefts}
    assert text.count("\n| 20") == len(thefts) + len(years)
    assert "610,000,000 to 625,000,000" in text


def test_e12_thefts_nobody_attributes_stand_apart() -> None:
    rows = annex_rows(load_incidents())
    ours = attributed(rows)
    assert len(ours) == 47
    assert {row.incident.id for row in rows if row not in ours} >= {"coincheck-2018", "orbit-2024", "bitget-2026"}


def test_f27_of_several_figures_each_has_its_source() -> None:
    several = [one for one in load_incidents() if sum(bool(figure.amount) for figure in one.figures) > 1]
    lines = {line.split(" | ")[1]: line for line in annex_markdown(load_incidents()).splitlines() if " | " in line}
    assert several
    for incident in several:
        taken = lines[incident.name.replace("|", "\\|")].split(" | ")[2]
        assert all(re.search(r" \[\d+\]$", part) for part in taken.split("; ")), taken
