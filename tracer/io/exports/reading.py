"""Files become one case: recognised, read, merged; what could not be read is named, what moves nothing is counted."""

from __future__ import annotations

import difflib
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError, TracerError
from tracer.io.exports.cells import is_rounded, read_block, read_hash, read_time
from tracer.io.exports.chains import chain_of_number, chain_of_unit, decide_chain, held_chain
from tracer.io.exports.columns import columns_command, columns_form, no_form
from tracer.io.exports.esplora import read_transactions
from tracer.io.exports.form import Context, Form
from tracer.io.exports.forms import FORMATS, REFUSED, recognise
from tracer.io.exports.history import history_of
from tracer.io.exports.ledger import merge_legs
from tracer.io.exports.merge import merge_payments
from tracer.io.exports.opening import read_text
from tracer.io.exports.records import NFT, NO_DECIMALS, NO_KIND, OTHER_CHAIN, BookedLeg, LeftOut, Options, Part, Payment
from tracer.io.exports.sheet import Header, Row, Sheet, read_sheets
from tracer.io.exports.tokens import Decimals
from tracer.io.writers import plain
from tracer.model import DEFAULT_CHAIN, REFUSED_ROW, ROUNDED, ChainId, Unread, chain_of

_UNIT: Final = re.compile(r"(?:value_in|value_out|txnfee)\((\w+)\)?", re.ASCII)
_EITHER: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_WITH_COMMA: Final = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d+|\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_WITH_POINT: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+|\d{1,3}(?:,\d{3}){2,}", re.ASCII)
_Found = tuple[Row, str, str] | None
_NAMED: Final = 20
_MOVING: Final = (NO_DECIMALS, NO_KIND, NFT)
"""Left out, and yet something moved that may be one side of a conversion."""
_SAMPLE: Final = 2000
"""Rows whose heights are held against Ethereum's."""


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


@dataclass(slots=True)
class _Sheet:
    form: Form
    header: Header
    sheet: Sheet
    context: Context
    rows: list[Row] = field(default_factory=list)


def read_files(wanted: str, paths: Sequence[Path], options: Options) -> Export:
    """Read files of exports into one case.

    Parameters
    ----------
    wanted : str
        A format of :data:`tracer.io.exports.FORMATS`.
    paths : sequence of Path
        The files, in any order: the result is the same.
    options : Options
        What the caller says of them.

    Raises
    ------
    InputError
        If there is no such format.
    DataFileError
        If a file is no export of that format, or nothing in all of them can be read.
    """
    _check_format(wanted, paths)
    if not paths:
        raise InputError("No file is given.", next_step="tracer import FORMAT FILE… --out DIR")
    decimals = Decimals(dict(options.tokens))
    parts: list[Part] = []
    sheets: list[_Sheet] = []
    hashes: list[tuple[str, str]] = []
    texts = list(_texts(paths))
    options = replace(options, typed={name: typed for name, _, _, typed in texts})
    for name, text, digest, _ in texts:
        hashes.append((name, digest))
        if _is_json(text, wanted):
            parts.append(_esplora(text, name, wanted, options))
        else:
            sheets += _sheets(text, name, wanted, options, decimals)
    for one in sheets:
        _learn(one)
    parts += [_read(one) for one in sheets]
    return _export(parts, hashes, decimals.notes)


def _check_format(wanted: str, paths: Sequence[Path]) -> None:
    if wanted in FORMATS or wanted in REFUSED:
        return
    if re.search(r"[./\\]", wanted):
        raise InputError(
            f"{plain(wanted)[:80]!r} looks like a file; the format comes before the files.",
            why=f"Formats are {', '.join(FORMATS)}.",
            next_step=f"tracer import auto {shlex.join([wanted, *map(str, paths)])} --out DIR",
        )
    close = difflib.get_close_matches(wanted, FORMATS, 1)
    raise InputError(
        f"There is no format {wanted[:40]!r}.",
        why=f"Formats are {', '.join(FORMATS)}.",
        next_step=f"Did you mean {close[0]}?" if close else "Any other table: tracer import columns FILE --map …",
    )


