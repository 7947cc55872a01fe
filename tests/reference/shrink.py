"""Makes a world that disagrees as small as it can be, so that whoever mends it can read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from worlds import World


def kind_of(message: str) -> str:
    """Return a disagreement without its names and numbers."""
    return re.sub(r"0x[0-9a-f]+|w?\d+\w*|[\[\](){}',]", "", message.split(": ", 1)[-1])[:30].strip()


def shrink(world: World, still: Callable[[World], bool], runs: int = 80) -> World:
    """Drop rows, labels and seeds, whole events at a time first, while the world still disagrees."""
    changed = True
    while changed and runs > 0:
        changed = False
        for name in ("rows", "labels", "seeds"):
            index = 0
            while index < len(getattr(world, name)) and runs > 0:
                held = getattr(world, name)
                event = held[index].get("event")
                kept = [
                    item for i, item in enumerate(held) if i != index and not (event and item.get("event") == event)
                ]
                if not kept and name != "labels":
                    break
                smaller = replace(world, **{name: kept})
                runs -= 1
                if still(smaller):
                    world, changed = smaller, True
                else:
                    index += 1
    return world


def show(world: World, folder: Path, options: str) -> str:
    """Write a world out as the tables that anybody can run."""
    from worlds import write

    write([world], folder)
    lines = [f"tracer trace {options}"]
    for path in sorted(folder.glob("*.csv")):
        lines += [f"== {path.name}", path.read_text()]
    return "\n".join(lines)
