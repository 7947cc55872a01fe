"""Fetching a case: read the chain from its seeds on, keep every reply, derive the tables from what was kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from tracer.api.case import Case
from tracer.api.load import BUNDLE_FOLDER, open_seeds
from tracer.bundle import (
    Bundle,
    LiveExchange,
    OfflineExchange,
    Progress,
    Store,
    bundle_of,
    open_bundle,
    pins_before,
)
from tracer.collect import (
    PRICE_PUBLICATION,
    PRICE_SOURCE,
    Collection,
    Dataset,
    Difference,
    Filling,
    Limits,
    Told,
    chains_of,
    choices_for,
    choices_of,
    closes_of,
    derive,
    differences,
    fill,
    heads_of,
    limits_from,
    newest,
    pin,
    pins_of,
    prove_movements,
    publishers_of,
    replaced_of,
    replay,
    second_of,
    write_bundle,
)
from tracer.errors import SourceError
from tracer.io import Card, Carded, Pins, read_transfers, sha256_of, user_bundles_dir
from tracer.net import Http, settings_of
from tracer.providers import SOURCES, Choice, price_url
from tracer.registry import LabelIndex, load_registry_labels, release_date
from tracer.trace import CaseData

PROOF_BUDGET: Final = 200
"""Transactions whose proof material is asked for, unless told otherwise."""


@dataclass(frozen=True, slots=True, repr=False)
class FetchResult(Carded):
    """What a fetch gave.

    Attributes
    ----------
    bundle : Bundle
        Raw replies, tables, manifest.
    gathered : Dataset
        The tables.
    differences : tuple of Difference
        What a second source says otherwise, where one was asked.
    proven, unproven : int
        Transactions of the result whose proof material is held, and those it was not asked or not given for.
    """

    bundle: Bundle
    gathered: Dataset
    differences: tuple[Difference, ...] = ()
    proven: int = 0
    unproven: int = 0

    def card(self) -> Card:
        """Return where it lies and what was read."""
        _, rows, _ = self.gathered.card()
        more = (f"{len(self.differences):,} differences to a second source",) if self.differences else ()
        return Card(
            f"Fetched {self.bundle.manifest.case}",
            (
                *rows,
                ("Proofs", (f"{self.proven:,} transactions held, {self.unproven:,} not",)),
                ("Second", more),
                ("Folder", (str(self.bundle.folder),)),
            ),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fetch.

    Attributes
    ----------
    source : str
        Name of the source to prefer; empty takes the first that can be asked.
    cross_check : bool
        Whether a second source is asked for the same holders.
    second : str
        Name of that source; empty takes the first other one that can be asked.
    proofs : bool
        Whether proof material of the result's transactions is asked for.
    proof_budget : int
        Of how many transactions at most.
    calls : int or None
        Calls sent at most.
    prices : bool
        Whether daily closes are asked for.
    refresh : bool
        Whether the newest blocks of now are taken as the end, in place of those of an earlier fetch.
    limits : Limits
        How far to read.
    """

    source: str = ""
    cross_check: bool = False
    second: str = ""
    proofs: bool = True
    proof_budget: int = PROOF_BUDGET
    calls: int | None = None
    prices: bool = True
    refresh: bool = False
    limits: Limits = field(default_factory=Limits)


def fetch(
    case: Case,
    folder: str | Path | None = None,
    settings: Settings | None = None,
    *,
    progress: Told | None = None,
    calls_progress: Callable[[Progress], object] | None = None,
) -> FetchResult:
    """Fetch a case from the chain, or go on where an earlier fetch ended.

    Parameters
    ----------
    case : Case
        Its seeds and labels.
    folder : path, optional
        The bundle; by default that of the case among the user's own.
    settings : Settings, optional
        How to fetch.
    progress : callable, optional
        Told how many holders are read, how many wait, and how many rows are held.
    calls_progress : callable, optional
        Told of every answer.

    Raises
    ------
    InputError
        If no source can be asked for a chain of the seeds, or no source knows a seed.
    SourceError
        If a source fails.
    """
    chosen = settings or Settings()
    target, limits, inputs, choices = plan_of(case, folder, chosen)
    before = pins_before(target)
    seconds = [second_of(one, chosen.second) for one in choices] if chosen.cross_check else []
    with ExitStack() as stack:
        store = stack.enter_context(Store(target, write=True))
        hosts = SOURCES.hosts([*choices, *seconds]) | {price_url(): settings_of(PRICE_SOURCE, price_url())}
        http = stack.enter_context(Http(hosts))
        exchange = stack.enter_context(
            LiveExchange(store, http, max_calls=chosen.calls, progress=calls_progress, renew_refused=True)
        )
        collection = _collection(inputs, limits, choices, exchange, before)
        if chosen.refresh:
            collection.refresh({one.chain: newest(one, exchange) for one in choices})
        live = collection.run(progress)
        compared = _cross_check(live, collection, seconds, exchange)
        proven, unproven = (0, 0)
        if chosen.proofs:
            proven, unproven = prove_movements(inputs, live, collection.reader.sources, chosen.proof_budget)
        if chosen.prices:
            closes_of(inputs, live, limits, exchange)
        store.seal({head.latest.hash for head in live.heads.values()})
        heads, replaced = live.heads, live.replaced
        del collection, live  # all that was read lies in the bundle, and is read from there once more
        gathered = derive(inputs, limits, choices, store, heads, replaced)
        closes = closes_of(inputs, gathered, limits, OfflineExchange(store))
        bundle = write_bundle(
            target,
            case.id,
            gathered,
            limits=limits,
            choices={one.chain: one for one in choices},
            publishers=publishers_of(store, choices) | ({PRICE_SOURCE: PRICE_PUBLICATION} if closes.rows else {}),
            store=store,
            prices=closes.table() if closes.rows else "",
        )
    return FetchResult(bundle, gathered, compared, proven, unproven)


