"""Who can never be flagged: services, victims, contracts of tokens, addresses nobody controls (method guard)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tracer.flags.entry import FlagEntry, KeptOff
from tracer.model import CATEGORIES, GUARDED_ROLES, ChainId, Label, caip10, chain_of
from tracer.registry import ended
from tracer.trace import HolderInfo, TraceResult, assets_of, nobody, token_contracts

_BEHAVIOUR: Final = {
    "contract": "It is a contract whose code is not known.",
    "high_degree": "It has more counterparties than a private wallet.",
}


class Guard:
    """Answers for an address why it can never be listed; built once for a trace.

    Parameters
    ----------
    result : TraceResult
        The trace: its labels, and every contract used as an asset.
    victims : collection of str
        CAIP-10 accounts of the victims.
    listed : sequence of KeptOff
        Rows of the guard list (``addresses/guard.csv``).
    """

    def __init__(self, result: TraceResult, victims: Collection[str], listed: Sequence[KeptOff]) -> None:
        assets = {*result.assets, *assets_of(result.movements), *(leaf.asset for leaf in result.exits)}
        self._tokens = frozenset(caip10(*one) for one in token_contracts(assets))
        self._victims = frozenset(victims)
        self._robbed_keys = {one.rpartition(":")[2]: one for one in sorted(victims) if one.startswith("eip155:")}
        self._listed: dict[str, list[KeptOff]] = {}
        for row in listed:
            self._listed.setdefault(row.caip10, []).append(row)

    def why(self, holder: HolderInfo, *, named: Label | None) -> tuple[KeptOff, ...]:
        """Return every reason why a holder cannot be listed, one a class, sorted; none where it can.

        A label guards where it was in force at any time from the first arrival of stolen units on: a service that
        closed later was one when it was paid, one that opened since is one now. A label that had ended before guards
        nothing any more, and at an unknown time every label guards.

        Parameters
        ----------
        holder : HolderInfo
            An address the trace reached, with all its labels.
        named : Label or None
            The statement that names it for this incident, if any. It lifts the guard by behaviour (many
            counterparties, unknown code), and no other, unless the override is on file: see :meth:`lifted`. Nothing
            lifts what is true of the address itself: burn and zero addresses, tokens, victims.
        """
        return self._but(
            self._reasons(holder, named, self._labels(holder, overridden=_overridden(holder, named))), named
        )

    def lifted(self, holder: HolderInfo, *, named: Label | None) -> tuple[KeptOff, ...]:
        """Return the guard by labels that is overridden, and by whom: what an entry listed over it must say.

        The override on file is a label of rank A1 with the confidence ``override`` that names the address for the
        same incident.
        """
        if named is None or not _overridden(holder, named) or self.why(holder, named=named):
            return ()
        found = self._labels(holder, overridden=False).values()
        but = f" {named.publisher} (rank {named.rank}) names it for this incident, which overrides that."
        return tuple(sorted(KeptOff(r.caip10, r.cls, r.reason + but, r.source_url) for r in found))

    def said_on(self, rows: Sequence[FlagEntry], holder: HolderInfo, *, named: Label | None) -> list[FlagEntry]:
        """Return the entries of a holder, each with ``override:CLASS`` among its reasons for what was overridden."""
        codes = [f"override:{row.cls}" for row in self.lifted(holder, named=named)]
        return [replace(row, reason=";".join([*filter(None, [row.reason]), *codes])) for row in rows]

    def _labels(self, holder: HolderInfo, *, overridden: bool) -> dict[str, KeptOff]:
        """Return the guard by labels, by class; overridden, only victims are left."""
        account = caip10(holder.chain, holder.address)
        found: dict[str, KeptOff] = {}
        for label in holder.labels:
            cls = label.category if CATEGORIES[label.category].guard else label.role
            if cls not in GUARDED_ROLES and not CATEGORIES[label.category].guard:
                continue
            if overridden and cls not in {"victim", *GUARDED_ROLES}:
                continue
            if not ended(label, holder.first_time):
                said = label.publisher or "The table of labels"
                reason = f"{said} labels it {label.label!r} ({cls}{_when(label)})."
                found.setdefault(cls, KeptOff(account, cls, reason, label.source_url))
        return found

    def _reasons(self, holder: HolderInfo, named: Label | None, labels: Mapping[str, KeptOff]) -> tuple[KeptOff, ...]:
        account = caip10(holder.chain, holder.address)
        found = {row.cls: row for row in self._listed.get(account, ())}
        rule = nobody(holder.chain, holder.address)
        if rule:
            found.setdefault(rule, KeptOff(account, rule, "Nobody controls it.", ""))
        if account in self._tokens:
            found.setdefault("token", KeptOff(account, "token", "It is the contract of an asset of this case.", ""))
        if account in self._victims:
            found.setdefault("victim", KeptOff(account, "victim", "It belongs to the victim.", ""))
        for cls, row in labels.items():
            found.setdefault(cls, row)
        elsewhere = self._robbed_keys.get(holder.address)
        if elsewhere is not None and chain_of(holder.chain).family == "evm":
            reason = f"It is the key of the victim on {chain_of(ChainId(elsewhere.rpartition(':')[0])).name}."
            found.setdefault("victim", KeptOff(account, "victim", reason, ""))
        if holder.elsewhere and not named and not found:
            label = holder.elsewhere[0]
            said = f"{label.publisher or 'The table of labels'} labels the same address on {chain_of(label.chain).name}"
            reason = f"{said} {label.label!r} ({label.category}{_when(label)})."
            found["elsewhere"] = KeptOff(account, "elsewhere", reason, label.source_url)
        behaviour = _BEHAVIOUR.get(holder.stop_reason)
        if behaviour and not named and not found:
            found[holder.stop_reason] = KeptOff(account, holder.stop_reason, behaviour, "")
        return tuple(sorted(found.values()))

    @staticmethod
    def _but(found: tuple[KeptOff, ...], named: Label | None) -> tuple[KeptOff, ...]:
        """Return the reasons with the statement that names the address beside them."""
        if named is None:
            return found
        but = (
            f" {named.publisher} (rank {named.rank}) names it for this incident: listing it takes an override on file."
        )
        return tuple(sorted(KeptOff(r.caip10, r.cls, r.reason + but, r.source_url) for r in found))


def _overridden(holder: HolderInfo, named: Label | None) -> bool:
    return named is not None and any(
        (label.rank, label.confidence, label.incident) == ("A1", "override", named.incident)
        and not ended(label, holder.first_time)
        for label in holder.labels
    )


def _when(label: Label) -> str:
    since = f", from {label.valid_from}" if label.valid_from else ""
    return since + (f", until {label.valid_until}" if label.valid_until else "")
