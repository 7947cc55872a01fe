"""Arkham's transfers: several chains in one file, amounts printed from floats, labels that are no attributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.errors import DataFileError
from tracer.io.exports.cells import DOUBLE_DIGITS, base_units
from tracer.io.exports.chains import chain_of_name
from tracer.io.exports.form import Context, Form, payment
from tracer.io.exports.records import NO_VALUE, OTHER_CHAIN, Item, LeftOut
from tracer.io.exports.sheet import Row
from tracer.model import BITCOIN, chain_of

NAMES: Final = (
    (r"transactionhash", "tx"),
    (r"blocknumber", "block"),
    (r"blocktimestamp", "text_time"),
    (r"fromaddress", "from"),
    (r"toaddress", "to"),
    (r"tokenaddress", "contract"),
    (r"tokendecimals", "decimals"),
    (r"unitvalue", "value"),
    (r"chain", "chain_name"),
)


def transfers(row: Row, context: Context) -> Iterator[Item]:
    """Yield a row; Bitcoin's have several senders in one cell and belong to nobody who could be named."""
    name = row.text("chain_name")
    chain = chain_of_name(name)
    if chain == BITCOIN:
        detail = f"a Bitcoin row does not say who paid whom; `tracer new {row.text('tx')[:64]}` fetches the transaction"
        yield LeftOut(reason=OTHER_CHAIN, detail=detail)
        return
    if chain is None:
        yield LeftOut(reason=OTHER_CHAIN, detail=f"{name[:40]!r} is not in the table of chains")
        return
    where = context.place(row)
    sender, recipient = (context.party(row, key, chain)[0] for key in ("from", "to"))
    if not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    context.parties(row, sender, recipient)
    contract = context.party(row, "contract", chain)[0]
    if contract:
        decimals = context.own_decimals(row, "decimals")
        known = context.decimals.of(chain, contract)
        yield from context.token(
            row,
            where,
            (sender, recipient),
            contract,
            "value",
            decimals=decimals if known is None else known,
            rounded=True,
        )
        return
    number = context.number(row, "value")
    asset, decimals = context.coin(chain)
    if number is None or number.value == 0:
        yield LeftOut(reason=NO_VALUE)
        return
    amount = base_units(row, "value", number, decimals, chain_of(chain).symbol, double=True)
    precision = "printed" if number.scientific or number.digits > DOUBLE_DIGITS else "exact"
    yield payment(where, "native", sender, recipient, asset, amount, precision=precision)


def learn(row: Row, context: Context) -> None:
    """Take the decimals beside a token's contract; a row without them, or of no chain we have, teaches nothing."""
    chain = chain_of_name(row.text("chain_name"))
    if chain is None or chain == BITCOIN or not row.text("contract"):
        return
    try:
        contract, decimals = context.party(row, "contract", chain)[0], context.own_decimals(row, "decimals")
    except DataFileError:  # the row itself is refused when it is read
        return
    if decimals is not None:
        context.decimals.learn(chain, contract, decimals, row.header.file)


FORMS: Final = (
    Form(
        formats=("arkham",),
        label="Arkham's transfers",
        names=NAMES,
        needs=frozenset({"tx", "from", "to", "contract", "value", "chain_name"}),
        rows=transfers,
        amounts=("value",),
        learn=learn,
        own_chain="chain_name",
        notes=(
            "moves of coin may be internal ones, failed ones are not marked, and fees are missing",
            "Arkham's labels are not attributions and were not taken",
        ),
    ),
)
