"""The net-flow rule: wraps, mints and burns as sides, who traded told from pools, and what it leaves undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made import ETHEREUM, OTHER, TOKEN, USER, log_of, moved, record, token

from tracer.chains import ZERO_ADDRESS, EventAbi, coin_of
from tracer.decoders import built_in
from tracer.decoders.cow.decoder import TRADED
from tracer.decoders.flows import conversions_of, read_flows
from tracer.decoders.kyberswap.decoder import SWAPPED as KYBER_SWAPPED
from tracer.decoders.pairs import Factory, pool_address
from tracer.decoders.uniswap_v2.decoder import SWAPPED as PAIR_SWAPPED
from tracer.decoders.wrapped import DEPOSIT, WITHDRAWAL, WRAPPED
from tracer.model import AssetId, TxRecord

COIN, WETH = coin_of(ETHEREUM), WRAPPED[ETHEREUM]
WRAPPED_COIN = AssetId(f"{ETHEREUM}/erc20:{WETH}")
SHARE_CONTRACT, POOL, ROUTER = "0x" + "55" * 20, "0x" + "66" * 20, "0x" + "77" * 20
SHARE, DOLLAR = token(contract=SHARE_CONTRACT), token()


def only(made: TxRecord) -> tuple[str, AssetId, int, str, AssetId, int]:
    (one,) = conversions_of(made)
    return one.payer, one.given, one.paid, one.payee, one.got, one.received


def test_methods_5_2_ten_ether_through_a_router_that_wraps_become_dollars() -> None:
    made = record(
        [log_of(DEPOSIT, WETH, ROUTER, 10**19, index=1)],
        moved(
            (USER, ROUTER, 10**19, COIN),
            (ROUTER, WETH, 10**19, COIN),
            (ROUTER, POOL, 10**19, WRAPPED_COIN),
            (POOL, USER, 25_000 * 10**6),
        ),
    )
    assert only(made) == (USER, COIN, 10**19, USER, DOLLAR, 25_000 * 10**6)
    legs = [leg for leg in built_in().decode(made).actions if leg.event]
    assert ROUTER not in {leg.holder for leg in legs}
    assert {(leg.holder, leg.amount) for leg in legs if leg.asset == DOLLAR} == {
        (USER, 25_000 * 10**6),
        (POOL, -25_000 * 10**6),
    }


@pytest.mark.parametrize(("event", "given", "got"), [(DEPOSIT, COIN, WRAPPED_COIN), (WITHDRAWAL, WRAPPED_COIN, COIN)])
def test_a_wrap_is_one_for_one_and_read_from_the_contract_s_own_log(
    event: EventAbi, given: AssetId, got: AssetId
) -> None:
    paid = (USER, WETH, 7, COIN) if event is DEPOSIT else (WETH, USER, 7, COIN)
    made = record([log_of(event, WETH, USER, 7)], moved(paid))
    assert only(made) == (USER, given, 7, USER, got, 7)
    wanted = "wrap" if event is DEPOSIT else "unwrap"
    legs = built_in().decode(made).actions
    assert {leg.action for leg in legs if leg.protocol == "weth"} == {wanted}
    forged = replace(made, logs=tuple(replace(log, address=OTHER) for log in made.logs or ()))
    assert conversions_of(forged) == ()


def test_a_share_that_is_made_and_one_that_is_burnt_are_the_other_side() -> None:
    made = moved((USER, SHARE_CONTRACT, 100), (ZERO_ADDRESS, USER, 90, SHARE))
    assert only(record([], made)) == (USER, DOLLAR, 100, USER, SHARE, 90)
    burnt = moved((USER, ZERO_ADDRESS, 90, SHARE), (SHARE_CONTRACT, USER, 101))
    assert only(record([], burnt)) == (USER, SHARE, 90, USER, DOLLAR, 101)


def test_a_payee_that_is_another_is_a_swap_and_a_payment() -> None:
    made = record(
        [log_of(PAIR_SWAPPED, POOL, USER, 0, 0, 0, 0, OTHER)],
        moved((USER, POOL, 10), (POOL, OTHER, 25, SHARE)),
    )
    assert only(made) == (USER, DOLLAR, 10, OTHER, SHARE, 25)


def test_two_traders_of_one_settlement_are_two_conversions() -> None:
    settlement, other = "0x9008d19f58aabd9ed0d60971565aa8510560ab41", "0x" + "88" * 20
    made = record(
        [
            log_of(TRADED, settlement, USER, TOKEN, SHARE_CONTRACT, 10, 25, 0, b"", index=8),
            log_of(TRADED, settlement, OTHER, SHARE_CONTRACT, "0x" + "44" * 20, 5, 6, 0, b"", index=9),
            log_of(
                EventAbi("Settlement(address indexed solver)"),
                settlement,
                other,
                index=10,
            ),
        ],
        moved(
            (USER, settlement, 10),
            (settlement, USER, 25, SHARE),
            (OTHER, settlement, 5, SHARE),
            (settlement, OTHER, 6, token(contract="0x" + "44" * 20)),
        ),
        sender=other,
        recipient=settlement,
    )
    found = conversions_of(made)
    assert {(one.payer, one.paid, one.received) for one in found} == {(USER, 10, 25), (OTHER, 5, 6)}
    named = {leg.protocol for leg in built_in().decode(made).actions if leg.event}
    assert named == {"cow"}


def test_two_assets_for_one_are_left_to_their_own_decoder_with_the_reason() -> None:
    made = record([], moved((USER, POOL, 10), (USER, POOL, 20, SHARE), (POOL, USER, 5, WRAPPED_COIN)))
    found, reason = read_flows(made)
    assert found == ()
    assert reason.startswith("Who began it gives 2 assets and receives 1 asset")
    unknown = [leg for leg in built_in().decode(made).actions if leg.action == "unknown"]
    assert {(leg.holder, leg.asset, leg.amount) for leg in unknown} == {
        (USER, DOLLAR, -10),
        (USER, SHARE, -20),
        (USER, WRAPPED_COIN, 5),
    }
    assert all(leg.reason.startswith("contract: ") for leg in unknown)


def test_an_aggregator_s_own_log_states_the_coin_that_no_log_shows() -> None:
    router, mark = "0x6131b5fae19ea4f9d964eac0408e4408b66337b5", "0x" + 40 * "e"
    made = record(
        [log_of(KYBER_SWAPPED, router, USER, TOKEN, mark, USER, 10, 33)],
        moved((USER, POOL, 10)),
        recipient=router,
        whole=False,
    )
    legs = [leg for leg in built_in().decode(made).actions if leg.event]
    assert {(leg.holder, leg.asset, leg.amount, bool(leg.moves)) for leg in legs} == {
        (USER, DOLLAR, -10, True),
        (POOL, DOLLAR, 10, True),
        (USER, COIN, 33, False),
        (router, COIN, -33, False),
    }
    assert {leg.reason for leg in legs if not leg.moves} != {""}
    held = replace(made, whole=True)
    assert not any(leg.event for leg in built_in().decode(held).actions), "where all is held, it was not paid"


def test_the_address_of_a_pair_proves_its_factory() -> None:
    """USDC and WETH on Uniswap v2: 0xb4e1…, as compound-finance/compound-config has it (Pair_ETH_USDC)."""
    factory = Factory(
        "0x5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f",
        "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f",
    )
    found = pool_address(factory, WETH, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
    assert found == "0xb4e16d0168e52d35cacd2c6185b44281ec28c9dc"
