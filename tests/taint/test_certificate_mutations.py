"""No number of a certificate can be changed unseen; where its own hash is renewed, what still passes is true."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from bound_oracles import plan_of, trades
from hypothesis import given, settings
from random_ledgers import World, worlds
from test_bounds_properties import destinations
from vectors import HAND_ROWS, HAND_SEED, TWO_ORIGIN_ROWS, TWO_ORIGIN_SEEDS

from tracer.bounds import Bounds, Certificate, bounds_of, check_certificate
from tracer.bounds.certificate import body_sha256
from tracer.errors import AuditError
from tracer.taint import TaintProblem

_NUMBER = re.compile(r"\d+")


def altered(node: Any, by: int) -> Iterator[Any]:
    """Yield copies of a value, each with one of its numbers changed."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from ({**node, key: other} for other in altered(value, by))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from ([*node[:place], other, *node[place + 1 :]] for other in altered(value, by))
    elif isinstance(node, str):
        for match in _NUMBER.finditer(node):
            yield f"{node[: match.start()]}{int(match.group()) + by}{node[match.end() :]}"


def refused(certificate: Certificate, plan: TaintProblem) -> bool:
    try:
        check_certificate(certificate, plan)
    except AuditError:
        return True
    return False


def certificates(plan: TaintProblem) -> Iterator[tuple[Bounds, str, tuple[int, ...], str, Certificate]]:
    found = bounds_of(plan, destinations(plan))
    for name, group in found.intervals:
        for direction in ("min", "max"):
            yield found, name, group, direction, found.certificate(name, group, direction)


SMALL = [World(HAND_ROWS, (HAND_SEED,), ()), World(TWO_ORIGIN_ROWS, TWO_ORIGIN_SEEDS, ())]


@pytest.mark.parametrize("world", SMALL)
def test_every_number_of_a_small_certificate_matters(world: World) -> None:
    plan = plan_of(world)
    for _, _, _, _, certificate in certificates(plan):
        check_certificate(certificate, plan)
        for by in (1, 7):
            for other in altered(certificate, by):
                assert refused(other, plan)


@pytest.mark.parametrize("world", SMALL)
def test_a_changed_figure_with_a_renewed_hash_proves_nothing_false(world: World) -> None:
    """A forger renews the hash: another figure is refused; another accounting passes only if it proves the same one."""
    plan = plan_of(world)
    for found, name, group, direction, certificate in certificates(plan):
        body = {key: value for key, value in certificate.items() if key != "sha256"}
        for other in altered(body, 1):
            forged = {**other, "sha256": body_sha256(other)}
            if not refused(forged, plan):
                assert forged["value"] == str(getattr(found.interval(name, group), direction))
                assert forged["direction"] == direction


@given(world=worlds())
@settings(max_examples=15)
def test_sampled_numbers_of_certificates_of_any_world_matter(world: World) -> None:
    _sampled(world)


@given(world=trades())
@settings(max_examples=15)
def test_sampled_numbers_of_certificates_with_swaps_matter(world: World) -> None:
    _sampled(world)


def _sampled(world: World) -> None:
    plan, rng = plan_of(world), random.Random(1)
    for found, name, group, direction, certificate in certificates(plan):
        kept = copy.deepcopy(certificate)
        others = list(altered(certificate, rng.randint(1, 10**6)))
        for other in rng.sample(others, min(2, len(others))):
            assert refused(other, plan)
            body = {key: value for key, value in other.items() if key != "sha256"}
            if not refused({**body, "sha256": body_sha256(body)}, plan):
                assert other["value"] == str(getattr(found.interval(name, group), direction))
        assert certificate == kept


def test_a_certificate_survives_json_and_not_another_ledger() -> None:
    plan = plan_of(SMALL[0])
    other = plan_of(World(HAND_ROWS[:-1], (HAND_SEED,), ()))
    for _, _, _, _, certificate in certificates(plan):
        read = json.loads(json.dumps(certificate))
        check_certificate(read, plan)
        with pytest.raises(AuditError, match="another network"):
            check_certificate(read, other)


def test_the_same_plan_gives_the_same_certificates() -> None:
    first = [c for *_, c in certificates(plan_of(SMALL[1]))]
    assert first == [c for *_, c in certificates(plan_of(SMALL[1]))]
