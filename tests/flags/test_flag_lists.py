"""Draft lists: whole rows, who is guarded, what is too little, and the vectors of the format."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from results_for_report import (
    COLD,
    DAY1,
    DAY2,
    DEPOSITOR,
    E18,
    ETH,
    EXCHANGE,
    MIDDLE,
    SEED,
    THEFT,
    USDC,
    Closes,
    holder,
    label,
    leaf,
    movement,
    paid_down,
    small_result,
)

from tracer.errors import InputError
from tracer.flags import (
    COLUMNS,
    FlagEntry,
    FlagList,
    KeptOff,
    Parties,
    build,
    entry_id,
    flagged_csv,
    kept_off_csv,
    leads_csv,
)
from tracer.flags.legend import BASES, FLAG_COLUMNS, REASON_WORDS, ROLE_WORDS, TIER_WORDS
from tracer.model import TRON, AssetId, Attribution, ChainId, Incident, Origin, Publication
from tracer.trace.intervals import Range
from tracer.trace.result import Arrival, HolderInfo, Movement, Payment, Share, TraceResult

HUOBI = "0x5b5082214d62585d686850ab8d9e3f6b6a5c58ff"
FTX = "0x036587e77eabe6a7e181886a5a6ed10dc25654f9"
DAY = "2026-11-23"


def acct(address: str) -> str:
    return f"eip155:1:{address}"


def result_of(*movements: Movement, holders: list[HolderInfo], **changes: Any) -> TraceResult:
    places = {(h.chain, h.address): h for h in holders}
    kept = {"movements": movements, "holders": places, "exits": (), "payments": ended(movements, places)}
    return replace(small_result(), **{**kept, **changes})


def ended(movements: tuple[Movement, ...], places: dict[tuple[ChainId, str], HolderInfo]) -> tuple[Payment, ...]:
    """Return the payments of movements, each ending where its payee absorbs."""
    return tuple(
        replace(one, payees=tuple(replace(side, ends=stop_at(places, one.chain, side.address)) for side in one.payees))
        for one in paid_down(movements)
    )


def stop_at(places: dict[tuple[ChainId, str], HolderInfo], chain: ChainId, address: str) -> str:
    return places[chain, address].stop_reason if (chain, address) in places else ""


def paid(seq: int, sender: str, recipient: str, eth: int, **more: Any) -> Movement:
    return movement(seq, sender, recipient, eth * E18, eth * E18, **more)


def graded(seq: int, recipient: str, *parts: tuple[str, int]) -> Movement:
    shares = tuple(Share(THEFT, grade, eth * E18, eth * E18) for grade, eth in parts)
    total = sum(eth for _, eth in parts) * E18
    return replace(movement(seq, SEED, recipient, total, 0), shares=shares)


def got(address: str, eth: int, *labels: Any, hop: int = 1, stop: str = "") -> HolderInfo:
    return holder(address, hop, *labels, stop=stop, received={ETH: eth * E18})


def listed(result: TraceResult, **options: Any) -> list[tuple[str, str, str]]:
    flags = build(result, as_of=DAY, prices=Closes(), **options)
    return [(e.address, e.role, e.tier) for e in flags.entries]


ROW = {
    "list_version": "2026-11-23.1",
    "entry_id": "fl-4d6125d71d5c3310",
    "caip10": "eip155:1:0x" + "1" * 40,
    "address": "0x" + "1" * 40,
    "chain": "eip155:1",
    "case_id": "demo-2025-001",
    "role": "intermediate",
    "tier": "T2",
    "grade": "recorded",
    "attribution_rank": "",
    "confidence": 70,
    "hop": 2,
    "policy": "fifo",
    "asset": "eip155:1/slip44:60",
    "tainted": 401 * E18,
    "min": 401 * E18,
    "max": 401 * E18,
    "certainty": "FORCED",
    "basis": "reconciled",
    "passed_through": 401 * E18,
    "passed_min": 401 * E18,
    "passed_max": 401 * E18,
    "passed_certainty": "FORCED",
    "usd_at_time": Decimal("900000.00"),
    "first_tx": "0x" + "ab" * 32,
    "first_time": "2025-03-01T00:00:11Z",
    "last_tx": "0x" + "cd" * 32,
    "last_time": "2025-03-02T10:00:00Z",
    "claim_id": "c-0007",
    "evidence_url": "https://example.org/cases/demo-2025-001/claims#c-0007",
    "source_attribution": "fbi-example-psa",
    "reason": "R02",
    "valid_from": "2026-11-23T00:00:00Z",
    "valid_until": "2027-05-22T00:00:00Z",
    "status": "active",
    "tlp": "TLP:CLEAR",
}
TRON_ROW = {
    **ROW,
    "entry_id": "fl-c9aaab76eb887f1c",
    "caip10": "tron:0x2b6653dc:TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV",
    "address": "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV",
    "chain": "tron:0x2b6653dc",
    "role": "bridge_receiver",
    "tier": "T3",
    "grade": "identified",
    "confidence": 50,
    "hop": 5,
    "asset": "tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "tainted": 25_000_000_000,
    "min": 0,
    "max": 40_000_000_000,
    "certainty": "POSSIBLE",
    "passed_through": 25_000_000_000,
    "passed_min": 0,
    "passed_max": 40_000_000_000,
    "passed_certainty": "POSSIBLE",
    "usd_at_time": Decimal("25000.00"),
    "first_tx": "ef" * 32,
    "first_time": "2025-03-05T08:00:00Z",
    "last_tx": "ef" * 32,
    "last_time": "2025-03-05T08:00:00Z",
    "claim_id": "c-0011",
    "evidence_url": "https://example.org/cases/demo-2025-001/claims#c-0011",
    "reason": "R05",
    "valid_until": "2027-02-21T00:00:00Z",
}


def test_the_example_of_the_format_is_written_byte_for_byte() -> None:
    flags = FlagList((FlagEntry(**TRON_ROW), FlagEntry(**ROW)), (), (), {})  # type: ignore[arg-type]
    text = flagged_csv(flags).encode()
    assert (len(text), len(COLUMNS)) == (1668, 36)
    assert hashlib.sha256(text).hexdigest() == "fe474b2c823ab64ebc1f7d2b158dca5ccb031001771739766d64079e14fce18c"


@pytest.mark.parametrize(
    ("account", "entry"),
    [
        ("eip155:1:0x" + "1" * 40, "fl-4d6125d71d5c3310"),
        ("tron:0x2b6653dc:TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV", "fl-c9aaab76eb887f1c"),
        (
            "bip122:000000000019d6689c085ae165831e93:bc1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3h8ffkz",
            "fl-2b395a46a17a9783",
        ),
    ],
)
def test_entry_ids_are_those_of_the_format(account: str, entry: str) -> None:
    assert entry_id(account, "demo-2025-001") == entry


def test_a_traced_address_is_one_row_with_every_column_filled_as_its_rule_says() -> None:
    named = label(
        SEED,
        "thief",
        "theft",
        "Someone",
        rank="A1",
        incident="demo",
        publisher="Agency",
        source_url="https://a.example/1",
    )
    result = result_of(
        paid(1, COLD, SEED, 100, hop=0),
        paid(2, SEED, MIDDLE, 15, precision="printed"),
        paid(3, SEED, MIDDLE, 25, time=DAY2),
        holders=[got(SEED, 100, named, hop=0), got(MIDDLE, 41)],
    )
    flags = build(result, as_of=DAY, prices=Closes())
    assert flagged_csv(flags).splitlines()[1:] == [
        f"draft,{entry_id(acct(SEED), 'demo')},{acct(SEED)},{SEED},eip155:1,demo,theft_receiver,T1,recorded,A1,90,0,"
        f"fifo,{ETH},0,,,,,{100 * E18},,,,200010.00,0x{1:064x},2025-03-01T12:00:00Z,0x{1:064x},2025-03-01T12:00:00Z,,"
        f"https://a.example/1,,R01;R02,2026-11-23T00:00:00Z,2027-11-23T00:00:00Z,active,TLP:CLEAR",
        f"draft,{entry_id(acct(MIDDLE), 'demo')},{acct(MIDDLE)},{MIDDLE},eip155:1,demo,intermediate,T3,recorded,,"
        f"70,1,fifo,{ETH},0,,,,,{40 * E18},,,,82501.50,0x{2:064x},2025-03-01T12:00:00Z,0x{3:064x},2025-03-02T23:59:59Z,"
        f",,,R02,2026-11-23T00:00:00Z,2027-02-21T00:00:00Z,active,TLP:CLEAR",
    ]
    assert (flags.leads, flags.kept_off) == ((), ())
    assert flags.counts == {
        **dict.fromkeys(("guarded", "below_usd", "below_share", "dust_only", "unpriced", "outpoints", "leads"), 0),
        "candidates": 2,
        "listed": 2,
    }


@pytest.mark.parametrize("rank", ["A1", "A2", "A3", "A5"])
@pytest.mark.parametrize("address", [HUOBI, FTX])
def test_an_exchange_deposit_address_tagged_as_exploiter_is_never_listed(address: str, rank: str) -> None:
    tag = label(address, "Ronin Bridge Exploiter", "attacker", "", rank=rank, incident="demo", publisher="An explorer")
    truth = label(address, "deposit address", "exchange_deposit", "An exchange", source_url="https://c.example/d")
    result = result_of(paid(1, SEED, address, 50), holders=[got(address, 50, tag, truth, stop="service")])
    flags = build(result, as_of=DAY, prices=Closes())
    override = f" An explorer (rank {rank}) names it for this incident: listing it takes an override on file."
    reason = "Example Community labels it 'deposit address' (exchange_deposit)." + (override if rank != "A5" else "")
    assert (flags.entries, flags.leads) == ((), ())
    assert flags.kept_off == (KeptOff(acct(address), "exchange_deposit", reason, "https://c.example/d"),)
    assert kept_off_csv(flags, "TLP:RED") == (
        f"caip10,class,reason,source_url,tlp\n{acct(address)},exchange_deposit,{reason},https://c.example/d,TLP:RED\n"
    )
    assert flags.counts["guarded"] == 1


GUARDED = [
    "exchange", "exchange_deposit", "custodian", "payment_processor", "otc", "gambling", "instant_exchange", "mining",
    "builder", "relayer", "government", "mixer", "coinjoin", "bridge", "lending", "staking", "defi", "contract", "burn",
    "dex", "aggregator", "token", "victim", "white_hat",
]  # fmt: skip


@pytest.mark.parametrize("category", GUARDED)
def test_every_guarded_category_keeps_off(category: str) -> None:
    result = result_of(paid(1, SEED, MIDDLE, 50), holders=[got(MIDDLE, 50, label(MIDDLE, "x", category, "X"))])
    flags = build(result, as_of=DAY, prices=Closes())
    assert (flags.entries, flags.leads) == ((), ())
    assert [(k.caip10, k.cls) for k in flags.kept_off] == [(acct(MIDDLE), category)]


@pytest.mark.parametrize(
    "category", ["attacker", "theft", "intermediate", "sanctions", "wallet_service", "scam", "other"]
)
def test_no_other_category_does(category: str) -> None:
    result = result_of(paid(1, SEED, MIDDLE, 50), holders=[got(MIDDLE, 50, label(MIDDLE, "x", category, "X"))])
    assert listed(result) == [(MIDDLE, "intermediate", "T3")]


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("0x" + "0" * 40, "zero"),
        ("0x" + "0" * 36 + "dead", "burn"),
        ("0x" + "0" * 39 + "1", "precompile"),
        ("0x" + "0" * 36 + "ffff", "precompile"),
        ("0x" + "aa" * 20, "token"),
        (COLD, "victim"),
    ],
)
def test_nobodys_addresses_token_contracts_and_victims_are_kept_off_by_rule(address: str, rule: str) -> None:
    flags = build(
        result_of(paid(1, SEED, address, 50), holders=[got(address, 50)]),
        as_of=DAY,
        prices=None,
        parties=Parties(victims={acct(COLD)}),
    )
    assert (flags.entries, [(k.caip10, k.cls) for k in flags.kept_off]) == ((), [(acct(address), rule)])


def test_the_first_address_after_the_precompiles_is_an_ordinary_one() -> None:
    address = "0x" + "0" * 35 + "10000"
    assert listed(result_of(paid(1, SEED, address, 50), holders=[got(address, 50)])) == [
        (address, "intermediate", "T3")
    ]


def test_the_zero_address_of_tron_is_kept_off() -> None:
    zero = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
    move = paid(1, SEED, zero, 50, chain=TRON, asset=AssetId(f"{TRON}/slip44:195"))
    held = replace(got(zero, 50), chain=TRON)
    flags = build(result_of(move, holders=[held]), as_of=DAY, prices=None)
    assert (flags.entries, [(k.caip10, k.cls) for k in flags.kept_off]) == ((), [(f"{TRON}:{zero}", "zero")])


@pytest.mark.parametrize("stop", ["contract", "high_degree"])
def test_unknown_code_and_busy_addresses_are_kept_off_unless_an_authority_names_them(stop: str) -> None:
    named = label(MIDDLE, "x", "attacker", "X", rank="A2", incident="demo")
    plain = replace(got(MIDDLE, 50), stop_reason=stop)
    move = paid(1, SEED, MIDDLE, 50)
    flags = build(result_of(move, holders=[plain]), as_of=DAY, prices=Closes())
    assert (flags.entries, [k.cls for k in flags.kept_off]) == ((), [stop])
    lifted = replace(plain, label=named, labels=(named,))
    assert listed(result_of(move, holders=[lifted])) == [(MIDDLE, "named_wallet", "T1")]


def test_a_row_of_the_guard_list_keeps_off() -> None:
    row = KeptOff(acct(MIDDLE), "router", "It routes swaps.", "https://r.example")
    flags = build(result_of(paid(1, SEED, MIDDLE, 50), holders=[got(MIDDLE, 50)]), as_of=DAY, prices=None, guard=[row])
    assert (flags.entries, flags.kept_off) == ((), (row,))


def test_an_address_without_stolen_receipts_is_no_candidate_however_it_is_labelled() -> None:
    dust = movement(1, MIDDLE, SEED, 7, 0, hop=-1)
    assert listed(result_of(dust, holders=[got(MIDDLE, 1), got(COLD, 1, label(COLD, "x", "attacker", "X"))])) == []


def test_a_label_of_another_incident_names_nobody_here() -> None:
    other = label(MIDDLE, "x", "attacker", "X", rank="A1", incident="another")
    general = label(MIDDLE, "x", "sanctions", "X", rank="A1")
    result = result_of(paid(1, SEED, MIDDLE, 50), holders=[got(MIDDLE, 50, other, general)])
    assert listed(result) == [(MIDDLE, "intermediate", "T3")]


@pytest.mark.parametrize(
    ("wei", "received", "count"),
    [
        (10**17 // 2, 1, "below_usd"),  # 0.05 ETH at 2000.10 is 100.005 USD
        (49 * 10**15, 1, "below_usd"),
        (E18, 101, "below_share"),
        (E18, 100, None),
    ],
)
def test_the_floors_are_100_usd_and_1_percent(wei: int, received: int, count: str | None) -> None:
    flags = build(
        result_of(movement(1, SEED, MIDDLE, wei, wei), holders=[got(MIDDLE, received)]), as_of=DAY, prices=Closes()
    )
    passes = count is None or wei == 10**17 // 2
    assert [e.passed_through for e in flags.entries] == ([wei] if passes else [])
    assert flags.counts["candidates"] == 1
    assert flags.counts["below_usd"] + flags.counts["below_share"] == (0 if passes else 1)
    assert passes or flags.counts[str(count)] == 1


def test_a_named_address_is_below_no_floor() -> None:
    named = label(MIDDLE, "x", "attacker", "X", rank="A3", confidence="service_api", incident="demo")
    result = result_of(movement(1, SEED, MIDDLE, 1, 1), holders=[got(MIDDLE, 100, named)])
    (entry,) = build(result, as_of=DAY, prices=Closes()).entries
    assert (entry.tier, entry.confidence, entry.passed_through, entry.usd_at_time) == ("T1", 80, 1, Decimal("0.00"))


def test_without_a_price_the_usd_floor_is_not_applied_and_counted() -> None:
    flags = build(result_of(movement(1, SEED, MIDDLE, 1, 1), holders=[got(MIDDLE, 0)]), as_of=DAY, prices=None)
    assert ([e.usd_at_time for e in flags.entries], flags.counts["unpriced"]) == ([None], 1)


def test_dust_from_a_look_alike_of_a_real_counterparty_lists_nobody() -> None:
    friend = "0xabcd" + "1" * 32 + "9876"
    double = "0xabcd" + "2" * 32 + "9876"
    real = movement(1, friend, MIDDLE, 5 * E18, 0, hop=-1)
    dust = movement(2, double, MIDDLE, 3, 3)
    flags = build(result_of(real, dust, holders=[got(MIDDLE, 0)]), as_of=DAY, prices=None)
    assert (flags.entries, flags.leads, flags.counts["dust_only"]) == ((), (), 1)
    large = replace(dust, amount=E18, shares=(Share(THEFT, "recorded", E18, E18),))
    assert listed(result_of(real, large, holders=[got(MIDDLE, 0)])) == [(MIDDLE, "intermediate", "T3")]


@pytest.mark.parametrize(
    ("parts", "tier", "grade", "confidence", "until"),
    [
        ((("recorded", 50),), "T3", "recorded", 70, "2027-02-21"),
        ((("identified", 50),), "T3", "identified", 50, "2027-02-21"),
        ((("inferred", 50),), "T4", "inferred", 10, "2026-12-23"),
        ((("asserted", 50),), "T4", "asserted", 10, "2026-12-23"),
        ((("proven", 10), ("asserted", 40)), "T3", "proven", 70, "2027-02-21"),
    ],
)
def test_what_rests_on_a_statement_or_a_heuristic_is_a_lead(
    parts: tuple[tuple[str, int], ...], tier: str, grade: str, confidence: int, until: str
) -> None:
    flags = build(result_of(graded(1, MIDDLE, *parts), holders=[got(MIDDLE, 50)]), as_of=DAY, prices=Closes())
    (row,) = flags.entries + flags.leads
    assert (row.tier, row.grade, row.confidence, row.valid_until) == (tier, grade, confidence, f"{until}T00:00:00Z")
    assert (flags.counts["listed"], flags.counts["leads"]) == ((1, 0) if tier == "T3" else (0, 1))


def test_a_little_recorded_money_does_not_lift_a_lead_onto_the_list() -> None:
    drop = replace(
        graded(1, MIDDLE, ("asserted", 50)),
        shares=(Share(THEFT, "asserted", 50 * E18, 50 * E18), Share(THEFT, "recorded", 1, 1)),
    )
    flags = build(result_of(drop, holders=[got(MIDDLE, 50)]), as_of=DAY, prices=Closes())
    assert (flags.entries, [(e.tier, e.grade) for e in flags.leads]) == ((), [("T4", "asserted")])
    assert next(csv.DictReader(io.StringIO(leads_csv(flags))))["passed_through"] == str(50 * E18 + 1)


def test_roles_say_what_an_address_did() -> None:
    swapper, sender, mixed, depositor, rest, pool = (f"0x{'c' * 38}{n:02d}" for n in range(6))
    mixer, bridge = f"0x{'d' * 40}", f"0x{'e' * 40}"
    tornado = label(depositor, "x", "intermediate", "depositor of Tornado Cash", role="tornado_depositor")
    result = result_of(
        *(paid(n, SEED, address, 10) for n, address in enumerate((swapper, sender, mixed, depositor, rest), 1)),
        paid(6, swapper, pool, 10, event="swap"),
        paid(7, pool, swapper, 10, event="swap", asset=USDC),
        paid(8, sender, bridge, 10),
        paid(9, mixed, mixer, 10),
        holders=[
            *(got(address, 10) for address in (swapper, sender, mixed, rest)),
            got(depositor, 10, tornado),
            got(mixer, 10, label(mixer, "m", "mixer", "Mixer"), stop="mixer"),
            got(bridge, 10, label(bridge, "b", "bridge", "Bridge"), stop="bridge"),
        ],
    )
    result = replace(result, exits=(leaf(rest, "at_rest", 10 * E18, Arrival(DAY1, "", 10 * E18)),))
    flags = build(result, as_of=DAY, prices=Closes())
    roles = {(e.address, e.role, e.reason) for e in flags.entries}
    assert roles == {
        (swapper, "swap_user", "R02;R04"),
        (sender, "bridge_sender", "R02"),
        (mixed, "mixer_depositor", "R02;R06"),
        (depositor, "mixer_depositor", "R02;R06"),
        (rest, "at_rest", "R02"),
    }
    assert [k.cls for k in flags.kept_off] == ["mixer", "bridge"]


def test_the_last_holder_before_a_service_is_its_sender_and_two_thefts_are_a_consolidation() -> None:
    second = replace(paid(2, SEED, MIDDLE, 10), shares=(Share(Origin("other", ETH), "recorded", 10 * E18, 10 * E18),))
    result = result_of(
        paid(1, SEED, MIDDLE, 10),
        second,
        paid(3, MIDDLE, EXCHANGE, 20),
        holders=[got(MIDDLE, 20), got(EXCHANGE, 20, label(EXCHANGE, "e", "exchange", "E"), stop="service")],
    )
    (entry,) = build(result, as_of=DAY, prices=Closes()).entries
    assert (entry.role, entry.reason) == ("service_sender", "R02;R09;R10")


def test_a_seed_that_starts_with_stolen_units_is_named_without_an_amount() -> None:
    flags = build(result_of(paid(1, SEED, EXCHANGE, 5), holders=[got(SEED, 0, hop=0)]), as_of=DAY, prices=Closes())
    (lead,) = flags.leads
    assert (lead.role, lead.asset, lead.policy, lead.tainted, lead.first_tx) == ("theft_receiver", "", "", None, "")


def test_receipts_of_outpoints_are_counted_not_dropped() -> None:
    outpoint = "a" * 64 + ":0"
    result = result_of(paid(1, SEED, outpoint, 5), holders=[got(outpoint, 5)])
    flags = build(result, as_of=DAY, prices=None)
    assert (flags.entries, flags.counts["outpoints"]) == ((), 1)
    assert flags.note().endswith("1 receipt of outputs without an address not listed.")


def test_the_incident_gives_the_statement_of_the_attribution_never_the_rank_of_an_address() -> None:
    sources = [
        Publication("paper", "A firm", "t", "u", rank="A4"),
        Publication("psa", "An agency", "t", "u", rank="A1"),
    ]
    incident = Incident(
        "demo", "Demo", "2025-03-01", "", (), tuple(Attribution("X", "", s) for s in sources), (), (), (), ()
    )
    result = result_of(paid(1, SEED, MIDDLE, 50), holders=[got(MIDDLE, 50)])
    (entry,) = build(result, as_of=f"{DAY}T13:00:00Z", prices=None, incident=incident, tlp="TLP:AMBER").entries
    assert (entry.attribution_rank, entry.source_attribution, entry.tlp) == ("", "psa", "TLP:AMBER")
    assert entry.valid_from == "2026-11-23T00:00:00Z"


def test_the_list_does_not_depend_on_the_order_of_holders_and_movements() -> None:
    result = small_result()
    turned = replace(result, holders=dict(reversed(result.holders.items())), movements=result.movements[::-1])
    assert build(turned, as_of=DAY, prices=Closes()) == build(result, as_of=DAY, prices=Closes())


def test_a_list_without_a_day_is_refused() -> None:
    for day in ("", "yesterday"):
        with pytest.raises(InputError):
            build(small_result(), as_of=day, prices=None)


def test_the_note_tells_what_is_not_on_the_list() -> None:
    flags = build(small_result(), as_of=DAY, prices=Closes())
    assert flags.note() == (
        "The draft list of this trace has 1 row, an address and an asset each, of 1 address. Not on it: 0 rows of "
        "leads (leads.csv), 0 below the floors, and 1 guarded address (services, victims, contracts); kept_off.csv "
        "says why of each."
    )


def test_chains_are_told_apart() -> None:
    other = ChainId("eip155:56")
    move = paid(1, SEED, DEPOSITOR, 50, chain=other, asset=AssetId("eip155:56/slip44:714"))
    flags = build(result_of(move, holders=[got(DEPOSITOR, 50)]), as_of=DAY, prices=None)
    assert (flags.entries, flags.counts["candidates"]) == ((), 0)


def test_e9_end_amount_and_throughput_stand_apart_and_each_has_its_interval() -> None:
    result = result_of(paid(1, SEED, MIDDLE, 50), paid(2, MIDDLE, DEPOSITOR, 45), holders=[got(MIDDLE, 60)])
    result = replace(result, exits=(leaf(MIDDLE, "at_rest", 5 * E18, Arrival(DAY1, "", 50 * E18)),))
    place = (result.movements[0].chain, MIDDLE, ETH)
    came = Range(49 * E18, 50 * E18, "PARTIAL", (), basis="vouched")
    ends = Range(0, 6 * E18, "POSSIBLE", (), basis="open")
    flags = build(result, as_of=DAY, prices=Closes(), ends={place: ends}, received={place: came})
    (entry,) = flags.entries
    assert (entry.tainted, entry.min, entry.max, entry.certainty) == (5 * E18, 0, 6 * E18, "POSSIBLE")
    assert (entry.passed_through, entry.passed_min, entry.passed_max) == (50 * E18, 49 * E18, 50 * E18)
    assert (entry.passed_certainty, entry.basis, entry.tier) == ("PARTIAL", "open", "T2")


def test_e9_rank_and_confidence_are_those_of_the_address_and_never_below_its_grade() -> None:
    named = [
        label(f"0x{digit * 40}", "x", "theft", "", rank=rank, incident="demo")
        for digit, rank in (("6", "A1"), ("7", "A2"), ("8", "A3"), ("9", "A4"), ("b", "A5"))
    ]
    moves = [paid(i, SEED, one.address, 50) for i, one in enumerate(named, 1)]
    flags = build(result_of(*moves, holders=[got(x.address, 50, x) for x in named]), as_of=DAY, prices=Closes())
    assert [(e.attribution_rank, e.confidence, e.tier) for e in flags.entries] == [
        ("A1", 90, "T1"),
        ("A2", 85, "T1"),
        ("A3", 80, "T1"),
        ("A4", 70, "T3"),
        ("A5", 70, "T3"),
    ]


def test_e9_what_is_held_back_stands_in_a_file_with_its_reason() -> None:
    result = result_of(movement(1, SEED, MIDDLE, 10**15, 10**15), holders=[got(MIDDLE, 1)])
    flags = build(result, as_of=DAY, prices=Closes())
    assert (flags.entries, flags.leads) == ((), ())
    assert [(k.caip10, k.cls) for k in flags.kept_off] == [(acct(MIDDLE), "below_usd")]


def test_a2_only_the_receiver_of_a_theft_is_listed_as_such() -> None:
    moves = [paid(i, COLD, who, 50, hop=0) for i, who in enumerate((SEED, MIDDLE, DEPOSITOR), 1)]
    result = result_of(*moves, holders=[got(who, 50, hop=0) for who in (SEED, MIDDLE, DEPOSITOR)])
    chain = result.movements[0].chain
    parties = Parties(receivers={(chain, SEED)}, counterparties={(chain, DEPOSITOR): {result.movements[2].tx}})
    flags = build(result, as_of=DAY, prices=Closes(), parties=parties)
    assert [(e.address, e.role) for e in flags.entries] == [(SEED, "theft_receiver")]
    assert [(e.address, e.role, e.tier) for e in flags.leads] == [(MIDDLE, "intermediate", "T4")]
    assert [(k.caip10, k.cls) for k in flags.kept_off] == [(acct(DEPOSITOR), "counterparty")]


def test_change_back_to_the_payer_is_no_receipt() -> None:
    there, back = paid(1, MIDDLE, DEPOSITOR, 30, event="one"), paid(2, MIDDLE, MIDDLE, 20, event="one")
    result = result_of(there, back, holders=[got(MIDDLE, 50), got(DEPOSITOR, 30)])
    assert [e.address for e in build(result, as_of=DAY, prices=Closes()).entries] == [DEPOSITOR]


def test_d4_an_unguarded_list_says_so() -> None:
    assert "UNGUARDED" in build(small_result(), as_of=DAY, prices=Closes(), registry=False).note()
    assert "UNGUARDED" not in build(small_result(), as_of=DAY, prices=Closes()).note()


def test_e9_the_legend_has_every_column_and_every_code() -> None:
    assert tuple(FLAG_COLUMNS) == COLUMNS
    assert BASES == ("whole", "reconciled", "vouched", "open")
    assert (list(TIER_WORDS), len(ROLE_WORDS)) == (["T1", "T2", "T3", "T4"], 14)
    assert {f"R{n:02d}" for n in range(1, 15)} | {f"W{n}" for n in range(1, 11)} == set(REASON_WORDS)
