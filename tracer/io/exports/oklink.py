"""The form with "Tx Hash, blockHeight": OKLink's by its users, Tronscan's by one document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.errors import AddressError
from tracer.io.exports.form import Context, Form, Place, payment
from tracer.io.exports.records import FAILED, NO_DECIMALS, NO_VALUE, PENDING, Item, LeftOut
from tracer.io.exports.sheet import Row
from tracer.model import TRON, parse_address

NAMES: Final = (
    (r"tx hash", "tx"),
    (r"blockheight", "block"),
    (r"blocktime ?\(utc\)", "text_time"),
    (r"from", "from"),
    (r"to", "to"),
    (r"value", "value"),
    (r"symbol", "symbol"),
    (r"tokenaddress", "contract"),
    (r"contracttype", "type"),
    (r"isconfirm", "confirmed"),
    (r"status", "status"),
    (r"fee", "fee"),
)


def transfers(row: Row, context: Context) -> Iterator[Item]:
    """Yield a row: a token by its contract, else coin; the second time column is the UTC one."""
    where = context.place(row)
    sender, recipient = (context.party(row, key, where.chain)[0] for key in ("from", "to"))
    context.parties(row, sender, recipient)
    if row.text("confirmed").lower() == "false":
        yield LeftOut(reason=PENDING)
        return
    failed = row.text("status").lower() not in ("", "success", "ok", "1", "true", "successful")
    if failed:
        yield LeftOut(reason=FAILED, chain=where.chain, tx=where.tx)
    elif not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    elif "contract" in row:
        yield from _token(row, context, where, (sender, recipient))
    elif row.text("type") not in ("", "TransferContract") and where.chain == TRON:
        yield LeftOut(reason=NO_DECIMALS, detail=f"{row.text('type')[:40]!r} moves no TRX; {row.text('symbol')[:20]!r}")
    else:
        amount, precision = context.coin_amount(row, "value", where.chain)
        if amount:
            asset = context.coin(where.chain)[0]
            yield payment(where, "native", sender, recipient, asset, amount, precision=precision, uid="tx")
        else:
            yield LeftOut(reason=NO_VALUE)
    fee, rough = context.coin_amount(row, "fee", where.chain)
    yield from context.fee(where, sender, fee, rough)


def _token(row: Row, context: Context, where: Place, parties: tuple[str, str]) -> Iterator[Item]:
    text = row.text("contract")
    try:
        contract = parse_address(where.chain, text)
    except AddressError:
        yield LeftOut(reason=NO_DECIMALS, detail=f"{text[:40]!r} is no contract")
        return
    yield from context.token(row, where, parties, contract, "value")


_TX: Final = frozenset({"tx", "block", "from", "to", "value"})
FORMS: Final = (
    Form(
        formats=("oklink", "tronscan"),
        label="Tron token transfers with 'Tx Hash, blockHeight' (OKLink or Tronscan)",
        names=NAMES,
        needs=_TX | {"contract"},
        rows=transfers,
        amounts=("value",),
        view="token",
        chain=TRON,
        notes=("this export has no fees",),
    ),
    Form(
        formats=("oklink", "tronscan"),
        label="Tron transactions with 'Tx Hash, blockHeight' (OKLink or Tronscan)",
        names=NAMES,
        needs=_TX | {"symbol"},
        lacks=frozenset({"contract"}),
        rows=transfers,
        amounts=("value",),
        view="coin",
        chain=TRON,
        notes=("this export has no fees",),
    ),
    Form(
        formats=("oklink",),
        label="OKLink's transactions of an EVM chain",
        names=NAMES,
        needs=_TX | {"fee"},
        lacks=frozenset({"symbol", "contract"}),
        rows=transfers,
        amounts=("value", "fee"),
        view="coin",
    ),
)
