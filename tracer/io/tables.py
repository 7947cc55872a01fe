"""Tables of the caller's own: transfers, ledger legs and seeds, read strictly from CSV or Parquet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError
from tracer.io.column_reader import CellParsers, read_columns
from tracer.io.columns import TransferRows
from tracer.io.money import Money
from tracer.io.readers import Record, Table, read_table
from tracer.model import (
    BITCOIN,
    DEFAULT_CHAIN,
    KINDS,
    PRECISIONS,
    SEED_KINDS,
    ChainId,
    LedgerLeg,
    Seed,
    Transfer,
    Unread,
    caip10,
    chain_of,
    is_movement_id,
    known_form_elsewhere,
    parse_chain,
    parse_grade,
    parse_holder,
    parse_movement_id,
    parse_time,
    resolution_of,
)

TRANSFER_COLUMNS: Final = ("sender", "recipient", "asset", "amount")
TRANSFER_OPTIONAL: Final = (
    *("chain", "block", "time", "position", "repeat", "tx", "kind", "event", "grade", "precision"),
    *("amount_text", "source", "source_url", "note", "id"),
)
LEDGER_COLUMNS: Final = ("event", "side", "holder", "asset", "amount")
LEDGER_OPTIONAL: Final = (
    *("address", "chain", "block", "time", "tx", "kind", "input_order", "amount_text", "source", "id"),
)
SEED_COLUMNS: Final = ("kind", "value", "origin")
SEED_OPTIONAL: Final = ("asset", "amount", "chain", "victim", "recipient", "source_url", "note")

FOREIGN_ID: Final = "id (not of a movement)"
"""How a column of ids of somebody's own is named among those that are not used."""

ANY_CHAIN: Final = ChainId("")
"""Chain of a ``tx`` seed that names none: its hash is looked up on every chain of the table."""

_OUTPOINT: Final = re.compile(r"[0-9a-f]{64}:[0-9]+", re.ASCII)
_HASH: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})", re.ASCII)
_HASH_PREFIX: Final = {"evm": "0x", "tron": "", "bitcoin": ""}
"""By chain family: what a transaction hash begins with; hashes of other chains are taken as they stand."""
_NAME: Final = re.compile(r"[-._:/#a-zA-Z0-9]{1,160}", re.ASCII)
_BLOCK: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TransferTable:
    """Transfers as read, and what the reader has to say about them.

    Attributes
    ----------
    transfers : sequence of Transfer
        In file order; of a large table a :class:`tracer.io.TransferRows`.
    notes : tuple of str
        Columns that were not used.
    """

    transfers: Sequence[Transfer]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """Ledger legs as read; attributes as :class:`TransferTable`."""

    legs: tuple[LedgerLeg, ...]
    notes: tuple[str, ...]


def read_transfers(path: Path | Table, money: Money | None = None) -> TransferTable:
    """Read a transfers table (docs/tables.md).

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet with the columns ``sender, recipient, asset, amount`` and one of ``block`` and ``time``.
    money : Money, optional
        How assets and amounts are written; base units unless told.

    Raises
    ------
    DataFileError
        If a column is missing or a cell cannot be used; names file, row and column.
    """
    money = money or Money()
    held = read_columns(path, money, _PARSERS) if isinstance(path, Path) else None
    if held is not None:
        rows, names = held
        return TransferTable(rows, _unused(Table(path.name, names, []), (*TRANSFER_COLUMNS, *TRANSFER_OPTIONAL)))
    table = _without_foreign_ids(read_table(path, TRANSFER_COLUMNS))
    _need_order(table)
    chain = _chain_reader()
    ids: set[str] = set()
    transfers = tuple(_transfer(record, chain(record), money, ids) for record in table.records())
    return TransferTable(transfers, _unused(table, (*TRANSFER_COLUMNS, *TRANSFER_OPTIONAL)))


