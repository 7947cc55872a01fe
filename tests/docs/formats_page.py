"""Writes docs/formats.md: what is said of files is here, their columns come from the code that reads and writes them.

``python tests/docs/formats_page.py --write`` writes the page; a test holds the page to what this gives.
"""

# ruff: noqa: E501 (lines of the page stand as they are written)

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from tracer.api import LEG_COLUMNS, MOVED_COLUMNS
from tracer.api.create import LABEL_COLUMNS
from tracer.api.create import SEED_COLUMNS as SEEDS_BEGUN
from tracer.bundle import derived
from tracer.flags.legend import FLAG_COLUMNS, KEPT_OFF_COLUMNS
from tracer.io import prices, tables, tokens
from tracer.providers.archive import own as archive
from tracer.registry import own
from tracer.report import addresses, by_address, filling, policy_table
from tracer.report.legend import CASHOUT_COLUMNS, EXIT_COLUMNS, MOVEMENT_COLUMNS
from tracer.report.tables import CashoutRow, ExitRow, MovementRow
from tracer.taint import CONSERVING

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"

ASSET = "integer, base units of `asset`"
USD = "decimal, US dollars, two places"
UTC = "`2022-03-23T13:29:09Z`"
COUNT = "integer"
UNITS = {
    **dict.fromkeys(("amount", "tainted", "min", "max", "received", "opening", "closing", "came", "remains"), ASSET),
    **dict.fromkeys(("theft_min", "theft_max", "passed_through", "passed_min", "passed_max", *CONSERVING), ASSET),
    **dict.fromkeys(("published_amount", "difference", "amount_text"), ASSET),
    "origin_amount": "integer, base units of `origin_asset`",
    **dict.fromkeys(("usd_at_time", "usd_at_theft"), USD),
    "usd_close": "decimal, US dollars for one whole unit",
    **dict.fromkeys(("time", "first_time", "last_time", "published_time"), UTC),
    **dict.fromkeys(("valid_from", "valid_until"), f"{UTC} or a day"),
    **dict.fromkeys(("list_date", "captured", "date"), "`2022-03-23`"),
    **dict.fromkeys(("block", "position", "from_block", "to_block", "unconfirmed_from"), "integer, height or order"),
    **dict.fromkeys(("seq", "hop", "n_transfers", "n_addresses", "depends_on", "rows", "pages", "row"), COUNT),
    **dict.fromkeys(("rivals", "decimals", "repeat"), COUNT),
    **dict.fromkeys(("tx_index",), COUNT),
    "confidence": "integer 0 to 100; in label tables a word of the TagPack scale",
    **dict.fromkeys(("asset", "origin_asset"), "CAIP-19, or a private unit"),
    "chain": "CAIP-2",
    "caip10": "CAIP-10",
    "tx": "hash as the chain writes it",
    "complete": "`true` or `false`",
    "agrees": "`true` or `false`",
}

