"""Opening a case: a shipped one by its id, a folder, or tables of the caller's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.api.case import OWN_LABELS, Case
from tracer.api.case_names import case_id_of, case_id_of_table, is_case_id, parse_case_id
from tracer.api.commands import OWN_FOLDER, spoken_options, words_of_tables
from tracer.api.registry import bundled_cases
from tracer.bundle import Bundle, bundle_of, open_bundle
from tracer.collect import gathered_of, whole_transactions
from tracer.errors import DataFileError, InputError
from tracer.io import (
    IMPORT_SCHEMA,
    CanonicalTable,
    Fields,
    Money,
    Prices,
    Table,
    TransferRows,
    assets_form,
    history_form,
    is_frame,
    labels_form,
    ledger_form,
    money_notes,
    plain,
    prices_form,
    read_assets,
    read_history,
    read_json,
    read_ledger,
    read_prices,
    read_seeds,
    read_transfers,
    read_unread,
    read_yaml,
    registry_assets,
    seeds_form,
    seeds_on,
    table_of_frame,
    transfers_form,
    unread_form,
    user_bundles_dir,
)
from tracer.model import DEFAULT_CHAIN, OWN, PUBLIC, ChainId, Incident, Label, LedgerLeg, Seed, Transfer, parse_marking
from tracer.registry import LabelIndex, label_notes, load_incident, load_registry_labels, read_labels
from tracer.trace import OPTIONS, CaseData, parse_options, with_unread

if TYPE_CHECKING:
    import pandas as pd

    TableLike = str | Path | pd.DataFrame

CASE_FILE: Final = "case.yml"
BUNDLE_FOLDER: Final = "bundle"
IMPORT_FILE: Final = "import.json"
_LONGEST: Final = 200
_NO_PRICES: Final = Prices({}, "")


def open_case(
    name: str | Path, *, offline: bool = True, registry: bool = True, labels: str | Path | None = None
) -> Case:
    """Open a shipped case by its id, or a folder of the caller's own.

    Parameters
    ----------
    name : str or Path
        An incident id as :func:`cases` lists it; or a folder with ``transfers`` or ``ledger`` and ``seeds`` (CSV or
        Parquet) and optionally ``labels``; or the output folder of a trace of a shipped case.
    offline : bool, default True
        Whether the case is read from its bundle alone; else it is fetched first, or gone on with.
    registry : bool, default True
        Whether the registry's labels of services and victims stop and guard; without them everything says unguarded.
        What an incident itself says of its addresses belongs to the case either way.
    labels : path, optional
        A table of labels of the caller's own, beside those of the case.

    Raises
    ------
    InputError
        If there is no such case, it has no bundle, or a result was traced with own labels and none are given.
    SourceError
        If it is fetched and a source fails.
    """
    if labels is not None:
        return _opened(name, offline=offline, registry=registry).with_labels(labels)
    if is_result(Path(name)):
        _check_own_labels(Path(name))
    return _opened(name, offline=offline, registry=registry)


def _opened(name: str | Path, *, offline: bool, registry: bool) -> Case:
    if not offline:
        return _fetched(name, registry=registry)
    folder = Path(name)
    if folder.is_dir():
        return _open_folder(folder, registry=registry)
    return _on_file(str(name), registry=registry)


def _on_file(name: str, *, registry: bool) -> Case:
    """Open an incident that has a bundle."""
    incident = load_incident(name)
    bundle = bundle_of(incident.id) or fetched_bundle(user_bundles_dir() / incident.id)
    if bundle is None:
        raise InputError(
            f"The case {incident.id} ships without a bundle.",
            why="Its incident is on file, but its movements are not.",
            next_step=f"Fetch it with `tracer fetch {incident.id}`, or open one of: {', '.join(bundled_cases())}.",
        )
    return _incident_case(incident, bundle, registry=registry)


def _fetched(name: str | Path, *, registry: bool) -> Case:
    """Fetch a case and open what was fetched."""
    from tracer.api.collecting import fetch

    case = open_seeds(name)
    bundle = fetch(case).bundle
    if case.incident is None:
        return _open_folder(Path(name), registry=registry)
    return _incident_case(case.incident, bundle, registry=registry)


def open_seeds(name: str | Path) -> Case:
    """Open a case by its seeds and labels alone, to fetch what it does not have.

    Parameters
    ----------
    name : str or Path
        As for :func:`open_case`; the incident needs no bundle.

    Raises
    ------
    InputError
        If there is no such case.
    """
    folder = Path(name)
    if (folder / CASE_FILE).is_file() and not is_result(folder):
        return _own_case(folder, _tables_in(folder), registry=True, with_rows=False)
    if folder.is_dir():
        return _open_folder(folder, registry=True)
    incident = load_incident(str(name))
    inputs = CaseData(
        incident.id,
        incident.name,
        (),
        incident.seeds,
        LabelIndex(incident.labels, ""),
        frozenset(),
        incident.assets,
        _input_hashes(incident.seeds, incident.labels),
        tlp=PUBLIC,
    )
    return Case(inputs, incident.labels, _NO_PRICES, incident)


def fetched_bundle(folder: Path) -> Bundle | None:
    """Return the bundle a fetch left in a folder, or ``None`` where there is none."""
    return open_bundle(folder) if (folder / "manifest.json").is_file() else None


def shipped_prices() -> Prices:
    """Return the daily closes that ship with the cases, for tables of the caller's own."""
    found = _NO_PRICES
    for name in bundled_cases():
        bundle = bundle_of(name)
        found = found if bundle is None else found.over(bundle.prices())
    return found


