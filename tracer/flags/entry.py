"""The rows of a flagged list, and what a build gives: entries, leads, what was kept off, and the counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tracer.flags.guard import KeptOff
from tracer.model import ChainId

DRAFT: Final = "draft"
"""Version of a list that comes straight from a trace; a release gives it a number."""

COUNTS: Final = (
    "candidates",
    "guarded",
    "below_usd",
    "below_share",
    "dust_only",
    "unpriced",
    "outpoints",
    "leads",
    "listed",
)
"""What a build counts, in rows (address and asset); the guarded in addresses, the outpoints in receipts."""


def entry_id(caip10: str, case_id: str) -> str:
    """Return the id of an entry, stable for ever: ``fl-`` and 16 hex of the hash of account and case (FORMATS 3.2).

    Examples
    --------
    >>> entry_id("eip155:1:0x1111111111111111111111111111111111111111", "demo-2025-001")
    'fl-4d6125d71d5c3310'
    """
    return "fl-" + hashlib.sha256(f"{caip10}|{case_id}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEntry:
    """One row of ``flagged.csv``: an address, a case, an asset. Fields are its columns, in order (FORMATS 3.2).

    Attributes
    ----------
    list_version, entry_id, caip10, address, chain, case_id, role, tier, grade, attribution_rank
        As the column says; `address` canonical, `caip10` = ``chain:address``.
    confidence : int
        0 to 100.
    hop : int
        Movements from the seed; the seed has 0.
    policy, asset : str
        Empty where the address is only named.
    tainted, min, max : int or None
        Stolen receipts of the address in the asset, base units; bounds are ``None`` where none were computed.
    certainty : str
        Empty without bounds.
    usd_at_time : Decimal or None
        USD with two places; ``None`` is unpriced.
    first_tx, first_time, last_tx, last_time : str
        First and last stolen receipt; empty where the source gives none.
    claim_id, evidence_url, source_attribution, reason, valid_from, valid_until, status, tlp : str
        As the column says.
    """

    list_version: str = DRAFT
    entry_id: str
    caip10: str
    address: str
    chain: ChainId
    case_id: str
    role: str
    tier: str
    grade: str
    attribution_rank: str
    confidence: int
    hop: int
    policy: str
    asset: str
    tainted: int | None
    min: int | None = None
    max: int | None = None
    certainty: str = ""
    usd_at_time: Decimal | None
    first_tx: str
    first_time: str
    last_tx: str
    last_time: str
    claim_id: str = ""
    evidence_url: str
    source_attribution: str
    reason: str
    valid_from: str
    valid_until: str
    status: str = "active"
    tlp: str


@dataclass(frozen=True, slots=True)
class FlagList:
    """A draft list and everything that did not get onto it.

    Attributes
    ----------
    entries : tuple of FlagEntry
        Tiers T1 to T3, by (`caip10`, `case_id`, `asset`).
    leads : tuple of FlagEntry
        Tier T4: information only, never part of a list.
    kept_off : tuple of KeptOff
        Addresses that stolen money reached and that can never be listed, by (`caip10`, class).
    counts : dict of str to int
        :data:`COUNTS`: rows before the floors, what each rule took away, rows after. ``unpriced`` rows could not be
        held against the floor in USD and stay in. ``outpoints`` are stolen receipts of Bitcoin outputs: a trace
        names their address only where the units rest, so they are counted here and not listed.
    """

    entries: tuple[FlagEntry, ...]
    leads: tuple[FlagEntry, ...]
    kept_off: tuple[KeptOff, ...]
    counts: dict[str, int]

    def note(self) -> str:
        """Return in two or three sentences what is listed, what is not, and why."""
        counts = self.counts
        below = counts["below_usd"] + counts["below_share"] + counts["dust_only"]
        sentences = [
            f"The draft list of this trace has {_count(counts['listed'], 'row')}, an address and an asset each, of "
            f"{_count(len({entry.caip10 for entry in self.entries}), 'address', 'addresses')}.",
            f"Not on it: {_count(counts['leads'], 'row')} resting on statements or heuristics (leads), {below:,} below "
            f"the floors, and {_count(counts['guarded'], 'guarded address', 'guarded addresses')} (services, victims, "
            "contracts).",
        ]
        if counts["outpoints"]:
            sentences.append(f"{_count(counts['outpoints'], 'receipt')} of Bitcoin outputs not listed.")
        return " ".join(sentences)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
