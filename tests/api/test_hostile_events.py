"""Events on which a hostile witness got a false link or a false certainty: what is one event, and in what order."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile_tables import at, row, traced, tx, written

from tracer import open_table
from tracer.api import Trace
from tracer.errors import DataFileError, InputError
from tracer.trace import theft_times

Row = dict[str, object]
OTHER = "bbb"


def held(trace: Trace) -> dict[tuple[str, str], tuple[int, int, int, str, str]]:
    """Return by address and asset: tainted, min, max, certainty, basis."""
    return {
        (one["address"], one["asset"]): tuple(one[x] for x in ("tainted", "min", "max", "certainty", "basis"))
        for one in trace.exits().to_dict("records")
    }


def swap(who: str, pool: str, given: int, got: int, block: int, event: str, **more: object) -> list[Row]:
    """Return the two rows of a swap of one asset for the other."""
    return [
        row(who, pool, given, block, event=event, **more),
        row(pool, who, got, block, event=event, asset=OTHER, **more),
    ]


def numbered(rows: list[Row]) -> list[Row]:
    """Return rows with their order as positions."""
    return [{**one, "position": place} for place, one in enumerate(rows)]


def test_c2_a_payment_beside_a_strangers_swap_pays_whom_it_pays(tmp_path: Path) -> None:
    rows = numbered([row("V", "C", 10, 1), *swap("H", "X", 100, 50, 2, "e"), row("C", "Y", 10, 2, event="e")])
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {(at("Y"), "aaa"): (10, 10, 10, "FORCED", "vouched")}


def test_c2_a_strangers_payment_in_the_event_of_a_thiefs_swap_takes_nothing_of_it(tmp_path: Path) -> None:
    rows = numbered([row("V", "H", 100, 1), *swap("H", "X", 100, 50, 2, "e"), row("C", "Y", 10, 2, event="e")])
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {(at("H"), OTHER): (50, 50, 50, "FORCED", "vouched")}


def test_c2_who_pays_a_fee_beside_a_swap_for_another_pays_it_of_its_own(tmp_path: Path) -> None:
    rows = numbered(
        [
            row("V", "H", 100, 1),
            row("H", "X", 96, 2, event="e"),
            row("H", "Y", 4, 2, event="e"),
            row("X", "C", 48, 2, event="e", asset=OTHER),
        ]
    )
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {
        (at("Y"), "aaa"): (4, 4, 4, "FORCED", "vouched"),
        (at("C"), OTHER): (48, 48, 48, "CONDITIONAL", "open"),
    }


CHAIN = "bip122:000000000019d6689c085ae165831e93"
COIN = f"{CHAIN}/slip44:0"
FIRST = "166pNsorHyGbsbMKKn4CEodbuXaFa3Y8KA"
SECOND = "1NgHkgxfcdBqTr3ZfmchGZGGkGdMMoxSx6"
THIRD = "16R51mmfg92dGP6FLEF5Vb45e2b7Yx8UaJ"
FOURTH = "19VVNekkNUsmfQBWHQe7qdzS46nuPiyzPS"


def txid(number: int) -> str:
    return f"{number:064x}"


def leg(side: str, outpoint: str, address: str, amount: int, number: int, event: str = "", **more: object) -> Row:
    """Return a leg of a Bitcoin ledger; transaction, block and event have one number."""
    return {
        **{"event": event or txid(number), "side": side, "holder": outpoint, "address": address, "asset": COIN},
        **{"amount": amount, "chain": CHAIN, "block": number, "tx": txid(number), **more},
    }


THEFT = [
    leg("debit", f"{txid(90)}:0", FIRST, 990, 1),
    leg("credit", f"{txid(1)}:0", SECOND, 990, 1),
]


def spent(folder: Path, rows: list[Row]) -> dict[tuple[str, str], tuple[int, int, int, str, str]]:
    case = open_table(
        ledger=written(folder / "l.csv", [*THEFT, *rows]),
        seeds=written(
            folder / "s.csv", [{"kind": "output", "value": f"{txid(1)}:0", "asset": "", "origin": "o", "chain": CHAIN}]
        ),
        complete=True,
        registry=False,
    )
    return held(case.trace(bounds=True))


@pytest.mark.parametrize("events", [("", ""), ("x1", "x2")])
@pytest.mark.parametrize("named", [True, False])
def test_b3_a_bitcoin_transaction_is_one_event_whatever_its_rows_say(
    tmp_path: Path, events: tuple[str, str], *, named: bool
) -> None:
    rows = [
        leg("debit", f"{txid(1)}:0", SECOND, 990, 2, events[0]),
        leg("credit", f"{txid(2)}:0", THIRD, 990, 2, events[0]),
        leg("debit", f"{txid(66)}:0", FIRST, 500, 2, events[1]),
        leg("credit", f"{txid(2)}:1", FOURTH, 500, 2, events[1]),
    ]
    if not named:  # a leg without a transaction is of that of its event
        rows[1]["tx"] = ""
    assert spent(tmp_path, rows) == {
        (THIRD, COIN): (990, 490, 990, "PARTIAL", "vouched"),
        (FOURTH, COIN): (0, 0, 500, "POSSIBLE", ""),
    }


def test_b3_legs_without_a_transaction_stay_as_they_are(tmp_path: Path) -> None:
    rows = [
        leg("debit", f"{txid(1)}:0", SECOND, 990, 2, "x1", tx=""),
        leg("credit", f"{txid(2)}:0", THIRD, 990, 2, "x1", tx=""),
        leg("debit", f"{txid(66)}:0", FIRST, 500, 2, "x2", tx=""),
        leg("credit", f"{txid(2)}:1", FOURTH, 500, 2, "x2", tx=""),
    ]
    assert spent(tmp_path, rows) == {(THIRD, COIN): (990, 990, 990, "FORCED", "vouched")}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [leg("debit", f"{txid(1)}:0", SECOND, 990, 2), leg("credit", f"{txid(5)}:0", THIRD, 990, 2)],
            "Row 4, column 'holder': .* is made in transaction",
        ),
        (
            [leg("debit", f"{txid(1)}:0", FOURTH, 990, 2), leg("credit", f"{txid(2)}:0", THIRD, 990, 2)],
            "Row 3, column 'address': .* but row 2 made it for",
        ),
        (
            [
                *(leg("debit", f"{txid(1)}:0", SECOND, 990, 2), leg("credit", f"{txid(2)}:0", THIRD, 990, 2)),
                *(leg("debit", f"{txid(2)}:0", THIRD, 990, 2), leg("credit", f"{txid(2)}:1", FOURTH, 990, 2)),
            ],
            "Row 5: .* is spent in the event that makes it, in row 4",
        ),
        (
            [
                leg("debit", f"{txid(1)}:0", SECOND, 990, 2, "e"),
                leg("credit", f"{txid(3)}:0", THIRD, 990, 3, "e", block=2),
            ],
            "Row 4, column 'tx': event 'e' is of transaction .* in row 3",
        ),
    ],
)
def test_b3_a_bitcoin_transaction_that_cannot_be_is_refused_with_its_rows(
    tmp_path: Path, rows: list[Row], said: str
) -> None:
    with pytest.raises(DataFileError, match=said):
        spent(tmp_path, rows)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("between", [False, True])
def test_b5_what_a_holder_seed_takes_does_not_hang_on_the_order_of_lines(
    tmp_path: Path, first: int, *, between: bool
) -> None:
    two = [row("C", "H", 10, 1, tx=tx(5)), row("H", "X", 10, 1, tx=tx(6))]
    rows = [two[first], *(swap("D", "E", 4, 2, 1, "e") if between else []), two[1 - first]]
    seed = {"kind": "holder", "value": at("H")}
    trace = traced(tmp_path, rows, [seed], complete=False)
    assert {origin.name: amount for origin, amount in trace.result.stolen.items()} == {"o": 10}
    assert held(trace)[at("X"), "aaa"][1:4] == (0, 10, "POSSIBLE")


BEFORE = [
    row("C", "K", 100, 1, tx=tx(11)),
    row("C", "X", 50, 1, tx=tx(12), asset=OTHER),
    row("V", "H", 100, 1, tx=tx(13)),
]


@pytest.mark.parametrize("straight", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_b5_a_conversion_has_any_place_in_its_block(tmp_path: Path, *, straight: bool, first: bool) -> None:
    pays = [row("V" if straight else "H", "K", 100, 2, tx=tx(21))]
    swaps = swap("K", "X", 100, 50, 2, "e", tx=tx(22))
    rows = [*BEFORE[: 2 if straight else 3], *(swaps + pays if first else pays + swaps)]
    trace = traced(tmp_path, rows, [{"value": tx(21 if straight else 13), "victim": at("V")}])
    assert {key: one[1:4] for key, one in held(trace).items()} == {
        (at("K"), "aaa"): (0, 100, "POSSIBLE"),
        (at("K"), OTHER): (0, 50, "POSSIBLE"),
    }
    assert trace.result.coverage.unordered == 0


def test_b5_what_is_converted_and_paid_on_in_one_block_has_any_order(tmp_path: Path) -> None:
    rows = [
        row("V", "K", 100, 1, tx=tx(1)),
        row("C", "K", 50, 1, tx=tx(12), asset=OTHER),
        row("C", "X", 50, 1, tx=tx(14), asset=OTHER),
        row("K", "Y", 50, 2, tx=tx(21), asset=OTHER),
        *swap("K", "X", 100, 50, 2, "e", tx=tx(22)),
    ]
    found = held(traced(tmp_path, rows, [{"victim": at("V")}]))
    assert {key: one[1:4] for key, one in found.items()} == {
        (at("K"), OTHER): (0, 50, "POSSIBLE"),
        (at("Y"), OTHER): (0, 50, "POSSIBLE"),
    }


@pytest.mark.parametrize("first", [True, False])
def test_b5_a_conversion_follows_the_only_order_that_feeds_it(tmp_path: Path, *, first: bool) -> None:
    """The table is whole and K began with nothing: it was paid before it converted, however the rows stand."""
    pays, swaps = [row("H", "K", 100, 2, tx=tx(21))], swap("K", "X", 100, 50, 2, "e", tx=tx(22))
    rows = [*BEFORE[1:], *(pays + swaps if first else swaps + pays), row("K", "Y", 50, 3, asset=OTHER)]
    trace = traced(tmp_path, rows, [{"value": tx(13), "victim": at("V")}])
    assert held(trace) == {(at("Y"), OTHER): (50, 50, 50, "FORCED", "vouched")}


@pytest.mark.parametrize("first", [True, False])
def test_b5_nothing_certain_rests_on_the_place_of_conversions_in_a_circle(tmp_path: Path, *, first: bool) -> None:
    """Two conversions through one pool, one each way: each can feed the other."""
    pays = [row("H", "K", 100, 2, tx=tx(21))]
    swaps = [
        *swap("K", "X", 100, 50, 2, "e", tx=tx(22)),
        row("D", "X", 50, 2, event="f", asset=OTHER, tx=tx(23)),
        row("X", "D", 90, 2, event="f", tx=tx(23)),
    ]
    rows = [*BEFORE, row("C", "D", 50, 1, tx=tx(15), asset=OTHER), *(swaps + pays if first else pays + swaps)]
    trace = traced(tmp_path, rows, [{"value": tx(13), "victim": at("V")}])
    assert not {one[3] for one in held(trace).values()} & {"FORCED", "PARTIAL"}
    coverage = trace.result.coverage
    assert coverage.unordered
    assert coverage.vouching_void["eip155:1", at("K"), "aaa"] == "the order of a conversion in its block is not known"
    assert "every order but those of conversions" in repr(trace)


@pytest.mark.parametrize("place", [2, 3, 4])
def test_b5_a_conversion_of_strangers_in_the_block_changes_nothing(tmp_path: Path, place: int) -> None:
    rows = [row("V", "H", 100, 1, tx=tx(1)), row("C", "K", 100, 1, tx=tx(12))]
    rows += [row("K", "Y", 100, 2, tx=tx(22)), row("H", "K", 100, 2, tx=tx(21))]
    rows[place:place] = swap("D", "E", 4, 2, 2, "e", tx=tx(23))
    found = held(traced(tmp_path, rows, [{"victim": at("V")}]))
    assert {key: one[1:4] for key, one in found.items()} == {
        (at("K"), "aaa"): (0, 100, "POSSIBLE"),
        (at("Y"), "aaa"): (0, 100, "POSSIBLE"),
    }


def test_b5_positions_tell_where_a_conversion_stands(tmp_path: Path) -> None:
    rows = numbered([*BEFORE, *swap("K", "X", 100, 50, 2, "e", tx=tx(22)), row("H", "K", 100, 2, tx=tx(21))])
    trace = traced(tmp_path, rows, [{"value": tx(13), "victim": at("V")}])
    assert held(trace) == {(at("K"), "aaa"): (100, 100, 100, "FORCED", "vouched")}
    assert trace.result.coverage.unordered == 0


def test_c2_a_payment_beside_a_swap_of_payer_and_payee_pays_whom_it_pays(tmp_path: Path) -> None:
    given = [row("H", "X", 100, 2, event="e"), row("X", "B", 50, 2, event="e", asset=OTHER)]
    rows = numbered([row("V", "C", 10, 1), *given, row("C", "Y", 10, 2, event="e")])
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {(at("Y"), "aaa"): (10, 10, 10, "FORCED", "vouched")}


def test_c2_two_swaps_of_strangers_in_one_event_stay_apart(tmp_path: Path) -> None:
    rows = numbered(
        [
            row("V", "H", 100, 1),
            *(row("H", "X", 100, 2, event="e"), row("X", "B", 50, 2, event="e", asset=OTHER)),
            *(row("C", "Y", 100, 2, event="e"), row("Y", "D", 50, 2, event="e", asset=OTHER)),
        ]
    )
    assert held(traced(tmp_path, rows, [{"victim": at("V")}])) == {
        (at("B"), OTHER): (50, 50, 50, "CONDITIONAL", "open")
    }


CAPITAL = [
    row("V", "H", 100, 1, event="e", position=1),
    row("H", "X", 110, 1, event="e", position=2),
    row("X", "H", 11, 1, event="e", position=3, asset=OTHER),
    row("H", "Y", 4, 2, position=1, asset=OTHER),
]


def test_a2_a_thief_who_adds_money_of_its_own_to_what_it_swaps_is_followed(tmp_path: Path) -> None:
    trace = traced(tmp_path, CAPITAL, [{"victim": at("V")}])
    found = held(trace)
    assert {key: one[0] for key, one in found.items()} == {(at("H"), OTHER): 6, (at("Y"), OTHER): 4}
    for key, (low, high) in {(at("H"), OTHER): (6, 7), (at("Y"), OTHER): (3, 4)}.items():
        assert found[key][1] <= low
        assert high <= found[key][2]
    assert at("X") not in {one.address for one in trace.flags().entries}
    assert at("H") in {one.address for one in (*trace.flags().entries, *trace.flags().leads)}


def test_a2_no_proposed_seed_names_a_pool(tmp_path: Path) -> None:
    rows = [
        row("V", "X", 100, 1, event="e", position=1),
        row("X", "H", 5, 1, event="e", position=2, asset=OTHER),
        row("H", "Y", 4, 2, position=1, asset=OTHER),
    ]
    with pytest.raises(InputError, match="receives none of it in net") as refused:
        traced(tmp_path, rows, [{"victim": at("V"), "recipient": at("Y")}])
    proposed = str(refused.value.next_step)
    assert at("X") not in proposed
    assert f",{at('V')}," in proposed
    found = held(traced(tmp_path, rows, [{"victim": at("V")}]))
    assert {key: one[0] for key, one in found.items()} == {(at("H"), OTHER): 1, (at("Y"), OTHER): 4}


TIPS = [
    [("V", "X", 100, "aaa"), ("X", "H", 11, "bbb"), ("H", "Y", 1, "eee")],
    [("V", "H", 100, "aaa"), ("H", "X", 100, "aaa"), ("H", "X", 5, "bbb"), ("X", "H", 11, "ccc")],
]


@pytest.mark.parametrize("rows", TIPS)
def test_a2_whom_a_thief_tips_or_pays_beside_a_swap_is_no_receiver_of_the_theft(
    tmp_path: Path, rows: list[tuple[str, str, int, str]]
) -> None:
    """Who is pool and who thief such rows do not say: nothing is certain, nobody listed; the seed may say it."""
    told = [
        row(one, to, n, 1, event="e", position=place, asset=asset) for place, (one, to, n, asset) in enumerate(rows)
    ]
    trace = traced(tmp_path, told, [{"victim": at("V")}])
    assert not {one.address for one in trace.flags().entries}
    assert {one[3] for one in held(trace).values()} == {"CONDITIONAL"}
    thief = traced(tmp_path, told, [{"victim": at("V"), "recipient": at("H")}])
    asset = rows[-1][3] if rows[-1][1] == "H" else rows[1][3]
    assert {key: one[0] for key, one in held(thief).items()} == {(at("H"), asset): 11}
    assert {one.address: (one.tier, one.role) for one in thief.flags().entries} == {at("H"): ("T2", "theft_receiver")}


def test_a2_a_consolidation_a_hop_further_is_no_second_theft(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 100, 3), row("X", "Y", 100, 5)]
    for second in (tx(3), tx(5)):
        with pytest.raises(InputError, match="both count for o"):
            traced(tmp_path, rows, [{}, {"value": second}])
    named = traced(tmp_path, rows, [{}, {"value": tx(5), "victim": at("X")}])
    assert {key[0]: one[0] for key, one in held(named).items()} == {at("X"): 100, at("Y"): 100}
    other = traced(tmp_path, rows, [{}, {"value": tx(5), "origin": "p"}])
    assert sum(one[0] for one in held(other).values()) == 200


@pytest.mark.parametrize("turn", [False, True])
def test_a1_recipients_of_one_theft_who_got_more_than_was_lost_share_it_by_the_rule(tmp_path: Path, turn: bool) -> None:
    """method ev-theft: V = 100, receivers 60 and 60: each [40, 60]."""
    rows = [row(*one, 1, event="e") for one in (("V", "H", 60), ("V", "X", 40), ("C", "X", 20))]
    seeds = [{"victim": at("V"), "recipient": at(name)} for name in "HX"]
    trace = traced(tmp_path, rows, seeds[::-1] if turn else seeds)
    assert sum(trace.result.stolen.values()) == 100
    found = held(trace)
    assert {key[0]: one[1:4] for key, one in found.items()} == {
        at("H"): (40, 60, "PARTIAL"),
        at("X"): (40, 60, "PARTIAL"),
    }
    assert found == held(traced(tmp_path, rows, [{"victim": at("V")}]))


def test_a2_whom_a_service_or_dust_connects_is_robbed_all_the_same(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "E", 1, 2), row("E", "M", 70, 3), row("M", "X", 70, 4)]
    second = {"value": tx(4)}
    trace = traced(tmp_path, rows, [{}, second], [("E", "exchange")], complete=False)
    assert sum(trace.result.stolen.values()) == 170
    assert any("same units, leave seed 2 out" in note for note in trace.result.coverage.notes)
    dust = [row("V", "H", 100, 1), row("C", "M", 70, 2), row("H", "M", 1, 3), row("M", "X", 70, 4)]
    assert sum(traced(tmp_path, dust, [{}, second]).result.stolen.values()) == 170


def test_a2_a_recipient_behind_one_pool_vouches_for_no_other(tmp_path: Path) -> None:
    rows = [
        row(one, to, n, 1, event="e", position=place, asset=asset)
        for place, (one, to, n, asset) in enumerate(
            [("V", "D", 100, "aaa"), ("D", "H", 11, "bbb"), ("V", "M", 10, "aaa"), ("M", "Y", 1, "eee")]
        )
    ]
    trace = traced(tmp_path, rows, [{"victim": at("V"), "recipient": at("H")}])
    assert {key[0]: one[3] for key, one in held(trace).items()} == {at("H"): "FORCED"}
    rows += [
        row("V", "K", 50, 1, event="e", position=8, asset="ccc"),
        row("K", "Y", 3, 1, event="e", position=9, asset="ddd"),
    ]
    seeds = [{"victim": at("V"), "recipient": at("H"), "asset": "aaa"}, {"victim": at("V"), "asset": "ccc"}]
    told = {key: one[3] for key, one in held(traced(tmp_path, rows, seeds)).items()}
    assert told[at("H"), "bbb"] == "FORCED"
    assert "FORCED" not in {one for key, one in told.items() if key[0] != at("H")}
    stranger = [*rows[:1], row("D", "M", 11, 1, event="e", position=1, asset="bbb")]
    stranger.append(row("C", "H", 5, 1, event="e", position=2, asset="ccc"))
    with pytest.raises(InputError, match="receives none of it in net"):
        traced(tmp_path, stranger, [{"victim": at("V"), "recipient": at("H")}])


def behind(*flows: tuple[str, str, int, str]) -> list[Row]:
    """Return the rows of one theft transaction."""
    return [
        row(one, to, amount, 1, event="e", position=place, asset=asset)
        for place, (one, to, amount, asset) in enumerate(flows)
    ]


def test_a2_no_amount_makes_a_pool_the_recipient(tmp_path: Path) -> None:
    rows = behind(("V", "D", 100, "aaa"), ("D", "H", 11, "bbb"))
    for recipient in ("", at("H")):
        with pytest.raises(InputError):
            traced(tmp_path, rows, [{"victim": at("V"), "amount": 60, "recipient": recipient}])


def test_a2_a_recipient_behind_a_pool_takes_what_went_through_it(tmp_path: Path) -> None:
    rows = behind(("V", "D", 60, "aaa"), ("V", "M", 40, "aaa"), ("D", "H", 11, "bbb"))
    seed = {"victim": at("V"), "recipient": at("H")}
    trace = traced(tmp_path, rows, [seed])
    assert sum(trace.result.stolen.values()) == 60
    assert {key[0]: one[0] for key, one in held(trace).items() if one[0]} == {at("H"): 11}
    both = traced(tmp_path, rows, [seed, {"victim": at("V"), "recipient": at("M")}])
    assert sum(both.result.stolen.values()) == 100


def test_a2_a_named_recipient_with_money_of_its_own_in_the_pool_is_the_receiver(tmp_path: Path) -> None:
    rows = behind(("V", "D", 100, "aaa"), ("H", "D", 10, "aaa"), ("D", "H", 12, "bbb"))
    rows.append(row("H", "Y", 12, 2, asset="bbb", position=0))
    listed = {
        one.address: one.role
        for one in traced(tmp_path, rows, [{"victim": at("V"), "recipient": at("H")}]).flags().entries
    }
    assert listed[at("H")] == "theft_receiver"
    assert at("Y") in listed


@pytest.mark.parametrize("recipient", ["", at("H")])
def test_a2_who_was_paid_by_the_pool_is_no_victim_of_a_consolidation(tmp_path: Path, recipient: str) -> None:
    rows = [*behind(("V", "D", 100, "aaa"), ("D", "H", 11, "bbb")), row("H", "Y", 11, 2, asset="bbb", position=0)]
    with pytest.raises(InputError, match="both count for o"):
        traced(tmp_path, rows, [{"recipient": recipient, "asset": "aaa"}, {"value": tx(2), "asset": "bbb"}])


@pytest.mark.parametrize("when", ["2024-01-01", "2024-01-01T10:00Z"])
def test_b5_positions_order_no_minute_and_no_day(tmp_path: Path, when: str) -> None:
    rows = [
        {**row(one, to, 100, number), "block": "", "position": number, "time": when}
        for number, (one, to) in enumerate((("V", "H"), ("H", "X"), ("C", "H")), 1)
    ]
    found = held(traced(tmp_path, rows))
    assert found[at("X"), "aaa"][1:4] == (0, 100, "POSSIBLE")


def test_a2_a_pool_of_a_theft_whose_payment_was_not_read_is_no_receiver(tmp_path: Path) -> None:
    rows = written(tmp_path / "t.csv", [row("V", "D", 100, 1)])
    seeds = written(tmp_path / "s.csv", [{"kind": "tx", "value": tx(1), "asset": "aaa", "origin": "o"}])
    lost = {"chain": "eip155:1", "tx": tx(1), "sender": at("D"), "recipient": at("H"), "why": "unknown decimals"}
    unread = written(tmp_path / "u.csv", [lost])
    trace = open_table(transfers=rows, seeds=seeds, unread=unread, complete=True, registry=False).trace(bounds=True)
    assert [(one["address"], one["stop_reason"]) for one in trace.exits().to_dict("records")] == [(at("D"), "contract")]
    assert not trace.flags().entries
    assert any("pays what no row has" in note for note in trace.result.coverage.notes)


def test_a1_recipients_whose_shares_nobody_can_say_are_refused(tmp_path: Path) -> None:
    rows = [row(*one, 1, event="e") for one in (("V", "H", 60), ("V", "X", 40), ("C", "X", 20))]
    seeds = [{"victim": at("V"), "recipient": at(name)} for name in "HX"]
    with pytest.raises(InputError, match="together"):
        traced(tmp_path, rows, [*seeds, {"victim": at("C"), "origin": "p"}])


def test_a1_recipients_of_different_victims_that_want_too_much_together_are_refused(tmp_path: Path) -> None:
    rows = [row(*one, 1, event="e") for one in (("V", "H", 50), ("C", "H", 30), ("C", "X", 20), ("D", "X", 40))]
    seeds = [
        {"victim": at("V"), "recipient": at("H")},
        {"victim": f"{at('V')};{at('C')}", "recipient": at("X")},
    ]
    with pytest.raises(InputError, match="claim"):
        traced(tmp_path, rows, seeds)


def test_a1_who_begins_with_units_may_be_paid_by_a_theft_of_another_name(tmp_path: Path) -> None:
    rows = [row("V", "H", 4, 1, event="e", position=1), row("V", "X", 2, 1, event="e", position=2)]
    seeds = [{"kind": "holder", "value": at("X"), "amount": 1, "origin": "p"}, {"victim": at("V")}]
    assert sorted(traced(tmp_path, rows, seeds).result.stolen.values()) == [1, 6]


GIFT = [row("V", "H", 100, 1), row("H", "X", 100, 2, event="e"), row("C", "H", 1, 2, event="e", asset=OTHER)]


def test_c2_a_service_that_gives_nothing_was_paid_whatever_token_came_in_beside(tmp_path: Path) -> None:
    trace = traced(tmp_path, numbered(GIFT), labels=[("X", "exchange")])
    assert held(trace) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}


@pytest.mark.parametrize("label", [(), ("dex",)])
def test_c2_nothing_certain_rests_on_an_exchange_that_nobody_shows(tmp_path: Path, label: tuple[str, ...]) -> None:
    rows = numbered([*GIFT, row("X", "Y", 100, 3)])
    trace = traced(tmp_path, rows, labels=[("X", one) for one in label])
    assert held(trace)[at("H"), OTHER][:4] == (1, 1, 1, "FORCED" if label else "CONDITIONAL")
    pages = {name: trace.address(at(name)) for name in "XY"}
    assert all(("No stolen units can have reached it" in repr(page)) == bool(label) for page in pages.values())
    assert ("followed as an exchange" in " ".join(repr(trace).split())) != bool(label)
    assert [one.caip10 for one in trace.flags().kept_off if one.cls == "unvouched"] == (
        [] if label else [f"eip155:1:{at('X')}"]
    )


def test_c2_whom_an_exchange_that_nobody_shows_pays_for_another_is_a_lead(tmp_path: Path) -> None:
    through = [row("H", "M", 100, 2, event="e"), row("M", "X", 100, 2, event="e")]
    back = [row("C", "M", 50, 2, event="e", asset=OTHER), row("M", "Y", 50, 2, event="e", asset=OTHER)]
    flags = traced(tmp_path, numbered([row("V", "H", 100, 1), *through, *back])).flags()
    assert [one.address for one in flags.entries] == [at("H")]
    assert [one.address for one in flags.leads] == [at("Y")]


def test_c2_a_swap_paid_out_to_a_service_stays_a_swap(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 100, 2, event="e"), row("X", "Y", 50, 2, event="e", asset=OTHER)]
    trace = traced(tmp_path, numbered(rows), labels=[("Y", "exchange")])
    assert held(trace) == {(at("Y"), OTHER): (50, 50, 50, "CONDITIONAL", "open")}


def test_c2_a_payment_beside_an_exchange_of_strangers_in_other_assets_pays_whom_it_pays(tmp_path: Path) -> None:
    beside = [
        row("C", "D", 5, 2, event="e", asset=OTHER),
        row("D", "C", 3, 2, event="e", asset="ccc"),
    ]
    rows = numbered([row("V", "H", 100, 1), row("H", "X", 100, 2, event="e"), *beside])
    assert held(traced(tmp_path, rows)) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}


@pytest.mark.parametrize("beside", [40, 50])
def test_c2_a_service_is_paid_by_who_its_row_names_not_by_a_stranger_of_the_event(tmp_path: Path, beside: int) -> None:
    rows = [
        *(row("V", "K", 60, 1), row("K", "X", 50, 2, event="e"), row("K", "D", 10, 2, event="e")),
        *(row("Z", "D", beside, 2, event="e"), row("D", "K", 10, 2, event="e", asset=OTHER)),
    ]
    trace = traced(tmp_path, numbered(rows), labels=[("X", "exchange")])
    assert held(trace)[at("X"), "aaa"] == (50, 50, 50, "FORCED", "vouched")
    paid = {(one["sender"], one["recipient"]): one["tainted"] for one in trace.movements().to_dict("records")}
    assert paid[at("K"), at("X")] == 50


def test_c2_a_tokens_own_contract_is_no_pool_because_it_issues_it(tmp_path: Path) -> None:
    token = f"eip155:1/erc20:{at('X')}"
    rows = [
        *(row("V", "H", 100, 1), row("H", "X", 100, 2, event="e")),
        {**row("H", "H", 1, 2, event="e", asset=token), "sender": "", "kind": "mint"},
        row("X", "Y", 100, 3),
    ]
    trace = traced(tmp_path, numbered(rows))
    assert held(trace)[at("H"), token][3] == "CONDITIONAL"
    assert "No stolen units can have reached it" not in repr(trace.address(at("Y")))


def test_b5_a_theft_in_a_circle_of_a_block_still_ends_what_its_victim_holds(tmp_path: Path) -> None:
    rows = [row("V", "K", 100, 1), row("K", "X", 100, 2, tx=tx(8)), row("X", "K", 100, 2, tx=tx(9))]
    trace = traced(tmp_path, rows, [{}, {"value": tx(9), "origin": "p", "victim": at("X")}])
    found = {
        (leaf["address"], leaf["stop_reason"], leaf["origin"]): (leaf["tainted"], leaf["min"], leaf["max"])
        for leaf in trace.exits().to_dict("records")
    }
    # In the other order of the two K pays X what the theft gave it.
    assert found[at("K"), "at_rest", "p"] == (100, 0, 100)
    assert found[at("X"), "stolen_again", "o"] == (100, 0, 100)


def test_e1_units_of_thefts_of_several_days_have_no_worth_at_the_theft(tmp_path: Path) -> None:
    coin = "eip155:1/slip44:60"
    rows = [
        row("V", "H", 10**18, 1, asset=coin, time="2024-01-01"),
        row("V", "H", 10**20, 2, asset=coin, time="2024-06-01"),
        row("H", "X", 10**20 + 10**18, 3, asset=coin, time="2024-06-02"),
    ]
    trace = traced(tmp_path, numbered(rows), [{"asset": coin}, {"asset": coin, "value": tx(2)}])
    assert list(theft_times(trace.result).values()) == [None]


def test_c2_payments_of_strangers_in_one_event_are_no_exchange(tmp_path: Path) -> None:
    rows = [row("V", "K", 100, 1), row("K", "X", 100, 2, event="e"), row("Z", "Y", 10, 2, event="e", asset=OTHER)]
    trace = traced(tmp_path, numbered(rows), labels=[("X", "dex")])
    assert [(one["address"], one["stop_reason"]) for one in trace.exits().to_dict("records")] == [(at("X"), "contract")]


def test_c2_who_only_pays_in_three_assets_pays_whom_it_pays(tmp_path: Path) -> None:
    dust = [row("K", "W", 1, 2, event="e", asset=OTHER), row("K", "W", 1, 2, event="e", asset="ccc")]
    rows = [row("V", "K", 100, 1), row("K", "X", 100, 2, event="e"), *dust, row("X", "Y", 100, 3)]
    trace = traced(tmp_path, numbered(rows))
    assert held(trace) == {(at("Y"), "aaa"): (100, 100, 100, "FORCED", "vouched")}


def test_a1_a_receiver_taken_for_a_contract_is_named_and_nothing_certain_rests_on_it(tmp_path: Path) -> None:
    dust = [row("K", "W", 1, 1, asset=OTHER), row("K", "W", 1, 1, asset="ccc")]
    trace = traced(tmp_path, numbered([row("V", "K", 100, 1), *dust, row("K", "Y", 100, 2)]))
    assert held(trace)[at("K"), "aaa"] == (100, 100, 100, "CONDITIONAL", "open")
    assert (f"eip155:1:{at('K')}", "unvouched") in {(one.caip10, one.cls) for one in trace.flags().kept_off}
    for name in "KY":
        assert "No stolen units can have reached it" not in repr(trace.address(at(name)))
    assert "new issue" not in repr(trace.address(at("K")))


def test_a_strangers_row_of_a_token_makes_no_certain_contract_of_who_has_its_address(tmp_path: Path) -> None:
    token, coin = f"eip155:1/erc20:{at('X')}", "eip155:1/slip44:60"
    rows = [
        *(row("V", "K", 100, 1, asset=coin), row("K", "X", 100, 2, asset=coin), row("X", "Y", 100, 3, asset=coin)),
        row("Z", "W", 1, 4, asset=token),
    ]
    trace = traced(tmp_path, numbered(rows), [{"asset": coin}])
    assert held(trace)[at("X"), coin] == (100, 100, 100, "CONDITIONAL", "open")
    assert "No stolen units can have reached it" not in repr(trace.address(at("Y")))


TIP = row("X", "W", 1, 2, event="e", asset=OTHER)
BURN = {**row("X", "X", 1, 2, event="e", asset=OTHER), "recipient": "", "kind": "burn"}
GAS = {**row("X", "X", 1, 2, event="e", asset="gas"), "recipient": "", "kind": "fee"}


@pytest.mark.parametrize("beside", [[TIP], [BURN], [GAS, row("C", "H", 1, 2, event="e", asset=OTHER)]])
@pytest.mark.parametrize("label", ["", "exchange"])
def test_c2_what_a_payee_does_beside_makes_no_pool_of_it(tmp_path: Path, beside: list[Row], label: str) -> None:
    rows = numbered([row("V", "H", 100, 1), row("H", "X", 100, 2, event="e"), *beside, row("X", "Y", 100, 3)])
    trace = traced(tmp_path, rows, labels=[("X", label)] if label else [])
    if label:
        assert held(trace) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}
        assert [one.address for one in trace.flags().entries] == [at("H")]
        return
    assert {one[3] for one in held(trace).values()} == {"CONDITIONAL"}
    assert (f"eip155:1:{at('X')}", "unvouched") in {(one.caip10, one.cls) for one in trace.flags().kept_off}
    assert all("No stolen units can have reached it" not in repr(trace.address(at(name))) for name in "XY")


def test_c2_doubt_does_not_end_at_the_next_exchange(tmp_path: Path) -> None:
    rows = [
        *(row("V", "K", 100, 1), row("K", "W", 1, 1, asset=OTHER)),
        *(row("K", "X", 100, 2, event="e"), row("C", "D", 1, 2, event="e", asset=OTHER), row("X", "Y", 100, 3)),
    ]
    trace = traced(tmp_path, numbered(rows))
    assert all("No stolen units can have reached it" not in repr(trace.address(at(name))) for name in "KXY")


@pytest.mark.parametrize(("label", "paid"), [("mixer", 120), ("exchange", 30)])
def test_d2_no_event_is_netted_over_a_service(tmp_path: Path, label: str, paid: int) -> None:
    rows = [row("V", "K", 100, 1), row("K", "X", 100, 2, event="e"), row("X", "Y", paid, 2, event="e")]
    trace = traced(tmp_path, numbered(rows), labels=[("X", label)])
    assert held(trace) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}
    assert [one.address for one in trace.flags().entries] == [at("K")]


def test_d2_who_else_an_exchange_pays_in_a_thiefs_swap_is_its_customer(tmp_path: Path) -> None:
    rows = [row("V", "K", 100, 1), *swap("K", "X", 100, 10, 2, "e"), row("X", "Y", 5, 2, event="e", asset=OTHER)]
    trace = traced(tmp_path, numbered(rows), labels=[("X", "exchange")])
    assert held(trace) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}


@pytest.mark.parametrize("policy", ["fifo", "lifo", "haircut"])
def test_c1_strangers_of_one_event_and_asset_pay_with_their_own_money(tmp_path: Path, policy: str) -> None:
    rows = [
        *(row("C", "Z", 50, 1, tx=tx(7)), row("V", "K", 100, 2, tx=tx(1))),
        *(row("K", "X", 40, 3, event="e"), row("Z", "Y", 50, 3, event="e")),
    ]
    trace = traced(tmp_path, numbered(rows), policy=policy)
    assert held(trace)[at("X"), "aaa"][:3] == (40, 40, 40)
    assert (at("Y"), "aaa") not in held(trace)


def test_d4_what_a_victim_gets_back_and_pays_on_in_one_event_is_its_own(tmp_path: Path) -> None:
    rows = [row("V", "K", 100, 1), row("K", "V", 100, 2, event="e"), row("V", "Y", 100, 2, event="e")]
    flags = traced(tmp_path, numbered(rows), [{"victim": at("V")}]).flags()
    assert not flags.entries
    assert {(one.caip10[-1], one.cls) for one in flags.kept_off} >= {(at("Y")[-1], "through_victim")}


def test_d2_the_name_of_an_event_alone_joins_no_rows(tmp_path: Path) -> None:
    """A row without an event is called e2 where it is the second: another event may be called so in the table."""
    rows = [
        *(row("V", "K", 100, 1), row("K", "V", 60, 2)),
        *(row("V", "X", 55, 3, event="e2"), row("V", "Y", 5, 3, event="e2")),
    ]
    trace = traced(tmp_path, numbered(rows), [{"victim": at("V")}])
    assert {address: one[:3] for (address, _), one in held(trace).items()} == {
        at("K"): (40, 40, 40),
        at("X"): (55, 55, 55),
        at("Y"): (5, 5, 5),
    }
    assert len(trace.movements()) == 4


@pytest.mark.parametrize("kind", ["burn", "fee"])
def test_d2_a_burn_or_gas_beside_lets_no_event_be_netted_over_a_service(tmp_path: Path, kind: str) -> None:
    beside = {**row("C", "C", 1, 2, event="e", asset="gas"), "recipient": "", "kind": kind}
    rows = [row("V", "K", 100, 1), row("K", "X", 100, 2, event="e"), row("X", "Y", 100, 2, event="e"), beside]
    trace = traced(tmp_path, numbered(rows), labels=[("X", "exchange")])
    assert held(trace) == {(at("X"), "aaa"): (100, 100, 100, "FORCED", "vouched")}


def test_a1_what_a_victim_exchanges_it_exchanges(tmp_path: Path) -> None:
    rows = [row("V", "K", 100, 1), row("K", "V", 100, 2), *swap("V", "X", 100, 500, 3, "e")]
    found = held(traced(tmp_path, numbered(rows), [{"victim": at("V")}]))
    assert {key: one[:3] for key, one in found.items()} == {(at("V"), OTHER): (500, 500, 500)}


POOL = [row("Y", "M", 50, 1, tx=tx(70)), row("Y", "M", 500, 1, tx=tx(71), asset=OTHER)]
STRANGER = row("Y", "Z", 50, 1, tx=tx(72))


def swapped(tmp_path: Path, *beside: Row, got: int = 10, label: str = "dex") -> Trace:
    """Return the trace of a thief who swaps 100 in a pool while others deal with it in the same event."""
    rows = [*POOL, STRANGER, row("V", "K", 100, 1), *swap("K", "M", 100, got, 2, "e"), *beside]
    return traced(tmp_path, numbered(rows), labels=[("M", label)])


def test_c2_27b_a_strangers_payment_into_the_pool_cuts_no_most_off_a_swap(tmp_path: Path) -> None:
    found = held(swapped(tmp_path, row("Z", "M", 50, 2, event="e")))
    assert found == {(at("K"), OTHER): (6, 6, 10, "PARTIAL", "vouched")}


def test_c2_27b_who_is_paid_beside_a_swap_may_be_the_pools_own_customer(tmp_path: Path) -> None:
    found = held(swapped(tmp_path, row("M", "W", 5, 2, event="e", asset=OTHER)))
    assert found == {
        (at("K"), OTHER): (10, 10, 10, "FORCED", "vouched"),
        (at("W"), OTHER): (5, 0, 5, "POSSIBLE", ""),
    }


@pytest.mark.parametrize(("who", "most"), [("W", 99), ("Z", 98)])
def test_c2_27b_what_a_bad_price_leaves_over_may_be_anothers_good_one(tmp_path: Path, who: str, most: int) -> None:
    """The thief gets 1 for its 100, another 99 for its 1: at one price nearly all of that was for the thief's money."""
    beside = [row("Z", "M", 1, 2, event="e"), row("M", who, 99, 2, event="e", asset=OTHER)]
    trace = swapped(tmp_path, *beside, row(who, "X", 99, 3, asset=OTHER), got=1)
    found = held(trace)
    assert found[at("K"), OTHER][:4] == (1, 1, 1, "FORCED")
    assert found[at("X"), OTHER][:4] == (0, 0, most, "POSSIBLE")
    assert "No stolen units can have reached it" not in repr(trace.address(at("X")))


