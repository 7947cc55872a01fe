"""Which chain a file is of: what its rows say, its unit, its heights; never Ethereum in silence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from tracer.errors import DataFileError, InputError
from tracer.model import CHAINS, DEFAULT_CHAIN, TRON, ChainId, chain_by_word, chain_of

_BY_UNIT: Final = {
    "bnb": "eip155:56",
    "pol": "eip155:137",
    "matic": "eip155:137",
    "avax": "eip155:43114",
    "ftm": "eip155:250",
    "xdai": "eip155:100",
    "etc": "eip155:61",
    "trx": TRON,
}
_NOT_HELD: Final = {"one": "Harmony", "sol": "Solana", "ht": "HECO", "movr": "Moonriver", "cro": "Cronos"}
_BY_NAME: Final = {
    "ethereum": "eip155:1",
    "eth": "eip155:1",
    "bsc": "eip155:56",
    "bnb": "eip155:56",
    "polygon": "eip155:137",
    "matic": "eip155:137",
    "arbitrum": "eip155:42161",
    "arbitrum_one": "eip155:42161",
    "optimism": "eip155:10",
    "base": "eip155:8453",
    "avalanche": "eip155:43114",
    "avalanche_c": "eip155:43114",
    "fantom": "eip155:250",
    "gnosis": "eip155:100",
    "tron": TRON,
    "bitcoin": "bip122:000000000019d6689c085ae165831e93",
}
# Heights and header times of Ethereum, a million blocks apart; since the Merge a slot lasts twelve seconds.
_ANCHORS: Final = (
    (0, 1438269973),
    (1_000_000, 1455404053),
    (2_000_000, 1470173578),
    (3_000_000, 1484475035),
    (4_000_000, 1499633567),
    (5_000_000, 1517319693),
    (6_000_000, 1532118564),
    (7_000_000, 1546466952),
    (8_000_000, 1561100149),
    (9_000_000, 1574706444),
    (10_000_000, 1588598533),
    (11_000_000, 1602667372),
    (12_000_000, 1615234816),
    (13_000_000, 1628166822),
    (14_000_000, 1642114795),
    (15_000_000, 1655778535),
    (15_537_394, 1663224179),
)
_SLOT: Final = 12
_BELOW, _ABOVE = 0.03, 0.01
"""How far a height may lie from the reckoned one: slots are missed, and the early pace varied."""
_HIGHEST: Final = 40_000_000
"""A height that Ethereum reaches in the 2030s; more cannot be its."""


def held_chain(text: str) -> ChainId:
    """Return a chain the table of chains has.

    Raises
    ------
    InputError
        If the text is no chain, or one of which coin and decimals are not known.
    """
    try:
        chain = chain_by_word(text)
    except InputError as cause:
        raise InputError(cause.what, why=cause.why, next_step=f"Chains that are known: {_held()}.") from cause
    if chain not in CHAINS:
        raise InputError(
            f"The chain {text[:60]!r} is not in the table of chains.",
            why="Its coin and the decimals of it are not known, so that no amount can be read exactly.",
            next_step=f"Chains that are: {_held()}.",
        )
    return chain


def _held() -> str:
    return ", ".join(f"{one.name} {one.id}" for one in CHAINS.values())


def chain_of_unit(unit: str, file: str) -> ChainId | None:
    """Return the chain that a unit names alone; ``None`` for ETH and for no unit."""
    lower = unit.lower()
    if lower in _NOT_HELD:
        raise DataFileError(
            f"{file} is of {_NOT_HELD[lower]} (its unit is {unit[:10]}), which is not in the table of chains.",
            why="The coin's decimals are not known to this program, so that no amount can be read exactly.",
            next_step="Another chain whose coin is called the same is said with --chain.",
        )
    return ChainId(_BY_UNIT[lower]) if lower in _BY_UNIT else None


def chain_of_name(name: str) -> ChainId | None:
    """Return the chain a warehouse calls by a name, or ``None``."""
    lower = name.strip().lower()
    return ChainId(_BY_NAME[lower]) if lower in _BY_NAME else None


def chain_of_number(text: str) -> ChainId | None:
    """Return the chain of an EVM chain number, if the table of chains has it."""
    chain = ChainId(f"eip155:{text}")
    return chain if chain in CHAINS else None


def reckoned_height(time: int) -> int:
    """Return about which height Ethereum had at a time.

    Examples
    --------
    >>> abs(reckoned_height(1648042149) - 14442835) < 20000
    True
    """
    if time >= _ANCHORS[-1][1]:
        return _ANCHORS[-1][0] + (time - _ANCHORS[-1][1]) // _SLOT
    place = bisect_right(_ANCHORS, time, key=lambda anchor: anchor[1])
    if place == 0:
        return 0
    (low, start), (high, end) = _ANCHORS[place - 1], _ANCHORS[place]
    return low + (time - start) * (high - low) // (end - start)


def is_ethereum_height(block: int, time: int | None) -> bool:
    """Return whether a height can be Ethereum's, at a time if that is known."""
    if time is None:
        return block <= _HIGHEST
    reckoned = reckoned_height(time)
    return reckoned * (1 - _BELOW) - 20_000 <= block <= reckoned * (1 + _ABOVE) + 20_000


def decide_chain(
    file: str, given: ChainId | None, found: ChainId | None, heights: Iterable[tuple[int, int | None]]
) -> tuple[ChainId, str]:
    """Return the chain of a file that does not say it in every row, and what is to be said of it.

    Parameters
    ----------
    file : str
        File name.
    given : ChainId or None
        What the caller said.
    found : ChainId or None
        What the file's own unit or chain number says.
    heights : iterable of tuple of int and (int or None)
        Heights and times of its rows.

    Raises
    ------
    DataFileError
        If the two contradict each other, or the heights prove that it is not Ethereum.
    """
    if given is not None and found is not None and given != found:
        raise DataFileError(
            f"{file} is of {chain_of(found).name}, but --chain says {chain_of(given).name}.",
            next_step="Leave --chain out, or import the files of each chain on their own.",
        )
    chain = given or found
    checked = list(heights)
    odd = next((pair for pair in checked if not is_ethereum_height(*pair)), None)
    if chain is None and odd is not None:
        raise DataFileError(
            f"{file}: which chain is it of? Nothing in the file says it, and block {odd[0]} cannot be Ethereum's"
            f"{' at that time' if odd[1] is not None else ''}.",
            why="Sites of many chains write the same columns and call the coin ETH.",
            next_step="Add --chain, for example --chain eip155:42161 for Arbitrum One, eip155:8453 for Base.",
        )
    if given == DEFAULT_CHAIN and odd is not None:
        raise DataFileError(
            f"{file}: --chain says Ethereum, but block {odd[0]} cannot be its"
            f"{' at that time' if odd[1] is not None else ''}.",
            next_step="Say the chain the file is of.",
        )
    if chain is not None:
        return chain, ""
    timed = any(time is not None for _, time in checked)
    why = "its block heights fit the times" if timed else "nothing in the file can prove or disprove it"
    return DEFAULT_CHAIN, f"{file}: no chain is named; read as Ethereum, {why}. If it is another: --chain."
