"""Decoders are registered explicitly, asked in one order, held to their contract, and none outvotes another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from tracer.collect import rows_of
from tracer.decoders import (
    ACTIONS,
    Action,
    Decoder,
    DecoderRegistry,
    Interests,
    Need,
    built_in,
    need,
)
from tracer.decoders.builtin import check_folders
from tracer.errors import InputError
from tracer.model import AssetId, ChainId, Collected, LogRecord, TxRecord, record_of_movements
from tracer.providers import History

CHAIN = ChainId("eip155:1")
TOPIC = "0x" + "7" * 64


def moved(*rows: tuple[str, str, str, int]) -> tuple[Collected, ...]:
    return tuple(
        Collected(
            *(CHAIN, 7, "0xb", 1, "0xt", 0, "log", (place,), "token"),
            *(payer, payee, AssetId(asset), amount, "s"),
        )
        for place, (payer, payee, asset, amount) in enumerate(rows)
    )


def record(*rows: tuple[str, str, str, int], **parts: object) -> TxRecord:
    return replace(record_of_movements(moved(*rows), whole=True), **parts)


@dataclass
class Own:
    """A decoder of somebody else's."""

    name: str = "own"
    wants: Interests = field(default_factory=lambda: Interests(topics=frozenset({TOPIC})))
    says: tuple[Action, ...] | Need = ()
    seen: int = 0

    def interests(self) -> Interests:
        return self.wants

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        self.seen += 1
        return self.says


def leg(index: int, **parts: object) -> Action:
    made = Action(protocol="own", action="deposit", holder="u", counterparty="", asset=AssetId("A"), amount=-5)
    return replace(made, moves=(index,), **parts)


SIMPLE = (("u", "v", "A", 5), ("v", "u", "S", 9))
LOG = LogRecord(0, "v", (TOPIC,), "0x")


def test_a_third_party_registers_its_own_and_it_is_asked() -> None:
    registry = built_in()
    own = Own(says=(leg(0, event="e"), leg(1, asset=AssetId("S"), amount=9, event="e")))
    assert isinstance(own, Decoder)
    registry.register(own)
    assert registry.names() == (*sorted(registry.names()[:-1]), "netting"), "general rules stand behind all others"
    assert {"own", "training", "across", "uniswap_v2"} <= {*registry.names()}
    decoded = registry.decode(record(*SIMPLE, logs=(LOG,)))
    assert {action.protocol for action in decoded.actions if action.event} == {"own"}
    others = [(one.protocol, one.action, one.holder, one.amount) for one in decoded.actions if not one.event]
    assert others == [("ledger", "transfer", "v", 5), ("ledger", "transfer", "v", -9)], "the side that nobody told"
    assert decoded.conversions() == ((0, 1),)


def test_a_decoder_sees_only_what_it_is_interested_in() -> None:
    own = Own()
    registry = DecoderRegistry([own])
    registry.decode(record(*SIMPLE))
    registry.decode(record(*SIMPLE, logs=()))
    assert own.seen == 0
    registry.decode(record(*SIMPLE, logs=(LOG,)))
    assert own.seen == 1


@pytest.mark.parametrize(
    ("wants", "seen"),
    [
        (Interests(addresses=frozenset({"u"})), True),
        (Interests(addresses=frozenset({"w"})), False),
        (Interests(addresses=frozenset({"u"}), chains=frozenset({CHAIN})), True),
        (Interests(addresses=frozenset({"u"}), chains=frozenset({ChainId("eip155:10")})), False),
        (Interests(selectors=frozenset({"0x01020304"})), True),
        (Interests(memos=frozenset({"=:"})), False),
        (Interests(everything=True), True),
    ],
)
def test_interests_are_any_of_what_is_named_on_the_chains_named(wants: Interests, seen: bool) -> None:
    assert wants.meets(record(*SIMPLE, recipient="v", input="0x0102030405")) is seen


def test_a_memo_is_a_text_in_the_input() -> None:
    wants = Interests(memos=frozenset({"=:", "SWAP:"}))
    assert wants.meets(record(*SIMPLE, recipient="v", input="0x" + b"=:BTC.BTC:bc1q".hex()))
    assert not wants.meets(record(*SIMPLE, recipient="v", input="0x" + b"OUT:AB".hex()))