def test_c2_27b_two_swaps_at_one_price_stay_apart(tmp_path: Path) -> None:
    beside = [row("Z", "M", 50, 2, event="e"), row("M", "Z", 5, 2, event="e", asset=OTHER)]
    assert held(swapped(tmp_path, *beside)) == {(at("K"), OTHER): (10, 10, 10, "FORCED", "vouched")}


def test_c2_27b_who_only_gives_stolen_units_may_have_paid_the_pool(tmp_path: Path) -> None:
    beside = [row("Z", "M", 50, 2, event="e"), row("M", "X", 30, 3)]
    rows = [*POOL, STRANGER, row("V", "K", 100, 1), row("K", "Z", 20, 1, tx=tx(77)), *swap("K", "M", 80, 10, 2, "e")]
    found = held(traced(tmp_path, numbered([*rows, *beside])))
    assert found[at("K"), OTHER][1:3] == (5, 10)
    assert found[at("X"), "aaa"][1:4] == (0, 20, "POSSIBLE")


ROUTE = [
    *(row("Y", "B", 500, 1, tx=tx(73), asset="ccc"), row("Y", "C", 500, 1, tx=tx(74), asset=OTHER)),
    row("V", "K", 100, 1),
    *(row("K", "B", 100, 2, event="e"), row("B", "C", 20, 2, event="e", asset="ccc")),
    row("C", "K", 10, 2, event="e", asset=OTHER),
]


