"""A new private case: seeds from transaction hashes and addresses, an empty table of labels, notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.api.case import Case
from tracer.api.load import BUNDLE_FOLDER, CASE_FILE, open_seeds
from tracer.bundle import Store
from tracer.collect import rows_of
from tracer.errors import InputError
from tracer.io import addresses_dir, csv_text, plain, whole_folder, write_file
from tracer.ledger import Nets, ledger_from_rows
from tracer.model import (
    BITCOIN,
    DEFAULT_CHAIN,
    OWN,
    AssetId,
    ChainId,
    chain_of,
    describe_asset,
    format_units,
    known_form_elsewhere,
    parse_chain,
    parse_holder,
)
from tracer.providers import SOURCES, Choice, History
from tracer.trace import flows_in_words, proposals

SCHEMA: Final = "tracer-case/1"
LABEL_COLUMNS: Final = ("address", "chain", "label", "category", "entity", "source_url", "valid_from", "valid_until")
SEED_COLUMNS: Final = ("kind", "value", "chain", "asset", "amount", "origin", "victim", "recipient", "note")

_TX: Final = re.compile(r"(?:0x)?[0-9a-f]{64}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """A transaction, an outpoint or a holder to begin from.

    Attributes
    ----------
    kind : str
        ``tx``, ``output`` or ``holder``.
    value : str
        Canonical hash, outpoint or holder.
    chain : ChainId
        Its chain.
    """

    kind: str
    value: str
    chain: ChainId


def new_case(
    values: str | Iterable[str],
    out: str | Path,
    *,
    title: str = "",
    source: str = "",
    offline: bool = False,
    told: Callable[[str], None] | None = None,
) -> Case:
    """Make a private case folder that every command takes like a shipped case.

    Parameters
    ----------
    values : str or iterable of str
        Transaction hashes and addresses; one of another chain than its form tells is written CAIP-2 first, as
        ``eip155:137:0x…``.
    out : path
        The folder to make; it must not exist or be empty, and lie outside the package.
    title : str, optional
        What the case is about.
    source : str, optional
        Source to read the transactions from; by default the first that can be asked.
    offline : bool
        Whether nothing is asked; a theft transaction is then left to be read when the case is fetched.
    told : callable, optional
        Told the net flows of every transaction read, one sentence a party and asset.

    Returns
    -------
    Case
        The case; its rows come with ``fetch``.

    Raises
    ------
    InputError
        If a value is neither a hash nor an address, or `out` cannot be used.
    """
    given = [parse_given(value) for value in ([values] if isinstance(values, str) else values)]
    if not given:
        raise InputError("There is nothing to begin from.", next_step="Give a transaction hash or an address.")
    target = Path(out)
    _check_place(target)
    with whole_folder(target) as work:
        found = {} if offline else _read(given, work / BUNDLE_FOLDER, source)
        nets = {one: _nets(one, history) for one, history in found.items()}
        seeds = [row for number, one in enumerate(given, 1) for row in _seeds(one, number, nets.get(one, ()))]
        flows = [f"{one.value}: {line}" for one in given for net in nets.get(one, ()) for line in flows_in_words(net)]
        name = " ".join(plain(title).split()) or f"Case from {given[0].value}"
        write_file(work / "seeds.csv", csv_text(SEED_COLUMNS, seeds).encode())
        write_file(work / "labels.csv", csv_text(LABEL_COLUMNS, ()).encode())
        write_file(work / "notes.md", _notes(name, given, flows).encode())
        write_file(work / CASE_FILE, _case_file(target, name).encode())
    if told is not None:
        for flow in flows:
            told(flow)
    return open_seeds(target)


def parse_given(text: str) -> Given:
    """Return what a text names: a transaction hash, an address, or either after its chain.

    Raises
    ------
    InputError
        If it is none of these.
    """
    chain, value = _split_chain(text.strip())
    if _TX.fullmatch(value.lower()):
        value = value.lower()
        return Given("tx", value, chain or (DEFAULT_CHAIN if value.startswith("0x") else BITCOIN))
    if chain is None:
        outpoint = ":" in value
        chain = BITCOIN if outpoint else DEFAULT_CHAIN if value[:2] in ("0x", "0X") else known_form_elsewhere(value)
    if chain is None:
        raise InputError(
            f"{text[:80]!r} is neither a transaction hash nor an address.",
            next_step="Write the chain before it, as eip155:137:0x…, where its form does not tell.",
        )
    holder = parse_holder(chain, value)
    outpoint = ":" in holder and chain_of(chain).family == "bitcoin"
    return Given("output" if outpoint else "holder", holder, chain)


def _split_chain(text: str) -> tuple[ChainId | None, str]:
    namespace, _, rest = text.partition(":")
    reference, _, value = rest.partition(":")
    if value and namespace and not _TX.fullmatch(namespace.lower()):
        return parse_chain(f"{namespace}:{reference}"), value
    return None, text


def _check_place(target: Path) -> None:
    inside = Path(__file__).resolve().parents[1], addresses_dir().resolve()
    if any(target.resolve().is_relative_to(folder) for folder in inside):
        raise InputError(
            f"{target.name!r} would lie inside the package.",
            why="A private case is never shipped.",
            next_step="Choose a folder of your own.",
        )
    if not _NAME.fullmatch(target.name):
        raise InputError(
            f"{target.name[:60]!r} is no name for a case.",
            why="The folder's name is the case's id: lower-case letters, digits and -, 64 at most.",
        )


def _read(given: Sequence[Given], folder: Path, source: str) -> dict[Given, History]:
    """Return the transactions, read from a source; the replies are the first of the case's bundle."""
    wanted = [one for one in given if one.kind == "tx"]
    if not wanted:
        return {}
    from tracer.bundle import LiveExchange
    from tracer.net import Http

    choices: dict[ChainId, Choice] = {one.chain: SOURCES.choose(one.chain, source) for one in wanted}
    folder.mkdir()
    with ExitStack() as stack:
        store = stack.enter_context(Store(folder, write=True))
        http = stack.enter_context(Http(SOURCES.hosts(choices.values())))
        exchange = stack.enter_context(LiveExchange(store, http, renew_refused=True))
        sources = {chain: SOURCES.set_up(choice, exchange) for chain, choice in choices.items()}
        return {one: sources[one.chain].transaction(one.value) for one in wanted}


