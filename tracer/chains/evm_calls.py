"""Calls inside EVM transactions: which of them moved the chain's coin, in both forms that nodes trace in.

A call under a failed one did not happen, whether or not it shows an error of its own. Value moves by ``CALL``,
``CREATE``, ``CREATE2`` and ``SELFDESTRUCT`` only: ``DELEGATECALL`` repeats its caller's value, ``CALLCODE`` pays to
itself, ``STATICCALL`` has none. The empty path is the transaction's own value, which its row holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.chains.evm_block import EvmTransaction, coin_of
from tracer.chains.evm_fields import address_or, hash_of, quantity, quantity_or
from tracer.chains.fields import Field
from tracer.model import ChainId, Collected

_MOVES: Final = ("CALL", "CREATE", "CREATE2", "SELFDESTRUCT")
_STILL: Final = ("DELEGATECALL", "STATICCALL", "CALLCODE")
_FLAT_CALLS: Final = {
    "call": "CALL",
    "delegatecall": "DELEGATECALL",
    "staticcall": "STATICCALL",
    "callcode": "CALLCODE",
}
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]')


@dataclass(frozen=True, slots=True)
class Call:
    """One call as a tracer saw it.

    Attributes
    ----------
    path : tuple of int
        Child indexes from the transaction's own call, which is ``()``.
    kind : str
        Name of the instruction, upper case.
    sender, recipient : str
        Canonical; `recipient` is empty where a creation failed.
    value : int
        Wei it carries, moved or not.
    failed : bool
        Whether it shows an error of its own.
    """

    path: tuple[int, ...]
    kind: str
    sender: str
    recipient: str
    value: int
    failed: bool


def parse_frames(field: Field, chain: ChainId) -> tuple[Call, ...]:
    """Return the calls of a frame tree (``callTracer``) in the order they were made."""
    calls = []
    waiting: list[tuple[tuple[int, ...], Field]] = [((), field)]
    while waiting:
        path, frame = waiting.pop()
        kind = frame.get("type").text().upper()
        if kind not in _MOVES and kind not in _STILL:
            raise frame.get("type").fault("An instruction that no rule is known for.")
        failed = frame.maybe("error") is not None
        calls.append(
            Call(
                path,
                kind,
                frame.get("from").address(chain),
                address_or(frame, "to", chain),
                quantity_or(frame, "value"),
                failed,
            )
        )
        children = frame.maybe("calls")
        inner = [((*path, index), one) for index, one in enumerate(children.items())] if children else []
        waiting.extend(reversed(inner))
    return tuple(calls)


def parse_flat(field: Field, chain: ChainId) -> dict[str, tuple[Call, ...]]:
    """Return the calls of flat traces (``trace_*``) by transaction hash, in the order they were made.

    Block rewards, which belong to no transaction, are left out.
    """
    by_transaction: dict[str, list[Call]] = {}
    for row in field.items():
        if row.get("type").text() == "reward":
            continue
        by_transaction.setdefault(hash_of(row.get("transactionHash")), []).append(_flat_call(row, chain))
    return {tx: tuple(sorted(calls, key=lambda call: call.path)) for tx, calls in by_transaction.items()}


def flat_keys(field: Field) -> list[tuple[int, str, tuple[int, ...]]]:
    """Return block, transaction hash and path of each flat trace that belongs to a transaction."""
    return [
        (
            quantity(row.get("blockNumber")),
            hash_of(row.get("transactionHash")),
            tuple(one.integer() for one in row.get("traceAddress").items()),
        )
        for row in field.items()
        if row.get("type").text() != "reward"
    ]


def happened(calls: Iterable[Call]) -> Iterator[Call]:
    """Yield the calls that were not undone: none of them, nor any call they stand under, failed."""
    calls = tuple(calls)
    failed = {call.path for call in calls if call.failed}
    for call in calls:
        if not any(call.path[:end] in failed for end in range(len(call.path) + 1)):
            yield call


def call_rows(
    calls: Sequence[Call], transaction: EvmTransaction, *, chain: ChainId, time: int, source: str, cancun: bool = False
) -> list[Collected]:
    """Return the movements of the coin by calls inside a transaction.

    Parameters
    ----------
    calls : sequence of Call
        All of the transaction's calls.
    transaction : EvmTransaction
        Their transaction.
    chain, time, source
        As in :class:`tracer.model.Collected`.
    cancun : bool
        Whether the rules of the Cancun fork hold (see :class:`tracer.chains.evm_block.Header`).
    """
    coin, rows = coin_of(chain), []
    made = {call.recipient for call in calls if call.kind in ("CREATE", "CREATE2")}
    for call in happened(calls):
        if not call.path or not call.value or call.kind not in _MOVES:
            continue
        to_itself = call.kind == "SELFDESTRUCT" and call.sender == call.recipient
        if to_itself and cancun and call.sender not in made:
            continue
        rows.append(
            Collected(
                chain,
                transaction.block,
                transaction.block_hash,
                time,
                transaction.hash,
                transaction.index,
                "call",
                call.path,
                "burn" if to_itself else "internal",
                call.sender,
                "" if to_itself else call.recipient,
                coin,
                call.value,
                source,
            )
        )
    return rows


def contradiction(calls: Sequence[Call], transaction: EvmTransaction, failed: bool | None) -> str:
    """Return how a trace contradicts its transaction and receipt, in words; empty where it does not."""
    if not calls or calls[0].path:
        return "the trace has no call of the transaction itself"
    top = calls[0]
    if (top.sender, top.value) != (transaction.sender, transaction.value):
        return "sender or value of the trace are not the transaction's"
    if transaction.recipient and top.recipient != transaction.recipient:
        return "the recipient of the trace is not the transaction's"
    if failed is not None and top.failed != failed:
        return "the trace and the receipt disagree on whether the transaction failed"
    if any(call.value and call.kind in _MOVES and not call.recipient for call in happened(calls)):
        return "a call that moved value has no recipient"
    return ""


def nesting(body: bytes) -> int:
    """Return how deep the brackets of a JSON text are nested."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(body):
        token = found[0]
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest


def _flat_call(row: Field, chain: ChainId) -> Call:
    kind, action, result = row.get("type").text(), row.get("action"), row.maybe("result")
    path = tuple(one.integer() for one in row.get("traceAddress").items())
    failed = row.maybe("error") is not None
    if kind == "call":
        name = action.maybe("callType")
        instruction = "CALL" if name is None else _FLAT_CALLS.get(name.text(), "")
        if not instruction:
            raise action.fault("A kind of call that no rule is known for.")
        return Call(
            path,
            instruction,
            action.get("from").address(chain),
            action.get("to").address(chain),
            quantity_or(action, "value"),
            failed,
        )
    if kind == "create":
        made = "" if result is None else address_or(result, "address", chain)
        return Call(path, "CREATE", action.get("from").address(chain), made, quantity(action.get("value")), failed)
    if kind in ("suicide", "selfdestruct"):
        heir = action.get("refundAddress").address(chain)
        owner = action.get("address").address(chain)
        return Call(path, "SELFDESTRUCT", owner, heir, quantity(action.get("balance")), failed)
    raise row.get("type").fault("A kind of trace that no rule is known for.")
