"""Files that a spreadsheet, an editor or somebody with intent has altered: each has its reason in words."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from export_files import (
    BLOCK,
    OTHER,
    OWNER,
    TIME,
    TOKENS,
    TRANSACTIONS,
    USDC,
    USDT,
    quoted,
    sent,
    token,
    tx,
    txid,
    write,
)

import tracer

GOOD = sent(1, "1")
OUT = "Value_OUT(ETH)"


def altered(cell: str, value: str, row: tuple[str, ...] = GOOD) -> str:
    cells = list(row)
    cells[TRANSACTIONS.index(cell)] = value
    return quoted(TRANSACTIONS, [tuple(cells)])


def zipped(name: str, text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


# Nothing of these can be read: name, bytes, what is said.
REFUSED: list[tuple[str, str | bytes, str]] = [
    (
        "cut.csv.gz",
        gzip.compress(quoted(TRANSACTIONS, [sent(n, "1") for n in range(99)]).encode())[:-300],
        "gzip file ends early",
    ),
    ("utf16.csv", quoted(TRANSACTIONS, [GOOD]).encode("utf-16"), "is UTF-16, not UTF-8"),
    ("login.csv", '\n<html><body><form action="/login">Sign in</form></body></html>', "is a web page, not an export"),
    ("error.csv", '{"status":"0","message":"NOTOK","result":"Max rate limit reached"}', "answer of an explorer's API"),
    ("message.csv", '{"message":"Not found"}', "is JSON, but no list of Bitcoin transactions"),
    ("delimiter.csv", quoted(TRANSACTIONS, [GOOD]).replace('","', '"~"'), "its first line is no header"),
    ("no-time.csv", quoted(TRANSACTIONS, [(GOOD[0], "", "", *GOOD[3:])]), "neither block nor time"),
    ("old.csv", altered("UnixTimestamp", "999999999"), "row 2, UnixTimestamp: .* before the first block of any chain"),
    ("far.csv", altered("UnixTimestamp", "9999999999"), "row 2, UnixTimestamp: .* later than 2099"),
    (
        "checksum.csv",
        altered("To", "0x53Df91006817dc28dd14e317b399d2d3b3aa5583"),
        "row 2, To: the checksum .* fails: mistyped or altered",
    ),
    ("huge.csv", altered(OUT, "1e60"), "is more than a token can count"),
    ("renamed.csv", quoted(TRANSACTIONS, [GOOD]).replace('"From"', '"Payer"'), "has no column for: from"),
    ("bomb.zip", zipped("a.csv", b"\0" * 10_000_000), r"a spreadsheet \(.xlsx\) or a zip archive"),
    ("formula.csv", altered(OUT, '=HYPERLINK("http://x")'), "is no amount"),
    ("formula-to.csv", altered("To", "=1+1"), "'=1\\+1' is a name, and a name is no address"),
    ("null.csv", quoted(TRANSACTIONS, [GOOD, GOOD]).encode().replace(b"Transfer", b"Trans\0fer"), "zero bytes"),
    ("fee.csv", altered("TxnFee(ETH)", "-0.001"), r"row 2, TxnFee\(ETH\): '-0.001' is a negative amount"),
    ("wide.csv", ",".join(f"c{n}" for n in range(20_000)) + "\n1,2\n", "its header has 20,000 columns"),
    ("empty-rows.csv", quoted(TRANSACTIONS, [("",) * 16] * 3), "no rows, only a header"),
]


@pytest.mark.parametrize(("name", "text", "said"), REFUSED, ids=[one[0] for one in REFUSED])
def test_f4_an_altered_file_has_its_reason(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(tracer.TracerError, match=f"(?s){said}") as caught:
        tracer.read_export("etherscan", write(tmp_path, name, text))
    assert name in str(caught.value)
    assert caught.value.exit_code == 2


def total_row(text: str) -> str:
    return text + '"Total","","","","","","","","1","","0.001","","","","",""\r\n'


def with_cell(text: str, value: str) -> str:
    return text.replace("Transfer", value, 1)


# Of these the good row is read and the other is named: text, what is said.
NAMED: list[tuple[str, str, str]] = [
    ("total.csv", total_row(quoted(TRANSACTIONS, [GOOD])), "row 3, Transaction Hash: 'Total' is no transaction hash"),
    (
        "two-million.csv",
        quoted(TRANSACTIONS, [sent(2, "2"), GOOD]).replace("Transfer", "x" * 2_000_000, 1),
        "row 2: a cell is longer than 65536 characters",
    ),
    ("empty.csv", quoted(TRANSACTIONS, [GOOD, ("", *sent(2, "1")[1:])]), "row 3, Transaction Hash: '' is no"),
    ("letters.csv", quoted(TRANSACTIONS, [GOOD, sent(2, "l,000")]), "row 3, Value_OUT(ETH): 'l,000' is no amount"),
    ("future.csv", quoted(TRANSACTIONS, [GOOD, (tx(2), "", "", "2022-13-01 00:00:00", *GOOD[4:])]), "is no time"),
]


@pytest.mark.parametrize(("name", "text", "said"), NAMED, ids=[one[0] for one in NAMED])
def test_f4_an_altered_row_is_named_and_the_good_one_is_read(tmp_path: Path, name: str, text: str, said: str) -> None:
    export = tracer.read_export("etherscan", write(tmp_path, name, text))
    assert set(export.transfers["tx"]) == {tx(1)}
    (line,) = export.refused
    assert said in line


# These are read, every one to the unit, with a word where something was decided.
READ: list[tuple[str, str, list[str], str]] = [
    ("bars.csv", quoted(TRANSACTIONS, [GOOD]).replace('","', '"|"'), ["1"], ""),
    ("bom.csv", "\ufeff" + quoted(TRANSACTIONS, [GOOD]), ["1"], ""),
    (
        "twice.csv",
        quoted(TRANSACTIONS, [GOOD]) + quoted(TRANSACTIONS, [GOOD, sent(2, "2")]),
        ["1", "2"],
        "row 3: a second header",
    ),
    (
        "newlines.csv",
        with_cell(quoted(TRANSACTIONS, [GOOD, sent(2, "2")]), 'a ""note"",\nof\r\ntwo lines'),
        ["1", "2"],
        "",
    ),
    (
        "europe.csv",
        quoted(TRANSACTIONS, [sent(1, "1.234,5", fee="0,001"), sent(2, "1.000", fee="0,001")]),
        ["1234.5", "1000"],
        "numbers with decimal commas, read so (row 2, Value_OUT(ETH): '1.234,5')",
    ),
    ("exponent.csv", quoted(TRANSACTIONS, [sent(1, "1.5E+01")]), ["15"], ""),
    (
        "date.csv",
        quoted(TRANSACTIONS, [(*GOOD[:3], "2019-01-01 00:00:00", *GOOD[4:])]),
        ["1"],
        "date in words contradicts the Unix time",
    ),
]


@pytest.mark.parametrize(("name", "text", "coins", "said"), READ, ids=[one[0] for one in READ])
def test_f4_an_altered_file_that_leaves_no_doubt_is_read(
    tmp_path: Path, name: str, text: str, coins: list[str], said: str
) -> None:
    from decimal import Decimal

    export = tracer.read_export("etherscan", write(tmp_path, name, text))
    table = export.transfers
    paid = sorted(int(amount) for amount in table[table["kind"] == "native"]["amount"])
    assert paid == sorted(int(Decimal(coin) * 10**18) for coin in coins)
    assert export.refused == ()
    assert said in "\n".join(export.notes)


def test_a_long_cell_with_line_ends_hides_no_row_of_its_own(tmp_path: Path) -> None:
    """What stands inside a cell too long to be read is never taken for rows."""
    inside = quoted(TRANSACTIONS, [sent(9, "9")]).split("\r\n")[1].replace('"', '""')
    text = quoted(TRANSACTIONS, [GOOD, sent(2, "2")])
    text = text.replace("Transfer", f"{'x' * 200_000}\n{inside}\n", 1)
    export_error = ""
    try:
        export = tracer.read_export("etherscan", write(tmp_path, "a.csv", text))
    except tracer.TracerError as cause:
        export_error = str(cause)
    else:
        assert tx(9) not in set(export.transfers["tx"])
        export_error = "\n".join(export.refused)
    assert "longer than 65536 characters" in export_error


def test_a_packed_bomb_is_refused_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer.io.exports.opening.MAX_BYTES", 1 << 22)
    monkeypatch.setattr("tracer.io.exports.opening._CHUNK", 1 << 20)
    packed = write(tmp_path, "a.csv.gz", gzip.compress(bytes(1 << 25)))
    with pytest.raises(tracer.TracerError, match="more than 4 MiB"):
        tracer.read_export("etherscan", packed)


def test_blank_lines_without_end_are_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer.io.exports.sheet.MAX_ROWS", 100)
    text = quoted(TRANSACTIONS, [GOOD])
    for blank in (text + "\n" * 200, text.replace('","', "\t").replace('"', "") + "\n" * 200):
        with pytest.raises(tracer.TracerError, match="more than 100 rows"):
            tracer.read_export("etherscan", write(tmp_path, "a.csv", blank))


def test_a_folder_and_a_file_too_large_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(tracer.TracerError, match="is a folder"):
        tracer.read_export("etherscan", tmp_path)
    monkeypatch.setattr("tracer.io.exports.opening.MAX_BYTES", 100)
    with pytest.raises(tracer.TracerError, match="holds more than"):
        tracer.read_export("etherscan", write(tmp_path, "a.csv", quoted(TRANSACTIONS, [GOOD])))


ARKHAM = (
    "transactionHash,fromAddress,toAddress,tokenAddress,blockTimestamp,blockNumber,tokenDecimals,unitValue,chain\n"
    f"{tx(1)},{OWNER},{OTHER},{USDC},2023-08-25T21:46:40Z,{BLOCK},6,{{}},ethereum\n"
)


def test_the_noise_of_a_float_is_the_nearest_unit_and_printed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", ARKHAM.format("429.49999999999994"))
    (row,) = tracer.read_export("arkham", path).transfers.to_dict("records")
    assert (row["amount"], row["precision"]) == ("429500000", "printed")
    with pytest.raises(tracer.TracerError, match="7 places, but USDC has 6"):
        tracer.read_export("arkham", write(tmp_path, "b.csv", ARKHAM.format("1.1234567")))


def test_a_rounded_figure_keeps_its_mark_in_every_form(tmp_path: Path) -> None:
    calls = "block_id\ttransaction_hash\tindex\ttime\tfailed\ttype\tsender\trecipient\tvalue\ttransferred\n"
    row = f"{BLOCK}\t{tx(1)}\t0\t2023-08-25 21:46:40\t0\tcall\t{OWNER}\t{OTHER}\t1.736E+23\t1\n"
    table = tracer.read_export("blockchair", write(tmp_path, "calls.tsv", calls + row)).transfers
    assert list(table["precision"]) == ["printed"]
    head = "hash,block_number,block_timestamp,from_address,to_address,value,receipt_gas_used,gas_price\n"
    line = f"{tx(1)},{BLOCK},2023-08-25 21:46:40 UTC,{OWNER},{OTHER},5,21000,3.1E+10\n"
    table = tracer.read_export("bigquery", write(tmp_path, "t.csv", head + line)).transfers
    assert dict(zip(table["kind"], table["precision"], strict=True)) == {"native": "exact", "fee": "printed"}


def test_satoshi_that_are_rounded_are_refused(tmp_path: Path) -> None:
    head = "block_id\ttransaction_hash\tindex\ttime\tvalue\tvalue_usd\trecipient\ttype\tscript_hex\tis_from_coinbase\n"
    line = f"423000\t{txid(1)}\t0\t2016-08-02 15:00:00\t5.0E+09\t1\td-1f\tx\t00\t1\n"
    with pytest.raises(tracer.TracerError, match="every satoshi"):
        tracer.read_export("blockchair", write(tmp_path, "o.tsv", head + line))


def test_a_row_a_spreadsheet_rounded_gives_way_to_the_exact_one_of_another_file(tmp_path: Path) -> None:
    exact = write(tmp_path, "a.csv", quoted(TOKENS, [token(1, "1234567.891234", OWNER, OTHER)]))
    rounded = write(tmp_path, "b.csv", quoted(TOKENS, [token(1, "1.23E+06", OWNER, OTHER)]))
    table = tracer.read_export("etherscan", exact, rounded).transfers
    assert list(zip(table["amount"], table["precision"], strict=True)) == [("1234567891234", "exact")]
    both = write(
        tmp_path, "c.csv", quoted(TOKENS, [token(1, "1.0E+06", OWNER, OTHER), token(1, "1000000", OWNER, OTHER)])
    )
    assert len(tracer.read_export("etherscan", both).transfers) == 2


def esplora(spends: str, pays: int, number: int = 1, block: int = 800_000) -> dict[str, object]:
    prevout = {"value": 50, "scriptpubkey_address": "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"}
    return {
        "txid": txid(number),
        "vin": [{"txid": spends, "vout": 0, "prevout": prevout, "is_coinbase": False}],
        "vout": [{"value": pays}, {"value": 0, "scriptpubkey_address": "bc1pfeessrawgf"}],
        "fee": 50 - pays,
        "status": {"confirmed": True, "block_height": block, "block_time": TIME},
    }


def test_an_output_that_two_transactions_spend_leaves_both_out(tmp_path: Path) -> None:
    rows = [esplora(txid(0), 40, 1), esplora(txid(0), 45, 2), esplora(txid(7), 41, 3)]
    export = tracer.read_export("esplora", write(tmp_path, "a.json", json.dumps(rows)))
    assert set(export.ledger["event"]) == {txid(3)}
    assert any("contradicts" in line for line in export.refused)


def test_a_transaction_that_two_files_put_into_two_blocks_is_left_out(tmp_path: Path) -> None:
    first = write(tmp_path, "a.json", json.dumps([esplora(txid(0), 40), esplora(txid(7), 41, 3)]))
    second = write(tmp_path, "b.json", json.dumps([esplora(txid(0), 40, block=800_001)]))
    export = tracer.read_export("esplora", first, second)
    assert set(export.ledger["event"]) == {txid(3)}


def test_a_pay_to_anchor_output_has_no_address_and_hinders_nothing(tmp_path: Path) -> None:
    one = esplora(txid(0), 40)
    one["vout"] = [{"value": 30}, {"value": 10, "scriptpubkey_address": "bc1pfeessrawgf"}]
    table = tracer.read_export("esplora", write(tmp_path, "a.json", json.dumps(one))).ledger
    assert list(table[table["side"] == "credit"]["amount"]) == ["30", "10"]


@pytest.mark.parametrize("gather", [list, tuple, iter], ids=["list", "tuple", "iterator"])
def test_files_may_be_given_as_a_collection(tmp_path: Path, gather: Callable[..., object]) -> None:
    paths = [write(tmp_path, f"{n}.csv", quoted(TRANSACTIONS, [sent(n, "1")])) for n in range(3)]
    assert len(tracer.read_export("etherscan", gather(paths)).transfers) == 6  # type: ignore[arg-type]
    assert len(tracer.read_export("etherscan", paths[0], str(paths[1]), paths[2:]).transfers) == 6


def test_a_table_with_our_own_names_is_recognised(tmp_path: Path) -> None:
    own = f"tx,time,sender,recipient,asset,amount\n{tx(1)},1648042149000,{OWNER},{OTHER},slip44:60,173600\n"
    path = write(tmp_path, "own.csv", own)
    assert list(tracer.read_export("auto", path).transfers["amount"]) == ["173600"]
    with pytest.raises(tracer.TracerError, match=r"tracer import columns \S*/own\.csv --out DIR"):
        tracer.read_export("etherscan", path)


def test_the_command_for_an_unknown_table_can_be_pasted(tmp_path: Path) -> None:
    text = f"Tx Hash,From,To,amount (eth),Date\n{tx(1)},{OWNER},{OTHER},1,2023-08-25 21:46:40\n"
    with pytest.raises(tracer.TracerError) as caught:
        tracer.read_export("etherscan", write(tmp_path, "my table.csv", text))
    said = caught.value.next_step
    assert f"tracer import columns '{tmp_path}/my table.csv' --map sender=from --map recipient=to" in said
    assert "--map 'tx=tx hash'" in said
    assert "--map 'amount=amount (eth):UNIT'" in said
    assert "--map time=date" in said


def test_one_column_cannot_be_two_fields(tmp_path: Path) -> None:
    path = write(tmp_path, "own.csv", f"a,b,block\n{OWNER},5,1\n")
    with pytest.raises(tracer.TracerError, match="the column 'a' is named for sender and for recipient"):
        tracer.read_export("columns", path, mapping=["sender=a", "recipient=a", "amount=b"], asset="slip44:60")


def test_a_mapping_can_be_saved_again_where_it_says_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, "own.csv", f"a,b,c,block\n{OWNER},{OTHER},5,{BLOCK}\n")
    words = ["sender=a", "recipient=b", "amount=c:base"]
    export = tracer.read_export("columns", path, mapping=words, asset=f"erc20:{USDT}")
    for _ in range(2):
        export.save_mapping(tmp_path / "words.json")
    other = tracer.read_export("columns", path, mapping=[*words[:2], "amount=c:6"], asset=f"erc20:{USDT}")
    with pytest.raises(tracer.TracerError, match="exists"):
        other.save_mapping(tmp_path / "words.json")


def test_who_never_sends_a_transaction_may_be_a_contract(tmp_path: Path) -> None:
    """A contract pays inside transactions of others: without that list its money would seem to stay."""
    main = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1", into=True), sent(2, "2", into=True, to=USDC)]))
    export = tracer.read_export("etherscan", main)
    assert export.history.empty
    assert any("its internal transactions are not among the files" in note for note in export.notes)
    empty = ("Transaction Hash", "From", "TxTo", "Value_IN(ETH)", "Value_OUT(ETH)")
    both = tracer.read_export("etherscan", main, write(tmp_path, f"internal-{OWNER}.csv", quoted(empty, [])))
    assert list(both.history["address"]) == [OWNER]


def test_f4_bitcoin_from_address_to_address_is_no_transfer(tmp_path: Path) -> None:
    home = "bip122:000000000019d6689c085ae165831e93"
    payer, payee = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
    row = f"{payer},{payee},slip44:0,5000000000,2021-01-01T10:00:00Z,{home}\n"
    table = write(tmp_path, "t.csv", "sender,recipient,asset,amount,time,chain\n" + row)
    seeds = write(tmp_path, "s.csv", f"kind,value,chain,asset,amount,origin\nholder,{payer},{home},slip44:0,1,x\n")
    with pytest.raises(tracer.TracerError, match="no row of the chain") as caught:
        tracer.open_table(transfers=table, seeds=seeds)
    assert "tracer import esplora" in caught.value.next_step


def test_a_seed_that_leaves_the_loss_open_is_asked_about(tmp_path: Path) -> None:
    swap = [token(1, "5", OWNER, OTHER), token(1, "7", OTHER, OWNER, USDC)]
    export = tracer.read_export("etherscan", write(tmp_path, "a.csv", quoted(TOKENS, swap)))
    with pytest.raises(tracer.TracerError, match="leaves it open whose loss it is") as caught:
        export.write(tmp_path / "case", seed=tx(1))
    assert OWNER in str(caught.value)
    assert OTHER in str(caught.value)
    assert not (tmp_path / "case").exists()


def test_a_format_that_is_forgotten_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "a b.csv", quoted(TRANSACTIONS, [GOOD]))
    with pytest.raises(tracer.TracerError, match="looks like a file") as caught:
        tracer.read_export(str(path), path)
    assert f"tracer import auto '{path}'" in caught.value.next_step


def test_a_name_that_stands_twice_in_json_is_refused(tmp_path: Path) -> None:
    text = json.dumps([esplora(txid(0), 40)]).replace('"fee"', '"fee": 10, "fee"')
    with pytest.raises(tracer.TracerError, match="a name stands twice in one object"):
        tracer.read_export("esplora", write(tmp_path, "a.json", text))


def test_a_rounded_value_of_a_transaction_is_its_exact_one_only_where_the_digits_fit(tmp_path: Path) -> None:
    exact = write(tmp_path, "a.csv", quoted(TRANSACTIONS, [sent(1, "1234.5")]))
    near = write(tmp_path, "b.csv", quoted(TRANSACTIONS, [sent(1, "1.23E+03")]))
    far = write(tmp_path, "c.csv", quoted(TRANSACTIONS, [sent(1, "1.33E+03")]))
    assert tracer.read_export("etherscan", exact, near).refused == ()
    (line,) = tracer.read_export("etherscan", exact, far).refused
    assert "one of the files was altered" in line


def test_work_grows_with_the_file_and_no_faster(tmp_path: Path) -> None:
    """Thousands of rounded and of exact rows of one pair in one transaction, and a transaction that nets to nothing."""
    count = 3_000
    exact = write(tmp_path, "a.csv", quoted(TOKENS, [token(1, str(n), OWNER, OTHER) for n in range(1, count)]))
    rough = write(tmp_path, "b.csv", quoted(TOKENS, [token(1, f"{n}E+00", OWNER, OTHER) for n in range(1, count)]))
    assert len(tracer.read_export("etherscan", exact, rough).transfers) == count - 1
    circle = [token(2, str(n // 2 + 1), *((OWNER, OTHER) if n % 2 else (OTHER, OWNER))) for n in range(2 * count)]
    export = tracer.read_export("etherscan", write(tmp_path, "c.csv", quoted(TOKENS, circle)))
    assert list(export.seeds["kind"]) == ["holder"] or export.seeds.empty
