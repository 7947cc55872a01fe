"""Transactions made up for protocols that no recording has: a log as its contract writes it, and what moved."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode

from tracer.chains import EventAbi
from tracer.model import AssetId, ChainId, Collected, LogRecord, TxRecord, native_asset

ETHEREUM = ChainId("eip155:1")
USER, OTHER, TOKEN = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
TX = "0x" + "d4" * 32


def token(chain: ChainId = ETHEREUM, contract: str = TOKEN) -> AssetId:
    return AssetId(f"{chain}/erc20:{contract}")


def word(address: str) -> str:
    return "0x" + 24 * "0" + address[2:]


def log_of(event: EventAbi, address: str, *values: object, index: int = 9) -> LogRecord:
    """Return a log of an event with its arguments in order."""
    topics, kinds, plain = [event.topic], [], []
    for (kind, _, indexed), value in zip(event.inputs, values, strict=True):
        if indexed:
            topics.append("0x" + encode([kind], [value]).hex())
        else:
            kinds.append(kind)
            plain.append(value)
    return LogRecord(index, address, tuple(topics), "0x" + encode(kinds, plain).hex())


def moved(
    *rows: tuple[str, str, int] | tuple[str, str, int, AssetId], chain: ChainId = ETHEREUM
) -> tuple[Collected, ...]:
    """Return movements of the token, or of what a row names."""
    found = []
    for place, (payer, payee, amount, *rest) in enumerate(rows):
        asset = rest[0] if rest else token(chain)
        coin = asset == native_asset(chain)
        kind = "mint" if payer == "0x" + 40 * "0" else "burn" if payee == "0x" + 40 * "0" else "token"
        found.append(
            Collected(
                chain=chain,
                block=7,
                block_hash="0x" + 64 * "e",
                time=1,
                tx=TX,
                tx_index=0,
                layer=("top" if place == 0 else "call") if coin else "log",
                place=(() if place == 0 else (place,)) if coin else (place,),
                kind=("native" if place == 0 else "internal") if coin else kind,
                sender=payer,
                recipient=payee,
                asset=asset,
                amount=amount,
                source="made",
            )
        )
    return tuple(found)


def record(
    logs: Sequence[LogRecord],
    movements: tuple[Collected, ...],
    *,
    chain: ChainId = ETHEREUM,
    sender: str = USER,
    recipient: str = OTHER,
    called: str = "0x",
    value: int = 0,
    whole: bool = True,
) -> TxRecord:
    return TxRecord(
        chain=chain,
        block=7,
        block_hash="0x" + 64 * "e",
        time=1,
        tx=TX,
        index=0,
        sender=sender,
        recipient=recipient,
        value=value,
        input=called,
        logs=tuple(logs),
        movements=movements,
        whole=whole,
        source="made",
    )
