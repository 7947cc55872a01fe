"""A program that fetches the case in a folder, and traces it, as a user would: CASE-FOLDER SOURCE [OUT-FOLDER]."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import traceback
from pathlib import Path

from case_fetching import EVERY_WAY, fetched

import tracer
from tracer.errors import TracerError

BEGUN = "begun"
"""First line of what it says: all is loaded, and nothing asked."""


def main(folder: Path, source: str, out: str = "") -> int:
    """Fetch, say what was read; an error is said with all it drags along, which is where a key would hide."""
    logging.basicConfig(level=logging.DEBUG)
    print(BEGUN, flush=True)
    try:
        done = fetched(folder, EVERY_WAY[source])
        if out:
            tracer.open_case(folder).trace().write(out)
    except TracerError as fault:
        traceback.print_exception(fault)
        return fault.exit_code
    said = [dataclasses.asdict(one) for one in done.gathered.coverage]
    print(json.dumps({"coverage": said, "notes": done.gathered.notes(), "bundle": repr(done.bundle)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
