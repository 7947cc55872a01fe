"""What an importer gives: labels, what it has to say, and the rows it refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracer.errors import AddressError, InputError
from tracer.model import BITCOIN, CHAINS, DEFAULT_CHAIN, TRON, ChainId, Label, parse_address, parse_chain

_CODES: Final = {
    **{"btc": BITCOIN, "xbt": BITCOIN, "eth": DEFAULT_CHAIN, "trx": TRON, "op": "eip155:10", "base": "eip155:8453"},
    **{"bnb": "eip155:56", "bsc": "eip155:56", "etc": "eip155:61", "matic": "eip155:137", "pol": "eip155:137"},
    **{"ftm": "eip155:250", "arb": "eip155:42161", "arbitrum": "eip155:42161", "avax": "eip155:43114"},
    **{"ltc": "bip122:12a765e31ffd4059bada1e25190f6e98", "sol": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"},
    "xrp": "xrpl:0",
    **{chain.name.lower(): chain.id for chain in CHAINS.values()},
}
"""What lists call the chains, in lower case: the code of the coin, or the name."""
_TOKENS: Final = frozenset({"usdt", "usdc", "dai", "busd", "tusd", "wbtc", "weth", "steth", "shib", "link", "uni"})
"""Codes of tokens that are on several chains: they name none."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a foreign list that cannot be used.

    Attributes
    ----------
    file : str
        File name.
    row : int
        Row or entry, the first being 1.
    column : str
        Column or field.
    reason : str
        Why, in a sentence.
    """

    file: str
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read of a list.

    Attributes
    ----------
    labels : tuple of Label
        In the order of the list, each once.
    notes : tuple of str
        What a reader must know, in sentences.
    refused : tuple of Refused
        Rows that cannot be used; never dropped in silence.
    list_date : str
        Day the list is of; empty where it does not say.
    """

    labels: tuple[Label, ...]
    notes: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    list_date: str = ""


def chain_of_list(network: str, currency: str, address: str) -> ChainId | None:
    """Return the chain an address is of by what a list says of it, and by its form where that leaves a choice.

    A network or coin that we do not know is ``other:`` with its name: many chains took Bitcoin's form of addresses and
    Ethereum's, so that the form alone would file a stranger's address there.

    Parameters
    ----------
    network, currency : str
        As the list writes them; empty where it says nothing. The code of a token names no chain.
    address : str
        The address as the list writes it.

    Returns
    -------
    ChainId or None
        ``None`` where the address has the form of no chain we know.
    """
    said = network or currency
    claimed = named_chain(said)
    if not said or claimed is not None:
        return chain_by_form(address, claimed)
    found = chain_by_form(address)
    is_token = not network and (currency.lower() in _TOKENS or found not in (BITCOIN, None))
    name = re.sub("[^a-z0-9]+", "-", said.lower()).strip("-")[:32]
    return found if is_token else ChainId(f"other:{name or 'unknown'}")


def named_chain(name: str) -> ChainId | None:
    """Return the chain that a list calls so: by CAIP-2 id, code of the coin, or name; ``None`` for any other text."""
    code = _CODES.get(name.strip().lower())
    if code is not None:
        return ChainId(code)
    try:
        return parse_chain(name)
    except InputError:
        return None


def address_of_list(chain: ChainId, address: str) -> str:
    """Return the canonical address; the prefix that Bitcoin Cash writes before its own is left out.

    Raises
    ------
    AddressError
        If it is none of the chain.
    """
    return parse_address(chain, address.removeprefix("bitcoincash:") if chain == "other:bch" else address)


def chain_by_form(text: str, claimed: ChainId | None = None) -> ChainId | None:
    """Return the chain an address is of by its form, or ``None`` where no chain we know has that form.

    Parameters
    ----------
    text : str
        The address as the list writes it.
    claimed : ChainId or None
        What the list says; it stands where the form fits it, and a better fit wins otherwise (public lists file Tron
        addresses under Bitcoin).
    """
    for chain in dict.fromkeys(c for c in (claimed, DEFAULT_CHAIN, BITCOIN, TRON) if c is not None):
        if chain == TRON and text[:2].lower() == "0x":
            continue
        try:
            parse_address(chain, text)
        except AddressError:
            continue
        return chain
    return None
