"""From the fields of an incident or service file to the records of the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from tracer.errors import InputError
from tracer.io import EntryError, Fields, parse_when
from tracer.model import (
    DEFAULT_CHAIN,
    RANKS,
    SEED_KINDS,
    Asset,
    AssetId,
    Attribution,
    ChainId,
    Checkpoint,
    Claim,
    Figure,
    Incident,
    Label,
    Loss,
    Publication,
    Seed,
    Statement,
    caip10,
    parse_address,
    parse_amount,
    parse_asset,
    parse_category,
    parse_chain,
    parse_holder,
    parse_time,
)

T = TypeVar("T")

INCIDENT_SCHEMA: Final = "tracer-incident/1"
SERVICE_SCHEMA: Final = "tracer-service/1"

CONFIDENCES: Final = {
    **dict.fromkeys(("override", "ownership", "ledger_immanent"), 100),
    "manual_transaction": 90,
    **dict.fromkeys(("service_api", "forensic_investigation"), 70),
    "authority_data": 60,
    **dict.fromkeys(("trusted_provider", "service_data", "forensic"), 50),
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}
"""The TagPack confidence scale of GraphSense: id and level, 5 to 100."""

CONFIDENCE_OF_RANK: Final = {
    "A1": "authority_data",
    "A2": "authority_data",
    "A3": "service_data",
    "A4": "forensic",
    "A5": "web_crawl",
    "A6": "heuristic",
}
"""What a statement is worth on the TagPack scale where its file does not say otherwise."""

PROPERTIES: Final = ("label", "category", "entity", "role", "sanction")
MEASURES: Final = ("paid", "count_rows", "count_recipients", "combine")
_SELECTORS: Final = frozenset(
    {"by", "by_role", "not_by_role", "to", "to_role", "not_to_role", "without_tx", "grade", "amount", "kind"}
)
_TERMS: Final = frozenset({"plus", "minus"})

INCIDENT_KINDS: Final = ("theft", "investigation", "leg", "training")
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Service:
    """What a service file holds.

    Attributes
    ----------
    id, name : str
        Identifier, unique with its category, and name for people.
    labels : tuple of Label
        Its addresses.
    statements : tuple of Statement
        Everything said of them, labels included.
    """

    id: str
    name: str
    labels: tuple[Label, ...]
    statements: tuple[Statement, ...]


class Builder:
    """Reads one file's fields; errors are raised, or gathered where a list is given.

    Parameters
    ----------
    fields : Fields
        The top of the file.
    problems : list of EntryError or None
        Where errors of single entries go; ``None`` raises the first one.
    """

    def __init__(self, fields: Fields, problems: list[EntryError] | None = None) -> None:
        self.fields, self.problems = fields, problems
        self.chain = DEFAULT_CHAIN
        self.sources: dict[str, Publication] = {}
        self.used: set[str] = set()

    def incident(self) -> Incident:
        """Return the incident of the file."""
        top = self.fields
        self._header(INCIDENT_SCHEMA)
        identity = (top.text("id"), top.text("name"), top.parse("date", parse_when), top.text("summary"))
        labels = self._each(top.entries("labels"), lambda entry: self._label(entry, identity[0]))
        labels += self._each(top.entries("victims"), lambda entry: self._victim(entry, identity[0]))
        said = self._each(top.entries("statements"), lambda entry: self._statement(entry, identity[0]))
        incident = Incident(
            *identity,
            losses=tuple(self._each(top.entries("losses"), self._loss)),
            attributions=tuple(self._each(top.entries("attributions"), self._attribution)),
            dissent=tuple(self._each(top.entries("dissent"), self._attribution)),
            seeds=tuple(self._each(top.entries("seeds"), self._seed)),
            labels=tuple(label for label, _ in labels),
            statements=(*(part for _, parts in labels for part in parts), *said),
            history=frozenset(self._history()),
            assets=dict(self._each(top.entries("assets"), self._asset)),
            checkpoints=self._checkpoints(),
            missing=top.texts("missing"),
            figures=tuple(self._each(top.entries("figures"), self._figure)),
            claims=tuple(self._each(top.entries("claims"), self._claim)),
            kind=top.parse("kind", _kind, default="theft"),
            no_list=top.text("no_list", ""),
        )
        self._expected({"labels": len(incident.labels), "seeds": len(incident.seeds)})
        top.done()
        return incident

    def service(self) -> Service:
        """Return the service of the file."""
        top = self.fields
        self._header(SERVICE_SCHEMA)
        name, title = top.text("id"), top.text("name")
        labels = self._each(top.entries("labels"), lambda entry: self._label(entry, ""))
        said = self._each(top.entries("statements"), lambda entry: self._statement(entry, ""))
        self._expected({"labels": len(labels)})
        top.done()
        parts = tuple(part for _, parts in labels for part in parts)
        return Service(name, title, tuple(label for label, _ in labels), (*parts, *said))

    def _header(self, schema: str) -> None:
        top = self.fields
        given = top.text("schema")
        if given != schema:
            raise top.error(f"{given[:40]!r} is not {schema!r}.", "schema", "This program reads that form only.")
        self.chain = top.parse("chain", parse_chain, default=DEFAULT_CHAIN)
        for key, entry in top.subs("sources"):
            found = self._each((entry,), lambda one, key=key: _source(one, key))  # type: ignore[misc]
            self.sources.update({source.key: source for source in found})

    def _each(self, entries: Iterable[Fields], build: Callable[[Fields], T]) -> list[T]:
        """Build every entry; where errors are gathered, a bad entry does not hide the next."""
        built: list[T] = []
        for entry in entries:
            try:
                one = build(entry)
                entry.done()
            except EntryError as error:
                if self.problems is None:
                    raise
                self.problems.append(error)
            else:
                built.append(one)
        return built

    def _source(self, entry: Fields) -> Publication:
        key = entry.text("source")
        self.used.add(key)
        if key not in self.sources:
            raise entry.error(
                f"the source {key[:40]!r} is not among the sources of this file.",
                "source",
                "Every statement and figure names where it is published.",
                f"Add it under `sources`, or use one of: {', '.join(sorted(self.sources))}.",
            )
        return self.sources[key]

    def _label(self, entry: Fields, incident: str) -> tuple[Label, tuple[Statement, ...]]:
        return self._labelled(entry, incident, entry.parse("category", parse_category))

    def _victim(self, entry: Fields, incident: str) -> tuple[Label, tuple[Statement, ...]]:
        return self._labelled(entry, incident, "victim")

    def _labelled(self, entry: Fields, incident: str, category: str) -> tuple[Label, tuple[Statement, ...]]:
        """Return a label, and the statements it is made of: one a property that it fills."""
        chain = entry.parse("chain", parse_chain, default=self.chain)
        source = self._source(entry)
        valid_from, valid_until = _interval(entry)
        label = Label(
            chain=chain,
            address=entry.parse("address", lambda text: parse_address(chain, text)),
            label=entry.text("label"),
            category=category,
            entity=entry.text("entity", ""),
            publisher=source.publisher,
            source_url=source.url,
            rank=source.rank,
            role=entry.text("role", ""),
            confidence=entry.parse("confidence", _confidence, default=CONFIDENCE_OF_RANK[source.rank]),
            valid_from=valid_from,
            valid_until=valid_until,
            incident=incident,
            known=source.published,
        )
        filled = (("label", label.label), ("category", category), ("entity", label.entity), ("role", label.role))
        note = entry.text("note", "")
        return label, tuple(
            Statement(
                label.chain,
                label.address,
                name,
                value,
                source,
                confidence=label.confidence,
                incident=incident,
                valid_from=label.valid_from,
                valid_until=label.valid_until,
                note=note,
            )
            for name, value in filled
            if value
        )

    def _statement(self, entry: Fields, incident: str) -> Statement:
        chain = entry.parse("chain", parse_chain, default=self.chain)
        source = self._source(entry)
        valid_from, valid_until = _interval(entry)
        return Statement(
            chain=chain,
            address=entry.parse("address", lambda text: parse_address(chain, text)),
            property=entry.parse("property", _property),
            value=entry.text("value"),
            source=source,
            confidence=entry.parse("confidence", _confidence, default=CONFIDENCE_OF_RANK[source.rank]),
            incident=incident,
            valid_from=valid_from,
            valid_until=valid_until,
            note=entry.text("note", ""),
        )

    def _loss(self, entry: Fields) -> Loss:
        chain = entry.parse("chain", parse_chain, default=self.chain)
        return Loss(
            chain=chain,
            asset=entry.parse("asset", lambda text: parse_asset(text, chain)),
            amount=entry.parse("amount", parse_amount),
            tx=entry.text("tx", ""),
            block=entry.parse("block", parse_amount) if entry.has("block") else None,
            time=entry.parse("time", parse_time) if entry.has("time") else None,
            source=self._source(entry),
        )

    def _attribution(self, entry: Fields) -> Attribution:
        source = self._source(entry)
        said = Attribution(
            to=entry.text("to"),
            date=entry.parse("date", parse_when) if entry.has("date") else "",
            source=source,
            note=entry.text("note", ""),
            reports=entry.text("reports", ""),
            reports_rank=entry.parse("reports_rank", _rank) if entry.has("reports_rank") else "",
            suspected=entry.parse("suspected", _yes, default="no") == "yes",
        )
        if said.reports_rank and not said.reports:
            raise entry.error("reports_rank is the rank of whoever `reports` names.", "reports_rank")
        return said

    def _figure(self, entry: Fields) -> Figure:
        usd_min = entry.parse("usd_min", _decimal) if entry.has("usd_min") else ""
        usd_max = entry.parse("usd_max", _decimal) if entry.has("usd_max") else ""
        if bool(usd_min) != bool(usd_max) or (usd_min and Decimal(usd_max) < Decimal(usd_min)):
            raise entry.error("usd_min and usd_max are the two ends of one range.", "usd_max")
        return Figure(
            what=entry.text("what", ""),
            amount=entry.parse("amount", _decimal) if entry.has("amount") else "",
            usd_min=usd_min,
            usd_max=usd_max,
            chain=entry.parse("chain", _chains),
            date=entry.parse("date", parse_when),
            tx=entry.text("tx", ""),
            note=entry.text("note", ""),
            source=self._source(entry),
        )

    def _claim(self, entry: Fields) -> Claim:
        return Claim(
            stage=entry.text("stage"),
            claim=entry.text("claim"),
            amount=entry.parse("amount", _decimal) if entry.has("amount") else "",
            unit=entry.text("unit", ""),
            date=entry.parse("date", parse_when) if entry.has("date") else "",
            source=self._source(entry),
        )

    def _seed(self, entry: Fields) -> Seed:
        chain = entry.parse("chain", parse_chain, default=self.chain)
        kind = entry.text("kind")
        if kind not in SEED_KINDS:
            raise entry.error(f"{kind[:40]!r} is not a kind of seed.", "kind", f"Kinds: {', '.join(SEED_KINDS)}.")
        for key in ("victim", "recipient"):
            if kind != "tx" and entry.has(key):
                raise entry.error(f"only a seed of kind tx has a {key}.", key)
        return Seed(
            kind=kind,
            value=entry.text("value") if kind == "tx" else entry.parse("value", lambda text: parse_holder(chain, text)),
            chain=chain,
            asset=entry.parse("asset", lambda text: parse_asset(text, chain)) if entry.has("asset") else None,
            amount=entry.parse("amount", parse_amount) if entry.has("amount") else None,
            origin=entry.text("origin"),
            victim=entry.parse("victim", lambda text: _victims(chain, text), default=""),
            recipient=entry.parse("recipient", lambda text: parse_address(chain, text))
            if entry.has("recipient")
            else "",
            grade=self._seed_grade(entry, kind),
        )

    def _seed_grade(self, entry: Fields, kind: str) -> str:
        grade = entry.parse("grade", _seed_word, default="recorded")
        if kind != "holder" and grade != "recorded":
            raise entry.error("only a seed of kind holder is graded.", "grade", "Others have the grade of their rows.")
        return grade

    def _asset(self, entry: Fields) -> tuple[AssetId, Asset]:
        asset = entry.parse("asset", lambda text: parse_asset(text, self.chain))
        self._source(entry)
        return asset, Asset(asset, entry.text("symbol"), entry.parse("decimals", parse_amount))

    def _history(self) -> list[str]:
        found = []
        for place, text in enumerate(self.fields.texts("history")):
            try:
                chain_text, _, address = text.rpartition(":")
                chain = parse_chain(chain_text)
                found.append(caip10(chain, parse_address(chain, address)))
            except InputError as cause:
                error = EntryError(self.fields.file, ("history", place), cause.what, why=cause.why)
                if self.problems is None:
                    raise error from cause
                self.problems.append(error)
        return found

    def _checkpoints(self) -> tuple[Checkpoint, ...]:
        known: set[str] = set()

        def build(entry: Fields) -> Checkpoint:
            checkpoint = self._checkpoint(entry, known)
            known.add(checkpoint.id)
            return checkpoint

        return tuple(self._each(self.fields.entries("checkpoints"), build))

    def _checkpoint(self, entry: Fields, known: set[str]) -> Checkpoint:
        name = entry.text("id")
        if name in known:
            raise entry.error(f"two checkpoints have the id {name[:20]!r}.", "id")
        asset = entry.parse("asset", lambda text: parse_asset(text, self.chain)) if entry.has("asset") else None
        measure = entry.text("measure")
        if measure not in MEASURES:
            raise entry.error(f"{measure[:40]!r} is not a measure.", "measure", f"Measures: {', '.join(MEASURES)}.")
        return Checkpoint(
            id=name,
            claim=entry.text("claim"),
            measure=measure,
            params=self._params(entry.sub("params"), measure, known),
            value=entry.parse("value", parse_amount),
            asset=asset,
            tolerance=entry.parse("tolerance", parse_amount, default="0"),
            source=self._source(entry),
            note=entry.text("note", default=""),
        )

    def _params(self, entry: Fields, measure: str, known: set[str]) -> dict[str, tuple[str, ...]]:
        allowed = _TERMS if measure == "combine" else _SELECTORS
        params: dict[str, tuple[str, ...]] = {}
        for key in entry.rest():
            if key not in allowed:
                raise entry.error(f"{measure} does not know the parameter {key[:40]!r}.", key)
            values = entry.texts(key)
            unknown = [value for value in values if key in _TERMS and value not in known]
            if unknown:
                raise entry.error(f"there is no checkpoint {unknown[0][:20]!r} above this one.", key)
            if key in ("by", "to"):
                values = tuple(_address(entry, key, self.chain, value) for value in values)
            params[key] = values
        return params

    def _expected(self, counts: dict[str, int]) -> None:
        """Check that the file holds about as many entries as its reviewers saw."""
        expect = self.fields.sub("expect")
        for key, count in counts.items():
            if not expect.has(key):
                continue
            entry = expect.sub(key)
            least, most = entry.parse("min", parse_amount), entry.parse("max", parse_amount)
            entry.done()
            if not least <= count <= most and not self.problems:
                error = expect.error(
                    f"the file holds {count} {key}, and {least} to {most} are expected.",
                    key,
                    next_step="Check what was added or lost; then change the expectation in the same review.",
                )
                if self.problems is None:
                    raise error
                self.problems.append(error)
        expect.done()


def _one_of(words: Collection[str], noun: str) -> Callable[[str], str]:
    """Return a parser that takes one of the words and names them all for any other."""

    def parse(text: str) -> str:
        if text not in words:
            raise InputError(f"{text[:40]!r} is not a {noun}.", why=f"Known: {', '.join(words)}.")
        return text

    return parse


_seed_word = _one_of(("recorded", "asserted"), "grade of a seed")
_rank = _one_of(RANKS, "rank")
_kind = _one_of(INCIDENT_KINDS, "kind of incident")
_yes = _one_of(("yes", "no"), "yes or no")
_confidence = _one_of(CONFIDENCES, "confidence")
_property = _one_of(PROPERTIES, "property")


def _decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        raise InputError(f"{text[:40]!r} is not a decimal number.", why="Digits with at most one point, as published.")
    return text


def _chains(text: str) -> str:
    """Return CAIP-2 ids joined by ``;``; ``unknown`` and ``multiple`` are what a publisher left open."""
    for part in text.split(";"):
        if part not in ("unknown", "multiple"):
            parse_chain(part)
    return text


def _source(entry: Fields, key: str) -> Publication:
    rank = entry.parse("rank", _rank)
    url = entry.text("url")
    if not url.startswith(("https://", "http://")):
        raise entry.error(f"{url[:60]!r} is not a web address.", "url", "A reader must be able to open the source.")
    return Publication(
        key=key,
        publisher=entry.text("publisher"),
        title=entry.text("title"),
        url=url,
        published=entry.parse("published", parse_when) if entry.has("published") else "",
        retrieved=entry.date("retrieved"),
        rank=rank,
        licence=entry.text("licence"),
    )


def _interval(entry: Fields) -> tuple[str, str]:
    """Take the half-open interval in which an entry holds; an end before its start is an error."""
    valid_from, valid_until = entry.date("valid_from"), entry.date("valid_until")
    if valid_from and valid_until and valid_until <= valid_from:
        raise entry.error(f"{valid_until} is not after {valid_from}.", "valid_until")
    return valid_from, valid_until


def _victims(chain: ChainId, text: str) -> str:
    """Return who is robbed: addresses joined by ``;``; ``*`` is every payer, ``mint`` what the transaction made."""
    if text in ("", "*", "mint"):
        return text
    return ";".join(parse_address(chain, part) for part in text.split(";"))


def _address(entry: Fields, key: str, chain: ChainId, text: str) -> str:
    try:
        return parse_address(chain, text)
    except InputError as cause:
        raise entry.error(cause.what, key, cause.why) from cause
