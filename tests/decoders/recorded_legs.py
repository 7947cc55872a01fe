"""What the decoders make of the recorded transactions, kept beside the tests: ``--write`` writes it anew.

The legs are what the tests hold the decoders to and what docs/protocols.md counts; they were looked through by hand
against the receipts and are held to net flows that a test computes by itself.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from recorded_evm import recorded_transactions

from tracer.chains import Field, parse_evm_record
from tracer.decoders import Action, built_in
from tracer.model import TxRecord

DATA: Final = Path(__file__).parent / "data"
LIST: Final = DATA / "recorded_list.csv"
TOLD: Final = DATA / "told.json"
CROSSED: Final = DATA / "bridges.csv"
COLUMNS: Final = ("chain", "tx", "about", "protocols", "legs", "with_key", "with_destination", "borne_out")
GENERAL: Final = ("ledger", "netting", "training")
CROSSINGS: Final = ("bridge_out", "bridge_in")


def listed(what: str) -> dict[tuple[str, str], str]:
    """Return the transactions that were listed before there were decoders, with what they were recorded for."""
    with LIST.open(newline="", encoding="utf-8") as lines:
        return {(row["chain"], row["tx"]): row["about"] for row in csv.DictReader(lines) if row["what"] == what}


@cache
def records() -> tuple[tuple[dict[str, Any], TxRecord], ...]:
    """Return the recorded transactions, raw and read."""
    return tuple((one, parse_evm_record(Field(one, "recorded"), source="recorded")) for one in recorded_transactions())


def shown(leg: Action) -> dict[str, Any]:
    """Return a leg as it is kept: what is empty is left out."""
    named = {
        name: getattr(leg, name)
        for name in (
            *("action", "holder", "counterparty", "asset", "key", "src_chain", "dest_chain", "dest_recipient"),
            *("dest_asset", "position", "reason"),
        )
    }
    kept: dict[str, Any] = {name: str(value) for name, value in named.items() if value}
    kept["amount"] = str(leg.amount)
    kept |= {"dest_amount": str(leg.dest_amount)} if leg.dest_amount is not None else {}
    return {**kept, "moves": list(leg.moves), "via": list(leg.via)} if leg.via else {**kept, "moves": list(leg.moves)}


def _about(one: dict[str, Any]) -> str:
    return " ".join(text.split("/", 2)[-1] for text in one["about"])


def told() -> dict[str, Any]:
    """Return for each decoder the chains it told something on, and one or two transactions whole."""
    registry, found, seen = built_in(), {}, {}
    for one, record in records():
        decoded = registry.decode(record)
        for protocol in {leg.protocol for leg in decoded.actions} - {*GENERAL}:
            legs = [leg for leg in decoded.actions if leg.protocol == protocol]
            seen.setdefault(protocol, Counter())[record.chain] += 1
            kinds = {leg.action for leg in legs} & {*CROSSINGS} or {"any"}
            place = (any(leg.reason for leg in legs), len(legs), record.chain, record.tx)
            for kind in kinds:
                kept = found.get((protocol, kind))
                if kept is None or place < kept[0]:
                    found[protocol, kind] = place, _about(one), legs
        for leg in decoded.actions:
            for protocol in leg.via:
                seen.setdefault(protocol, Counter())
    examples: dict[str, list[dict[str, Any]]] = {}
    for (protocol, _), (place, about, legs) in sorted(found.items()):
        examples.setdefault(protocol, []).append(
            {"chain": place[2], "tx": place[3], "about": about, "legs": [shown(leg) for leg in legs]}
        )
    return {
        "seen": {protocol: dict(sorted(chains.items())) for protocol, chains in sorted(seen.items())},
        "whole": examples,
    }


def crossed() -> Iterator[tuple[str, ...]]:
    """Yield what is told of each bridge transaction of the list."""
    registry, wanted = built_in(), listed("bridge")
    for _, record in records():
        about = wanted.get((record.chain, record.tx))
        if about is None:
            continue
        legs = [leg for leg in registry.decode(record).actions if leg.action in CROSSINGS]
        aimed = [leg for leg in legs if leg.action == "bridge_in" or (leg.dest_chain and leg.dest_recipient)]
        counts = len(legs), sum(bool(leg.key) for leg in legs), len(aimed), sum(bool(leg.moves) for leg in legs)
        protocols = " ".join(sorted({leg.protocol for leg in legs}))
        yield (record.chain, record.tx, about, protocols, *map(str, counts))


def write() -> None:
    """Write both files."""
    TOLD.write_text(json.dumps(told(), indent=1, sort_keys=True) + "\n", "utf-8")
    with CROSSED.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([COLUMNS, *sorted(crossed())])


if __name__ == "__main__" and "--write" in sys.argv:
    write()
