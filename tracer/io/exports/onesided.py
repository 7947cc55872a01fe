"""Exports that say what one wallet won or lost, never who was on the other side: recognised and refused."""

from __future__ import annotations

from typing import Final

from tracer.io.exports.form import Form

_WHY: Final = "It holds one wallet's net changes, without the other side, so that no payment can be read from it."
_STEP: Final = (
    "Its transaction hashes are enough to fetch what happened: tracer new {hashes} --out DIR, then tracer fetch DIR."
)


def _form(formats: str, label: str, names: tuple[tuple[str, str], ...], needs: tuple[str, ...]) -> Form:
    return Form(
        formats=(formats,),
        label=label,
        names=names,
        needs=frozenset(needs),
        refusal=("one-sided wallet files are not read.", _WHY, _STEP),
    )


FORMS: Final = (
    _form(
        "electrum",
        "Electrum's history",
        (
            (r"transaction_hash|oc_transaction_hash", "tx"),
            (r"confirmations", "confirmations"),
            (r"value|amount_chain_bc", "value"),
            (r"timestamp", "timestamp"),
        ),
        ("tx", "confirmations", "value", "timestamp"),
    ),
    _form(
        "sparrow",
        "Sparrow's transactions",
        (
            (r"date(?: ?\(utc\))?", "date"),
            (r"value", "value"),
            (r"balance", "balance"),
            (r"txid", "tx"),
            (r"label", "l"),
        ),
        ("date", "value", "balance", "tx", "l"),
    ),
    _form(
        "blockchair",
        "Blockchair's export of one address",
        ((r"tx number", "number"), (r"effect", "effect"), (r"transaction hash", "tx")),
        ("number", "effect", "tx"),
    ),
    _form(
        "ledger-live",
        "Ledger Live's operations",
        ((r"operation hash", "tx"), (r"operation type", "type"), (r"operation amount", "amount")),
        ("tx", "type", "amount"),
    ),
    _form(
        "trezor",
        "Trezor Suite's transactions",
        ((r"transaction id", "tx"), (r"fee unit", "unit"), (r"amount", "amount"), (r"address", "address")),
        ("tx", "unit", "amount", "address"),
    ),
    _form(
        "wallet",
        "a wallet's or address's statement",
        (
            (r"transaction|txid|tx hash|hash|transaction hash|transaction id", "tx"),
            (r"direction|in/out|side", "direction"),
            (r"amount.*|value.*", "amount"),
            (r"balance.*", "balance"),
        ),
        ("tx", "direction", "amount", "balance"),
    ),
    Form(
        formats=("solscan",),
        label="Solscan's export",
        names=(
            (r"signature", "tx"),
            (r"human time|block time|blocktime", "time"),
            (r"action|changetype|type", "action"),
        ),
        needs=frozenset({"tx", "time", "action"}),
        refusal=(
            "Solana is not in the table of chains.",
            "Its tokens' decimals and its accounts are not known to this program, so that nothing can be read exactly.",
            "There is no way round it yet; a bridge's arrival on another chain can be traced there.",
        ),
    ),
)
