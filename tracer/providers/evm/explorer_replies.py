"""Replies of account explorers: rows, or what the text means that stands in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracer.chains import ExplorerRow, FaultyReply, Field, row_or_unread
from tracer.io import plain
from tracer.model import ChainId
from tracer.net import (
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

EMPTY: Final = re.compile(r"no (internal )?(transactions?|records|token transfers|withdrawals?) found")
_WINDOW: Final = re.compile(r"result window is too large|less than or equal to \d+")
_WINDOW_SIZE: Final = re.compile(r"less than or equal to (\d{1,9})")
_TOO_LARGE: Final = re.compile(r"query timeout|smaller result dataset|block range smaller than|range .*too large")
_TOO_OFTEN: Final = re.compile(r"rate limit|too many requests|max calls per sec")
_KEY: Final = re.compile(r"api.?key|chainid|free api access|not supported for this chain|upgrade")
_UNREADY: Final = re.compile(
    r"not (yet )?(been )?(yet )?(processed|indexed|ready)|try again|temporar|internal (server )?error"
)
_MISSING: Final = re.compile(r"invalid action|unknown action|unknown module|missing or invalid action")


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a list is asked for.

    Attributes
    ----------
    action, holder : str
        The list; the address.
    first, last : int
        Window of blocks.
    number, size : int
        Number of the page from 1; rows of a page.
    """

    action: str
    holder: str
    first: int
    last: int
    number: int
    size: int


def rows_of(page: Page, chain: ChainId) -> Check[tuple[ExplorerRow, ...]]:
    """Return a check that reads one page: its rows are in order, inside the window, and of the address.

    A row that cannot be read costs itself (see :func:`tracer.chains.explorer_rows.row_or_unread`), not the page.
    """

    def check(reply: Reply) -> tuple[ExplorerRow, ...]:
        """Return the rows of a page; a row that is not of it refuses all."""
        try:
            rows = _rows(_listed(reply, page.action), page.action, chain, page.first)
            _refuse_foreign(rows, page)
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault
        return rows

    return check


def calls_of(tx: str, chain: ChainId) -> Check[tuple[ExplorerRow, ...]]:
    """Return a check that reads the calls inside one transaction, in listed order."""

    def check(reply: Reply) -> tuple[ExplorerRow, ...]:
        """Return the calls inside one transaction; a call of another refuses all."""
        try:
            rows = _rows(_listed(reply, "txlistinternal"), "txlistinternal", chain, 0, tx=tx)
            if any(row.tx != tx for row in rows) or len({row.block for row in rows if not row.unread}) > 1:
                raise FaultyReply(f"The calls inside {tx} were asked for, and others were given.")
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault
        return rows

    return check


def fault_of(action: str, text: str) -> ReplyFault:
    """Return what the text of a refusal means; one that nobody has told us of is refused, not guessed.

    Parameters
    ----------
    action : str
        What was asked.
    text : str
        Message and result of the reply.
    """
    said = text.lower()
    what = f"The explorer refused {action}: {plain(text[:200]).strip()}"
    if _TOO_OFTEN.search(said):
        return RetryableError(what, reason="rate_limited")
    if _WINDOW.search(said) or _TOO_LARGE.search(said):
        return SplitRequest(what, why="It answers no more at once.")
    if _MISSING.search(said):
        return PermanentError(what, why="It does not offer this list.", reason="not_supported")
    if _KEY.search(said):
        return PermanentError(
            what,
            why="The key, or what it allows, does not fit this chain.",
            next_step="Set the key of this source, or ask another source.",
            reason=DENIED,
        )
    if _UNREADY.search(said):
        return RetryableError(what)
    return PermanentError(what, why="What this text means is not known.")


def window_in(fault: SplitRequest) -> int | None:
    """Return the largest page times size that a refusal names, or ``None`` where it is of another kind."""
    found = _WINDOW_SIZE.search(fault.what)
    return max(1, int(found[1])) if found else None


def _listed(reply: Reply, action: str) -> list[Field]:
    """Return the rows in a reply; its result is a text, or nothing, where it has none to give."""
    refuse_status(reply)
    body = Field(json_of(reply), action)
    if not isinstance(body.value, dict) or "result" not in body.value:
        raise RetryableError("A reply that is not an account explorer's.")
    result, message = body.value.get("result"), str(body.value.get("message") or "")
    if str(body.value.get("status")) == "1" and isinstance(result, list):
        return list(body.get("result").items())
    text = f"{message} {result if isinstance(result, str) else ''}".strip()
    if EMPTY.search(text.lower()) and not (isinstance(result, list) and result):
        return []
    raise fault_of(action, text)


def _rows(listed: list[Field], action: str, chain: ChainId, block: int, *, tx: str = "") -> tuple[ExplorerRow, ...]:
    """Return the rows of a reply in listed order; one without a height of its own stands beside the row before it."""
    rows: list[ExplorerRow] = []
    for one in listed:
        rows.append(row_or_unread(one, action, chain, rows[-1].block if rows else block, tx=tx))
    return tuple(rows)


def _refuse_foreign(rows: tuple[ExplorerRow, ...], page: Page) -> None:
    blocks = [row.block for row in rows]
    if blocks != sorted(blocks):
        raise FaultyReply(
            f"The rows of {page.action} are not in the order asked for.", why="They must ascend by block."
        )
    if blocks and not page.first <= blocks[0] <= blocks[-1] <= page.last:
        raise FaultyReply(
            f"{page.action} gave rows of blocks {blocks[0]} to {blocks[-1]}.",
            why=f"Blocks {page.first} to {page.last} were asked for.",
        )
    for row in rows:
        if not row.unread and page.holder not in (row.sender, row.recipient, row.token):
            raise FaultyReply(f"{page.action} gave a row of another address, in block {row.block}.")
    if len(rows) > page.size:
        raise FaultyReply(f"{page.action} gave {len(rows)} rows where {page.size} were asked for.")
