"""Replies of JSON-RPC nodes: the result, or what the many texts of their errors mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from tracer.chains import FaultyReply, Field, nesting
from tracer.io import plain
from tracer.net import (
    DEEPEST,
    DENIED,
    Check,
    PermanentError,
    Reply,
    ReplyFault,
    RetryableError,
    SplitRequest,
    json_of,
    refuse_status,
)

T = TypeVar("T")
ID: Final = 1
"""Every call is sent alone, so that each answer stands for itself in the bundle; it needs no number of its own."""

# Texts as providers are known to write them: too many results, too many blocks, too slow, too big.
_TOO_LARGE: Final = re.compile(
    r"more than \d+ results|query timeout|exceeds limit of|response size (is )?exceed|exceeds max (block range|results)"
    r"|range (is )?too (large|wide|high)|ranges? over .* not supported|limited to (a )?\d+|bigger than range limit"
    r"|larger than max block|block range (is )?too (large|wide)|response (is )?too (big|large)"
    r"|execution (aborted|timeout)|log response size|up to a [\d,.k]+ block range|limited to [^.]*(range|blocks)"
    r"|block range (is )?(greater|bigger|higher|limit|too high)|blocks? (range )?distance|too wide blocks? range"
    r"|response too large|(range|results?) (exceeds?|allowed)|exceeds? (the |max(imum)? )?(block )?range|range exceeds"
    r"|exceeds? limit|specify an address in your request|unable to complete request"
    r"|timed? ?out|context deadline exceeded|too many (results|logs|blocks)|max(imum)? block range"
)
_NO_STATE: Final = re.compile(
    r"missing trie node|historical state|no state available|state .*not available|state (is )?unavailable|pruned"
    r"|archive"
)
_NOT_OFFERED: Final = re.compile(
    r"method .*(not found|not exist|not available|not supported|unsupported|not whitelisted|not allowed|disabled)"
    r"|(unsupported|unknown) method|not supported"
)
_TOO_OFTEN: Final = re.compile(
    r"rate.?limit|too many requests|limit (has been )?(reached|exceeded)|request count exceeded|capacity"
    r"|per second|quota"
)
_BEHIND: Final = re.compile(
    r"header (for hash )?not found|block not found|unknown block|(node|still) .*sync|cannot query unfinalized"
    r"|blocks? .*cannot be found"
)
_PASSING: Final = re.compile(r"internal (server )?error|unavailable|retry|try again|overloaded|busy")
_INTERNAL: Final = -32603
_REVERTED: Final = 3
_FREE_PLAN: Final = re.compile(r"not available on the .*(tier|plan)")
_LIMIT: Final = re.compile(r"^limit exceeded\W*(none)?$")
"""Two words in which some nodes say that a range is too wide."""
_KEY: Final = re.compile(
    r"(invalid|unknown|missing|wrong) (api.?key|project|token)|unauthori[sz]ed|must be authenticated"
)

DIVISIBLE: Final = frozenset(
    (
        *("eth_getLogs", "eth_getBlockReceipts", "trace_filter", "trace_block", "trace_transaction"),
        *("debug_traceBlockByNumber", "debug_traceTransaction"),
    )
)
"""Methods whose answers can be had in parts, or in another way."""


def result_of(method: str, parse: Callable[[Field], T], *, unknown: bool = False) -> Check[T]:
    """Return a check that reads the reply to one JSON-RPC call.

    Parameters
    ----------
    method : str
        What was asked.
    parse : callable
        Reads the result.
    unknown : bool
        Whether ``null`` is an answer. For a block, a transaction or a receipt it means that this node does not know
        it, which is not the same as its absence.
    """

    def check(reply: Reply) -> T:
        """Return what a reply of JSON-RPC holds, or raise the fault that it is."""
        if method.startswith("debug_") and reply.body.count(b'"calls"') > DEEPEST // 4:
            deep = nesting(reply.body)
            if deep > DEEPEST:
                raise SplitRequest(f"The reply to {method} is nested {deep} deep.", why=f"The limit is {DEEPEST}.")
        body = _envelope(reply)
        error = body.maybe("error")
        if error is not None:
            raise fault_of(method, error.value)
        refuse_status(reply)
        if body.value.get("id") != ID:
            raise RetryableError(f"The reply to {method} is to another question.", reason="inconsistent")
        if body.maybe("result") is None and not unknown:
            raise RetryableError(f"The node does not know what {method} asked for.", reason="unconfirmed_head")
        try:
            return parse(Field(body.value.get("result"), method))
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault

    return check


def fault_of(method: str, error: Any) -> ReplyFault:  # noqa: ANN401 (an error is whatever the node sent)
    """Return what the error of a JSON-RPC reply means; a text that nobody has told us of is refused, not guessed.

    Parameters
    ----------
    method : str
        What was asked.
    error : JSON value
        The reply's ``error``.
    """
    record = error if isinstance(error, dict) else {"message": str(error)}
    code, said = record.get("code"), f"{record.get('message', '')} {record.get('data', '')}"
    text = said.lower()
    what = f"The node refused {method} ({code}): {plain(said[:200]).strip()}"
    if method == "eth_call" and (code == _REVERTED or "execution reverted" in text):
        # The text is the contract's own, and may be made to look like any other.
        return PermanentError(what, why="The contract itself refused.")
    if _FREE_PLAN.search(text):
        return PermanentError(what, why="What this plan allows does not have this method.", reason="not_supported")
    if _NO_STATE.search(text):
        return PermanentError(what, why="It does not keep the state of so old a block.", reason="no_archive_state")
    if code == -32601 or _NOT_OFFERED.search(text.replace("blocks are not supported", "")):
        return PermanentError(what, why="It does not offer this method.", reason="not_supported")
    if _TOO_LARGE.search(text) or (method in DIVISIBLE and _LIMIT.search(text.strip())):
        # Of one header or one balance nothing less can be asked: there, being too slow is a fault that passes.
        return SplitRequest(what, why="It answers no more at once.") if method in DIVISIBLE else RetryableError(what)
    if code == 429 or _TOO_OFTEN.search(text):
        return RetryableError(what, reason="rate_limited")
    if _BEHIND.search(text) or _PASSING.search(text) or code == _INTERNAL:
        return RetryableError(what)
    if _KEY.search(text):
        return PermanentError(
            what,
            why="The key, or the URL that holds it, is not accepted.",
            next_step="Set the URL of this node again.",
            reason=DENIED,
        )
    return PermanentError(what, why="What this error means is not known.")


def _envelope(reply: Reply) -> Field:
    if reply.status != 200 and not reply.content_type.endswith("json"):
        refuse_status(reply)
    body = json_of(reply)
    if not isinstance(body, dict) or ("result" not in body and "error" not in body):
        refuse_status(reply)
        raise RetryableError("A reply that is not JSON-RPC.")
    return Field(body)
