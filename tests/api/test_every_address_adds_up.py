"""The page of every address of random ledgers adds up to the unit under every rule, and can be shown."""

from __future__ import annotations

import json

import pytest
from test_every_trace_is_written import account_case, bitcoin_case

from tracer.api import Case
from tracer.flags import FlagList
from tracer.model import ChainId, caip10
from tracer.trace import POLICIES


def lines_of(flags: FlagList, chain: ChainId, address: str) -> list[object]:
    """Return what a list says of an address."""
    rows = (*flags.entries, *flags.leads, *flags.kept_off)
    return [row for row in rows if row.caip10 == caip10(chain, address)]


def check(case: Case, policy: str) -> None:
    trace = case.trace(policy)
    whole = case.trace(policy).flags()
    for chain, address in sorted(case.names):
        page = trace.address(caip10(chain, address))
        facts = page.facts
        assert (facts.chain, facts.address, page.asked) == (chain, address, "")
        for flow in facts.flows:
            points = [point for point in facts.points if point.asset == flow.asset]
            came = [one for one in facts.counterparties if (one.asset, one.direction) == (flow.asset, "in")]
            went = [one for one in facts.counterparties if (one.asset, one.direction) == (flow.asset, "out")]
            left = sum(leaf.tainted for leaf in facts.exits if leaf.asset == flow.asset)
            assert flow.opening + flow.received - flow.paid == flow.balance >= 0
            assert sum(one.amount for one in came) == flow.received
            assert sum(one.amount for one in went) == flow.paid
            assert 0 <= flow.received_stolen <= flow.received + flow.opening
            assert 0 <= flow.paid_stolen <= flow.paid
            begun = points[0].stolen if points and points[0].time is None and not points[0].tx else 0
            if ":" not in address:  # what an outpoint keeps is an exit of its address
                assert flow.held_stolen == left
                assert flow.held_stolen == begun + flow.received_stolen - (flow.paid_stolen - flow.taken)
            assert all(point.balance >= 0 for point in points)
        assert lines_of(whole, chain, address) == lines_of(trace.flags_of(chain, address), chain, address)
        assert json.loads(json.dumps(page.record()))["address"] == address
        assert address in page.text(60)
        assert page._repr_html_().count("<div") == page._repr_html_().count("</div>")


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("make", [bitcoin_case, account_case])
def test_every_page_of_a_random_ledger_adds_up(seed: int, make: object) -> None:
    check(make(seed), POLICIES[seed % len(POLICIES)])  # type: ignore[operator]


@pytest.mark.prove
@pytest.mark.parametrize("make", [bitcoin_case, account_case])
def test_every_page_of_many_random_ledgers_adds_up(make: object) -> None:
    for seed in range(12, 120):
        for policy in POLICIES:
            check(make(seed), policy)  # type: ignore[operator]