@pytest.mark.parametrize(
    "second",
    [
        Own(),
        Own(wants=Interests(topics=frozenset({"0x" + "8" * 64}))),
        Own(name="other"),
    ],
)
def test_two_that_speak_for_the_same_are_refused(second: Own) -> None:
    with pytest.raises(InputError, match="would both speak"):
        DecoderRegistry([Own(), second])


def test_one_general_rule_is_enough() -> None:
    with pytest.raises(InputError, match="would both speak"):
        built_in().register(Own(wants=Interests(everything=True)))


@pytest.mark.parametrize("bad", [Own(name=""), Own(name="a b"), Own(name="ledger"), Own(wants=Interests())])
def test_a_decoder_without_name_or_interest_is_refused(bad: Own) -> None:
    with pytest.raises(InputError):
        DecoderRegistry([bad])


def test_a_folder_that_nobody_registers_fails() -> None:
    with pytest.raises(InputError, match="weth"):
        check_folders(["netting", "weth"], ["netting"])
    with pytest.raises(InputError, match="gone"):
        check_folders(["netting"], ["netting", "gone"])
    built_in()


@pytest.mark.parametrize(
    "broken",
    [
        leg(0, action="steal"),
        leg(2),
        leg(0, grade="sure"),
        leg(0, protocol="netting"),
        leg(0, action="unknown"),
        replace(leg(0), moves=(1, 0)),
    ],
)
def test_a_broken_contract_is_named(broken: Action) -> None:
    registry = DecoderRegistry([Own(says=(broken,))])
    with pytest.raises(InputError, match="broke its contract"):
        registry.decode(record(*SIMPLE, logs=(LOG,)))


def test_two_that_explain_one_movement_differently_are_unknown() -> None:
    one = Own(says=(leg(0, event="e"), leg(1, asset=AssetId("S"), amount=9, event="e")))
    two = Own(name="two", wants=Interests(addresses=frozenset({"v"})))
    two.says = tuple(replace(action, protocol="two") for action in one.says)
    decoded = DecoderRegistry([one, two]).decode(record(*SIMPLE, logs=(LOG,)))
    assert decoded.conversions() == ()
    reason = "own and two both explain it, and differ."
    assert {(one.action, one.reason) for one in decoded.actions if one.protocol != "ledger"} == {("unknown", reason)}
    every = built_in()
    every.register(one)
    every.register(two)
    assert every.decode(record(*SIMPLE, logs=(LOG,))) == decoded, "the general rule does not settle it"


def test_a_movement_nobody_explains_stands_as_what_it_is() -> None:
    rows = (*moved(("u", "v", "A", 5)), replace(moved(("u", "", "E", 1))[0], kind="fee", layer="fee", place=()))
    decoded = built_in().decode(record_of_movements(rows, whole=True))
    assert [(one.protocol, one.action, one.holder, one.counterparty, one.amount) for one in decoded.actions] == [
        ("ledger", "transfer", "u", "v", -5),
        ("ledger", "transfer", "v", "u", 5),
        ("ledger", "fee", "u", "", -1),
    ]


def test_every_leg_of_a_swap_by_net_flow_conserves_both_assets() -> None:
    rows = [("u", "r", "A", 10), ("r", "pool", "A", 9), ("r", "ref", "A", 1), ("pool", "u", "B", 25)]
    decoded = built_in().decode(record(*rows))
    assert {(one.holder, one.asset, one.amount, one.counterparty) for one in decoded.actions} == {
        ("u", "A", -10, ""),
        ("pool", "A", 9, "u"),
        ("ref", "A", 1, "u"),
        ("pool", "B", -25, "u"),
        ("u", "B", 25, "pool"),
    }
    assert decoded.conversions() == ((0, 1, 2, 3),)
    assert {one.action for one in decoded.actions} == {"swap"} <= set(ACTIONS)


def test_what_calls_may_have_paid_is_asked_for_and_never_none() -> None:
    open_end = record(("u", "pool", "A", 10), sender="u", whole=False)
    (asked,) = built_in().decode(open_end).needs
    assert (asked.query.tx, asked.query.part) == ("0xt", "calls")
    assert built_in().decode(replace(open_end, whole=True)).needs == ()
    assert built_in().decode(replace(open_end, sender="")).needs == (), "nobody says who began it"
    assert need(open_end, "calls", asked.why) == asked


def test_rows_of_a_collection_are_events_as_decoders_say() -> None:
    transfers, _ = rows_of([History(rows=moved(*SIMPLE))])
    assert [row.event for row in transfers] == ["0xt", "0xt"]
