"""Several exports are one case: overlaps once, repeats kept, failures without value, conversions one event."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from export_files import (
    BLOCK,
    ETH,
    INTERNAL,
    OTHER,
    OWNER,
    POOL,
    TIME,
    TOKENS,
    TRANSACTIONS,
    UNKNOWN,
    USDC,
    USDT,
    ZERO,
    inside,
    quoted,
    sent,
    token,
    tx,
    txid,
    write,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tracer
from tracer.io.tables import read_ledger, read_transfers


def amounts(export: tracer.ExportedCase, kind: str) -> list[int]:
    table = export.transfers
    return sorted(int(amount) for amount in table[table["kind"] == kind]["amount"])


def test_the_same_row_in_two_files_is_one_payment_and_one_fee(tmp_path: Path) -> None:
    first = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1"), sent(2, "2")]))
    second = write(tmp_path, "b.csv", quoted(TRANSACTIONS, [sent(2, "2"), sent(3, "3")]))
    export = tracer.read_export("etherscan", first, second)
    assert amounts(export, "native") == [10**18, 2 * 10**18, 3 * 10**18]
    assert amounts(export, "fee") == [10**15] * 3
    assert export.counts["seen twice"] == 2


def test_equal_rows_of_one_file_are_payments_of_their_own_and_numbered(tmp_path: Path) -> None:
    twice = [token(1, "32", OWNER, OTHER)] * 2
    first = write(tmp_path, "a.csv", quoted(TOKENS, [*twice, token(2, "1", OWNER, OTHER)]))
    second = write(tmp_path, "b.csv", quoted(TOKENS, twice[:1]))
    export = tracer.read_export("etherscan", second, first)
    assert amounts(export, "token") == [1_000_000, 32_000_000, 32_000_000]
    table = export.transfers
    assert set(table["position"]) == {""}
    assert sorted(table["repeat"]) == ["", "1", "2"]


def test_without_repeats_no_order_inside_a_block_is_claimed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", quoted(TOKENS, [token(1, "32", OWNER, OTHER), token(2, "1", OWNER, OTHER)]))
    assert set(tracer.read_export("etherscan", path).transfers["position"]) == {""}


def test_a_transaction_has_one_value_of_its_own_however_often_a_file_repeats_it(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1"), sent(1, "1")]))
    export = tracer.read_export("etherscan", path)
    assert amounts(export, "native") == [10**18]
    assert amounts(export, "fee") == [10**15]


def test_two_exports_pasted_together_are_two(tmp_path: Path) -> None:
    one = quoted(TOKENS, [token(1, "32", OWNER, OTHER)])
    export = tracer.read_export("etherscan", write(tmp_path, "a.csv", one + one))
    assert amounts(export, "token") == [32_000_000]
    assert any("pasted together" in note for note in export.notes)


def test_a_failed_transaction_moves_nothing_but_its_fee_whatever_other_files_list(tmp_path: Path) -> None:
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "9", status="Error(0)"), sent(2, "1")]))
    parts = write(tmp_path, "b.csv", quoted(INTERNAL, [inside(1, "5", POOL, OWNER), inside(2, "4", POOL, OWNER)]))
    tokens = write(tmp_path, "c.csv", quoted(TOKENS, [token(1, "7", OWNER, OTHER)]))
    export = tracer.read_export("etherscan", main, parts, tokens)
    assert amounts(export, "native") == [10**18]
    assert amounts(export, "internal") == [4 * 10**18]
    assert amounts(export, "token") == []
    assert amounts(export, "fee") == [10**15] * 2
    assert export.counts["of a failed transaction"] == 2


def test_a_conversion_is_one_event_and_rows_that_only_share_a_transaction_are_not(tmp_path: Path) -> None:
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1", to=POOL), sent(2, "2")]))
    tokens = write(tmp_path, "b.csv", quoted(TOKENS, [token(1, "3000", POOL, OWNER), token(2, "5", OWNER, OTHER)]))
    export = tracer.read_export("etherscan", main, tokens)
    table = export.transfers
    assert {row["tx"]: row["event"] for row in table.to_dict("records") if row["event"]} == {tx(1): tx(1)}
    assert set(table[table["event"] != ""]["kind"]) == {"native", "token"}
    folder = export.write(tmp_path / "case", seed=tx(2))
    assert tracer.open_case(folder).trace().audit.closed


def test_three_assets_that_somebody_exchanges_in_a_transaction_are_one_event(tmp_path: Path) -> None:
    rows = [token(1, "1", OWNER, POOL), token(1, "2", OWNER, POOL, USDC)]
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1", into=True, to=POOL)]))
    export = tracer.read_export("etherscan", main, write(tmp_path, "b.csv", quoted(TOKENS, rows)))
    assert {one["event"] for one in export.transfers.to_dict("records") if one["kind"] != "fee"} == {tx(1)}
    assert any("three assets" in note for note in export.notes)


def test_an_exact_row_stands_for_a_printed_one(tmp_path: Path) -> None:
    arkham = (
        "transactionHash,fromAddress,fromLabel,toAddress,tokenAddress,type,blockTimestamp,blockNumber,"
        "tokenDecimals,unitValue,chain\n"
        f"{tx(1)},{OWNER},x,{OTHER},,outflow,2023-08-25T21:46:40Z,{BLOCK},18,1.2345678901234568,ethereum\n"
    )
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1.234567890123456789")]))
    export = tracer.read_export("auto", main, write(tmp_path, "b.csv", arkham))
    assert amounts(export, "native") == [1234567890123456789]
    assert set(export.transfers["precision"]) == {"exact"}


def test_coin_that_one_export_calls_native_and_another_internal_counts_once(tmp_path: Path) -> None:
    arkham = (
        "transactionHash,fromAddress,toAddress,tokenAddress,blockTimestamp,blockNumber,tokenDecimals,unitValue,chain\n"
        f"{tx(1)},{POOL},{OWNER},,2023-08-25T21:46:40Z,{BLOCK},18,2.5,ethereum\n"
    )
    parts = write(tmp_path, "a.csv", quoted(INTERNAL, [inside(1, "2.5", POOL, OWNER)]))
    export = tracer.read_export("auto", parts, write(tmp_path, "b.csv", arkham))
    assert len(export.transfers) == 1


def test_files_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    first = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1")]))
    second = write(tmp_path, "b.csv", quoted(TRANSACTIONS, [sent(1, "2")]))
    (line,) = tracer.read_export("etherscan", first, second).refused
    assert line.startswith("b.csv, row 2")
    assert "a.csv, row 2" in line


def test_the_order_of_the_files_changes_nothing(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(n, str(n), block=BLOCK + n // 2) for n in range(1, 6)])),
        write(
            tmp_path, "b.csv", quoted(TRANSACTIONS, [sent(n, str(n), block=BLOCK + n // 2) for n in range(6, 2, -1)])
        ),
        write(
            tmp_path,
            "c.csv",
            quoted(TOKENS, [token(2, "3", OTHER, OWNER, block=BLOCK + 1), token(1, "4", OWNER, OTHER)]),
        ),
    ]
    written = set()
    for place, order in enumerate(itertools.permutations(files)):
        folder = tracer.read_export("etherscan", *order).write(tmp_path / f"out{place}" / "case")
        written.add(tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir())))
    assert len(written) == 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_overlapping_cuts_of_a_file_give_the_table_of_the_whole(tmp_path: Path, data: st.DataObject) -> None:
    """Cuts at transactions, as sites make them: whole transactions, any overlap, any order."""
    rows = [
        row
        for n in range(8)
        for row in [token(n, str(n + 1), OWNER, OTHER, block=BLOCK + n)] * data.draw(st.integers(1, 3), label="repeats")
    ]
    whole = tracer.read_export("etherscan", write(tmp_path, "whole.csv", quoted(TOKENS, rows))).transfers
    pieces = []
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=3))
    for place, (low, high) in enumerate([*cuts, (0, 4), (3, 7)]):
        part = [row for row in rows if tx(row[0]) and low <= int(row[1]) - BLOCK <= high]
        pieces.append(write(tmp_path, f"p{place}.csv", quoted(TOKENS, part)))
    merged = tracer.read_export("etherscan", *data.draw(st.permutations(pieces))).transfers
    columns = ["sender", "recipient", "asset", "amount", "block", "time", "tx", "kind", "position", "repeat"]
    assert merged[columns].equals(whole[columns])


def test_history_is_claimed_where_everything_held_has_its_export(tmp_path: Path) -> None:
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1"), sent(2, "2", into=True, to=POOL)]))
    tokens = write(tmp_path, "b.csv", quoted(TOKENS, [token(3, "3", POOL, OWNER), token(4, "4", OWNER, OTHER)]))
    assert tracer.read_export("etherscan", main, tokens).history.to_dict("records") == [
        {"chain": "eip155:1", "address": OWNER}
    ]
    folder = tracer.read_export("etherscan", main).write(tmp_path / "case")
    assert (folder / "history.csv").read_text() == f"chain,address\neip155:1,{OWNER}\n"
    one = write(tmp_path, "c.csv", quoted(TOKENS, [token(5, "3", OTHER, POOL), token(6, "3", OTHER, ZERO)]))
    both = tracer.read_export("etherscan", main, one)
    assert set(both.history["address"]) == {OWNER}
    assert any(OTHER in note and "not claimed" in note for note in both.notes)


def test_no_history_for_a_list_that_is_cut_or_nobodys_or_partly_refused(tmp_path: Path) -> None:
    cut = quoted(TRANSACTIONS, [sent(n, "1", block=BLOCK + n) for n in range(5000)])
    nobody = quoted(TRANSACTIONS, [sent(1, "1"), sent(2, "1", owner=POOL, to=ZERO.replace("0x0", "0x1"))])
    broken = quoted(TRANSACTIONS, [sent(1, "1"), sent(2, "-1")])
    for name, text in (("cut.csv", cut), ("nobody.csv", nobody), ("broken.csv", broken)):
        export = tracer.read_export("etherscan", write(tmp_path, name, text))
        assert export.history.empty
        assert any("no history is claimed" in note for note in export.notes)


def test_decimals_come_from_another_file_of_the_case_or_the_caller(tmp_path: Path) -> None:
    odd = write(tmp_path, "a.csv", quoted(TOKENS, [token(1, "1.5", OWNER, OTHER, UNKNOWN)]))
    with pytest.raises(tracer.TracerError, match=UNKNOWN):
        tracer.read_export("etherscan", odd)
    given = tracer.read_export("etherscan", odd, tokens={UNKNOWN: 3})
    assert amounts(given, "token") == [1500]
    page = (
        "TxHash,BlockNumber,UnixTimestamp,FromAddress,ToAddress,TokenContractAddress,Type,TokenDecimals,TokenSymbol,"
        "TokensTransferred,TransactionFee,Status,ErrCode\n"
        f"{tx(2)},{BLOCK},2023-08-25 21:46:40.000000Z,{OWNER},{OTHER},{UNKNOWN},OUT,4,X,7,1,ok,\n"
    )
    both = tracer.read_export("auto", odd, write(tmp_path, "b.csv", page))
    assert amounts(both, "token") == [7, 15000]


def test_log_indexes_are_positions_and_tell_equal_rows_apart(tmp_path: Path) -> None:
    head = "token_address,from_address,to_address,value,transaction_hash,log_index,block_timestamp,block_number\n"
    line = f"{USDT},{OWNER},{OTHER},5,{tx(1)},{{}},2023-08-25 21:46:40 UTC,{BLOCK}\n"
    first = write(tmp_path, "a.csv", head + line.format(7) + line.format(3))
    second = write(tmp_path, "b.csv", head + line.format(3) + line.format(9))
    table = tracer.read_export("bigquery", first, second).transfers
    assert list(table["position"]) == ["3", "7", "9"]


def outputs(*rows: tuple[object, ...]) -> str:
    head = "block_id\ttransaction_hash\tindex\ttime\tvalue\tvalue_usd\trecipient\ttype\tscript_hex\tis_from_coinbase"
    lines = [
        "\t".join(map(str, (b, t, i, "2016-08-02 15:00:00", v, 1, "d-1f", "x", "00", c))) for b, t, i, v, c in rows
    ]
    return "\n".join([head + "\tis_spendable", *(f"{line}\t-1" for line in lines)]) + "\n"


def inputs(*rows: tuple[object, ...]) -> str:
    head = outputs().strip() + "\tspending_block_id\tspending_transaction_hash\tspending_index\tspending_time"
    lines = [
        "\t".join(
            map(str, (1, t, i, "2016-08-01 15:00:00", v, 1, "d-1f", "x", "00", 0, -1, b, s, 0, "2016-08-02 15:00:00"))
        )
        for t, i, v, b, s in rows
    ]
    return "\n".join([head, *lines]) + "\n"


def test_bitcoin_inputs_are_debits_of_the_transaction_that_spends(tmp_path: Path) -> None:
    made = write(tmp_path, "o.tsv", outputs((10, txid(1), 0, 50, 1), (11, txid(2), 0, 30, 0), (11, txid(2), 1, 19, 0)))
    spent = write(tmp_path, "i.tsv", inputs((txid(1), 0, 50, 11, txid(2))))
    export = tracer.read_export("blockchair", spent, made)
    table = export.ledger
    assert list(table["side"]) == ["credit", "debit", "credit", "credit"]
    assert set(table[table["side"] == "debit"]["event"]) == {txid(2)}
    folder = export.write(tmp_path / "case", seed=txid(2))
    assert len(read_ledger(folder / "ledger.csv").legs) == 4
    assert tracer.open_case(folder).trace().audit.closed


def test_an_output_spent_in_its_own_block_stands_after_its_maker(tmp_path: Path) -> None:
    chain = [txid(n) for n in range(6)]
    rows = [(10, one, 0, 50 - place, int(place == 0)) for place, one in enumerate(chain)]
    spends = [(one, 0, 50 - place, 10, after) for place, (one, after) in enumerate(itertools.pairwise(chain))]
    made, spent = write(tmp_path, "o.tsv", outputs(*rows)), write(tmp_path, "i.tsv", inputs(*spends))
    table = tracer.read_export("blockchair", made, spent).ledger
    assert list(dict.fromkeys(table["event"])) == chain


def test_a_bitcoin_transaction_whose_sums_cannot_be_is_left_out_and_named(tmp_path: Path) -> None:
    made = write(tmp_path, "o.tsv", outputs((11, txid(2), 0, 80, 0), (12, txid(4), 0, 1, 1)))
    spent = write(tmp_path, "i.tsv", inputs((txid(1), 0, 50, 11, txid(2)), (txid(3), 0, 9, 12, txid(5))))
    export = tracer.read_export("blockchair", made, spent)
    assert set(export.ledger["event"]) == {txid(4)}
    assert any(txid(2) in line and "more than its inputs" in line for line in export.refused)
    assert any(txid(5) in line and "outputs are not" in line for line in export.refused)


def test_an_output_spent_in_part_or_before_it_is_made_is_named(tmp_path: Path) -> None:
    made = write(
        tmp_path,
        "o.tsv",
        outputs((10, txid(1), 0, 50, 1), (9, txid(2), 0, 40, 0), (12, txid(3), 0, 50, 1), (11, txid(4), 0, 50, 0)),
    )
    spent = write(tmp_path, "i.tsv", inputs((txid(1), 0, 45, 9, txid(2)), (txid(3), 0, 50, 11, txid(4))))
    export = tracer.read_export("blockchair", made, spent)
    assert any("made it with 50" in line for line in export.refused)
    assert any("in a later block" in line for line in export.refused)
    assert set(export.ledger["event"]) == {txid(1), txid(3)}


def test_the_written_table_is_one_our_own_reader_takes_without_a_word(tmp_path: Path) -> None:
    row = list(sent(1, "1"))
    note = '=HYPERLINK("x")\u202e\u0007, two'
    text = quoted((*TRANSACTIONS, "PrivateNote"), [(*row, note), (*sent(2, "2"), "")])
    folder = tracer.read_export("etherscan", write(tmp_path, "a\u202e.csv", text)).write(tmp_path / "case")
    table = read_transfers(folder / "transfers.csv")
    assert table.notes == ()
    assert [(one.asset, one.kind) for one in table.transfers] == [(ETH, "fee"), (ETH, "native")] * 2
    for path in folder.iterdir():
        assert not {"\u202e", "\u0007"} & set(path.read_text())
    with (folder / "transfers.csv").open(newline="") as stream:
        assert [row["note"][:2] for row in csv.DictReader(stream)] == ["", "'=", "", ""]


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    export = tracer.read_export("etherscan", write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1")])))
    folder = export.write(tmp_path / "case")
    with pytest.raises(tracer.TracerError, match="not empty"):
        export.write(folder)
    with pytest.raises(tracer.TracerError, match="no transaction or address"):
        export.write(tmp_path / "other", seed=tx("nowhere"))
    assert not (tmp_path / "other").exists()


def test_a_mapping_is_saved_and_read_again(tmp_path: Path) -> None:
    table = f"Payer,Payee,How much,When,Hash\n{OWNER},{OTHER},1.5,2023-08-25 21:46:40,{tx(1)}\n"
    path, kept = write(tmp_path, "own.csv", table), tmp_path / "words.json"
    words = ["sender=Payer", "recipient=Payee", "amount=How much:ETH", "time=When", "tx=Hash"]
    first = tracer.read_export("columns", path, mapping=words)
    first.save_mapping(kept)
    second = tracer.read_export("columns", path, mapping_file=kept)
    assert second.transfers.equals(first.transfers)
    assert list(second.transfers["amount"]) == [str(15 * 10**17)]
    assert list(second.transfers["time"]) == ["2023-08-25T21:46:40Z"]


def test_units_of_a_mapped_amount(tmp_path: Path) -> None:
    head = "sender,recipient,amount,block,token\n"
    path = write(tmp_path, "own.csv", head + f"{OWNER},{OTHER},2.5,{BLOCK},{USDT}\n")
    for words, extra, amount in (
        (["amount=amount:token", "asset=token"], {}, 2_500_000),
        (["amount=amount:8", "asset=token"], {}, 250_000_000),
        ([f"amount=amount:erc20:{USDC}"], {}, 2_500_000),
        (["amount=amount:eth"], {}, 25 * 10**17),
        ([], {"asset": f"erc20:{UNKNOWN}", "decimals": 1}, 25),
    ):
        export = tracer.read_export("columns", path, mapping=words, **extra)
        assert list(export.transfers["amount"]) == [str(amount)]


def test_times_of_every_form_and_height_filled_from_the_same_transaction(tmp_path: Path) -> None:
    old = ("Txhash", "UnixTimestamp", "DateTime", "From", "To", "Value", "ContractAddress", "TokenName", "TokenSymbol")
    row = (tx(1), str(TIME), "2023-08-25 21:46:40", OWNER, OTHER, "1,234.5", USDT, "Tether", "USDT")
    tokens = write(tmp_path, "old.csv", quoted(old, [row]))
    main = write(tmp_path, "new.csv", quoted(TRANSACTIONS, [sent(1, "1")]))
    table = tracer.read_export("etherscan", tokens, main).transfers
    assert set(table["block"]) == {str(BLOCK)}
    assert "1234500000" in set(table["amount"])


def test_candidates_name_the_victim_where_a_transaction_leaves_several_readings(tmp_path: Path) -> None:
    rows = [token(1, "1000", ZERO, OWNER), token(2, "5", OWNER, OTHER), token(3, "7", OWNER, POOL)]
    rows.append(token(3, "8", POOL, OWNER, USDC))
    export = tracer.read_export("etherscan", write(tmp_path, "a.csv", quoted(TOKENS, rows)))
    found = {(row["value"], row["asset"][-4:]): row["victim"] for row in export.seeds.to_dict("records")}
    assert found[tx(1), USDT[-4:]] == "mint"
    assert found[tx(2), USDT[-4:]] == ""
    assert found[tx(3), USDT[-4:]] == OWNER
    assert found[tx(3), USDC[-4:]] == POOL
    assert set(export.seeds["origin"]) == {""}


def test_f29_a_file_speaks_for_its_own_blocks_alone(tmp_path: Path) -> None:
    """What another file has of the address before or after shows that a list was cut: nothing is whole then."""
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1"), sent(2, "1", block=BLOCK + 9)]))
    came = token(0, "3", POOL, OWNER, block=BLOCK + 5)
    later = write(tmp_path, "b.csv", quoted(TOKENS, [token(3, "3", OWNER, OTHER, block=BLOCK + 99), came]))
    export = tracer.read_export("etherscan", main, later)
    assert export.history.empty
    said = next(note for note in export.notes if "not claimed" in note)
    assert f"a.csv lists its transactions from block {BLOCK} to block {BLOCK + 9}" in said
    assert f"it sends a token in block {BLOCK + 99} (b.csv, row 2)" in said
    within = write(tmp_path, "c.csv", quoted(TOKENS, [token(3, "3", OWNER, OTHER, block=BLOCK + 5), came]))
    both = tracer.read_export("etherscan", main, within)
    assert list(both.history["address"]) == [OWNER]
    spans = f"a.csv from block {BLOCK} to block {BLOCK + 9}, c.csv from block {BLOCK + 5}"
    assert any(spans in note for note in both.notes)
    own = write(tmp_path, "d.csv", quoted(TOKENS, [token("own", "3", OWNER, OTHER, block=BLOCK + 99), came]))
    long = write(tmp_path, "e.csv", quoted(TRANSACTIONS, [sent(1, "1"), sent("own", "0", block=BLOCK + 99)]))
    assert list(tracer.read_export("etherscan", long, own).history["address"]) == [OWNER]


def test_f29_the_export_of_another_address_shows_that_a_list_was_cut(tmp_path: Path) -> None:
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1", to=POOL), sent(2, "1", to=OTHER)]))
    other = [sent(3, "1", owner=OTHER, to=POOL), sent(4, "1", owner=OTHER, to=OWNER, block=BLOCK + 7)]
    export = tracer.read_export("etherscan", main, write(tmp_path, "b.csv", quoted(TRANSACTIONS, other)))
    assert list(export.history["address"]) == [OTHER]
    assert any(f"has a payment in block {BLOCK + 7} (b.csv, row 3)" in note for note in export.notes)
