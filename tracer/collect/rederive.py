"""A collected bundle: raw replies, the tables derived from them, and a manifest that says how to derive them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tracer.bundle import (
    TABLES,
    Bundle,
    OfflineExchange,
    Store,
    open_bundle,
    read_balances,
    read_coverage,
    read_holders,
)
from tracer.collect.dataset import Dataset, Replaced
from tracer.collect.limits import Limits, limits_from, limits_record
from tracer.collect.loop import Collection
from tracer.collect.reader import pin
from tracer.errors import SourceError
from tracer.io import (
    BundleTable,
    Manifest,
    Moved,
    PinnedBlock,
    PinnedChain,
    Pins,
    json_text,
    manifest_record,
    no_garbage_search,
    read_ledger,
    read_transfers,
    sha256_of,
    write_file,
)
from tracer.model import ChainId, LedgerLeg, Publication, format_time
from tracer.providers import SOURCES, BlockRef, Choice, Head, Provider
from tracer.registry import release_date
from tracer.trace import CaseData, EndBalances

ANCHOR_NOTE: Final = "Rows that carry a transaction hash and a block, which anyone can look up on the chain."


def gathered_of(bundle: Bundle) -> Dataset:
    """Return what a collected bundle holds, from its tables.

    Raises
    ------
    PublicationError
        If the bundle was not collected from sources.
    DataFileError
        If a table breaks its form.
    """
    pins = pins_of(bundle)
    tables = bundle.manifest.tables
    balances = read_balances(bundle.table("balances")) if "balances" in tables else {}
    return Dataset(
        read_transfers(bundle.table("transfers")).transfers if "transfers" in tables else (),
        whole_transactions(read_ledger(bundle.table("ledger")).legs) if "ledger" in tables else (),
        {account: EndBalances(*ends) for account, ends in balances.items()},
        read_coverage(bundle.table("coverage")),
        read_holders(bundle.table("holders")),
        heads_of(pins),
        {chain: one.since for chain, one in pins.chains.items()},
        replaced_of(pins),
        {chain: one.source for chain, one in pins.chains.items()},
    )


def whole_transactions(legs: Iterable[LedgerLeg]) -> tuple[LedgerLeg, ...]:
    """Return the legs of a bundle's ledger: it has whole transactions, as providers gave them."""
    return tuple(replace(leg, whole=True) for leg in legs)


@no_garbage_search()
def derive(
    case: CaseData,
    limits: Limits,
    choices: Iterable[Choice],
    store: Store,
    heads: Mapping[ChainId, Head],
    replaced: Iterable[Replaced],
) -> Dataset:
    """Derive tables from what a store holds alone, so that whoever has the bundle gets the same.

    Parameters
    ----------
    case : CaseData
        Its seeds and labels.
    limits : Limits
        Under which it was read.
    choices : iterable of Choice
        Who was asked, by chain.
    store : Store
        The raw replies.
    heads : mapping of ChainId to Head
        The newest block of each chain, and its last that is final.
    replaced : iterable of Replaced
        Heads that were moved on the way.
    """
    sources = offline_sources(list(choices), store)
    for chain, head in heads.items():
        pin(sources[chain], Head(head.latest, head.final))
    return Collection(case, sources, limits, replaced=replaced).run()


def replay(bundle: Bundle, case: CaseData) -> Dataset:
    """Derive the tables of a collected bundle again, from its raw replies alone.

    Parameters
    ----------
    bundle : Bundle
        With its raw replies.
    case : CaseData
        The seeds and labels it was collected with.

    Raises
    ------
    PublicationError
        If the bundle was not collected from sources, or a raw reply is missing or was changed.
    """
    pins = pins_of(bundle)
    with Store(bundle.folder) as store:
        limits = limits_from(pins.limits)
        return derive(case, limits, choices_of(pins), store, heads_of(pins), replaced_of(pins))


def pins_of(bundle: Bundle) -> Pins:
    """Return what a bundle says of its collection.

    Raises
    ------
    PublicationError
        If it was not collected from sources.
    """
    if bundle.manifest.pins is None:
        raise SourceError(
            f"The bundle of {bundle.manifest.case} was not collected from sources.",
            why="Its tables are published ones; there are no raw replies they could be derived from.",
        )
    return bundle.manifest.pins


