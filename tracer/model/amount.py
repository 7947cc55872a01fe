"""Exact amounts: integers in base units, and their text forms. A float is refused, always."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from tracer.errors import AmountError

_CANONICAL: Final = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_WHOLE: Final = re.compile(r"([0-9]+)(?:[.]([0-9]+))?", re.ASCII)
_MAX_DIGITS: Final = 4000
"""Python refuses to read longer decimal integers by default (CVE-2020-10735)."""


def parse_amount(value: object) -> int:
    """Return an amount in base units from an integer or its canonical decimal text.

    Parameters
    ----------
    value : object
        An ``int``, an integral :class:`~decimal.Decimal` (as Parquet gives), or text of the form
        ``0|[1-9][0-9]*``: no sign, exponent, point, separator or leading zero.

    Returns
    -------
    int
        The amount in base units (wei, satoshi, sun), never negative.

    Raises
    ------
    AmountError
        If the value is a float, a boolean, negative, or any other text.

    Examples
    --------
    >>> parse_amount("401346768858404671234567")
    401346768858404671234567
    """
    if isinstance(value, str):
        if len(value) <= _MAX_DIGITS and _CANONICAL.fullmatch(value):
            return int(value)
        raise AmountError(
            f"{_shown(value)} is not an amount in base units.",
            why=_why_not(value),
            next_step="Write the integer of base units, for example 1 ETH as 1000000000000000000.",
        )
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise AmountError(
            f"{_shown(str(value))} ({type(value).__name__}) is not an amount in base units.",
            why="A float is exact only up to 2^53 and would change the figure without notice.",
            next_step="Give an int, or the integer as text.",
        )
    if value < 0:
        raise AmountError(f"The amount {_shown(str(value))} is negative.", why="A transfer moves zero or more.")
    return value


def parse_whole(value: object, decimals: int) -> int:
    """Return an amount in base units from a number of whole coins, exact to the last digit.

    Parameters
    ----------
    value : object
        An ``int`` of coins, a :class:`~decimal.Decimal` (as Parquet gives), or text of the form
        ``[0-9]+(.[0-9]+)?``: no sign, exponent or separator.
    decimals : int
        Decimals of the asset.

    Returns
    -------
    int
        Base units.

    Raises
    ------
    AmountError
        If the value is a float, or has more digits behind the point than the asset has.

    Examples
    --------
    >>> parse_whole("1.5", 18)
    1500000000000000000
    """
    if isinstance(value, Decimal) and value.is_finite():
        value = f"{value:f}"
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _WHOLE.fullmatch(value) if isinstance(value, str) and len(value) <= _MAX_DIGITS else None
    if found is None:
        why = (
            "A float has lost digits."
            if isinstance(value, float)
            else "Digits, and a point between them; nothing else."
        )
        raise AmountError(
            f"{_shown(str(value))} is not a number of whole coins.",
            why=why,
            next_step="Write it as 1.5; base units need no --unit whole.",
        )
    part = (found[2] or "").rstrip("0")
    if len(part) > decimals:
        raise AmountError(
            f"{_shown(str(value))} has {len(part)} digits behind the point, the asset has {decimals}.",
            why="Part of a base unit cannot move.",
            next_step="Take the amount in base units from its source.",
        )
    return int(found[1] + part.ljust(decimals, "0"))


def format_units(amount: int, decimals: int | None, *, group: bool = True) -> str:
    """Return an amount in whole units, exact to the last digit.

    Parameters
    ----------
    amount : int
        Base units; a negative difference is allowed.
    decimals : int or None
        Decimals of the asset; ``None`` (unknown) shows base units as they are.
    group : bool, default True
        Put a comma between groups of three digits of the whole part.

    Examples
    --------
    >>> format_units(182163956030000000000000, 18)
    '182,163.95603'
    """
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, part = divmod(amount, 10 ** (decimals or 0))
    text = f"{whole:,}" if group else str(whole)
    tail = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{text}.{tail}" if tail else f"{sign}{text}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _why_not(text: str) -> str:
    if not text:
        return "The cell is empty; an unknown amount cannot be traced."
    if text.startswith("-"):
        return "A transfer moves zero or more; a negative amount has no meaning."
    if re.fullmatch(r"[+]?[0-9]*[.eE][0-9eE+.-]*", text):
        return "It is written as a decimal number; a printed decimal may have lost digits."
    if text.isdigit():
        return "It has leading zeros, digits of another script, or is too long."
    return "Only the digits 0-9 are allowed, without sign, separator or unit."
