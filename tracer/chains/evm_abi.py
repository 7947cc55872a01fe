"""Events of EVM contracts: the text of a signature becomes its topic and reads a log; the codec is eth-abi's.

Source: the contract ABI specification (docs.soliditylang.org, "Events"): the first topic is the Keccak-256 hash of name
and types, indexed arguments follow as one word each, all others stand in the data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tracer.errors import InputError
from tracer.model import LogRecord, keccak256

_EVENT: Final = re.compile(r"(?P<name>[A-Za-z_$][\w$]*)\((?P<inputs>.*)\)", re.ASCII)
_TYPE: Final = r"(?P<type>(?:[a-z]+[0-9]*|\(.*\))(?:\[[0-9]*\])*)"
_INPUT: Final = re.compile(_TYPE + r"(?P<indexed> indexed)? (?P<name>(?!indexed$)[A-Za-z_]\w*)", re.ASCII)
_PART: Final = re.compile(_TYPE + r"(?: [A-Za-z_]\w*)?", re.ASCII)
_BASE: Final = re.compile(r"\((?P<parts>.*)\)(?P<sizes>(?:\[[0-9]*\])*)", re.ASCII)
_WORDS: Final = re.compile(r"address|bool|bytes(?:[1-9]|[12][0-9]|3[0-2])|u?int[0-9]*", re.ASCII)
"""Types of one word: of any other, an indexed argument is only the hash of its value."""

Value = int | str | bool | tuple["Value", ...]


@dataclass(frozen=True)
class EventAbi:
    """An event by its signature with the names of its arguments, as a contract's source has it.

    Attributes
    ----------
    text : str
        ``Locked(uint256 indexed nonce, address token)``; a structure as ``(uint64 id, address owner) order``.

    Examples
    --------
    >>> EventAbi("Transfer(address indexed from, address indexed to, uint256 value)").topic[:10]
    '0xddf252ad'
    """

    text: str

    @cached_property
    def inputs(self) -> tuple[tuple[str, str, bool], ...]:
        """The type, name, and whether it is indexed, of each argument in order.

        Raises
        ------
        InputError
            If the text is no signature of an event.
        """
        found = _EVENT.fullmatch(self.text)
        listed = _split(found["inputs"]) if found else []
        parsed = [_INPUT.fullmatch(one) for one in listed]
        kinds = [_canonical(one["type"]) if one else "" for one in parsed]
        if found is None or not all(kinds):
            raise InputError(
                f"{self.text[:80]!r} is not the signature of an event.",
                why="It is written Name(type indexed name, type name).",
                next_step="Copy it from the source of the contract, with the names of its arguments.",
            )
        return tuple((kind, one["name"], bool(one["indexed"])) for kind, one in zip(kinds, parsed, strict=True) if one)

    @cached_property
    def topic(self) -> str:
        """The first topic of its logs."""
        types = ",".join(kind for kind, _, _ in self.inputs)
        return "0x" + keccak256(f"{self.text.partition('(')[0]}({types})".encode()).hex()

    def read(self, log: LogRecord) -> dict[str, Value] | None:
        """Return the arguments by name; ``None`` where the log is not of this event, or its words do not fit it.

        Addresses are in lower case, bytes hexadecimal with ``0x``; of an indexed text or list only its hash is known.
        """
        indexed = [(kind, name) for kind, name, is_indexed in self.inputs if is_indexed]
        if log.topics[:1] != (self.topic,) or len(log.topics) != 1 + len(indexed):
            return None
        plain = [(kind, name) for kind, name, is_indexed in self.inputs if not is_indexed]
        # What the codec costs at import is paid by whoever reads a log.
        from eth_abi.abi import decode
        from eth_abi.exceptions import DecodingError

        found: dict[str, Value] = {}
        try:
            for (kind, name), topic in zip(indexed, log.topics[1:], strict=True):
                word = bytes.fromhex(topic.removeprefix("0x"))
                found[name] = _value(decode([kind], word)[0]) if _WORDS.fullmatch(kind) else topic
            values = decode([kind for kind, _ in plain], bytes.fromhex(log.data.removeprefix("0x")))
        except (DecodingError, ValueError, OverflowError):
            return None  # the same topic is written by look-alikes whose words are others
        found |= {name: _value(value) for (_, name), value in zip(plain, values, strict=True)}
        return {name: found[name] for _, name, _ in self.inputs}


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if parts or last else []


def _canonical(kind: str) -> str:
    """Return a type without the names of its parts; empty where it is none."""
    base = _BASE.fullmatch(kind)
    if base is None:
        return kind if "(" not in kind else ""
    found = [_PART.fullmatch(one) for one in _split(base["parts"])]
    parts = [_canonical(one["type"]) if one else "" for one in found]
    return f"({','.join(parts)}){base['sizes']}" if parts and all(parts) else ""


def _value(value: object) -> Value:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return tuple(map(_value, value))
    if isinstance(value, bool | int):
        return value
    text = str(value)
    return text.lower() if text[:2] == "0x" and len(text) == 42 else text
