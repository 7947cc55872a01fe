"""A proof of one side of an interval can be had for every entity, and is checked against the ledger alone."""

from __future__ import annotations

import json

import pytest

import tracer
from tracer.errors import AuditError, InputError


@pytest.fixture(scope="module")
def trace() -> tracer.Trace:
    return tracer.open_case("colonial-2021").trace(bounds=True)


def test_both_sides_of_every_cash_out_are_proven_and_hold(trace: tracer.Trace) -> None:
    rows = trace.cashouts()
    for row in rows.to_dict("records"):
        for side in ("min", "max"):
            proof = trace.certificate(row["entity"], side, asset=row["asset"], origin=row["origin"])
            assert int(proof["value"]) == int(row[side])
            trace.check_certificate(json.loads(json.dumps(proof)))


def test_a_proof_of_another_figure_or_another_ledger_does_not_hold(trace: tracer.Trace) -> None:
    proof = trace.certificate("FBI", "min")
    with pytest.raises(AuditError, match="its text was changed"):
        trace.check_certificate(proof | {"value": "6370000000"})
    other = tracer.open_case("bitfinex-2016").trace()
    with pytest.raises(AuditError, match="no such origin"):
        other.check_certificate(proof)


def test_an_entity_that_is_not_there_or_not_one_is_an_error_that_says_which(trace: tracer.Trace) -> None:
    with pytest.raises(InputError, match="'Nobody' has 0 intervals"):
        trace.certificate("Nobody", "min")
    with pytest.raises(InputError, match="There is no side 'both'"):
        trace.certificate("FBI", "both")
    with pytest.raises(InputError) as several:
        trace.certificate("unlabelled, incomplete", "max")
    assert "colonial-2021-ransom" in str(several.value)
