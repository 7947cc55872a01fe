"""From the text of an export to sheets whose form, chain and way of writing numbers are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tracer.errors import DataFileError
from tracer.io.exports.cells import read_block, read_time
from tracer.io.exports.chains import chain_of_number, chain_of_unit, decide_chain, held_chain
from tracer.io.exports.columns import columns_command, columns_form, no_form
from tracer.io.exports.form import Context, Form
from tracer.io.exports.forms import recognise
from tracer.io.exports.records import Options, Part
from tracer.io.exports.sheet import Header, Row, Sheet, read_sheets
from tracer.io.exports.tokens import Decimals
from tracer.io.writers import plain
from tracer.model import DEFAULT_CHAIN, ChainId, chain_of

_UNIT: Final = re.compile(r"(?:value_in|value_out|txnfee)\((\w+)\)?", re.ASCII)
_EITHER: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_WITH_COMMA: Final = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d+|\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_WITH_POINT: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+|\d{1,3}(?:,\d{3}){2,}", re.ASCII)
_Found = tuple[Row, str, str] | None
_NAMED: Final = 20
_SAMPLE: Final = 2000
"""Rows whose heights are held against Ethereum's."""


@dataclass(slots=True)
class FormSheet:
    """A sheet whose form is known.

    Attributes
    ----------
    form, header : Form, Header
        What it is, and its columns by what the form calls them.
    sheet : Sheet
        Its text, cut into cells.
    context : Context
        Chain, options, decimals and the part that its rows go into.
    rows : list of Row
        Its rows.
    """

    form: Form
    header: Header
    sheet: Sheet
    context: Context
    rows: list[Row] = field(default_factory=list)


def sheets_of(text: str, name: str, wanted: str, options: Options, decimals: Decimals) -> list[FormSheet]:
    """Return the sheets of a text, each with its form; a header of no form, or of one that is refused, is an error."""
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
        found.append(FormSheet(form, header, sheet, context, rows))
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
        raise other_form(sheet.file, form.label, form.formats[0], wanted, options)
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


def other_form(file: str, label: str, right: str, wanted: str, options: Options) -> DataFileError:
    """Return the error for a file of another format than was said."""
    return DataFileError(
        f"{file} is not of the format {wanted}: it looks like {label}.",
        why=f"Its format is {right}; auto recognises every file by itself.",
        next_step=options.command(right, file),
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
