"""From a sheet whose form is known to its items; a row that cannot be read is named, and the others count."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracer.errors import DataFileError, TracerError
from tracer.io.exports.cells import is_rounded, read_hash
from tracer.io.exports.form import Context
from tracer.io.exports.recognising import FormSheet
from tracer.io.exports.records import NFT, NO_DECIMALS, NO_KIND, LeftOut, Part, Payment
from tracer.io.exports.sheet import Row
from tracer.model import REFUSED_ROW, Unread

_MOVING: Final = (NO_DECIMALS, NO_KIND, NFT)
"""Left out, and yet something moved that may be one side of a conversion."""


def learn(one: FormSheet) -> None:
    """Let the form learn from every row what others need: decimals of a token, say."""
    if one.form.learn is None:
        return
    for row in one.rows:
        try:
            one.form.learn(row, one.context)
        except DataFileError:  # the row itself is refused when it is read
            continue


def read_rows(one: FormSheet) -> Part:
    """Read the rows of a sheet; a row that cannot be read is put down with its reason, and the others count."""
    part, form = one.context.part, one.form
    assert form.rows is not None
    width = len(one.header.names)
    for row in one.rows:
        spare = [cell for cell in row.cells[width + form.extra :] if cell]
        if spare or (len(row.cells) > width + form.extra and not _trailing(row, width)):
            reason = f"{len(row.cells)} cells, but the header has {width}: values may have shifted"
            part.items.append(_refused(part.file, row.number, f"{part.file}, row {row.number}: {reason}"))
            continue
        try:
            items = list(form.rows(row, one.context))
        except TracerError as cause:
            detail = " ".join(text for text in (cause.what, cause.why, cause.next_step) if text)
            if not isinstance(cause, DataFileError):
                detail = f"{part.file}, row {row.number}: {detail}"
            one_refused = _refused(part.file, row.number, detail)
            part.items.append(replace(one_refused, unread=(_unread(row, one.context, REFUSED_ROW),)))
            continue
        for item in items:
            if isinstance(item, LeftOut):
                moved = (_unread(row, one.context, item.reason),) if item.reason in _MOVING else ()
                part.items.append(replace(item, file=part.file, row=row.number, unread=moved))
            elif isinstance(item, Payment) and item.precision == "printed" and any(map(is_rounded, row.cells)):
                part.items.append(replace(item, rounded=True))
            else:
                part.items.append(item)
    for number, fault in one.sheet.faults:
        part.items.append(_refused(part.file, number, f"{part.file}, row {number}: {fault}"))
    for what, count in one.context.counts.items():
        part.notes.append(f"{part.file}: {count} row(s) {what}.")
    part.notes += [f"{part.file}: {note}." for note in form.notes]
    if form.label == "Etherscan's transactions" and not {"status", "error"} & one.header.keys.keys():
        part.notes.append(f"{part.file}: no column says what failed; failed transactions may be among the rows.")
    return part


def _unread(row: Row, context: Context, why: str) -> Unread:
    """Return what a row that is left out moved, as far as its cells tell transaction and parties."""
    chain, tx, parties = context.chain, "", {}
    try:
        chain = context.chain_of(row)
        tx = read_hash(row, "tx", chain) if row.text("tx") else ""
    except TracerError:  # the row is named for it, or for something else, where it is left out
        pass
    for key in ("from", "to", "txto"):
        try:
            parties[key] = context.party(row, key, chain)[0]
        except TracerError:
            return Unread(chain, tx, "", "", why)
    return Unread(chain, tx, parties["from"], parties["to"] or parties["txto"], why)


def _trailing(row: Row, width: int) -> bool:
    return not any(row.cells[width:])


def _refused(file: str, number: int, detail: str) -> LeftOut:
    return LeftOut(reason="refused", detail=detail, file=file, row=number, refused=True)
