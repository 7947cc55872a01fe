"""Ends of bridges that no recording has, made up from the text of their events: told whole, and a look-alike's not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made import ETHEREUM, OTHER, TOKEN, TX, USER, log_of, moved, record, token, word

from tracer.chains import coin_of
from tracer.decoders import Action, built_in
from tracer.decoders.avalanche_bridge.constants import CONTRACTS as AVALANCHE
from tracer.decoders.cctp import decoder as cctp
from tracer.decoders.celer import decoder as celer
from tracer.decoders.chainflip import decoder as chainflip
from tracer.decoders.debridge import decoder as debridge
from tracer.decoders.multichain import decoder as multichain
from tracer.decoders.nomad import decoder as nomad
from tracer.decoders.recipients import recipient_on
from tracer.decoders.relay import decoder as relay
from tracer.decoders.ronin import decoder as ronin
from tracer.decoders.stargate_v1 import decoder as stargate
from tracer.decoders.thorchain import decoder as thorchain
from tracer.decoders.wormhole import decoder as wormhole
from tracer.decoders.zksync import decoder as zksync
from tracer.model import BITCOIN, ChainId, TxRecord

ID = "0x" + "5e" * 32
RAW = bytes.fromhex(ID[2:])
COIN = coin_of(ETHEREUM)
BASE, ARBITRUM = ChainId("eip155:8453"), ChainId("eip155:42161")
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
ROUTER = "0xd37bbe5744d730a1d98d8dc97c42f0ca46ad7146"
VAULT = "0x" + "f6" * 20
CHAINFLIP = "0xf5e10380213880111522dd0efd3dbb45b9f62bcc"
CELER = "0x5427fefa711eff984124bfbb1ab6fbf5e3da1820"
DLN_SOURCE, DLN_DESTINATION = "0xef4fb24ad0916217251f553c0596f8edc630eb66", "0xe7351fd770a37282b91d153ee690b63579d6dd7f"
ANYSWAP = "0x6b7a87899490ece95443e979ca9485cbe7e71522"
CORE, BRIDGE = "0x98f3c9e6e3face36baad05fe09d375ef1464288b", "0x3ee18b2214aff97000d974cf647e7c347e8fa585"
RONIN_1, RONIN_2 = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2", "0x64192819ac13ef72bf6b5ae239ac672b43a9af08"
NOMAD, HOME, REPLICA = (
    "0x88a69b4e698a4b090df6cf5bd7b2d47325ad30a3",
    "0x92d3404a7e6c91455bbd81475cd9fad96acff4c8",
    "0x5d94309e5a0090b165fa4181519701637b6daeba",
)
MESSENGER_2, TRANSMITTER_2 = "0x28b5a0e9c621a5badaa536219b3a228c8168cf5d", "0x81d40f21f12a8f0e3252bccb954d722d4c464b64"
POOL, STARGATE = "0xdf0770df86a8034b3efef0a1bb3c889b8332ff56", "0x296f55f8fb28e498b858d0bcda06d955b2cb3f97"
DEPOSITORY = "0x4cd00e387622c35bddb9b4c962c136462338bc31"
ERA = "0x57891966931eb4bb6fb81430e6ce0a03aabde063"
NOBODY = "0x" + 40 * "0"


def order(give: str, take: str, receiver: str, take_chain: int = 7565164) -> tuple[object, ...]:
    raw = [bytes.fromhex(one[2:]) for one in (give, take, receiver)]
    return (1, raw[2], 1, raw[0], 900, take_chain, raw[1], 880, raw[2], b"", b"", b"", b"", b"")


def receipt(number: int, kind: int) -> tuple[object, ...]:
    return number, kind, (USER, TOKEN, 1), (OTHER, "0x" + "77" * 20, 2020), (0, 0, 500)


def payload(amount: int) -> bytes:
    parts = (b"\x01", amount.to_bytes(32, "big"), bytes.fromhex(word(TOKEN)[2:]), (2).to_bytes(2, "big"))
    return b"".join((*parts, RAW, (1).to_bytes(2, "big"), bytes(32)))


CASES: dict[str, tuple[TxRecord, dict[str, object]]] = {
    "thorchain swap": (
        record(
            [log_of(thorchain.DEPOSITED, ROUTER, VAULT, NOBODY, 5 * 10**18, "=:BTC.BTC:bc1qxy:1e6/1/0:t:30")],
            moved((USER, ROUTER, 5 * 10**18, COIN), (ROUTER, VAULT, 5 * 10**18, COIN)),
        ),
        {
            "action": "bridge_out",
            "holder": USER,
            "amount": -5 * 10**18,
            "key": TX[2:].upper(),
            "dest_chain": BITCOIN,
            "dest_recipient": "bc1qxy",
            "dest_asset": "BTC.BTC",
            "dest_amount": 1_000_000,
        },
    ),
    "thorchain payment": (
        record(
            [log_of(thorchain.PAID, ROUTER, VAULT, USER, TOKEN, 70, "OUT:" + 64 * "A")],
            moved((VAULT, USER, 70)),
        ),
        {"action": "bridge_in", "holder": USER, "amount": 70, "key": 64 * "A", "src_chain": ""},
    ),
    "thorchain refund": (
        record(
            [log_of(thorchain.PAID, ROUTER, VAULT, USER, TOKEN, 70, "REFUND:" + 64 * "b")],
            moved((VAULT, USER, 70)),
        ),
        {"action": "bridge_in", "key": 64 * "B", "src_chain": ETHEREUM},
    ),
    "chainflip": (
        record(
            [log_of(chainflip.SWAPS[0], CHAINFLIP, 3, b"bc1qabc", 5, 10**18, USER, b"")],
            moved((USER, CHAINFLIP, 10**18, COIN)),
        ),
        {"action": "bridge_out", "dest_chain": BITCOIN, "dest_recipient": "bc1qabc", "key": TX, "amount": -(10**18)},
    ),
    "cctp 2 out": (
        record(
            [
                log_of(
                    *(cctp.BURNED_2, MESSENGER_2, TOKEN, 300, USER, bytes.fromhex(word(OTHER)[2:]), 6, RAW, RAW, 1),
                    *(1000, b""),
                )
            ],
            moved((USER, NOBODY, 300)),
        ),
        {"action": "bridge_out", "key": "", "dest_chain": BASE, "dest_recipient": OTHER, "amount": -300},
    ),
    "cctp 2 in": (
        record(
            [
                log_of(cctp.MINTED_2, MESSENGER_2, USER, 299, TOKEN, 1, index=3),
                log_of(cctp.RECEIVED_2, TRANSMITTER_2, OTHER, 3, RAW, RAW, 1000, b"", index=4),
            ],
            moved((NOBODY, USER, 299)),
        ),
        {"action": "bridge_in", "key": ID, "src_chain": ARBITRUM, "holder": USER, "amount": 299},
    ),
    "celer out": (
        record(
            [log_of(celer.SENT, CELER, RAW, USER, OTHER, TOKEN, 400, 42161, 1, 5000)],
            moved((USER, CELER, 400)),
        ),
        {"action": "bridge_out", "key": ID, "dest_chain": ARBITRUM, "dest_recipient": OTHER, "amount": -400},
    ),
    "celer in": (
        record(
            [log_of(celer.RELAYED, CELER, bytes(32), OTHER, USER, TOKEN, 399, 42161, RAW)],
            moved((CELER, USER, 399)),
        ),
        {"action": "bridge_in", "key": ID, "src_chain": ARBITRUM, "amount": 399, "holder": USER},
    ),
    "debridge out": (
        record(
            [
                log_of(
                    *(debridge.CREATED, DLN_SOURCE, order(TOKEN, "0x" + "99" * 32, "0x" + "88" * 32), RAW, b"", 1, 100),
                    *(0, b""),
                )
            ],
            moved((USER, DLN_SOURCE, 1000)),
        ),
        {
            "action": "bridge_out",
            "key": ID,
            "dest_chain": SOLANA,
            "dest_recipient": recipient_on(SOLANA, "0x" + "88" * 32),
            "amount": -900,
            "dest_amount": 880,
        },
    ),
    "debridge in": (
        record(
            [log_of(debridge.FULFILLED, DLN_DESTINATION, order(TOKEN, TOKEN, USER, 1), RAW, OTHER, OTHER)],
            moved((OTHER, USER, 880)),
        ),
        {"action": "bridge_in", "key": ID, "src_chain": ETHEREUM, "holder": USER, "amount": 880},
    ),
    "multichain out": (
        record([log_of(multichain.OUT, ANYSWAP, TOKEN, USER, OTHER, 60, 1, 250)], moved((USER, NOBODY, 60))),
        {"action": "bridge_out", "key": TX, "dest_chain": "eip155:250", "dest_recipient": OTHER},
    ),
    "multichain in": (
        record([log_of(multichain.IN, ANYSWAP, RAW, TOKEN, USER, 60, 250, 1)], moved((NOBODY, USER, 60))),
        {"action": "bridge_in", "key": ID, "src_chain": "eip155:250", "holder": USER},
    ),
    "nomad out": (
        record(
            [
                log_of(nomad.DISPATCHED, HOME, RAW, 1, 5, bytes(32), b"", index=3),
                log_of(nomad.SENT, NOMAD, TOKEN, USER, 1650811245, bytes.fromhex(word(OTHER)[2:]), 80, False, index=4),
            ],
            moved((USER, NOMAD, 80)),
        ),
        {"action": "bridge_out", "key": ID, "dest_chain": "eip155:1284", "dest_recipient": OTHER, "amount": -80},
    ),
    "ronin 1 out": (
        record(
            [log_of(ronin.DEPOSITED_1, RONIN_1, 8, OTHER, TOKEN, "0x" + "77" * 20, 20, 500)],
            moved((USER, RONIN_1, 500)),
        ),
        {"action": "bridge_out", "key": "1:deposit:8", "dest_chain": "eip155:2020", "dest_recipient": OTHER},
    ),
    "ronin 1 in": (
        record([log_of(ronin.WITHDREW_1, RONIN_1, 2000000, USER, TOKEN, 500)], moved((RONIN_1, USER, 500))),
        {"action": "bridge_in", "key": "1:withdrawal:2000000", "src_chain": "eip155:2020", "amount": 500},
    ),
    "ronin 2 out": (
        record([log_of(ronin.REQUESTED, RONIN_2, RAW, receipt(4, 0))], moved((USER, RONIN_2, 500))),
        {"action": "bridge_out", "key": "2:deposit:4", "dest_chain": "eip155:2020", "dest_recipient": OTHER},
    ),
    "ronin 2 in": (
        record([log_of(ronin.WITHDREW, RONIN_2, RAW, receipt(5, 1))], moved((RONIN_2, USER, 500))),
        {"action": "bridge_in", "key": "2:withdrawal:5", "src_chain": "eip155:2020", "holder": USER},
    ),
    "wormhole out": (
        record(
            [log_of(wormhole.PUBLISHED, CORE, BRIDGE, 12, 0, payload(123), 1)],
            moved((USER, BRIDGE, 123 * 10**10 + 5)),
        ),
        {
            "action": "bridge_out",
            "key": f"2:{BRIDGE}:12",
            "dest_chain": SOLANA,
            "dest_recipient": recipient_on(SOLANA, ID),
            "amount": -(123 * 10**10 + 5),
        },
    ),
    "wormhole in": (
        record([log_of(wormhole.REDEEMED, BRIDGE, 1, RAW, 44)], moved((BRIDGE, USER, 900), (BRIDGE, OTHER, 3))),
        {"action": "bridge_in", "key": f"1:{ID}:44", "src_chain": SOLANA, "holder": USER, "amount": 900},
    ),
    "stargate 1 out": (
        record(
            [
                log_of(stargate.SWAPPED, POOL, 110, 1, USER, 990, 0, 4, 3, 3, index=3),
                log_of(stargate.SENT, STARGATE, 1, 17, index=4),
            ],
            moved((USER, POOL, 1000)),
        ),
        {"action": "bridge_out", "key": "101:110:17", "dest_chain": ARBITRUM, "amount": -1000},
    ),
    "relay out": (
        record([log_of(relay.TOKEN_IN, DEPOSITORY, USER, TOKEN, 33, RAW)], moved((USER, DEPOSITORY, 33))),
        {"action": "bridge_out", "key": ID, "amount": -33},
    ),
    "zksync out": (
        record([log_of(zksync.DEPOSITED, ERA, RAW, USER, OTHER, TOKEN, 44)], moved((USER, ERA, 44))),
        {"action": "bridge_out", "key": ID, "dest_chain": "eip155:324", "dest_recipient": OTHER},
    ),
}


def crossing(made: TxRecord) -> list[Action]:
    return [leg for leg in built_in().decode(made).actions if leg.action in ("bridge_out", "bridge_in")]


@pytest.mark.parametrize("name", CASES)
def test_an_end_is_told_whole(name: str) -> None:
    made, expected = CASES[name]
    (leg,) = crossing(made)
    assert {key: getattr(leg, key) for key in expected} == expected
    assert leg.moves
    assert leg.reason == ""
    assert leg.grade == "recorded"


@pytest.mark.parametrize("name", CASES)
def test_a_look_alike_s_end_is_not_believed(name: str) -> None:
    made, _ = CASES[name]
    forged = tuple(replace(log, address="0x" + "9" * 40) for log in made.logs or ())
    assert crossing(replace(made, logs=forged)) == []


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("multichain out", "wormhole in")])
def test_an_end_that_nothing_bears_out_is_no_crossing(name: str) -> None:
    made, _ = CASES[name]
    assert crossing(replace(made, movements=())) == []


def test_a_memo_in_a_plain_payment_is_inferred() -> None:
    """The payee is not proven to be a vault by the payment."""
    text = "=:BTC.BTC:bc1qxy"
    made = record([], moved((USER, VAULT, 9, COIN)), recipient=VAULT, called="0x" + text.encode().hex(), value=9)
    (leg,) = crossing(made)
    assert (leg.protocol, leg.grade, leg.dest_recipient, leg.key) == ("thorchain", "inferred", "bc1qxy", TX[2:].upper())
    other = replace(made, input="0x" + b"hello".hex())
    assert crossing(other) == []


def test_transfers_to_and_from_the_keeper_of_the_avalanche_bridge() -> None:
    keeper = min(AVALANCHE[ETHEREUM])
    (out,) = crossing(record([], moved((USER, keeper, 5))))
    assert (out.dest_chain, out.dest_recipient, out.key) == ("eip155:43114", USER, TX)
    (back,) = crossing(record([], moved((keeper, USER, 5))))
    assert (back.src_chain, back.key, back.holder) == ("eip155:43114", "", USER)
    assert crossing(record([], moved((USER, OTHER, 5)))) == []


def test_a_solver_s_payment_with_a_request_for_its_call() -> None:
    solver = "0xf70da97812cb96acdf810712aa562db8dfa3dbef"
    made = record([], moved((solver, USER, 9, COIN)), sender=solver, recipient=USER, called=ID, value=9)
    (leg,) = crossing(made)
    assert (leg.action, leg.key, leg.holder, leg.amount) == ("bridge_in", ID, USER, 9)
    assert crossing(replace(made, sender=OTHER, movements=moved((OTHER, USER, 9, COIN)))) == []


def test_an_order_on_the_other_side_and_a_front_end_say_one_crossing() -> None:
    """The one underneath keeps its key; what the front end adds is where to and to whom."""
    gateway = "0x3a23f943181408eac424116af7b7790c94cb97a5"
    from tracer.decoders.socket.decoder import BRIDGED

    logs = [
        log_of(celer.SENT, CELER, RAW, gateway, OTHER, TOKEN, 400, 42161, 1, 5000, index=3),
        log_of(BRIDGED, gateway, 400, TOKEN, 42161, RAW, USER, OTHER, RAW, index=4),
    ]
    (leg,) = crossing(record(logs, moved((USER, gateway, 400), (gateway, CELER, 400))))
    assert (leg.protocol, leg.key, leg.via, leg.holder, leg.moves) == ("celer", ID, ("socket",), USER, (0, 1))
    assert leg.asset == token()
