"""Cells of exports: addresses, hashes, heights, dates and amounts in every form these sites print, exact or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from tracer.errors import AddressError, DataFileError, InputError
from tracer.io.exports.sheet import Row
from tracer.io.writers import plain
from tracer.model import TRON, ChainId, chain_of, parse_address

ZERO: Final = ("0x" + 40 * "0", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb")
"""The address of nobody, in the form of EVM chains and of Tron: tokens come from it and go to it."""

_HASH: Final = re.compile(r"(?:0x|\\x)?([0-9a-fA-F]{64})", re.ASCII)
_LABELLED: Final = re.compile(r"(\S{26,90})\s+[(\[](.*)[)\]]", re.ASCII)
_LABEL_FIRST: Final = re.compile(r"(.+)\s[(\[](\S{26,90})[)\]]")
_HEIGHT: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}", re.ASCII)
_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", re.ASCII)
_WHEN: Final = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*([AaPp][Mm])?\s*"
    r"(Z|UTC|GMT|\+00|[+-]\d{2}:?\d{2})?(?:\s*\(UTC\))?",
    re.ASCII,
)
_FIRST: Final = 1_231_006_505
"""Time of Bitcoin's first block; no chain has an older one."""
_LAST: Final = 4_102_444_800
"""The year 2100; a later time is a slip, or counts something else than seconds."""
DOUBLE_DIGITS: Final = 15
"""Digits that a float of 53 bits keeps of any number; what is printed beyond may be noise."""
_ZONES: Final = 15 * 3600
_MOST: Final = 2**256 - 1
_MAX_DIGITS: Final = 400
_MAX_DECIMALS: Final = 77


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed: its exact value, and whether the source rounded it.

    Attributes
    ----------
    value : Decimal
        As printed.
    scientific : bool
        Whether it has an exponent: a spreadsheet or a float wrote it, and digits may be gone.
    digits : int
        Significant digits.
    """

    value: Decimal
    scientific: bool
    digits: int


def read_hash(row: Row, key: str, chain: ChainId) -> str:
    """Return a transaction hash in the chain's own form, or raise the error that names the cell."""
    text = row.text(key)
    found = _HASH.fullmatch(text)
    if found is None:
        why = "A spreadsheet has made a number of it." if _SCIENTIFIC.fullmatch(text) else "It has 64 hex digits."
        raise row.error(key, f"{_shown(text)} is no transaction hash.", why, "Take the cell from the site again.")
    body = found[1].lower()
    return f"0x{body}" if chain_of(chain).family == "evm" else body


def read_party(row: Row, key: str, chain: ChainId) -> tuple[str, str]:
    """Return an address and the name printed beside it; both empty where the cell is.

    Raises
    ------
    DataFileError
        If the cell is no address of the chain: names file, row and column.
    """
    text = row.text(key)
    if not text:
        return "", ""
    note = ""
    for form, at in ((_LABELLED, 1), (_LABEL_FIRST, 2)):
        found = form.fullmatch(text)
        if found is not None:
            text, note = found[at], plain(found[3 - at]).strip()
            break
    family = chain_of(chain).family
    if family == "evm":
        text = re.sub(r"^(?:\\x|0X)", "0x", text)
        if re.fullmatch(r"[0-9a-fA-F]{40}", text):
            text = f"0x{text}"
    try:
        return parse_address(chain, text), note
    except AddressError as cause:
        raise _no_address(row, key, text, chain, cause) from cause


def _no_address(row: Row, key: str, text: str, chain: ChainId, cause: AddressError) -> Exception:
    if "checksum" in cause.why and "0x" in text[:2]:
        return row.error(
            key,
            f"the checksum of the mixed-case address {_shown(text)} fails: mistyped or altered.",
            next_step="Take the address from the site again.",
        )
    if len(text) < 26 or " " in text:
        return row.error(
            key,
            f"{_shown(text)} is a name, and a name is no address.",
            "Sites print their own label in its place.",
            "Download with addresses instead of name tags, or put the address in.",
        )
    name = chain_of(chain).name
    step = "If the file is of another chain, say which with --chain."
    return row.error(key, f"{_shown(text)} is no address of {name}.", cause.why, step)


def read_block(row: Row, key: str) -> tuple[int | None, str]:
    """Return the block height, and what is to be said where there is a cell but no height in it."""
    text = row.text(key).replace(",", "")
    if not text:
        return None, ""
    if _HEIGHT.fullmatch(text):
        return int(text), ""
    if re.fullmatch(r"[0-9]+\.0+", text):
        return int(text.split(".", 1)[0]), ""
    if _SCIENTIFIC.fullmatch(text) or set(text) == {"#"}:
        return None, "rounded"
    raise row.error(key, f"{_shown(text)} is no block height.", "Heights count from 0.")


def read_time(row: Row, unix: str, texts: tuple[str, ...]) -> tuple[int | None, str]:
    """Return seconds UTC from the Unix column, else from a text column; and what is to be said."""
    seconds, _, said = read_printed_time(row, unix, texts)
    return seconds, said


