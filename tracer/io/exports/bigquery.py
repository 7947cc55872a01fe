"""BigQuery's public tables in ethereum-etl's columns: token transfers, transactions, traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.io.exports.cells import log_index, read_base
from tracer.io.exports.form import Context, Form, Place, payment
from tracer.io.exports.records import FAILED, NO_KIND, NO_VALUE, NOT_TRANSFERRED, Item, LeftOut
from tracer.io.exports.sheet import Row

NAMES: Final = (
    (r"transaction_hash|hash", "tx"),
    (r"block_number", "block"),
    (r"block_timestamp", "text_time"),
    (r"from_address", "from"),
    (r"to_address", "to"),
    (r"receipt_contract_address", "created"),
    (r"value", "value"),
    (r"token_address", "contract"),
    (r"log_index", "log"),
    (r"receipt_status", "status"),
    (r"status", "trace_status"),
    (r"error", "error"),
    (r"trace_type", "type"),
    (r"call_type", "call"),
    (r"trace_address", "path"),
    (r"receipt_gas_used", "gas_used"),
    (r"receipt_effective_gas_price", "gas_price"),
    (r"gas_price", "bid_price"),
)


def _both(row: Row, context: Context, where: Place) -> tuple[str, str]:
    sender = context.party(row, "from", where.chain)[0]
    recipient = context.party(row, "to", where.chain)[0] or context.party(row, "created", where.chain)[0]
    context.parties(row, sender, recipient)
    return sender, recipient


def tokens(row: Row, context: Context) -> Iterator[Item]:
    """Yield a token's payment; ERC-721 rows look the same, so only a known contract's value is an amount."""
    where = context.place(row)
    parties = _both(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if not all(parties) or not contract:
        raise row.error("contract", "sender, recipient or contract is missing.")
    if context.decimals.of(where.chain, contract) is None:
        detail = f"contract {contract} may be an ERC-721, whose value is a token's number; --token {contract}=DECIMALS"
        yield LeftOut(reason=NO_KIND, detail=detail)
        return
    yield from context.token(row, where, parties, contract, "value", base=True, uid=log_index(row, "log"))


def transactions(row: Row, context: Context) -> Iterator[Item]:
    """Yield a transaction's own payment, and its fee where the receipt's gas stands beside it."""
    where = context.place(row)
    parties = _both(row, context, where)
    value = read_base(row, "value") or (0, "exact")
    yield from context.native(row, where, parties, value, failed=row.text("status") in ("0", "0.0"))
    gas = read_base(row, "gas_used")
    price = read_base(row, "gas_price") or read_base(row, "bid_price")
    if gas is None or price is None:
        context.remark("without a fee: receipt_gas_used or the gas price is missing")
    else:
        rough = "printed" if "printed" in (gas[1], price[1]) else "exact"
        yield from context.fee(where, parties[0], gas[0] * price[0], rough)


def traces(row: Row, context: Context) -> Iterator[Item]:
    """Yield the coin a trace moves; a reward is a mint."""
    amount, precision = read_base(row, "value") or (0, "exact")
    if not amount:
        yield LeftOut(reason=NO_VALUE)
        return
    if row.text("type") in ("reward", "genesis"):
        recipient = context.party(row, "to", context.chain)[0]
        lacking = row.error("to", "a reward needs its recipient, and a block or time.")
        if not recipient:
            raise lacking
        bare = not row.text("tx")
        where = context.place_without_hash(row, "", ("text_time",), lacking) if bare else context.place(row)
        yield payment(where, "mint", "", recipient, context.coin(context.chain)[0], amount, precision=precision)
        return
    where = context.place(row)
    sender, recipient = _both(row, context, where)
    path = row.text("path").strip("[]").replace(" ", "")
    if row.text("trace_status") in ("0", "0.0") or row.text("error"):
        whole = not path
        yield LeftOut(reason=FAILED, chain=where.chain, tx=where.tx if whole else "")
    elif row.text("call") in ("delegatecall", "callcode", "staticcall"):
        yield LeftOut(reason=NOT_TRANSFERRED, detail=f"a {row.text('call')}")
    elif not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    else:
        kind, uid = ("internal", f"trace:{path}") if path else ("native", "tx")
        asset = context.coin(where.chain)[0]
        yield payment(where, kind, sender, recipient, asset, amount, precision=precision, uid=uid)


_TX = frozenset({"tx", "from", "to", "value"})
FORMS: Final = (
    Form(
        formats=("bigquery",),
        label="ethereum-etl's token transfers (BigQuery)",
        names=NAMES,
        needs=_TX | {"contract"},
        rows=tokens,
    ),
    Form(
        formats=("bigquery",),
        label="ethereum-etl's traces (BigQuery)",
        names=NAMES,
        needs=_TX | {"type"},
        rows=traces,
    ),
    Form(
        formats=("bigquery",),
        label="ethereum-etl's transactions (BigQuery)",
        names=NAMES,
        needs=_TX | {"block"},
        lacks=frozenset({"contract", "type"}),
        rows=transactions,
    ),
)
