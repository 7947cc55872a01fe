"""Tables of any other origin, and results of Dune: columns named by the caller, or by names everybody uses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from tracer.errors import DataFileError
from tracer.io.exports.cells import ZERO, base_units, kind_of_token, log_index, read_base
from tracer.io.exports.form import Context, Form, Place, payment
from tracer.io.exports.mapping import Column, asset_of, columns_of, proposal, unit_of
from tracer.io.exports.records import NFT, NO_DECIMALS, NO_VALUE, Item, LeftOut, Options
from tracer.io.exports.sheet import Header, Row, Sheet
from tracer.io.writers import plain
from tracer.model import AssetId, ChainId, chain_of, is_non_fungible, parse_asset

_NEEDED: Final = ("sender", "recipient", "amount")
_BY_NAME: Final = (*_NEEDED, "asset", "time", "block", "tx", "kind", "chain", "note")
_KEYS: Final = {"sender": "from", "recipient": "to", "time": "text_time", "chain": "chain_cell"}
DUNE: Final = (
    (r"tx_hash|evt_tx_hash|call_tx_hash|transaction_hash|hash", "tx"),
    (r"block_time|evt_block_time|call_block_time", "text_time"),
    (r"block_number|evt_block_number|call_block_number", "block"),
    (r'"?from"?|from_address', "from"),
    (r'"?to"?|to_address', "to"),
    (r"blockchain", "chain_name"),
    (r"contract_address|token_address|token_contract_address", "contract"),
    (r"amount_raw|value_raw|raw_amount", "raw"),
    (r"value", "value"),
    (r"evt_index", "log"),
    (r"token_standard", "standard"),
    (r"success|tx_success", "success"),
)


def columns_form(options: Options, sheet: Sheet) -> tuple[Form, Header] | None:
    """Return the form a mapping makes of a file's columns; ``None`` where sender, recipient or amount are missing.

    Raises
    ------
    DataFileError
        If the mapping names a column that is not there, or one column for two fields.
    """
    folded, file = sheet.folded, sheet.file
    wanted = {name: name for name in _BY_NAME if name in folded} | dict(options.mapping)
    found = columns_of(wanted, folded, file)
    if any(name not in found for name in _NEEDED):
        return None
    uses: dict[str, str] = {}
    for name, column in found.items():
        if column.name in uses:
            raise DataFileError(
                f"{file}: the column {column.name[:60]!r} is named for {uses[column.name]} and for {name}.",
                next_step="Each field has a column of its own.",
            )
        uses[column.name] = name
    keys = {_KEYS.get(name, name): folded.index(column.name) for name, column in found.items()}
    unused = [name for name in folded if name and name not in {column.name for column in found.values()}]
    notes = (f"columns not used: {', '.join(unused)[:200]}",) if unused else ()
    form = Form(
        formats=("columns",),
        label="a table in your own columns",
        names=(),
        needs=frozenset(_KEYS.get(name, name) for name in _NEEDED),
        rows=_Own(found).rows,
        amounts=("amount", "fee") if found["amount"].unit else (),
        own_chain="chain_cell" if "chain" in found else "",
        notes=notes,
    )
    return form, Header(file, sheet.names, keys)


def columns_command(folded: Sequence[str], options: Options, file: str) -> str:
    """Return the command that reads a table of no known form, its columns named as far as their names tell."""
    missing = [name for name in _NEEDED if name not in folded and name not in options.mapping]
    given = [f"--map {shlex.quote(f'{name}={column}')}" for name, column in options.mapping.items()]
    return options.command("columns", file, " ".join([*given, proposal(missing, folded, options.mapping)]).strip())


def no_form(folded: Sequence[str], options: Options, file: str) -> DataFileError:
    """Return the error for a table whose columns are not named yet."""
    missing = [name for name in _NEEDED if name not in folded and name not in options.mapping]
    return DataFileError(
        f"{file}: which columns are {' and '.join(missing)}?",
        why=f"The file has: {plain(', '.join(folded))[:300]}.",
        next_step=f"Name them (UNIT: ETH, that is the coin; base; or decimals such as 6):\n"
        f"{columns_command(folded, options, file)}",
    )


class _Own:
    """Reader of a table in the caller's columns."""

    def __init__(self, found: dict[str, Column]) -> None:
        self._found = found

    def rows(self, row: Row, context: Context) -> Iterator[Item]:
        """Yield the row's payment, and its fee where a column gives one."""
        chain = context.chain_of(row)
        where = context.place(row) if row.text("tx") else _place_without_hash(row, context)
        if re.search(r"\d$", row.text("text_time")) and not row.text("text_time").isdecimal():
            context.remark("have a time without zone, taken as UTC")
        sender, one = context.party(row, "from", chain)
        recipient, other = context.party(row, "to", chain)
        context.parties(row, sender, recipient)
        asset = self._asset(row, context, chain)
        yield from self._payment(row, context, where, (sender, recipient), asset, row.text("note") or one or other)
        fee = self._found.get("fee")
        if fee is not None and row.text("fee"):
            _, decimals = unit_of(fee.unit, row, context, context.coin(chain)[0])
            amount, precision = _amount(row, "fee", context, decimals or 0)
            yield from context.fee(where, sender, amount, precision)

    def _asset(self, row: Row, context: Context, chain: ChainId) -> AssetId | None:
        if "asset" in self._found:
            return asset_of(row.text("asset"), row, "asset", context, chain)
        return parse_asset(context.options.asset, chain) if context.options.asset else None

    def _payment(
        self, row: Row, context: Context, where: Place, parties: tuple[str, str], asset: AssetId | None, note: str
    ) -> Iterator[Item]:
        unit = self._found["amount"].unit
        if not unit and asset is not None and context.options.decimals is not None:
            unit = str(context.options.decimals)
        asset, decimals = unit_of(unit, row, context, asset)
        if asset is None:
            raise row.error(
                "amount",
                "of which asset is it?",
                "The file has no column of it.",
                "Add --asset slip44:60 (the coin), --asset erc20:0x…, or --map asset=COLUMN.",
            )
        if decimals is None:
            contract = asset.rsplit(":", 1)[-1]
            yield LeftOut(reason=NO_DECIMALS, detail=f"{contract}; read it with --token {contract}=DECIMALS")
            return
        if is_non_fungible(asset) and not context.options.nft:
            yield LeftOut(reason=NFT, detail="--nft reads them")
            return
        amount, precision = _amount(row, "amount", context, decimals)
        if not amount:
            yield LeftOut(reason=NO_VALUE)
            return
        if is_non_fungible(asset) and amount > 1:
            raise row.error("amount", "an ERC-721 token moves as 1; its number belongs into the asset.")
        yield from _paid(row, context, where, parties, asset, amount, precision, note)