def test_c2_a_route_through_two_pools_is_a_swap(tmp_path: Path) -> None:
    assert held(traced(tmp_path, numbered(ROUTE))) == {(at("K"), OTHER): (10, 10, 10, "FORCED", "vouched")}


@pytest.mark.parametrize(
    "beside",
    [row("C", "X", 3, 2, event="e", asset=OTHER), row("Z", "B", 1, 2, event="e"), row("B", "X", 1, 2, event="e")],
)
def test_c2_three_assets_that_anybody_else_has_a_part_in_end_as_contract(tmp_path: Path, beside: Row) -> None:
    trace = traced(tmp_path, numbered([*ROUTE, beside]))
    assert {(one["address"], one["stop_reason"]) for one in trace.exits().to_dict("records")} == {(at("K"), "contract")}
    assert "No stolen units can have reached it" not in repr(trace.address(at("B")))


SOLD = [
    *(row("V", "K", 100, 1), row("K", "M", 100, 2, event="e")),
    *(row("M", "K", 10, 2, event="e", asset=OTHER), row("M", "K", 10, 2, event="e", asset="ccc")),
    row("K", "X", 10, 3, asset=OTHER),
]


@pytest.mark.parametrize("label", [[], [("M", "dex")]])
def test_13_nothing_is_left_of_what_was_paid_into_a_contract(tmp_path: Path, label: list[tuple[str, str]]) -> None:
    trace = traced(tmp_path, numbered(SOLD), labels=label)
    (entry,) = trace.flags().entries
    assert (entry.passed_through, entry.tainted, entry.min, entry.max) == (100, 0, 0, 0)
    page = trace.address(at("K"))
    said = " ".join(repr(page).split())
    assert "0 aaa is left" in said
    assert "keeps" not in said
    assert "paid into a contract that is not decoded exactly 100 aaa" in said
    (flow,) = (one for one in page.facts.flows if one.asset == "aaa")
    assert (flow.opening, flow.received, flow.paid, flow.balance) == (0, 100, 100, 0)
    assert list(trace.addresses([at("K")])["remains"]) == [0]


