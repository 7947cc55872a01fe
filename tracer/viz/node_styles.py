"""The kinds of node: colour, shape and letter, three codes for one thing, so that a photocopy still tells.

Colours after M. Okabe and K. Ito, "Color Universal Design", 2002.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.model import fate_of

EXCHANGES: Final = ("exchange", "exchange_deposit")


class Kind(NamedTuple):
    """How a kind is drawn.

    Attributes
    ----------
    fill, ink : str
        Colour of the mark, and of the letter on it.
    tint : str
        Background of the card.
    shape : str
        Outline of the mark.
    letter : str
        On the mark; empty for transit.
    meaning : str
        In the legend.
    """

    fill: str
    ink: str
    tint: str
    shape: str
    letter: str
    meaning: str


KINDS: Final[dict[str, Kind]] = {
    "theft": Kind("#000000", "#ffffff", "#ececec", "square", "T", "theft"),
    "seed": Kind("#ffffff", "#000000", "#ffffff", "double", "", "holder paid by the theft"),
    "transit": Kind("#ffffff", "#000000", "#ffffff", "circle", "", "holder, followed on"),
    "peel": Kind("#ffffff", "#000000", "#ffffff", "chain", "", "peel chain, folded"),
    "rest": Kind("#ffffff", "#000000", "#ffffff", "stack", "", "several holders, gathered"),
    "event": Kind("#ffffff", "#000000", "#ffffff", "small", "", "transaction of several payers"),
    "exchange": Kind("#0072b2", "#ffffff", "#e8f2f9", "square", "E", "exchange"),
    "service": Kind("#0072b2", "#ffffff", "#e8f2f9", "triangle", "S", "other service"),
    "state": Kind("#0072b2", "#ffffff", "#e8f2f9", "diamond", "G", "government: seized, or paid to it"),
    "victim": Kind("#0072b2", "#ffffff", "#e8f2f9", "circle", "V", "returned to the victim"),
    "mixer": Kind("#8f4a86", "#ffffff", "#f5ecf4", "hexagon", "M", "mixer"),
    "bridge": Kind("#d55e00", "#ffffff", "#fcefe5", "octagon", "B", "bridge"),
    "contract": Kind("#e69f00", "#000000", "#fdf5e4", "pentagon", "C", "contract, not decoded"),
    "frozen": Kind("#56b4e9", "#000000", "#eaf6fd", "diamond", "F", "frozen"),
    "at_rest": Kind("#009e73", "#ffffff", "#e6f5f0", "circle", "R", "at rest"),
    "incomplete": Kind("#ffffff", "#a8320a", "#ffffff", "dashed", "…", "incomplete: onward history not held"),
    "unresolved": Kind("#f0e442", "#000000", "#fdfbe4", "circle", "?", "not followed"),
    "gone": Kind("#7a7a7a", "#ffffff", "#f2f2f2", "diamond", "X", "burned, or paid as fee"),
    "stub": Kind("#ffffff", "#000000", "#f7f7f7", "stack", "Σ", "several payees, gathered"),
}

_BY_REASON: Final = {
    "mixer": "mixer",
    "bridge": "bridge",
    "contract": "contract",
    "frozen": "frozen",
    "at_rest": "at_rest",
    "window_end": "at_rest",
    "incomplete": "incomplete",
    "burned": "gone",
    "fee": "gone",
}


_BY_FATE: Final = {"seized": "state", "government": "state", "returned": "victim"}
_BY_KIND: Final = {"state": "government", "victim": "returned"}
_NO_VENUE: Final = {"fee": "network fee", "burned": "burned"}


def kind_of(stop_reason: str, category: str, role: str = "") -> str:
    """Return the kind of node an exit is drawn as.

    Parameters
    ----------
    stop_reason : str
        Of the exit.
    category, role : str
        Of the label that made it stop; empty where there is none.
    """
    if stop_reason == "service":
        became = fate_of(stop_reason, category, role)
        return _BY_FATE.get(became) or ("exchange" if category in EXCHANGES else "service")
    return _BY_REASON.get(stop_reason, "unresolved")


def reason_text(stop_reason: str, kind: str = "") -> str:
    """Return a stop reason as words; a service that is a state or the victim is called so."""
    return _BY_KIND.get(kind) or stop_reason.replace("_", " ")


def venue_text(venue: str, stop_reason: str) -> str:
    """Return what a venue is called: where nobody named it, a fee and a burn say that they are one."""
    return venue or _NO_VENUE.get(stop_reason, "no label")