def _incident_case(incident: Incident, bundle: Bundle, *, registry: bool) -> Case:
    rows, notes = _rows_of(bundle)
    inputs = CaseData(
        incident.id,
        incident.name,
        rows,
        incident.seeds,
        LabelIndex(incident.labels, ""),
        incident.history,
        {**registry_assets(), **incident.assets},
        notes=notes,
        tlp=PUBLIC,
    )
    return _with_bundle(inputs, incident.labels, bundle, incident, registry=registry)


def _rows_of(bundle: Bundle) -> tuple[Sequence[Transfer] | Sequence[LedgerLeg], tuple[str, ...]]:
    """Return the movements of a bundle and the notes of their reader; a ledger in it has whole transactions."""
    tables = bundle.manifest.tables
    if "ledger" in tables:
        ledger = read_ledger(bundle.table("ledger"))
        return whole_transactions(ledger.legs), ledger.notes
    if "transfers" in tables:
        table = read_transfers(bundle.table("transfers"))
        return table.transfers, table.notes
    return (), ()


def _with_bundle(
    inputs: CaseData, own: tuple[Label, ...], bundle: Bundle, incident: Incident | None, *, registry: bool
) -> Case:
    """Return a case with the rows of its bundle, and what the registry knows of the addresses among them."""
    if bundle.manifest.pins is not None:
        inputs = gathered_of(bundle).inputs(inputs)
    labels = _with_registry(own, inputs.rows, registry=registry)
    held = {name: table.sha256 for name, table in bundle.manifest.tables.items() if name in ("transfers", "ledger")}
    hashes = {"bundle": {"case": bundle.manifest.case, **held}, **_input_hashes(inputs.seeds, labels, bundle.prices())}
    folder = bundle.folder.parent if bundle.folder.name == BUNDLE_FOLDER else None
    inputs = replace(inputs, labels=LabelIndex(labels, ""), hashes=hashes, registry=registry)
    words = (inputs.case_id, *(() if registry else ("--no-registry",)))
    return Case(inputs, labels, bundle.prices(), incident, folder, words=words)


def _with_registry(
    own: tuple[Label, ...], rows: Iterable[Transfer | LedgerLeg], *, registry: bool
) -> tuple[Label, ...]:
    """Return a case's own labels, and with `registry` what the registry knows of every address among the rows."""
    if not registry:
        return own
    among: set[str] = rows.holders() if isinstance(rows, TransferRows) else set()
    for row in () if isinstance(rows, TransferRows) else rows:
        among.update((row.holder, row.address) if isinstance(row, LedgerLeg) else (row.sender, row.recipient))
    return tuple(dict.fromkeys((*own, *load_registry_labels(among=among))))


