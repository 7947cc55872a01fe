"""The memos of THORChain and Maya: what a payment to a vault asks for, and what a payment out of one answers.

Grammar (METHODS 14.2 of this project; thorchain/docs and thorchain/thornode, x/thorchain/memo, which it follows)::

    inbound  = ACTION ":" ASSET ":" DEST ["/" REFUND] [":" LIM ["/" INTERVAL ["/" QUANTITY]]
               [":" AFFILIATE [":" BPS]]]
    ACTION   = "=" | "=<" | "s" | "swap"                       in any case
    outbound = ("OUT" | "REFUND") ":" hash of the inbound transaction
    ASSET    = CHAIN ("." | "/" | "~") SYMBOL ["-" CONTRACT]   or one letter

A prefix alone is no memo: an action needs its colon and an asset that can be read. An unknown letter stays as it is.
Bitcoin-like chains carry the memo in an output that cannot be spent (OP_RETURN): one push, in any of the four ways
that scripts push; a push that is cut off is none, and bytes that are no text are replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ACTIONS: Final = ("=", "=<", "s", "swap")
_LETTERS: Final = {
    "r": "THOR.RUNE",
    "b": "BTC.BTC",
    "e": "ETH.ETH",
    "a": "AVAX.AVAX",
    "d": "DOGE.DOGE",
    "l": "LTC.LTC",
    "g": "GAIA.ATOM",
}
_ASSET: Final = re.compile(r"[A-Za-z0-9]{1,12}[./~][A-Za-z0-9]{1,64}(?:-[A-Za-z0-9]{1,64})?", re.ASCII)
_LETTER: Final = re.compile(r"[a-z]", re.ASCII)
_NUMBER: Final = re.compile(r"(?P<digits>[0-9]{1,30})(?:e(?P<power>[0-9]{1,2}))?", re.ASCII)
_HASH: Final = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
_OP_RETURN: Final = 0x6A
_LONGEST_DIRECT: Final = 0x4B
_PUSHES: Final = {0x4C: 1, 0x4D: 2, 0x4E: 4}


@dataclass(frozen=True, slots=True)
class Memo:
    """What a memo says.

    Attributes
    ----------
    action : str
        ``swap``, ``out`` or ``refund``.
    asset : str
        What is to come out, as CHAIN.SYMBOL; a letter that is not known stays a letter. Empty of an answer.
    destination : str
        To whom; empty, or a name of the network.
    refund_to : str
        To whom what cannot be swapped goes back; empty: to the payer.
    limit : int or None
        The least that is to come out, 1e-8; ``None`` where none is named.
    inbound : str
        Of an answer: the hash of what it answers, in upper case without ``0x``.
    """

    action: str
    asset: str = ""
    destination: str = ""
    refund_to: str = ""
    limit: int | None = None
    inbound: str = ""


def read_memo(text: str) -> Memo | None:
    """Return what a memo says; ``None`` where the text is no memo of a swap or of its answer.

    Examples
    --------
    >>> read_memo("=:b:bc1q/0xdef:1e6").asset
    'BTC.BTC'
    >>> read_memo("hello") is None
    True
    """
    parts = text.split(":")
    action = parts[0].lower()
    if action in ("out", "refund"):
        found = parts[1].removeprefix("0x") if len(parts) > 1 else ""
        return Memo(action, inbound=found.upper()) if _HASH.fullmatch(found) else None
    if action not in _ACTIONS or len(parts) < 2:
        return None
    asset = _asset(parts[1])
    if not asset:
        return None
    destination, _, refund_to = parts[2].partition("/") if len(parts) > 2 else ("", "", "")
    limit = parts[3].partition("/")[0] if len(parts) > 3 else ""
    return Memo("swap", asset, destination, refund_to, _number(limit))


def _asset(text: str) -> str:
    if _LETTER.fullmatch(text):
        return _LETTERS.get(text, text)
    return text if _ASSET.fullmatch(text) else ""


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    return None if found is None else int(found["digits"]) * 10 ** int(found["power"] or 0)


def chain_code(asset: str) -> str:
    """Return the code of the chain that an asset of a memo is on; empty where it is not said."""
    return asset.split(".", maxsplit=1)[0].upper() if "." in asset else ""


def text_of_script(script: str) -> str:
    """Return the text that an output which cannot be spent carries; empty where it carries none.

    Parameters
    ----------
    script : str
        The script of the output, hexadecimal.

    Examples
    --------
    >>> text_of_script("6a04" + b"=:b:".hex())
    '=:b:'
    """
    try:
        raw = bytes.fromhex(script)
    except ValueError:
        return ""
    if len(raw) < 2 or raw[0] != _OP_RETURN:
        return ""
    size, start = raw[1], 2
    if size > _LONGEST_DIRECT:
        width = _PUSHES.get(size, 0)
        if not width or len(raw) < 2 + width:
            return ""
        size, start = int.from_bytes(raw[2 : 2 + width], "little"), 2 + width
    pushed = raw[start : start + size]
    return pushed.decode("utf-8", "replace") if size and len(pushed) == size else ""
