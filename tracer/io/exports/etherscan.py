"""Etherscan and its sisters: transactions, internal transactions, ERC-20, NFT, token pages; Snowtrace's variants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tracer.io.exports.cells import kind_of_token
from tracer.io.exports.form import Context, Form, Place, note_of, payment
from tracer.io.exports.records import FAILED, NFT, NO_VALUE, Item, LeftOut
from tracer.io.exports.sheet import Row
from tracer.model import ChainId, parse_asset

NAMES: Final = (
    (r"transaction hash|txhash|tx_hash", "tx"),
    (r"blockno|block_number", "block"),
    (r"unixtimestamp|block_unix_timestamp", "unix"),
    (r"datetime(?: ?\(utc\))?|block_datetime", "text_time"),
    (r"from", "from"),
    (r"to", "to"),
    (r"txto", "txto"),
    (r"contractaddress|token_address", "contract"),
    (r"value_in\(\w+\)?", "in"),
    (r"value_out\(\w+\)?", "out"),
    (r"txnfee\((?!usd)\w+\)?", "fee"),
    (r"parenttxfrom", "parent"),
    (r"tokenvalue|token_value", "value"),
    (r"quantity", "quantity"),
    (r"token ?id", "id"),
    (r"status", "status"),
    (r"errcode", "error"),
    (r"type", "type"),
    (r"tokensymbol|token_symbol", "symbol"),
    (r"privatenote", "note"),
    (r"chainid|chain_id", "chain_number"),
)
OLD: Final = (
    (r"transaction hash|txhash", "tx"),
    (r"blockno", "block"),
    (r"unixtimestamp", "unix"),
    (r"datetime(?: ?\(utc\))?", "text_time"),
    (r"from", "from"),
    (r"to", "to"),
    (r"contractaddress", "contract"),
    (r"value", "value"),
    (r"tokensymbol", "symbol"),
    (r"tokenid", "id"),
    (r"privatenote", "note"),
)
"""ERC-20 before 2023: the amount is called Value, which elsewhere may be anything; so only with the names beside it."""
_WELL: Final = ("", "ok", "success", "successful")


def _value(row: Row, context: Context, chain: ChainId, sender: str, recipient: str) -> tuple[int, str]:
    """Return the amount of the IN or OUT column, whichever is not zero."""
    (into, one), (out, other) = context.coin_amount(row, "in", chain), context.coin_amount(row, "out", chain)
    if into and out and (into != out or sender != recipient):
        raise row.error(
            "in",
            "both this column and the OUT column hold an amount.",
            "Only a payment to oneself has both, and then they are equal.",
            "The file was altered; download it again.",
        )
    return into or out, "printed" if "printed" in (one, other) else "exact"


def _owner(row: Row, context: Context, sender: str, recipient: str) -> None:
    """Put down the parties, and whose export the filled column says it is."""
    context.parties(row, sender, recipient)
    into, out = context.number(row, "in"), context.number(row, "out")
    if into is not None and into.value and not (out is not None and out.value):
        context.part.named.add(recipient)
    elif out is not None and out.value and not (into is not None and into.value):
        context.part.named.add(sender)


def transactions(row: Row, context: Context) -> Iterator[Item]:
    """Yield a transaction's own payment and its fee, which its sender pays, failed or not."""
    where = context.place(row)
    sender, one = context.party(row, "from", where.chain)
    recipient, other = context.party(row, "to", where.chain)
    recipient = recipient or context.party(row, "contract", where.chain)[0]
    if not sender:
        raise row.error("from", "the sender is missing.")
    amount, precision = _value(row, context, where.chain, sender, recipient)
    _owner(row, context, sender, recipient)
    fee, rough = context.coin_amount(row, "fee", where.chain)
    if row.text("status").lower() not in _WELL or row.text("error"):
        yield LeftOut(reason=FAILED, chain=where.chain, tx=where.tx)
    elif not amount:
        yield LeftOut(reason=NO_VALUE)
    elif not recipient:
        raise row.error("to", "the recipient is missing, and no created contract is named.")
    else:
        note = row.text("note") or note_of(one, other)
        asset = context.coin(where.chain)[0]
        yield payment(where, "native", sender, recipient, asset, amount, precision=precision, uid="tx", note=note)
    yield from context.fee(where, sender, fee, rough)


def internal(row: Row, context: Context) -> Iterator[Item]:
    """Yield a payment made inside a transaction; here a status of 0 is good."""
    where = context.place(row)
    sender, one = context.party(row, "from", where.chain)
    recipient, other = context.party(row, "txto", where.chain)
    recipient = recipient or context.party(row, "contract", where.chain)[0]
    amount, precision = _value(row, context, where.chain, sender, recipient)
    _owner(row, context, sender, recipient)
    if row.text("status") not in ("", "0") or row.text("error"):
        yield LeftOut(reason=FAILED)
    elif not amount:
        yield LeftOut(reason=NO_VALUE)
    elif not sender or not recipient:
        raise row.error("from" if not sender else "txto", "the address is missing.")
    else:
        asset, note = context.coin(where.chain)[0], row.text("note") or note_of(one, other)
        yield payment(where, "internal", sender, recipient, asset, amount, precision=precision, note=note)


