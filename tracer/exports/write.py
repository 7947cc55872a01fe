"""The case folder of an import: table, seeds to choose from, history, what was left out, and how it came about."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final

from tracer.config.writers import csv_text, json_text, whole_folder
from tracer.errors import InputError
from tracer.exports.reading import Export
from tracer.exports.records import BookedLeg, Payment
from tracer.exports.tokens import KNOWN
from tracer.model import ChainId, chain_of, describe_asset, format_time, format_units

TRANSFERS: Final = (
    *("sender", "recipient", "asset", "amount", "chain", "block", "time", "position", "repeat", "tx", "kind"),
    *("event", "precision", "source", "note"),
)
LEDGER: Final = (
    *("event", "side", "holder", "address", "asset", "amount", "chain", "block", "time", "tx", "input_order", "source"),
)
SEEDS: Final = ("kind", "value", "chain", "asset", "amount", "origin", "victim", "note")
_NEEDED: Final = ("sender", "recipient", "asset", "amount", "side", "holder")
_PER_ASSET: Final = 5
_ASSETS: Final = 8
_CHOOSE: Final = "To choose this one, write the theft's name under origin; delete the rows that are not the theft."


def transfer_rows(export: Export) -> list[tuple[str, ...]]:
    """Return the rows of the transfers table as text."""
    return [
        (
            *(
                row.sender,
                row.recipient,
                row.asset,
                str(row.amount),
                row.chain,
                _number(row.block),
                format_time(row.time, row.resolution),
            ),
            *(_number(position), _number(repeat), row.tx, row.kind, event, row.precision),
            *(f"{row.file} row {row.row}", row.note),
        )
        for row, event, position, repeat in zip(
            export.payments, export.events, export.positions, export.repeats, strict=True
        )
    ]


def ledger_rows(export: Export) -> list[tuple[str, ...]]:
    """Return the rows of the ledger table as text."""
    return [
        (
            *(leg.tx, leg.side, leg.holder, leg.address, leg.asset, str(leg.amount), leg.chain, _number(leg.block)),
            *(
                format_time(leg.time, leg.resolution),
                leg.tx,
                "" if leg.listed else "unknown",
                f"{leg.file} row {leg.row}",
            ),
        )
        for leg in export.legs
    ]


def seed_rows(export: Export, chosen: str = "", origin: str = "theft") -> list[tuple[str, ...]]:
    """Return candidates for what was stolen: the largest payments of each asset, and whose history the files are.

    Parameters
    ----------
    export : Export
        The import.
    chosen : str, optional
        A transaction or address of the table that is the theft; then it is the one seed.
    origin : str, optional
        The theft's name, with `chosen`.

    Raises
    ------
    InputError
        If `chosen` is nowhere in the table.
    """
    if chosen:
        return [_chosen(export, chosen, origin)]
    rows: list[tuple[str, ...]] = []
    biggest: dict[str, list[Payment | BookedLeg]] = defaultdict(list)
    for row in _rows(export):
        pays = row.side == "credit" if isinstance(row, BookedLeg) else row.kind != "fee" and row.sender != row.recipient
        if row.tx and pays:
            biggest[row.asset].append(row)
    together: dict[tuple[str, str], list[Payment | BookedLeg]] = defaultdict(list)
    for row in _rows(export):
        together[(row.chain, row.tx)].append(row)
    counted = sorted(biggest, key=lambda asset: (-len(biggest[asset]), asset))[:_ASSETS]
    for asset in counted:
        tried: set[str] = set()
        found = 0
        for row in sorted(biggest[asset], key=lambda row: (-row.amount, row.tx)):
            if row.tx in tried or found >= _PER_ASSET:
                continue
            tried.add(row.tx)
            victim = _victim(row, together[(row.chain, row.tx)])
            if victim is not None:
                found += 1
                rows.append(("tx", row.tx, row.chain, asset, "", "", victim, f"{_words(row)}. {_CHOOSE}"))
    for chain, address in export.history:
        words = (
            f"What {address} paid beyond all that it had received (its least opening balance), as if that were stolen. "
            f"{_CHOOSE}"
        )
        rows.append(("holder", address, chain, "", "", "", "", words))
    holders: dict[str, Payment | BookedLeg] = {}
    for one in export.payments:
        if not one.tx:
            holders.setdefault(one.recipient, one)
    for address, row in list(holders.items())[:_PER_ASSET]:
        rows.append(("holder", address, row.chain, row.asset, "", "", "", f"{_words(row)}. {_CHOOSE}"))
    return rows


def _chosen(export: Export, chosen: str, origin: str) -> tuple[str, ...]:
    wanted = chosen.lower() if chosen[:2].lower() == "0x" else chosen
    for row in _rows(export):
        if row.tx and row.tx in (wanted, chosen.lower()):
            ours = [one for one in _rows(export) if (one.chain, one.tx) == (row.chain, row.tx)]
            losers = {_victim(one, ours) for one in ours if not isinstance(one, Payment) or one.kind != "fee"}
            if not losers & {"", "*", "mint"}:
                raise _open_to_question(chosen, losers)
            return ("tx", row.tx, row.chain, "", "", origin, *(losers if losers in ({"mint"}, {"*"}) else {""}), "")
        parties = (row.sender, row.recipient) if isinstance(row, Payment) else (row.holder,)
        if wanted in parties:
            return ("holder", wanted, row.chain, "", "", origin, "", "")
    raise InputError(
        f"--seed {chosen[:80]!r} is no transaction or address of the table.",
        next_step="Leave it out, and choose in seeds.csv.",
    )


def _open_to_question(chosen: str, losers: set[str | None]) -> InputError:
    """Return the error for a transaction that takes nothing from anybody, or something from each of several."""
    named = sorted(loser for loser in losers if loser)
    if not named:
        return InputError(f"--seed {chosen[:80]!r} takes nothing from anybody.", next_step="Choose in seeds.csv.")
    return InputError(
        f"--seed {chosen[:80]!r} leaves it open whose loss it is.",
        why=f"Each of these gave one asset there and received another: {', '.join(named[:5])}.",
        next_step="Leave --seed out: seeds.csv has a row for each, with its victim.",
    )


def _rows(export: Export) -> list[Payment | BookedLeg]:
    return [*export.payments, *export.legs]


def _victim(row: Payment | BookedLeg, ours: list[Payment | BookedLeg]) -> str | None:
    """Return whom the seed of a payment has to name as the victim; empty where its transaction leaves one reading.

    ``None``: nobody loses the asset there and none is made, so that the payment can be no theft.
    """
    net: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in ours:
        if isinstance(one, BookedLeg):
            net[one.asset][one.address or one.holder] += one.amount if one.side == "credit" else -one.amount
        elif one.kind != "fee":
            if one.sender:
                net[one.asset][one.sender] -= one.amount
            if one.recipient:
                net[one.asset][one.recipient] += one.amount
    losing = {party for party, change in net[row.asset].items() if change < 0}
    gaining = {
        party for asset, side in net.items() if asset != row.asset for party, change in side.items() if change > 0
    }
    if not losing:
        return "mint" if sum(net[row.asset].values()) > 0 else None
    if len(losing - gaining) == 1:
        return ""
    if isinstance(row, BookedLeg):
        return "*"
    return row.sender if row.sender in losing else min(losing, key=lambda party: (net[row.asset][party], party))


def _words(row: Payment | BookedLeg) -> str:
    amount = _amount(row)
    when = format_time(row.time, row.resolution) or f"block {row.block}"
    if isinstance(row, BookedLeg):
        return f"Makes an output of {amount}{f' for {row.address}' if row.address else ''} on {when}"
    return f"{row.sender or 'nobody'} paid {amount} to {row.recipient or 'nobody'} on {when}"


def _amount(row: Payment | BookedLeg) -> str:
    asset = describe_asset(row.asset)
    if asset.decimals is not None:
        return f"{format_units(row.amount, asset.decimals)} {asset.symbol}"
    known = KNOWN.get((ChainId(row.chain), row.asset.rsplit(":", 1)[-1]))
    if known is not None:
        return f"{format_units(row.amount, known[1])} {known[0]}"
    return f"{row.amount:,} base units of {row.asset}"


def check_new(folder: Path) -> None:
    """Refuse a folder that holds anything: what stands in an earlier import may have been worked on since.

    Raises
    ------
    InputError
        If the folder is not empty.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"The folder {folder.name!r} is not empty.",
            why="An import replaces nothing: the seeds and labels there may be somebody's work.",
            next_step="Choose another --out, or move the folder away.",
        )


