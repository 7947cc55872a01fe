"""Two sources about the same holders: every difference, by the id the chain gives a movement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tracer.collect.dataset import Dataset
from tracer.collect.reader import Reader
from tracer.model import ChainId, Collected
from tracer.providers import History, Provider


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A movement that two sources do not give alike.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    holder : str
        Whose history was compared.
    id : str
        Of the movement; its transaction and content where a source gives no id.
    first, second : str
        What each source says: a line of words, empty where it does not have it.
    """

    chain: ChainId
    holder: str
    id: str
    first: str
    second: str


def differences(reader: Reader, second: Provider, gathered: Dataset) -> list[Difference]:
    """Return how the histories of a second source differ from those collected, holder by holder.

    Parameters
    ----------
    reader : Reader
        With what was collected.
    second : Provider
        Asked for the same windows; its head is that of the collection.
    gathered : Dataset
        Says which holders were read.
    """
    chain = second.chain
    other = Reader({chain: second})
    found: list[Difference] = []
    for (where, holder), status in gathered.holders.items():
        if where == chain and status in ("whole", "partial"):
            since = gathered.since[chain]
            found += compared(chain, holder, reader.history(chain, holder, since), other.history(chain, holder, since))
    return sorted(found)


def compared(chain: ChainId, holder: str, first: History, second: History) -> list[Difference]:
    """Return the differences of two histories of one holder."""
    one, two = _lines(first), _lines(second)
    found = [
        Difference(chain, holder, key, one.get(key, ""), two.get(key, ""))
        for key in sorted({*one, *two})
        if one.get(key, "") != two.get(key, "")
    ]
    gaps = [" ".join(_gaps(history)) for history in (first, second)]
    return found if gaps == ["", ""] else [*found, Difference(chain, holder, "coverage", *gaps)]


def _lines(history: History) -> dict[str, str]:
    lines = {row.id: _words(row) for row in history.rows if row.id}
    nameless = Counter(f"{row.tx} {_words(row)}" for row in history.rows if not row.id)
    lines |= {words: f"{times} times" for words, times in nameless.items()}
    for tx in history.transactions:
        coins = (*((coin, "in") for coin in tx.inputs), *((coin, "out") for coin in tx.outputs))
        words = " ".join(f"{side} {coin.outpoint} {coin.amount}" for coin, side in coins)
        lines[f"{tx.block_hash}/{tx.tx}"] = f"block {tx.block} {words}"
    return lines


def _words(row: Collected) -> str:
    return f"block {row.block} {row.kind} {row.sender or '-'} > {row.recipient or '-'} {row.amount} {row.asset}"


def _gaps(history: History) -> Iterable[str]:
    return sorted({f"{one.endpoint}: {one.reason}" for one in history.coverage if not one.complete})
