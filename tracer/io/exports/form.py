"""What a form of export is, and what its reader is given with every row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tracer.errors import DataFileError, InputError
from tracer.io.exports.cells import (
    DOUBLE_DIGITS,
    Number,
    base_units,
    chain_for_tokens,
    kind_of_token,
    other_time,
    read_base,
    read_block,
    read_decimals,
    read_hash,
    read_number,
    read_party,
    read_printed_time,
)
from tracer.io.exports.chains import chain_of_name, chain_of_number, held_chain
from tracer.io.exports.records import FAILED, NO_DECIMALS, NO_VALUE, Item, LeftOut, Options, Part, Payment
from tracer.io.exports.sheet import Header, Row
from tracer.io.exports.tokens import Decimals
from tracer.model import AssetId, ChainId, chain_of, native_asset, parse_asset


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a row's transaction stands; fields as in :class:`tracer.io.exports.records.Payment`."""

    chain: ChainId
    tx: str
    block: int | None
    time: int | None
    file: str
    row: int
    resolution: int = 1


@dataclass(slots=True)
class Context:
    """What the reader of a form is given beside the row.

    Attributes
    ----------
    chain : ChainId
        Chain of the rows that do not say it themselves.
    options : Options
        What the caller says.
    decimals : Decimals
        Decimals by contract.
    comma : bool
        Whether numbers have a decimal comma.
    part : Part
        Where parties and notes are put down.
    counts : dict of str to int
        How often each remark holds; one note each.
    """

    chain: ChainId
    options: Options
    decimals: Decimals
    comma: bool
    part: Part
    counts: dict[str, int] = field(default_factory=dict)

    def remark(self, what: str) -> None:
        """Count a remark; it is said once, with its number of rows."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def place(
        self,
        row: Row,
        tx: str = "tx",
        block: str = "block",
        unix: str = "unix",
        texts: tuple[str, ...] = ("text_time",),
    ) -> Place:
        """Return hash, height and time of a row; a height or time that a spreadsheet rounded is left empty, and said.

        Raises
        ------
        DataFileError
            If the hash is none, or neither height nor time can be used.
        """
        chain = self.chain_of(row)
        shown = row.header.file
        mark = read_hash(row, tx, chain)
        height, said = read_block(row, block)
        moment, resolution, late = read_printed_time(row, unix, texts)
        if said:
            if moment is None:
                raise row.error(
                    block, f"{row.text(block)!r} is rounded, and there is no time: it cannot be put in order."
                )
            self.part.notes.append(
                f"{shown}, row {row.number}, {row.header.shown(block)}: the block is rounded by a spreadsheet; "
                "the time is used."
            )
        if height is None and moment is None:
            what = "the time is rounded by a spreadsheet" if late else "there is neither block nor time"
            raise row.error(
                "", f"{what}, and it cannot be put in order.", next_step="Use the file as it was downloaded."
            )
        if other_time(row, unix, texts):
            self.remark("whose date in words contradicts the Unix time beside it, which is used")
        if moment is None and late:
            self.remark("without time: a spreadsheet has rounded it; the block is used")
        return Place(chain=chain, tx=mark, block=height, time=moment, file=shown, row=row.number, resolution=resolution)

    def place_without_hash(self, row: Row, unix: str, texts: tuple[str, ...], error: DataFileError) -> Place:
        """Return height and time of a row without a hash; where it has neither, raise the error."""
        height, (moment, resolution, _) = read_block(row, "block")[0], read_printed_time(row, unix, texts)
        if height is None and moment is None:
            raise error
        return Place(
            chain=self.chain_of(row),
            tx="",
            block=height,
            time=moment,
            file=row.header.file,
            row=row.number,
            resolution=resolution,
        )

    def chain_of(self, row: Row) -> ChainId:
        """Return the row's own chain where it says it, else the file's."""
        number, name, text = row.text("chain_number"), row.text("chain_name"), row.text("chain_cell")
        if text:
            try:
                return held_chain(text)
            except InputError as cause:
                raise row.error("chain_cell", cause.what, cause.why, cause.next_step) from cause
        if not number and not name:
            return self.chain
        chain = chain_of_number(number) if number else chain_of_name(name)
        if chain is None:
            key = "chain_number" if number else "chain_name"
            raise row.error(
                key,
                f"the chain {row.text(key)[:40]!r} is not in the table of chains.",
                "Its coin's decimals are not known.",
                "Leave such rows out.",
            )
        return chain

    def party(self, row: Row, key: str, chain: ChainId) -> tuple[str, str]:
        """Return an address and the label printed beside it."""
        return read_party(row, key, chain)

    def parties(self, row: Row, sender: str, recipient: str) -> None:
        """Put down who paid whom, for the question whose export it is."""
        if sender or recipient:
            self.part.parties.append((sender, recipient))

    def number(self, row: Row, key: str) -> Number | None:
        """Return a printed number."""
        return read_number(row, key, comma=self.comma)

    def coin(self, chain: ChainId) -> tuple[AssetId, int]:
        """Return a chain's coin and its decimals."""
        asset, known = native_asset(chain), chain_of(chain)
        if asset is None or known.decimals is None:
            raise DataFileError(f"{self.part.file}: the coin of {chain} is not known.", next_step="Say --chain.")
        return asset, known.decimals

    def coin_amount(self, row: Row, key: str, chain: ChainId) -> tuple[int, str]:
        """Return a printed amount of coin in base units, and its precision."""
        number = self.number(row, key)
        if number is None:
            return 0, "exact"
        amount = base_units(row, key, number, self.coin(chain)[1], chain_of(chain).symbol)
        return amount, "printed" if number.scientific else "exact"

    def fee(self, where: Place, payer: str, amount: int, precision: str = "exact") -> Iterator[Payment]:
        """Yield the fee of a transaction, if there is one."""
        if amount and payer:
            asset = self.coin(where.chain)[0]
            yield payment(where, "fee", payer, "", asset, amount, precision=precision, uid="fee")

    def native(
        self,
        row: Row,
        where: Place,
        parties: tuple[str, str],
        value: tuple[int, str],
        *,
        failed: bool,
        nobody: str = "the address is missing.",
    ) -> Iterator[Item]:
        """Yield the payment of a transaction in its chain's coin, or why there is none.

        Parameters
        ----------
        row, where, parties
            The row, its place, sender and recipient.
        value : tuple of int and str
            Amount in base units, and its precision.
        failed : bool
            Whether the transaction failed, so that it moved nothing.
        nobody : str, optional
            What is wrong where nobody is paid.
        """
        (sender, recipient), (amount, precision) = parties, value
        if failed:
            yield LeftOut(reason=FAILED, chain=where.chain, tx=where.tx)
        elif not amount:
            yield LeftOut(reason=NO_VALUE)
        elif not sender or not recipient:
            raise row.error("from", "the address is missing.") if not sender else row.error("to", nobody)
        else:
            asset = self.coin(where.chain)[0]
            yield payment(where, "native", sender, recipient, asset, amount, precision=precision, uid="tx")

    def token(
        self,
        row: Row,
        where: Place,
        parties: tuple[str, str],
        contract: str,
        amount_key: str,
        *,
        base: bool = False,
        decimals: int | None = None,
        uid: str = "",
        note: str = "",
        rounded: bool = False,
    ) -> Iterator[Item]:
        """Yield the payment of a token row: decimals by contract, from nobody a mint, to nobody a burn.

        Parameters
        ----------
        row, where, parties, contract
            The row, its place, sender and recipient, and the token's canonical contract.
        amount_key : str
            Which cell holds the amount.
        base : bool, default False
            Whether it counts base units.
        decimals : int, optional
            Decimals the row itself gives.
        uid, note : str
            As in :class:`Payment`.
        rounded : bool, default False
            Whether the source prints floats, so that 16 or more digits are no longer exact.
        """
        chain = where.chain
        if base:
            found = read_base(row, amount_key)
            amount, precision = found if found is not None else (0, "exact")
        else:
            number = self.number(row, amount_key)
            if number is None or number.value == 0:
                yield LeftOut(reason=NO_VALUE)
                return
            used = self.decimals.of(chain, contract)
            used = decimals if used is None else used
            if used is None:
                yield LeftOut(reason=NO_DECIMALS, detail=f"{contract}; read it with --token {contract}=DECIMALS")
                return
            symbol = self.decimals.symbol(chain, contract)
            amount = base_units(row, amount_key, number, used, symbol, double=rounded)
            long = rounded and number.digits > DOUBLE_DIGITS
            precision = "printed" if number.scientific or long else "exact"
        if not amount:
            yield LeftOut(reason=NO_VALUE)
            return
        kind, sender, recipient = kind_of_token(*parties)
        if not sender and not recipient:
            yield LeftOut(reason=NO_VALUE, detail="from nobody to nobody")
            return
        asset = parse_asset(f"{chain_for_tokens(chain)}:{contract}", chain)
        yield payment(where, kind, sender, recipient, asset, amount, precision=precision, uid=uid, note=note)

    def own_decimals(self, row: Row, key: str) -> int | None:
        """Return decimals that the row itself gives."""
        return read_decimals(row, key)


