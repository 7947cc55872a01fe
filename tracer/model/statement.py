"""Attribution records: statements (who says what of an address), labels, incidents, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from tracer.model.asset import Asset, AssetId
from tracer.model.chain import ChainId
from tracer.model.transfer import Seed


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a statement stands.

    Attributes
    ----------
    key : str
        Short name inside its file.
    publisher, title, url : str
        Who says it, and where it can be read.
    published, retrieved : str
        Dates ``YYYY-MM-DD``; empty where unknown.
    rank : str
        A1 to A6 (:data:`tracer.model.RANKS`).
    licence : str
        Licence of the source, or what is known of it.
    """

    key: str
    publisher: str
    title: str
    url: str
    published: str = ""
    retrieved: str = ""
    rank: str = "A5"
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One publisher's word on one subject; contradictions stand side by side.

    Attributes
    ----------
    chain, address : str
        The subject, canonical.
    property : str
        ``label``, ``category``, ``entity``, ``role`` or ``sanction``.
    value : str
        What is said.
    source : Publication
        Who says it.
    grade : str
        Always a publisher's word here: ``asserted``; kept as a field because packs print it.
    confidence : str
        Id of the 14-level TagPack scale.
    incident : str
        Incident the statement belongs to; empty for a service.
    valid_from, valid_until : str
        Dates; empty where open.
    note : str
        What a reader must know to weigh it.
    """

    chain: ChainId
    address: str
    property: str
    value: str
    source: Publication
    grade: str = "asserted"
    confidence: str = "unknown"
    incident: str = ""
    valid_from: str = ""
    valid_until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What one publisher calls an address, as a trace uses it.

    Attributes
    ----------
    chain, address : str
        The subject, canonical.
    label : str
        Name for people.
    category : str
        One of :data:`tracer.model.CATEGORIES`.
    entity : str
        Who stands behind it; empty where unknown.
    publisher, source_url : str
        Who says so, and where.
    rank : str
        A1 to A6; empty where the table does not say.
    role : str
        Role in the incident; empty where none is given.
    confidence : str
        TagPack confidence id; empty where not said.
    valid_from, valid_until : str
        The time in which it holds, half-open: dates (00:00Z) or times; empty where open.
    incident : str
        Incident id; empty where general.
    asset : AssetId or None
        The one asset that a ``frozen`` label freezes; ``None`` for all.
    known : str
        Day from which it was known, ``YYYY-MM-DD`` (or as much of it as was published); empty for always.
    """

    chain: ChainId
    address: str
    label: str
    category: str
    entity: str
    publisher: str
    source_url: str
    rank: str = ""
    role: str = ""
    confidence: str = ""
    valid_from: str = ""
    valid_until: str = ""
    incident: str = ""
    asset: AssetId | None = None
    known: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """One asset taken in one transaction.

    Attributes
    ----------
    chain, asset, tx : str
        Where, what, in which transaction (empty where unknown).
    amount : int
        Base units.
    block, time : int or None
        Height; seconds UTC.
    source : Publication
        Who published it.
    """

    chain: ChainId
    asset: AssetId
    amount: int
    tx: str
    block: int | None
    time: int | None
    source: Publication


@dataclass(frozen=True, slots=True)
class Figure:
    """What a publisher says was taken, as published: it may lack an amount, a price or a transaction.

    Attributes
    ----------
    what : str
        Asset or unit in the publisher's words (``ETH``, ``ALL``); empty where not said.
    amount : str
        Decimal text in that unit; empty where not said.
    usd_min, usd_max : str
        US dollars at the time as decimal text, the ends of the published range; empty where not said.
    chain : str
        CAIP-2 ids joined by ``;``, ``unknown`` or ``multiple``.
    date : str
        As precise as published: ``2017``, ``2018-04``, ``2023-06-02``.
    tx : str
        Transaction hash; empty where not given.
    note : str
        What a reader must know to weigh it.
    source : Publication
        Who published it.
    """

    what: str
    amount: str
    usd_min: str
    usd_max: str
    chain: str
    date: str
    tx: str
    note: str
    source: Publication


