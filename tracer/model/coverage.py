"""Coverage: what of a question was read, and precisely what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.model.chain import ChainId

REASONS: Final = (
    "ok",
    "full_page",
    "result_window",
    "single_block_overflow",
    "error",
    "rate_limited",
    "no_archive_state",
    "unconfirmed_head",
    "inconsistent",
    "not_supported",
    "over_budget",
)
"""Why a history is whole (``ok``) or not (``over_budget``: the caller's own limit)."""


OTHER_TOKENS: Final = "other_tokens"
"""Endpoint of the entry that counts tokens of kinds that are not followed (NFTs, and logs of no standard)."""


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """What one question to one source gave.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    subject : str
        Address, outpoint or transaction asked about.
    source, endpoint : str
        Who was asked what.
    from_block, to_block : int
        Window asked for, both ends included.
    complete : bool
        Whether everything in the window was read.
    reason : str
        One of :data:`REASONS`.
    detail : str
        In words: what is missing (window, rows unknown, why); empty where complete.
    rows, pages : int
        What was read.
    unconfirmed_from : int or None
        First height of the window that was not final when it was read; ``None`` where all was.
    """

    chain: ChainId
    subject: str
    source: str
    endpoint: str
    from_block: int
    to_block: int
    complete: bool
    reason: str = "ok"
    detail: str = ""
    rows: int = 0
    pages: int = 0
    unconfirmed_from: int | None = None

    @property
    def aside(self) -> bool:
        """Whether it only counts what is not followed: the coin and the tokens that are can be whole all the same."""
        return self.endpoint == OTHER_TOKENS