def _amount(row: Row, key: str, context: Context, decimals: int) -> tuple[int, str]:
    if not decimals:
        return read_base(row, key) or (0, "exact")
    number = context.number(row, key)
    if number is None:
        return 0, "exact"
    precision = "printed" if number.scientific or number.digits in (16, 17) else "exact"
    return base_units(row, key, number, decimals), precision


def _paid(
    row: Row,
    context: Context,
    where: Place,
    parties: tuple[str, str],
    asset: AssetId,
    amount: int,
    precision: str,
    note: str,
) -> Iterator[Item]:
    """Yield a payment of a known asset: its kind as given, else by asset and parties."""
    kind = row.text("kind").lower()
    sender, recipient = parties
    coin = asset == context.coin(where.chain)[0]
    if kind and kind not in ("native", "internal", "token", "fee", "mint", "burn"):
        raise row.error("kind", f"{kind[:40]!r} is no kind.", "Kinds are native, internal, token, fee, mint and burn.")
    if not coin and kind in ("", "token") and (sender in ZERO or recipient in ZERO):
        kind, sender, recipient = kind_of_token(sender, recipient)
    if not sender and kind != "mint":
        raise row.error("from", "the sender is missing.", "Only a mint comes from nobody.")
    if not recipient and kind not in ("fee", "burn"):
        raise row.error("to", "the recipient is missing.", "Only a fee or a burn goes to nobody.")
    if chain_of(where.chain).family == "bitcoin":
        raise row.error(
            "",
            "a Bitcoin payment from address to address is no row of the chain.",
            "A transaction spends outputs and makes outputs; who of several senders paid whom is nowhere written.",
            "Fetch the transactions: tracer new TXID… --out DIR, then tracer fetch DIR; or import Esplora's JSON.",
        )
    yield payment(
        where, kind or ("native" if coin else "token"), sender, recipient, asset, amount, precision=precision, note=note
    )


