"""What there is to say of addresses that no row of a case names: the registry, the same key, a look-alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from tracer.analysis import split_chain
from tracer.io import plain
from tracer.model import (
    TRON,
    ChainId,
    Holder,
    Statement,
    caip10,
    chain_by_word,
    chain_of,
    hex_form,
    parse_address,
)
from tracer.registry import SAME_KEY, all_statements, in_force, release_date, same_key
from tracer.report import (
    NAMED,
    SAME_KEY_NAMED,
    SANCTIONED,
    Asked,
)

if TYPE_CHECKING:
    pass

_END: Final = 4
_ALIKE: Final = 10
"""Characters alike, from both ends together, of addresses that one takes for each other."""


class Absent:
    """What can be said of addresses that are in no row of a case.

    Parameters
    ----------
    case : str
        The case's id.
    names : frozenset of Holder
        Every address and outpoint that its rows name.
    as_of : str
        The day as of which the registry is asked; empty for its release.
    registry : bool
        Whether the registry is asked at all.
    """

    def __init__(self, case: str, names: frozenset[Holder], *, as_of: str, registry: bool) -> None:
        self.case, self.names, self.as_of, self.registry = case, names, as_of, registry
        self._ends: dict[tuple[str, str], list[str]] | None = None

    def answers(self, absent: Sequence[Asked]) -> dict[Asked, dict[str, Any]]:
        """Return what there is to say of the absent: the registry's word, of the same key elsewhere, or a look-alike's.

        The registry's statements are those in force on the day used; the strongest rank counts. Of an address that only
        others are of, that is said, and its answer stays that no row names it.
        """
        day = self.as_of or release_date()
        said: dict[str, list[Statement]] = defaultdict(list)
        others: dict[str, list[Statement]] = defaultdict(list)
        for one in all_statements() if self.registry and absent else ():
            (said if in_force(one, day) else others)[one.address].append(one)
        found: dict[Asked, dict[str, Any]] = {}
        for asked in absent:
            on, rest = split_chain(asked.text)
            on = on or (chain_by_word(asked.chain) if asked.chain else None)
            name = hex_form(rest) if rest.startswith("0x") else rest
            mine = sorted(
                (one for one in said.get(name, []) if on in (None, one.chain)), key=lambda one: one.source.rank
            )
            if mine:
                found[asked] = _outside([one for one in mine if one.chain == mine[0].chain])
            elif earlier := [one for one in others.get(name, []) if on in (None, one.chain)]:
                found[asked] = {"why": _not_in_force(min(earlier, key=lambda one: one.source.rank))}
            elif hint := self._same_key(on, rest, said):
                found[asked] = {"answer": SAME_KEY_NAMED} | hint
            elif alike := self._look_alike(name):
                found[asked] = {"why": f"Did you mean {alike}, an address of {self.case}? It looks like it."}
        return found

    def _same_key(self, on: ChainId | None, text: str, said: Mapping[str, Sequence[Statement]]) -> dict[str, Any]:
        """Return what is said of the key of an address on other chains: a hint, never a label of the address."""
        key = hex_form(text)
        if not key:
            return {}
        there = sorted(chain for chain, name in self.names if name == key and chain != on)
        forms = [key, parse_address(TRON, key)]
        held = [one for form in forms for one in said.get(form, ()) if one.chain != on]
        elsewhere = same_key(caip10(on, text) if on else text, as_of=self.as_of) if held else ()
        mine = [one for one, meaning in elsewhere if meaning == SAME_KEY]
        if mine:
            first = next((one for one in mine if one.property == "sanction"), mine[0])
            return {
                "why": f"A hint, no label: {chain_of(first.chain).name} {first.address}, the same key, is named by "
                f"{plain(first.source.publisher)}: {plain(first.value)}",
                "rank": first.source.rank,
                "evidence_url": first.source.url,
            }
        if there and not held:
            where = f"{chain_of(there[0]).name}, in {self.case}"
            return {"why": f"A hint, no label: the same address is in rows on {where}. Was that chain meant?"}
        return {}

    def _look_alike(self, text: str) -> str:
        """Return an address of the case that begins and ends as a text does, which is none of it."""
        if self._ends is None:
            self._ends = defaultdict(list)
            for _, name in sorted(self.names):
                for end in _both_ends(name):
                    self._ends[end].append(name)
        near = dict.fromkeys(name for end in _both_ends(text) for name in self._ends.get(end, ()))
        return next((name for name in near if _alike(name, text)), "")


def _outside(said: Sequence[Statement]) -> dict[str, Any]:
    """Return what the registry says of an address that the case has no row of, as columns of an answer."""
    first = next((one for one in said if one.property == "sanction"), said[0])
    values = {one.property: one.value for one in reversed(said)}
    name = values.get("entity") or values.get("label") or first.value
    sanctioned = first.property == "sanction"
    who = plain(first.source.publisher)
    words = plain(f"{first.value} ({first.note})" if sanctioned and first.note else first.value if sanctioned else name)
    return {
        "answer": SANCTIONED if sanctioned else NAMED,
        "chain": first.chain,
        "address": first.address,
        "entity": name,
        "category": values.get("category", "sanctioned" if sanctioned else ""),
        "listed": f"named by {who}",
        "why": f"Named by {who}, on {chain_of(first.chain).name}, outside of this case: {words}",
        "rank": first.source.rank,
        "evidence_url": first.source.url,
    }


def _not_in_force(said: Statement) -> str:
    until, since = said.valid_until, said.valid_from
    when = f"until {until}" if until else f"from {since}"
    return f"Not in force on the day used: named by {plain(said.source.publisher)}, {when}: {plain(said.value)}"


def _both_ends(text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    body = text.removeprefix("0x")
    return ("begins", body[:_END]), ("ends", body[-_END:])


def _alike(one: str, other: str) -> bool:
    """Return whether two addresses of one length agree so far from both ends that one can be taken for the other."""
    if len(one) != len(other):
        return False
    body, text = one.removeprefix("0x"), other.removeprefix("0x")
    pairs = list(zip(body, text, strict=True))
    same = [sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], way)) for way in (pairs, reversed(pairs))]
    return sum(same) >= _ALIKE
