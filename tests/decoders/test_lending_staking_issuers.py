"""Loans in their two readings, stakes, and what issuers do without a transfer: made up from the text of the events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made import ETHEREUM, OTHER, TOKEN, USER, log_of, moved, record, token

from tracer.chains import ZERO_ADDRESS, coin_of
from tracer.decoders import aave_pool as aave
from tracer.decoders import built_in
from tracer.decoders.circle import decoder as circle
from tracer.decoders.lending import OWN_MONEY, PROCEEDS, readings
from tracer.decoders.lido import decoder as lido
from tracer.decoders.mantle import decoder as mantle
from tracer.decoders.morpho_blue import decoder as morpho
from tracer.decoders.rocket_pool import decoder as rocket
from tracer.decoders.tether import decoder as tether
from tracer.model import AssetId, TxRecord

AAVE, MORPHO = "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2", "0xbbbbbbbbbb9cc5e90e3b3af64bdaf62c37eeffcb"
SHARE_CONTRACT, DEBT = "0x" + "55" * 20, "0x" + "66" * 20
SHARE = token(contract=SHARE_CONTRACT)
COIN = coin_of(ETHEREUM)
USDT, USDC = "0xdac17f958d2ee523a2206206994597c13d831ec7", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
STETH, QUEUE = "0xae7ab96520de3a18e5e111b5eaab095312d7fe84", "0x889edc2edab5f40e902b864ad4d7ade8e412f9b1"
STAKING, METH = "0xe3cbd06d7dadb3f4e6557bab7edd924cd1489e8f", "0xd5f7838f5c461feff7fe49ea5ebaf7728bb0adfa"
RETH = "0xae78736cd615f374d3085123a210448e74fc6393"
MARKET = bytes(31) + b"\x05"


def supplied() -> TxRecord:
    return record(
        [log_of(aave.SUPPLIED, AAVE, TOKEN, USER, USER, 1000, 0)],
        moved((USER, SHARE_CONTRACT, 1000), (ZERO_ADDRESS, USER, 1001, SHARE)),
        recipient=AAVE,
    )


def test_collateral_becomes_the_pool_s_token_in_one_event() -> None:
    legs = [leg for leg in built_in().decode(supplied()).actions if leg.protocol == "aave_v3"]
    mine = {(leg.asset, leg.amount, leg.position) for leg in legs if leg.holder == USER}
    place = f"{USER}@aave_v3:{AAVE}"
    assert mine == {(token(), -1000, place), (SHARE, 1001, place)}
    assert {leg.action for leg in legs} == {"deposit"}
    assert len({leg.event for leg in legs}) == 1


def test_a_loan_beside_a_deposit_is_no_exchange_and_has_two_readings() -> None:
    """METHODS 19.4: the loan is the pool's money, or it is proceeds; the two are never joined."""
    collateral = AssetId(f"{ETHEREUM}/erc20:0x{'77' * 20}")
    made = record(
        [
            log_of(morpho.SUPPLIED_MORE, MORPHO, MARKET, USER, USER, 500, index=3),
            log_of(morpho.BORROWED, MORPHO, MARKET, USER, USER, USER, 200, 200, index=5),
        ],
        moved((USER, MORPHO, 500, collateral), (MORPHO, USER, 200)),
        recipient=MORPHO,
    )
    legs = built_in().decode(made).actions
    assert not any(leg.event for leg in legs)
    told = {name: [(one.leg.action, one.carries) for one in steps] for name, steps in readings(legs).items()}
    assert told == {
        OWN_MONEY: [("deposit", "payer"), ("borrow", "clean")],
        PROCEEDS: [("deposit", "payer"), ("borrow", "share")],
    }
    assert {one.position for one in readings(legs)[OWN_MONEY]} == {f"{USER}@morpho_blue:0x{MARKET.hex()}"}


def test_a_seizure_is_one_event_of_debt_and_collateral() -> None:
    made = record(
        [log_of(aave.LIQUIDATED, AAVE, SHARE_CONTRACT, TOKEN, OTHER, 300, 90, USER, False)],
        moved((USER, DEBT, 300), (DEBT, USER, 90, SHARE)),
        recipient=AAVE,
    )
    legs = [leg for leg in built_in().decode(made).actions if leg.event]
    assert {(leg.action, leg.holder, leg.asset, leg.amount) for leg in legs} == {
        ("repay", USER, token(), -300),
        ("repay", DEBT, token(), 300),
        ("withdraw", USER, SHARE, 90),
        ("withdraw", DEBT, SHARE, -90),
    }
    assert {leg.key for leg in legs} == {f"liquidation:{OTHER}@aave_v3:{AAVE}"}
    forged = replace(made, logs=tuple(replace(log, address=OTHER) for log in made.logs or ()))
    assert "aave_v3" not in {leg.protocol for leg in built_in().decode(forged).actions}


