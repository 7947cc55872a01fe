"""A program that reads one long history into a bundle and says what memory it took: FOLDER URL LAST-BLOCK."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from long_explorer import HOLDER

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.model import LOCAL_EVM
from tracer.net.http import Http
from tracer.net.settings import settings_of
from tracer.providers.evm.etherscan import etherscan


def peak_bytes() -> int:
    """Return the most memory this program has held at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    folder, url, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with Store(folder, write=True) as store, Http({url: settings_of("etherscan", url)}) as http:
        source = etherscan(LOCAL_EVM, LiveExchange(store, http), f"{url}/v2/api")
        source.head()
        before = peak_bytes()
        history = source.transfers(HOLDER, 0, last)
    said = {
        "rows": len(history.rows),
        "distinct": len({row.tx for row in history.rows}),
        "total": sum(row.amount for row in history.rows),
        "complete": history.complete,
        "before": before,
        "peak": peak_bytes(),
    }
    print(json.dumps(said))