@dataclass(frozen=True, slots=True)
class Claim:
    """A public claim about an incident that no trace here measures yet.

    Attributes
    ----------
    stage : str
        What it is about (``THORChain``, ``laundered total``).
    claim : str
        In words, with who said it.
    amount, unit : str
        Decimal text and its unit; empty where the claim has no figure.
    date : str
        As precise as published; a range is ``from..until``; empty where unknown.
    source : Publication
        Where it is published.
    """

    stage: str
    claim: str
    amount: str
    unit: str
    date: str
    source: Publication


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who attributes the incident to whom, since when.

    Attributes
    ----------
    to, date, note : str
        The actor named, the date of the statement (empty where unknown), what the statement rests on.
    source : Publication
        Where it can be read; its rank is that of the attribution.
    reports, reports_rank : str
        Whose statement the source reports (``FBI``), and the rank of that statement, which is not on file itself; empty
        where the source speaks for itself.
    suspected : bool
        Whether it is said as a suspicion only: such a theft counts as attributed to nobody.
    """

    to: str
    date: str
    source: Publication
    note: str = ""
    reports: str = ""
    reports_rank: str = ""
    suspected: bool = False

    @property
    def rank(self) -> str:
        """A1 to A6: of the source that says it, never of whoever it reports."""
        return self.source.rank


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published figure a trace is tested against.

    Attributes
    ----------
    id, claim : str
        Short id, and the claim in words.
    measure : str
        What to measure (a name the trace room knows).
    params : dict of str to tuple of str
        Arguments of the measure: addresses, roles, window.
    value : int
        The claimed figure: base units of `asset`, or a count.
    asset : AssetId or None
        ``None`` for a count.
    tolerance : int
        Largest difference that still agrees, in the unit of `value`.
    source : Publication
        Who published it.
    note : str
        What is known of why the rows say otherwise; empty where they do not, or nothing is known.
    """

    id: str
    claim: str
    measure: str
    params: dict[str, tuple[str, ...]]
    value: int
    asset: AssetId | None
    tolerance: int
    source: Publication
    note: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Incident:
    """A theft: what was taken, who is said to have done it, and what is known of the addresses.

    Attributes
    ----------
    id, name, date, summary : str
        Identifier, name, date of the theft as precise as published (``2017``, ``2018-04``, ``2023-06-02``), summary.
    losses : tuple of Loss
        What was taken.
    attributions, dissent : tuple of Attribution
        Who says who did it, and who disputes that.
    seeds : tuple of Seed
        What a trace starts from.
    labels : tuple of Label
        Addresses with a role here.
    statements : tuple of Statement
        Everything said of the addresses, labels included.
    history : frozenset of str
        CAIP-10 of the holders whose onward history the case has; empty where no case data ships.
    assets : dict of AssetId to Asset
        Symbol and decimals of the tokens named here.
    checkpoints : tuple of Checkpoint
        Published figures.
    missing : tuple of str
        What the case does not have, in sentences.
    figures : tuple of Figure
        What publishers say was taken, as published.
    claims : tuple of Claim
        Public claims without a measure.
    kind : str
        ``theft``; ``investigation``: a list of addresses that an authority published without one theft; ``leg``: what
        the proceeds of another incident did, on a publisher's word; ``training``: a synthetic case that nobody
        suffered.
    no_list : str
        Why no flagged list is made of this case; empty where one is.
    """

    id: str
    name: str
    date: str
    summary: str
    losses: tuple[Loss, ...]
    attributions: tuple[Attribution, ...]
    dissent: tuple[Attribution, ...]
    seeds: tuple[Seed, ...]
    labels: tuple[Label, ...]
    statements: tuple[Statement, ...]
    history: frozenset[str] = frozenset()
    assets: dict[AssetId, Asset] = field(default_factory=dict)
    checkpoints: tuple[Checkpoint, ...] = ()
    missing: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    claims: tuple[Claim, ...] = ()
    kind: str = "theft"
    no_list: str = ""

    def __repr__(self) -> str:
        held = f"{len(self.seeds):,} seeds, {len(self.labels):,} labels, {len(self.statements):,} statements"
        return f"Incident {self.id!r}: {self.name}, {self.date}; {held}"

    def _repr_html_(self) -> str:
        return f"<div><b>{escape(self.name)}</b> ({escape(repr(self))})<br>{escape(self.summary)}</div>"

    @property
    def attributed(self) -> bool:
        """Whether anybody on file says who did it; a suspicion does not count."""
        return any(not said.suspected for said in self.attributions)
