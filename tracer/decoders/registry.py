"""Decoders by name: registered explicitly, asked in one order, and none outvotes another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tracer.decoders.contract import ACTIONS, Action, Decoder, Interests, Need
from tracer.decoders.flows import SHOWN_BY_FLOWS
from tracer.errors import InputError
from tracer.model import GRADES, AssetId, TxRecord

PLAIN: Final = "ledger"
"""Protocol of a leg that is no more than its movement."""
_CROSSINGS: Final = ("bridge_out", "bridge_in")
_PLAIN_ACTIONS: Final = {"fee": "fee", "mint": "mint", "burn": "burn"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is made of one transaction.

    Attributes
    ----------
    actions : tuple of Action
        Legs in order: what decoders say, then each movement that none of them explains.
    needs : tuple of Need
        What decoders lack; empty where nothing is.
    """

    actions: tuple[Action, ...]
    needs: tuple[Need, ...] = ()

    def conversions(self) -> tuple[tuple[int, ...], ...]:
        """Return the movements that are one event together, each group ascending, in order."""
        return _groups(self.actions)


class DecoderRegistry:
    """Decoders by name.

    Parameters
    ----------
    decoders : iterable of Decoder
        Registered in turn.
    """

    def __init__(self, decoders: Iterable[Decoder] = ()) -> None:
        self._decoders: dict[str, tuple[Decoder, Interests]] = {}
        for decoder in decoders:
            self.register(decoder)

    def register(self, decoder: Decoder) -> None:
        """Add a decoder, of this package or of anybody else.

        Raises
        ------
        InputError
            If there is one of that name or with the same interests, it is interested in nothing, or its name is none.
        """
        name, wanted = decoder.name, decoder.interests()
        if not name.isidentifier() or name == PLAIN:
            raise InputError(f"{name[:40]!r} is not a name for a decoder.", why="It is written as a name in Python is.")
        if wanted == Interests(chains=wanted.chains):
            raise InputError(
                f"The decoder {name!r} is interested in nothing.",
                why="No transaction would ever be shown to it.",
                next_step="Name addresses, topics, selectors or memos in its interests().",
            )
        for other, (_, held) in self._decoders.items():
            if other == name or held == wanted or (held.everything and wanted.everything):
                raise InputError(
                    f"The decoders {other!r} and {name!r} would both speak for the same transactions.",
                    why="Which of the two is right could not be told.",
                    next_step="Register one of them, or narrow its interests().",
                )
        # By name, general rules after all others: the order in which they are asked never depends on who came first.
        every = sorted(
            {**self._decoders, name: (decoder, wanted)}.items(), key=lambda one: (one[1][1].everything, one[0])
        )
        self._decoders = dict(every)

    def names(self) -> tuple[str, ...]:
        """Return the names of all decoders, general rules last."""
        return tuple(self._decoders)

    def decoder(self, name: str) -> Decoder:
        """Return the decoder of a name.

        Raises
        ------
        InputError
            If there is none.
        """
        if name not in self._decoders:
            raise InputError(
                f"There is no decoder {name[:40]!r}.", next_step=f"There are: {', '.join(self._decoders)}."
            )
        return self._decoders[name][0]

    def decode(self, record: TxRecord) -> Decoded:
        """Return what a transaction means; a movement that nobody explains stands as what it is.

        Of every holder and token the legs add up to what the movements leave it with: where a decoder speaks for one
        side of a movement alone, the other side stands as a transfer.

        Raises
        ------
        InputError
            If a decoder breaks its contract: a leg of no movement of the record, of no known action or grade.
        """
        actions, needs = self._said(record)
        explained = {index for action in actions for index in action.moves}
        rest = (
            leg for index in range(len(record.movements)) if index not in explained for leg in _plain(record, index)
        )
        return Decoded((*actions, *_other_sides(record, actions), *rest), needs)

    def conversions(self, record: TxRecord) -> tuple[tuple[int, ...], ...]:
        """Return the movements of a transaction that are one event together, each group ascending, in order."""
        return _groups(self._said(record)[0])

    def _said(self, record: TxRecord) -> tuple[tuple[Action, ...], tuple[Need, ...]]:
        actions: list[Action] = []
        needs: list[Need] = []
        shown: dict[str, list[tuple[Interests, tuple[Action, ...]]]] = {}
        crossings: list[tuple[Interests, tuple[Action, ...]]] = []
        for name, (decoder, wanted) in self._decoders.items():
            if not wanted.meets(record):
                continue
            answer = decoder.decode(record)
            if isinstance(answer, Need):
                needs.append(answer)
                continue
            _check(name, answer, record)
            for event in dict.fromkeys(one.event for one in answer if SHOWN_BY_FLOWS in one.event):
                shown.setdefault(event, []).append((wanted, tuple(one for one in answer if one.event == event)))
            answer = tuple(one for one in answer if SHOWN_BY_FLOWS not in one.event)
            if wanted.everything:
                taken = {index for one in actions for index in one.moves} | {
                    index for told in shown.values() for one in told[0][1] for index in one.moves
                }
                actions += [one for one in answer if not taken & {*one.moves}]
            elif any(one.action in _CROSSINGS and not one.event for one in answer):
                crossings.append((wanted, answer))
            elif _taken(actions) & {index for one in answer if one.event for index in one.moves}:
                actions = _disputed(actions, answer)
            else:
                actions += answer
        actions += _crossed(crossings)
        # A deposit and a loan beside it look like an exchange, and are none: what touches a position is not one.
        own = (one for one in actions if one.position and one.holder == record.sender)
        taken = _taken(actions) | {index for one in own for index in one.moves}
        for told in shown.values():
            legs = _named(told)
            # What net flows show gives way to whoever knows more of the same movements.
            if not taken & {index for one in legs for index in one.moves}:
                actions += legs
        return tuple(actions), tuple(needs)


