"""Local archives as a source: Parquet exports read on this machine, nothing asked of anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tracer.errors import InputError, SourceError
from tracer.model import DEFAULT_CHAIN, AssetId, ChainId, Collected, CollectedTx, Coverage, chain_of
from tracer.providers.archive.bitcoin import bitcoin_rows
from tracer.providers.archive.evm import EvmArchive
from tracer.providers.archive.own import own_rows
from tracer.providers.archive.tables import Tables, find_archive
from tracer.providers.archive.where import Where
from tracer.providers.provider import BlockRef, Head, History

_BLOCKS: Final = {
    "tracer": ("block", "block_hash", "time"),
    "cryo": ("block_number", "block_hash", "timestamp"),
    "bigquery": ("number", "hash", "epoch_us(timestamp) // 1000000"),
    "bitcoin": ("number", "hash", "epoch_us(timestamp) // 1000000"),
}
"""Names of height, hash and time in the table of blocks."""


class Archive:
    """A folder of Parquet files as a source.

    Parameters
    ----------
    folder : Path
        BigQuery's or AWS's export of Ethereum or Bitcoin, cryo's files, or an archive
        of one's own (docs/formats.md).
    chain : ChainId
        The chain the files are of; they do not say it themselves.
    name : str
        Name in the registry.

    Raises
    ------
    InputError, DataFileError
        If the folder holds no archive of that kind of chain.
    MissingExtraError
        If DuckDB is not installed.

    Notes
    -----
    The files are not copied into a bundle; :attr:`hashes` says which they were. Close it when done, or use it in a
    ``with`` block.
    """

    def __init__(self, folder: Path, chain: ChainId = DEFAULT_CHAIN, *, name: str = "archive") -> None:
        files = find_archive(folder)
        family = chain_of(chain).family
        if (files.dialect == "bitcoin") != (family == "bitcoin") and files.dialect != "tracer":
            raise InputError(
                f"The archive in {folder.name!r} is of another kind of chain than {chain}.",
                next_step="Name the chain that the files were exported from.",
            )
        self._tables, self._chain, self._name = Tables(files), chain, name
        self._range: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self._name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of every file that was read, by its path in the folder."""
        if self._hashes is None:
            self._hashes = self._tables.files.hashes()
        return self._hashes

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._tables.close()

    def head(self) -> Head:
        """Return the newest block of the archive, and the one below it that was final when it was made.

        Raises
        ------
        SourceError
            If the archive has no table of blocks.
        """
        low, high, _ = self._height_range()
        if high < 0:
            raise SourceError("The archive has no table of blocks.", why="Nothing says up to which block it reaches.")
        return Head(self.block(high), self.block(max(low, high - chain_of(self._chain).finality)))

    def block(self, number: int) -> BlockRef:
        """Return a block by height.

        Raises
        ------
        SourceError
            If the archive does not hold it.
        """
        if self._tables.has("blocks"):
            height, block_hash, time = _BLOCKS[self._tables.files.dialect]
            query = f"SELECT {block_hash}, {time} FROM blocks WHERE {height} = ?"  # noqa: S608
            for found in self._tables.rows(query, [number]):
                return BlockRef(number, found[0], int(found[1]))
        raise SourceError(f"The archive does not hold block {number}.")

    def size(self, holder: str) -> int | None:
        """Return how many transactions of tracer's own archive touch a holder; ``None`` for other files."""
        if self._tables.files.dialect != "tracer":
            return None
        query = "SELECT count(DISTINCT tx) FROM transfers WHERE sender = ? OR recipient = ?"
        ((count,),) = self._tables.rows(query, [holder, holder])
        return int(count)

    def is_contract(self, address: str) -> bool | None:
        """Return ``None`` on EVM chains, where files do not say it; ``False`` on Bitcoin."""
        del address
        return False if chain_of(self._chain).family == "bitcoin" else None

    def rows(self, holder: str, since: int, until: int) -> Iterator[Collected]:
        """Yield the movements of a holder, or of all where it is empty, in chain order, a batch at a time."""
        return self._movements(Where(since, until, holder))

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement of a window that touches a holder, as far as the files hold it."""
        return self._history(holder, Where(since, until, holder))

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction; one that the archive does not hold is a gap."""
        low, high, _ = self._height_range()
        history = self._history(tx, Where(max(low, 0), high if high >= 0 else 1 << 62, tx=tx))
        if history.rows or history.transactions:
            return history
        missing = self._gap(tx, "transaction", (low, high), "not_supported", "The archive does not hold it.")
        return History(coverage=(missing,))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return ``None``: movements are no state."""
        del address, asset, block
        return None

    def _movements(self, where: Where, archive: EvmArchive | None = None) -> Iterator[Collected]:
        if self._tables.files.dialect == "tracer":
            condition, values = "block BETWEEN ? AND ?", [where.since, where.until]
            if where.tx:
                return own_rows(self._tables, self._chain, f"{condition} AND tx = ?", [*values, where.tx], self._name)
            touching = f"{condition} AND (? IN ('', sender, recipient))"
            return own_rows(self._tables, self._chain, touching, [*values, where.holder], self._name)
        return (archive or EvmArchive(self._tables, self._chain, self._name)).rows(where)

    def _history(self, subject: str, where: Where) -> History:
        window = (where.since, where.until)
        if self._tables.files.dialect == "bitcoin":
            return self._bitcoin(subject, where)
        archive = EvmArchive(self._tables, self._chain, self._name)
        rows = tuple(self._movements(where, archive))
        coverage = [self._covered(subject, window, len(rows))]
        if self._tables.files.dialect != "tracer":
            coverage += [
                self._gap(subject, part, window, "not_supported", why) for part, why in sorted(archive.gaps().items())
            ]
        coverage += [
            self._gap(subject, "unread", window, "not_supported", f"{count} {what}.")
            for what, count in sorted(archive.unread.items())
        ]
        return History(rows=rows, coverage=tuple(coverage))

    def _bitcoin(self, subject: str, where: Where) -> History:
        window = (where.since, where.until)
        found = bitcoin_rows(self._tables, self._chain, window, holder=where.holder, tx=where.tx, source=self._name)
        transactions: tuple[CollectedTx, ...] = tuple(found)
        covered = self._covered(subject, window, len(transactions))
        if covered.complete:
            covered = replace(covered, detail="The files do not hold the index of a transaction in its block.")
        return History(transactions=transactions, coverage=(covered,))

    def _covered(self, subject: str, window: tuple[int, int], rows: int) -> Coverage:
        """Return whether the archive reaches over the window without a hole."""
        low, high, count = self._height_range()
        endpoint, reason, detail = f"archive:{self._tables.files.dialect}", "ok", ""
        if high < 0:
            reason, detail = "not_supported", "The archive has no table of blocks that says how far it reaches."
        elif count != high - low + 1:
            reason, detail = "inconsistent", f"Between blocks {low} and {high} there are {count}."
        elif window[0] < low or window[1] > high:
            reason, detail = "not_supported", f"The archive reaches from block {low} to {high}."
        return Coverage(
            self._chain,
            subject,
            self._name,
            endpoint,
            *window,
            complete=reason == "ok",
            reason=reason,
            detail=detail,
            rows=rows,
            pages=1,
        )

    def _gap(self, subject: str, endpoint: str, window: tuple[int, int], reason: str, detail: str) -> Coverage:
        return Coverage(
            self._chain, subject, self._name, endpoint, *window, complete=False, reason=reason, detail=detail
        )

    def _height_range(self) -> tuple[int, int, int]:
        """Return first and last height and the number of different ones; ``-1`` where there is no table of blocks."""
        if self._range is None:
            self._range = (-1, -1, 0)
            if self._tables.has("blocks"):
                height = _BLOCKS[self._tables.files.dialect][0]
                query = f"SELECT min({height}), max({height}), count(DISTINCT {height}) FROM blocks"  # noqa: S608
                ((low, high, count),) = self._tables.rows(query)
                if count:
                    self._range = (int(low), int(high), int(count))
        return self._range
