"""Every event that a decoder reads is one whose text was found in the protocols' sources, in that form."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tracer.chains import EventAbi
from tracer.decoders import built_in
from tracer.decoders.by_log import ByLogs, Venue

_BESIDE = [up / "shared" / "facts" / "protocols" / "events.csv" for up in Path(__file__).resolve().parents]
FACTS = next((path for path in _BESIDE if path.is_file()), Path())
ELSEWHERE = {"ComplexOpProcessed": "a recorded receipt bears out its topic and its form"}


def events() -> list[tuple[str, EventAbi]]:
    found = []
    for name in built_in().names():
        decoder = built_in().decoder(name)
        if isinstance(decoder, ByLogs):
            found += [(name, reading.event) for reading in decoder.readings]
        elif isinstance(decoder, Venue):
            found += [(name, one.event) for one in decoder.confirmations]
    return found


def test_topics_and_indexed_arguments_are_those_of_the_sources() -> None:
    if not FACTS.name:
        pytest.skip("the table of events is beside the repository, not in it")
    with FACTS.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    topics = {row["topic0"] for row in rows}
    plain = [row for row in rows if "(" not in row["indexed"] and row["indexed"].strip()]
    counts = {row["topic0"]: 0 if row["indexed"].strip() == "none" else len(row["indexed"].split()) for row in plain}
    assert len(events()) > 150
    for name, event in events():
        if event.text.partition("(")[0] in ELSEWHERE:
            continue
        assert event.topic in topics, (name, event.text)
        indexed = sum(1 for _, _, marked in event.inputs if marked)
        assert counts.get(event.topic, indexed) == indexed, (name, event.text)
