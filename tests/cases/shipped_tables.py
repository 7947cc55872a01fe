"""Writes the tables of the shipped real cases from the recorded facts; ``python tests/cases/shipped_tables.py FACTS``.

Facts alone: hash, block, time, party, amount. The files that they were read from do not ship. What a row says is taken
as it is; what is added is the source of each row, the fee of each whole Bitcoin transaction (inputs less outputs), and
the block of what shares an anchored transaction.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

Row = dict[str, str]

TRANSFERS = (
    *("chain", "block", "position", "time", "tx", "kind", "event", "sender", "recipient", "asset", "amount"),
    *("grade", "precision", "source", "note"),
)
LEDGER = ("event", "side", "holder", "asset", "amount", "block", "time", "address", "chain", "tx", "kind", "source")

RONIN_SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
PROCEEDS = "bybit-2025-swap-proceeds"
FIRST_OF_PROCEEDS = "0xa4b2fd68593b6f34e51cb9edb66e71c1b4ab449e"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def text(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """Return a table as CSV; a column that no row fills is left out."""
    held = list(rows)
    filled = [name for name in columns if any(row.get(name) for row in held)]
    out = io.StringIO()
    writer = csv.DictWriter(out, filled, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(held)
    return out.getvalue()


def ronin(facts: Path) -> str:
    """Return the rows of the Ronin case: the published export, anchored to hash and block where they are recorded."""
    folder = facts / "cases" / "ronin_anchor"
    blocks = {row["tx"]: row["block"] for row in read(folder / "anchors.csv")}
    theft = {"internal": "14442835", "token": "14442840"}
    bridge = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
    rows = []
    for row in read(folder / "transfers.csv"):
        row["block"] = blocks.get(row["tx"], "")
        if row["sender"] == bridge:
            row["block"], row["source"] = theft[row["kind"]], "dune-investigation"
        elif row["tx"]:
            row["source"] = "etherscan-replies"
        else:
            row["source"] = "eth-data" if row["grade"] == "recorded" else "dune-investigation"
        tranche = re.fullmatch(r"tranche-([0-9])", row["event"])
        if tranche:
            row["event"] = f"asserted-swap-{tranche[1]}"
            row["note"] = "conversion: the USDC received before, for the ETH paid back after; the time lies between"
        elif row["note"] == "raw Etherscan reply, BIH fixture":
            row["note"] = "one of the five payments of USDC"
        elif row["kind"] == "fee":
            row["note"] = "network fee of the transaction"
        rows.append(row)
    return text(TRANSFERS, rows)


def bybit(facts: Path) -> str:
    """Return the four thefts and five hops of the Bybit case, on one publisher's word beyond the thefts."""
    thefts = {"eip155:1/slip44:60": "chainslake", "erc20:0xae7ab96520de3a18e5e111b5eaab095312d7fe84": "chainslake"}
    rows = read(facts / "cases" / "bybit_2025" / "transfers.csv")
    for row in rows:
        if row["note"] == "theft":
            row["source"] = "chainslake" if row["grade"] == "recorded" else "defihacklabs"
        else:
            row["source"] = "phvaz"
    assert {row["source"] for row in rows if row["asset"] in thefts and row["note"] == "theft"} == {"chainslake"}
    return text(TRANSFERS, rows)


def bybit_proceeds(facts: Path) -> str:
    """Return the ETH that the swapping wallet paid on, and what became of it: the hops after the first."""
    rows = [
        row | {"source": "phvaz"}
        for row in read(facts / "cases" / "bybit_2025" / "transfers.csv")
        if row["asset"] == "slip44:60" and row["note"] not in ("theft", "hop 1")
    ]
    assert rows[0]["sender"] == FIRST_OF_PROCEEDS
    return text(TRANSFERS, rows)


def nomad(facts: Path) -> str:
    """Return the victim's own data: payments out of the bridge, and what came to its recovery address, when."""
    rows = []
    for row in read(facts / "cases" / "nomad_2022" / "transfers.csv"):
        back = re.fullmatch(r"ERC-20 transfer into the recovery address ([0-9]{10})", row["note"])
        if back:
            row["time"] = datetime.fromtimestamp(int(back[1]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            row["note"] = "returned"
        else:
            row["note"] = "paid out by the bridge"
        rows.append(row | {"source": "nomad-hack-data"})
    return text(TRANSFERS, rows)


def bitcoin(facts: Path, name: str) -> str:
    """Return whole Bitcoin transactions as legs, each with its fee: what its inputs hold beyond its outputs."""
    events: dict[str, list[Row]] = defaultdict(list)
    for row in read(facts / "cases" / name / "ledger.csv"):
        events[row["event"]].append(row | {"source": "esplora-replies"})
    legs = []
    for group in events.values():
        fee = sum(int(leg["amount"]) * (1 if leg["side"] == "debit" else -1) for leg in group)
        assert fee > 0
        paid = {"side": "credit", "holder": "", "address": "", "amount": str(fee), "kind": "fee"}
        legs += [*group, group[0] | paid]
    return text(LEDGER, legs)


def tables(facts: Path) -> dict[str, str]:
    """Return every table, by its place under ``addresses/bundles``."""
    return {
        "ronin-2022/transfers.csv": ronin(facts),
        "bybit-2025/transfers.csv": bybit(facts),
        f"{PROCEEDS}/transfers.csv": bybit_proceeds(facts),
        "nomad-2022/transfers.csv": nomad(facts),
        "bitfinex-2016/ledger.csv": bitcoin(facts, "bitfinex_2016"),
        "colonial-2021/ledger.csv": bitcoin(facts, "colonial_2021"),
    }


def main() -> None:
    """Write the tables; `tracer validate --write` then makes counts and hashes."""
    bundles = Path(__file__).parents[2] / "addresses" / "bundles"
    for name, content in tables(Path(sys.argv[1])).items():
        (bundles / name).parent.mkdir(exist_ok=True)
        (bundles / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
