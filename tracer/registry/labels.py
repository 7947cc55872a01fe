"""Label tables in and out, and an index that answers who an address is at a time, by what was known on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tracer.errors import InputError
from tracer.io import Record, Table, csv_text, parse_date, plain, read_table, unshielded
from tracer.model import (
    DEFAULT_CHAIN,
    RANKS,
    ChainId,
    Label,
    chain_of,
    format_time,
    guards,
    parse_address,
    parse_asset,
    parse_category,
    parse_chain,
    parse_time,
)
from tracer.registry.build import CONFIDENCES

REQUIRED: Final = ("address", "label", "category", "entity", "source_url")
KEPT: Final = ("chain", "publisher", "rank", "confidence", "valid_from", "valid_until", "incident", "role", "asset")
CHECKED: Final = ("captured", "check", "cluster_id", "direct", "licence", "list_date", "notes", "published")
CHECKED_TOO: Final = ("source_kind", "source_sha256", "tx")
_DAY: Final = len("2022-03-23")
ANY_EVM: Final = ChainId("eip155:0")
"""A label filed under this chain holds on every EVM chain."""

_CHECKS: Final = ("", "eip55", "base58check", "bech32", "form_only")
_SOURCE_KINDS: Final = (
    *("", "authority", "court", "victim", "service", "analytics", "academic", "explorer", "community", "own"),
)


def read_labels(path: Path | Table, default_chain: ChainId | None = DEFAULT_CHAIN) -> tuple[Label, ...]:
    """Return the labels of a table, in its order.

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet with ``address, label, category, entity, source_url`` and any column that
        :func:`labels_to_csv` writes. A column that is not known is left out: see :func:`label_notes`.
    default_chain : ChainId or None
        Chain of the rows that name none: the only chain of the transfers beside them; ``None`` where those are of
        several chains, so that every row must name its own.

    Raises
    ------
    DataFileError
        If a column is missing, or a cell cannot be what its column says; file, row and column are named.
    """
    return tuple(label_of(record, default_chain) for record in read_table(path, REQUIRED).records())


def label_notes(path: Path | Table) -> tuple[str, ...]:
    """Return a sentence for each column of a label table that is not read."""
    known = {*REQUIRED, *KEPT, *CHECKED, *CHECKED_TOO}
    table = read_table(path, REQUIRED)
    unknown = (plain(column)[:60] for column in table.columns if column not in known)
    return tuple(f"{table.name}: the column {column!r} is not known and was left out." for column in unknown)


def labels_to_csv(labels: Iterable[Label]) -> str:
    """Return labels as a table, sorted by chain, address, category, publisher, then the whole row."""
    columns = (*REQUIRED, *KEPT)
    rows = [
        (_place(label), (*(getattr(label, c) or "" for c in columns), label.known if len(label.known) == _DAY else ""))
        for label in labels
    ]
    return csv_text((*columns, "list_date"), [row for _, row in sorted(rows)])


def as_of_date(as_of: str | date) -> str:
    """Return the day ``YYYY-MM-DD`` of a date or time, text or not; empty for an empty text."""
    if isinstance(as_of, date):
        as_of = as_of.isoformat()
    return format_time(parse_time(as_of))[:10] if as_of else ""


def valid_on(valid_from: str, valid_until: str, moment: str) -> bool:
    """Return whether a date or time lies in the half-open interval [from, until); an empty one lies in every one."""
    return not moment or _holds(valid_from, valid_until, parse_time(moment))


def holds_at(label: Label, time: int | None) -> bool:
    """Return whether a label holds at a time (seconds UTC), [valid_from, valid_until); at an unknown time it does."""
    return time is None or _holds(label.valid_from, label.valid_until, time)


def ended(label: Label, time: int | None) -> bool:
    """Return whether a label had ended by a time; at an unknown time none had."""
    until = interval_of(label)[1]
    return until is not None and time is not None and until <= time


def interval_of(label: Label) -> tuple[int | None, int | None]:
    """Return when a label begins and ends to hold, seconds UTC; ``None`` where it is open."""
    return _instant(label.valid_from), _instant(label.valid_until)


def known_on(label: Label, day: str) -> bool:
    """Return whether a label was known on a day; one without a day of knowledge always was, and an empty day knows all.

    A day of knowledge given as a year or a month counts from its first day.
    """
    return not day or label.known <= day


def _holds(valid_from: str, valid_until: str, time: int) -> bool:
    begin, end = _instant(valid_from), _instant(valid_until)
    return (begin is None or begin <= time) and (end is None or time < end)


@cache
def _instant(text: str) -> int | None:
    return parse_time(text) if text else None


class LabelIndex:
    """Who an address is, by whom, at a time; contradictions stand side by side.

    Two times are apart: the time in which a label holds (``valid_from``, ``valid_until``), and the day from which it
    was known. Only the second decides what is in the index.

    Parameters
    ----------
    labels : iterable of Label
        In any order; the same label twice counts once.
    as_of : str
        Day or time; labels that were not known on that day are left out. Empty keeps all.
    """

    def __init__(self, labels: Iterable[Label], as_of: str) -> None:
        self.as_of = as_of_date(as_of)
        found: dict[tuple[str, str], set[Label]] = {}
        later: dict[tuple[str, str], set[Label]] = {}
        for label in labels:
            held = found if known_on(label, self.as_of) else later
            held.setdefault((label.chain, label.address), set()).add(label)
        self._held = {key: tuple(sorted(value, key=_strength)) for key, value in found.items()}
        self._later = {key: len(value) for key, value in later.items()}
        self._everywhere = frozenset(address for chain, address in self._held if chain == ANY_EVM)

    @cached_property
    def _keys(self) -> dict[str, list[ChainId]]:
        """The EVM chains on which an address has a label that guards whoever has its key."""
        found: dict[str, list[ChainId]] = {}
        for (chain, address), held in self._held.items():
            is_key = any(guards(label.category, label.role) for label in held)
            if is_key and chain != ANY_EVM and chain_of(ChainId(chain)).family == "evm":
                found.setdefault(address, []).append(ChainId(chain))
        return found

    def of(self, chain: ChainId, address: str) -> tuple[Label, ...]:
        """Return the labels of an address, whenever they hold: rank A1 first and none last, then by publisher."""
        held = self._held.get((chain, address), ())
        if address in self._everywhere and chain != ANY_EVM and chain_of(chain).family == "evm":
            return tuple(sorted((*held, *self._held[ANY_EVM, address]), key=_strength))
        return held

    def at(self, chain: ChainId, address: str, time: int | None, known: str = "") -> tuple[Label, ...]:
        """Return the labels in force at an instant, strongest first.

        Parameters
        ----------
        chain, address : str
            The subject.
        time : int or None
            Seconds UTC; ``None``, an unknown time, leaves none out.
        known : str
            Day of knowledge, where it is earlier than the index's own.
        """
        day = as_of_date(known)
        return tuple(label for label in self.of(chain, address) if known_on(label, day) and holds_at(label, time))

    def elsewhere(self, chain: ChainId, address: str) -> tuple[Label, ...]:
        """Return what guards the same key on other EVM chains, strongest first; never a label of this account.

        Whoever has the key of an address, or deployed the contract at it, alone can act there on the other chains too.
        """
        if address not in self._keys or chain_of(chain).family != "evm":
            return ()
        found = (label for other in self._keys[address] if other != chain for label in self._held[other, address])
        return tuple(sorted((label for label in found if guards(label.category, label.role)), key=_strength))

    def not_yet_known(self, chain: ChainId, address: str) -> int:
        """Return how many labels of an address were left out, because they became known after the index's day."""
        return self._later.get((chain, address), 0)

    def subjects(self) -> Iterator[tuple[str, str]]:
        """Yield chain and address of every label, once."""
        return iter(self._held)

    def without(self, label: Label) -> LabelIndex:
        """Return an index that holds everything but one label."""
        index = LabelIndex((), self.as_of)
        index._later = self._later
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
    limits = (label.valid_from, label.valid_until, label.chain, label.address, label.asset or "", label.known)
    return (label.rank or "~", label.publisher, label.category, label.label, *everything, *limits)


