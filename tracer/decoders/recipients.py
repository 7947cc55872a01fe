"""Recipients on other chains, as those chains write them: what both ends are compared by."""

from __future__ import annotations

from typing import Final

from tracer.errors import AddressError
from tracer.model import ChainId, parse_address

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WORD: Final = 66


def recipient_on(chain: str, said: str) -> str:
    """Return a recipient as its chain writes it; what is no address there stays as it was said.

    Parameters
    ----------
    chain : str
        CAIP-2, or empty where it is not known.
    said : str
        As the protocol writes it: text, or hexadecimal bytes, of 32 where it has one form for all chains.

    Examples
    --------
    >>> recipient_on("eip155:1", "0x6B175474E89094C44Da98b954EedeAC495271d0F")
    '0x6b175474e89094c44da98b954eedeac495271d0f'
    >>> recipient_on("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "0x" + 63 * "0" + "1")
    '11111111111111111111111111111112'
    """
    if chain.startswith("solana:") and len(said) == _WORD and said.startswith("0x"):
        return _base58(bytes.fromhex(said[2:]))
    if not chain.startswith(("eip155:", "bip122:", "tron:")):
        return said
    try:
        return str(parse_address(ChainId(chain), said))
    except AddressError:
        return said


def _base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, place = divmod(number, len(_ALPHABET))
        text = _ALPHABET[place] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
