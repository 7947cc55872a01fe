"""Which address of a case a text means: itself, its beginning or its short form; else what may be meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from tracer.errors import AbsentError, AddressError, InputError
from tracer.io import TransferRows
from tracer.model import ChainId, LedgerLeg, Transfer, caip10, chain_of, parse_chain, parse_holder

SHORTEST: Final = 4
"""Characters beyond ``0x``, ``bc1q`` and the like that a beginning must have."""
_SUGGESTED: Final = 5
_ALIKE: Final = 6
"""Characters alike at the beginning or the end that make a suggestion."""
_CAIP_10: Final = re.compile(r"(?P<chain>[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}):(?P<rest>.+)", re.ASCII)
_HEAD: Final = re.compile(r"0x|bc1[qp]|bcrt1[qp]|ltc1[qp]|", re.ASCII | re.IGNORECASE)
_SHORT_FORM: Final = re.compile(r"(?P<head>[^.…]+)(?:…|\.{2,3})(?P<tail>[^.…]+)")


class Found(NamedTuple):
    """An address of a case.

    Attributes
    ----------
    chain, address : str
        Canonical.
    whole : bool
        Whether the text was the whole address, not its beginning or a short form.
    """

    chain: ChainId
    address: str
    whole: bool


def names_of(rows: Iterable[Transfer | LedgerLeg]) -> frozenset[tuple[ChainId, str]]:
    """Return every address and outpoint that rows name, with its chain."""
    if isinstance(rows, TransferRows):
        return frozenset((rows.columns.chain, name) for name in rows.holders() if name)
    found: set[tuple[ChainId, str]] = set()
    for row in rows:
        both = (row.holder, row.address) if isinstance(row, LedgerLeg) else (row.sender, row.recipient)
        found.update((row.chain, name) for name in both if name)
    return frozenset(found)


def find_address(names: Collection[tuple[ChainId, str]], text: str, *, whole: bool = False) -> Found:
    """Return the one address of a case that a text means.

    Parameters
    ----------
    names : collection of (ChainId, str)
        Every address and outpoint of the case, as :func:`names_of` gives them.
    text : str
        An address in any letter case its checksum allows, an outpoint, or either after its chain (CAIP-10); else the
        beginning of one address alone, or a short form (``0x098b…2f96``).
    whole : bool, default False
        Whether only whole addresses count.

    Raises
    ------
    InputError
        If none is meant, or several are: the text is on two chains, or begins more than one.
    """
    asked = text.strip()
    on, rest = split_chain(asked)
    among = [name for name in names if on is None or name[0] == on]
    if on is not None and names and not among:
        raise InputError(
            f"The case has no rows on {on}.",
            next_step=f"Its chains are {', '.join(sorted({chain for chain, _ in names}))}.",
        )
    refused: AddressError | None = None
    is_form = False
    exact: set[tuple[ChainId, str]] = {name for name in among if name[1] == rest}
    for chain in sorted({chain for chain, _ in among}):
        try:
            exact |= {(chain, parse_holder(chain, rest))} & set(among)
            is_form = True
        except AddressError as cause:
            if cause.why and chain_of(chain).family == "evm" and "checksum" in cause.why:
                refused = cause
    if exact:
        return Found(*_only(exact, asked), True)
    begun = sorted(name for name in among if _means(name[1], rest))
    if begun and not whole and refused is None:
        return Found(*_only(set(begun), asked), False)
    if begun and refused is None:
        raise InputError(
            f"{asked[:100]!r} is not a whole address.",
            why="What is written down must say exactly whose it is.",
            next_step=f"Did you mean {_listed(begun)}?",
        )
    raise _unknown(asked, begun or _alike(among, rest), refused, is_form=is_form)


def split_chain(text: str) -> tuple[ChainId | None, str]:
    """Return the chain that a text names before an address (CAIP-10), ``None`` where it names none, and the rest."""
    found = _CAIP_10.fullmatch(text)
    chain, rest = (None, text) if found is None else (parse_chain(found["chain"]), found["rest"])
    # A spreadsheet that makes all letters capital takes the x of 0x too.
    return chain, f"0x{rest[2:]}" if rest.startswith("0X") else rest


def _means(address: str, text: str) -> bool:
    """Return whether a text is the beginning of an address, or its short form, and long enough to mean one."""
    lower, wanted = address.lower(), text.lower()
    short = _SHORT_FORM.fullmatch(wanted)
    head, tail = (short["head"], short["tail"]) if short else (wanted, "")
    if len(head) + len(tail) - len(_head(head)) < SHORTEST:
        return False
    if address != lower and not address.startswith("0x"):
        # The letter case of base58 tells addresses apart.
        head, tail = (text[: len(head)], text[len(text) - len(tail) :] if tail else "")
        lower = address
    return lower.startswith(head) and lower.endswith(tail)


def _head(text: str) -> str:
    found = _HEAD.match(text)
    return found[0] if found else ""


def _only(found: set[tuple[ChainId, str]], text: str) -> tuple[ChainId, str]:
    if len(found) == 1:
        return next(iter(found))
    chains = len({address for _, address in found}) == 1
    raise InputError(
        f"{text[:80]!r} is on several chains of this case." if chains else f"{text[:80]!r} begins several addresses.",
        why=f"They are {_listed(sorted(found))}.",
        next_step="Say which, with its chain before it, as above." if chains else "Write more of it.",
    )


def _alike(names: Collection[tuple[ChainId, str]], text: str) -> list[tuple[ChainId, str]]:
    """Return the addresses that agree longest with a text, from the beginning or from the end."""
    wanted = text.lower()
    scored = []
    for chain, address in names:
        own = address.lower()
        same = max(
            _agreeing(own, wanted) - len(_head(own)),
            _agreeing(own[::-1], wanted[::-1]),
        )
        if same >= _ALIKE:
            scored.append((-same, chain, address))
    return [(chain, address) for _, chain, address in sorted(scored)]


def _agreeing(one: str, other: str) -> int:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _unknown(
    text: str, likely: list[tuple[ChainId, str]], refused: AddressError | None, *, is_form: bool
) -> InputError:
    meant = f"Did you mean {_listed(likely)}?" if likely else ""
    if refused is not None:
        return AddressError(refused.what, why=refused.why, next_step=meant or refused.next_step)
    shown = text[:100]
    begun = "No row of it names an address that is so, or begins so."
    why = "It is in no row of it: nothing was seen to come from there or to go there." if is_form else begun
    other = f"What the registry holds on it: tracer why {shown}" if is_form else "Copy it whole, or write more of it."
    kind = AbsentError if is_form else InputError
    return kind(f"{shown!r} is no address of this case.", why=why, next_step=meant or other)


def _listed(found: list[tuple[ChainId, str]]) -> str:
    several = len({chain for chain, _ in found}) > 1
    shown = [caip10(*one) if several else one[1] for one in found[:_SUGGESTED]]
    more = len(found) - len(shown)
    return f"{' or '.join(shown)}{f' or one of {more} more' if more else ''}"
