"""Tables of the caller's own as a case: files or frames one by one, or a folder of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.api.case import Case
from tracer.api.case_names import case_id_of, case_id_of_table, is_case_id, parse_case_id
from tracer.api.case_parts import NO_PRICES, input_hashes, only_chain, shipped_prices, with_registry
from tracer.api.commands import OWN_FOLDER, words_of_tables
from tracer.errors import InputError
from tracer.io import (
    IMPORT_SCHEMA,
    CanonicalTable,
    Money,
    Table,
    TransferRows,
    assets_form,
    history_form,
    is_frame,
    ledger_form,
    money_notes,
    plain,
    read_assets,
    read_history,
    read_json,
    read_ledger,
    read_prices,
    read_seeds,
    read_transfers,
    read_unread,
    registry_assets,
    seeds_on,
    table_of_frame,
    transfers_form,
    unread_form,
)
from tracer.links import links_form, read_links
from tracer.model import ChainId, Label, LedgerLeg, Seed, Transfer
from tracer.registry import LabelIndex, label_notes, read_labels
from tracer.trace import CaseData, with_unread

if TYPE_CHECKING:
    import pandas as pd

    TableLike = str | Path | pd.DataFrame

IMPORT_FILE: Final = "import.json"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnRows:
    """The table of movements as it was read.

    Attributes
    ----------
    rows : sequence of Transfer or of LedgerLeg
        Its rows.
    forms : dict of str to CanonicalTable
        Its canonical form, by what it is.
    notes : tuple of str
        What its reader has to say.
    """

    rows: Sequence[Transfer] | Sequence[LedgerLeg]
    forms: dict[str, CanonicalTable[Any]]
    notes: tuple[str, ...]

    @property
    def chains(self) -> set[ChainId]:
        """The chains it is of."""
        rows = self.rows
        return {rows.columns.chain} if isinstance(rows, TransferRows) else {row.chain for row in rows}


def open_table(
    transfers: TableLike | None = None,
    *,
    ledger: TableLike | None = None,
    seeds: TableLike | None = None,
    labels: TableLike | None = None,
    complete: bool = False,
    history: TableLike | None = None,
    unit: str | None = None,
    assets: TableLike | None = None,
    prices: TableLike | None = None,
    registry: bool = True,
    unread: TableLike | None = None,
    links: TableLike | None = None,
    case_id: str | None = None,
) -> Case:
    """Open a table of the caller's own as a case.

    Each table is a file (CSV or Parquet) or a DataFrame with the same columns. An amount in a DataFrame is a Python
    integer or its text, never a float: read a CSV with ``dtype=str``.

    Parameters
    ----------
    transfers, ledger : path or DataFrame
        One of the two: a transfers table, or a table of debits and credits.
    seeds : path or DataFrame
        What was stolen.
    labels : path or DataFrame, optional
        Labels of the caller's own, beside the registry's.
    complete : bool, default False
        Whether the caller vouches that the table holds both directions of everything; the result says on whose word.
    history : path or DataFrame, optional
        Holders whose onward history the table has (``address``, optionally ``chain``). Anyone else who still holds
        stolen units leaves as ``incomplete``, unless the table is `complete`.
    unit : str, optional
        What amounts count, in the table and in the seeds: ``base`` units (the default), or ``whole`` coins, which are
        turned into base units by the decimals of their asset.
    assets : path or DataFrame, optional
        Symbols and decimals (``asset, symbol, decimals``), beside the registry's.
    prices : path or DataFrame, optional
        Daily closes (``asset, date, usd_close, source``); where it has none, those that ship with the cases.
    registry : bool, default True
        Whether what the registry knows of the table's addresses stops and guards; without it everything says unguarded.
    unread : path or DataFrame, optional
        Movements that are in no row because they could not be read, as ``tracer import`` writes them: the word that the
        table is complete does not reach their parties, and a transaction of which they may be a side of a conversion
        ends as ``contract``.
    links : path or DataFrame, optional
        Which payments into bridges came out where, as ``tracer link`` writes them; its accepted rows are followed as
        the option `follow` says.
    case_id : str, optional
        What the case is called in lists and outputs, of lower-case letters, digits and ``-``; else it is made of the
        name of the table's file, or of its folder where the file is called ``transfers`` or the like. Tables without a
        file are ``table``.

    Raises
    ------
    InputError
        If both or none of `transfers` and `ledger` are given, there are no seeds, or a table is neither file nor frame.
    DataFileError
        If a table cannot be used; names file (or frame), row and column.
    """
    given: dict[str, TableLike | None] = {
        **{"transfers": transfers, "ledger": ledger, "seeds": seeds, "labels": labels},
        **{"history": history, "assets": assets, "prices": prices, "links": links},
    }
    _check_given(given)
    case_id = case_id_of_table(transfers if ledger is None else ledger) if case_id is None else parse_case_id(case_id)
    own_assets = read_assets(_table(assets, "assets")) if assets is not None else {}
    money = Money("base" if unit is None else unit, {**registry_assets(), **own_assets})
    table = _rows_of(given, money)
    only = only_chain(table.chains)
    seed_rows = seeds_on(read_seeds(_table(seeds, "seeds"), only, money), table.rows)
    _check_chains(seed_rows, table.chains)
    lost = read_unread(_table(unread, "unread"), only) if unread is not None else ()
    over = read_links(_table(links, "links")) if links is not None else ()
    rows, unread_notes = with_unread(table.rows, lost, seed_rows)
    own_labels, label_said = _labels_of(given, only)
    label_rows = with_registry(own_labels, rows, registry=registry)
    whole = read_history(_table(history, "history"), only) if history is not None else frozenset()
    closes = (read_prices(_table(prices, "prices")) if prices is not None else NO_PRICES).over(shipped_prices())
    forms = table.forms | {
        "history": history_form(whole),
        "assets": assets_form(own_assets.values()),
        "unread": unread_form(lost),
        "links": links_form(over),
    }
    inputs = CaseData(
        case_id=case_id,
        title="a table of the user's own",
        rows=rows,
        seeds=seed_rows,
        labels=LabelIndex(label_rows, ""),
        history=None if complete else whole,
        assets=dict(money.known),
        hashes=input_hashes(seed_rows, label_rows, closes, **forms),
        notes=(*table.notes, *unread_notes, *label_said),
        complete=complete,
        registry=registry,
        unread=lost,
        links=over,
    )
    words = words_of_tables(given, unit=unit, complete=complete, registry=registry, case_id=case_id)
    return Case(inputs, label_rows, closes, None, words=words)


def _check_given(given: Mapping[str, TableLike | None]) -> None:
    """Refuse what cannot be traced whatever it holds: no movements, movements twice, no seeds."""
    if (given["transfers"] is None) == (given["ledger"] is None):
        raise InputError("Give either transfers or ledger, not both.", next_step="See the table formats in docs/.")
    if given["seeds"] is None:
        raise InputError(
            "The seeds are missing.",
            why="A trace needs to know what was stolen.",
            next_step="Give seeds=, a file or a DataFrame with the columns kind, value, asset, amount, origin.",
        )


def _rows_of(given: Mapping[str, TableLike | None], money: Money) -> _OwnRows:
    """Read the table of movements, whichever of the two it is."""
    if given["transfers"] is not None:
        table = read_transfers(_table(given["transfers"], "transfers"), money)
        notes = (*table.notes, *money_notes(table.transfers, money))
        return _OwnRows(rows=table.transfers, forms={"transfers": transfers_form(table.transfers)}, notes=notes)
    legs = read_ledger(_table(given["ledger"], "ledger"), money)
    notes = (*legs.notes, *money_notes(legs.legs, money))
    return _OwnRows(rows=legs.legs, forms={"ledger": ledger_form(legs.legs)}, notes=notes)


def _labels_of(
    given: Mapping[str, TableLike | None], only: ChainId | None
) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    """Return the caller's own labels, and what their reader has to say; none of either where none are given."""
    if given["labels"] is None:
        return (), ()
    held = _table(given["labels"], "labels")
    return read_labels(held, only), label_notes(held)


