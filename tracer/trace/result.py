"""What a trace gives: exits, movements, coverage, audit. Plain records in a total order; no I/O, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tracer.io import Card, Carded
from tracer.model import OWN, Asset, AssetId, ChainId, Label, Link, Origin, format_units
from tracer.trace.options import Options

_SHOWN: Final = 8
"""Thefts that the card of a result names."""


@dataclass(frozen=True, slots=True)
class Share:
    """Stolen units of one origin inside a movement or an exit.

    Attributes
    ----------
    origin : Origin
        The theft and its asset.
    grade : str
        Weakest grade on the way here.
    tainted : int
        Base units of the asset held now.
    origin_amount : int
        Base units of the origin's asset.
    """

    origin: Origin
    grade: str
    tainted: int
    origin_amount: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One input row that touches a followed holder.

    Attributes
    ----------
    seq : int
        Place in the total order of the movements, from 1.
    event : str
        Rows with the same value are one event.
    chain, block, time, tx, kind
        As in the input; ``None`` or empty where it does not say. Seconds UTC.
    sender, recipient : str
        Holders; empty on the side a ledger leg does not have.
    asset, amount
        CAIP-19 id or private unit; base units.
    shares : tuple of Share
        Stolen units moved, by origin; empty where none.
    hop : int
        Movements from the seed to the payee on the shortest way in time; 0 for the theft itself; -1 where no stolen
        money can have been in it.
    grade, precision : str
        Of the row itself.
    source_url, note : str
        Where the row comes from.
    id : str
        What names it on its chain, as its source gives it; empty where it gives none.
    link : str
        The link it is an end of, where that is followed; empty for a movement that rests on the chain alone.
    """

    seq: int
    event: str
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    kind: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    shares: tuple[Share, ...]
    hop: int
    grade: str
    precision: str
    source_url: str = ""
    note: str = ""
    id: str = ""
    link: str = ""

    @property
    def tainted(self) -> int:
        """Stolen base units in this movement, all origins."""
        return sum(share.tainted for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Stolen units that one holder gave or got in a payment.

    Attributes
    ----------
    holder, address : str
        Address, or outpoint ``txid:vout``; the address it is known by (an outpoint without address: the outpoint),
        empty where units leave every holder (a fee, a burn).
    asset : AssetId
        What was given or got.
    amount : int
        The whole debit or credit, stolen or not, base units.
    shares : tuple of Share
        Its stolen units by origin and grade.
    ends : str
        Stop reason where the units end with this receipt; empty where the holder goes on holding them. For a giver
        empty, or ``stolen_again`` where a later theft took the units: they end there and reach nobody.
    chain : ChainId or None
        Where it is, if that is not the chain of its payment: who gives over a link. Else ``None``.
    """

    holder: str
    address: str
    asset: AssetId
    amount: int
    shares: tuple[Share, ...]
    ends: str = ""
    chain: ChainId | None = None

    @property
    def tainted(self) -> int:
        """Stolen base units, all origins."""
        return sum(share.tainted for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Debits and credits that belong together and carry stolen units, with the addresses behind them resolved.

    Whoever draws, lists or values reads these and never resolves rows into events again.

    Attributes
    ----------
    seq : int
        Place of its event in the total order, from 1; 0 for what holders start with.
    event : str
        Name of the event.
    rows : tuple of int
        `seq` of the movements it stands for.
    chain, block, time, tx, grade, precision
        Of the event.
    senders : tuple of str
        Addresses of all that pay, stolen money or not.
    payers, payees : tuple of Side
        Who gave and who got stolen units. What payees got of an origin beyond what payers gave is newly stolen.
    resolution : int
        Seconds that the printed time leaves open, from `time` on.
    """

    seq: int
    event: str
    rows: tuple[int, ...]
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    grade: str
    precision: str
    senders: tuple[str, ...]
    payers: tuple[Side, ...]
    payees: tuple[Side, ...]
    resolution: int = 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """One receipt of stolen units: what an exit's USD value and dates come from.

    Attributes
    ----------
    time : int or None
        Seconds UTC; ``None`` for an opening balance or an unknown time.
    tx : str
        Transaction hash; empty where unknown.
    tainted : int
        Base units.
    """

    time: int | None
    tx: str
    tainted: int


@dataclass(frozen=True, slots=True)
class Exit:
    """A leaf: an address, asset and origin, and why following stops there.

    Attributes
    ----------
    chain, address : str
        Where; `address` is empty for a fee or burn without payee.
    asset : AssetId
        What is held there.
    stop_reason : str
        One of :data:`tracer.trace.options.STOP_REASONS`.
    origin : Origin
        The theft and its asset.
    tainted, origin_amount : int
        Base units of `asset`, and of the origin's asset.
    by_grade : dict of str to int
        `tainted` split by the weakest grade on the way; sums to `tainted`.
    origin_by_grade : dict of str to int
        `origin_amount` split likewise.
    arrivals : tuple of Arrival
        Receipts that ended here, in order. For a holder that still holds (``at_rest``, ``incomplete``,
        ``window_end``): all its stolen receipts of this origin, which may be more than what is left.
    approximate : bool
        Whether it rests on a row whose source printed a rounded value.
    kept : tuple of Arrival
        The receipts that `tainted` is made of, each with what of it is still there; they sum to `tainted`.
    label : Label or None
        What it is filed under: the label that made it stop, else the strongest in force at the end. A service that was
        there before, or came after, is another exit.
    received : int or None
        All that came to it under that label, stolen or not, with what was there when the label began; ``None`` where
        one label held throughout, and it is all its address received (:attr:`Holder.received`).
    gone : int
        What of `tainted` is not there, but left with the event in which it ends: paid into a contract that is not
        decoded, a fee, burned, or taken by a later theft.
    """

    chain: ChainId
    address: str
    asset: AssetId
    stop_reason: str
    origin: Origin
    tainted: int
    origin_amount: int
    by_grade: dict[str, int]
    origin_by_grade: dict[str, int]
    arrivals: tuple[Arrival, ...]
    approximate: bool
    kept: tuple[Arrival, ...] = ()
    label: Label | None = None
    received: int | None = None
    gone: int = 0

    @property
    def there(self) -> int:
        """Stolen base units that are there at the end."""
        return self.tainted - self.gone

    @property
    def holding(self) -> bool:
        """Whether the units are still held there (as opposed to having been paid into a stop)."""
        return self.stop_reason in ("at_rest", "incomplete", "window_end")


@dataclass(frozen=True, slots=True)
class HolderInfo:
    """What the trace knows of an address it touched.

    Attributes
    ----------
    chain, address : str
        Which.
    hop : int
        Fewest movements from a seed, in time order; a seed has 0.
    first_time : int or None
        First time stolen money can have arrived, seconds UTC.
    label : Label or None
        The label shown for it, of those in force at the end: strongest rank first, then publisher.
    labels : tuple of Label
        All labels of it, contradictions included.
    stop_reason : str
        Why it absorbs; empty where it is followed.
    stop_label : Label or None
        The label that made it stop; where several did in turn, the last.
    is_seed : bool
        Whether the theft paid it, or it starts with stolen units.
    received : dict of AssetId to int
        All it received in the table, stolen or not, base units.
    names : tuple of str
        Who it was while the table speaks of it, in time: of each label in force that made it stop, or is shown for it,
        the entity, else the label.
    elsewhere : tuple of Label
        What guards the same key on other chains of the kind: a hint, never a label of this account.
    """

    chain: ChainId
    address: str
    hop: int
    first_time: int | None
    label: Label | None
    labels: tuple[Label, ...]
    stop_reason: str
    stop_label: Label | None
    is_seed: bool
    received: dict[AssetId, int]
    elsewhere: tuple[Label, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Who stands behind it, where a label says so; several in turn one after the other."""
        return ", then ".join(self.names)


@dataclass(frozen=True, slots=True, repr=False)
class Audit(Carded):
    """Whether the trace closes.

    Attributes
    ----------
    closed : bool
        Every difference is 0.
    difference : dict of Origin to int
        Stolen less the sum of exits, in base units of the origin's asset.
    """

    closed: bool
    difference: dict[Origin, int]

    def card(self) -> Card:
        """Return whether it closes, and the difference of every origin."""
        lines = tuple(
            f"{origin.name}, {origin.asset}: {amount:,}" for origin, amount in sorted(self.difference.items())
        )
        said = ("closed: what was stolen is the sum of where it went" if self.closed else "OPEN",)
        return Card("Audit", (("Audit", said), ("Difference", lines)), alarm=() if self.closed else ("Audit",))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the trace rests on and what it does not cover: numbers, never silence.

    Attributes
    ----------
    rows, zero_rows, self_rows : int
        Input rows; of them zero amounts, and payments to oneself, which move nothing.
    rows_with_tx, rows_printed : int
        Rows anchored by a transaction hash, without those a publisher states (asserted), which are counted apart; rows
        whose source printed a rounded value.
    rows_by_grade : dict of str to int
        Input rows by grade.
    rows_dropped : dict of str to int
        Rows left out by ``--grade``, by their grade.
    ordered_by : dict of ChainId to str
        ``block`` or ``time``.
    first_time, last_time : int or None
        Window of the input, seconds UTC.
    unexplained_inflow : dict of (ChainId, str, AssetId) to int
        Clean opening balance a followed holder must have had, or what must have come in unseen, base units; only of
        accounts that are not closed.
    incomplete_holders : int
        Followed holders whose onward history the case does not have, and who are not closed by anything else either.
    unclosed_holders : int
        Followed holders whose balance no source has reconciled.
    conflicts : tuple of str
        Labels that contradict each other or a seed, in sentences.
    notes : tuple of str
        Anything else a reader must know, in sentences.
    unexplained_outflow : dict of (ChainId, str, AssetId) to int
        What must have gone out unseen, by the balances of a source, base units.
    closed : dict of (ChainId, str) to str
        Followed addresses reconciled at both ends of the window, and by whom or what.
    unclosed : tuple of (ChainId, str)
        The other followed addresses, in order.
    basis : dict of str to int
        How many followed holdings (an address's of one asset) rest on each of
        :data:`tracer.trace.reconcile.BASES`, strongest first.
    vouching_void : dict of (ChainId, str, AssetId) to str
        Followed holdings for which the word that the table is whole does not count, and why.
    ties : int
        Blocks or seconds whose rows have no position and that touch a followed holder: their order is not known.
    ties_both : int
        Of them, those in which a followed holder both is paid and pays, so that the order bears on figures.
    unordered : int
        Followed holdings whose figures rest on the place of a conversion among rows of one block or second without
        position: conversions keep their place in the rows, so nothing certain rests on these holdings.
    lacking : tuple of str
        What sources were asked when the case was collected and did not answer whole, one a sentence, with the address
        or transaction it is about.
    """

    rows: int
    zero_rows: int
    self_rows: int
    rows_with_tx: int
    rows_printed: int
    rows_by_grade: dict[str, int]
    rows_dropped: dict[str, int]
    ordered_by: dict[ChainId, str]
    first_time: int | None
    last_time: int | None
    unexplained_inflow: dict[tuple[ChainId, str, AssetId], int]
    incomplete_holders: int
    unclosed_holders: int
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unexplained_outflow: dict[tuple[ChainId, str, AssetId], int] = field(default_factory=dict)
    closed: dict[tuple[ChainId, str], str] = field(default_factory=dict)
    unclosed: tuple[tuple[ChainId, str], ...] = ()
    basis: dict[str, int] = field(default_factory=dict)
    vouching_void: dict[tuple[ChainId, str, AssetId], str] = field(default_factory=dict)
    unordered: int = 0
    ties: int = 0
    ties_both: int = 0
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class TraceResult(Carded):
    """A finished trace under one policy.

    Attributes
    ----------
    case_id, title : str
        Which case; ``table`` for a table of the user's own.
    options : Options
        As it was run.
    stolen : dict of Origin to int
        What the seeds take, in base units of each origin's asset.
    stolen_by_grade : dict of Origin to dict of str to int
        The same split by the grade of the theft rows.
    exits : tuple of Exit
        In order of (stop reason, chain, address, asset, origin).
    movements : sequence of Movement
        In total order.
    holders : dict of (ChainId, str) to Holder
        Every address reached, in order of (hop, first time, chain, address).
    audit, coverage
        Whether it closes; what it rests on.
    assets : dict of AssetId to Asset
        Symbol and decimals of every asset that occurs.
    input_hashes : dict of str to dict of str to str
        For each input table the rows and the hash of its canonical form.
    payments : tuple of Payment
        Every payment of stolen units, in total order; empty where the trace was run without movements.
    registry : bool
        Whether the registry's labels and guard were applied; without them everything printed says unguarded.
    not_seeded : dict of Origin to int
        What the victims lost in the theft transactions beyond what the seeds follow, base units.
    tlp : str
        Marking of the case, which stands in every output.
    links : tuple of Link
        What the case knows of bridges; the options say which of them are followed.
    """

    case_id: str
    title: str
    options: Options
    stolen: dict[Origin, int]
    stolen_by_grade: dict[Origin, dict[str, int]]
    exits: tuple[Exit, ...]
    movements: Sequence[Movement]
    holders: dict[tuple[ChainId, str], HolderInfo]
    audit: Audit
    coverage: Coverage
    assets: dict[AssetId, Asset]
    input_hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    payments: tuple[Payment, ...] = ()
    registry: bool = True
    not_seeded: dict[Origin, int] = field(default_factory=dict)
    tlp: str = OWN
    links: tuple[Link, ...] = ()

    def card(self) -> Card:
        """Return what it holds, in numbers."""
        size = f"{len(self.exits):,} exits, {len(self.movements):,} movements, {len(self.holders):,} holders"
        units = [
            f"{origin.name}: {format_units(amount, known.decimals if known else None)} "
            f"{(known.symbol if known else '') or origin.asset}"
            for origin, amount in self.stolen.items()
            for known in (self.assets.get(origin.asset),)
        ]
        return Card(
            f"Result of {self.case_id} under {self.options.policy}",
            (
                ("Stolen", tuple(units[:_SHOWN])),
                (
                    "Holds",
                    (size,),
                ),
                ("Audit", ("closed" if self.audit.closed else "OPEN: the figures cannot be relied on",)),
            ),
            () if self.audit.closed else ("Audit",),
        )