def test_13_what_came_out_of_a_contract_may_be_the_proceeds(tmp_path: Path) -> None:
    trace = traced(tmp_path, numbered(SOLD), labels=[("M", "dex")])
    assert "No stolen units can have reached it" not in repr(trace.address(at("X")))


def test_13_what_a_later_theft_took_is_not_kept(tmp_path: Path) -> None:
    rows = numbered([row("V", "K", 100, 1), row("K", "X", 100, 2)])
    trace = traced(tmp_path, rows, [{}, {"value": tx(2), "origin": "p", "victim": at("K")}])
    said = " ".join(repr(trace.address(at("K"))).split())
    assert "lost to a later theft exactly 100 aaa" in said
    assert "keeps" not in said


@pytest.mark.parametrize("policy", ["fifo", "lifo", "haircut"])
def test_c1_what_strangers_give_into_a_contract_beside_a_thief_is_their_own(tmp_path: Path, policy: str) -> None:
    rows = numbered([*ROUTE, row("Z", "B", 1, 2, event="e")])
    trace = traced(tmp_path, rows, policy=policy)
    assert {address: one[:3] for (address, _), one in held(trace).items()} == {at("K"): (100, 100, 100)}


def test_c2_a_payment_that_goes_through_the_pool_of_a_swap_may_be_the_swappers(tmp_path: Path) -> None:
    """Both give 100 to the pool, which pays 100 on and one unit of another asset back: whose 100 went on is open."""
    funds = [*POOL, row("Y", "Z", 100, 1, tx=tx(72)), row("V", "K", 100, 1)]
    through = [row("K", "M", 100, 2, event="e"), row("Z", "M", 100, 2, event="e"), row("M", "W", 100, 2, event="e")]
    trace = traced(tmp_path, numbered([*funds, *through, row("M", "K", 1, 2, event="e", asset=OTHER)]))
    assert {key: one[1:4] for key, one in held(trace).items()} == {
        (at("K"), OTHER): (0, 1, "POSSIBLE"),
        (at("W"), "aaa"): (0, 100, "POSSIBLE"),
    }
    assert "No stolen units can have reached it" not in repr(trace.address(at("W")))