def _table(given: object, name: str) -> Path | Table:
    """Return a table as it is read: the path of a file, or the rows of a DataFrame.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(given, str | Path):
        return Path(given)
    if is_frame(given):
        return table_of_frame(given, name)
    raise InputError(
        f"{name} is a {type(given).__name__}, neither a file nor a DataFrame.",
        next_step="Give the path of a CSV or Parquet file, or a DataFrame with the same columns (docs/tables.md).",
    )


def _check_chains(seeds: Iterable[Seed], chains: Collection[ChainId]) -> None:
    """Refuse a seed of a chain that the table does not have: nothing of what it takes could be followed."""
    for seed in seeds:
        if seed.chain and chains and seed.chain not in chains:
            raise InputError(
                f"The seed {seed.value[:80]} is of {seed.chain}, which the table does not have.",
                why=f"The table is of {', '.join(sorted(chains))}.",
                next_step="Correct the column 'chain' of the seed or of the table.",
            )


def open_own_folder(folder: Path, **said: Any) -> Case:  # noqa: ANN401 (as open_table takes them)
    """Open a folder of tables; what is `said` goes before the ``history``, ``assets`` and others that lie in it.

    Raises
    ------
    InputError
        If it has no seeds, or neither transfers nor a ledger.
    """
    found = tables_in(folder)
    given = {name: value for name, value in said.items() if value is not None}
    title, case_id = _named_by_import(folder / IMPORT_FILE)
    # Name of the folder as it lies there: "." and a link are none.
    opened = open_table(**{**found, "case_id": case_id or case_id_of(folder.resolve().name), **given})
    if not title:
        return opened
    # An import is traced again from its folder, which says more than its tables do.
    extra = {name: value for name, value in given.items() if name in ("labels", "history", "assets", "prices", "links")}
    words = words_of_tables(
        extra,
        unit=given.get("unit"),
        complete=bool(given.get("complete")),
        registry=given.get("registry") is not False,
        case_id=opened.id,
    )
    return opened.titled(title, (OWN_FOLDER, *words))


def _named_by_import(path: Path) -> tuple[str, str]:
    """Return what an import called its case, and its id; empty where the folder is none, or it gave none."""
    held = read_json(path) if path.is_file() else None
    if not isinstance(held, dict) or held.get("schema") != IMPORT_SCHEMA:
        return "", ""
    title, case_id = held.get("title"), held.get("case_id")
    return (
        plain(title)[:_LONGEST] if isinstance(title, str) else "",
        case_id_of(case_id) if isinstance(case_id, str) and is_case_id(case_id) else "",
    )


def tables_in(folder: Path) -> dict[str, Any]:
    """Return the tables of a folder, by what they are."""
    found = {
        name: path
        for name in ("transfers", "ledger", "seeds", "labels", "history", "assets", "prices", "unread", "links")
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet")
        if path.is_file()
    }
    if "seeds" not in found:
        raise InputError(
            f"The folder {folder.name!r} is no case.",
            why="A case folder holds transfers or ledger, seeds, and optionally labels, as CSV or Parquet.",
            next_step="Add the tables, or give an incident id as `tracer cases` lists it.",
        )
    return found