def read_printed_time(row: Row, unix: str, texts: tuple[str, ...]) -> tuple[int | None, int, str]:
    """Return seconds UTC from the Unix column, else from a text column; how many it leaves open; what is to be said.

    Parameters
    ----------
    row : Row
        The row.
    unix : str
        Key of the column of Unix seconds.
    texts : tuple of str
        Keys of columns of UTC text, best first.
    """
    said = ""
    for key in (unix, *texts):
        text = row.text(key)
        if not text:
            continue
        if re.fullmatch(r"[1-9][0-9]{8,9}(?:\.0+)?", text):
            return _in_range(row, key, text, int(text.split(".", 1)[0])), 1, ""
        if re.fullmatch(r"[1-9][0-9]{12}", text):
            return _in_range(row, key, text, int(text) // 1000), 1, ""
        if _SCIENTIFIC.fullmatch(text) or set(text) == {"#"}:
            said = "rounded"
            continue
        return *_moment(row, key, text), ""
    return None, 1, said


def _moment(row: Row, key: str, text: str) -> tuple[int, int]:
    """Return seconds UTC, and how many a time leaves open: 60 where it is printed to the minute."""
    found = _WHEN.fullmatch(text)
    if found is None:
        if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*", text):
            raise row.error(
                key,
                f"{_shown(text)}: which number is the month?",
                "Sites and spreadsheets disagree on it.",
                "Write dates as 2022-03-23 13:29:09.",
            )
        raise row.error(key, f"{_shown(text)} is no time.", "", "Write times as 2022-03-23 13:29:09, UTC.")
    year, month, day, hour, minute = (int(found[place]) for place in range(1, 6))
    half = (found[7] or "").lower()
    if half and not 1 <= hour <= 12:
        raise row.error(key, f"{_shown(text)} is no time.", "", "Write times as 2022-03-23 13:29:09, UTC.")
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    try:
        moment = datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=_zone(found[8] or "Z"))
        seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError) as cause:
        raise row.error(key, f"{_shown(text)} is no time.", str(cause)) from cause
    return _in_range(row, key, text, seconds), 60 if found[6] is None else 1


def _in_range(row: Row, key: str, text: str, seconds: int) -> int:
    """Return a time if a block can have it."""
    if _FIRST <= seconds < _LAST:
        return seconds
    when = "before the first block of any chain, 2009-01-03" if seconds < _FIRST else "later than 2099"
    raise row.error(key, f"{_shown(text)} is {when}.", "The file was altered, or the column counts something else.")


def other_time(row: Row, unix: str, texts: tuple[str, ...]) -> bool:
    """Return whether the date in words contradicts the Unix time beside it, by more than any time zone."""
    seconds = row.text(unix)
    if not re.fullmatch(r"[1-9][0-9]{8,9}", seconds):
        return False
    said = next((row.text(key) for key in texts if _WHEN.fullmatch(row.text(key))), "")
    try:
        return said != "" and abs(_moment(row, unix, said)[0] - int(seconds)) > _ZONES
    except DataFileError:
        return True


def _zone(text: str) -> timezone:
    if text[:1] not in "+-" or text == "+00":
        return UTC
    digits = text[1:].replace(":", "")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-shift if text[0] == "-" else shift)


def read_number(row: Row, key: str, *, comma: bool = False) -> Number | None:
    """Return a printed number, or ``None`` where the cell is empty.

    Parameters
    ----------
    row, key
        Which cell.
    comma : bool, default False
        Whether the file has decimal commas, and points between thousands.

    Raises
    ------
    DataFileError
        If it is negative, or no number; names file, row and column.
    """
    text = row.text(key).replace("\u00a0", "").replace(" ", "")
    if not text:
        return None
    if text[0] in "-\u2212(":
        raise row.error(
            key,
            f"{_shown(text)} is a negative amount.",
            "A payment moves zero or more; this file was changed after the download, or is one wallet's net changes.",
            "Download it again.",
        )
    swapped = text.translate(str.maketrans(",.", ".,")) if comma else text
    scientific = _SCIENTIFIC.fullmatch(text) is not None
    if scientific:
        swapped = text.replace(",", ".")
    elif _GROUPED.fullmatch(swapped):
        swapped = swapped.replace(",", "")
    elif not _PLAIN.fullmatch(swapped):
        raise row.error(key, f"{_shown(text)} is no amount.", _why_no_number(text), _step_for(text, comma=comma))
    if len(swapped) > _MAX_DIGITS:
        raise row.error(key, f"{_shown(text)} is longer than any amount.")
    value = Decimal(swapped)
    digits = len(str(swapped).lower().split("e", 1)[0].replace(".", "").lstrip("0").rstrip("0"))
    return Number(value, scientific, digits)


