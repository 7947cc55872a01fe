"""The rows of a flagged list, and what a build gives: entries, leads, what was kept off, and the counts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final

from tracer.io import Card, Carded, Cell, Records, Row, short_name, units_text
from tracer.model import AssetId, ChainId, explorer_url
from tracer.trace import UNGUARDED

DRAFT: Final = "draft"
"""Version of a list that comes straight from a trace; a release gives it a number."""

_SHOWN: Final = 8
"""Entries that the card of a list names."""

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
    """Return the id of an entry, stable for ever: ``fl-`` and 16 hex of the hash of account and case (docs/formats.md).

    Examples
    --------
    >>> entry_id("eip155:1:0x1111111111111111111111111111111111111111", "demo-2025-001")
    'fl-4d6125d71d5c3310'
    """
    return "fl-" + hashlib.sha256(f"{caip10}|{case_id}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEntry(Row):
    """One row of ``flagged.csv``: an address, a case, an asset. Fields are its columns, in order (docs/formats.md).

    What each column means, in words, stands in :data:`tracer.flags.legend.FLAG_COLUMNS`, which ``legend.md`` prints.
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
    basis: str = ""
    passed_through: int | None = None
    passed_min: int | None = None
    passed_max: int | None = None
    passed_certainty: str = ""
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
    HEAD: ClassVar[tuple[str, ...]] = (
        *("tier", "address", "role", "tainted", "certainty", "US dollars", "reason", "until", "marking"),
    )

    def cells(self) -> tuple[Cell | str, ...]:
        """Return what a table shows of it."""
        tainted = "" if self.tainted is None else units_text(AssetId(self.asset), self.tainted)
        return (
            *(self.tier, short_name(self.address, explorer_url(self.chain, "address", self.address) or "")),
            *(self.role.replace("_", " "), tainted, self.certainty),
            *(
                "" if self.usd_at_time is None else f"{self.usd_at_time:,}",
                self.reason,
                self.valid_until[:10],
                self.tlp,
            ),
        )


@dataclass(frozen=True, slots=True, order=True)
class KeptOff:
    """One row of ``kept_off.csv``: an address that stolen money reached and that cannot be listed.

    Attributes
    ----------
    caip10 : str
        The account.
    cls : str
        Class of the guard (column ``class``): a label category, ``zero``, ``burn``, ``precompile``, ``token``,
        ``victim``, ``elsewhere``, ``unvouched``, ``contract`` or ``high_degree``.
    reason : str
        Why, in a sentence.
    source_url : str
        Where that is published; empty for a rule of the code.
    """

    caip10: str
    cls: str
    reason: str
    source_url: str


@dataclass(frozen=True, slots=True, repr=False)
class FlagList(Carded):
    """A draft list and everything that did not get onto it.

    Attributes
    ----------
    entries : tuple of FlagEntry
        Tiers T1 to T3, by (`caip10`, `case_id`, `asset`).
    leads : tuple of FlagEntry
        Tier T4: information only, never part of a list.
    kept_off : tuple of KeptOff
        Addresses that stolen money reached and that are not listed, each with the reason: those that can never be, and
        those below a floor; by (`caip10`, class).
    counts : dict of str to int
        :data:`COUNTS`: rows before the floors, what each rule took away, rows after. ``unpriced`` rows could not be
        held against the floor in USD and stay in. ``outpoints`` are receipts of outputs that no address can spend.
    registry : bool
        Whether the labels of the registry and its guard were applied; without them the list is unguarded.
    no_list : str
        Why no list is made of the case; empty where one is.
    """

    entries: tuple[FlagEntry, ...]
    leads: tuple[FlagEntry, ...]
    kept_off: tuple[KeptOff, ...]
    counts: dict[str, int]
    registry: bool = True
    no_list: str = ""

    def __post_init__(self) -> None:
        for name in ("entries", "leads", "kept_off"):
            object.__setattr__(self, name, Records(getattr(self, name)))

    def card(self) -> Card:
        """Return what is listed, what is not and why, and the entries of the largest value."""
        ranked = sorted(self.entries, key=lambda one: (one.tier, -(one.usd_at_time or 0), one.caip10))
        shown = [f"{one.tier}  {one.address}  {one.role}, {one.certainty or one.grade}" for one in ranked[:_SHOWN]]
        more = len(ranked) - len(shown)
        return Card(
            "Draft of a flagged list",
            (
                ("Marking", tuple(sorted({one.tlp for one in self.entries}))),
                ("Listed", (*shown, *((f"and {more:,} more; .entries has them all",) if more > 0 else ()))),
                ("In words", tuple(re.split(r"(?<=\.) (?=[A-Z])", self.note()))),
            ),
        )

    def note(self) -> str:
        """Return in two or three sentences what is listed, what is not, and why."""
        counts = self.counts
        if self.no_list:
            kept = _count(counts["guarded"], "guarded address", "guarded addresses")
            return (
                f"No list is made of this case. {self.no_list} {kept} of those that stolen money reached can never be "
                "listed (services, victims, white hats, contracts); kept_off.csv says why of each."
            )
        below = counts["below_usd"] + counts["below_share"] + counts["dust_only"]
        sentences = [
            f"The draft list of this trace has {_count(counts['listed'], 'row')}, an address and an asset each, of "
            f"{_count(len({entry.caip10 for entry in self.entries}), 'address', 'addresses')}.",
            f"Not on it: {_count(counts['leads'], 'row')} of leads (leads.csv), {below:,} below the floors, and "
            f"{_count(counts['guarded'], 'guarded address', 'guarded addresses')} (services, victims, contracts); "
            "kept_off.csv says why of each.",
        ]
        if counts["outpoints"]:
            sentences.append(f"{_count(counts['outpoints'], 'receipt')} of outputs without an address not listed.")
        if not self.registry:
            sentences.append(UNGUARDED)
        return " ".join(sentences)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