def payment(
    where: Place,
    kind: str,
    sender: str,
    recipient: str,
    asset: AssetId,
    amount: int,
    *,
    precision: str = "exact",
    uid: str = "",
    note: str = "",
) -> Payment:
    """Return a payment at a place."""
    return Payment(
        chain=where.chain,
        block=where.block,
        time=where.time,
        tx=where.tx,
        kind=kind,
        sender=sender,
        recipient=recipient,
        asset=asset,
        amount=amount,
        precision=precision,
        note=note,
        uid=uid,
        resolution=where.resolution,
        file=where.file,
        row=where.row,
    )


def note_of(*labels: str) -> str:
    """Return the labels printed beside addresses as one note."""
    found = [label for label in labels if label]
    return f"label in the export: {'; '.join(found)}"[:300] if found else ""


Rows = Callable[[Row, Context], Iterator[Item]]
Learn = Callable[[Row, Context], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of export.

    Attributes
    ----------
    formats : tuple of str
        Formats on the command line that read it, the right one first.
    label : str
        What it is called in messages.
    names : tuple of tuple of str
        Patterns of folded column names, and what this form calls the column.
    needs, lacks : frozenset of str
        Columns that must be there, and that must not.
    rows : callable or None
        Reader of one row; ``None`` for a form that is recognised and refused.
    amounts : tuple of str
        Columns of decimal numbers, for the question of the decimal comma.
    view : str
        What an export of one address holds: ``coin``, ``internal``, ``token``, or several; else empty.
    extra : int
        Cells a row may have beyond the header.
    learn : callable or None
        Takes decimals from a row before any row is read.
    chain : ChainId or None
        The one chain of this form.
    own_chain : str
        Column in which every row names its chain; then nothing has to be asked.
    refusal : tuple of str
        What happened, why, what to do: for a form that is refused.
    notes : tuple of str
        What is to be said of every such file.
    check : callable or None
        Refuses a file as a whole, by its columns and the options.
    """

    formats: tuple[str, ...]
    label: str
    names: tuple[tuple[str, str], ...]
    needs: frozenset[str]
    lacks: frozenset[str] = frozenset()
    rows: Rows | None = None
    amounts: tuple[str, ...] = ()
    view: str = ""
    extra: int = 0
    learn: Learn | None = None
    chain: ChainId | None = None
    own_chain: str = ""
    refusal: tuple[str, str, str] = ("", "", "")
    notes: tuple[str, ...] = ()
    check: Callable[[Header, Context], None] | None = None

    def header(self, file: str, names: Sequence[str], folded: Sequence[str]) -> Header | None:
        """Return the columns in this form's words, or ``None`` where the header is another form's."""
        keys: dict[str, int] = {}
        for place, name in enumerate(folded):
            key = next((key for pattern, key in self.names if re.fullmatch(pattern, name)), "")
            if key:
                keys.setdefault(key, place)
        if not self.needs <= keys.keys() or self.lacks & keys.keys():
            return None
        return Header(file, tuple(names), keys)