def _place_without_hash(row: Row, context: Context) -> Place:
    lacking = row.error("text_time", "there is neither block nor time: the row cannot be put in order.")
    where = context.place_without_hash(row, "unix", ("text_time",), lacking)
    context.remark("have no transaction hash")
    return where


def dune(row: Row, context: Context) -> Iterator[Item]:
    """Yield a row of a Dune result: the mapped amount, else a raw integer."""
    where = context.place(row)
    sender, recipient = (context.party(row, key, where.chain)[0] for key in ("from", "to"))
    if not sender or not recipient:
        raise row.error("from" if not sender else "to", "the address is missing.")
    context.parties(row, sender, recipient)
    if row.text("standard").lower() in ("erc721", "erc1155", "bep721", "bep1155"):
        yield LeftOut(reason=NFT)
        return
    if row.text("success").lower() in ("false", "0"):
        yield LeftOut(reason="failed", chain=where.chain, tx=where.tx)
        return
    named = asset_of(row.text("contract"), row, "contract", context, where.chain) if "contract" in row else None
    if context.options.asset:
        named = parse_asset(context.options.asset, where.chain)
    coin = context.coin(where.chain)[0]
    word = context.options.mapping.get("amount")
    uid = log_index(row, "log")
    if word is None:
        key = "raw" if "raw" in row else "value"
        if key == "value":
            context.remark("of the column value, read as base units; if it counts whole coins: --map amount=value:ETH")
        amount, precision = read_base(row, key) or (0, "exact")
        asset = named or coin
    else:
        asset, decimals, key = _mapped(row, context, word, named)
        if decimals is None:
            yield LeftOut(reason=NO_DECIMALS, detail=f"{asset}; read it with --token CONTRACT=DECIMALS")
            return
        number = context.number(row, key)
        amount = 0 if number is None else base_units(row, key, number, decimals, double=decimals > 0)
        # A query that divides gives doubles: of what is printed, the last places may be gone.
        precision = "exact" if number is None or (decimals == 0 and not number.scientific) else "printed"
    if not amount:
        yield LeftOut(reason=NO_VALUE)
        return
    if is_non_fungible(asset) and amount > 1:
        raise row.error("", "an ERC-721 token moves as 1; its number belongs into the asset.")
    kind, payer, payee = ("native", sender, recipient) if asset == coin else kind_of_token(sender, recipient)
    yield payment(where, kind, payer, payee, asset, amount, precision=precision, uid=uid)


def _mapped(row: Row, context: Context, word: str, named: AssetId | None) -> tuple[AssetId, int | None, str]:
    folded = [" ".join(name.split()).lower() for name in row.header.names]
    column = columns_of({"amount": word}, folded, row.header.file)["amount"]
    row.header.keys["mapped"] = folded.index(column.name)
    asset, decimals = unit_of(column.unit, row, context, named)
    return asset or context.coin(context.chain_of(row))[0], decimals, "mapped"


def dune_check(header: Header, context: Context) -> None:
    """Refuse a result of which no column is the amount, or whose ``value`` may be anything."""
    if "amount" in context.options.mapping or "raw" in header.keys or "value" in header.keys:
        return
    likely = [name for name in header.names if re.search(r"amount|value|total|eth|usd", name, re.IGNORECASE)]
    column = plain(likely[0])[:60] if likely else "COLUMN"
    raise DataFileError(
        f"{header.file}: which column is the amount, and what does it count?",
        why=f"A query names its columns as it likes; this one has: {plain(', '.join(header.names))[:300]}.",
        next_step=f"Say it: --map amount={column}:ETH (or :base, or a number of decimals such as :6).",
    )


FORMS: Final = (
    Form(
        formats=("dune",),
        label="a result of Dune",
        names=DUNE,
        needs=frozenset({"tx", "from", "to", "text_time"}),
        rows=dune,
        check=dune_check,
    ),
)