def write_case(export: Export, folder: Path, *, chosen: str = "", origin: str = "theft") -> Path:
    """Write the case folder at once: nothing half-written, nothing overwritten.

    Parameters
    ----------
    export : Export
        The import.
    folder : Path
        A folder that does not exist, or is empty.
    chosen, origin : str, optional
        As for :func:`seed_rows`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the folder holds anything, or `chosen` is not in the table.
    """
    check_new(folder)
    table = (
        ("ledger.csv", LEDGER, ledger_rows(export))
        if export.legs
        else ("transfers.csv", TRANSFERS, transfer_rows(export))
    )
    seeds = seed_rows(export, chosen, origin)
    files = {
        table[0]: csv_text(*_without_empty(table[1], table[2])),
        "seeds.csv": csv_text(SEEDS, seeds),
        "left_out.csv": csv_text(
            ("file", "row", "counted_as", "why"),
            [(one.file, str(one.row), one.reason, one.detail) for one in export.left_out],
        ),
        "import.json": json_text(_record(export)),
        "README.md": _readme(export, folder.name, table[0]),
    }
    if export.history:
        files["history.csv"] = csv_text(("chain", "address"), export.history)
    if export.unread:
        lost = [(one.chain, one.tx, one.sender, one.recipient, one.why) for one in export.unread]
        files["unread.csv"] = csv_text(("chain", "tx", "sender", "recipient", "why"), lost)
    with whole_folder(folder) as work:
        for name, text in files.items():
            (work / name).write_text(text, encoding="utf-8", newline="")
    return folder


