"""Blockscout: transactions, token transfers, internal transactions, advanced filter; amounts are base units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.io.exports.cells import read_base
from tracer.io.exports.form import Context, Form, Place, payment
from tracer.io.exports.records import FAILED, NFT, NO_VALUE, NOT_TRANSFERRED, PENDING, Item, LeftOut
from tracer.io.exports.sheet import Row

NAMES: Final = (
    (r"txhash", "tx"),
    (r"blocknumber", "block"),
    (r"unixtimestamp|utctimestamp", "text_time"),
    (r"fromaddress", "from"),
    (r"toaddress", "to"),
    (r"contractaddress|createdcontractaddress", "created"),
    (r"tokencontractaddress|tokencontractaddresshash", "contract"),
    (r"type", "type"),
    (r"calltype", "call"),
    (r"index", "index"),
    (r"value", "value"),
    (r"fee", "fee"),
    (r"transactionfee", "token_fee"),
    (r"tokenstransferred", "moved"),
    (r"tokenvalue", "token_value"),
    (r"tokenid", "id"),
    (r"tokendecimals", "decimals"),
    (r"status", "status"),
    (r"errcode", "error"),
    (r"firsttopic", "topic"),
)
_STILL: Final = ("delegatecall", "callcode", "staticcall")


def _parties(row: Row, context: Context, where: Place) -> tuple[str, str]:
    sender = context.party(row, "from", where.chain)[0]
    recipient = context.party(row, "to", where.chain)[0] or context.party(row, "created", where.chain)[0]
    context.parties(row, sender, recipient)
    side = row.text("type").upper()
    if side in ("IN", "OUT"):
        context.part.named.add(sender if side == "OUT" else recipient)
    return sender, recipient


def _failed(row: Row) -> bool:
    return row.text("status").lower() not in ("", "ok", "success") or row.text("error") != ""


def _base(row: Row, key: str) -> tuple[int, str]:
    return read_base(row, key) or (0, "exact")


def transactions(row: Row, context: Context) -> Iterator[Item]:
    """Yield a transaction's own payment and its fee; one that is still pending has neither."""
    where = context.place(row)
    if row.text("fee").lower().startswith("max of") or not row.text("block"):
        yield LeftOut(reason=PENDING)
        return
    parties = _parties(row, context, where)
    value, (fee, rough) = _base(row, "value"), _base(row, "fee")
    if not parties[0]:
        raise row.error("from", "the sender is missing.")
    nobody = "the recipient is missing, and no created contract is named."
    yield from context.native(row, where, parties, value, failed=_failed(row), nobody=nobody)
    yield from context.fee(where, parties[0], fee, rough)


def tokens(row: Row, context: Context) -> Iterator[Item]:
    """Yield the payment of a token: base units, also where decimals stand beside them."""
    where = context.place(row)
    parties = _parties(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if _failed(row):
        yield LeftOut(reason=FAILED, chain=where.chain, tx=where.tx)
    elif not row.text("moved"):
        yield LeftOut(reason=NFT, detail="an NFT's row has no amount here")
    elif not all(parties) or not contract:
        raise row.error("contract", "sender, recipient or contract is missing.")
    else:
        yield from context.token(row, where, parties, contract, "moved", base=True)


def internal(row: Row, context: Context) -> Iterator[Item]:
    """Yield a payment made inside a transaction; a delegatecall repeats its caller's value and moves nothing."""
    where = context.place(row)
    sender, recipient = _parties(row, context, where)
    amount, precision = _base(row, "value")
    index = row.text("index")
    if row.text("error"):
        yield LeftOut(reason=FAILED)
    elif row.text("call").lower() in _STILL or row.text("type").lower() in _STILL:
        yield LeftOut(reason=NOT_TRANSFERRED, detail=f"a {row.text('call') or row.text('type')}")
    elif not amount:
        yield LeftOut(reason=NO_VALUE)
    elif not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    else:
        uid = "tx" if index == "0" else f"internal:{index}" if index else ""
        asset = context.coin(where.chain)[0]
        yield payment(where, "internal", sender, recipient, asset, amount, precision=precision, uid=uid)


def advanced(row: Row, context: Context) -> Iterator[Item]:
    """Yield a row of the advanced filter: coin in base units, tokens as decimal numbers."""
    where = context.place(row)
    sender, recipient = _parties(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if not contract:
        amount, precision = _base(row, "value")
        if not amount:
            yield LeftOut(reason=NO_VALUE)
        elif not sender or not recipient:
            raise row.error("from" if not sender else "to", "the address is missing.")
        else:
            asset = context.coin(where.chain)[0]
            yield payment(where, "native", sender, recipient, asset, amount, precision=precision)
    elif row.text("id"):
        yield LeftOut(reason=NFT)
    elif not all((sender, recipient)):
        raise row.error("from" if not sender else "to", "the address is missing.")
    else:
        decimals = context.own_decimals(row, "decimals")
        yield from context.token(row, where, (sender, recipient), contract, "token_value", decimals=decimals)


def learn(row: Row, context: Context) -> None:
    """Take the decimals beside a token's contract."""
    chain = context.chain_of(row)
    contract, decimals = context.party(row, "contract", chain)[0], context.own_decimals(row, "decimals")
    if contract and decimals is not None:
        context.decimals.learn(chain, contract, decimals, row.header.file)


_TX = frozenset({"tx", "from", "to"})
FORMS: Final = (
    Form(
        formats=("blockscout",),
        label="Blockscout's token transfers",
        names=NAMES,
        needs=_TX | {"contract", "moved"},
        rows=tokens,
        view="token",
        learn=learn,
    ),
    Form(
        formats=("blockscout",),
        label="Blockscout's internal transactions",
        names=NAMES,
        needs=_TX | {"index", "value", "error"},
        lacks=frozenset({"contract", "topic"}),
        rows=internal,
        view="internal",
    ),
    Form(
        formats=("blockscout",),
        label="Blockscout's advanced filter",
        names=NAMES,
        needs=_TX | {"contract", "token_value", "value"},
        rows=advanced,
        learn=learn,
        notes=("the advanced filter does not say what failed, and its fees are repeated: none is read",),
    ),
    Form(
        formats=("blockscout",),
        label="Blockscout's transactions",
        names=NAMES,
        needs=_TX | {"value", "fee", "status"},
        lacks=frozenset({"index", "contract"}),
        rows=transactions,
        view="coin",
    ),
    Form(
        formats=("blockscout",),
        label="Blockscout's logs",
        names=NAMES,
        needs=frozenset({"tx", "topic"}),
        refusal=(
            "raw logs are not read.",
            "They have to be decoded before they say who paid whom.",
            "Download the token transfers of the address instead.",
        ),
    ),
)
