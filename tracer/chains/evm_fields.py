"""Fields of EVM replies: quantities, hashes and addresses, read strictly."""

from __future__ import annotations

import re
from typing import Final

from tracer.chains.fields import HIGHEST, LATEST, Field
from tracer.model import ChainId

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)


def quantity(field: Field) -> int:
    """Return a hexadecimal quantity, or a plain integer where a tracer writes one."""
    if isinstance(field.value, str) and _QUANTITY.fullmatch(field.value):
        return int(field.value, 16)
    if isinstance(field.value, str):
        raise field.fault("A hexadecimal quantity was expected.")
    return field.integer()


def quantity_or(field: Field, name: str, absent: int = 0) -> int:
    """Return a quantity that may be missing."""
    found = field.maybe(name)
    return absent if found is None else quantity(found)


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
