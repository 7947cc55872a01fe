"""What files of exports hold together: merged, counted, and what is left out named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from tracer.errors import DataFileError
from tracer.io.exports.history import history_of
from tracer.io.exports.ledger import merge_legs
from tracer.io.exports.merge import merge_payments
from tracer.io.exports.records import NO_DECIMALS, NO_KIND, OTHER_CHAIN, BookedLeg, LeftOut, Part, Payment
from tracer.io.writers import plain
from tracer.model import DEFAULT_CHAIN, REFUSED_ROW, ROUNDED, ChainId, Unread

_NAMED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What files of exports hold, read and merged.

    Attributes
    ----------
    payments : tuple of Payment
        Rows of the transfers table, in order; empty where the files are of Bitcoin.
    events : tuple of str
        Event of each payment; empty for a payment by itself.
    positions, repeats : tuple of int or None
        Position of each payment where the files tell it, and its number among equal ones.
    legs : tuple of BookedLeg
        Rows of the ledger table, in order.
    left_out : tuple of LeftOut
        Every row that is none of these, and why.
    history : tuple of tuple of ChainId and str
        Whose onward history the files hold.
    files : tuple of tuple of str
        Name, what it was recognised as, rows, SHA-256.
    notes : tuple of str
        What is to be said.
    """

    payments: tuple[Payment, ...]
    events: tuple[str, ...]
    positions: tuple[int | None, ...]
    repeats: tuple[int | None, ...]
    legs: tuple[BookedLeg, ...]
    left_out: tuple[LeftOut, ...]
    history: tuple[tuple[ChainId, str], ...]
    files: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...]

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What moved and is in no row of the table, or not with its amount; once each."""
        rounded = (Unread(one.chain, "", one.sender, one.recipient, ROUNDED) for one in self.payments if one.rounded)
        return tuple(dict.fromkeys([*(moved for one in self.left_out for moved in one.unread), *rounded]))

    @property
    def refused(self) -> tuple[LeftOut, ...]:
        """Rows that could not be read."""
        return tuple(one for one in self.left_out if one.refused)

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each sort."""
        kinds = Counter("fees" if one.kind == "fee" else "payments" for one in self.payments)
        legs = Counter(f"{leg.side}s" for leg in self.legs)
        out = Counter("refused" if one.refused else one.reason for one in self.left_out)
        read = sum(int(rows) for _, _, rows, _ in self.files)
        return {
            "rows read": read,
            **dict(sorted(kinds.items(), reverse=True)),
            **dict(sorted(legs.items())),
            **dict(out),
        }


def export_of(parts: list[Part], hashes: list[tuple[str, str]], notes: list[str]) -> Export:
    """Merge the parts of all files into one export."""
    left = [_with_unread(item, part.chain) for part in parts for item in part.items if isinstance(item, LeftOut)]
    payments = merge_payments(parts)
    legs = merge_legs(parts)
    if payments.rows and legs.rows:
        raise DataFileError(
            "Some files are of Bitcoin and some of chains with accounts.",
            why="A case folder holds one table: a ledger of outputs, or transfers.",
            next_step="Import them into two folders.",
        )
    left += [*payments.left_out, *legs.left_out]
    said = [note for part in parts for note in part.notes] + notes + list(payments.notes) + list(legs.notes)
    history, more = history_of(parts, payments.rows)
    nameless = sum(not row.tx for row in payments.rows)
    if nameless:
        said.append(
            f"{nameless} payment(s) have no transaction hash: each goes by its file and row. Who is robbed by one is "
            "its payer; several rows of one transaction cannot be told. If there are hashes, name their column: "
            "--map tx=COLUMN."
        )
    files = []
    for name, digest in hashes:
        ours = [part for part in parts if part.file == name]
        label = "; ".join(dict.fromkeys(part.label for part in ours))
        files.append((name, label, str(sum(part.rows for part in ours)), digest))
    for part in parts:
        if not part.rows:
            said.append(
                f"{part.file}: no rows, only a header. An address without such transactions gives exactly this file."
            )
    left = [replace(one, detail=plain(one.detail)) for one in left]
    said += _named(left)
    export = Export(
        payments=payments.rows,
        events=payments.events,
        positions=payments.positions,
        repeats=payments.repeats,
        legs=legs.rows,
        left_out=tuple(sorted(left, key=lambda one: (one.file, one.row, one.reason))),
        history=history,
        files=tuple(files),
        notes=tuple(dict.fromkeys(plain(note) for note in [*said, *more])),
    )
    if not export.payments and not export.legs:
        raise nothing_read(export)
    return export


def _with_unread(one: LeftOut, chain: ChainId | None) -> LeftOut:
    """Return a row that is left out with what it moved: anybody's anything where it was refused unread."""
    if not one.refused or one.unread:
        return one
    return replace(one, unread=(Unread(chain or DEFAULT_CHAIN, "", "", "", REFUSED_ROW),))


def _named(left: list[LeftOut]) -> list[str]:
    """Return a sentence for everything left out that the caller could have read, or needs to fetch."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for one in left:
        if one.reason in (NO_DECIMALS, NO_KIND, OTHER_CHAIN):
            groups.setdefault((one.file, one.reason, one.detail), []).append(one.row)
    lines = []
    for (file, reason, detail), rows in groups.items():
        more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
        lines.append(f"{file}, row {rows[0]}{more}: left out, {reason}: {detail}.")
    return [
        *lines[:_NAMED],
        *([f"… and {len(lines) - _NAMED:,} more: see left_out.csv."] if len(lines) > _NAMED else []),
    ]


def nothing_read(export: Export) -> DataFileError:
    """Return the error for files of which no row came into the table: with the reasons, first to last."""
    if export.refused:
        lines = [one.detail for one in export.refused]
        more = f"\n… and {len(lines) - 20} more rows." if len(lines) > 20 else ""
        rest = [f"{reason}: {count:,}" for reason, count in export.counts().items()]
        return DataFileError(
            "\n".join(lines[:20]) + more,
            why=f"No row could be read. Counted: {', '.join(rest)}.",
            next_step="Correct the file, or download it again.",
        )
    counts = [f"{reason}: {count:,}" for reason, count in export.counts().items()]
    details = list(dict.fromkeys(one.detail for one in export.left_out if one.detail))[:5] if not export.notes else []
    why = f"Counted: {', '.join(counts)}."
    return DataFileError(
        f"No row moves anything that a table holds: {', '.join(name for name, *_ in export.files)}.",
        why="\n".join([why, *details, *export.notes]),
        next_step="Look at the reasons above; other files of the same address may hold payments.",
    )
