"""Esplora's and mempool.space's JSON: a list of Bitcoin transactions, one of them, or one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tracer.errors import AddressError, DataFileError
from tracer.io.exports.records import MOST_SATOSHI, NO_VALUE, PENDING, BookedLeg, Item, LeftOut, Part
from tracer.io.readers import MAX_ROWS
from tracer.io.writers import plain
from tracer.model import BITCOIN, AssetId, parse_address

_COIN: Final = AssetId(f"{BITCOIN}/slip44:0")
_TXID: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_OTHER_SCRIPT: Final = re.compile(r"bc1[ac-hj-np-z02-9]{8,18}", re.ASCII)
"""Programs shorter than any key's hash, such as pay-to-anchor (bc1pfeessrawgf): held by nobody's address."""
_PAGE: Final = 25
"""Confirmed transactions a page of an address's list holds."""


def read_transactions(text: str, file: str) -> Part:
    """Return the legs of every confirmed transaction.

    Parameters
    ----------
    text : str
        JSON, or JSON lines.
    file : str
        File name.

    Raises
    ------
    DataFileError
        If the text is no JSON, or no list of Bitcoin transactions.
    """
    found = _transactions(text, file)
    part = Part(file, "Esplora's transactions of Bitcoin", chain=BITCOIN, rows=len(found))
    confirmed = 0
    for number, one in enumerate(found, 1):
        try:
            items = list(_legs(one, file, number))
        except DataFileError as cause:
            part.items.append(LeftOut(reason="refused", detail=cause.what, file=file, row=number, refused=True))
            continue
        confirmed += any(isinstance(item, BookedLeg) for item in items)
        part.items += items
    if confirmed and confirmed % _PAGE == 0:
        part.notes.append(
            f"{file}: {confirmed} confirmed transactions are whole pages of {_PAGE}; an address may have more pages."
        )
    return part


def _transactions(text: str, file: str) -> list[Any]:
    try:
        held = _json(text, file)
    except (ValueError, RecursionError):
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            held = [_json(line, file) for line in lines] if len(lines) > 1 else None
        except (ValueError, RecursionError):
            held = None
        if held is None:
            raise DataFileError(
                f"{file} is not JSON: the site's own words are {plain(text.strip())[:80]!r}.",
                why="A list of transactions, as Esplora and mempool.space give it, is JSON.",
                next_step="Download it again.",
            ) from None
    if isinstance(held, dict):
        if "txid" not in held and not isinstance(held.get("txs"), list):
            raise _no_list(file, held)
        held = [held] if "txid" in held else held["txs"]
    if not isinstance(held, list) or not all(isinstance(one, dict) and "txid" in one for one in held):
        raise _no_list(file, held)
    if not held:
        raise DataFileError(f"{file} holds no transaction.", next_step="An address without payments gives this.")
    if len(held) > MAX_ROWS:
        raise DataFileError(f"{file} has more than {MAX_ROWS} transactions.", next_step="Split it.")
    return held


def _no_list(file: str, held: object) -> DataFileError:
    if isinstance(held, dict) and {"status", "message", "result"} <= held.keys():
        words = f"It is an answer of an explorer's API ({plain(str(held['message']))[:60]!r})."
        return DataFileError(f"{file} is no export.", why=words, next_step="`tracer fetch` reads APIs by itself.")
    return DataFileError(
        f"{file} is JSON, but no list of Bitcoin transactions.",
        why="Esplora's have txid, vin, vout and status.",
        next_step="Save what /api/address/ADDRESS/txs or /api/tx/TXID gives.",
    )


def _json(text: str, file: str) -> Any:  # noqa: ANN401 (JSON is of any type)
    def refuse(number: str) -> Any:  # noqa: ANN401
        raise ValueError(f"the number {number} is not an integer")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object whose names are all different."""
        held = dict(pairs)
        if len(held) != len(pairs):
            raise DataFileError(
                f"{file}: a name stands twice in one object.",
                why="Readers disagree which of the two counts; no site writes that.",
                next_step="Download it again.",
            )
        return held

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def _legs(one: dict[str, Any], file: str, number: int) -> Iterator[Item]:
    def error(what: str) -> DataFileError:
        return DataFileError(f"{file}, transaction {number}: {what}")

    txid, status = one["txid"], one.get("status")
    if not isinstance(txid, str) or not _TXID.fullmatch(txid):
        raise error("its txid is none.")
    vin, vout = one.get("vin"), one.get("vout")
    if not isinstance(status, dict) or not isinstance(vin, list) or not isinstance(vout, list):
        raise error("vin, vout or status is missing.")
    if status.get("confirmed") is not True:
        yield LeftOut(reason=PENDING, file=file, row=number)
        return
    block, time = status.get("block_height"), status.get("block_time")
    if not _whole(block) or not _whole(time):
        raise error("its block height or time is missing.")
    legs: list[BookedLeg] = []
    made = False
    for number_of, entry in enumerate(vin):
        if not isinstance(entry, dict):
            raise error("an input is no object.")
        if entry.get("is_coinbase") is True:
            made = True
            continue
        source, place, before = entry.get("txid"), entry.get("vout"), entry.get("prevout")
        if not isinstance(source, str) or not _TXID.fullmatch(source) or not _whole(place):
            raise error("an input does not say which output it spends.")
        if not isinstance(before, dict):
            raise error(f"the spent output {source}:{place} (prevout) is missing.")
        leg = _leg(before, "debit", f"{source}:{place}", (block, time, txid), (file, number), error)
        legs.append(replace(leg, number=number_of))
    for place, entry in enumerate(vout):
        if not isinstance(entry, dict):
            raise error("an output is no object.")
        legs.append(_leg(entry, "credit", f"{txid}:{place}", (block, time, txid), (file, number), error))
    paid, got = (sum(leg.amount for leg in legs if leg.side == side) for side in ("debit", "credit"))
    fee = one.get("fee")
    if not made and (got > paid or (_whole(fee) and paid - got != fee)):
        raise error(f"inputs of {paid}, outputs of {got} and a fee of {fee} do not fit together.")
    for leg in legs:
        if leg.amount:
            yield replace(leg, coinbase=made)
    if not any(leg.amount for leg in legs):
        yield LeftOut(reason=NO_VALUE, file=file, row=number)


def _leg(
    entry: dict[str, Any],
    side: str,
    holder: str,
    when: tuple[Any, Any, str],
    where: tuple[str, int],
    error: Any,  # noqa: ANN401 (a local function)
) -> BookedLeg:
    if "asset" in entry or "valuecommitment" in entry:
        raise error("it is of Liquid, whose amounts may be hidden; only Bitcoin is read.")
    value, address = entry.get("value"), entry.get("scriptpubkey_address", "")
    if not isinstance(value, int) or not _whole(value) or value > MOST_SATOSHI:
        raise error(f"the value of {holder} is no number of satoshi.")
    if not isinstance(address, str):
        raise error(f"the address of {holder} is no text.")
    try:
        home = parse_address(BITCOIN, address) if address else ""
    except AddressError as cause:
        if not _OTHER_SCRIPT.fullmatch(address):
            raise error(f"{cause.what} {cause.why}") from cause
        home = ""
    return BookedLeg(
        chain=BITCOIN,
        side=side,
        holder=holder,
        address=home,
        asset=_COIN,
        amount=value,
        block=when[0],
        time=when[1],
        tx=when[2],
        file=where[0],
        row=where[1],
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
