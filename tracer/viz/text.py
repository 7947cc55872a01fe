"""Text in pictures: made harmless, measured without a font, shortened without ambiguity."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape as xml_escape

from tracer.io import plain
from tracer.model import Asset, AssetId, ChainId, chain_of, format_units

FONT: Final = "DejaVu Sans, Verdana, sans-serif"
"""The font stack; every text also carries its length, so that another font is fitted to the same room."""

_REGULAR: Final = (
    "318 401 460 838 637 951 780 275 391 391 500 838 318 361 318 337 637 637 637 637 637 637 637 637 637 637 337 337 "
    "838 838 838 531 1000 685 687 699 771 632 576 775 752 295 295 656 558 863 749 788 604 788 695 635 611 732 685 989 "
    "686 611 686 391 337 391 838 500 500 613 635 550 635 616 353 635 634 278 278 580 278 975 634 612 635 635 412 521 "
    "393 634 592 818 592 592 525 637 337 637 838"
)
_BOLD: Final = (
    "349 457 521 838 696 1002 873 307 458 458 523 838 380 416 380 366 696 696 696 696 696 696 696 696 696 696 400 400 "
    "838 838 838 581 1000 774 763 734 831 684 684 821 837 373 373 775 638 996 837 851 733 851 771 721 683 813 774 "
    "1104 771 725 726 458 366 458 838 500 500 675 716 593 716 679 436 716 712 343 343 666 343 1042 712 688 716 716 "
    "494 596 479 712 652 924 646 652 583 712 366 712 838"
)
_ADVANCE: Final = tuple(tuple(int(w) for w in table.split()) for table in (_REGULAR, _BOLD))
"""Advance widths of U+0020 to U+007E in DejaVu Sans and its bold, thousandths of the size (DejaVu fonts 2.37)."""

_OTHER: Final = {"–": 500, "·": 380, "…": 1000, "≈": 838, "→": 838, "↩": 838, "×": 838, "Σ": 684}  # noqa: RUF001
_LATIN_MAX: Final = 1170
_WIDEST: Final = 2020
"""No character of the font is wider, so no unknown character is measured too small."""

_WHOLE: Final = 1000
_INVISIBLE: Final = (
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x2060, 0x206F),
    (0xD800, 0xF8FF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
)
_LAST_PLANE: Final = 0xE0000


def clean(text: str, limit: int = 300) -> str:
    """Return outside text fit for XML and for one line of a picture.

    Control, direction-changing, invisible and private characters become blanks, marks that pile up on a letter go,
    blanks are joined, and the text ends after `limit` characters.

    Parameters
    ----------
    text : str
        Anything.
    limit : int, default 300
        Characters kept.
    """
    start = text[: 4 * limit]
    if start.isascii() and start.isprintable():
        return _joined(start, limit)
    whole = unicodedata.normalize("NFC", plain(start))
    kept = "".join(" " if _is_invisible(ord(c)) else c for c in whole if not unicodedata.combining(c))
    return _joined(kept, limit)


def _joined(text: str, limit: int) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= limit else f"{joined[: limit - 1]}…"


def escape(text: str) -> str:
    """Return text safe inside an XML element or a double-quoted attribute."""
    return xml_escape(text, {'"': "&quot;", "'": "&#39;"})


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in pixels, never less than DejaVu Sans needs.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Font size, pixels.
    bold : bool, default False
        Whether it is set in bold.
    """
    return sum(_advance(c, bold=bold) for c in text) * size / 1000


def fit(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return the text, cut with an ellipsis where it is wider than `room` pixels."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(f"{kept}…", size, bold=bold) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def short_forms(addresses: Iterable[str]) -> dict[str, str]:
    """Return for each address a short form that no other of them has.

    Look-alike addresses share head and tail on purpose (address poisoning): theirs are lengthened until they differ.

    Parameters
    ----------
    addresses : iterable of str
        All addresses that one picture shows.

    Examples
    --------
    >>> short_forms(["0x098b716b8aaf21512996dc57eb0615e2383e2f96"])
    {'0x098b716b8aaf21512996dc57eb0615e2383e2f96': '0x098b…2f96'}
    """
    found: dict[str, str] = {}
    waiting, extra = sorted(set(addresses)), 0
    while waiting:
        groups: dict[str, list[str]] = {}
        for address in waiting:
            groups.setdefault(_short(address, extra), []).append(address)
        found.update({members[0]: form for form, members in groups.items() if len(members) == 1})
        waiting = sorted(a for members in groups.values() if len(members) > 1 for a in members)
        extra += 2
    return {address: found[address] for address in sorted(found)}


def unit_names(assets: dict[AssetId, Asset]) -> dict[AssetId, str]:
    """Return a name for each asset; a symbol that several assets claim carries its chain or its contract too."""
    names = {asset: clean(known.symbol, 12) or _reference(asset) for asset, known in assets.items()}
    for form in (_with_chain, _with_reference, lambda asset, _: clean(asset)):
        claimed: dict[str, list[AssetId]] = {}
        for asset, name in names.items():
            claimed.setdefault(name, []).append(asset)
        names |= {a: form(a, names[a]) for several in claimed.values() if len(several) > 1 for a in several}
    return names


def amount_text(amount: int, decimals: int | None) -> str:
    """Return an amount for display: the whole part in full, six digits in all where it has a fraction.

    Examples
    --------
    >>> amount_text(182163956030000000000000, 18), amount_text(1234567, 6)
    ('182,164', '1.23457')
    """
    exact = format_units(amount, decimals)
    if "." not in exact or decimals is None:
        return exact
    digits = len(str(amount))
    whole_digits = max(digits - decimals, 0)
    keep = max(6 - whole_digits, 0) + (max(decimals - digits, 0) if not whole_digits else 0)
    if keep >= decimals:
        return exact
    step = 10 ** (decimals - keep)
    return format_units((amount + step // 2) // step * step, decimals)


def share_text(part: int, whole: int) -> str:
    """Return a share in percent with one decimal, ``<0.1 %`` and ``>99.9 %`` where it would show as nothing or all."""
    if not whole or not part:
        return "0 %"
    tenths = (2000 * part + whole) // (2 * whole)
    if tenths == _WHOLE and part < whole:
        return ">99.9 %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths else "<0.1 %"


def chain_name(chain: ChainId) -> str:
    """Return the name of a chain for people."""
    return clean(chain_of(chain).name, 40)


def _is_invisible(code: int) -> bool:
    return code >= _LAST_PLANE or any(first <= code <= last for first, last in _INVISIBLE)


def _advance(character: str, *, bold: bool) -> int:
    code = ord(character)
    if 0x20 <= code <= 0x7E:
        return _ADVANCE[bold][code - 0x20]
    if character in _OTHER:
        return _OTHER[character]
    return _LATIN_MAX if code < 0x180 else _WIDEST


def _short(address: str, extra: int) -> str:
    head, tail = 6 + extra, 4 + extra
    return address if len(address) <= head + tail + 2 else f"{address[:head]}…{address[-tail:]}"


def _reference(asset: AssetId) -> str:
    reference = clean(asset.rsplit(":", 1)[-1].rsplit("/", 1)[-1], 60)
    return reference if len(reference) <= 16 else _short(reference, 0)


def _with_chain(asset: AssetId, name: str) -> str:
    chain = asset.split("/", 1)[0]
    return f"{name} ({chain_name(ChainId(chain))})" if "/" in asset else name


def _with_reference(asset: AssetId, name: str) -> str:
    return f"{name} ({_reference(asset)})"
