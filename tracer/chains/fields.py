"""Fields of a reply: read strictly, so that a reply that is not what it should be names the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tracer.errors import AddressError, SourceError
from tracer.model import Address, ChainId, parse_address

LATEST: Final = 2**32
"""No block is as late, seconds UTC: this is the year 2106."""
HIGHEST: Final = 2**40
"""No height of a block is as large."""
MOST: Final = 2**256
"""No amount of an account chain is as large."""

_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_HASH_BYTES: Final = 32
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


class FaultyReply(SourceError):  # noqa: N818 (a reply, not a mistake of ours)
    """A reply whose content contradicts the question, its own form, or itself."""


class Field:
    """A part of a reply, with the way to it, which is put into words only where a message needs it.

    Parameters
    ----------
    value : JSON value
        As parsed; integers are exact.
    path : str
        Where it stands, for messages; below another, the last step.
    above : Field, optional
        What it is a part of.

    Attributes
    ----------
    value : JSON value
        As above.
    """

    __slots__ = ("_above", "_step", "value")

    def __init__(self, value: Any, path: str | int = "reply", above: Field | None = None) -> None:  # noqa: ANN401
        self.value, self._step, self._above = value, path, above

    @property
    def path(self) -> str:
        """Where it stands, for messages."""
        if self._above is None:
            return str(self._step)
        step = f"[{self._step}]" if isinstance(self._step, int) else f".{self._step}"
        return self._above.path + step

    def fault(self, why: str) -> FaultyReply:
        """Return the error that this part of the reply is not what it should be."""
        shown = repr(self.value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return FaultyReply(f"The reply is not usable at {self.path[:120]}: {shown}.", why=why)

    def maybe(self, name: str) -> Field | None:
        """Return a member, or ``None`` where it is absent or null."""
        if not isinstance(self.value, dict):
            raise self.fault("An object was expected.")
        value = self.value.get(name)
        return None if value is None else Field(value, name, self)

    def get(self, name: str) -> Field:
        """Return a member that must be there."""
        value = self.value.get(name) if isinstance(self.value, dict) else self.maybe(name)
        if value is None:
            raise Field(None, name, self).fault("The field is missing.")
        return Field(value, name, self)

    def items(self) -> Iterator[Field]:
        """Yield the elements of a list."""
        if not isinstance(self.value, list):
            raise self.fault("A list was expected.")
        for index, value in enumerate(self.value):
            yield Field(value, index, self)

    def integer(self, *, least: int = 0) -> int:
        """Return a JSON integer; a number with a point is none."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.fault(f"An integer of at least {least} was expected.")
        return self.value

    def digits(self) -> int:
        """Return an amount written as decimal digits in a text."""
        if not isinstance(self.value, str) or not _DIGITS.fullmatch(self.value):
            raise self.fault("Decimal digits were expected.")
        return int(self.value)

    def below(self, value: int, limit: int) -> int:
        """Return a number read here, which must be below a limit: nothing from outside is unbounded."""
        if not 0 <= value < limit:
            raise self.fault(f"A number below {limit} was expected.")
        return value

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str):
            raise self.fault("A text was expected.")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.fault("True or false was expected.")
        return self.value

    def hex(self, size: int | None = None) -> str:
        """Return lower-case hex without ``0x``, of `size` bytes where that is given."""
        if size == _HASH_BYTES and isinstance(self.value, str) and _HASH.fullmatch(self.value):
            return self.value[2:]  # as nearly all are written
        text = self.text().lower().removeprefix("0x")
        if not _HEX.fullmatch(text) or (size is not None and len(text) != 2 * size):
            raise self.fault(f"Hexadecimal of {size} bytes was expected." if size else "Hexadecimal was expected.")
        return text

    def address(self, chain: ChainId) -> Address:
        """Return a canonical address of a chain."""
        try:
            return parse_address(chain, self.text())
        except AddressError as cause:
            raise self.fault(cause.why) from cause
