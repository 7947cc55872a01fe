"""Tronscan's Transfers page, in both forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.errors import AddressError
from tracer.io.exports.form import Context, Form, payment
from tracer.io.exports.records import FAILED, NFT, NO_DECIMALS, NO_VALUE, PENDING, Item, LeftOut
from tracer.io.exports.sheet import Row
from tracer.model import TRON, parse_address

NAMES: Final = (
    (r"txn hash|transaction hash", "tx"),
    (r"block", "block"),
    (r"time ?\(utc\)", "text_time"),
    (r"from", "from"),
    (r"to", "to"),
    (r"token", "token"),
    (r"token symbol", "symbol"),
    (r"amount ?/ ?tokenid|amount", "amount"),
    (r"token id ?\(1155\)", "id"),
    (r"result", "result"),
    (r"status", "status"),
)
OLD: Final = (
    (r"transaction_id", "tx"),
    (r"contractret", "result"),
    (r"quant", "amount"),
)


def transfers(row: Row, context: Context) -> Iterator[Item]:
    """Yield a row: the contract is the token, its symbol alone is none, and TRX is the coin."""
    where = context.place(row)
    sender, recipient = context.party(row, "from", TRON)[0], context.party(row, "to", TRON)[0]
    context.parties(row, sender, recipient)
    token = row.text("token")
    if row.text("result").upper() not in ("", "SUCCESS"):
        yield LeftOut(reason=FAILED, chain=TRON, tx=where.tx)
    elif row.text("status").upper() not in ("", "CONFIRMED"):
        yield LeftOut(reason=PENDING)
    elif row.text("id") not in ("", "-", "--"):
        yield LeftOut(reason=NFT)
    elif not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    elif token.upper() in ("TRX", "_"):
        amount, precision = context.coin_amount(row, "amount", TRON)
        if not amount:
            yield LeftOut(reason=NO_VALUE)
            return
        asset = context.coin(TRON)[0]
        yield payment(where, "native", sender, recipient, asset, amount, precision=precision)
    else:
        yield from _token(row, context, (sender, recipient), token)


def _token(row: Row, context: Context, parties: tuple[str, str], token: str) -> Iterator[Item]:
    try:
        contract = parse_address(TRON, token)
    except AddressError:
        what = "a TRC-10 token, which has a number and no contract" if token.isdecimal() else "a symbol, not a contract"
        yield LeftOut(reason=NO_DECIMALS, detail=f"{token[:40]!r} is {what}")
        return
    yield from context.token(row, context.place(row), parties, contract, "amount")


FORMS: Final = (
    Form(
        formats=("tronscan", "oklink"),
        label="Tronscan's transfers",
        names=NAMES,
        needs=frozenset({"tx", "from", "to", "token", "amount", "text_time"}),
        rows=transfers,
        amounts=("amount",),
        view="coin token",
        chain=TRON,
        notes=("Tronscan's export has no fees: what holders burnt for energy and bandwidth is missing",),
    ),
    Form(
        formats=("tronscan", "oklink"),
        label="an old export of Tronscan",
        names=OLD,
        needs=frozenset({"tx", "result", "amount"}),
        refusal=(
            "the file does not say which currency it counts.",
            "Exports of that time left it out.",
            "Download it again, or say it: tracer import columns FILE --map amount=quant:UNIT --asset …",
        ),
    ),
)
