"""Calls inside EVM transactions: which of them moved the chain's coin, in both forms that nodes trace in.

Arbitrum's tracer also lists what moves outside the calls, before and after them; its parts of the fee are left out: the
fee is a row of its own. A call under a failed one did not happen, whether or not it shows an error of its own. Value
moves by ``CALL``,
``CREATE``, ``CREATE2`` and ``SELFDESTRUCT`` only: ``DELEGATECALL`` repeats its caller's value, ``CALLCODE`` pays to
itself, ``STATICCALL`` has none. The empty path is the transaction's own value, which its row holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tracer.chains.evm_block import EvmTransaction, coin_of
from tracer.chains.evm_fields import address_or, hash_of, height_of, quantity, quantity_or
from tracer.chains.fields import Field
from tracer.model import CallRecord, ChainId, Collected, facts_of

_MOVES: Final = ("CALL", "CREATE", "CREATE2", "SELFDESTRUCT")
_STILL: Final = ("DELEGATECALL", "STATICCALL", "CALLCODE")
_OUTSIDE: Final = ("BEFORE", "AFTER")
_FEE_PARTS: Final = ("feePayment", "feeCollection", "gasRefund", "tip")
_LAST: Final = 1 << 30
"""First index of the path of what moves after all calls."""
_FLAT_CALLS: Final = {
    "call": "CALL",
    "delegatecall": "DELEGATECALL",
    "staticcall": "STATICCALL",
    "callcode": "CALLCODE",
}
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]')


def parse_frames(field: Field, chain: ChainId) -> tuple[CallRecord, ...]:
    """Return the calls of a frame tree (``callTracer``) in the order they were made.

    The tracer of some nodes names no instruction, or an invalid one, for a transaction that only moves its value.

    Raises
    ------
    FaultyReply
        If a frame that carries value is of an instruction that no rule is known for, or is a ``SELFDESTRUCT`` that
        does not say what it paid to whom.
    """
    calls = []
    waiting: list[tuple[tuple[int, ...], Field]] = [((), field)]
    while waiting:
        path, frame = waiting.pop()
        said = frame.maybe("type")
        kind = "" if said is None else said.text().upper()
        if kind in ("", "INVALID") and frame.maybe("to") is not None:
            if path and quantity_or(frame, "value"):
                raise frame.fault("What no rule is known for carries value.")
            kind = kind if path else "CALL"
        elif kind not in _MOVES and kind not in _STILL:
            raise frame.fault("An instruction that no rule is known for.")
        if kind == "SELFDESTRUCT" and (frame.maybe("to") is None or frame.maybe("value") is None):
            raise frame.fault("A SELFDESTRUCT that does not say what it paid to whom.")
        failed = frame.maybe("error") is not None
        calls.append(
            CallRecord(
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
    return (*calls, *_outside(field, chain))


def parse_flat(field: Field, chain: ChainId) -> dict[str, tuple[CallRecord, ...]]:
    """Return the calls of flat traces (``trace_*``) by transaction hash, in the order they were made.

    Block rewards, which belong to no transaction, are left out.
    """
    by_transaction: dict[str, list[CallRecord]] = {}
    for row in field.items():
        if row.get("type").text() == "reward":
            continue
        by_transaction.setdefault(hash_of(row.get("transactionHash")), []).append(_flat_call(row, chain))
    return {tx: tuple(sorted(calls, key=lambda call: call.path)) for tx, calls in by_transaction.items()}


def flat_keys(field: Field) -> list[tuple[int, str, tuple[int, ...]]]:
    """Return block, transaction hash and path of each flat trace that belongs to a transaction."""
    return [
        (
            height_of(row.get("blockNumber")),
            hash_of(row.get("transactionHash")),
            tuple(one.below(one.integer(), _LAST) for one in row.get("traceAddress").items()),
        )
        for row in field.items()
        if row.get("type").text() != "reward"
    ]


def happened(calls: Iterable[CallRecord]) -> Iterator[CallRecord]:
    """Yield the calls that were not undone: none of them, nor any call they stand under, failed."""
    calls = tuple(calls)
    failed = {call.path for call in calls if call.failed}
    for call in calls:
        if call.kind in _OUTSIDE or not any(call.path[:end] in failed for end in range(len(call.path) + 1)):
            yield call


def _outside(frame: Field, chain: ChainId) -> Iterator[CallRecord]:
    """Yield what moved outside the calls of a transaction, as Arbitrum's tracer lists it, without parts of the fee."""
    for kind, name in zip(_OUTSIDE, ("beforeEVMTransfers", "afterEVMTransfers"), strict=True):
        listed = frame.maybe(name)
        for index, one in enumerate(listed.items() if listed else ()):
            purpose = one.maybe("purpose")
            if purpose is not None and purpose.value in _FEE_PARTS:
                continue
            path = (1 + index,) if kind == "BEFORE" else (_LAST + index,)
            payer, payee = address_or(one, "from", chain), address_or(one, "to", chain)
            yield CallRecord(path, kind, payer, payee, quantity_or(one, "value"), failed=False)