def choices_of(pins: Pins) -> list[Choice]:
    """Return the sources a bundle was collected from."""
    return [Choice(chain, one.source, one.companion) for chain, one in sorted(pins.chains.items())]


def heads_of(pins: Pins) -> dict[ChainId, Head]:
    """Return the head that each chain of a bundle was collected at."""
    return {chain: Head(_block(one.latest), _block(one.final)) for chain, one in pins.chains.items()}


def replaced_of(pins: Pins) -> tuple[Replaced, ...]:
    """Return the heads of a bundle that were moved."""
    return tuple(Replaced(one.chain, _block(one.old), _block(one.new), one.from_block) for one in pins.replaced)


def offline_sources(choices: list[Choice], store: Store) -> dict[ChainId, Provider]:
    """Return sources that answer from a bundle alone."""
    exchange = OfflineExchange(store)
    return {choice.chain: SOURCES.set_up(choice, exchange) for choice in choices}


def write_bundle(
    folder: Path,
    case_id: str,
    gathered: Dataset,
    *,
    limits: Limits,
    choices: Mapping[ChainId, Choice],
    publishers: Mapping[str, Publication],
    store: Store,
    prices: str = "",
) -> Bundle:
    """Write the derived tables and the manifest beside the raw replies; the same bytes for the same content.

    Parameters
    ----------
    folder : Path
        The bundle, which holds the raw replies.
    case_id : str
        Which case.
    gathered : Dataset
        What was derived.
    limits : Limits
        What it was read under.
    choices : mapping of ChainId to Choice
        Who was asked, by chain.
    publishers : mapping of str to Publication
        Where the rows come from, by name of the source.
    store : Store
        The raw replies, sealed.
    prices : str
        Table of daily closes; empty where none are held.
    """
    files = gathered.files() | ({"prices.csv": prices.encode()} if prices else {})
    for stale in TABLES:
        if stale not in files:
            (folder / stale).unlink(missing_ok=True)
    for name, data in files.items():
        write_file(folder / name, data, overwrite=True)
    tables = {
        name.removesuffix(".csv"): BundleTable(name.removesuffix(".csv"), name, data.count(b"\n") - 1, sha256_of(data))
        for name, data in sorted(files.items())
    }
    anchored = [bool(row.tx) for row in gathered.transfers] + [bool(leg.tx) for leg in gathered.legs]
    manifest = Manifest(
        case=case_id,
        as_of=_days(gathered, limits),
        sources=dict(publishers),
        tables=tables,
        raw=(),
        raw_reason="",
        missing=gathered.notes(),
        anchored=sum(anchored),
        anchor_rows=len(anchored),
        anchor_note=ANCHOR_NOTE,
        sha256="",
        pins=_pins(gathered, limits, choices, store),
    )
    write_file(folder / "manifest.json", json_text(manifest_record(manifest)).encode(), overwrite=True)
    return open_bundle(folder)


def _pins(gathered: Dataset, limits: Limits, choices: Mapping[ChainId, Choice], store: Store) -> Pins:
    chains = {
        chain: PinnedChain(
            choices[chain].source,
            choices[chain].companion,
            gathered.since[chain],
            _pinned(head.final),
            _pinned(head.latest),
        )
        for chain, head in gathered.heads.items()
    }
    replaced = tuple(Moved(one.chain, _pinned(one.old), _pinned(one.new), one.from_block) for one in gathered.replaced)
    return Pins(chains, limits_record(limits), len(store), store.content_sha256(), replaced)


def _days(gathered: Dataset, limits: Limits) -> dict[str, str]:
    """Return the day each part speaks for: rows that of the newest head, labels that of their registry."""
    labels = (limits.options.as_of or release_date())[:10]
    last = max((head.latest.time for head in gathered.heads.values()), default=0)
    return {"labels": labels, "transfers": format_time(last)[:10]}


def _block(block: PinnedBlock) -> BlockRef:
    return BlockRef(block.number, block.hash, block.time)


def _pinned(block: BlockRef) -> PinnedBlock:
    return PinnedBlock(block.number, block.hash, block.time)
