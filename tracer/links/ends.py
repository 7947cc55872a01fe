"""What a matcher knows of one end of a transfer across chains, and under which terms two ends can belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from tracer.errors import InputError
from tracer.links.calendar import NO_CALENDAR, Calendar
from tracer.model import MovementId

DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEnd:
    """One end: a payment into a service, or a payment out of one.

    Attributes
    ----------
    leg : str
        What it is called; unique on its side.
    chain : str
        Where it happened.
    tx : str
        Transaction hash.
    time : int or None
        Header time, seconds UTC.
    asset : str
        What moved.
    amount : int
        Base units, above zero.
    sender : str
        Who gave it.
    recipient : str
        Going in: to whom it is meant, as the source itself says; empty where it does not. Coming out: who received it.
    key : str
        The service's own identifier of the transfer; empty where the data has none.
    dest_chain : str
        Going in: the chain it is meant for, as the source itself says; empty where it does not.
    src_chain : str
        Coming out: the chain it comes from, as the destination itself says; empty where it does not.
    service : str
        Which bridge or service; empty where that is not known.
    movements : tuple of MovementId
        What moved, where it was collected.
    """

    leg: str
    chain: str
    tx: str
    time: int | None
    asset: str
    amount: int
    sender: str = ""
    recipient: str = ""
    key: str = ""
    dest_chain: str = ""
    src_chain: str = ""
    service: str = ""
    movements: tuple[MovementId, ...] = ()

    def place(self) -> tuple[int, str, str, str]:
        """Return its place in the total order of its side; rows in any order come out the same."""
        return -1 if self.time is None else self.time, self.chain, self.tx, self.leg


class Counterpart(NamedTuple):
    """An asset that comes out for another, unit by unit.

    Attributes
    ----------
    asset : str
        What comes out (of a source's asset), or went in (of a destination's).
    up, down : int
        ``up`` times an amount that goes in is the same value as ``down`` times an equal amount that comes out.
    """

    asset: str
    up: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class SameUnit:
    """Which assets are one unit on two chains; an asset that is not named is one unit with its own name alone.

    Attributes
    ----------
    forward : mapping of str to tuple of Counterpart
        By what goes in, what comes out for it.
    backward : mapping of str to tuple of Counterpart
        The same the other way.
    """

    forward: Mapping[str, tuple[Counterpart, ...]] = field(default_factory=dict)
    backward: Mapping[str, tuple[Counterpart, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Mapping[tuple[str, str], tuple[int, int]]) -> SameUnit:
        """Return the table of pairs of assets with the decimals of each.

        Examples
        --------
        >>> SameUnit.of({("a", "b"): (18, 6)}).out_for("a")
        (Counterpart(asset='b', up=1, down=1000000000000),)
        """
        forward: dict[str, list[Counterpart]] = {}
        backward: dict[str, list[Counterpart]] = {}
        for (gone, come), (before, after) in sorted(pairs.items()):
            up, down = 10 ** max(after - before, 0), 10 ** max(before - after, 0)
            forward.setdefault(gone, []).append(Counterpart(come, up, down))
            backward.setdefault(come, []).append(Counterpart(gone, up, down))
        return cls(
            {asset: tuple(found) for asset, found in forward.items()},
            {asset: tuple(found) for asset, found in backward.items()},
        )

    def is_named(self, asset: str) -> bool:
        """Return whether the table says what comes out for an asset, or what goes in for it."""
        return asset in self.forward or asset in self.backward

    def out_for(self, asset: str) -> tuple[Counterpart, ...]:
        """Return what can come out for an asset."""
        return self.forward.get(asset, (Counterpart(asset),))

    def in_for(self, asset: str) -> tuple[Counterpart, ...]:
        """Return what can have gone in for an asset."""
        found = self.backward.get(asset, ())
        return found if asset in self.forward else (*found, Counterpart(asset))

    def between(self, gone: str, come: str) -> Counterpart | None:
        """Return how two assets compare; ``None`` where they are not one unit."""
        return next((one for one in self.out_for(gone) if one.asset == come), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms two ends without a common identifier can belong together.

    Attributes
    ----------
    same_unit : SameUnit
        Which assets are one unit.
    max_delay : int
        Seconds; what comes out later does not belong to it.
    min_fee, max_fee : Fraction
        Share of the amount that is kept, at least and at most.
    calendar : Calendar
        When services were open.
    ignore_recipients : bool
        Whether what sources say of the recipient is left aside, as where it cannot be read.
    """

    same_unit: SameUnit = field(default_factory=SameUnit)
    max_delay: int = DAY
    min_fee: Fraction = Fraction(0)
    max_fee: Fraction = Fraction(1, 100)
    calendar: Calendar = NO_CALENDAR
    ignore_recipients: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.min_fee <= self.max_fee <= 1 or self.min_fee == 1:
            raise InputError(
                f"The fee is to be between {self.min_fee} and {self.max_fee}, which are no shares of an amount.",
                next_step="Give the least share first, both from 0 to 1, as 0 and 1/100.",
            )
        if self.max_delay < 1:
            raise InputError(f"The longest delay is {self.max_delay} seconds.", next_step="Give one second or more.")

    def come_out_for(self, amount: int, pair: Counterpart) -> tuple[int, int]:
        """Return the least and the most that can come out for an amount, base units of what comes out."""
        value, (kept, of), (low, low_of) = amount * pair.up, _ratio(self.max_fee), _ratio(self.min_fee)
        return -(-value * (of - kept) // (pair.down * of)), value * (low_of - low) // (pair.down * low_of)

    def gone_in_for(self, amount: int, pair: Counterpart) -> tuple[int, int | None]:
        """Return the least and the most that can have gone in for an amount; ``None``: any more."""
        value, (kept, of), (low, low_of) = amount * pair.down, _ratio(self.max_fee), _ratio(self.min_fee)
        most = value * of // (pair.up * (of - kept)) if of > kept else None
        return -(-value * low_of // (pair.up * (low_of - low))), most


def _ratio(share: Fraction) -> tuple[int, int]:
    return share.numerator, share.denominator


def fee_between(gone: BridgeEnd, come: BridgeEnd, same_unit: SameUnit) -> int | None:
    """Return what was kept, base units of what went in, rounded down; ``None`` where the ends are not of one unit."""
    pair = same_unit.between(gone.asset, come.asset)
    return None if pair is None else (gone.amount * pair.up - come.amount * pair.down) // pair.up
