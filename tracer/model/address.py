"""Addresses: parsed and checksum-checked by the chain they are filed under, in one canonical form.

EVM lower case (EIP-55 checked where the case is mixed), base58check as is, bech32 and bech32m lower case. A Bitcoin
holder is an outpoint ``txid:vout``. Sources: EIP-55; BIP-173, BIP-350; base58check as in Bitcoin and Tron.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final, NewType

from tracer.errors import AddressError
from tracer.model.chain import BITCOIN, LOCAL_BITCOIN, TRON, ChainId, chain_of
from tracer.model.keccak import keccak256

Address = NewType("Address", str)
"""A canonical address; only :func:`parse_address` makes one from outside text."""

_HEX: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_TRON_HEX: Final = re.compile(r"(?:0x)?41[0-9a-fA-F]{40}", re.ASCII)
_OUTPOINT: Final = re.compile(r"[0-9a-f]{64}:(0|[1-9][0-9]{0,9})", re.ASCII)
_OTHER: Final = re.compile(r"[-.%a-zA-Z0-9]{1,128}", re.ASCII)
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BITCOIN_FORMS: Final = {BITCOIN: ("bc", (0x00, 0x05)), LOCAL_BITCOIN: ("bcrt", (0x6F, 0xC4))}
"""By chain: human-readable part of bech32; version bytes of base58check (bitcoin/bitcoin, kernel/chainparams.cpp)."""
_TRON_VERSION: Final = 0x41
_BECH32M: Final = 0x2BC830A3
_EIP1191: Final = (30, 31)
"""Chains that write addresses in the checksum of EIP-1191: Rootstock and its test net."""


@lru_cache(maxsize=1 << 18)
def parse_address(chain: ChainId, text: str) -> Address:
    """Return the canonical form of an address of one chain.

    Parameters
    ----------
    chain : ChainId
        The chain the address is filed under; it decides form and checksum.
    text : str
        The address as a source wrote it, without surrounding blanks.

    Returns
    -------
    Address
        Lower-case hex on EVM chains, base58check as written, bech32 in lower case.

    Raises
    ------
    AddressError
        If the form does not fit the chain, or a checksum fails.

    Examples
    --------
    >>> parse_address(ChainId("eip155:1"), "0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
    '0x098b716b8aaf21512996dc57eb0615e2383e2f96'
    """
    family = chain_of(chain).family
    if family == "evm":
        return _evm(chain, text)
    if family == "tron":
        return _tron(chain, text)
    if family == "bitcoin":
        return _bitcoin(chain, text)
    if not _OTHER.fullmatch(text):
        raise _refused(chain, text, "It has characters that no CAIP-10 account may hold.")
    return Address(text)


def parse_holder(chain: ChainId, text: str) -> str:
    """Return the canonical holder: an outpoint ``txid:vout`` on Bitcoin where the text is one, else an address."""
    if chain_of(chain).family == "bitcoin" and _OUTPOINT.fullmatch(text):
        return text
    return parse_address(chain, text)


def checksum_form(address: str, chain_id: int | None = None) -> str:
    """Return an EVM address in EIP-55 mixed case, for people; with the number of a chain in that of EIP-1191.

    Examples
    --------
    >>> checksum_form("0x098b716b8aaf21512996dc57eb0615e2383e2f96")
    '0x098B716B8Aaf21512996dC57EB0615e2383E2f96'
    """
    body = address[2:].lower()
    hashed = body if chain_id is None else f"{chain_id}0x{body}"
    digest = keccak256(hashed.encode("ascii")).hex()
    return "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(body, digest, strict=False))


def caip10(chain: ChainId, address: str) -> str:
    """Return the CAIP-10 account id of a canonical address."""
    return f"{chain}:{address}"


def base58check_encode(payload: bytes) -> str:
    """Return the base58check text of version byte(s) and payload."""
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def hex_form(address: str) -> str:
    """Return the ``0x`` form of the 20 bytes that an account of Tron or of Ethereum's relatives is; else nothing.

    The same key is an account of every such chain.

    Examples
    --------
    >>> hex_form("TAqg8TXo8tmpaz7TwHS669Tgt8MPSWgoxB")
    '0x098b716b8aaf21512996dc57eb0615e2383e2f96'
    """
    if _HEX.fullmatch(address):
        return address.lower()
    payload = _base58check_decode(address) if len(address) == 34 and address.startswith("T") else None
    return f"0x{payload[1:].hex()}" if payload and len(payload) == 21 and payload[0] == _TRON_VERSION else ""


def _refused(chain: ChainId, text: str, why: str) -> AddressError:
    shown = text if len(text) <= 70 else f"{text[:67]}..."
    return AddressError(
        f"{shown!r} is not an address of {chain_of(chain).name} ({chain}).",
        why=why,
        next_step="Paste it again from its source, and check the chain it is filed under.",
    )


def _evm(chain: ChainId, text: str) -> Address:
    if not _HEX.fullmatch(text):
        raise _refused(chain, text, "An address of this chain is 0x and 40 hexadecimal digits.")
    body = text[2:]
    if body in (body.lower(), body.upper()) or checksum_form(text) == text:
        return Address(text.lower())
    written_for = next((one for one in _EIP1191 if checksum_form(text, one) == text), None)
    if written_for is None:
        raise _refused(
            chain, text, "Its letters are in mixed case and the EIP-55 checksum fails: a letter was probably retyped."
        )
    if chain != f"eip155:{written_for}":
        raise AddressError(
            f"{text!r} is written as an address of Rootstock (eip155:{written_for}), not of {chain}.",
            why="The case of its letters is the EIP-1191 checksum of that chain, and it holds.",
            next_step=f"File it under eip155:{written_for}, or write it in lower case if the same key is meant here.",
        )
    return Address(text.lower())


def _base58check_decode(text: str) -> bytes | None:
    """Return version and payload, or ``None`` where the text is not base58 or the checksum fails."""
    data = _base58_decode(text)
    if data is None:
        return None
    payload, check = data[:-4], data[-4:]
    return payload if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4] == check else None


def _base58_decode(text: str) -> bytes | None:
    """Return the bytes of a base58 text, or ``None`` where it is not base58."""
    number = 0
    for character in text:
        digit = _BASE58.find(character)
        if digit < 0:
            return None
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _tron(chain: ChainId, text: str) -> Address:
    if _TRON_HEX.fullmatch(text):
        return Address(base58check_encode(bytes.fromhex(text.removeprefix("0x"))))
    if _HEX.fullmatch(text):
        return Address(base58check_encode(bytes([_TRON_VERSION]) + bytes.fromhex(text[2:])))
    payload = _base58check_decode(text) if len(text) == 34 and text.startswith("T") else None
    if payload is None or len(payload) != 21 or payload[0] != _TRON_VERSION:
        raise _refused(chain, text, "A Tron address is 34 base58 characters from T on, and its checksum must hold.")
    return Address(text)


def _bitcoin(chain: ChainId, text: str) -> Address:
    prefix, versions = _BITCOIN_FORMS[chain]
    if text[: len(prefix) + 1].lower() == f"{prefix}1":
        return _segwit(chain, text, prefix)
    payload = _base58check_decode(text) if 25 <= len(text) <= 35 else None
    if payload is None:
        raise _refused(chain, text, f"It is neither bech32 from {prefix}1 on nor base58 with a checksum that holds.")
    if len(payload) != 21 or payload[0] not in versions:
        tron = " It is a Tron address." if len(payload) == 21 and payload[0] == _TRON_VERSION else ""
        raise _refused(chain, text, f"Its version byte is not that of {_net(chain)}.{tron}")
    return Address(text)


def _net(chain: ChainId) -> str:
    return "Bitcoin main net" if chain == BITCOIN else chain_of(chain).name


def _bech32_checksum(hrp: str, values: list[int]) -> int:
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for value in [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp] + values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(generators):
            check ^= generator if top >> bit & 1 else 0
    return check


def _segwit(chain: ChainId, text: str, prefix: str) -> Address:
    lower = text.lower()
    values = [_BECH32.find(c) for c in lower[len(prefix) + 1 :]]
    if text not in (lower, text.upper()) or len(text) > 90 or len(values) < 8 or min(values) < 0:
        raise _refused(chain, text, "It is not bech32: characters, length or mixed case do not fit.")
    version = values[0]
    if _bech32_checksum(prefix, values) != (1 if version == 0 else _BECH32M):
        raise _refused(chain, text, "Its bech32 checksum fails.")
    bits = 5 * len(values[1:-6])
    number = 0
    for value in values[1:-6]:
        number = number << 5 | value
    size, rest = divmod(bits, 8)
    # BIP-350 leaves every later version 2 to 40 bytes: pay-to-anchor is version 1 with two.
    fits = size in (20, 32) if version == 0 else 2 <= size <= 40
    if version > 16 or rest > 4 or number & ((1 << rest) - 1) or not fits:
        raise _refused(chain, text, "Its witness version, length or padding does not fit.")
    return Address(lower)


def checksum_fails(text: str) -> bool:
    """Return whether a text has the form of an address of an EVM chain, Bitcoin or Tron, but a letter is wrong.

    Examples
    --------
    >>> checksum_fails("0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
    False
    """
    if _HEX.fullmatch(text):
        body = text[2:]
        written = (None, *_EIP1191)
        return body not in (body.lower(), body.upper()) and all(checksum_form(text, one) != text for one in written)
    lower = text.lower()
    if lower.startswith("bc1") and 14 <= len(text) <= 90 and all(one in _BECH32 for one in lower[3:]):
        values = [_BECH32.find(one) for one in lower[3:]]
        return _bech32_checksum("bc", values) not in (1, _BECH32M)
    payload = _base58_decode(text) if 25 <= len(text) <= 35 else None
    if payload is None or len(payload) != 25 or payload[0] not in (*_BITCOIN_FORMS[BITCOIN][1], _TRON_VERSION):
        return False
    return _base58check_decode(text) is None


def is_solana_form(text: str) -> bool:
    """Return whether a text has the form of an account of Solana: 32 bytes in base58, without a checksum."""
    payload = _base58_decode(text) if 32 <= len(text) <= 44 else None
    return payload is not None and len(payload) == 32


def known_form_elsewhere(text: str) -> ChainId | None:
    """Return a chain whose addresses this text would be valid on (Bitcoin or Tron), for a helpful message."""
    for chain in (BITCOIN, TRON):
        try:
            parse_address(chain, text)
        except AddressError:
            continue
        return chain
    return None
