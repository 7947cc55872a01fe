"""Both ends of real transfers, recorded from nodes, are linked by what their contracts wrote, and by nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

from tracer.chains import Field, parse_evm_record
from tracer.decoders import built_in
from tracer.io import parse_json
from tracer.links import Terms, legs_of, links_between, service_calendar

PAIRS = {
    ("opstack", "eip155:1", "eip155:10", 10_000_000, 10_000_000, 602),
    ("opstack", "eip155:10", "eip155:1", 435_796_826_762_301_485, 435_796_826_762_301_485, 873_870),
    ("across", "eip155:42161", "eip155:8453", 10_000_000_000_000_000, 9_804_674_568_982_550, 2),
    ("across", "eip155:534352", "eip155:42161", 365_729_555, 365_669_864, 7),
    ("hop", "eip155:42161", "eip155:1", 199_000_000_000_000_000, 198_912_701_910_981_889, 21),
    ("scroll", "eip155:534352", "eip155:1", 600_000_000_000_000_000, 600_000_000_000_000_000, 9_257),
}
"""Protocol, chains, what went in and came out in base units, seconds between."""


def test_six_transfers_of_the_recorded_ones_have_both_ends_on_file(shared: Path) -> None:
    path = shared / "data" / "recorded_evm" / "transactions.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [
            parse_evm_record(Field(parse_json(line, "a line"), "transaction"), source="file")
            for line in lines
            if line.strip()
        ]
    legs = legs_of(records, built_in())
    links = links_between(legs, Terms(calendar=service_calendar()))
    assert {
        (
            *(link.protocol, link.source.chain, link.destination.chain),
            *(link.source.amount, link.destination.amount, link.delta),
        )
        for link in links
        if link.destination is not None
    } == PAIRS
    assert {link.grade for link in links if not link.is_open} == {"identified"}
    assert {link.tier for link in links if not link.is_open} == {"identifier"}
    assert len(links) == sum(leg.action.action in ("bridge_out", "mixer_in") for leg in legs)
    assert links_between(legs[::-1], Terms(calendar=service_calendar())) == links