def _texts(paths: Sequence[Path]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, text, hash and path of the files in an order of their own, whatever that of the command line.

    Two files of one name are told apart by a number; the same file twice changes nothing, for rows seen in two files
    count once.
    """
    read = sorted((plain(path.name), digest, text, str(path)) for path in paths for text, digest in [read_text(path)])
    seen: Counter[str] = Counter()
    for name, digest, text, typed in read:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", text, digest, typed


def _is_json(text: str, wanted: str) -> bool:
    return wanted == "esplora" or text.lstrip()[:1] in "[{"


def _esplora(text: str, name: str, wanted: str, options: Options) -> Part:
    part = read_transactions(text, name)
    if wanted not in ("esplora", "auto"):
        raise _other(name, "Esplora's transactions of Bitcoin", "esplora", wanted, options)
    return part


def _other(file: str, label: str, right: str, wanted: str, options: Options) -> DataFileError:
    return DataFileError(
        f"{file} is not of the format {wanted}: it looks like {label}.",
        why=f"Its format is {right}; auto recognises every file by itself.",
        next_step=options.command(right, file),
    )


def _sheets(text: str, name: str, wanted: str, options: Options, decimals: Decimals) -> list[_Sheet]:
    found = []
    forms: list[tuple[Form, Header]] = []
    sheets = read_sheets(
        text,
        name,
        lambda folded: recognise(name, folded, folded, wanted) is not None,
        lambda sheet: forms.append(_form_of(sheet, wanted, options)),
    )
    for sheet, (form, header) in zip(sheets, forms, strict=True):
        part = Part(name, form.label, form.view, rows=len(sheet.rows) + len(sheet.faults))
        part.notes += sheet.notes
        rows = [Row(header, number, cells) for number, cells in sheet.rows]
        if form.rows is None:
            raise _refusal(form, rows, name)
        chain = _chain(form, header, rows, options, part)
        part.chain = chain
        context = Context(chain, options, decimals, _comma(form, sheet, rows, options, part), part)
        if form.check is not None:
            form.check(header, context)
        found.append(_Sheet(form, header, sheet, context, rows))
    return found


def _form_of(sheet: Sheet, wanted: str, options: Options) -> tuple[Form, Header]:
    found = None if wanted == "columns" else recognise(sheet.file, sheet.names, sheet.folded, wanted)
    if found is None and wanted in ("columns", "auto"):
        own = columns_form(options, sheet)
        if own is not None:
            return own
        found = recognise(sheet.file, sheet.names, sheet.folded, wanted)
    if found is None:
        raise _unknown(sheet, wanted, options)
    form, header = found
    if wanted == "columns":
        if form.rows is not None and options.mapping:
            raise no_form(sheet.folded, options, sheet.file)
        sheet.notes.append(f"{sheet.file} is {form.label}: read as {form.formats[0]}.")
    elif wanted not in form.formats and wanted != "auto" and form.rows is not None:
        raise _other(sheet.file, form.label, form.formats[0], wanted, options)
    return form, header


def _unknown(sheet: Sheet, wanted: str, options: Options) -> DataFileError:
    if wanted == "columns":
        return no_form(sheet.folded, options, sheet.file)
    if len(sheet.names) == 1 and (wanted == "auto" or " " in sheet.names[0].strip()):
        return DataFileError(
            f"{sheet.file} is no export: it begins {plain(sheet.names[0])[:80]!r}.",
            why="That is neither JSON nor a header of several columns; a site says so when it has nothing to give.",
            next_step="Check what was asked for (the address, the hash, the network), and download it again.",
        )
    from tracer.io.exports.forms import FORMS

    ours = [form for form in FORMS if wanted in form.formats]
    near = ""
    if ours:

        def lack(form: Form) -> set[str]:
            here = {key for name in sheet.folded for pattern, key in form.names if re.fullmatch(pattern, name)}
            return set(form.needs - here)

        best = min(ours, key=lambda form: len(lack(form)))
        missing = sorted(lack(best))
        if len(missing) < len(best.needs):
            near = f" It is nearest to {best.label}, but has no column for: {', '.join(missing)}."
    return DataFileError(
        f"{sheet.file}: its header is of no form that is known.",
        why=f"Columns: {plain(', '.join(sheet.folded))[:300]}.{near}",
        next_step=f"Read it as a table of your own: {columns_command(sheet.folded, options, sheet.file)}",
    )


def _refusal(form: Form, rows: list[Row], name: str) -> DataFileError:
    what, why, step = form.refusal
    hashes = list(
        dict.fromkeys(row.text("tx") for row in rows if re.fullmatch(r"(?:0x)?[0-9a-fA-F]{64}", row.text("tx")))
    )
    more = f" The command has the first {_NAMED} of {len(hashes):,}." if len(hashes) > _NAMED else ""
    return DataFileError(
        f"{name} is {form.label}: {what} Its {len(rows)} row(s) are refused.",
        why=f"{why}{more}",
        next_step=step.replace("{hashes}", " ".join(hashes[:_NAMED]) or "TXID…"),
    )


def _chain(form: Form, header: Header, rows: list[Row], options: Options, part: Part) -> ChainId:
    given = held_chain(options.chain) if options.chain is not None else None
    if form.chain is not None:
        return decide_chain(part.file, given, form.chain, ())[0]
    if form.own_chain or (rows and all(row.text("chain_number") or row.text("chain_name") for row in rows)):
        chain, odd = _chain_in_rows(rows, given, part)
        return chain if not odd else given or DEFAULT_CHAIN
    found: ChainId | None = None
    for key in ("in", "out", "fee"):
        unit = _UNIT.fullmatch(re.sub(r"\s", "", header.shown(key).lower()))
        if unit is not None and found is None and (given is None or chain_of(given).symbol.lower() != unit[1]):
            found = chain_of_unit(unit[1], part.file)
    chain, said = decide_chain(part.file, given, found, _heights(rows) if given in (None, DEFAULT_CHAIN) else ())
    if said and rows:
        part.notes.append(said)
    return chain


def _chain_in_rows(rows: list[Row], given: ChainId | None, part: Part) -> tuple[ChainId, bool]:
    """Return the one chain number of the rows; a chain the caller names must be it."""
    numbers = {row.text("chain_number") for row in rows}
    if len(numbers) != 1 or numbers == {""}:
        return DEFAULT_CHAIN, True
    number = numbers.pop()
    chain = chain_of_number(number)
    if chain is None:
        raise DataFileError(
            f"{part.file} is of the EVM chain {number[:20]!r}, which is not in the table of chains.",
            why="Its coin's decimals are not known.",
        )
    return decide_chain(part.file, given, chain, ())[0], False


def _heights(rows: list[Row]) -> Iterator[tuple[int, int | None]]:
    step = max(1, len(rows) // _SAMPLE)
    for row in rows[::step]:
        try:
            block, time = read_block(row, "block")[0], read_time(row, "unix", ("text_time",))[0]
        except DataFileError:  # the row itself is refused when it is read
            continue
        if block is not None:
            yield block, time


def _comma(form: Form, sheet: Sheet, rows: list[Row], options: Options, part: Part) -> bool:
    """Return whether a file has decimal commas: said by the caller, else found in a spreadsheet's file, and said."""
    if options.decimal_comma is not None:
        return options.decimal_comma
    if not form.amounts:
        return False
    spreadsheet = sheet.delimiter == ";"
    comma: _Found = None
    point: _Found = None
    unclear: _Found = None
    for row in rows:
        for key in form.amounts:
            text = row.text(key)
            if _EITHER.fullmatch(text):
                unclear = unclear or (row, key, text)
            elif _WITH_COMMA.fullmatch(text):
                comma = comma or (row, key, text)
            elif _WITH_POINT.fullmatch(text):
                point = point or (row, key, text)
    if not spreadsheet and (point or not comma):  # points, as sites print them; a comma cell is refused by its row
        return False
    if comma and point:
        raise point[0].error(point[1], f"{point[2]!r} has a decimal point, row {comma[0].number} a decimal comma.")
    if unclear and not comma and not point:
        raise unclear[0].error(
            unclear[1],
            f"{unclear[2]!r}: is the mark for thousands or for decimals?",
            "A spreadsheet saved the file, and nothing else in it decides.",
            "Say --decimal-comma or --decimal-point.",
        )
    if comma:
        row, key, text = comma
        part.notes.append(
            f"{part.file}: numbers with decimal commas, read so (row {row.number}, {row.header.shown(key)}: {text!r}); "
            "--decimal-point if they are not."
        )
    return comma is not None


def _learn(one: _Sheet) -> None:
    if one.form.learn is None:
        return
    for row in one.rows:
        try:
            one.form.learn(row, one.context)
        except DataFileError:  # the row itself is refused when it is read
            continue


def _read(one: _Sheet) -> Part:
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


def _export(parts: list[Part], hashes: list[tuple[str, str]], notes: list[str]) -> Export:
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
