"""Blockchair's dumps: outputs and inputs of Bitcoin, calls, transactions and ERC-20 transfers of Ethereum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tracer.errors import AddressError
from tracer.io.exports.cells import read_base, read_hash
from tracer.io.exports.form import Context, Form, Place, payment
from tracer.io.exports.records import FAILED, MOST_SATOSHI, NO_VALUE, NOT_TRANSFERRED, PENDING, BookedLeg, Item, LeftOut
from tracer.io.exports.sheet import Row
from tracer.model import BITCOIN, AssetId, parse_address

NAMES: Final = (
    (r"transaction_hash|hash", "tx"),
    (r"block_id", "block"),
    (r"time|date", "text_time"),
    (r"index", "index"),
    (r"value", "value"),
    (r"recipient", "to"),
    (r"sender", "from"),
    (r"type", "type"),
    (r"is_from_coinbase", "coinbase"),
    (r"spending_transaction_hash", "spent_in"),
    (r"spending_block_id", "spent_block"),
    (r"spending_time", "spent_time"),
    (r"spending_index", "spent_index"),
    (r"failed", "failed"),
    (r"transferred", "transferred"),
    (r"fee", "fee"),
    (r"token_address", "contract"),
    (r"token_decimals", "decimals"),
    (r"input_total", "input_total"),
    (r"output_total", "output_total"),
)
_COIN: Final = AssetId(f"{BITCOIN}/slip44:0")


def _outpoint(row: Row) -> str:
    index = row.text("index")
    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", index):
        raise row.error("index", f"{index[:20]!r} is no number of an output.")
    return f"{read_hash(row, 'tx', BITCOIN)}:{index}"


def _address(row: Row) -> str:
    """Return the address of an output; Blockchair's own names of scripts without one (``d-``, ``s-``) are none."""
    text = row.text("to")
    if not text or re.fullmatch(r"[a-z]-[0-9a-f]+", text):
        return ""
    try:
        return parse_address(BITCOIN, text)
    except AddressError as cause:
        raise row.error("to", cause.what, cause.why, cause.next_step) from cause


def _satoshi(row: Row) -> int:
    """Return an amount of satoshi; the sums of a transaction must fit to the last one, so that none may be rounded."""
    amount, precision = read_base(row, "value") or (0, "exact")
    if precision == "printed":
        raise row.error(
            "value", f"{row.text('value')[:40]!r} is rounded.", "A ledger needs every satoshi.", "Download it again."
        )
    if amount > MOST_SATOSHI:
        raise row.error("value", f"{row.text('value')[:40]!r}: there are not so many satoshi.")
    return amount


def _unconfirmed(row: Row, key: str = "block") -> bool:
    return row.text(key).startswith("-")


def outputs(row: Row, context: Context) -> Iterator[Item]:
    """Yield the credit of an output where it is made."""
    if _unconfirmed(row):
        yield LeftOut(reason=PENDING)
        return
    where = context.place(row)
    amount = _satoshi(row)
    if not amount:
        yield LeftOut(reason=NO_VALUE)
        return
    made = row.text("coinbase") in ("1", "true", "True")
    yield _leg(where, "credit", _outpoint(row), _address(row), amount, coinbase=made)


def inputs(row: Row, context: Context) -> Iterator[Item]:
    """Yield the debit of an output in the transaction that spends it; the first columns are the one that made it."""
    if _unconfirmed(row, "spent_block"):
        yield LeftOut(reason=PENDING)
        return
    where = context.place(row, "spent_in", "spent_block", "", ("spent_time",))
    amount = _satoshi(row)
    if not amount:
        yield LeftOut(reason=NO_VALUE)
        return
    yield _leg(where, "debit", _outpoint(row), _address(row), amount, number=_number(row))


def _number(row: Row) -> int | None:
    """Return which input of the spending transaction it is; ``None`` where the column is left out or empty."""
    text = row.text("spent_index")
    if text and not re.fullmatch(r"0|[1-9][0-9]{0,9}", text):
        raise row.error("spent_index", f"{text[:20]!r} is no number of an input.")
    return int(text) if text else None


def _leg(
    where: Place,
    side: str,
    holder: str,
    address: str,
    amount: int,
    *,
    coinbase: bool = False,
    number: int | None = None,
) -> BookedLeg:
    return BookedLeg(
        chain=BITCOIN,
        side=side,
        holder=holder,
        address=address,
        asset=_COIN,
        amount=amount,
        block=where.block,
        time=where.time,
        resolution=where.resolution,
        tx=where.tx,
        coinbase=coinbase,
        number=number,
        file=where.file,
        row=where.row,
    )


def _both(row: Row, context: Context, where: Place) -> tuple[str, str]:
    sender, recipient = (context.party(row, key, where.chain)[0] for key in ("from", "to"))
    context.parties(row, sender, recipient)
    return sender, recipient


