"""A case that ships published rows is held against the chain when it is fetched; one that was collected is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tracer.api import collecting
from tracer.bundle import Bundle, bundle_of
from tracer.bundle.derived import transfers_csv
from tracer.collect.rederive import gathered_of
from tracer.io.manifest import BundleTable
from tracer.io.paths import bundles_dir
from tracer.io.tables import read_transfers
from tracer.io.writers import sha256_of


def test_hashes_and_blocks_of_a_published_table_are_found_on_the_chain_and_every_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = bundle_of("training")
    assert shipped is not None
    gathered = gathered_of(shipped)
    chain = [row for row in gathered.transfers if row.kind != "fee"]
    printed = [replace(row, block=None, position=None, tx="", event="") for row in chain]
    printed[3] = replace(printed[3], amount=printed[3].amount + 7)
    table = tmp_path / "transfers.csv"
    table.write_bytes(transfers_csv(printed).encode())
    held = BundleTable("transfers", "transfers.csv", len(printed), sha256_of(table.read_bytes()))
    published = Bundle(tmp_path, replace(shipped.manifest, pins=None, tables={"transfers": held}))
    monkeypatch.setattr(collecting, "bundle_of", lambda _: published)
    filling = collecting.filling_of(collecting.open_for_fetch("training"), gathered)
    assert filling is not None
    assert [one.found.tx for one in filling.rows if one.found] == [row.tx for row in chain]
    assert [one.difference for one in filling.rows] == [
        row.amount - said.amount for row, said in zip(chain, printed, strict=True)
    ]
    assert filling.unpublished == ()
    assert read_transfers(table).transfers[0].tx == ""


def test_a_collected_case_has_no_published_rows_to_hold_against_the_chain() -> None:
    shipped = bundle_of("training")
    assert shipped is not None
    assert collecting.filling_of(collecting.open_for_fetch("training"), gathered_of(shipped)) is None
    assert (bundles_dir() / "training" / "manifest.json").is_file()