def _crossed(told: list[tuple[Interests, tuple[Action, ...]]]) -> list[Action]:
    """Return legs over bridges once each: a front end's own record only adds to that of the bridge underneath.

    What both tell is one where the same movement bears them out, or the amount is the same: it keeps the bridge's key,
    and takes from the front end what the bridge does not say.
    """
    kept: list[Action] = []
    for wanted, answer in sorted(told, key=lambda one: one[0].front):
        for leg in answer:
            at = next((i for i, one in enumerate(kept) if wanted.front and _same_crossing(one, leg)), None)
            if at is None:
                kept.append(leg)
                continue
            one = kept[at]
            kept[at] = replace(
                one,
                dest_chain=one.dest_chain or leg.dest_chain,
                dest_recipient=one.dest_recipient or leg.dest_recipient,
                src_chain=one.src_chain or leg.src_chain,
                via=tuple(sorted({*one.via, leg.protocol})),
            )
    return kept


def _same_crossing(one: Action, other: Action) -> bool:
    if one.action != other.action or one.protocol == other.protocol:
        return False
    # The coin and its wrapped form are paid by different movements and are the same crossing.
    return bool({*one.moves} & {*other.moves}) or one.amount == other.amount


def _taken(actions: Iterable[Action]) -> set[int]:
    """Return the movements that a conversion, or what is not understood, has."""
    return {index for one in actions if one.event or one.action == "unknown" for index in one.moves}


def _named(told: list[tuple[Interests, tuple[Action, ...]]]) -> tuple[Action, ...]:
    """Return the legs of a conversion that net flows show under the name of whoever knows it best.

    That is who knows it for something else than a swap, else who stands in front, else a venue, and the general rule
    last. The others are named beside.
    """
    _, legs = min(
        told, key=lambda one: (one[1][0].action == "swap", not one[0].front, one[0].everything, one[1][0].protocol)
    )
    others = {theirs[0].protocol for asked, theirs in told if not asked.everything and theirs is not legs}
    return tuple(replace(leg, via=tuple(sorted(others))) for leg in legs)


