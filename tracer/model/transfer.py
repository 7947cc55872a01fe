"""Input rows: one asset, one amount, one holder to another (transfer), or one leg of an event (ledger leg)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.model.asset import AssetId
from tracer.model.chain import ChainId

KINDS: Final = ("native", "internal", "token", "fee", "mint", "burn")
"""What a row is; empty where its source does not say. A mint has no sender to debit, a fee or burn no payee."""

PRECISIONS: Final = ("exact", "printed")
"""``printed``: the source gave a rounded number; it and what rests on it is approximate."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One row of a transfers table.

    Attributes
    ----------
    row : int
        Row number in its table, the first data row being 1; the last tie-break of the order.
    chain : ChainId
        CAIP-2 id.
    block, position : int or None
        Block height and order in the block, where known.
    time : int or None
        Seconds UTC, where known.
    tx : str
        Transaction hash; empty where the source gives none.
    kind : str
        One of :data:`KINDS`, or empty.
    sender, recipient : str
        Canonical holders (addresses; outpoints on Bitcoin); empty only as :data:`KINDS` allows.
    asset : AssetId
        CAIP-19 id or private unit.
    amount : int
        Base units.
    event : str
        Rows of one chain with the same non-empty value are one event.
    grade : str
        One of :data:`tracer.model.GRADES`.
    precision : str
        One of :data:`PRECISIONS`.
    source_url, note : str
        Where the row comes from and what its source adds; empty where the table does not say.
    repeat : int or None
        Number among rows that are otherwise equal and yet movements of their own; it says nothing of their order.
    resolution : int
        Seconds that the printed time leaves open: 60 where it has no seconds, 86,400 for a day alone, else 1.
    torn : bool
        Whether its event has movements that are in no row, so that what was given for what cannot be told.
    id : str
        What names it on its chain (:class:`tracer.model.MovementId`); empty where its source does not give it.
    """

    row: int
    chain: ChainId
    block: int | None
    position: int | None
    time: int | None
    tx: str
    kind: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    event: str = ""
    grade: str = "recorded"
    precision: str = "exact"
    source_url: str = ""
    note: str = ""
    repeat: int | None = None
    resolution: int = 1
    torn: bool = False
    id: str = ""


ROW_MARK: Final = "#row-"
"""Stands in what a payment without a transaction hash goes by: its file and row."""


def is_hash(tx: str) -> bool:
    """Return whether a payment has a transaction hash, none or only the name of its row.

    Examples
    --------
    >>> is_hash("0xaa"), is_hash("own.csv#row-2"), is_hash("")
    (True, False, False)
    """
    return bool(tx) and ROW_MARK not in tx


REFUSED_ROW: Final = "refused"
ROUNDED: Final = "rounded"
"""Why a movement is not in a table, or not with its amount, so that the history of its parties is not whole."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A movement that is in no row, or not with its amount, because that or its asset could not be read.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    tx : str
        Its transaction; empty where that could not be read either.
    sender, recipient : str
        Who took part; both empty where nobody could be read, so that it can be anybody's.
    why : str
        ``refused`` where any asset can have moved, ``rounded`` where its row has an amount that a spreadsheet has
        shortened; else what its asset is, which the table holds nothing of.
    """

    chain: ChainId
    tx: str
    sender: str
    recipient: str
    why: str

    @property
    def voids(self) -> bool:
        """Whether the history of its parties lacks something of what the table holds."""
        return self.why in (REFUSED_ROW, ROUNDED)


@dataclass(frozen=True, slots=True)
class LedgerLeg:
    """One row of a ledger table: a debit or a credit of one holder inside an event.

    Attributes
    ----------
    row : int
        Row number in its table, the first data row being 1.
    event : str
        Events stand in the order of their first row unless block or time order them.
    side : str
        ``debit`` or ``credit``.
    holder, address : str
        Who holds (an outpoint on Bitcoin), and the address beside it.
    asset, amount, chain, block, time, tx, kind, resolution
        As in :class:`Transfer`.
    whole : bool
        Whether its event is all of a raw transaction, or of a provider's full reply.
    listed : bool
        Whether the debits of its event stand in the order in which the transaction lists its inputs, as rules need it;
        false where the source does not tell that order.
    id : str
        As in :class:`Transfer`.
    """

    row: int
    event: str
    side: str
    holder: str
    address: str
    asset: AssetId
    amount: int
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    kind: str
    whole: bool = False
    listed: bool = True
    resolution: int = 1
    id: str = ""


SEED_KINDS: Final = ("tx", "output", "holder")
"""What a seed names: a transaction, an outpoint, or a holder that starts with stolen units."""


@dataclass(frozen=True, slots=True)
class Seed:
    """What was stolen: what a transaction takes from its victims, an outpoint's value, or what a holder starts with.

    Attributes
    ----------
    kind : str
        One of :data:`SEED_KINDS`.
    value : str
        Transaction hash, outpoint ``txid:vout``, or canonical holder.
    chain : ChainId
        Chain of the holder; of a ``tx`` seed, the chain its hash is looked up on (empty: every chain).
    asset : AssetId or None
        ``None``: every asset the victims of the transaction lose, or the holder pays.
    amount : int or None
        Base units. ``tx``: at most what the victims lose and the recipient receives. ``output``: its value. ``holder``:
        ``None`` takes its opening balance.
    origin : str
        The theft this seed belongs to.
    victim : str
        Of a ``tx`` seed: who lost it, several separated by ``;``, ``*`` for every net payer, ``mint`` for units newly
        made; empty where the transaction has one net payer.
    recipient : str
        Of a ``tx`` seed: the one net receiver whose receipt is stolen; empty for all.
    grade : str
        Of a ``holder`` seed: ``asserted`` where that it starts with them is a publisher's statement.
    """

    kind: str
    value: str
    chain: ChainId
    asset: AssetId | None
    amount: int | None
    origin: str
    victim: str = ""
    recipient: str = ""
    grade: str = "recorded"