BETWEEN = [row("K", "X", 1, 2, event="e", asset="ccc"), row("X", "K", 1, 2, event="e", asset="ccc")]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dust", [[], [row("X", "M", 1, 2, event="e", asset=OTHER)]])
def test_d2_rows_of_a_service_between_the_two_of_a_swap_part_it_not(
    tmp_path: Path, dust: list[Row], *, turned: bool
) -> None:
    """Else the pool would be listed with the loot, and its price, which the thief has, cleared."""
    first, last = swap("K", "M", 100, 10, 2, "e")
    middle = [*BETWEEN, *dust]
    funds = [*POOL, row("Y", "K", 50, 1, tx=tx(78), asset="ccc"), row("V", "K", 100, 1)]
    rows = [*funds, *([last, *middle, first] if turned else [first, *middle, last])]
    found = held(traced(tmp_path, numbered(rows), labels=[("X", "exchange")]))
    assert {key: one[:3] for key, one in found.items()} == {(at("K"), OTHER): (10, 10, 10)}


def test_d2_what_a_service_brought_between_two_payments_joins_them_not(tmp_path: Path) -> None:
    """K swaps, pays the exchange with the proceeds, and pays on what that gave: three things, one after the other."""
    rows = [
        *(*POOL, row("V", "K", 100, 1), *swap("K", "M", 100, 10, 2, "e")),
        *(row("K", "X", 10, 2, event="e", asset=OTHER), row("X", "K", 7, 2, event="e", asset="ccc")),
        row("K", "Y", 7, 2, event="e", asset="ccc"),
    ]
    found = held(traced(tmp_path, numbered(rows), labels=[("X", "exchange")]))
    assert {key: one[:3] for key, one in found.items()} == {(at("X"), OTHER): (10, 10, 10)}


