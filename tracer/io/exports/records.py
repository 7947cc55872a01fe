"""What the readers of exports give: payments, ledger legs, and rows that are none, each with where it stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tracer.model import AssetId, ChainId, Unread

FAILED: Final = "failed"
NO_VALUE: Final = "without value"
NFT: Final = "NFT"
PENDING: Final = "unconfirmed"
NOT_TRANSFERRED: Final = "moves nothing"
NO_DECIMALS: Final = "of unknown decimals"
NO_KIND: Final = "of unknown kind"
OTHER_CHAIN: Final = "of a chain that is not read"
TWICE: Final = "seen twice"
MOST_SATOSHI: Final = 21_000_000 * 10**8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller says about the files.

    Attributes
    ----------
    chain : ChainId or None
        Chain of rows that do not say it themselves.
    tokens : Mapping of str to int
        Decimals by contract.
    asset : str
        The asset of a file that does not name it: a token page, a table of one asset.
    decimals : int or None
        Decimals of `asset`.
    nft : bool
        Whether transfers of NFTs become rows.
    decimal_comma : bool or None
        Whether numbers have a decimal comma; ``None``: found from the file.
    mapping : Mapping of str to str
        For ``columns`` and ``dune``: field to ``COLUMN`` or ``COLUMN:UNIT``.
    typed : Mapping of str to str
        Each file's path as it was given, by its name, for commands that are proposed.
    """

    chain: ChainId | None = None
    tokens: Mapping[str, int] = field(default_factory=dict)
    asset: str = ""
    decimals: int | None = None
    nft: bool = False
    decimal_comma: bool | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    def command(self, form: str, file: str, words: str = "") -> str:
        """Return the command that imports a file, its path as it was given, as a shell takes it.

        Where several files were given and one is of another form, that is ``auto`` and all of them.
        """
        several = len(self.typed) > 1 and form != "columns"
        paths = list(self.typed.values()) if several else [self.typed.get(file, file)]
        said = ["tracer import", "auto" if several else form, shlex.join(paths), words, "--out DIR"]
        return " ".join(word for word in said if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One row of the transfers table to be.

    Attributes
    ----------
    chain, block, time, tx, kind, sender, recipient, asset, amount, precision, note, resolution
        As in :class:`tracer.model.Transfer`.
    uid : str
        What the export knows the payment by inside its transaction: ``tx`` (its own value, of which there is one),
        ``fee``, ``log:N``, ``call:PATH``; empty where the export gives nothing.
    rounded : bool
        Whether a spreadsheet has shortened its amount: it may be another in its fourth figure.
    file, row
        Where it stands.
    """

    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    kind: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    precision: str = "exact"
    note: str = ""
    uid: str = ""
    resolution: int = 1
    rounded: bool = False
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLeg:
    """One row of the ledger table to be: an output of a Bitcoin transaction, made or spent.

    Attributes
    ----------
    chain, side, holder, address, asset, amount, block, time, tx, resolution
        As in :class:`tracer.model.LedgerLeg`.
    coinbase : bool
        Whether the transaction makes new coin, so that it has no inputs.
    number : int or None
        Of a debit: its place among the inputs of its transaction, where the export gives it.
    listed : bool
        Whether the inputs of its transaction stand in their own order: every one has its number, or there is one.
    file, row
        Where it stands.
    """

    chain: ChainId
    side: str
    holder: str
    address: str
    asset: AssetId
    amount: int
    block: int | None
    time: int | None
    tx: str
    coinbase: bool = False
    number: int | None = None
    listed: bool = True
    resolution: int = 1
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row, or part of one, that is not in the table, and why.

    Attributes
    ----------
    reason : str
        What such rows are counted as.
    detail : str
        What is to be said of this one.
    file, row
        Where it stands.
    refused : bool
        Whether it could not be read; otherwise it was read and moves nothing that a table holds.
    chain, tx
        Of a transaction that failed as a whole: which one, for other files may list its parts.
    unread : tuple of Unread
        What it moved, as far as that can be read, where it moved something.
    """

    reason: str
    detail: str = ""
    file: str = ""
    row: int = 0
    refused: bool = False
    chain: ChainId | None = None
    tx: str = ""
    unread: tuple[Unread, ...] = ()


Item = Payment | BookedLeg | LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose history a file is: an explorer's export of one address.

    Attributes
    ----------
    chain, address
        Whose.
    what : str
        ``coin``, ``internal``, ``token``, or several of them.
    file : str
        Name of the file.
    """

    chain: ChainId
    address: str
    what: str
    file: str


@dataclass(slots=True)
class Part:
    """One file, or one of several exports pasted into it, as read.

    Attributes
    ----------
    file, label : str
        Name of the file, and what it was recognised as.
    rows : int
        Data rows read.
    items : list of Payment, BookedLeg or LeftOut
        What they are, in file order.
    parties : list of tuple of str
        Sender and recipient of every row that could be read, failed ones too.
    named : set of str
        Whose export it is, by direction columns or file name.
    notes : list of str
        What is to be said.
    """

    file: str
    label: str
    what: str = ""
    chain: ChainId | None = None
    rows: int = 0
    items: list[Item] = field(default_factory=list)
    parties: list[tuple[str, str]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
