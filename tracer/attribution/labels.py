"""Label tables in and out, and an index that answers who an address is, as of a day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tracer.attribution.build import CONFIDENCES
from tracer.attribution.fields import parse_date
from tracer.config.readers import Record, read_table
from tracer.config.writers import csv_text, plain
from tracer.errors import InputError
from tracer.model import (
    DEFAULT_CHAIN,
    RANKS,
    ChainId,
    Label,
    chain_of,
    format_time,
    parse_address,
    parse_category,
    parse_chain,
    parse_time,
)

REQUIRED: Final = ("address", "label", "category", "entity", "source_url")
KEPT: Final = ("chain", "publisher", "rank", "confidence", "valid_from", "valid_until", "incident", "role")
CHECKED: Final = ("captured", "check", "cluster_id", "direct", "licence", "list_date", "notes", "published")
CHECKED_TOO: Final = ("source_kind", "source_sha256", "tx")
ANY_EVM: Final = ChainId("eip155:0")
"""A label filed under this chain holds on every EVM chain."""

_CHECKS: Final = ("", "eip55", "base58check", "bech32", "form_only")
_SOURCE_KINDS: Final = (
    *("", "authority", "court", "victim", "service", "analytics", "academic", "explorer", "community", "own"),
)
_SHIELDED: Final = re.compile(r"'[=+\-@\t\r]")


def read_labels(path: Path) -> tuple[Label, ...]:
    """Return the labels of a table, in its order.

    Parameters
    ----------
    path : Path
        CSV or Parquet with ``address, label, category, entity, source_url`` and any column of FORMATS 5, and `role`.
        Without a `chain` a row is of Ethereum. A column that is not known is left out: see :func:`label_notes`.

    Raises
    ------
    DataFileError
        If a column is missing, or a cell cannot be what its column says; file, row and column are named.
    """
    return tuple(label_of(record) for record in read_table(path, REQUIRED).records())


def label_notes(path: Path) -> tuple[str, ...]:
    """Return a sentence for each column of a label table that is not read."""
    known = {*REQUIRED, *KEPT, *CHECKED, *CHECKED_TOO}
    columns = read_table(path, REQUIRED).columns
    unknown = (plain(column)[:60] for column in columns if column not in known)
    return tuple(f"{path.name}: the column {column!r} is not known and was left out." for column in unknown)


def labels_to_csv(labels: Iterable[Label]) -> str:
    """Return labels as a table of FORMATS 5, sorted by chain, address, category, publisher, then the whole row."""
    columns = (*REQUIRED, *KEPT)
    rows = [(key, tuple(getattr(label, c) for c in columns)) for label in labels for key in (_place(label),)]
    return csv_text(columns, [row for _, row in sorted(rows)])


def as_of_date(as_of: str) -> str:
    """Return the day ``YYYY-MM-DD`` of a date or time; empty for an empty text."""
    return format_time(parse_time(as_of))[:10] if as_of else ""


def valid_on(valid_from: str, valid_until: str, day: str) -> bool:
    """Return whether a day lies in the half-open interval [from, until); an empty day lies in every one."""
    return not day or ((not valid_from or valid_from <= day) and (not valid_until or day < valid_until))


class LabelIndex:
    """Who an address is, by whom, as of a day; contradictions stand side by side.

    Parameters
    ----------
    labels : iterable of Label
        In any order; the same label twice counts once.
    as_of : str
        Day or time; labels not valid on that day are left out. Empty keeps all.
    """

    def __init__(self, labels: Iterable[Label], as_of: str) -> None:
        self.as_of = as_of_date(as_of)
        found: dict[tuple[str, str], set[Label]] = {}
        for label in labels:
            if valid_on(label.valid_from, label.valid_until, self.as_of):
                found.setdefault((label.chain, label.address), set()).add(label)
        self._held = {key: tuple(sorted(value, key=_strength)) for key, value in found.items()}
        self._everywhere = frozenset(address for chain, address in self._held if chain == ANY_EVM)

    def of(self, chain: ChainId, address: str) -> tuple[Label, ...]:
        """Return the labels of an address: rank A1 first and none last, then by publisher, category, label."""
        held = self._held.get((chain, address), ())
        if address in self._everywhere and chain != ANY_EVM and chain_of(chain).family == "evm":
            return tuple(sorted((*held, *self._held[ANY_EVM, address]), key=_strength))
        return held

    def without(self, label: Label) -> LabelIndex:
        """Return an index that holds everything but one label."""
        index = LabelIndex((), self.as_of)
        kept = {key: tuple(one for one in held if one != label) for key, held in self._held.items()}
        index._held = {key: held for key, held in kept.items() if held}
        index._everywhere = frozenset(address for chain, address in index._held if chain == ANY_EVM)
        return index

    def best(self, chain: ChainId, address: str) -> Label | None:
        """Return the label to show: the first of :meth:`of`, or ``None``."""
        labels = self.of(chain, address)
        return labels[0] if labels else None


def _strength(label: Label) -> tuple[str, ...]:
    everything = (label.entity, label.role, label.source_url, label.confidence, label.incident)
    limits = (label.valid_from, label.valid_until, label.chain, label.address)
    return (label.rank or "~", label.publisher, label.category, label.label, *everything, *limits)


def _place(label: Label) -> tuple[str, ...]:
    return (label.chain, label.address, label.category, label.publisher)


def label_of(record: Record) -> Label:
    """Return the label of one row of a table of FORMATS 5; a bad cell is a :class:`~tracer.errors.DataFileError`."""
    chain = record.parse("chain", parse_chain) if record.text("chain") else DEFAULT_CHAIN
    for column in ("published", "captured", "list_date"):
        record.optional(column, parse_time)
    for column, words in (("direct", ("", "true", "false")), ("check", _CHECKS), ("source_kind", _SOURCE_KINDS)):
        _one_of(record, column, words)
    valid_from, valid_until = (record.optional(c, _day) or "" for c in ("valid_from", "valid_until"))
    if valid_from and valid_until and valid_until <= valid_from:
        raise record.error("valid_until", f"{valid_until} is not after valid_from {valid_from}.")
    return Label(
        chain=chain,
        address=record.parse("address", lambda cell: parse_address(chain, _text(cell))),
        label=_words(record, "label"),
        category=record.parse("category", lambda cell: parse_category(_text(cell))),
        entity=_words(record, "entity"),
        publisher=_words(record, "publisher"),
        source_url=_page(record, "source_url"),
        rank=_one_of(record, "rank", ("", *RANKS)),
        role=_words(record, "role"),
        confidence=_one_of(record, "confidence", ("", *CONFIDENCES)),
        valid_from=valid_from,
        valid_until=valid_until,
        incident=_words(record, "incident"),
    )


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    raise InputError(f"{str(cell)[:40]!r} is a {type(cell).__name__}, not text.")


def _day(cell: object) -> str:
    text = _text(cell)
    return parse_date(text) if len(text) == len("2022-03-23") else as_of_date(text)


def _words(record: Record, column: str) -> str:
    """Return a cell of free text; the quote that shields a spreadsheet from a formula is taken off."""
    text = record.text(column)
    if plain(text) != text:
        raise record.error(
            column,
            f"{plain(text)[:40]!r} holds a control or direction-changing character.",
            "Such a name can show as another.",
            "Delete the character.",
        )
    return text[1:] if _SHIELDED.match(text) else text


def _page(record: Record, column: str) -> str:
    """Return where a label was published; a web address that none can open is an error."""
    text = _words(record, column)
    try:
        urlsplit(text)
    except ValueError as cause:
        raise record.error(column, f"{text[:60]!r} is no web address.", str(cause)) from cause
    return text


def _one_of(record: Record, column: str, words: tuple[str, ...]) -> str:
    text = record.text(column)
    if text not in words:
        raise record.error(column, f"{text[:40]!r} is not known.", f"Known: {', '.join(filter(None, words))}.")
    return text