def _two(row: Row, context: Context, where: Place) -> tuple[tuple[str, str], str]:
    """Return sender and recipient, both needed, and the note of the row."""
    sender, one = context.party(row, "from", where.chain)
    recipient, other = context.party(row, "to", where.chain)
    for key, party in (("from", sender), ("to", recipient)):
        if not party:
            raise row.error(key, "the address is missing.")
    context.parties(row, sender, recipient)
    return (sender, recipient), row.text("note") or note_of(one, other)


def tokens(row: Row, context: Context) -> Iterator[Item]:
    """Yield the payment of a token; the contract is the token, whatever name and symbol say."""
    where = context.place(row)
    parties, note = _two(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if not contract:
        raise row.error("contract", "the token's contract is missing.")
    yield from context.token(row, where, parties, contract, "value", note=note)


def token_page(row: Row, context: Context) -> Iterator[Item]:
    """Yield the payment of a token's own page, where the token stands in the file's name alone."""
    where = context.place(row)
    parties, note = _two(row, context, where)
    contract = _page_token(row, context, where.chain)
    yield from context.token(row, where, parties, contract, "quantity", decimals=context.options.decimals, note=note)


def _page_token(row: Row, context: Context, chain: ChainId) -> str:
    given = context.options.asset
    if given:
        named = re.fullmatch(r".*/(?:erc20|trc20):(\w+)", parse_asset(given, chain))
        if named is None:
            raise row.error("quantity", f"{given[:60]!r} is no token.", next_step="Write --asset erc20:0x….")
        return named[1]
    found = re.search(r"0x[0-9a-fA-F]{40}", context.part.file)
    if found is None:
        raise row.error(
            "quantity",
            "which token is it? A token page's export does not say it.",
            next_step="Add --asset erc20:0x… and --decimals N.",
        )
    return parse_asset(f"erc20:{found[0].lower()}", chain).rsplit(":", 1)[1]


def nfts(row: Row, context: Context) -> Iterator[Item]:
    """Yield the transfer of an NFT, if they are wanted."""
    if len(row.cells) > len(row.header.names):
        raise row.error(
            "", "the row has one cell more than the header: an ERC-1155 row of before 2023, shifted by one."
        )
    where = context.place(row)
    parties, note = _two(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if not context.options.nft:
        yield LeftOut(reason=NFT, detail="--nft reads them")
        return
    number = context.number(row, "quantity")
    count = 1 if number is None else int(number.value)
    if number is not None and number.value != count:
        raise row.error("quantity", "an NFT moves in whole pieces.")
    if not re.fullmatch(r"[0-9]{1,78}", row.text("id")) or not contract:
        raise row.error("id", "an NFT needs its contract and the number of its token.")
    if not count:
        yield LeftOut(reason=NO_VALUE)
        return
    standard = "erc1155" if "1155" in row.text("type") else "erc721"
    if standard == "erc721" and count != 1:
        raise row.error("quantity", f"{count} of an ERC-721 token, of which there is one.")
    asset = parse_asset(f"{standard}:{contract}/{row.text('id')}", where.chain)
    kind, sender, recipient = kind_of_token(*parties)
    yield payment(where, kind, sender, recipient, asset, count, note=note)


_TX = frozenset({"tx", "from"})
_ERC20: Final = Form(
    formats=("etherscan",),
    label="Etherscan's ERC-20 transfers",
    names=NAMES,
    needs=_TX | {"to", "contract", "value", "symbol"},
    lacks=frozenset({"id"}),
    rows=tokens,
    amounts=("value",),
    view="token",
    extra=1,
)
FORMS: Final = (
    Form(
        formats=("etherscan",),
        label="Etherscan's internal transactions",
        names=NAMES,
        needs=_TX | {"txto", "in", "out"},
        rows=internal,
        amounts=("in", "out"),
        view="internal",
        extra=1,
    ),
    Form(
        formats=("etherscan",),
        label="Etherscan's transactions",
        names=NAMES,
        needs=_TX | {"to", "in", "out"},
        lacks=frozenset({"txto"}),
        rows=transactions,
        amounts=("in", "out", "fee"),
        view="coin",
    ),
    Form(
        formats=("etherscan",),
        label="Etherscan's NFT transfers",
        names=NAMES,
        needs=_TX | {"to", "contract", "id"},
        rows=nfts,
        amounts=("quantity",),
        extra=1,
    ),
    _ERC20,
    replace(_ERC20, label="Etherscan's ERC-20 transfers (before 2023)", names=OLD),
    Form(
        formats=("etherscan",),
        label="the transfers of one token's page (Etherscan)",
        names=NAMES,
        needs=_TX | {"to", "quantity"},
        lacks=frozenset({"contract", "id"}),
        rows=token_page,
        amounts=("quantity",),
    ),
)