def _without_empty(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[list[str], list[list[str]]]:
    """Leave out the columns that no row fills, unless the table needs them."""
    used = [place for place, name in enumerate(columns) if name in _NEEDED or any(row[place] for row in rows)]
    return [columns[place] for place in used], [[row[place] for place in used] for row in rows]


def _record(export: Export) -> dict[str, object]:
    return {
        "schema": "tracer-import/1",
        "files": [
            {"name": name, "form": form, "rows": rows, "sha256": digest} for name, form, rows, digest in export.files
        ],
        "counts": {name: str(count) for name, count in export.counts().items()},
        "history": [{"chain": chain, "address": address} for chain, address in export.history],
        "notes": list(export.notes),
    }


def _readme(export: Export, name: str, table: str) -> str:
    chains = sorted({row.chain for row in _rows(export)})
    lines = [
        "# An import of exports",
        "",
        f"`{table}` is the table, on {', '.join(chain_of(ChainId(chain)).name for chain in chains)}. Every row says "
        "from which file and row it comes.",
        "",
        "## Choose what was stolen",
        "",
        "`seeds.csv` holds candidates, the largest payments first. In each row that is the theft, write its name under",
        "`origin` (any word, the same for all rows of one theft). Delete the other rows. `victim` is filled where a",
        "transaction leaves several readings of whose loss it is; `mint` means that the units were newly made. Then:",
        "",
        f"    tracer trace {name}",
        "",
        "A file `labels.csv` here (address, label, category, entity, source_url) says where following stops.",
        "",
        "## What was read",
        "",
        *(f"- {file}: {form}, rows: {rows}, SHA-256 {digest}" for file, form, rows, digest in export.files),
        "",
        *(f"- {what}: {count:,}" for what, count in export.counts().items()),
        "",
        "`left_out.csv` names every row that is not in the table, and why.",
        "",
        *(f"- {note}" for note in export.notes),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