def read_ledger(path: Path | Table, money: Money | None = None) -> LedgerTable:
    """Read a ledger table: one row a leg (docs/tables.md); `money` as for :func:`read_transfers`.

    Raises
    ------
    DataFileError
        If a column is missing or a cell cannot be used; names file, row and column.
    """
    table = _without_foreign_ids(read_table(path, LEDGER_COLUMNS))
    _need_order(table)
    chain = _chain_reader()
    money = money or Money()
    ids: set[str] = set()
    legs = tuple(_ledger_leg(record, chain(record), money, ids) for record in table.records())
    return LedgerTable(legs, _unused(table, (*LEDGER_COLUMNS, *LEDGER_OPTIONAL)))


def read_seeds(
    path: Path | Table, default_chain: ChainId | None = DEFAULT_CHAIN, money: Money | None = None
) -> tuple[Seed, ...]:
    """Read a seeds table: ``kind, value, asset, amount, origin`` and optionally ``chain, victim, recipient``.

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet.
    default_chain : ChainId or None
        Chain of a seed that names none: the only chain of the transfers beside it; ``None`` where those are of several,
        so that every holder must name its own. A transaction is looked up on every chain either way.
    money : Money, optional
        How assets and amounts are written; base units unless told.

    Raises
    ------
    DataFileError
        If a cell cannot be used, a seed stands twice, or the table is empty.
    """
    table = read_table(path, SEED_COLUMNS, SEED_OPTIONAL)
    money = money or Money()
    seeds: dict[tuple[object, ...], Seed] = {}
    for record in table.records():
        seed = _seed(record, default_chain, money)
        key = (seed.kind, seed.value, seed.chain, seed.asset, seed.origin, seed.victim, seed.recipient)
        if key in seeds:
            raise record.error("value", "the seed stands twice.", "Its amount would be counted twice.")
        seeds[key] = seed
    if not seeds:
        raise DataFileError(f"{table.name} holds no seed.", why="A trace needs to know what was stolen.")
    return tuple(seeds.values())


def read_history(path: Path | Table, default_chain: ChainId | None) -> frozenset[str]:
    """Return the holders of a table ``address`` (and optionally ``chain``) as CAIP-10 ids.

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet: holders, addresses or outpoints, whose onward history the transfers beside it have.
    default_chain : ChainId or None
        Chain of the rows that name none; ``None`` where the transfers are of several: every row must name its own.

    Raises
    ------
    DataFileError
        If a cell cannot be used.
    """
    found = set()
    for record in read_table(path, ("address",), ("chain", "note")).records():
        chain = record.parse("chain", parse_chain) if record.text("chain") else default_chain
        if chain is None:
            raise record.error(
                "chain", "the chain is not given.", "The transfers are of several chains.", "Fill it in."
            )
        found.add(caip10(chain, _holder(record, "address", chain, may_be_empty=False)))
    return frozenset(found)


def read_unread(path: Path | Table, default_chain: ChainId | None) -> tuple[Unread, ...]:
    """Return the movements that are in no row: ``chain, tx, sender, recipient, why``, as ``tracer import`` writes them.

    Raises
    ------
    DataFileError
        If a cell cannot be used.
    """
    found = []
    for record in read_table(path, ("why",), ("chain", "tx", "sender", "recipient")).records():
        chain = record.parse("chain", parse_chain) if record.text("chain") else default_chain
        if chain is None:
            raise record.error(
                "chain", "the chain is not given.", "The transfers are of several chains.", "Fill it in."
            )
        sender, recipient = (_holder(record, name, chain, may_be_empty=True) for name in ("sender", "recipient"))
        found.append(Unread(chain, record.parse("tx", _tx_of(chain)), sender, recipient, record.text("why")))
    return tuple(found)


def _without_foreign_ids(table: Table) -> Table:
    """Return a table without the sense of its column ``id`` where that holds ids of somebody's own, as many tables do.

    It is then a column that is not used, and is named as one; a column that begins with the id of a movement must hold
    nothing else.
    """
    if "id" not in table.columns:
        return table
    first = next((text for record in table.records() if (text := str(record.raw("id")))), "")
    if is_movement_id(first) or not first:
        return table
    return replace(table, columns=tuple(FOREIGN_ID if name == "id" else name for name in table.columns))


