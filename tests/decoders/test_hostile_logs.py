"""Whatever a protocol's own contract writes, and however odd a transaction is, a decoder answers and never fails."""

from __future__ import annotations

import random

import pytest
from eth_abi.abi import encode
from made import OTHER, TOKEN, USER, moved, record

from tracer.chains import EventAbi
from tracer.decoders import built_in
from tracer.decoders.by_log import ANY_CHAIN, ByLogs, Venue
from tracer.model import ChainId, LogRecord

SEED = 20261129


def value_of(kind: str, source: random.Random) -> object:
    """Return a value of an ABI type: small, large, empty, or bytes of any length."""
    if kind.endswith("]"):
        base, _, size = kind.rpartition("[")
        count = int(size[:-1]) if size[:-1] else source.randrange(3)
        return [value_of(base, source) for _ in range(count)]
    if kind.startswith("("):
        return tuple(value_of(part, source) for part in parts_of(kind[1:-1]))
    if kind == "address":
        return source.choice([USER, OTHER, TOKEN, "0x" + 40 * "0"])
    if kind == "bool":
        return source.random() < 0.5
    if kind == "string":
        return source.choice(["", "OUT:zz", "=:BTC.BTC:x", "\x00", 50 * "é"])
    if kind.startswith("bytes"):
        size = int(kind[5:]) if kind[5:] else source.choice([0, 1, 20, 32, 72, 73, 133, 200])
        return source.randbytes(size)
    bits = int(kind.lstrip("uint") or 256)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind.startswith("int") else (0, (1 << bits) - 1)
    return source.choice([0, 1, min(500, high), high, low, source.randint(low, high)])


def parts_of(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text + ","):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return parts


def written(event: EventAbi, address: str, source: random.Random) -> LogRecord:
    topics, kinds, plain = [event.topic], [], []
    for kind, _, indexed in event.inputs:
        value = value_of(kind, source)
        if indexed:
            topics.append(
                "0x" + encode([kind], [value]).hex() if "[" not in kind else "0x" + source.randbytes(32).hex()
            )
        else:
            kinds.append(kind)
            plain.append(value)
    return LogRecord(source.randrange(9), address, tuple(topics), "0x" + encode(kinds, plain).hex())


@pytest.mark.parametrize("name", built_in().names())
def test_no_log_of_its_own_makes_a_decoder_fail(name: str) -> None:
    decoder, source = built_in().decoder(name), random.Random(SEED)
    if isinstance(decoder, ByLogs):
        events = [reading.event for reading in decoder.readings]
    elif isinstance(decoder, Venue):
        events = [one.event for one in decoder.confirmations]
    else:
        pytest.skip("it reads no events of a table")
    tables = decoder.contracts or {ChainId("eip155:1"): {OTHER: ""}}
    alone = built_in()
    for chain, table in tables.items():
        here = ChainId("eip155:1") if chain == ANY_CHAIN else chain
        if not here.startswith("eip155:"):
            continue
        for event in events:
            for address in list(table)[:3] * 3:
                rows = moved((USER, address, 500), (address, OTHER, 500), (USER, OTHER, 1), chain=here)
                logs = [written(event, address, source) for _ in range(3)]
                cut = LogRecord(10, address, logs[0].topics[:2], logs[0].data[:-2])
                whole = source.random() < 0.5
                alone.decode(record([*logs, cut], rows, chain=here, whole=whole, recipient=address))
                alone.decode(record(logs, (), chain=here, whole=whole, called="0x" + source.randbytes(80).hex()))