def keeps_destroyed(chain: ChainId, block: int, time: int, *, cancun: bool = False) -> bool | None:
    """Return whether a contract that destroys itself to itself keeps its coin (EIP-6780); ``None``: not known.

    Parameters
    ----------
    chain : ChainId
        The chain.
    block, time : int
        Height; seconds UTC.
    cancun : bool
        Whether the header shows that the rules of Cancun hold; it need not, where they do.
    """
    return True if cancun else facts_of(chain).keeps_destroyed(block, time)


def lists_outside(calls: Iterable[CallRecord]) -> bool:
    """Return whether a trace lists what moved outside the calls."""
    return any(call.kind in _OUTSIDE for call in calls)


def burns_itself(call: CallRecord) -> bool:
    """Return whether a call is a contract's that destroys itself to itself, which burns its coin or does not."""
    return call.kind == "SELFDESTRUCT" and call.sender == call.recipient and call.value > 0


def call_rows(
    calls: Sequence[CallRecord],
    transaction: EvmTransaction,
    *,
    chain: ChainId,
    time: int,
    source: str,
    cancun: bool = False,
) -> list[Collected]:
    """Return the movements of the coin by calls inside a transaction.

    Parameters
    ----------
    calls : sequence of CallRecord
        All of the transaction's calls.
    transaction : EvmTransaction
        Their transaction.
    chain, time, source
        As in :class:`tracer.model.Collected`.
    cancun : bool
        Whether the rules of the Cancun fork hold (see :class:`tracer.chains.evm_block.Header`).

    Notes
    -----
    Where nobody knows whether a contract that destroyed itself to itself burnt its coin, it is taken to have kept it;
    whoever asks for the rows says so (see :func:`keeps_destroyed`).
    """
    coin, rows = coin_of(chain), []
    keeps = keeps_destroyed(chain, transaction.block, time, cancun=cancun)
    made = {call.recipient for call in calls if call.kind in ("CREATE", "CREATE2")}
    brought = transaction.type in facts_of(chain).deposit_types  # what a deposit brings is a row of the transaction
    for call in happened(calls):
        if not call.path or not call.value or call.kind not in (*_MOVES, *_OUTSIDE):
            continue
        if brought and call.kind in _OUTSIDE:
            continue
        to_itself = burns_itself(call)
        if to_itself and (keeps is None or keeps) and call.sender not in made:
            continue
        gone, new = to_itself or (call.kind in _OUTSIDE and not call.recipient), not call.sender
        rows.append(
            Collected(
                chain,
                transaction.block,
                transaction.block_hash,
                time,
                transaction.hash,
                transaction.index,
                "fee" if call.kind == "BEFORE" else "call",
                call.path,
                "burn" if gone else "mint" if new else "internal",
                call.sender,
                "" if gone else call.recipient,
                coin,
                call.value,
                source,
            )
        )
    return rows


def contradiction(calls: Sequence[CallRecord], transaction: EvmTransaction, failed: bool | None) -> str:
    """Return how a trace contradicts its transaction and receipt, in words; empty where it does not."""
    if not calls or calls[0].path:
        return "the trace has no call of the transaction itself"
    top = calls[0]
    if (top.sender, top.value) != (transaction.sender, transaction.value):
        return "sender or value of the trace are not the transaction's"
    if transaction.recipient and top.recipient != transaction.recipient:
        return "the recipient of the trace is not the transaction's"
    if not transaction.recipient and top.kind not in ("CREATE", "CREATE2"):
        return "the transaction makes a contract, and the trace calls one"
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


def _flat_call(row: Field, chain: ChainId) -> CallRecord:
    kind, action, result = row.get("type").text(), row.get("action"), row.maybe("result")
    path = tuple(one.below(one.integer(), _LAST) for one in row.get("traceAddress").items())
    failed = row.maybe("error") is not None
    if kind == "call":
        name = action.maybe("callType")
        instruction = "CALL" if name is None else _FLAT_CALLS.get(name.text(), "")
        if not instruction:
            raise action.fault("A kind of call that no rule is known for.")
        return CallRecord(
            path,
            instruction,
            action.get("from").address(chain),
            action.get("to").address(chain),
            quantity_or(action, "value"),
            failed,
        )
    if kind == "create":
        made = "" if result is None else address_or(result, "address", chain)
        return CallRecord(
            path, "CREATE", action.get("from").address(chain), made, quantity(action.get("value")), failed
        )
    if kind in ("suicide", "selfdestruct"):
        heir = action.get("refundAddress").address(chain)
        owner = action.get("address").address(chain)
        return CallRecord(path, "SELFDESTRUCT", owner, heir, quantity(action.get("balance")), failed)
    raise row.get("type").fault("A kind of trace that no rule is known for.")