def _only_chain(chains: Iterable[ChainId]) -> ChainId | None:
    """Return the chain of labels and seeds that name none: the only one there is; ``None`` where there are several."""
    found = set(chains)
    return next(iter(found or {DEFAULT_CHAIN})) if len(found) < 2 else None


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
    if (transfers is None) == (ledger is None):
        raise InputError("Give either transfers or ledger, not both.", next_step="See the table formats in docs/.")
    if seeds is None:
        raise InputError(
            "The seeds are missing.",
            why="A trace needs to know what was stolen.",
            next_step="Give seeds=, a file or a DataFrame with the columns kind, value, asset, amount, origin.",
        )
    case_id = case_id_of_table(transfers if ledger is None else ledger) if case_id is None else parse_case_id(case_id)
    own_assets = read_assets(_table(assets, "assets")) if assets is not None else {}
    money = Money("base" if unit is None else unit, {**registry_assets(), **own_assets})
    rows: Sequence[Transfer] | Sequence[LedgerLeg]
    given_rows: CanonicalTable[Transfer] | CanonicalTable[LedgerLeg]
    if transfers is not None:
        table = read_transfers(_table(transfers, "transfers"), money)
        rows, notes, given_rows = table.transfers, table.notes, transfers_form(table.transfers)
    else:
        legs = read_ledger(_table(ledger, "ledger"), money)
        rows, notes, given_rows = legs.legs, legs.notes, ledger_form(legs.legs)
    notes = (*notes, *money_notes(rows, money))
    chains = {rows.columns.chain} if isinstance(rows, TransferRows) else {row.chain for row in rows}
    only = _only_chain(chains)
    seed_rows = seeds_on(read_seeds(_table(seeds, "seeds"), only, money), rows)
    _check_chains(seed_rows, chains)
    lost = read_unread(_table(unread, "unread"), only) if unread is not None else ()
    rows, said = with_unread(rows, lost, seed_rows)
    notes = (*notes, *said)
    label_rows: tuple[Label, ...] = ()
    if labels is not None:
        held = _table(labels, "labels")
        label_rows, notes = read_labels(held, only), (*notes, *label_notes(held))
    label_rows = _with_registry(label_rows, rows, registry=registry)
    whole = read_history(_table(history, "history"), only) if history is not None else frozenset()
    closes = (read_prices(_table(prices, "prices")) if prices is not None else _NO_PRICES).over(shipped_prices())
    inputs = CaseData(
        case_id=case_id,
        title="a table of the user's own",
        rows=rows,
        seeds=seed_rows,
        labels=LabelIndex(label_rows, ""),
        history=None if complete else whole,
        assets=dict(money.known),
        hashes=_input_hashes(
            seed_rows,
            label_rows,
            closes,
            **{"transfers" if transfers is not None else "ledger": given_rows},
            history=history_form(whole),
            assets=assets_form(own_assets.values()),
            unread=unread_form(lost),
        ),
        notes=notes,
        complete=complete,
        registry=registry,
        unread=lost,
    )
    given = {
        **{"transfers": transfers, "ledger": ledger, "seeds": seeds, "labels": labels},
        **{"history": history, "assets": assets, "prices": prices},
    }
    words = words_of_tables(given, unit=unit, complete=complete, registry=registry, case_id=case_id)
    return Case(inputs, label_rows, closes, None, words=words)


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


def is_own_folder(folder: Path) -> bool:
    """Return whether a folder holds tables of the caller's own, neither a private case nor a result."""
    return folder.is_dir() and not any((folder / name).exists() for name in (CASE_FILE, "summary.json"))


def is_result(folder: Path) -> bool:
    """Return whether a folder is the output of a trace."""
    return (folder / "summary.json").is_file()


def _check_own_labels(folder: Path) -> None:
    """Refuse a result that was traced with labels of its user's own, which it does not hold, where none are given.

    Raises
    ------
    InputError
        If it was.
    """
    held = read_json(folder / "summary.json")
    inputs = held.get("input_hashes") if isinstance(held, dict) else None
    if isinstance(inputs, dict) and OWN_LABELS in inputs:
        raise InputError(
            f"The result in {folder.name!r} was traced with labels of your own.",
            why="It does not hold them, and without them other figures would come out.",
            next_step="Give them again: --labels FILE.",
        )


def open_own_folder(folder: Path, **said: Any) -> Case:  # noqa: ANN401 (as open_table takes them)
    """Open a folder of tables; what is `said` goes before the ``history``, ``assets`` and others that lie in it.

    Raises
    ------
    InputError
        If it has no seeds, or neither transfers nor a ledger.
    """
    found = _tables_in(folder)
    given = {name: value for name, value in said.items() if value is not None}
    title, case_id = _named_by_import(folder / IMPORT_FILE)
    # Name of the folder as it lies there: "." and a link are none.
    opened = open_table(**{**found, "case_id": case_id or case_id_of(folder.resolve().name), **given})
    if not title:
        return opened
    # An import is traced again from its folder, which says more than its tables do.
    extra = {name: value for name, value in given.items() if name in ("labels", "history", "assets", "prices")}
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


