"""The text of a filling names every row that was not found or differs; the table holds one line a published row."""

from __future__ import annotations

import csv
import io

from test_fill_published_rows import A, B, moved, published

from tracer.collect.match_published_rows import fill
from tracer.report.filling import COLUMNS, filled_csv, filling_text


def test_every_difference_is_named_once_and_the_rest_is_counted() -> None:
    chain = [moved(1, 0, A, B, 100), moved(2, 0, A, B, 50), moved(4, 0, B, A, 3)]
    table = [published(chain[0], 1), published(chain[1], 2, amount=60), published(moved(3, 0, B, A, 9), 3)]
    table.append(published(moved(5, 0, B, A, 1), 4))
    text = filling_text(fill(table, chain)).split("\n")
    assert text[0].startswith("4 published rows: 2 found on the chain, 1 of them with another amount, 0 within")
    assert text[0].endswith("2 not found. 1 movements between the same holders are unpublished.")
    assert [line.split(":")[0] for line in text[1:]] == ["row 3", "row 4", "row 2", "unpublished"]
    assert "published 60, on the chain 50 (difference -10)" in text[3]


def test_the_table_has_hash_block_and_exact_amount_where_found() -> None:
    chain = [moved(1, 0, A, B, 100)]
    table = [published(chain[0], 1), published(moved(3, 0, B, A, 9), 2)]
    rows = list(csv.DictReader(io.StringIO(filled_csv(fill(table, chain)))))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["tx"], row["block"], row["difference"], row["agrees"]) for row in rows] == [
        (chain[0].tx, "1", "0", "true"),
        ("", "", "", "false"),
    ]