WORDS = {
    "id": "what the chain itself calls the movement: chain, block hash, transaction, layer, place; empty where not given",
    "sender": "who pays",
    "recipient": "who is paid",
    "asset": "what moves",
    "amount": "how much",
    "chain": "which chain",
    "block": "height",
    "time": "header time of the block",
    "position": "order inside the block",
    "repeat": "tells equal rows apart",
    "tx": "transaction",
    "kind": "native, internal, token, fee, mint or burn; of a seed tx, output or holder",
    "event": "rows with one value happen at once",
    "grade": "proven, recorded, identified, inferred or asserted",
    "precision": "printed: the source rounds",
    "amount_text": "the amount as text, for Parquet beyond 38 digits",
    "source": "who gave the row",
    "source_url": "where it can be read",
    "note": "kept beside the row",
    "side": "debit or credit",
    "holder": "address, or outpoint `txid:vout`",
    "input_order": "unknown: the order of the inputs is not known",
    "address": "the address",
    "value": "transaction, outpoint or address",
    "origin": "name of the theft",
    "victim": "who is robbed",
    "recipient_of_seed": "whose receipt is stolen",
    "label": "name, as the source has it",
    "category": "decides whether following stops",
    "entity": "who is behind it",
    "publisher": "who says so",
    "rank": "A1 government to A6 own",
    "source_kind": "kind of the source",
    "valid_from": "it holds from here",
    "valid_until": "and until here, itself not included",
    "list_date": "day from which it was known",
    "captured": "day on which it was written down",
    "notes": "kept beside the label",
    "symbol": "ticker",
    "decimals": "base units of one whole unit, as a power of ten",
    "date": "day, UTC",
    "usd_close": "close of the day",
    "opening": "balance before the first block of the window",
    "closing": "balance after the last",
    "status": f"of a holder: {', '.join(derived.STATUSES)}",
    "subject": "what was asked about",
    "endpoint": "which question",
    "from_block": "window, first block",
    "to_block": "window, last block",
    "complete": "whether all of it was read",
    "reason": "why not, as a word of `tracer.model.REASONS`",
    "detail": "what is missing, in words",
    "rows": "rows read",
    "pages": "pages read",
    "unconfirmed_from": "first height that was not final",
    "row": "row of the published table, from 1",
    "published_time": "as published",
    "published_amount": "as published",
    "difference": "amount less published amount",
    "agrees": "whether that is within the rounding of the publisher",
    "rivals": "other movements that fit as well",
    "case": "the case that answers",
    "asked": "the address as it was written",
    "answer": "one of `tracer.report.ANSWERS`",
    "came": "stolen units received",
    "remains": "of them still there at the end",
    "paid_by": "who paid in the first transaction, up to three",
    "labels_known": "the day whose knowledge of labels is used",
    "version": "of the program",
    "listed": "flagged, lead or kept off; or who names it, where the registry alone does",
    "why": "what the list says of it",
    "tier": "as in flagged.csv",
    "role": "as in flagged.csv",
    "confidence": "as in flagged.csv",
    "evidence_url": "as in flagged.csv",
    "certainty": "class of min and max",
    "basis": "what the class rests on",
    "min": "the least that any rule says",
    "max": "the most that any rule says",
    "stop_reason": "why following ends there",
    "origin_asset": "the stolen asset",
    "first_time": "first receipt",
    "last_time": "last receipt",
    **{policy: f"stolen units under {policy}" for policy in CONSERVING},
}

ARCHIVE = {
    "block_hash": "hash of the block",
    "tx_index": "index of the transaction in its block",
    "layer": "fee, top, call, log or block",
    "place": "list of integers: path of child indexes of a call, log index, index in the block; empty for fee and top",
    "amount_text": "the amount",
}

LEG_WORDS = {
    "seq": "number of the leg in its transaction, from 1",
    "event": "legs with one value are one conversion: what is given becomes what is got",
    "protocol": "the decoder that says so; `ledger`: the movement alone; `netting`: net flows",
    "action": "one of `tracer.decoders.ACTIONS`",
    "holder": "whose side it is",
    "counterparty": "who stands on the other side; empty where nobody alone does",
    "amount": "below zero where the holder gives it; 0 of an account that is frozen",
    "key": "what both ends of a bridge call it by; of other legs what the protocol calls them by",
    "src_chain": "of `bridge_in`: where it comes from",
    "dest_chain": "of `bridge_out`: where it goes; the protocol's own number where no chain is known for it",
    "dest_recipient": "to whom, as that chain writes it",
    "dest_asset": "what is to come out",
    "dest_amount": "how much of it, in its own base units; of THORChain 1e-8",
    "held_in": "of collateral and loans: whose position it is, and where",
    "via": "other protocols whose own records say the same",
    "reason": "of `unknown`, why; of others, what is not borne out",
}

Columns = Sequence[str]


def table(columns: Columns, words: Mapping[str, str] = WORDS, needed: Columns | None = None) -> str:
    """Return the columns of a file as Markdown: name, unit or form, meaning; what must be there in bold."""
    lines = ["| column | form | what |", "|---|---|---|"]
    for name in columns:
        shown = f"**`{name}`**" if needed is not None and name in needed else f"`{name}`"
        said = words.get(name) or WORDS[name]
        lines.append(f"| {shown} | {UNITS.get(name, 'text')} | {said.replace('|', '/')} |")
    return "\n".join(lines)


def marked(kind: type[ExitRow | CashoutRow | MovementRow]) -> tuple[str, ...]:
    """Return the columns of a table of records."""
    return (*(field.name for field in fields(kind)), "tlp")


def _label_columns() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*LABEL_COLUMNS, *own.COLUMNS)))


