"""Keys of providers: where they come from, and that they never reach a file, a message or a log."""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus, urlsplit

from tracer.errors import InputError
from tracer.net.settings import variable_part

REDACTED: Final = "[key]"
_USABLE: Final = re.compile(r"[!-~]{8,}", re.ASCII)
_KNOWN: Final[dict[str, None]] = {}


class Secret:
    """A key, or a node's URL that holds one; shows itself as ``[key]``. From its making on, :func:`redact` knows it.

    Parameters
    ----------
    value : str
        The key; at least eight printable ASCII characters.

    Raises
    ------
    InputError
        If the value cannot be one; it is not repeated.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not _USABLE.fullmatch(value):
            raise InputError(
                "A key is not usable.",
                why="A key has at least eight printable ASCII characters and no space.",
                next_step="Copy it again from the provider's page.",
            )
        self._value = value
        _KNOWN.update(dict.fromkeys(_forms(value)))

    def reveal(self) -> str:
        """Return the key itself, to be sent and never kept."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A key is not written anywhere.")


def key_of(source: str) -> Secret | None:
    """Return the key of a source, or ``None`` where there is none.

    ``TRACER_<SOURCE>_KEY`` if set; else, where the optional package keyring is installed, what the key ring holds for
    the service ``tracer`` and the name of the source.

    Raises
    ------
    InputError
        If what is there cannot be a key, or the key ring does not open.
    """
    variable = f"TRACER_{variable_part(source)}_KEY"
    value = os.environ.get(variable, "").strip() or _from_keyring(source, variable)
    if not value:
        return None
    if not _USABLE.fullmatch(value):
        raise InputError(
            f"The key of {source} is not usable.",
            why="A key has at least eight printable ASCII characters and no space.",
            next_step=f"Copy it again from the provider's page into {variable}.",
        )
    return Secret(value)


def _from_keyring(source: str, variable: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:
        return ""
    try:
        return (keyring.get_password("tracer", source) or "").strip()
    except NoKeyringError:
        return ""
    except KeyringError as cause:
        raise InputError(
            f"The key ring did not give the key of {source}.",
            why=f"It failed with {type(cause).__name__}.",
            next_step=f"Unlock it, or set {variable}.",
        ) from cause


def redact(text: str) -> str:
    """Return a text without any key known to this process, plain, URL-encoded, in JSON or inside a URL."""
    for form in _longest_first():
        text = text.replace(form, REDACTED)
    return text


def holds_key(data: bytes) -> bool:
    """Return whether bytes hold a key known to this process, in one of the forms :func:`redact` knows."""
    return any(form.encode() in data for form in _longest_first())


def _longest_first() -> list[str]:
    # A key that is part of another would otherwise leave the rest of it.
    return sorted(_KNOWN, key=lambda form: (-len(form), form))


def _forms(value: str) -> set[str]:
    plain = {value}
    if "://" in value:
        parts = urlsplit(value)
        plain.update(piece for piece in parts.path.split("/") if len(piece) >= 16)
        plain.update(pair.partition("=")[2] for pair in parts.query.split("&"))
        credentials = parts.netloc.rpartition("@")[0]
        if credentials:
            plain.update((credentials, credentials.partition(":")[2], base64.b64encode(credentials.encode()).decode()))
    forms = {form for text in plain for form in (text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1])}
    return {form for form in forms if len(form) >= 8}
