"""What transactions mean, from plain files: raw replies with their receipts in, one row a leg out."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.chains import ZERO_ADDRESS, Field, parse_esplora_tx, parse_evm_record
from tracer.decoders import Action, Decoded, DecoderRegistry, Flow, Need, built_in, legs_of_outputs, wraps_of
from tracer.errors import DataFileError, InputError, TracerError
from tracer.io import csv_text, parse_json
from tracer.model import ChainId, Collected, TxRecord, chain_of, format_time, parse_chain

LEG_COLUMNS: Final = (
    *("chain", "tx", "seq", "event", "protocol", "action", "holder", "counterparty", "asset", "amount"),
    *("key", "dest_chain", "dest_recipient", "grade", "src_chain", "dest_asset", "dest_amount", "held_in", "via"),
    "reason",
)
"""Columns of a row."""
MOVED_COLUMNS: Final = (
    *("sender", "recipient", "asset", "amount", "chain", "block", "time", "position", "tx", "kind", "event", "id"),
)
"""Columns of the table of transfers: what moved, with conversions as events."""
_NOTHING: Final = {"action": "unknown", "amount": "0", "grade": "recorded"}
_GZIP: Final = b"\x1f\x8b"
_LARGEST: Final = 2_000_000_000
"""Bytes of a file after unpacking: it is held in memory line by line, never whole."""


@dataclass(frozen=True, slots=True)
class DecodedFiles:
    """What is made of files of transactions.

    Attributes
    ----------
    rows : tuple of tuple of str
        One a leg, in the order of the files and of the legs; cells in the order of :data:`LEG_COLUMNS`.
    transactions : int
        How many were read.
    refused : tuple of str
        In words, which could not be; each is a row ``unknown`` besides.
    moved : tuple of tuple of str
        What moved on account chains, in the order of each chain; cells in the order of :data:`MOVED_COLUMNS`.
    """

    rows: tuple[tuple[str, ...], ...]
    transactions: int
    refused: tuple[str, ...]
    moved: tuple[tuple[str, ...], ...] = ()

    def csv(self) -> str:
        """Return the rows as a table."""
        return csv_text(LEG_COLUMNS, self.rows)

    def transfers_csv(self) -> str:
        """Return what moved as a table that can be traced: what became what is one event."""
        return csv_text(MOVED_COLUMNS, self.moved)

    def json_lines(self) -> str:
        """Return the rows as JSON, one object a line."""
        objects = (dict(zip(LEG_COLUMNS, row, strict=True)) for row in self.rows)
        return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects)


def decode_files(files: Sequence[Path], decoders: DecoderRegistry | None = None) -> DecodedFiles:
    """Return what the transactions of files mean.

    Parameters
    ----------
    files : sequence of Path
        One JSON object a line, or a list of them, packed with gzip or not: ``chain`` (CAIP-2), ``transaction`` and
        ``receipt`` as a node answers them, ``header``, and ``internal`` (an explorer's list) or ``calls`` (a call
        tree) where they are known. Of Bitcoin: ``chain`` and ``transaction`` as Esplora answers it.
    decoders : DecoderRegistry, optional
        Those that ship, else.

    Raises
    ------
    DataFileError
        If a file cannot be read at all; a line that cannot costs itself alone.
    """
    registry = built_in() if decoders is None else decoders
    rows: list[tuple[str, ...]] = []
    refused: list[str] = []
    held: dict[tuple[str, str], tuple[TxRecord, Decoded]] = {}
    told: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    count = 0
    for path in files:
        for where, item in _items(path):
            count += 1
            try:
                value = parse_json(item, "The transaction") if isinstance(item, str) else item
                rows += _first_told(list(_rows_of(value, registry, held)), told)
            except TracerError as error:
                refused.append(f"{where}: {error.what} {error.why}".strip())
                rows.append(_refusal(item, f"{error.what} {error.why}".strip()))
    return DecodedFiles(tuple(rows), count, tuple(refused), tuple(_moved(held.values())))


def _items(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each transaction of a file with where it stands: the text of a line, or an item of a list."""
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == _GZIP
        with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as lines:
            read = 0
            for number, line in enumerate(lines, start=1):
                read += len(line)
                if read > _LARGEST:
                    raise DataFileError(f"{path.name} holds more than {_LARGEST:,} characters.", next_step="Split it.")
                text = line.strip()
                if number == 1 and text.startswith("["):
                    whole = parse_json(text + lines.read(_LARGEST), path.name)
                    yield from ((f"{path.name}, item {place}", one) for place, one in enumerate(whole, start=1))
                    return
                if text:
                    yield f"{path.name}, line {number}", text
    except FileNotFoundError as cause:
        raise DataFileError(f"There is no file {path.name!r}.", next_step="Check the path.") from cause
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as cause:
        raise DataFileError(f"{path.name} cannot be read.", why=str(cause)) from cause


def _first_told(
    rows: list[tuple[str, ...]], told: dict[tuple[str, str], list[tuple[str, ...]]]
) -> list[tuple[str, ...]]:
    """Return the rows of a transaction the first time it comes; files that overlap say it once.

    Raises
    ------
    InputError
        If it comes again and means something else: which of the two it is nobody knows.
    """
    if not rows:
        return rows
    before = told.setdefault((rows[0][0], rows[0][1]), rows)
    if before is rows:
        return rows
    if before != rows:
        raise InputError(
            "The transaction stood before, and its parts said something else.",
            why="Only one of the two is of the chain; the first one's legs stand above.",
            next_step="Leave the wrong one out.",
        )
    return []