def calls(row: Row, context: Context) -> Iterator[Item]:
    """Yield the coin a call moves; ``transferred`` is what counts, and a synthetic coinbase is a mint without hash."""
    if _unconfirmed(row):
        yield LeftOut(reason=PENDING)
        return
    amount, precision = read_base(row, "value") or (0, "exact")
    if row.text("type") == "synthetic_coinbase" and not row.text("tx"):
        yield from _reward(row, context, amount, precision)
        return
    where = context.place(row)
    sender, recipient = _both(row, context, where)
    index = row.text("index")
    if row.text("failed") in ("1", "true", "True"):
        whole = index == "0"
        yield LeftOut(reason=FAILED, chain=where.chain if whole else context.chain, tx=where.tx if whole else "")
    elif row.text("transferred") in ("0", "false", "False") or row.text("type") in (
        "delegatecall",
        "staticcall",
        "callcode",
    ):
        yield LeftOut(reason=NOT_TRANSFERRED, detail=f"a {row.text('type')}")
    elif not amount:
        yield LeftOut(reason=NO_VALUE)
    elif not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    else:
        if "failed" not in row and "transferred" not in row:
            context.remark("cannot be told from failed ones: the columns failed and transferred are missing")
        kind, uid = ("native", "tx") if index == "0" else ("internal", f"call:{index}")
        asset = context.coin(where.chain)[0]
        uid = uid if index else ""
        yield payment(where, kind, sender, recipient, asset, amount, precision=precision, uid=uid)


def _reward(row: Row, context: Context, amount: int, precision: str) -> Iterator[Item]:
    recipient = context.party(row, "to", context.chain)[0]
    lacking = row.error("to", "a reward needs its recipient, and a block or time.")
    if not recipient:
        raise lacking
    where = context.place_without_hash(row, "", ("text_time",), lacking)
    if amount:
        asset = context.coin(context.chain)[0]
        yield payment(where, "mint", "", recipient, asset, amount, precision=precision)
    else:
        yield LeftOut(reason=NO_VALUE)


def transactions(row: Row, context: Context) -> Iterator[Item]:
    """Yield a transaction's own payment and its fee; ``internal_value`` sums a call tree and is never a payment."""
    if _unconfirmed(row):
        yield LeftOut(reason=PENDING)
        return
    where = context.place(row)
    parties = _both(row, context, where)
    value, (fee, rough) = (read_base(row, key) or (0, "exact") for key in ("value", "fee"))
    yield from context.native(row, where, parties, value, failed=row.text("failed") in ("1", "true", "True"))
    yield from context.fee(where, parties[0], fee, rough)


def tokens(row: Row, context: Context) -> Iterator[Item]:
    """Yield the payment of a token, in base units."""
    where = context.place(row)
    parties = _both(row, context, where)
    contract = context.party(row, "contract", where.chain)[0]
    if not all(parties) or not contract:
        raise row.error("contract", "sender, recipient or contract is missing.")
    yield from context.token(row, where, parties, contract, "value", base=True)


def learn(row: Row, context: Context) -> None:
    """Take the decimals beside a token's contract."""
    contract = context.party(row, "contract", context.chain)[0]
    decimals = context.own_decimals(row, "decimals")
    if contract and decimals is not None:
        context.decimals.learn(context.chain, contract, decimals, row.header.file)


FORMS: Final = (
    Form(
        formats=("blockchair",),
        label="Blockchair's inputs of Bitcoin",
        names=NAMES,
        needs=frozenset({"tx", "index", "value", "to", "spent_in", "spent_block"}),
        rows=inputs,
        chain=BITCOIN,
    ),
    Form(
        formats=("blockchair",),
        label="Blockchair's outputs of Bitcoin",
        names=NAMES,
        needs=frozenset({"tx", "index", "value", "to", "coinbase"}),
        lacks=frozenset({"spent_in"}),
        rows=outputs,
        chain=BITCOIN,
    ),
    Form(
        formats=("blockchair",),
        label="Blockchair's transactions of Bitcoin",
        names=NAMES,
        needs=frozenset({"tx", "input_total", "output_total"}),
        refusal=(
            "sums of transactions do not say who paid whom.",
            "A Bitcoin transaction spends outputs and makes outputs.",
            "Import the dumps of inputs and outputs, both in one command.",
        ),
    ),
    Form(
        formats=("blockchair",),
        label="Blockchair's ERC-20 transfers",
        names=NAMES,
        needs=frozenset({"tx", "block", "from", "to", "value", "contract"}),
        rows=tokens,
        learn=learn,
    ),
    Form(
        formats=("blockchair",),
        label="Blockchair's transactions of Ethereum",
        names=NAMES,
        needs=frozenset({"tx", "block", "from", "to", "value", "fee"}),
        rows=transactions,
    ),
    Form(
        formats=("blockchair",),
        label="Blockchair's calls of Ethereum",
        names=NAMES,
        needs=frozenset({"tx", "block", "index", "from", "to", "value"}),
        lacks=frozenset({"fee"}),
        rows=calls,
    ),
)
