"""Everything that is said of an address, by whom, since when."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Protocol

from tracer.errors import AddressError, InputError
from tracer.io import addresses_dir
from tracer.model import (
    BITCOIN,
    DEFAULT_CHAIN,
    TRON,
    ChainId,
    Statement,
    chain_of,
    hex_form,
    parse_address,
    parse_chain,
)
from tracer.registry.index import Index, open_index
from tracer.registry.labels import as_of_date, valid_on
from tracer.registry.load import all_statements, release_date

SAME_KEY: Final = "same key on another chain"
SAME_CONTRACT: Final = "contract at the same address on another chain"
_OF_CONTRACTS: Final = frozenset(
    ("mixer", "bridge", "dex", "aggregator", "token", "lending", "staking", "defi", "contract", "burn")
)
"""Categories whose addresses are contracts, or nobody's: the same address elsewhere is not the same holder."""

_ORDER: Final = {"sanction": 0, "category": 1, "entity": 2, "label": 3, "role": 4}


class StatementStore(Protocol):
    """Anything else that holds statements, for example a local label store."""

    def statements(self, address: str) -> tuple[Statement, ...]:
        """Return everything it holds on a canonical address."""


def why(
    address: str, *, as_of: str = "", folder: Path | None = None, store: StatementStore | None = None
) -> tuple[Statement, ...]:
    """Return every statement held on an address, those in force first, then by rank.

    Parameters
    ----------
    address : str
        An address, tried by its form on every chain held; or a CAIP-10 id, which names its chain.
    as_of : str
        Day or time that "in force" refers to; empty takes the release date. Statements not in force are kept
        behind the others: see :func:`in_force`.
    folder : Path or None
        Another ``addresses/`` folder; ``None`` takes the shipped one.
    store : StatementStore, optional
        Where imported labels are held; what it says stands beside the registry's.

    Returns
    -------
    tuple of Statement
        Empty where nothing is held.

    Raises
    ------
    AddressError
        If the text is no address of any chain we know.
    InputError
        If `as_of` is no time.

    Examples
    --------
    >>> why("0x098b716b8aaf21512996dc57eb0615e2383e2f96")[0].source.rank
    'A1'
    """
    home = folder or addresses_dir()
    index = _index(home)
    day = as_of or (release_date(home) if index is None else index.released)
    as_of_date(day)
    forms = _forms(address)
    held = all_statements(home) if index is None else index.statements([*forms.values(), address])
    if store is not None:
        held += tuple(said for form in sorted({*forms.values(), address}) for said in store.statements(form))
    found = {said for said in held if _is_subject(said, address, forms)}
    if not forms and not found:
        raise _malformed(address)
    return tuple(sorted(found, key=lambda said: (not in_force(said, day), *_key(said))))


def same_key(
    address: str, *, as_of: str = "", folder: Path | None = None, store: StatementStore | None = None
) -> tuple[tuple[Statement, str], ...]:
    """Return what is held on the same 20 bytes elsewhere, each with what that means: a hint, never a flag.

    A key is an account of Tron and of every relative of Ethereum at once, so what is said of it on one chain hints at
    who holds it on another. A contract is not: the same address on another chain can be anybody's, or nobody's.

    Parameters
    ----------
    address, as_of, folder, store
        As for :func:`why`; what that returns is not returned here again.
    """
    own = why(address, as_of=as_of, folder=folder, store=store)
    forms = _forms(address)
    key = next(filter(None, map(hex_form, forms.values())), "")
    if not key:
        return ()
    asked = [key, parse_address(TRON, key)]
    found = {said for text in asked for said in why(text, as_of=as_of, folder=folder, store=store)} - set(own)
    home = folder or addresses_dir()
    index = _index(home)
    day = as_of or (release_date(home) if index is None else index.released)
    contracts = {
        (said.chain, said.address)
        for said in (*found, *own)
        if said.property == "category" and said.value in _OF_CONTRACTS
    }
    is_contract = any((said.chain, said.address) in contracts for said in own)
    return tuple(
        (said, SAME_CONTRACT if is_contract or (said.chain, said.address) in contracts else SAME_KEY)
        for said in sorted(found, key=lambda said: (not in_force(said, day), *_key(said)))
    )


@cache
def _index(folder: Path) -> Index | None:
    """Return the index where it fits; without one, everything there is is read."""
    return open_index(folder)


def in_force(statement: Statement, as_of: str) -> bool:
    """Return whether a statement holds on a day: half-open, [valid_from, valid_until)."""
    return valid_on(statement.valid_from, statement.valid_until, as_of_date(as_of))


def _forms(text: str) -> dict[str, str]:
    """Return the canonical forms the text can have: family (or chain, where the text names it) to address."""
    chain_text, _, rest = text.rpartition(":")
    if chain_text:
        chain = parse_chain(chain_text)
        return {chain: parse_address(chain, rest)}
    forms: dict[str, str] = {}
    for chain in (DEFAULT_CHAIN, BITCOIN, TRON):
        if chain == TRON and text[:2].lower() == "0x":
            continue  # those 20 bytes are an account of Tron too, but the form is Ethereum's
        try:
            forms[chain_of(chain).family] = parse_address(chain, text)
        except AddressError:
            continue
    return forms


def _is_subject(said: Statement, text: str, forms: dict[str, str]) -> bool:
    family = chain_of(said.chain).family
    wanted = forms.get(said.chain) or forms.get(family) or (text if family == "other" else None)
    return said.address == wanted


def _malformed(text: str) -> AddressError:
    chain: ChainId = TRON if text[:1] == "T" else BITCOIN if text[:1] in "13b" else DEFAULT_CHAIN
    try:
        parse_address(chain, text)
    except AddressError as cause:
        error = cause
    else:  # pragma: no cover (a text with a form is never malformed)
        raise InputError(f"{text[:60]!r} is an address.")
    return error


def _key(said: Statement) -> tuple[str, ...]:
    order = str(_ORDER[said.property])
    dates = (said.valid_from, said.valid_until, said.incident, said.chain, said.source.key, said.note)
    return (said.source.rank, order, said.source.publisher, said.value, *dates)