def _id_of(record: Record, chain: ChainId, tx: str, seen: set[str]) -> str:
    """Return the id of a row's movement, which is of its chain and transaction, and of no other row."""
    text = record.text("id")
    if not text:
        return ""
    name = record.parse("id", lambda _: parse_movement_id(text))
    if name.chain != chain or (tx and name.tx != tx):
        raise record.error("id", "the id is of another chain or transaction than the row.")
    if name.is_whole:
        if text in seen:
            raise record.error("id", "the movement stands twice.", "Its amount would be counted twice.")
        seen.add(text)
    return text


def _need_order(table: Table) -> None:
    if not {"block", "time"}.intersection(table.columns):
        raise DataFileError(
            f"{table.name}, row 0 (header): there is neither a column 'block' nor a column 'time'.",
            why="Without one of them there is no order, and without order no tracing.",
            next_step="Add the block height, or the time as 2022-03-23T13:29:09Z.",
        )


def _unused(table: Table, known: tuple[str, ...]) -> tuple[str, ...]:
    names = [column for column in table.columns if column not in known]
    return (f"{table.name}: columns not used: {', '.join(names)}.",) if names else ()


def _chain_reader() -> Callable[[Record], ChainId]:
    """Return a reader of the chain cell that parses each spelling once."""
    held: dict[object, ChainId] = {"": DEFAULT_CHAIN}

    def read(record: Record) -> ChainId:
        cell = record.raw("chain")
        chain = held.get(cell)
        if chain is None:
            chain = held[cell] = record.parse("chain", lambda _: parse_chain(record.text("chain")))
        return chain

    return read


