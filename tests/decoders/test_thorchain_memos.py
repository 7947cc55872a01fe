"""The memo grammar of THORChain: the vectors of its documents, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.decoders.thorchain.memo import Memo, chain_code, read_memo, text_of_script

HASH = 64 * "a"
USDT = "ETH.USDT-0xdAC17F958D2ee523a2206206994597C13D831ec7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=:ETH.ETH:0x6B17:0/1/0:t:30", Memo("swap", "ETH.ETH", "0x6B17", limit=0)),
        ("=:b:bc1qfoo", Memo("swap", "BTC.BTC", "bc1qfoo")),
        (f"SWAP:{USDT}:0xabc/0xdef:1e6", Memo("swap", USDT, "0xabc", "0xdef", 1_000_000)),
        ("=<:BTC.BTC:bc1qfoo:1/1/0", Memo("swap", "BTC.BTC", "bc1qfoo", limit=1)),
        ("s:r:thor1x", Memo("swap", "THOR.RUNE", "thor1x")),
        ("=:q:who", Memo("swap", "q", "who")),  # a letter that is not known stays
        ("=:BTC~BTC:thor1x", Memo("swap", "BTC~BTC", "thor1x")),
        ("=:BTC.BTC", Memo("swap", "BTC.BTC")),
        ("=:BTC.BTC::123", Memo("swap", "BTC.BTC", limit=123)),
        (f"OUT:{HASH}", Memo("out", inbound=HASH.upper())),
        (f"refund:0x{HASH}:more", Memo("refund", inbound=HASH.upper())),
        ("OUT:abc", None),
        ("+:BTC.BTC", None),
        ("~:BTC.BTC:x", None),
        ("-:BTC.BTC:10000", None),
        ("hello", None),
        ("s", None),
        ("swap", None),
        ("so: this is text", None),
        ("=:no asset:x", None),
        ("", None),
    ],
)
def test_vectors(text: str, expected: Memo | None) -> None:
    assert read_memo(text) == expected


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_memo_or_none(text: str) -> None:
    found = read_memo(text)
    if found is not None:
        assert found.action in ("swap", "out", "refund")
        assert (found.action == "swap") == bool(found.asset)
        assert (found.action != "swap") == (len(found.inbound) == 64)


ASSETS = st.sampled_from(["BTC.BTC", "ETH.ETH", USDT, "b", "r", "AVAX.USDC-4", "DOGE~DOGE"])
PART = st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")), max_size=42)


@given(
    st.sampled_from(["=", "s", "SWAP", "Swap", "=<"]),
    ASSETS,
    PART,
    PART,
    st.one_of(st.none(), st.integers(0, 10**18)),
    PART,
)
@settings(max_examples=200, deadline=None)
def test_what_is_written_by_the_grammar_is_read_back(
    action: str, asset: str, to: str, back: str, limit: int | None, affiliate: str
) -> None:
    text = f"{action}:{asset}:{to}{'/' + back if back else ''}:{'' if limit is None else limit}/1/0:{affiliate}:30"
    found = read_memo(text)
    assert found is not None
    assert (found.destination, found.refund_to, found.limit) == (to, back, limit)
    assert chain_code(found.asset) in ("BTC", "ETH", "THOR", "AVAX", "")


@pytest.mark.parametrize("width", [0, 1, 2, 4])
def test_every_way_to_push_is_read(width: int) -> None:
    memo = b"=:ETH.ETH:0x6B17"
    size = {0: bytes([len(memo)]), 1: b"\x4c", 2: b"\x4d", 4: b"\x4e"}[width]
    script = b"\x6a" + size + (len(memo).to_bytes(width, "little") if width else b"") + memo
    assert text_of_script(script.hex()) == memo.decode()
    assert text_of_script(script[:-1].hex()) == "", "a push that is cut off is none"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert text_of_script("6a02ff41") == "\ufffdA"


@given(st.binary(max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_script_has_a_text_or_none(raw: bytes) -> None:
    found = text_of_script(raw.hex())
    assert not found or raw[:1] == b"\x6a"


def test_what_is_no_script_has_none() -> None:
    assert text_of_script("zz") == ""
    assert text_of_script("") == ""
    assert text_of_script("76a914") == ""
