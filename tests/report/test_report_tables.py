"""The three tables, whole, column by column."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace

import pyarrow.parquet as pq
from results_for_report import CHAIN, COLD, DAY1, E18, ETH, EXCHANGE, Closes, filed, holder, label, leaf, small_result

from tracer.model import GRADES
from tracer.report.legend import CASHOUT_COLUMNS, EXIT_COLUMNS, MOVEMENT_COLUMNS, legend_md
from tracer.report.tables import (
    CashoutRow,
    ExitRow,
    MovementRow,
    cashout_rows,
    cashouts_csv,
    exits_csv,
    exits_rows,
    movement_rows,
    movements_csv,
    touched_files,
)
from tracer.trace.options import STOP_REASONS
from tracer.trace.result import Arrival

A = "eip155:1"
T = "eip155:1/slip44:60"
U = "eip155:1/erc20:0x" + "aa" * 20
D1, D2, D3 = "2025-03-01T12:00:00Z", "2025-03-02T23:59:59Z", "2025-03-03T00:00:00Z"


def w(eth_tenths: int) -> str:
    return str(eth_tenths * 10**17)


def a(digit: str) -> str:
    return "0x" + digit * 40


def test_exits_has_one_row_a_leaf_in_the_columns_of_the_design() -> None:
    assert exits_csv(small_result(), Closes()).splitlines() == [
        "address,chain,entity,category,stop_reason,asset,tainted,min,max,certainty,depends_on,origin,origin_amount,"
        "usd_at_time,n_transfers,first_time,last_time,grade,origin_asset,precision,basis,theft_min,theft_max,"
        "theft_certainty,tlp",
        f"{a('1')},{A},,unknown,at_rest,{U},50000000,,,,,other,50000000,50.00,1,{D1},{D1},asserted,{U},approximate,,,,,TLP:AMBER",
        f"{a('1')},{A},,unknown,at_rest,{T},{w(100)},,,,,demo,{w(100)},20001.00,1,{D1},{D1},recorded,{T},exact,,,,,TLP:AMBER",
        f",{A},,,fee,{T},{w(5)},,,,,demo,{w(5)},1050.00,1,{D2},{D2},recorded,{T},exact,,,,,TLP:AMBER",
        f"{a('3')},{A},toward exchanges,intermediate,incomplete,{T},{w(300)},,,,,demo,{w(300)},63000.00,1,{D2},{D2},"
        f"recorded,{T},exact,,,,,TLP:AMBER",
        f"{a('5')},{A},,unknown,incomplete,{T},{w(195)},,,,,demo,{w(195)},42906.49,2,{D1},{D3},recorded,{T},exact,,,,,TLP:AMBER",
        f"{a('4')},{A},Example Exchange,exchange,service,{T},{w(400)},,,,,demo,{w(400)},82501.50,2,{D1},{D2},"
        f"inferred,{T},exact,,,,,TLP:AMBER",
    ]


def test_cashouts_has_one_row_an_entity_asset_and_origin_largest_first() -> None:
    assert cashouts_csv(small_result(), Closes()).splitlines() == [
        "entity,category,asset,origin,origin_amount,received,tainted,min,max,certainty,depends_on,grade,usd_at_time,"
        "usd_at_theft,n_addresses,n_transfers,first_time,last_time,origin_asset,precision,basis,theft_min,theft_max,"
        "theft_certainty,tlp",
        f"Example Exchange,exchange,{T},demo,{w(400)},{w(410)},{w(400)},,,,,inferred,82501.50,80004.00,1,2,{D1},{D2},"
        f"{T},exact,,,,,TLP:AMBER",
        f"toward exchanges,intermediate,{T},demo,{w(300)},{w(300)},{w(300)},,,,,recorded,63000.00,60003.00,1,1,{D2},"
        f"{D2},{T},exact,,,,,TLP:AMBER",
        f'"unlabelled, incomplete",unknown,{T},demo,{w(195)},{w(205)},{w(195)},,,,,recorded,42906.49,39001.95,1,2,{D1},'
        f"{D3},{T},exact,,,,,TLP:AMBER",
        f'"unlabelled, at rest",unknown,{T},demo,{w(100)},{10**20 + 7},{w(100)},,,,,recorded,20001.00,20001.00,1,1,'
        f"{D1},{D1},{T},exact,,,,,TLP:AMBER",
        f"network fee,unknown,{T},demo,{w(5)},,{w(5)},,,,,recorded,1050.00,1000.05,0,1,{D2},{D2},{T},"
        "exact,,,,,TLP:AMBER",
        f'"unlabelled, at rest",unknown,{U},other,50000000,50000000,50000000,,,,,asserted,50.00,,1,1,{D1},{D1},{U},'
        "approximate,,,,,TLP:AMBER",
    ]


def test_addresses_of_one_entity_are_one_row_and_an_address_counts_once() -> None:
    result = small_result()
    second = "0x" + "6" * 40
    name = label(second, "Example Exchange 6", "exchange", "Example Exchange")
    more = (
        leaf(second, "service", E18, Arrival(DAY1, "", E18)),
        leaf(EXCHANGE, "below_threshold", E18, Arrival(DAY1, "", E18)),
    )
    holders = {**result.holders, (CHAIN, second): holder(second, 2, name, stop="service", received={ETH: 9 * E18})}
    row = cashout_rows(filed(replace(result, exits=(*result.exits, *more), holders=holders)), None)[0]
    assert (row.entity, row.n_addresses, row.n_transfers) == ("Example Exchange", 2, 4)
    assert (row.received, row.tainted, row.usd_at_time) == (50 * E18, 42 * E18, None)


def test_i7_movements_are_the_rows_that_carry_stolen_units_and_touched_all_of_them() -> None:
    head = (
        "seq,id,event,chain,block,time,tx,kind,sender,recipient,asset,amount,tainted,origin,hop,grade,link,precision,"
        "source,source_url,tlp"
    )
    carried = [
        f"1,,e1,{A},101,{D1},0x{1:064x},native,{a('5')},{a('1')},{T},{w(1000)},{w(1000)},demo,0,recorded,,exact,,,TLP:AMBER",
        f"2,,e2,{A},102,{D1},0x{2:064x},native,{a('1')},{a('4')},{T},{w(150)},{w(150)},demo,1,recorded,,approximate,,,TLP:AMBER",
        f"3,,e3,{A},,{D2},0x{3:064x},,{a('1')},{a('4')},{T},{w(250)},{w(250)},demo,1,recorded,,exact,,,TLP:AMBER",
    ]
    assert movements_csv(small_result()).splitlines() == [head, *carried]
    untainted = f"4,,e4,{A},104,,,native,{a('2')},{a('1')},{T},7,0,,,recorded,,exact,,,TLP:AMBER"
    assert movements_csv(small_result(), touched=True).splitlines() == [head, *carried, untainted]


def test_i7_the_parquet_of_touched_rows_reads_back_as_its_canonical_csv() -> None:
    data = touched_files(small_result())[0]
    table = pq.read_table(io.BytesIO(data))
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    assert [table.column_names, *texts] == list(csv.reader(io.StringIO(movements_csv(small_result(), touched=True))))
    assert touched_files(small_result())[0] == data


def test_e10_the_key_of_a_source_and_its_address_stand_apart() -> None:
    result = small_result()
    one, two, *_ = result.movements
    rows = (replace(one, source_url="dune-investigation"), replace(two, source_url="https://example.org/tx/2"))
    first, second = movement_rows(replace(result, movements=rows))
    assert (first.source, first.source_url) == ("dune-investigation", "")
    assert (second.source, second.source_url) == ("", "https://example.org/tx/2")


def test_e9_the_legend_has_every_column_of_every_table() -> None:
    for kind, words in ((ExitRow, EXIT_COLUMNS), (CashoutRow, CASHOUT_COLUMNS), (MovementRow, MOVEMENT_COLUMNS)):
        assert {*(field.name for field in fields(kind)), "tlp"} == set(words)
    text = legend_md()
    assert all(f"| `{code}` |" in text for code in (*EXIT_COLUMNS, *STOP_REASONS, *GRADES, "FORCED", "reconciled"))


def test_the_tables_do_not_depend_on_the_order_of_the_exits() -> None:
    result = small_result()
    other = replace(result, exits=result.exits[::-1])
    assert exits_csv(other, Closes()) == exits_csv(result, Closes())
    assert cashouts_csv(other, Closes()) == cashouts_csv(result, Closes())


def test_without_prices_the_usd_cells_are_empty_and_nothing_else_changes() -> None:
    priced, unpriced = exits_rows(small_result(), Closes()), exits_rows(small_result(), None)
    assert unpriced == tuple(replace(row, usd_at_time=None) for row in priced)


def test_a_hostile_entity_is_neutralised() -> None:
    result = small_result()
    name = label(COLD, "x", "other", '=HYPERLINK("x")\u202e')
    holders = {**result.holders, (CHAIN, COLD): holder(COLD, 1, name)}
    text = cashouts_csv(filed(replace(result, holders=holders)), None)
    assert '\n"\'=HYPERLINK(""x"") ",other,' in text
