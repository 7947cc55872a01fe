"""What a collection may read and where it stops reading; printed with everything collected under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tracer.errors import InputError
from tracer.model import ChainId, Holder, parse_amount, parse_chain, parse_holder
from tracer.trace import DIRECTIONS, Options

_USUAL: Final = Options()


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to read.

    Attributes
    ----------
    options : Options
        Where following stops; its policy counts for nothing here.
    direction : str
        ``forward``, where the money of the seeds went; ``back``, where it came from.
    addresses : int or None
        Holders read at most; ``None`` for no limit.
    rows : int or None
        No further holder is read once this many rows are held.
    high_degree : int or None
        Holders with more transactions than this are not read and stop as ``high_degree``.
    contracts : bool
        Whether an address with code and without a label is read; else it stops as ``contract``.
    balances : bool
        Whether balances at both ends of the window are asked for.
    since : dict of ChainId to int
        First block of the window; where a chain is not named, the first block of its seed transactions, or backward
        the first block of the chain.
    also : frozenset of (ChainId, str)
        Holders to read whether or not anything stolen can have reached them.
    """

    options: Options = field(default_factory=Options)
    direction: str = _USUAL.direction
    addresses: int | None = 500
    rows: int | None = 200_000
    high_degree: int | None = 5_000
    contracts: bool = False
    balances: bool = True
    since: dict[ChainId, int] = field(default_factory=dict)
    also: frozenset[Holder] = frozenset()

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise InputError(f"{self.direction!r} is no direction.", next_step="Choose forward or back.")
        for name in ("addresses", "rows", "high_degree"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}, but must be 1 or more.")


def limits_of(
    options: Options,
    *,
    addresses: int | None = None,
    rows: int | None = None,
    high_degree: int | None = None,
    contracts: bool | None = None,
) -> Limits:
    """Return limits from what a caller says; ``None`` says nothing, and takes the default, 0 is no limit.

    Parameters
    ----------
    options : Options
        Where following stops, and the direction.
    addresses, rows, high_degree, contracts
        As in :class:`Limits`.
    """
    numbers = {"addresses": addresses, "rows": rows, "high_degree": high_degree}
    given: dict[str, Any] = {name: value or None for name, value in numbers.items() if value is not None}
    given |= {} if contracts is None else {"contracts": contracts}
    # The direction stands once, in the limits themselves.
    return Limits(replace(options, direction=_USUAL.direction), direction=options.direction, **given)


def limits_record(limits: Limits) -> dict[str, str | tuple[str, ...]]:
    """Return limits as text, for a manifest: numbers in digits, no limit as ``none``."""
    options = limits.options
    return {
        "direction": limits.direction,
        "addresses": _text(limits.addresses),
        "rows": _text(limits.rows),
        "transactions": _text(limits.high_degree),
        "contracts": _text(limits.contracts),
        "balances": _text(limits.balances),
        "since": tuple(f"{chain} {block}" for chain, block in sorted(limits.since.items())),
        "also": tuple(f"{chain} {holder}" for chain, holder in sorted(limits.also)),
        "stop_at": options.stop_at,
        "max_hops": _text(options.max_hops),
        "min_amount": str(options.min_amount),
        "counterparties": _text(options.high_degree),
        "until": _text(options.until),
        "grade": options.grade,
        "as_of": options.as_of,
    }


def limits_from(record: Mapping[str, str | tuple[str, ...]]) -> Limits:
    """Return the limits a manifest holds.

    Raises
    ------
    InputError
        If a part is missing or has another form.
    """
    return Limits(
        Options(
            stop_at=_texts(record, "stop_at"),
            max_hops=_number(record, "max_hops"),
            min_amount=_number(record, "min_amount") or 0,
            high_degree=_number(record, "counterparties"),
            until=_number(record, "until"),
            grade=_one(record, "grade"),
            as_of=_one(record, "as_of"),
        ),
        direction=_one(record, "direction"),
        addresses=_number(record, "addresses"),
        rows=_number(record, "rows"),
        high_degree=_number(record, "transactions"),
        contracts=_one(record, "contracts") == "true",
        balances=_one(record, "balances") == "true",
        since={parse_chain(chain): parse_amount(block) for chain, block in _pairs(record, "since")},
        also=frozenset(
            (chain := parse_chain(name), parse_holder(chain, holder)) for name, holder in _pairs(record, "also")
        ),
    )


def _text(value: int | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def _one(record: Mapping[str, str | tuple[str, ...]], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise InputError(f"The limits of the collection do not say {key!r}.")
    return value


def _number(record: Mapping[str, str | tuple[str, ...]], key: str) -> int | None:
    text = _one(record, key)
    return None if text == "none" else parse_amount(text)


def _texts(record: Mapping[str, str | tuple[str, ...]], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if not isinstance(value, tuple):
        raise InputError(f"The limits of the collection do not list {key!r}.")
    return value


def _pairs(record: Mapping[str, str | tuple[str, ...]], key: str) -> list[tuple[str, str]]:
    pairs = [text.partition(" ") for text in _texts(record, key)]
    return [(first, second) for first, _, second in pairs]
