"""A program that fetches numbers from a server into a bundle, to be killed: FOLDER URL ORDER-SEED COUNT."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from misbehaving_server import QUICK, asking

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.net.http import Http


def fetch(folder: Path, url: str, order: int, count: int) -> None:
    """Ask for the numbers below `count`, shuffled, some alone and some side by side."""
    numbers = list(range(count))
    random.Random(order).shuffle(numbers)
    with Http({url: QUICK}) as http, Store(folder, write=True) as store:
        exchange = LiveExchange(store, http)
        for start in range(0, count, 12):
            some = [asking(url, number) for number in numbers[start : start + 12]]
            exchange.ask_all(some[:9])
            for question in some[9:]:
                exchange.ask(*question)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