def is_rounded(text: str) -> bool:
    """Return whether a cell is a number that a spreadsheet has shortened: what it left out is not noise but figures."""
    if not _SCIENTIFIC.fullmatch(text):
        return False
    figures = re.sub(r"[.,]", "", re.split("[eE]", text)[0])
    return len(figures.strip("0")) < DOUBLE_DIGITS


def _why_no_number(text: str) -> str:
    if set(text) == {"#"}:
        return "A spreadsheet showed a column too narrow for it and saved that."
    return "Digits, with commas between thousands and one decimal point, are an amount."


def _step_for(text: str, *, comma: bool) -> str:
    if "," in text and not comma:
        return "If the file has decimal commas, say --decimal-comma."
    if "." in text and comma:
        return "If the file has decimal points, say --decimal-point."
    return ""


def base_units(row: Row, key: str, number: Number, decimals: int, symbol: str = "", *, double: bool = False) -> int:
    """Return a printed decimal number in base units, exactly; a digit too many is an error, never rounded.

    Parameters
    ----------
    row, key, number
        Which cell, and the number in it.
    decimals : int
        Of the asset.
    symbol : str, optional
        What the asset is called in messages.
    double : bool, default False
        Whether the source prints floats of 53 bits. What is more than their 15 sure digits is their noise
        (0.30000000000000004 for 0.3): then the nearest base unit is meant, and the caller marks the row printed.

    Raises
    ------
    DataFileError
        If the number has more places than the asset has decimals.
    """
    sign, figures, exponent = number.value.as_tuple()
    assert sign == 0
    power = int(exponent) + decimals
    whole = int("".join(map(str, figures)))
    if whole == 0:
        return 0
    if not -_MAX_DIGITS <= power <= _MAX_DIGITS:
        raise row.error(key, f"{_shown(row.text(key))} is longer than any amount.")
    unit = int(10 ** max(-power, 0))
    amount, rest = divmod(whole * int(10 ** max(power, 0)), unit)
    if amount > _MOST:
        raise row.error(key, f"{_shown(row.text(key))} is more than a token can count (2^256 - 1 base units).")
    if rest and double and number.digits > DOUBLE_DIGITS:
        return amount + int(2 * rest >= unit)
    if rest:
        places = len(str(whole).rstrip("0")) - len(str(whole)) - int(exponent)
        name = symbol or "the asset"
        raise row.error(
            key,
            f"{places} places, but {name} has {decimals} decimals.",
            "The contract or its decimals are wrong, or the file was altered; nothing is rounded.",
            "Check the contract; other decimals are said with --token ADDRESS=DECIMALS.",
        )
    return amount


def read_base(row: Row, key: str) -> tuple[int, str] | None:
    """Return an integer of base units and its precision; ``None`` where the cell is empty.

    A float that a data frame made of it (``1.0E+24``, ``31337.0``) is read; beyond 15 digits it is ``printed``.
    """
    number = read_number(row, key)
    if number is None:
        return None
    text = row.text(key)
    try:
        amount = base_units(row, key, number, 0)
    except DataFileError as cause:
        raise row.error(
            key,
            f"{_shown(text)} is no whole number of base units.",
            "The column counts base units (wei, satoshi), of which there are no parts.",
            "In a table of your own say what it counts: --map amount=COLUMN:ETH, or :6 for six decimals.",
        ) from cause
    rounded = number.scientific or ("." in text and len(text.split(".", 1)[0]) > 15)
    return amount, "printed" if rounded else "exact"


def read_decimals(row: Row, key: str) -> int | None:
    """Return a cell of decimals, or ``None`` where there is none."""
    text = row.text(key)
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,2})(?:\.0)?", text)
    if found is None or int(found[1]) > _MAX_DECIMALS:
        raise row.error(key, f"{_shown(text)} is no number of decimals.")
    return int(found[1])


def log_index(row: Row, key: str) -> str:
    """Return ``log:N`` where a cell holds the number of a log; empty where it does not."""
    return f"log:{row.text(key)}" if re.fullmatch(r"0|[1-9][0-9]{0,8}", row.text(key)) else ""


def kind_of_token(sender: str, recipient: str) -> tuple[str, str, str]:
    """Return kind, sender and recipient of a token's row: from nobody is a mint, to nobody a burn."""
    if sender in ZERO:
        return "mint", "", recipient
    if recipient in ZERO:
        return "burn", sender, ""
    return "token", sender, recipient


def chain_for_tokens(chain: ChainId) -> str:
    """Return the CAIP-19 namespace of a chain's tokens."""
    return "trc20" if chain == TRON else "erc20"


def parse_unit_count(text: str) -> int:
    """Return decimals given on the command line.

    Raises
    ------
    InputError
        If it is no number from 0 to 77.
    """
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > _MAX_DECIMALS:
        raise InputError(f"{text[:40]!r} is no number of decimals.", next_step="Write --token 0x…=6.")
    return int(text)


def _shown(text: str) -> str:
    text = plain(text)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