def _tables_in(folder: Path) -> dict[str, Any]:
    """Return the tables of a folder, by what they are."""
    found = {
        name: path
        for name in ("transfers", "ledger", "seeds", "labels", "history", "assets", "prices", "unread")
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


def _open_folder(folder: Path, *, registry: bool) -> Case:
    if is_result(folder):
        return _traced_before(folder / "summary.json", registry=registry)
    if (folder / CASE_FILE).is_file():
        return _own_case(folder, _tables_in(folder), registry=registry)
    return open_own_folder(folder, registry=registry)


def _traced_before(path: Path, *, registry: bool) -> Case:
    """Open the case of an earlier result, with the options that it was traced under.

    Raises
    ------
    DataFileError
        If the summary is not one of ours.
    InputError
        If its case does not ship: a result does not hold the tables it was made from.
    """
    held = read_json(path)
    case_id, said = (held.get("case"), held.get("options", {})) if isinstance(held, dict) else (None, None)
    if not isinstance(case_id, str) or not isinstance(said, dict):
        raise DataFileError(
            f"{path.name} holds no case and options.",
            why="It was not written by a trace.",
            next_step="Give an incident id, a case folder, or the --out folder of a trace.",
        )
    options = {("as_of" if name == "known_as_of" else name): value for name, value in said.items()}
    if not options:  # a backward trace says its options in its command alone
        spoken = spoken_options(str(held.get("command", "")))
        options = {name: spoken[word] for name in OPTIONS if (word := f"--{name.replace('_', '-')}") in spoken}
    try:
        parse_options(options)
    except InputError as cause:
        raise DataFileError(f"{path.name}: {cause.what}", why=cause.why, next_step=cause.next_step) from cause
    if case_id not in bundled_cases():
        raise InputError(
            f"The result in {path.parent.name!r} is of {plain(case_id)[:60]!r}, which does not ship with this program.",
            why="A result does not hold the tables that it was made from.",
            next_step="Trace it again from those: --transfers (or --ledger) and --seeds, or the case's own folder.",
        )
    registry = registry and held.get("registry") is not False
    return _on_file(case_id, registry=registry).under(options)


def _own_case(folder: Path, found: Mapping[str, Any], *, registry: bool, with_rows: bool = True) -> Case:
    """Open a private case: its seeds and labels, and if wanted the rows of its bundle once it was fetched."""
    said = Fields(read_yaml(folder / CASE_FILE), CASE_FILE)
    case_id, title = said.text("id"), said.text("title")
    said.text("schema")
    marking = said.parse("tlp", parse_marking, OWN)
    said.done()
    seeds = read_seeds(found["seeds"])
    chain = _only_chain(seed.chain for seed in seeds if seed.chain)
    labels = read_labels(found["labels"], chain) if "labels" in found else ()
    notes = label_notes(found["labels"]) if "labels" in found else ()
    hashes = _input_hashes(seeds, labels)
    inputs = CaseData(
        case_id, title, (), seeds, LabelIndex(labels, ""), frozenset(), hashes=hashes, notes=notes, tlp=marking
    )
    bundle = fetched_bundle(folder / BUNDLE_FOLDER) if with_rows else None
    if bundle is None:
        return Case(replace(inputs, registry=registry), labels, _NO_PRICES, None, folder)
    return _with_bundle(inputs, labels, bundle, None, registry=registry)


def _input_hashes(
    seeds: Iterable[Seed], labels: Iterable[Label], prices: Prices = _NO_PRICES, **own: CanonicalTable[Any]
) -> dict[str, dict[str, str]]:
    """Return row count and hash of the canonical form of each input: seeds, labels, and others that are not empty."""
    others = {**own, "prices": prices_form(prices)}
    tables: dict[str, CanonicalTable[Any]] = {"seeds": seeds_form(seeds), "labels": labels_form(labels)}
    tables |= {name: table for name, table in others.items() if len(table)}
    return {name: table.record() for name, table in tables.items()}