def _place(label: Label) -> tuple[str, ...]:
    return (label.chain, label.address, label.category, label.publisher)


def label_of(record: Record, default_chain: ChainId | None = DEFAULT_CHAIN) -> Label:
    """Return the label of one row of a label table; a bad cell is a :class:`~tracer.errors.DataFileError`.

    Parameters
    ----------
    record : Record
        The row.
    default_chain : ChainId or None
        Its chain where it names none; with ``None`` that is an error.
    """
    chain = record.parse("chain", parse_chain) if record.text("chain") else default_chain
    if chain is None:
        raise record.error(
            "chain",
            "the row names no chain.",
            "The transfers are of several chains, so an address alone does not say whose label this is.",
            "Fill the column 'chain', for example eip155:1.",
        )
    on = chain
    for column in ("captured",):
        record.optional(column, parse_time)
    for column, words in (("direct", ("", "true", "false")), ("check", _CHECKS), ("source_kind", _SOURCE_KINDS)):
        _one_of(record, column, words)
    valid_from, valid_until = (record.optional(c, _moment) or "" for c in ("valid_from", "valid_until"))
    if valid_from and valid_until and parse_time(valid_until) <= parse_time(valid_from):
        raise record.error("valid_until", f"{valid_until} is not after valid_from {valid_from}.")
    category = record.parse("category", lambda cell: parse_category(_text(cell)))
    asset = record.optional("asset", lambda cell: parse_asset(_text(cell), on))
    if asset is not None and category != "frozen":
        raise record.error(
            "asset",
            f"a label of category {category!r} is of an address, not of an asset.",
            "Only a freeze can be of one asset alone.",
            "Leave the cell empty.",
        )
    listed, published = (record.optional(c, parse_time) for c in ("list_date", "published"))
    return Label(
        chain=chain,
        address=record.parse("address", lambda cell: parse_address(on, _text(cell))),
        label=_words(record, "label"),
        category=category,
        entity=_words(record, "entity"),
        publisher=_words(record, "publisher"),
        source_url=_page(record, "source_url"),
        rank=_one_of(record, "rank", ("", *RANKS)),
        role=_words(record, "role"),
        confidence=_one_of(record, "confidence", ("", *CONFIDENCES)),
        valid_from=valid_from,
        valid_until=valid_until,
        incident=_words(record, "incident"),
        asset=asset,
        known=format_time(published if listed is None else listed)[:_DAY],
    )


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    raise InputError(f"{str(cell)[:40]!r} is a {type(cell).__name__}, not text.")


def _moment(cell: object) -> str:
    """Return a date as it stands, a time in its one form, and midnight as its date: the two are one instant."""
    text = _text(cell)
    if len(text) == _DAY:
        return parse_date(text)
    written = format_time(parse_time(text))
    return written.removesuffix("T00:00:00Z")


def _words(record: Record, column: str) -> str:
    """Return a cell of free text; the quote that shields a spreadsheet from a formula is taken off."""
    text = record.text(column)
    if plain(text) != text:
        raise record.error(
            column,
            f"{plain(text)[:40]!r} holds a character that does not show, or changes what does.",
            "Such a name can show as another.",
            "Delete the character.",
        )
    return unshielded(text)


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
