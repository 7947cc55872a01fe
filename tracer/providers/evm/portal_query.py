"""What SQD's Portal is asked: its few shapes of question, and the limits a question must keep.

A question names addresses; its shape says where they are looked for. The bundle remembers shape, addresses and blocks,
from which what is sent follows. Sources: subsquid/data, crates/query/docs/evm-query-syntax.md (fields, filters,
relations; 100 selections at most); beta.docs.sqd.dev/en/api/evm/introduction (a reply may end at any block, is gone on
with at the next, and always holds the first and the last block it covers); beta.docs.sqd.dev/skill (20 questions in 10
seconds without a key); subsquid-labs/pipes-sdk, packages/subsquid-pipes/src/portal-client/query/evm.ts (what the
Portal's own client sends and expects).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tracer.chains import TRANSFER_TOPIC
from tracer.providers.evm.logs import topic_of

LARGEST: Final = 256 * 1024
"""Bytes of the largest question that is answered."""
ADDRESSES: Final = 500
"""Addresses of one question: each is written nine times, in 453 bytes."""
CREATION_BLOCKS: Final = 50_000
"""Longest range of which the Portal lists every contract made; over a longer one it leaves some out."""

_BLOCK: Final = ("number", "hash", "timestamp", "excessBlobGas")
_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "block": _BLOCK,
    "transaction": (
        *("transactionIndex", "hash", "from", "to", "value", "type", "chainId", "gasPrice", "gasUsed"),
        *("effectiveGasPrice", "contractAddress", "status", "l1Fee"),
    ),
    "log": ("logIndex", "transactionIndex", "transactionHash", "address", "topics", "data"),
    "trace": (
        *("transactionIndex", "traceAddress", "type", "error", "callCallType", "callFrom", "callTo", "callValue"),
        *("createFrom", "createValue", "createResultAddress"),
        *("suicideAddress", "suicideRefundAddress", "suicideBalance"),
    ),
}


def accounts(addresses: Sequence[str], low: int, high: int) -> dict[str, Any]:
    """Return the question for everything that touches some addresses in a range of blocks."""
    return {"shape": "accounts", "addresses": list(addresses), "fromBlock": low, "toBlock": high}


def creations(addresses: Sequence[str], low: int, high: int) -> dict[str, Any]:
    """Return the question for the contracts that some addresses made, or that were made at them."""
    return {"shape": "creations", "addresses": list(addresses), "fromBlock": low, "toBlock": high}


def transaction(sender: str, block: int) -> dict[str, Any]:
    """Return the question for all that a sender's transactions did in one block."""
    return {"shape": "transaction", "addresses": [sender], "fromBlock": block, "toBlock": block}


def header(block: int) -> dict[str, Any]:
    """Return the question for one block alone."""
    return {"shape": "header", "addresses": [], "fromBlock": block, "toBlock": block}


def chunks_of(addresses: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield addresses as many at a time as one question can name."""
    for start in range(0, len(addresses), ADDRESSES):
        yield tuple(addresses[start : start + ADDRESSES])


def body_of(asked: Mapping[str, Any]) -> bytes:
    """Return what is sent for a question."""
    names = list(asked["addresses"])
    fields = _FIELDS if names else {"block": _BLOCK}
    body: dict[str, Any] = {
        "type": "evm",
        "fromBlock": asked["fromBlock"],
        "toBlock": asked["toBlock"],
        "fields": {what: dict.fromkeys(parts, True) for what, parts in fields.items()},
        **_SHAPES[asked["shape"]](names),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _accounts(names: list[str]) -> dict[str, Any]:
    topics = [topic_of(name) for name in names]
    return {
        "transactions": [{"from": names}, {"to": names}],
        "logs": [
            {"topic0": [TRANSFER_TOPIC], "topic1": topics, "transaction": True},
            {"topic0": [TRANSFER_TOPIC], "topic2": topics, "transaction": True},
        ],
        "traces": _traces(names, "callFrom", "callTo", "createFrom", "createResultAddress", "suicideRefundAddress"),
    }


def _traces(names: list[str], *filters: str) -> list[dict[str, Any]]:
    """Return selections of calls, each with all it stands under.

    Those into an address also with all that stands under them: it can only destroy itself there, and not every Portal
    finds that by the address.
    """
    inside = ("callTo", "createResultAddress")
    same = {"transaction": True, "parents": True}
    return [{one: names, **same, **({"subtraces": True} if one in inside else {})} for one in filters]


def _creations(names: list[str]) -> dict[str, Any]:
    return {"traces": _traces(names, "createFrom", "createResultAddress")}


def _transaction(names: list[str]) -> dict[str, Any]:
    return {"transactions": [{"from": names, "logs": True, "traces": True}]}


def _header(_: list[str]) -> dict[str, Any]:
    return {"includeAllBlocks": True}


_SHAPES: Final = {
    "accounts": _accounts,
    "creations": _creations,
    "transaction": _transaction,
    "header": _header,
}