@pytest.mark.parametrize("kind", ["mint", "burn"])
def test_17_what_a_stranger_makes_or_burns_ends_no_swap_of_others(tmp_path: Path, kind: str) -> None:
    one = row("W", "W", 1, 2, event="e", asset="ccc")
    beside = {**one, "kind": kind, ("sender" if kind == "mint" else "recipient"): ""}
    rows = [*POOL, row("Y", "W", 5, 1, tx=tx(79), asset="ccc"), row("V", "K", 100, 1)]
    found = held(traced(tmp_path, numbered([*rows, *swap("K", "M", 100, 10, 2, "e"), beside])))
    assert found == {(at("K"), OTHER): (10, 10, 10, "FORCED", "vouched")}


def test_c2_who_pays_a_service_in_an_event_joins_no_exchanges_of_others(tmp_path: Path) -> None:
    rows = [
        *(*POOL, row("Y", "B", 50, 1, tx=tx(80), asset="ccc"), row("Y", "D", 9, 1, tx=tx(81))),
        *(row("V", "K", 100, 1), row("K", "Z", 60, 1, tx=tx(82)), row("Y", "I", 50, 1, tx=tx(83), asset=OTHER)),
        *(row("K", "X", 40, 2, event="e"), *swap("Z", "M", 60, 6, 2, "e")),
        *(row("I", "B", 5, 2, event="e", asset=OTHER), row("B", "I", 5, 2, event="e", asset="ccc")),
        row("W", "K", 1, 2, event="e", asset=OTHER),
    ]
    found = held(traced(tmp_path, numbered(rows), labels=[("X", "exchange")]))
    assert {key: one[:3] for key, one in found.items()} == {
        (at("X"), "aaa"): (40, 40, 40),
        (at("Z"), OTHER): (6, 6, 6),
    }