def _rows_of(
    value: Any,  # noqa: ANN401 (outside JSON)
    registry: DecoderRegistry,
    held: dict[tuple[str, str], tuple[TxRecord, Decoded]],
) -> Iterable[tuple[str, ...]]:
    line = Field(value, "transaction")
    chain = parse_chain(line.get("chain").text())
    if chain_of(chain).family == "bitcoin":
        return _outputs(line, chain)
    record = parse_evm_record(line, source="file")
    decoded = registry.decode(record)
    held.setdefault((record.chain, record.tx), (record, decoded))
    legs: list[Action | dict[str, str]] = [*decoded.actions, *(_lacking(one, record.sender) for one in decoded.needs)]
    return [_row(record.chain, record.tx, seq, leg) for seq, leg in enumerate(legs, start=1)]


def _moved(held: Iterable[tuple[TxRecord, Decoded]]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table of transfers: each movement, and each side of a wrap that none shows, in order."""
    place: dict[tuple[str, int], int] = {}
    for record, decoded in sorted(held, key=lambda one: (one[0].chain, one[0].order())):
        events = {move: leg.event for leg in decoded.actions if leg.event for move in leg.moves}
        sides = {(leg.event, leg.holder, leg.asset) for leg in decoded.actions if leg.event}
        shown = [(row.order(), row, events.get(index, "")) for index, row in enumerate(record.movements)]
        for flow in wraps_of(record):
            row = _wrap_row(record, flow)
            holder = row.recipient if flow.made > 0 else row.sender
            event = next((name for name, who, asset in sides if (who, asset) == (holder, flow.asset)), "")
            shown.append((row.order(), row, event))
        for _, row, event in sorted(shown, key=lambda one: one[0]):
            key = record.chain, record.block
            place[key] = place.get(key, -1) + 1
            said = (
                row.sender,
                row.recipient,
                row.asset,
                str(row.amount),
                row.chain,
                str(row.block),
                format_time(row.time),
            )
            yield (*said, str(place[key]), row.tx, row.kind, event, row.id)


def _wrap_row(record: TxRecord, flow: Flow) -> Collected:
    """Return a side of a wrap as a movement in the place of its log."""
    made = flow.made > 0
    return Collected(
        chain=record.chain,
        block=record.block,
        block_hash=record.block_hash,
        time=record.time,
        tx=record.tx,
        tx_index=record.index,
        layer="log",
        place=None if flow.log is None else (flow.log,),
        kind="mint" if made else "burn",
        sender=ZERO_ADDRESS if made else flow.payer,
        recipient=flow.payee if made else ZERO_ADDRESS,
        asset=flow.asset,
        amount=flow.amount,
        source="file",
    )


def _outputs(line: Field, chain: ChainId) -> list[tuple[str, ...]]:
    """Return the rows of a Bitcoin transaction as Esplora answers it."""
    said = line.get("transaction")
    tx = parse_esplora_tx(said, chain=chain, source="file")
    if tx is None:
        raise said.fault("No block holds it yet.")
    held = (one.maybe("scriptpubkey") for one in said.get("vout").items())
    scripts = ["" if one is None else one.text() for one in held]
    legs = legs_of_outputs(tx, scripts)
    return [_row(chain, tx.tx, seq, leg) for seq, leg in enumerate(legs, start=1)]


def _row(chain: str, tx: str, seq: int, leg: Action | dict[str, str]) -> tuple[str, ...]:
    if isinstance(leg, dict):
        said = leg
    else:
        said = {
            "event": leg.event,
            "protocol": leg.protocol,
            "action": leg.action,
            "holder": leg.holder,
            "counterparty": leg.counterparty,
            "asset": leg.asset,
            "amount": str(leg.amount),
            "key": leg.key,
            "dest_chain": leg.dest_chain,
            "dest_recipient": leg.dest_recipient,
            "grade": leg.grade,
            "src_chain": leg.src_chain,
            "dest_asset": leg.dest_asset,
            "dest_amount": "" if leg.dest_amount is None else str(leg.dest_amount),
            "held_in": leg.position,
            "via": " ".join(leg.via),
            "reason": leg.reason,
        }
    said = {"chain": chain, "tx": tx, "seq": str(seq), **said}
    return tuple(said.get(column, "") for column in LEG_COLUMNS)


def _lacking(one: Need, sender: str) -> dict[str, str]:
    """Return what a decoder lacks as a row: it is not understood, and what would tell it is named."""
    return {**_NOTHING, "holder": sender, "reason": f"{one.why} The {one.query.part} are needed."}


def _refusal(item: Any, reason: str) -> tuple[str, ...]:  # noqa: ANN401 (outside JSON)
    """Return the row of a transaction that could not be read, under its chain and hash as far as they can be told."""
    held = item
    if isinstance(item, str):
        try:
            held = json.loads(item)
        except (ValueError, RecursionError):
            held = None
    said = held if isinstance(held, dict) else {}
    transaction = said.get("transaction")
    tx = transaction.get("hash") if isinstance(transaction, dict) else ""
    texts = [one[:80] if isinstance(one, str) else "" for one in (said.get("chain"), tx)]
    return _row(texts[0], texts[1], 1, {**_NOTHING, "reason": reason})
