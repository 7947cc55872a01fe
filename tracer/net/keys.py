"""Keys of providers: where they come from, and that they never reach a file, a message or a log."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NoReturn
from urllib.parse import urlsplit

from tracer.errors import InputError
from tracer.net.settings import variable_part

REDACTED: Final = "[key]"
_USABLE: Final = re.compile(r"[!-~]{8,}", re.ASCII)
_SHORTEST: Final = 8
_LABEL: Final = 12
"""A key that is part of a host's name is at least so long: machines are numbered, too."""
_WORD: Final = re.compile(r"[a-z]{0,15}[0-9]{0,4}|[A-Z]?[a-z]{0,15}", re.ASCII)
_HIDDEN: Final = "hidden-key"
_KNOWN: Final[dict[str, bool]] = {}
"""What is never written; whether it may also be escaped, character by character."""
_MARKS: Final = ("\\", "%", "&")
_MARKS_IN_BYTES: Final = tuple(mark.encode() for mark in _MARKS)
"""What every escape begins with."""
_NAMED: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", "+": "plus", "/": "sol", "=": "equals"}
"""Characters that HTML has a name for, as far as keys have them."""


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
        if value not in _KNOWN:  # a key is asked for at every call
            _KNOWN.update(_forms(value))

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
    """Return a text without any key known to this process, in whatever disguise a program would write it.

    That is: plain, percent-encoded, escaped as in JSON or HTML (also twice), in base64, in hex, inside a URL.
    """
    for form in _longest_first():
        text = text.replace(form, REDACTED)
    if any(mark in text for mark in _MARKS):
        for pattern in _disguised():
            text = pattern.sub(REDACTED, text)
    return text


def holds_key(data: bytes) -> bool:
    """Return whether bytes hold a key known to this process, in one of the forms :func:`redact` knows.

    So that no wide encoding hides one, bytes of zero are passed over.
    """
    if not _KNOWN:
        return False
    text = data.replace(b"\0", b"")
    if any(form.encode() in text for form in _longest_first()):
        return True
    return any(mark in text for mark in _MARKS_IN_BYTES) and any(one.search(text) for one in _disguised_in_bytes())


def _longest_first() -> tuple[str, ...]:
    return _sorted(len(_KNOWN))


@lru_cache(maxsize=1)
def _sorted(known: int) -> tuple[str, ...]:
    # A key that is part of another would otherwise leave the rest of it.
    del known  # forms are only ever added: their number tells whether there are new ones
    return tuple(sorted(_KNOWN, key=lambda form: (-len(form), form)))


def _disguised() -> tuple[re.Pattern[str], ...]:
    return _patterns(len(_KNOWN))


@lru_cache(maxsize=1)
def _patterns(known: int) -> tuple[re.Pattern[str], ...]:
    del known  # as above
    return tuple(re.compile("".join(map(_escaped, form)), re.ASCII) for form in _sorted(len(_KNOWN)) if _KNOWN[form])


def _disguised_in_bytes() -> tuple[re.Pattern[bytes], ...]:
    return _patterns_in_bytes(len(_KNOWN))


@lru_cache(maxsize=1)
def _patterns_in_bytes(known: int) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(pattern.pattern.encode()) for pattern in _patterns(known))


def _escaped(character: str) -> str:
    """Return a pattern of one character as it is, or as URLs, JSON and HTML may write it, also several times over.

    How many times is bounded: else a reply of nothing but escapes would be searched for ever.
    """
    code = f"{ord(character):02x}"
    digits = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in code)
    html = rf"&(?:amp;){{0,4}}(?:#0{{0,8}}{ord(character)}|#[xX]0{{0,8}}{digits}|{_NAMED.get(character, '#')});"
    return rf"(?:{html}|%(?:25){{0,4}}{digits}|\\{{1,8}}(?:u00|x){digits}|\\{{0,8}}{re.escape(character)})"


def _forms(value: str) -> dict[str, bool]:
    plain = {text for text in (value, *keys_in(value)) if len(text) >= _SHORTEST}
    coded = {form: False for text in plain for form in _coded(text.encode()) if len(form) >= _SHORTEST}
    return coded | dict.fromkeys(plain, True)


def known_url(url: str, setting: str) -> str:
    """Return a URL that somebody set; what of it can be a key is a secret from now on.

    Parameters
    ----------
    url : str
        The URL.
    setting : str
        What it was set as, for the message.

    Raises
    ------
    InputError
        If it is none; it is not repeated.
    """
    try:
        if keys_in(url):
            Secret(url)
    except ValueError:
        raise InputError(
            f"What is set as {setting} is no URL.",
            why="It begins as one, but what should be the host is none.",
            next_step="Write it as https://host/path.",
        ) from None
    return url


def keys_in(url: str) -> set[str]:
    """Return the parts of a URL that can be keys: of its path, its host, its query and its credentials.

    Examples
    --------
    >>> sorted(keys_in("https://eth-mainnet.example/v3/Zx9Yw8Vu7Ts6?net=1"))
    ['Zx9Yw8Vu7Ts6']
    >>> keys_in("https://portal.example/datasets/ethereum-mainnet")
    set()
    """
    if "://" not in url:
        return set()
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    found = {piece for piece in parts.path.split("/") if not _is_words(piece)}
    found |= {pair.partition("=")[2] for pair in parts.query.split("&")}
    found |= {form for label in _key_labels(host) for form in (label, label.lower())}
    if credentials:
        found |= {credentials, credentials.partition(":")[2]}
    return {text for text in found if len(text) >= _SHORTEST}


def host_of(url: str) -> str:
    """Return the host of a URL as it may be shown and written: without a key that is part of its name.

    Examples
    --------
    >>> host_of("https://0f9e8d7c6b5a49382716.eth.example:8545/rpc")
    'hidden-key.eth.example'
    """
    host = urlsplit(url).hostname or ""
    for label in _key_labels(host):
        host = host.replace(label, _HIDDEN)
    return host


def _key_labels(host: str) -> list[str]:
    """Return the parts of a host's name that can be keys; the last two are the name of a firm."""
    labels = host.partition(":")[0].split(".")[:-2]
    return [label for label in labels if len(label) >= _LABEL and not _is_words(label)]


def _is_words(piece: str) -> bool:
    """Return whether a part of a URL is words, with a small number behind each at most: a chain, a version, a network.

    What is taken for a key is refused in replies; nobody would want that of ``ethereum-mainnet``.
    """
    return all(_WORD.fullmatch(word) for word in re.split("[-_.]", piece))


def _coded(text: bytes) -> Iterator[str]:
    """Yield a text in hex and in base64, there at each place that it may have in a longer one."""
    yield from (text.hex(), text.hex().upper())
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        yield code(text).decode()
        for before in range(3):
            # Digits that also depend on what stands beside it are left out.
            digits = code(bytes(before) + text)
            yield digits[-(-before * 8 // 6) : (before + len(text)) * 8 // 6].decode()
