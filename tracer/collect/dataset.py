"""What a collection gives: rows, balances, coverage, decisions and heads, ready to be written or traced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.bundle import balances_csv, coverage_csv, holders_csv, ledger_csv, transfers_csv
from tracer.io import Card, Carded
from tracer.model import Account, ChainId, Coverage, Holder, LedgerLeg, Transfer, caip10
from tracer.providers import BlockRef, Head
from tracer.trace import CaseData, EndBalances


@dataclass(frozen=True, slots=True, order=True)
class Replaced:
    """A head that a reorganisation or time has moved.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    old, new : BlockRef
        Newest block before and after.
    from_block : int
        First height that was read anew.
    """

    chain: ChainId
    old: BlockRef
    new: BlockRef
    from_block: int


@dataclass(frozen=True, slots=True, repr=False)
class Dataset(Carded):
    """Everything collected for a case, in total orders.

    Attributes
    ----------
    transfers : sequence of Transfer
        Movements on account chains.
    legs : tuple of LedgerLeg
        Bitcoin transactions as debits and credits.
    balances : dict of Account to EndBalances
        At both ends of the window.
    coverage : tuple of Coverage
        What was read of every holder and transaction, and what was not.
    holders : dict of (ChainId, str) to str
        What was read of each holder that stolen money can have reached: one of
        :data:`tracer.bundle.derived.STATUSES`.
    heads : dict of ChainId to Head
        Where each chain ends.
    since : dict of ChainId to int
        First block of the window of each chain.
    replaced : tuple of Replaced
        Heads that a reorganisation or time has moved while the case was collected.
    sources : dict of ChainId to str
        Name of the source that read each chain.
    """

    transfers: Sequence[Transfer]
    legs: tuple[LedgerLeg, ...]
    balances: dict[Account, EndBalances]
    coverage: tuple[Coverage, ...]
    holders: dict[Holder, str]
    heads: dict[ChainId, Head] = field(default_factory=dict)
    since: dict[ChainId, int] = field(default_factory=dict)
    replaced: tuple[Replaced, ...] = ()
    sources: dict[ChainId, str] = field(default_factory=dict)

    def card(self) -> Card:
        """Return what was read, in numbers."""
        holders = ", ".join(f"{number:,} {status}" for status, number in sorted(Counter(self.holders.values()).items()))
        return Card(
            "What was collected",
            (
                ("Rows", (f"{len(self.transfers):,} transfers, {len(self.legs):,} ledger legs",)),
                ("Holders", (holders,) if holders else ()),
                ("Chains", tuple(f"{chain} to block {head.latest.number:,}" for chain, head in self.heads.items())),
                ("Coverage", ("whole" if self.complete else "incomplete: not everything could be read",)),
            ),
        )

    @property
    def decided(self) -> dict[Holder, str]:
        """Holders not read, by the stop reason decided from the chain."""
        return {one: status for one, status in self.holders.items() if status in ("high_degree", "contract")}

    @property
    def history(self) -> frozenset[str]:
        """CAIP-10 of the holders whose history is whole."""
        return frozenset(caip10(*one) for one, status in self.holders.items() if status == "whole")

    @property
    def complete(self) -> bool:
        """Whether every holder that does not stop was read whole, and every question answered."""
        unread = set(self.holders.values()) - {"whole", "high_degree", "contract"}
        return not unread and all(one.complete or one.aside for one in self.coverage)

    def files(self) -> dict[str, bytes]:
        """Return the derived tables as a bundle holds them, by file name; the same bytes for the same content."""
        texts = {
            "coverage.csv": coverage_csv(self.coverage),
            "holders.csv": holders_csv(self.holders, self.sources),
            "transfers.csv": transfers_csv(self.transfers),
        }
        if self.legs:
            texts["ledger.csv"] = ledger_csv(self.legs, self.sources)
        if self.balances:
            ends = {account: (said.opening, said.closing, said.by) for account, said in self.balances.items()}
            texts["balances.csv"] = balances_csv(ends)
        if not self.transfers and self.legs:
            del texts["transfers.csv"]
        return {name: text.encode() for name, text in sorted(texts.items())}

    def inputs(self, case: CaseData) -> CaseData:
        """Return a case with its rows, balances and coverage replaced by what was collected."""
        return replace(
            case,
            rows=(*self.transfers, *self.legs),
            history=self.history,
            balances=self.balances,
            decided=self.decided,
            notes=(*case.notes, *self.notes()),
            lacking=self.lacking(),
        )

    def notes(self) -> tuple[str, ...]:
        """Return what was replaced and what was not read, counted, in sentences."""
        statuses = Counter(status for status in self.holders.values() if status != "whole")
        gaps = Counter(one.reason for one in self.coverage if not one.complete and not one.aside)
        others = sum(one.rows for one in self.coverage if one.aside)
        moved = tuple(
            f"{one.chain}: the newest block, {one.old.hash} (height {one.old.number}), was replaced by "
            f"{one.new.hash} (height {one.new.number}); what lies from height {one.from_block} on was read anew."
            for one in self.replaced
        )
        unread = tuple(
            f"{_counted(count, 'holder')} {_STATUS_WORDS.get(status, 'not read: ' + status.replace('_', ' '))}."
            for status, count in sorted(statuses.items())
        )
        unanswered = tuple(
            f"{_counted(count, 'question')} to the sources without a whole answer: {reason.replace('_', ' ')}."
            for reason, count in sorted(gaps.items())
        )
        aside = (f"{_counted(others, 'movement')} of NFTs and other tokens that are not followed.",) if others else ()
        return (*moved, *unread, *unanswered, *aside)

    def lacking(self) -> tuple[str, ...]:
        """Return each question without a whole answer as a sentence: about what, of which blocks, and why."""
        return tuple(
            dict.fromkeys(
                f"{one.subject} ({one.source}, blocks {one.from_block:,} to {one.to_block:,}): "
                f"{(one.detail or one.reason.replace('_', ' ')).rstrip('.')}."
                for one in self.coverage
                if not one.complete and not one.aside
            )
        )


_STATUS_WORDS: Final = {"partial": "read with gaps"}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