def _height(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not _BLOCK.fullmatch(text):
        raise InputError(f"{text[:40]!r} is not a whole number.", why="Heights and positions count from 0.")
    return int(text)


def _name(value: object) -> str:
    text = str(value)
    if text and not _NAME.fullmatch(text):
        raise InputError(f"{text[:60]!r} is not a name or hash.", why="Letters, digits and -._:/# only, 160 at most.")
    return text


def _theft(value: object) -> str:
    """Return the name of a theft; one in several words is refused with the form that can be written."""
    text = str(value)
    if text and not _NAME.fullmatch(text):
        near = re.sub(r"[^-._:/#a-zA-Z0-9]+", "-", text).strip("-")[:60]
        raise InputError(
            f"{text[:60]!r} cannot be the name of a theft.",
            why="It stands in every file: letters without accents, digits and -._:/# only, no blank, 160 at most.",
            next_step=f"Write {near} in every row of this theft." if near else "Write another name.",
        )
    return text


def _tx_of(chain: ChainId) -> Callable[[object], str]:
    """Return a reader of names of a chain's transactions: a hash has one spelling, so that equal ones are equal."""
    family = chain_of(chain).family if chain else ""

    def read(value: object) -> str:
        text = _name(value)
        found = _HASH.fullmatch(text) if family in _HASH_PREFIX else None
        if found is not None:
            return _HASH_PREFIX[family] + found[1].lower()
        return text.lower() if text[:2] in ("0x", "0X") else text

    return read


def seeds_on(seeds: Sequence[Seed], rows: Iterable[Transfer | LedgerLeg]) -> tuple[Seed, ...]:
    """Return seeds with the transactions of those that name no chain spelled as the rows spell them."""
    asked = {seed.value for seed in seeds if seed.kind == "tx" and not seed.chain}
    asked |= {one for value in asked for one in _spellings(value)}
    held = rows.transactions(asked) if isinstance(rows, TransferRows) else {row.tx for row in rows}
    return tuple(
        seed
        if seed.kind != "tx" or seed.chain or seed.value in held
        else replace(seed, value=next((one for one in _spellings(seed.value) if one in held), seed.value))
        for seed in seeds
    )


def _spellings(value: str) -> tuple[str, ...]:
    found = _HASH.fullmatch(value)
    return () if found is None else tuple(f"{prefix}{found[1].lower()}" for prefix in ("0x", ""))


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise InputError(f"{str(value)[:40]!r} is none of: {', '.join(words)}.")
        return str(value)

    return read


_kind = _one_of(KINDS)
_precision = _one_of(PRECISIONS)
_side = _one_of(("debit", "credit"))
_input_order = _one_of(("listed", "unknown"))
_PARSERS: Final = CellParsers(
    required=TRANSFER_COLUMNS,
    known=(*TRANSFER_COLUMNS, *TRANSFER_OPTIONAL),
    foreign_id=FOREIGN_ID,
    words={
        "kind": (_kind, ""),
        "grade": (lambda value: parse_grade(str(value)), "recorded"),
        "precision": (_precision, "exact"),
    },
    tx_of=_tx_of,
)
"""How cells are read, as the reader of columns asks it."""


def _transfer(record: Record, chain: ChainId, money: Money, ids: set[str]) -> Transfer:
    kind = record.optional("kind", _kind) or ""
    asset = money.asset(record, chain)
    sender = _holder(record, "sender", chain, may_be_empty=kind == "mint")
    recipient = _holder(record, "recipient", chain, may_be_empty=kind in ("fee", "burn"))
    if sender and recipient and ":" not in sender + recipient and chain_of(chain).family == "bitcoin":
        raise record.error(
            "sender",
            "a Bitcoin payment from address to address is no row of the chain.",
            "A transaction spends outputs and makes outputs; who of several senders paid whom is nowhere written.",
            "Give a ledger of outputs (--ledger), or make one: `tracer import esplora`, `tracer import blockchair`, or "
            "`tracer new TXID… --out DIR`.",
        )
    block, time = record.optional("block", _height), record.optional("time", parse_time)
    if block is None and time is None:
        raise record.error("time", "the row has neither block nor time.", "It cannot be put in order.")
    tx = record.parse("tx", _tx_of(chain))
    return Transfer(
        row=record.number,
        chain=chain,
        block=block,
        position=record.optional("position", _height),
        time=time,
        tx=tx,
        kind=kind,
        sender=sender,
        recipient=recipient,
        asset=asset,
        amount=money.amount(record, asset),
        event=record.parse("event", _tx_of(chain)),
        grade=record.optional("grade", lambda value: parse_grade(str(value))) or "recorded",
        precision=record.optional("precision", _precision) or "exact",
        source_url=record.text("source_url") or record.text("source"),
        note=record.text("note"),
        repeat=record.optional("repeat", _height),
        resolution=record.optional("time", resolution_of) or 1,
        id=_id_of(record, chain, tx, ids),
    )


def _holder(record: Record, column: str, chain: ChainId, *, may_be_empty: bool) -> str:
    text = record.text(column)
    if not text and may_be_empty:
        return ""
    return record.parse(column, lambda _: parse_holder(chain, text))


def _ledger_leg(record: Record, chain: ChainId, money: Money, ids: set[str]) -> LedgerLeg:
    kind = record.optional("kind", _kind) or ""
    asset = money.asset(record, chain)
    leaves = kind in ("fee", "burn") and record.text("holder") in ("", "fee")
    holder = "" if leaves else _holder(record, "holder", chain, may_be_empty=False)
    outpoint = ":" in holder and chain_of(chain).family == "bitcoin"
    address = _holder(record, "address", chain, may_be_empty=True) or ("" if outpoint else holder)
    block, time = record.optional("block", _height), record.optional("time", parse_time)
    if block is None and time is None:
        raise record.error("time", "the row has neither block nor time.", "It cannot be put in order.")
    event = record.parse("event", _tx_of(chain))
    if not event:
        raise record.error("event", "the event is empty.", "Legs that belong together carry one name.")
    tx = record.parse("tx", _tx_of(chain))
    return LedgerLeg(
        row=record.number,
        event=event,
        side=record.parse("side", _side),
        holder=holder,
        address=address,
        asset=asset,
        amount=money.amount(record, asset),
        chain=chain,
        block=block,
        time=time,
        tx=tx,
        kind=kind,
        listed=record.optional("input_order", _input_order) != "unknown",
        resolution=record.optional("time", resolution_of) or 1,
        id=_id_of(record, chain, tx, ids),
    )


def _seed(record: Record, default_chain: ChainId | None, money: Money) -> Seed:
    kind = record.parse("kind", _one_of(SEED_KINDS))
    value = record.text("value")
    if not value:
        raise record.error("value", "the seed names no transaction or holder.")
    chain = _seed_chain(record, kind, value, default_chain)
    home = chain or default_chain or DEFAULT_CHAIN
    asset = money.asset(record, home) if record.raw("asset") != "" else None
    if asset is None and record.raw("amount") != "":
        raise record.error("asset", "an amount needs its asset.", "Units of different assets are never added.")
    amount = None if asset is None or record.raw("amount") == "" else money.amount(record, asset)
    is_tx = kind == "tx"
    value = record.parse("value", _tx_of(chain)) if is_tx else _holder(record, "value", chain, may_be_empty=False)
    if (":" in value and chain_of(chain).family == "bitcoin") != (kind == "output") and not is_tx:
        raise record.error(
            "kind",
            f"{value[:80]!r} is {'an outpoint' if kind == 'holder' else 'no outpoint'}.",
            "An outpoint is made once, whole; only another holder can start with part of what it has.",
            "Write kind 'output' for an outpoint (txid:vout), 'holder' for any other holder.",
        )
    origin = record.parse("origin", _theft)
    if not origin:
        raise record.error(
            "origin",
            "the origin is empty.",
            "Every stolen unit belongs to a theft.",
            "Write the theft's name there, or delete the row if it is not the theft.",
        )
    victim, recipient = record.text("victim"), record.text("recipient")
    if not is_tx and (victim or recipient):
        raise record.error("victim" if victim else "recipient", "only a seed of kind tx has a victim or a recipient.")
    known = chain or default_chain or DEFAULT_CHAIN
    return Seed(
        kind=kind,
        value=value,
        chain=chain,
        asset=asset,
        amount=amount,
        origin=origin,
        victim=record.parse("victim", lambda _: _victims(victim, known)),
        recipient=record.parse("recipient", lambda _: parse_holder(known, recipient) if recipient else ""),
    )


def _victims(text: str, chain: ChainId) -> str:
    """Return the victims of a seed in their canonical form: ``*``, ``mint``, or addresses separated by ``;``."""
    if text in ("", "*", "mint"):
        return text
    return ";".join(parse_holder(chain, one.strip()) for one in text.split(";") if one.strip())


def _seed_chain(record: Record, kind: str, value: str, default_chain: ChainId | None) -> ChainId:
    """Return the seed's chain: as given, as its asset says, or as the form of its holder tells."""
    given = record.optional("chain", lambda _: parse_chain(record.text("chain")))
    if given is not None:
        return given
    asset = record.text("asset")
    if "/" in asset:
        return record.parse("asset", lambda _: parse_chain(asset.split("/", 1)[0]))
    if kind == "tx":
        return ANY_CHAIN
    if _OUTPOINT.fullmatch(value):
        return BITCOIN
    elsewhere = None if value.startswith("0x") else known_form_elsewhere(value)
    if elsewhere is not None and (
        default_chain is None or chain_of(elsewhere).family != chain_of(default_chain).family
    ):
        return elsewhere
    if default_chain is None:
        raise record.error(
            "chain",
            "the seed names no chain.",
            "The transfers are of several chains, so a holder alone does not say where it holds.",
            "Fill the column 'chain', for example eip155:1.",
        )
    return default_chain