def files() -> dict[str, tuple[Columns, str]]:
    """Return what stands under each file's heading: its columns in order, and the text."""
    transfers = (*tables.TRANSFER_COLUMNS, *tables.TRANSFER_OPTIONAL)
    ledger = (*tables.LEDGER_COLUMNS, *tables.LEDGER_OPTIONAL)
    seeds = tuple(dict.fromkeys((*tables.SEED_COLUMNS, *tables.SEED_OPTIONAL, *SEEDS_BEGUN)))
    asked = tuple(field.name for field in fields(addresses.AskedRow) if field.name != "besides")
    of = {"recipient": WORDS["recipient_of_seed"], "asset": "what was stolen", "amount": "how much, at most"}
    prose = {"certainty": "class of min and max; empty without `--bounds`"}
    found: dict[str, tuple[Columns, str]] = {
        "transfers (read)": (
            transfers,
            "Any order of columns; rows may stand in any order where they have block and position, or time. Of `block` "
            f"and `time` one is needed.\n\n{table(transfers, needed=tables.TRANSFER_COLUMNS)}",
        ),
        "ledger (read)": (
            ledger,
            "Instead of transfers: one row a leg. Rows of one event stand as its transaction lists them.\n\n"
            f"{table(ledger, needed=tables.LEDGER_COLUMNS)}",
        ),
        "seeds (read)": (
            seeds,
            f"What is stolen ([tables](tables.md)).\n\n{table(seeds, of, needed=tables.SEED_COLUMNS)}",
        ),
        "labels (read, and written by `tracer label`)": (
            _label_columns(),
            "Further columns are kept or named as left out. Written sorted by chain, address, category, publisher, then "
            f"the whole row.\n\n{table(_label_columns(), needed=('address', 'label', 'category', 'source_url'))}",
        ),
        "assets (read)": (tokens.ASSET_COLUMNS, table(tokens.ASSET_COLUMNS, needed=tokens.ASSET_COLUMNS)),
        "prices (read, and written into a bundle)": (
            prices._COLUMNS,
            f"Written by asset, then date.\n\n{table(prices._COLUMNS, needed=prices._COLUMNS)}",
        ),
        "exits.csv": (
            marked(ExitRow),
            "Sorted by stop reason, chain, address, asset, origin, origin asset, entity, category. `min`, `max`, "
            f"`depends_on`, `theft_*` are empty without `--bounds`.\n\n{table(marked(ExitRow), EXIT_COLUMNS)}",
        ),
        "cashouts.csv": (
            marked(CashoutRow),
            "Sorted by origin, origin asset, `origin_amount` (largest first), entity, category, asset. `received` is empty "
            f"where there is no address.\n\n{table(marked(CashoutRow), CASHOUT_COLUMNS)}",
        ),
        "movements.csv and touched.parquet": (
            marked(MovementRow),
            "In total order (`seq`). In Parquet `seq`, `block` and `hop` are 64-bit integers, all else text; its hash is of "
            f"the same table as CSV.\n\n{table(marked(MovementRow), MOVEMENT_COLUMNS)}",
        ),
        "compare.csv": (
            policy_table.COLUMNS,
            f"From `tracer compare`, sorted as `cashouts.csv`; then `tlp`.\n\n{table(policy_table.COLUMNS, prose)}",
        ),
        "compare.csv with `--by address`": (by_address.COLUMNS, f"Then `tlp`.\n\n{table(by_address.COLUMNS, prose)}"),
        "the answer of `tracer decode`": (
            LEG_COLUMNS,
            "One row a leg, in the order of the files; `--format jsonl` writes the same cells as JSON. Of every holder and "
            f"token the legs add up to what the movements leave it with.\n\n{table(LEG_COLUMNS, {**WORDS, **LEG_WORDS})}",
        ),
        "the table of `tracer decode --transfers`": (
            MOVED_COLUMNS,
            "What moved, with conversions as events and the sides of wraps as mints and burns; read as `transfers`.\n\n"
            f"{table(MOVED_COLUMNS)}",
        ),
        "flagged.csv and leads.csv": (
            tuple(FLAG_COLUMNS),
            "Sorted by account, case, asset. Amounts are empty where the address is only named; reasons are "
            f"codes of `legend.md`, separated by semicolons.\n\n{table(tuple(FLAG_COLUMNS), FLAG_COLUMNS)}",
        ),
        "kept_off.csv": (tuple(KEPT_OFF_COLUMNS), table(tuple(KEPT_OFF_COLUMNS), KEPT_OFF_COLUMNS)),
        "the answer of `tracer show --addresses`": (
            asked,
            "One row an address and asset. Beside each amount stands the same in whole units (`came_whole`), beside the asset its "
            "`symbol`; then the asker's other columns, then `tlp`.\n\n"
            f"{table(asked, {'min': 'the least that any rule makes others pay to it', 'reason': 'why', 'first_tx': 'of the first receipt'})}",
        ),
        "filled.csv": (
            filling.COLUMNS,
            f"From `tracer fetch` of a case with published rows, in their order.\n\n{table(filling.COLUMNS)}",
        ),
    }
    columns = tuple(archive.COLUMNS.split(", "))
    found["transfers.parquet of an archive (read)"] = (
        columns,
        "An archive of one's own, for the source `archive`: every movement of a stretch of blocks, one chain or several. "
        "Beside it `blocks.parquet` with `chain, block, block_hash, time` of all blocks whose movements are all there; "
        f"without it no history counts as whole.\n\n{table(columns, ARCHIVE)}",
    )
    for name, header, order in (
        ("transfers.csv of a bundle", derived.TRANSFER_HEADER, "In chain order, chains by id."),
        ("ledger.csv of a bundle", derived.LEDGER_HEADER, "In chain order; legs as their transaction lists them."),
        ("balances.csv of a bundle", derived.BALANCE_HEADER, "By chain, holder, asset. Empty where nobody says."),
        ("holders.csv of a bundle", derived.HOLDER_HEADER, "By chain and holder."),
        ("coverage.csv of a bundle", derived.COVERAGE_HEADER, "In the order in which a fetch derives it."),
    ):
        found[name] = (header, f"{order}\n\n{table(header)}")
    return found


