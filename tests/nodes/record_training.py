"""Writes what the training case is and what is true of it: seeds, labels, roles, movements, exits under two rules.

Run by hand: ``python tests/nodes/record_training.py FOLDER``. The same bytes on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evm_node import running_evm_node
from explorer_server import ExplorerServer, running_explorer
from training_story import Training, run_training
from truth_tables import write_csv

RULES = ("fifo", "haircut")
MOVEMENTS = ("block", "time", "tx", "tx_index", "layer", "place", "kind", "sender", "sender_role", "recipient")
MOVEMENTS_REST = ("recipient_role", "asset", "amount", "event", "note")
EXITS = ("rule", "stop_reason", "address", "role", "asset", "tainted", "origin", "origin_asset", "origin_amount")


@contextmanager
def running_training() -> Iterator[tuple[Training, ExplorerServer]]:
    """Act the case out on a node and run the providers over it, so that it can be fetched as any other case."""
    with running_evm_node() as node, running_explorer(node) as server:
        yield run_training(node), server


def write_training(case: Training, folder: Path) -> None:
    """Write ``seeds.csv labels.csv roles.csv truth.csv exits.csv`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("seeds.csv", case.seeds), ("labels.csv", case.labels)):
        write_csv(folder / name, list(table[0]), [list(row.values()) for row in table])
    write_csv(folder / "roles.csv", ("role", "address"), sorted(case.address.items()))
    write_csv(folder / "truth.csv", MOVEMENTS + MOVEMENTS_REST, movement_rows(case))
    write_csv(folder / "exits.csv", EXITS, exit_rows(case))


def movement_rows(case: Training) -> list[list[object]]:
    """Return the movements from the first theft on, one row each."""
    return [
        [
            *(move.block, move.time, move.tx, move.tx_index, move.layer, ".".join(map(str, move.place)), move.kind),
            *(move.sender, case.role_of(move.sender), move.recipient, case.role_of(move.recipient)),
            *(move.asset, move.amount, move.event, move.note),
        ]
        for move in case.movements
    ]


def exit_rows(case: Training) -> list[list[object]]:
    """Return the leaves under each rule, one row each."""
    rows: list[list[object]] = []
    for rule in RULES:
        for (reason, address, asset, theft, stolen_asset), (units, stolen) in case.exits(rule).items():
            rows.append([rule, reason, address, case.role_of(address), asset, units, theft, stolen_asset, stolen])
    return rows


if __name__ == "__main__":
    with running_evm_node() as node:
        write_training(run_training(node), Path(sys.argv[1]))