def _nets(one: Given, found: History) -> tuple[Nets, ...]:
    """Return what a transaction leaves everybody with, fees apart."""
    transfers, legs = rows_of([found])
    ledger = ledger_from_rows([*transfers, *legs], [(one.chain, one.value)])
    return tuple(nets for nets in ledger.nets.values() if nets.assets)


def _seeds(one: Given, number: int, found: Sequence[Nets]) -> list[tuple[str, ...]]:
    """Return the proposed seeds: of a transaction one an asset that somebody only loses, else what a holder has."""
    origin = f"theft-{number}"
    if one.kind == "output":
        return [("output", one.value, one.chain, "", "", origin, "", "", "the whole value of the outpoint is stolen")]
    if one.kind == "holder":
        note = "asset and amount it starts with, in base units"
        return [("holder", one.value, one.chain, "", "", origin, "", "", note)]
    proposed = [(asset, *words) for nets in found for asset, words in proposals(nets).items()]
    if not proposed:
        return [("tx", one.value, one.chain, "", "", origin, "", "", "what its victims lose is stolen")]
    return [
        ("tx", one.value, one.chain, asset, "", origin, victim, recipient, _in_units(asset, lost, said))
        for asset, victim, recipient, lost, said in proposed
    ]


def _in_units(asset: AssetId, lost: int, said: str) -> str:
    known = describe_asset(asset)
    units = f" ({format_units(lost, known.decimals)} {known.symbol})" if known.decimals is not None else ""
    return f"{lost}{units} lost: {said}"


def _case_file(target: Path, title: str) -> str:
    quoted = title.replace("'", "''")
    return f"schema: {SCHEMA}\nid: {target.name}\ntitle: '{quoted}'\ntlp: {OWN}\n"


def _notes(title: str, given: Sequence[Given], flows: Sequence[str]) -> str:
    lines = [f"- {one.value} ({chain_of(one.chain).name}, {one.chain})" for one in given]
    if flows:
        lines += ["", "Net flows, fees apart:", "", *(f"- {flow}" for flow in flows)]
    return "\n".join(
        (
            f"# {title}",
            "",
            f"Marked {OWN}.",
            "",
            "Begun from:",
            "",
            *lines,
            "",
            "`seeds.csv` says what is stolen: check every row. `labels.csv` takes what you know of addresses beside",
            "what the registry knows. Then `tracer fetch` reads the chain into `bundle/`, and `tracer trace` follows",
            "the money.",
            "",
        )
    )