class FetchPlan(NamedTuple):
    """What is settled before anything is asked.

    Attributes
    ----------
    target : Path
        Where the bundle lies.
    limits : Limits
        How far to read, with the day of the labels.
    inputs : CaseData
        Seeds and labels.
    choices : list of Choice
        Who is asked, by chain.
    """

    target: Path
    limits: Limits
    inputs: CaseData
    choices: list[Choice]


def plan_of(case: Case, folder: str | Path | None, settings: Settings) -> FetchPlan:
    """Return what a fetch of a case will read, and where it puts that.

    Raises
    ------
    InputError
        If no source can be asked for a chain of the seeds.
    """
    limits = with_as_of(settings.limits)
    inputs = collection_inputs(case, limits)
    choices = choices_for(chains_of(inputs.seeds, limits), settings.source)
    return FetchPlan(Path(folder) if folder is not None else bundle_folder(case), limits, inputs, choices)


def filling_of(case: Case, gathered: Dataset) -> Filling | None:
    """Return the published rows a case ships with beside the chain's own, or ``None`` where it ships none.

    Parameters
    ----------
    case : Case
        An incident.
    gathered : Dataset
        What was collected of it.
    """
    shipped = bundle_of(case.id) if case.incident is not None else None
    if shipped is None or shipped.manifest.pins is not None or "transfers" not in shipped.manifest.tables:
        return None
    return fill(read_transfers(shipped.table("transfers")).transfers, gathered.transfers)


def bundle_folder(case: Case) -> Path:
    """Return where the bundle of a case lies: in its own folder, else among the user's own."""
    return user_bundles_dir() / case.id if case.folder is None else case.folder / BUNDLE_FOLDER


def open_for_fetch(name: str | Path) -> Case:
    """Open an incident, which needs no bundle, or a case folder, to be fetched; see :func:`open_seeds`."""
    return open_seeds(name)


def rederived(case: Case, folder: str | Path | None = None) -> FetchResult:
    """Derive the tables of a fetched bundle again from its raw replies, without network, and hold them to the stored.

    Parameters
    ----------
    case : Case
        Its seeds and labels.
    folder : path, optional
        The bundle; by default the one fetched of the case, else the one it ships with.

    Raises
    ------
    SourceError
        If there is no bundle, it was not collected from sources, a raw reply is missing or was changed, or a table is
        not what the raw replies give; it is named.
    """
    bundle = open_bundle(Path(folder)) if folder is not None else _held_bundle(case)
    gathered = rederive(bundle, case)
    stored = {table.path: table.sha256 for table in bundle.manifest.tables.values()}
    again = {name: sha256_of(data) for name, data in gathered.files().items()}
    limits = limits_from(pins_of(bundle).limits)
    with Store(bundle.folder) as store:
        closes = closes_of(collection_inputs(case, limits), gathered, limits, OfflineExchange(store))
    if closes.rows:
        again["prices.csv"] = sha256_of(closes.table().encode())
    differing = sorted(name for name in {*stored, *again} if stored.get(name) != again.get(name))
    if differing:
        raise SourceError(
            f"The bundle of {bundle.manifest.case} holds other tables than its raw replies give: "
            f"{', '.join(differing)}.",
            why="They were derived with other labels, by another version, or changed.",
            next_step="Fetch the case again, or trust only what you derived yourself.",
        )
    return FetchResult(bundle, gathered)


def _held_bundle(case: Case) -> Bundle:
    """Return the bundle that was fetched of a case, else the one it ships with."""
    shipped = bundle_of(case.id) if case.incident is not None else None
    own = bundle_folder(case)
    return shipped if shipped is not None and not (own / "manifest.json").is_file() else open_bundle(own)


def rederive(bundle: Bundle, case: Case) -> Dataset:
    """Derive the tables of a fetched bundle again from its raw replies, without network."""
    return replay(bundle, collection_inputs(case, limits_from(pins_of(bundle).limits)))


def collection_inputs(case: Case, limits: Limits) -> CaseData:
    """Return the seeds of a case with its labels and the registry's, by what was known on the day of the limits."""
    registry = load_registry_labels() if case._inputs.registry else ()
    labels = tuple(dict.fromkeys((*case._labels, *registry)))
    return replace(case._inputs, labels=LabelIndex(labels, limits.options.as_of))


def with_as_of(limits: Limits) -> Limits:
    """Return limits whose labels speak for a day: the registry's release date where none is given, never the clock."""
    options = limits.options
    return limits if options.as_of else replace(limits, options=replace(options, as_of=release_date()))


def _collection(
    inputs: CaseData, limits: Limits, choices: Sequence[Choice], exchange: LiveExchange, before: Pins | None
) -> Collection:
    """Return the collection, its heads where an earlier fetch of the same sources left them."""
    sources = {choice.chain: SOURCES.set_up(choice, exchange) for choice in choices}
    workers, stop = exchange.concurrency, exchange.break_off
    if before is None or choices_of(before) != list(choices):
        return Collection(inputs, sources, limits, workers=workers, break_off=stop)
    for chain, head in heads_of(before).items():
        pin(sources[chain], head)
    replaced = replaced_of(before)
    return Collection(inputs, sources, limits, replaced=replaced, workers=workers, break_off=stop)


def _cross_check(
    live: Dataset, collection: Collection, seconds: Sequence[Choice], exchange: LiveExchange
) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for choice in seconds:
        second = SOURCES.set_up(choice, exchange)
        pin(second, live.heads[choice.chain])
        found += differences(collection.reader, second, live)
    return tuple(found)
