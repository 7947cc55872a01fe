"""Incidents and services as loaded, and everything said of an address."""

from __future__ import annotations

import time

import pytest

from tracer.errors import AddressError, InputError
from tracer.model import parse_address
from tracer.registry import in_force, load_incident, load_incidents, load_service_labels, load_services, why
from tracer.registry import load as registry_module
from tracer.registry.load import release_date

SEED = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
DEPOSITOR = "0x77532dd2eb6e8eaf416f39c65f48cd2369782828"
FTX_DEPOSIT = "0x036587e77eabe6a7e181886a5a6ed10dc25654f9"
POOL = "0xa160cdab225685da1d56aa342ad8841c3b53f291"


def brief(address: str, as_of: str = "") -> list[tuple[str, str, str]]:
    return [(said.source.rank, said.property, said.value) for said in why(address, as_of=as_of)]


def test_the_release_has_a_date() -> None:
    assert release_date() == "2026-11-29"


@pytest.mark.parametrize(
    "name", ["", "ronin", "../registry", "incidents/ronin-2022", "ronin-2022.yml", "RONIN-2022", "a\0"]
)
def test_an_unknown_or_climbing_id_is_no_incident(name: str) -> None:
    with pytest.raises(InputError, match="There is no case"):
        load_incident(name)


def test_a_misspelt_id_gets_the_nearest_ones() -> None:
    with pytest.raises(InputError) as caught:
        load_incident("ronin-2202")
    assert caught.value.why.startswith("Nearest: ronin-2022, ")


def test_incidents_come_by_date_then_id() -> None:
    incidents = load_incidents()
    assert [(one.date, one.id) for one in incidents] == sorted((one.date, one.id) for one in incidents)
    assert load_incident("ronin-2022") in incidents


def test_loading_an_incident_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    taken = []
    for _ in range(5):
        registry_module._incident.cache_clear()
        parse_address.cache_clear()
        start = time.process_time()
        load_incident("ronin-2022")
        taken.append(time.process_time() - start)
    with capsys.disabled():
        print(f" load_incident: {min(taken) * 1000:.0f} ms", end="")
    assert min(taken) < 0.2  # about 80 ms where this was measured, most of it the checksums of 76 addresses


def test_the_seed_is_named_by_ofac_and_by_the_community() -> None:
    assert brief(SEED) == [
        ("A1", "sanction", "OFAC SDN list, Lazarus Group"),
        ("A1", "sanction", "OFAC SDN list, Lazarus Group (uid 27307, program DPRK3)"),
        ("A1", "category", "theft"),
        ("A1", "entity", "Lazarus Group"),
        ("A1", "entity", "Lazarus Group"),
        ("A1", "label", "Lazarus Group: receiver of the Ronin theft"),
        ("A5", "category", "theft"),
        ("A5", "label", "Ronin bridge theft 2022: primary wallet"),
        ("A5", "role", "theft"),
    ]
    assert brief(SEED.lower()) == brief(SEED) == brief(f"eip155:1:{SEED}")


def test_a_depositor_is_known_to_the_community_alone() -> None:
    assert brief(DEPOSITOR) == [
        ("A5", "category", "intermediate"),
        ("A5", "entity", "depositor of Tornado Cash"),
        ("A5", "label", "Tornado Cash depositor (100 ETH pool)"),
        ("A5", "role", "tornado_depositor"),
    ]


def test_a_wrong_tag_of_an_explorer_stands_beside_the_label_with_a_note() -> None:
    said = {one.value: one for one in why(FTX_DEPOSIT) if one.property == "label"}
    assert set(said) == {"FTX deposit address", "Ronin Bridge Exploiter 3"}
    assert said["Ronin Bridge Exploiter 3"].note.startswith("Contradicts the community page")
    incident = load_incident("ronin-2022")
    assert [one.label for one in incident.labels if one.address == FTX_DEPOSIT] == ["FTX deposit address"]


def test_a_sanction_that_ended_is_kept_behind_what_holds() -> None:
    then, now = why(POOL, as_of="2023-01-01"), why(POOL)
    assert set(then) == set(now)
    sanctions = [one for one in now if one.property == "sanction"]
    assert now[-len(sanctions) :] == tuple(sanctions)
    days = ("2022-08-07", "2022-08-08", "2025-03-20", "2025-03-21")
    assert {one.source.rank: [in_force(one, day) for day in days] for one in sanctions} == {
        "A4": [False, True, True, False],
        "A5": [True, True, True, False],
    }
    assert brief(POOL)[:3] == [
        ("A3", "category", "mixer"),
        ("A3", "entity", "Tornado Cash"),
        ("A3", "label", "Tornado Cash: 100 ETH pool"),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "0x1111111111111111111111111111111111111111",
        "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH",
        "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV",
        "tron:0x2b6653dc:TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV",
        f"eip155:56:{SEED}",
    ],
)
def test_an_address_nothing_is_said_of_gives_nothing(address: str) -> None:
    assert why(address) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "19",
        "hello",
        "0x098b",
        "0x098B716B8Aaf21512996dC57EB0615e2383E2F96",
        "TBcZCrWkYwEULzxx4fDCmFNvLGZyxyqPTS",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "eip155:1:19",
    ],
)
def test_a_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        why(text)


def test_service_labels_are_among_the_statements_of_services() -> None:
    said = {(one.chain, one.address, one.property, one.value) for one in load_services()}
    for label in load_service_labels():
        assert (label.chain, label.address, "category", label.category) in said


def test_labels_of_some_addresses_are_those_of_all_labels() -> None:
    from tracer.registry import load_service_labels

    everything = load_service_labels()
    some = {one.address for one in everything[::7]}
    assert load_service_labels(among=some) == tuple(one for one in everything if one.address in some)
    assert load_service_labels(among=set()) == ()