def test_a_repayment_in_the_pool_s_own_token_moves_nothing_else() -> None:
    made = record([log_of(aave.REPAID, AAVE, TOKEN, USER, USER, 300, True)], ())
    assert built_in().decode(made).actions == ()


@pytest.mark.parametrize(
    ("made", "action", "given", "got"),
    [
        (
            record(
                [log_of(mantle.STAKED, STAKING, USER, 10, 9)],
                moved((USER, STAKING, 10, COIN), (ZERO_ADDRESS, USER, 9, token(contract=METH))),
            ),
            "stake",
            (COIN, -10),
            (token(contract=METH), 9),
        ),
        (
            record(
                [log_of(rocket.MADE, RETH, USER, 9, 10, 1)],
                moved((USER, RETH, 10, COIN), (ZERO_ADDRESS, USER, 9, token(contract=RETH))),
            ),
            "stake",
            (COIN, -10),
            (token(contract=RETH), 9),
        ),
        (
            record(
                [log_of(rocket.BURNT, RETH, USER, 9, 10, 1)],
                moved((RETH, USER, 10, COIN), (USER, ZERO_ADDRESS, 9, token(contract=RETH))),
            ),
            "unstake",
            (token(contract=RETH), -9),
            (COIN, 10),
        ),
        (
            record(
                [log_of(lido.SHARES, STETH, ZERO_ADDRESS, USER, 8)],
                moved((USER, STETH, 10, COIN), (ZERO_ADDRESS, USER, 10, token(contract=STETH))),
            ),
            "stake",
            (COIN, -10),
            (token(contract=STETH), 10),
        ),
    ],
)
def test_a_stake_is_a_conversion(
    made: TxRecord, action: str, given: tuple[AssetId, int], got: tuple[AssetId, int]
) -> None:
    legs = [leg for leg in built_in().decode(made).actions if leg.action == action]
    assert {(leg.asset, leg.amount) for leg in legs if leg.holder == USER} == {given, got}
    forged = replace(made, logs=tuple(replace(log, address=OTHER) for log in made.logs or ()))
    assert not [leg for leg in built_in().decode(forged).actions if leg.action == action]


def test_lido_is_followed_in_shares_and_its_queue_by_number() -> None:
    staked = record(
        [log_of(lido.SHARES, STETH, ZERO_ADDRESS, USER, 8)],
        moved((USER, STETH, 10, COIN), (ZERO_ADDRESS, USER, 10, token(contract=STETH))),
    )
    assert {leg.key for leg in built_in().decode(staked).actions if leg.event} == {"shares:8"}
    asked = record([log_of(lido.ASKED, QUEUE, 77, USER, USER, 10, 8)], moved((USER, QUEUE, 10, token(contract=STETH))))
    paid = record([log_of(lido.CLAIMED, QUEUE, 77, USER, USER, 10)], moved((QUEUE, USER, 10, COIN)))
    keys = {leg.key for made in (asked, paid) for leg in built_in().decode(made).actions if leg.action == "unstake"}
    assert keys == {"request:77"}


def test_issuers_change_balances_without_a_transfer() -> None:
    logs = [
        log_of(tether.FROZEN, USDT, USER, index=1),
        log_of(tether.DESTROYED, USDT, USER, 500, index=2),
        log_of(tether.ISSUED, USDT, 500, index=3),
        log_of(tether.RELEASED, USDT, OTHER, index=4),
        log_of(circle.FROZEN, USDC, USER, index=5),
    ]
    legs = built_in().decode(record(logs, (), sender=OTHER, recipient=USDT)).actions
    dollar = token(contract=USDT)
    assert {(leg.action, leg.holder, leg.asset, leg.amount, leg.key) for leg in legs} == {
        ("freeze", USER, dollar, 0, ""),
        ("burn", USER, dollar, -500, "destroyed"),
        ("mint", OTHER, dollar, 500, "issued"),
        ("unfreeze", OTHER, dollar, 0, ""),
        ("freeze", USER, token(contract=USDC), 0, ""),
    }
    assert {leg.reason for leg in legs if leg.amount} == {"The contract changes the balance and writes no transfer."}
    forged = [replace(log, address="0x" + "9" * 40) for log in logs]
    assert built_in().decode(record(forged, ())).actions == ()