@pytest.mark.parametrize("label", [[], [("M", "dex")]])
def test_05_whom_a_row_pays_straight_beside_a_swap_was_paid(tmp_path: Path, label: list[tuple[str, str]]) -> None:
    """Else a swap of one unit in the same transaction takes all the loot that the row carries off."""
    rows = [*POOL, row("V", "K", 100, 1), row("K", "W", 99, 2, event="e"), *swap("K", "M", 1, 1, 2, "e")]
    trace = traced(tmp_path, numbered([*rows, row("W", "X", 99, 3)]), labels=label)
    assert held(trace) == {
        (at("K"), OTHER): (1, 1, 1, "FORCED", "vouched"),
        (at("X"), "aaa"): (99, 99, 99, "FORCED", "vouched"),
    }
    assert {one.address for one in trace.flags().entries} == {at("K"), at("W"), at("X")}


def test_05_whom_the_pool_pays_straight_may_have_got_what_the_thief_gave(tmp_path: Path) -> None:
    rows = [*POOL, row("V", "K", 100, 1), *swap("K", "M", 100, 1, 2, "e"), row("M", "W", 99, 2, event="e", asset=OTHER)]
    found = held(traced(tmp_path, numbered(rows), labels=[("M", "dex")]))
    assert found[at("W"), OTHER][:4] == (99, 0, 99, "POSSIBLE")