HEAD = """\
# Formats

Every file that the package reads and writes. The columns below are those of the code: `make docs` writes this page from it, and a
test compares. What the tables mean is in [tables](tables.md); exports of other programs in [importing](importing.md); incidents and
labels that ship in [addresses/README.md](../addresses/README.md) and its `schema/`.

- **CSV** is UTF-8 with comma, a header, `\\n` at the end of each line, quotes only where needed. Read as text, cell by cell; Parquet with
  the same columns may stand in its place.
- **Amounts** are integers of base units. A float is refused.
- **Null** is an empty cell: not known, or not asked for. 0 is a figure.
- **Times** are UTC.
- **Order** is total: the same inputs give the same bytes.
- **Outside text** is made plain: no control character, nothing that a spreadsheet would run.
- Columns in bold must be there.
"""

TAIL = """\
## summary.json

`case`, `title`, `policy`, `options`, `command` (which makes the folder again), `input_hashes` (SHA-256 of each input's canonical form),
`stolen`, `not_seeded`, `buckets` (by stop reason), `by_grade`, `audit`, `coverage`, `bounds`, `approximate_exits`, `prices`, `registry`,
`notes`, `versions`, `tlp`. Keys are sorted, amounts are text.

## manifest.json

Of a result: `schema`, `files` (name to SHA-256), `canonical_csv` (those hashed as CSV though they are Parquet), `hashed` (how), `tlp`. Of a
bundle: `addresses/schema/bundle.schema.json`.

## A bundle

`queries.jsonl` has one line a try of a question, keys sorted: when, whom, what (`source`, `chain`, `endpoint`, `params`, `head`, and their
SHA-256 as `key`), and what came (`outcome`, `status`, `content_type`, `bytes`, `sha256`, else the fault in words). Never a key of a
provider, never a URL. `responses/` has each reply once, by its SHA-256: packed where small, `<sha256>.gz` where large;
`tracer/bundle/packs.py` has the layout and what a broken write leaves. Tables are derived from these again by
`tracer fetch CASE --offline`.

## Pictures and pages

`graph.svg` without script or outside reference, the same bytes on every machine; `graph.graphml` with the stolen movements; `report.html` in
one file; `legend.md` with every column and code in words.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for name, (_, text) in files().items():
        parts.append(f"## {name}\n\n{text}\n")
    return "\n".join([*parts, TAIL])


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("say --write")
    PAGE.write_text(page(), "utf-8")
