"""What every source of chain data can be asked, whoever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from tracer.model import AssetId, ChainId, Collected, CollectedTx, Coverage, TxRecord


@dataclass(frozen=True, slots=True, order=True)
class BlockRef:
    """A block as a reference.

    Attributes
    ----------
    number, time : int
        Height; header time, seconds UTC.
    hash : str
        Canonical.
    """

    number: int
    hash: str
    time: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where a collection ends: pinned once, so that every question ends at the same block.

    Attributes
    ----------
    latest : BlockRef
        Newest block looked at.
    final : BlockRef
        Newest block that can no longer be reorganised, by the chain's finality depth.
    """

    latest: BlockRef
    final: BlockRef


@dataclass(frozen=True, slots=True)
class History:
    """Movements and what of them was read.

    Attributes
    ----------
    rows : tuple of Collected
        Movements of account chains in chain order; each stands once.
    transactions : tuple of CollectedTx
        Bitcoin transactions in chain order.
    coverage : tuple of Coverage
        One a question; the history is whole where all are complete.
    """

    rows: tuple[Collected, ...] = ()
    transactions: tuple[CollectedTx, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything asked for was read."""
        return all(one.complete for one in self.coverage)

    @property
    def whole(self) -> bool:
        """Whether everything that is followed was read: tokens of other kinds are counted and left aside."""
        return all(one.complete or one.aside for one in self.coverage)


@dataclass(frozen=True, slots=True)
class Records:
    """Transactions as held, and what of those asked for was not read.

    Attributes
    ----------
    found : tuple of TxRecord
        In chain order; each stands once.
    coverage : tuple of Coverage
        One for each transaction that is missing, or of which a part is.
    """

    found: tuple[TxRecord, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    def under(self, source: str) -> Records:
        """Return the same under the name of another source, which asked this one."""
        return Records(
            tuple(
                replace(one, source=source, movements=tuple(replace(row, source=source) for row in one.movements))
                for one in self.found
            ),
            self.coverage,
        )


class Provider(Protocol):
    """A provider of chain data, bound to one chain and one exchange (which is live or replays a bundle)."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""

    def head(self) -> Head:
        """Return the pinned head of the collection; the first call asks, later ones are answered from the bundle."""

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""

    def size(self, holder: str) -> int | None:
        """Return about how many transactions a holder has, cheaply; ``None`` where the source cannot say."""

    def is_contract(self, address: str) -> bool | None:
        """Return whether code lies at an address at the pinned head; ``None`` where the source cannot say."""

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement that touches a holder (address; outpoint on Bitcoin) in a window of blocks.

        Native value, internal transfers, tokens, fees it paid, withdrawals; a part the source cannot give is a
        coverage entry that is not complete.
        """

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction."""

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return the balance at the end of a block, base units; ``None`` where the source cannot say."""


@runtime_checkable
class Pinning(Protocol):
    """A source whose head can be moved: after a reorganisation, or to the one a bundle was collected at."""

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked."""


@runtime_checkable
class Bulk(Protocol):
    """A source that reads many holders with one question."""

    def histories(self, holders: Sequence[str], since: int, until: int) -> dict[str, History]:
        """Return the histories of several holders in one window, asked for together.

        What is asked depends on which holders are named together, so whoever derives a bundle again names the same.
        """


@runtime_checkable
class Recording(Protocol):
    """A source that gives transactions as held, with their logs and calls, for decoders, proofs and links to read."""

    def records(self, txs: Mapping[str, int]) -> Records:
        """Return transactions by hash, each with the height of its block.

        What was asked for before is answered from the bundle: its raw replies are what keeps a record.
        """
