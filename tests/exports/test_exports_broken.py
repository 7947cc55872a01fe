"""Broken, foreign and hostile files: each gets its reason, none a traceback, and a row never goes in silence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from export_files import (
    BLOCK,
    INTERNAL,
    OTHER,
    OWNER,
    POOL,
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
from tracer.errors import InputError

GOOD = sent(1, "1")


def etherscan(*rows: tuple[str, ...], columns: tuple[str, ...] = TRANSACTIONS) -> str:
    return quoted(columns, list(rows))


def changed(cell: str, value: str, row: tuple[str, ...] = GOOD, columns: tuple[str, ...] = TRANSACTIONS) -> str:
    cells = list(row)
    cells[columns.index(cell)] = value
    return etherscan(tuple(cells), columns=columns)


def esplora(**changes: Any) -> str:
    prevout = {"value": 50, "scriptpubkey_address": "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"}
    one = {
        "txid": txid(1),
        "vin": [{"txid": txid(0), "vout": 0, "prevout": prevout, "is_coinbase": False}],
        "vout": [{"value": 40}],
        "fee": 10,
        "status": {"confirmed": True, "block_height": 5, "block_time": TIME},
    }
    return json.dumps([one | changes])


OUT = "Value_OUT(ETH)"
DUNE = "block_time,from,to,tx_hash,amount_raw\n"
OWN = "sender,recipient,amount,asset,block\n"
# Files of which nothing can be read: name, format, content, what must be said, options.
NOTHING: list[tuple[str, str, str | bytes, str, dict[str, Any]]] = [
    ("header-only.csv", "etherscan", etherscan(), "An address without such transactions gives exactly this file", {}),
    ("r2-5.json", "auto", "Transaction not found", "is no export: it begins 'Transaction not found'", {}),
    ("page.csv", "etherscan", "<!DOCTYPE html><html><title>Just a moment</title>", "a web page, not an export", {}),
    ("name.csv", "etherscan", changed("To", "Some Exchange 14"), "row 2, To: 'Some Exchange 14' is a name", {}),
    ("negative.csv", "etherscan", changed(OUT, "-1"), r"row 2, Value_OUT\(ETH\): '-1' is a negative amount", {}),
    (
        "checksum.csv",
        "etherscan",
        changed("From", "0x9C6D4Eac6e2170361239B10d75b6E73BB963aF7a"),
        "row 2, From: the checksum .* fails: mistyped or altered",
        {},
    ),
    (
        "digits.csv",
        "etherscan",
        etherscan(token(1, "1.1234567", OWNER, OTHER, USDC), columns=TOKENS),
        "row 2, TokenValue: 7 places, but USDC has 6 decimals",
        {},
    ),
    ("twice.csv", "columns", "sender,recipient,amount,amount,asset,block\n", "two columns are named 'amount'", {}),
    ("utf16.csv", "etherscan", etherscan(GOOD).encode("utf-16"), "UTF-16", {}),
    ("utf16-no-mark.csv", "etherscan", etherscan(GOOD).encode("utf-16-le"), "UTF-16", {}),
    ("latin.csv", "etherscan", changed("Method", "Überweisung").encode("latin-1"), "not UTF-8", {}),
    (
        "words.json",
        "esplora",
        "Transaction not found",
        "not JSON: the site's own words are 'Transaction not found'",
        {},
    ),
    ("cut.tsv.gz", "blockchair", gzip.compress(b"block_id\ttime\n" * 99)[:-20], "ends early", {}),
    ("rubbish.gz", "blockchair", b"\x1f\x8brubbish that is no gzip", "ends early or is damaged", {}),
    ("book.xlsx", "etherscan", b"PK\x03\x04rest of a zip", "a spreadsheet .*save it as 'CSV UTF-8'", {}),
    ("old.xls", "etherscan", b"\xd0\xcf\x11\xe0rest", "an old spreadsheet", {}),
    ("scan.pdf", "etherscan", b"%PDF-1.7", "a PDF", {}),
    ("rows.parquet", "bigquery", b"PAR1xxxxPAR1", "a Parquet file", {}),
    ("empty.csv", "etherscan", "", "is empty", {}),
    ("blank.csv", "etherscan", " \n\n \n", "is empty", {}),
    ("bytes.csv", "etherscan", etherscan(GOOD) + "x" * 300 + "\0", "zero bytes", {}),
    (
        "api.json",
        "etherscan",
        '{"status":"0","message":"NOTOK","result":"Max rate limit reached"}',
        "explorer's API",
        {},
    ),
    ("other.json", "esplora", '{"a": 1}', "no list of Bitcoin transactions", {}),
    ("deep.json", "esplora", "[" * 100_000, "not JSON", {}),
    ("none.json", "esplora", "[]", "holds no transaction", {}),
    ("float.json", "esplora", esplora(vout=[{"value": 40.5}]), "no number of satoshi", {}),
    ("sums.json", "esplora", esplora(fee=3), "do not fit together", {}),
    ("liquid.json", "esplora", esplora(vout=[{"value": 40, "asset": "aa"}]), "Liquid", {}),
    ("unsent.json", "esplora", esplora(status={"confirmed": False}), "unconfirmed: 1", {}),
    ("testnet.json", "esplora", esplora(vout=[{"value": 40, "scriptpubkey_address": "tb1qxyz"}]), "not an address", {}),
    ("other.csv", "blockscout", etherscan(GOOD), "looks like Etherscan's transactions", {}),
    ("list.json", "etherscan", esplora(), "tracer import esplora .*/list.json --out DIR", {}),
    ("unknown.csv", "etherscan", "a,b,c\n1,2,3\n", "of no form that is known", {}),
    ("half.csv", "etherscan", "Txhash,From,To,Status\n1,2,3,4\n", "It is nearest to", {}),
    ("one.csv", "etherscan", "Txhash\n1\n", "of no form that is known", {}),
    ("hash.csv", "etherscan", changed("Transaction Hash", "5.06E+12"), "A spreadsheet has made a number", {}),
    ("short-hash.csv", "etherscan", changed("Transaction Hash", "0xabc"), "is no transaction hash", {}),
    ("both.csv", "etherscan", changed("Value_IN(ETH)", "2"), "both this column and the OUT column", {}),
    ("amount.csv", "etherscan", changed(OUT, "1,23.4"), "is no amount", {}),
    ("wide.csv", "etherscan", changed(OUT, "#####"), "is no amount", {}),
    ("comma.csv", "etherscan", changed(OUT, "0,5"), "--decimal-comma", {}),
    ("arabic.csv", "etherscan", changed(OUT, "١٢"), "is no amount", {}),
    ("huge.csv", "etherscan", changed(OUT, "1e999"), "longer than any amount", {}),
    ("dust.csv", "etherscan", changed(OUT, "0.0000000000000000001"), "19 places, but ETH has 18 decimals", {}),
    ("no-sender.csv", "etherscan", changed("From", ""), "the sender is missing", {}),
    ("no-recipient.csv", "etherscan", changed("To", ""), "the recipient is missing", {}),
    ("other-chain.csv", "etherscan", changed("To", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), "no address of Ethereum", {}),
    ("height.csv", "etherscan", changed("Blockno", "196600000"), "which chain is it of", {}),
    ("said.csv", "etherscan", changed("Blockno", "196600000"), "--chain says Ethereum", {"chain": "eip155:1"}),
    ("unit.csv", "etherscan", etherscan(GOOD).replace("(ETH)", "(ONE)"), "Harmony", {}),
    (
        "against.csv",
        "etherscan",
        etherscan(GOOD).replace("(ETH)", "(BNB)"),
        "but --chain says",
        {"chain": "eip155:137"},
    ),
    (
        "number.csv",
        "etherscan",
        quoted((*TRANSACTIONS, "ChainId"), [(*GOOD, "1666600000")]),
        "'1666600000', which is not in the table of chains",
        {},
    ),
    (
        "page-token.csv",
        "etherscan",
        "Txhash,Blockno,UnixTimestamp,From,To,Quantity\n" + f"{tx(1)},{BLOCK},{TIME},{OWNER},{OTHER},1\n",
        "which token is it",
        {},
    ),
    (
        "nft.csv",
        "etherscan",
        "Txhash,Blockno,UnixTimestamp,From,To,ContractAddress,Token ID,Type,Quantity\n"
        f"{tx(1)},{BLOCK},{TIME},{OWNER},{OTHER},{USDT},1,721,2\n",
        "2 of an ERC-721",
        {"nft": True},
    ),
    (
        "query.csv",
        "dune",
        DUNE.replace("amount_raw", "total_eth") + f"2022-03-29 16:21:15,{OWNER},{OTHER},{tx(1)},1\n",
        "--map amount=total_eth:ETH",
        {},
    ),
    (
        "column.csv",
        "dune",
        DUNE + f"2022-03-29 16:21:15,{OWNER},{OTHER},{tx(1)},1\n",
        "there is no column 'x'",
        {"mapping": ["amount=x:ETH"]},
    ),
    (
        "symbol.csv",
        "dune",
        DUNE + f"2022-03-29 16:21:15,{OWNER},{OTHER},{tx(1)},1\n",
        "'USDT' is no unit",
        {"mapping": ["amount=amount_raw:USDT"]},
    ),
    ("month.csv", "dune", DUNE + f"03/04/2022 16:21,{OWNER},{OTHER},{tx(1)},1\n", "which number is the month", {}),
    ("day.csv", "dune", DUNE + f"2022-02-30 16:21:15,{OWNER},{OTHER},{tx(1)},1\n", "is no time", {}),
    ("asset.csv", "columns", OWN + f"{OWNER},{OTHER},1,USDT,1\n", "'USDT' names no asset", {}),
    ("no-asset.csv", "columns", OWN.replace("asset", "x") + f"{OWNER},{OTHER},1,y,1\n", "of which asset is it", {}),
    (
        "no-order.csv",
        "columns",
        OWN.replace(",block", "") + f"{OWNER},{OTHER},1,slip44:60\n",
        "cannot be put in order",
        {},
    ),
    ("names.csv", "columns", "von,nach,betrag\n1,2,3\n", "which columns are sender and recipient and amount", {}),
    (
        "bitcoin.csv",
        "columns",
        "sender,recipient,asset,amount,time,chain\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,"
        "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh,slip44:0,5000000000,2021-01-01 10:00,"
        "bip122:000000000019d6689c085ae165831e93\n",
        "no row of the chain",
        {},
    ),
    (
        "wallet.csv",
        "auto",
        f"Date,Transaction,Direction,Address,Amount (BTC),Balance\n2021-01-01 10:00,{txid(1)},in,x,50,50\n",
        f"one-sided.*tracer new {txid(1)}",
        {},
    ),
    ("solscan.csv", "auto", "Signature,Block Time,Human Time,Action,From,To\na,b,c,d,e,f\n", "Solana is not", {}),
    ("logs.csv", "blockscout", "TxHash,Index,BlockNumber,FirstTopic\na,b,c,d\n", "raw logs are not read", {}),
    ("quotes.csv", "etherscan", etherscan(GOOD) + '"a"b,c\n', "The quoting breaks off", {}),
    (
        "semicolon.csv",
        "etherscan",
        etherscan(sent(1, "1,234", fee="0")).replace(",", ";").replace("1;234", "1,234"),
        "--decimal-comma or --decimal-point",
        {},
    ),
]


@pytest.mark.parametrize(("name", "form", "text", "said", "options"), NOTHING, ids=[one[0] for one in NOTHING])
def test_f4_a_file_that_cannot_be_read_has_its_reason(
    tmp_path: Path, name: str, form: str, text: str | bytes, said: str, options: dict[str, Any]
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(tracer.TracerError, match=f"(?s){said}") as caught:
        tracer.read_export(form, path, **options)
    assert caught.value.exit_code == 2
    assert name in str(caught.value)


# Files of which some rows can be read: content, rows in the table, what must be said of the rest.
SOME: list[tuple[str, str, int, str]] = [
    ("label.csv", etherscan(GOOD, sent(2, "1", to="Some Exchange 14")), 2, "row 3, To: 'Some Exchange 14' is a name"),
    ("cut.csv", etherscan(GOOD) + '"0xabc', 2, "row 3: the file ends inside a row: the download was cut"),
    ("cut-bare.csv", etherscan(GOOD).replace('"', "") + "0xabc,1", 2, "row 3: the file ends inside a row"),
    ("open.csv", etherscan(GOOD) + '"0xabc\n' + etherscan(sent(2, "1"))[:60].replace('"', ""), 2, "never closed"),
    ("short.csv", etherscan(GOOD) + "a,b,c\n" + etherscan(sent(2, "1")).split("\n", 1)[1], 4, "row 3: 3 cells"),
    ("long.csv", etherscan((*GOOD, "x"), sent(2, "1")), 2, "row 2: 17 cells"),
    ("big.csv", etherscan(GOOD, (*sent(2, "1")[:-1], "x" * 70_000)), 2, "row 3: the row is longer than"),
]


@pytest.mark.parametrize(("name", "text", "rows", "said"), SOME, ids=[one[0] for one in SOME])
def test_a_row_that_cannot_be_read_is_named_and_the_others_count(
    tmp_path: Path, name: str, text: str, rows: int, said: str
) -> None:
    export = tracer.read_export("etherscan", write(tmp_path, name, text))
    assert len(export.transfers) == rows
    (line,) = export.refused
    assert said in line
    folder = export.write(tmp_path / "case")
    assert said.split(":", maxsplit=1)[0] in (folder / "left_out.csv").read_text()


def test_a_label_beside_an_address_is_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", changed("To", f"{OTHER} (Some Exchange 14)"))
    fee, row = tracer.read_export("etherscan", path).transfers.to_dict("records")
    assert fee["kind"] == "fee"
    assert row["recipient"] == OTHER
    assert "Some Exchange 14" in row["note"]


def test_figures_a_spreadsheet_rounded_are_marked_or_named(tmp_path: Path) -> None:
    rows = [sent(1, "1.234E+03"), sent(2, "1")]
    rows[1] = (rows[1][0], "1.8E+07", *rows[1][2:])
    export = tracer.read_export("etherscan", write(tmp_path, "a.csv", quoted(TRANSACTIONS, rows)))
    table = export.transfers
    first = table[(table["tx"] == tx(1)) & (table["kind"] == "native")].iloc[0]
    assert (first["amount"], first["precision"]) == (str(1234 * 10**18), "printed")
    second = table[table["tx"] == tx(2)].iloc[0]
    assert (second["block"], second["time"]) == ("", "2023-08-25T21:46:40Z")
    assert any("row 3, Blockno: the block is rounded" in note for note in export.notes)


def test_a_header_only_file_does_not_hinder_the_others(tmp_path: Path) -> None:
    empty = write(tmp_path, "empty.csv", quoted(INTERNAL, []))
    export = tracer.read_export("etherscan", empty, write(tmp_path, "a.csv", etherscan(GOOD)))
    assert len(export.transfers) == 2
    assert any("empty.csv: no rows" in note for note in export.notes)


def test_two_chains_without_a_common_clock_are_refused(tmp_path: Path) -> None:
    mined = "Txhash,Blockno,From,To,ContractAddress,Value_IN(BNB),Value_OUT(BNB),Status,ErrCode\n"
    other = write(tmp_path, "b.csv", mined + f"{tx(2)},9,{OWNER},{OTHER},,0,1,,\n")
    with pytest.raises(tracer.TracerError, match="several chains"):
        tracer.read_export("etherscan", other, write(tmp_path, "a.csv", etherscan(GOOD)))


def test_bitcoin_and_accounts_do_not_go_into_one_folder(tmp_path: Path) -> None:
    with pytest.raises(tracer.TracerError, match="two folders"):
        tracer.read_export("auto", write(tmp_path, "a.csv", etherscan(GOOD)), write(tmp_path, "b.json", esplora()))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"chain": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"}, "not in the table of chains"),
        ({"chain": "etherium"}, "is not a chain"),
        ({"tokens": ["0xabc"]}, "is not ADDRESS=DECIMALS"),
        ({"tokens": ["0xabc=many"]}, "no number of decimals"),
        ({"tokens": {"0xabc": 78}}, "no number of decimals"),
        ({"mapping": ["amount"]}, "is not FIELD=COLUMN"),
        ({"mapping": ["sum=x"]}, "is not FIELD=COLUMN"),
        ({"mapping": ["amount=x", "amount=y"]}, "twice"),
        ({"mapping_file": "nowhere.json"}, "no saved mapping"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    path = write(tmp_path, "a.csv", etherscan(GOOD))
    with pytest.raises(tracer.TracerError, match=said):
        tracer.read_export("etherscan", path, **options)


def test_a_format_that_does_not_exist_and_files_that_do_not(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", etherscan(GOOD))
    with pytest.raises(InputError, match="Did you mean etherscan"):
        tracer.read_export("ethersan", path)
    with pytest.raises(tracer.TracerError, match=r"no file '.*/b\.csv'"):
        tracer.read_export("etherscan", path, tmp_path / "b.csv")
    with pytest.raises(InputError, match="No file is given"):
        tracer.read_export("etherscan")


def test_a_packed_file_is_read_as_it_is(tmp_path: Path) -> None:
    packed = write(tmp_path, "a.csv.gz", gzip.compress(etherscan(GOOD).encode()))
    assert len(tracer.read_export("etherscan", packed).transfers) == 2


def test_a_packed_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer.io.exports.opening.MAX_BYTES", 1 << 20)
    packed = write(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n" * (1 << 20)))
    with pytest.raises(tracer.TracerError, match="more than 1 MiB"):
        tracer.read_export("etherscan", packed)


def test_preambles_blank_lines_and_other_delimiters_are_taken(tmp_path: Path) -> None:
    text = etherscan(GOOD, sent(2, "2")).replace("\r\n", "\n")
    for name, form in (
        ("title.csv", "An export of an address\n\n" + text),
        ("blank.csv", text.replace("\n", "\n\n")),
        ("spaces.csv", text.replace('","', '", "')),
        ("tabs.tsv", text.replace('","', "\t").replace('"', "")),
        ("bom.csv", "\ufeff" + text),
        ("index.csv", "\n".join(f'"{n}",{line}' for n, line in enumerate(text.strip().split("\n")))),
        ("reordered.csv", "\n".join(",".join(reversed(line.split(","))) for line in text.strip().split("\n"))),
    ):
        assert len(tracer.read_export("etherscan", write(tmp_path, name, form)).transfers) == 4, name


def test_no_cell_brings_a_traceback(tmp_path: Path) -> None:
    """Each hostile text in each cell: read, or refused with a reason of ours; what is written can be read again."""
    from tracer.io.tables import read_transfers

    hostile = ["", "-1", "=1+1", "1e400", "9" * 500, "\u202e0xabc", "'", "nan", "\\N", "²", "99999999999999999999"]
    hostile += ["9999-12-31 23:59:59", "2022-03-23 13:29:09+99:99", "(1)", "\x0b", "\u2028", "1" * 64, "+5", "1E5"]
    files = ((TRANSACTIONS, GOOD), (TOKENS, token(1, "3", POOL, OWNER)))
    for columns, row in files:
        for place in range(len(columns)):
            for text in hostile:
                cells = [*row[:place], text, *row[place + 1 :]]
                path = write(tmp_path, "a.csv", quoted(columns, [row, tuple(cells)]))
                try:
                    folder = tracer.read_export("etherscan", path).write(
                        tmp_path / f"{len(columns)}-{place}-{hash(text)}"
                    )
                except tracer.TracerError:
                    continue
                read_transfers(folder / "transfers.csv")
