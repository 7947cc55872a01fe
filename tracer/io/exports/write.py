"""The case folder of an import: table, seeds to choose from, history, what was left out, and how it came about."""

from __future__ import annotations

import shlex
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io.exports.export import Export
from tracer.io.exports.records import BookedLeg, Payment
from tracer.io.exports.tokens import KNOWN
from tracer.io.writers import csv_text, json_text, plain, whole_folder
from tracer.model import ROW_MARK, AssetId, ChainId, chain_of, describe_asset, format_time, format_units

TRANSFERS: Final = (
    *("sender", "recipient", "asset", "amount", "chain", "block", "time", "position", "repeat", "tx", "kind"),
    *("event", "precision", "source", "note"),
)
LEDGER: Final = (
    *("event", "side", "holder", "address", "asset", "amount", "chain", "block", "time", "tx", "input_order", "source"),
)
SEEDS: Final = ("kind", "value", "chain", "asset", "amount", "origin", "victim", "note")
_NEEDED: Final = ("sender", "recipient", "asset", "amount", "side", "holder")
IMPORT_SCHEMA: Final = "tracer-import/1"
_NAMED: Final = 3
_LONGEST: Final = 200
_NAME: Final = 80
_PER_ASSET: Final = 5
_ASSETS: Final = 8
_AS_THIEF: Final = (
    "Only where this address is the thief's, for it stands on the flagged list then; where it is the one robbed, "
    "choose the payment that robbed it (kind tx)."
)
_CHOOSE: Final = "To choose this one, write the theft's name under origin; delete the rows that are not the theft."


def name_of(row: Payment | BookedLeg) -> str:
    """Return the transaction of a row; one without a hash goes by its file and row, so that a seed can name it.

    Examples
    --------
    >>> _file_name("own.csv"), _file_name("my own.csv")
    ('own.csv', 'my:20:own.csv')
    """
    if row.tx or not _payer(row):  # what a block newly makes is in no transaction
        return row.tx
    return f"{_file_name(row.file)}{ROW_MARK}{row.row}"


def _payer(row: Payment | BookedLeg) -> str:
    return row.sender if isinstance(row, Payment) else row.holder


def _file_name(name: str) -> str:
    """Return a file's name in the letters that a transaction may have; no two files get the same."""
    found = "".join(one if one.isascii() and (one.isalnum() or one in "-._") else f":{ord(one):x}:" for one in name)
    return found if len(found) <= _NAME else f"file:{sha256(name.encode()).hexdigest()[:16]}"


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
            *(_number(position), _number(repeat), name_of(row), row.kind, event, row.precision),
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
        A transaction of the table that is the theft, or the address of who stole it; then it is the one seed.
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
        if pays:
            biggest[row.asset].append(row)
    together: dict[tuple[str, str], list[Payment | BookedLeg]] = defaultdict(list)
    for row in _rows(export):
        together[(row.chain, name_of(row))].append(row)
    counted = sorted(biggest, key=lambda asset: (-len(biggest[asset]), asset))[:_ASSETS]
    for asset in counted:
        tried: set[str] = set()
        found = 0
        for row in sorted(biggest[asset], key=lambda row: (-row.amount, row.tx, row.file, row.row)):
            name = name_of(row)
            if not name or name in tried or found >= _PER_ASSET:
                continue
            tried.add(name)
            victim = _victim(row, together[(row.chain, name)])
            if victim is not None:
                found += 1
                rows.append(("tx", name, row.chain, asset, "", "", victim, f"{_words(row)}. {_CHOOSE}"))
    begun = _begun(export)
    for chain, address in export.history:
        if any((one, holder) == (chain, address) for one, holder, _ in begun):
            words = (
                f"What {address} paid beyond all that it had received (its least opening balance), as if it had stolen "
                f"that. {_AS_THIEF} {_CHOOSE}"
            )
            rows.append(("holder", address, chain, "", "", "", "", words))
    payers = {(row.chain, row.sender, row.asset) for row in export.payments if not row.tx}
    most = sorted((one for one in begun if one in payers), key=lambda one: (one[2], -begun[one], one))
    counts: dict[str, int] = defaultdict(int)
    for chain, address, asset in most:
        counts[asset] += 1
        if counts[asset] <= _PER_ASSET and len(counts) <= _ASSETS:
            words = (
                f"{address} paid {_units(asset, chain, begun[chain, address, asset])} that it had not received here, "
                f"as if it had stolen all of that. {_AS_THIEF} {_CHOOSE}"
            )
            rows.append(("holder", address, chain, asset, "", "", "", words))
    return rows


def _begun(export: Export) -> dict[tuple[ChainId, str, AssetId], int]:
    """Return what each payer must have had before the table begins: what a seed of kind ``holder`` can take."""
    balance: dict[tuple[ChainId, str, AssetId], int] = defaultdict(int)
    least: dict[tuple[ChainId, str, AssetId], int] = {}
    for row in export.payments:
        for party, change in ((row.sender, -row.amount), (row.recipient, row.amount)):
            key = (row.chain, party, row.asset)
            if party and row.sender != row.recipient:
                balance[key] += change
                least[key] = min(least.get(key, 0), balance[key])
    return {key: -lowest for key, lowest in least.items() if lowest < 0}