def _other_sides(record: TxRecord, actions: tuple[Action, ...]) -> list[Action]:
    """Return a transfer for each holder of which the legs say less, or more, than the movements they explain.

    What net flows show is whole in itself: its legs are all sides of its movements, and of wraps that none shows.
    """
    whole = {index for action in actions if SHOWN_BY_FLOWS in action.event for index in action.moves}
    actions = tuple(action for action in actions if SHOWN_BY_FLOWS not in action.event)
    left: dict[tuple[str, AssetId], int] = {}
    beside: dict[tuple[str, AssetId], set[str]] = {}
    where: dict[tuple[str, AssetId], set[int]] = {}
    for index in sorted({index for action in actions for index in action.moves}):
        row = record.movements[index]
        units = 0 if index in whole else row.amount
        for holder, other, amount in ((row.sender, row.recipient, -units), (row.recipient, row.sender, units)):
            if holder:
                left[holder, row.asset] = left.get((holder, row.asset), 0) + amount
                beside.setdefault((holder, row.asset), set()).add(other)
                where.setdefault((holder, row.asset), set()).add(index)
    for action in actions:
        if (action.holder, action.asset) in left and action.moves:
            left[action.holder, action.asset] -= action.amount
    return [
        Action(
            protocol=PLAIN,
            action="transfer",
            holder=holder,
            counterparty=next(iter(beside[holder, asset])) if len(beside[holder, asset]) == 1 else "",
            asset=asset,
            amount=amount,
            moves=tuple(sorted(where[holder, asset])),
        )
        for (holder, asset), amount in left.items()
        if amount
    ]


def _check(name: str, answer: tuple[Action, ...], record: TxRecord) -> None:
    """Refuse legs that break the contract: a decoder may be anybody's."""
    for leg in answer:
        known = leg.action in ACTIONS and leg.grade in GRADES and leg.protocol == name
        places = all(0 <= index < len(record.movements) for index in leg.moves) and leg.moves == tuple(
            sorted({*leg.moves})
        )
        if not known or not places or (leg.action == "unknown" and not leg.reason):
            raise InputError(
                f"The decoder {name!r} broke its contract in {record.tx[:80]}.",
                why="A leg has an unknown action, grade or protocol, movements that the record lacks, or no reason.",
                next_step="Mend it, or leave it out.",
            )


def _disputed(actions: list[Action], answer: tuple[Action, ...]) -> list[Action]:
    """Return legs of which conversions of the same movements by two decoders are unknown, since neither is better."""
    both = [*actions, *answer]
    mine = [{index for one in legs if one.event for index in one.moves} for legs in (actions, answer)]
    shared = mine[0] & mine[1]
    events = {one.event for one in both if one.event and shared & {*one.moves}}
    names = " and ".join(sorted({one.protocol for one in both if one.event in events}))
    reason = f"{names} both explain it, and differ."
    return [replace(one, action="unknown", event="", reason=reason) if one.event in events else one for one in both]


def _groups(actions: tuple[Action, ...]) -> tuple[tuple[int, ...], ...]:
    groups: dict[str, set[int]] = {}
    for action in actions:
        if action.event:
            groups.setdefault(action.event, set()).update(action.moves)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values() if group))


def _plain(record: TxRecord, index: int) -> list[Action]:
    """Return the legs of a movement that no decoder explains: its payer's and its payee's."""
    row = record.movements[index]
    legs = []
    for holder, other, amount in ((row.sender, row.recipient, -row.amount), (row.recipient, row.sender, row.amount)):
        if holder:
            legs.append(
                Action(
                    protocol=PLAIN,
                    action=_PLAIN_ACTIONS.get(row.kind, "transfer"),
                    holder=holder,
                    counterparty=other,
                    asset=row.asset,
                    amount=amount,
                    moves=(index,),
                )
            )
    return legs
