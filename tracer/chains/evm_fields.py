"""Fields of EVM replies: quantities, hashes and addresses, read strictly."""

from __future__ import annotations

import re
from typing import Final

from tracer.chains.fields import HIGHEST, LATEST, MOST, Field
from tracer.model import ChainId

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)


MOST_GAS: Final = 2**64
"""No gas, and no amount in Gwei, is as large: both are written in 64 bits."""
MOST_PRICE: Final = 2**128
"""No price of a unit of gas is as large, so that no fee exceeds what an account can hold."""


def quantity(field: Field) -> int:
    """Return a hexadecimal quantity, or a plain integer where a tracer writes one; below 2^256 either way."""
    value = field.value
    if isinstance(value, str):
        if _QUANTITY.fullmatch(value):
            return int(value, 16)
        raise field.fault("A hexadecimal quantity was expected.")
    return field.below(field.integer(), MOST)


def quantity_below(field: Field, limit: int) -> int:
    """Return a quantity that must be below a limit."""
    return field.below(quantity(field), limit)


def quantity_or(field: Field, name: str, absent: int = 0, limit: int = MOST) -> int:
    """Return a quantity that may be missing, below a limit."""
    found = field.maybe(name)
    return absent if found is None else quantity_below(found, limit)


def height_of(field: Field) -> int:
    """Return the height of a block."""
    return field.below(quantity(field), HIGHEST)


def time_of(field: Field) -> int:
    """Return the time of a block, seconds UTC."""
    return field.below(quantity(field), LATEST)


def hash_of(field: Field) -> str:
    """Return a 32-byte hash in lower case."""
    return "0x" + field.hex(32)


def address_or(field: Field, name: str, chain: ChainId) -> str:
    """Return a canonical address that may be missing or empty; empty text then."""
    found = field.maybe(name)
    return "" if found is None or found.value == "" else found.address(chain)
