"""What an importer gives: labels, what it has to say, and the rows it refused."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.errors import AddressError
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON, ChainId, Label, parse_address


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
