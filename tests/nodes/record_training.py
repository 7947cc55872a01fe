"""Records the training case that ships: its incident, its bundle fetched from a node, and the truth beside them.

``make training`` writes all of it into ``addresses/``; a test does the same elsewhere and compares. The same bytes on
every machine, but for the compressed replies, whose compression is that of the zlib at hand.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evm_node import running_evm_node
from explorer_server import ExplorerServer, running_explorer
from training_incident import CASE, RECORDED, incident_text
from training_story import Training, run_training
from truth_tables import write_csv

from tracer.bundle.writing import PRIVATE

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


def record(addresses: Path) -> None:
    """Write the incident, the bundle and the truth of the training case into an ``addresses/`` folder."""
    from tracer.api.collecting import Settings, fetch, open_for_fetch

    os.environ["SOURCE_DATE_EPOCH"] = str(RECORDED)
    bundle = addresses / "bundles" / CASE
    shutil.rmtree(bundle, ignore_errors=True)
    with running_training() as (case, server):
        (addresses / "incidents" / f"{CASE}.yml").write_text(incident_text(case), "utf-8")
        os.environ["TRACER_URL_RPC_EIP155_31337"] = server.rpc_url
        fetch(open_for_fetch(CASE), bundle, Settings(source="rpc"))
        for name in PRIVATE:
            (bundle / name).unlink(missing_ok=True)
        write_csv(bundle / "truth.csv", MOVEMENTS + MOVEMENTS_REST, movement_rows(case))
        write_csv(bundle / "truth_exits.csv", EXITS, exit_rows(case))


if __name__ == "__main__":
    record(Path(__file__).parents[2] / "addresses")