def _chosen(export: Export, chosen: str, origin: str) -> tuple[str, ...]:
    wanted = chosen.lower() if chosen[:2].lower() == "0x" else chosen
    for row in _rows(export):
        name = name_of(row)
        if name and name in (wanted, chosen.lower(), chosen):
            ours = [one for one in _rows(export) if (one.chain, name_of(one)) == (row.chain, name)]
            losers = {_victim(one, ours) for one in ours if not isinstance(one, Payment) or one.kind != "fee"}
            if not losers & {"", "*", "mint"}:
                raise _open_to_question(chosen, losers)
            return ("tx", name, row.chain, "", "", origin, *(losers if losers in ({"mint"}, {"*"}) else {""}), "")
        parties = (row.sender, row.recipient) if isinstance(row, Payment) else (row.holder,)
        if wanted in parties:
            if isinstance(row, Payment) and not any(holder == wanted for _, holder, _ in _begun(export)):
                raise _begins_with_nothing(export, wanted)
            return ("holder", wanted, row.chain, "", "", origin, "", _AS_THIEF)
    raise InputError(
        f"--seed {chosen[:80]!r} is no transaction or address of the table.",
        next_step="Leave it out, and choose in seeds.csv.",
    )


def _begins_with_nothing(export: Export, holder: str) -> InputError:
    """Return the error for an address that pays nothing it did not first receive: as a seed it takes nothing."""
    paid = max((row for row in export.payments if row.recipient == holder), key=lambda row: row.amount)
    return InputError(
        f"--seed {holder} takes nothing.",
        why=f"It paid nothing that it had not received in these files. The most it received: {_words(paid)}.",
        next_step=f"Name that payment: --seed {shlex.quote(name_of(paid))}; or leave --seed out, and choose in "
        "seeds.csv.",
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
    return _units(row.asset, row.chain, row.amount)


def _units(asset: AssetId, chain: ChainId, amount: int) -> str:
    held = describe_asset(asset)
    if held.decimals is not None:
        return f"{format_units(amount, held.decimals)} {held.symbol}"
    known = KNOWN.get((ChainId(chain), asset.rsplit(":", 1)[-1]))
    if known is not None:
        return f"{format_units(amount, known[1])} {known[0]}"
    return f"{amount:,} base units of {asset}"


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


def title_of(export: Export, origin: str = "") -> str:
    """Return what a case of these files is called: the theft, where it is named, and the files."""
    names = [plain(name)[:60] for name, *_ in export.files]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    files = f"{', '.join(names[:_NAMED])}{more}"
    return f"{plain(origin)[:60]}: {files}" if origin else f"Import of {files}"


def write_case(
    export: Export, folder: Path, *, chosen: str = "", origin: str = "theft", title: str = "", case_id: str = ""
) -> Path:
    """Write the case folder at once: nothing half-written, nothing overwritten.

    Parameters
    ----------
    export : Export
        The import.
    folder : Path
        A folder that does not exist, or is empty.
    chosen, origin : str, optional
        As for :func:`seed_rows`.
    title : str, optional
        What the case is called; else :func:`title_of` says.
    case_id : str, optional
        Its id, kept with it whatever becomes of the folder's name.

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
    title = plain(title)[:_LONGEST] or title_of(export, origin if chosen else "")
    files = {
        table[0]: csv_text(*_without_empty(table[1], table[2])),
        "seeds.csv": csv_text(SEEDS, seeds),
        "left_out.csv": csv_text(
            ("file", "row", "counted_as", "why"),
            [(one.file, str(one.row), one.reason, one.detail) for one in export.left_out],
        ),
        "import.json": json_text(_record(export, title, case_id)),
        "README.md": _readme(export, title, folder.name, table[0]),
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


def _record(export: Export, title: str, case_id: str) -> dict[str, object]:
    return {
        "schema": IMPORT_SCHEMA,
        "title": title,
        "case_id": case_id,
        "files": [
            {"name": name, "form": form, "rows": rows, "sha256": digest} for name, form, rows, digest in export.files
        ],
        "counts": {name: str(count) for name, count in export.counts().items()},
        "history": [{"chain": chain, "address": address} for chain, address in export.history],
        "notes": list(export.notes),
    }


def _readme(export: Export, title: str, name: str, table: str) -> str:
    chains = sorted({row.chain for row in _rows(export)})
    lines = [
        f"# {title}",
        "",
        f"`{table}` is the table, on {', '.join(chain_of(ChainId(chain)).name for chain in chains)}. Every row says "
        "from which file and row it comes.",
        "",
        "## Choose what was stolen",
        "",
        "`seeds.csv` holds candidates, the largest payments first. In each row that is the theft, write its name under",
        "`origin`: one word of letters without accents, digits and `-._:/#`, such as `theft-2021`, the same for all",
        "rows of one theft. Delete the other rows. `victim` is filled where a transaction leaves several readings of",
        "whose loss it is; `mint` means that the units were newly made.",
        "",
        "Then, from the folder above this one:",
        "",
        f"    tracer trace {shlex.quote(name)}",
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
