"""Tron rows against recorded replies and known vectors."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tracer.chains.fields import FaultyReply, Field
from tracer.chains.tron import TronBlock, parse_block, parse_internal_pointer, parse_trc20_row, parse_tron_transaction
from tracer.chains.tron_moves import parse_moves
from tracer.errors import AddressError
from tracer.model import TRON, AssetId, parse_address

MOCKS = "trongrid_blockbook_mocks"
LISTS = (
    "platform__tron__mocks__tokens__accounts_txs_response.json",
    "mock__ext-api-data__tron-api_v1_accounts_TFFriedwRtWdFuzerDDtkoQTZ29smDZ1MB_transactions__limit_25_order_by_block_"
    "timestamp_desc_token_id_.json",
)
TRX = f"{TRON}/slip44:195"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def rows_of(shared: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((shared / "data" / MOCKS / name).read_text())["data"]
    return rows


def usdt_row(shared: Path) -> dict[str, Any]:
    return copy.deepcopy(rows_of(shared, LISTS[0])[0])


def moves(
    row: dict[str, Any], info: dict[str, Any], txids: tuple[str, ...] = (), received: AssetId | None = None
) -> Any:
    signed = parse_tron_transaction(Field(row), chain=TRON)
    block = TronBlock(20829763, "00" * 32, 1592755239, txids or (row["txID"],))
    return parse_moves(
        signed, Field({"id": row["txID"], **info}), block=block, chain=TRON, source="test", received=received
    )


def test_every_recorded_transaction_has_the_hash_of_its_signed_bytes(shared: Path) -> None:
    parsed = [parse_tron_transaction(Field(row), chain=TRON) for name in LISTS for row in rows_of(shared, name)]
    assert len(parsed) == 46
    assert all(one.succeeded and one.fee is not None for one in parsed)
    kinds = Counter(one.kind for one in parsed)
    assert kinds["TransferContract"] + kinds["TransferAssetContract"] + kinds["TriggerSmartContract"] == 43
    assert all(one.known for one in parsed)
    staking = [one for one in parsed if one.kind.startswith(("Freeze", "Unfreeze", "Vote"))]
    assert [one.payments for one in staking] == 3 * [()]


def test_a_changed_amount_breaks_the_hash(shared: Path) -> None:
    row = usdt_row(shared)
    row["raw_data_hex"] = row["raw_data_hex"].replace("0cd0e33a0", "0cd0e33a1")
    with pytest.raises(FaultyReply, match="txID"):
        parse_tron_transaction(Field(row), chain=TRON)


def test_the_known_addresses_convert_both_ways() -> None:
    pairs = {
        "4179309abcff2cf531070ca9222a1f72c4a5136874": "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R",
        "41a614f803b6fd780986a42c78ec9c7f77e6ded13c": USDT,
        "4139fec4d95bb59f45a727f9234020adaf2cec9e20": "TFFriedwRtWdFuzerDDtkoQTZ29smDZ1MB",
    }
    assert {known: parse_address(TRON, known) for known in pairs} == pairs
    with pytest.raises(AddressError):
        parse_address(TRON, "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9D")


def test_a_trc20_page_prints_one_transfer_twice_and_its_account_has_a_broken_checksum(shared: Path) -> None:
    rows = rows_of(shared, "platform__tron__mocks__tokens__txs_trc20_response.json")
    # The recording was edited by its makers: the account it is about is not an address.
    with pytest.raises(FaultyReply, match="from"):
        parse_trc20_row(Field(rows[0]), chain=TRON)
    good = "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R"
    fixed = [{**row, **{side: good for side in ("from", "to") if row[side][:-1] == good[:-1]}} for row in rows]
    parsed = [parse_trc20_row(Field(row), chain=TRON) for row in fixed]
    found = [one for one in parsed if one is not None]
    assert len(found) == 20
    assert len({(one.txid, one.sender, one.recipient, one.amount) for one in found}) == 19
    assert found[0].amount == 500_000_000
    assert not found[0].confirmed
    assert parse_trc20_row(Field({**fixed[0], "type": "Approval"}), chain=TRON) is None


def test_the_fee_stands_first_and_is_what_the_recording_prints(shared: Path) -> None:
    row = usdt_row(shared)
    # 296310 for energy and 3460 for bandwidth, as printed in the row.
    assert row["energy_fee"] + row["net_fee"] == 299_770
    (fee,) = moves(row, {"fee": 299_770}).rows
    assert (fee.layer, fee.place, fee.kind, fee.amount, fee.asset) == ("fee", (), "fee", 299_770, TRX)
    assert (fee.sender, fee.recipient, fee.tx_index) == ("TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R", "", 0)
    with pytest.raises(FaultyReply, match="fee"):
        moves(row, {"fee": 299_771})


def test_a_transfer_log_is_a_token_movement_and_an_nft_is_none(shared: Path) -> None:
    row = usdt_row(shared)
    topics = [
        TRANSFER,
        "0" * 24 + "79309abcff2cf531070ca9222a1f72c4a5136874",
        "0" * 24 + "3b334848f75cf8c27ec975bcc7cc7e54f140b3c0",
    ]
    log = {"address": "a614f803b6fd780986a42c78ec9c7f77e6ded13c", "topics": topics, "data": f"{3_440_260_000:064x}"}
    nft = {**log, "topics": [*topics, "0" * 63 + "7"], "data": ""}
    other = {**log, "topics": topics[:2]}
    result = moves(row, {"fee": 299_770, "log": [nft, log, log, other]})
    tokens = [one for one in result.rows if one.layer == "log"]
    assert [(one.place, one.amount, one.kind) for one in tokens] == [
        ((1,), 3_440_260_000, "token"),
        ((2,), 3_440_260_000, "token"),
    ]
    assert (tokens[0].asset, tokens[0].sender) == (f"{TRON}/trc20:{USDT}", "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R")
    assert tokens[0].recipient == parse_address(TRON, "413b334848f75cf8c27ec975bcc7cc7e54f140b3c0")
    assert len(result.unparsed) == 1
    assert "log 3" in result.unparsed[0]


def test_internal_payments_move_unless_rejected_and_unknown_ones_are_named(shared: Path) -> None:
    row = usdt_row(shared)

    def call(note: str, values: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        parties = {"caller_address": "41" + "11" * 20, "transferTo_address": "41" + "22" * 20}
        return {"hash": "ab" * 32, **parties, "callValueInfo": values, "note": note.encode().hex(), **more}

    calls = [
        call("call", [{}]),
        call("call", [{"callValue": 5}, {"callValue": 7, "tokenId": "1002000"}]),
        call("call", [{"callValue": 9}], rejected=True),
        call("suicide", [{"callValue": 3}]),
        call("anything", [{"callValue": 4}]),
    ]
    result = moves(row, {"fee": 299_770, "internal_transactions": calls})
    inner = [(one.place, one.amount, one.asset) for one in result.rows if one.layer == "call"]
    assert inner == [((1,), 5, TRX), ((1, 1), 7, f"{TRON}/trc10:1002000"), ((3,), 3, TRX)]
    assert len(result.unparsed) == 1
    assert "anything" in result.unparsed[0]


@pytest.mark.parametrize("change", [{"ret": "OUT_OF_ENERGY"}, {"result": "FAILED"}])
def test_a_failed_transaction_moves_its_fee_only(shared: Path, change: dict[str, str]) -> None:
    row = next(
        copy.deepcopy(r)
        for r in rows_of(shared, LISTS[0])
        if r["raw_data"]["contract"][0]["type"] == "TransferContract"
    )
    fee = {"fee": row["ret"][0]["fee"]}
    assert [one.layer for one in moves(row, fee).rows][-1] == "top"
    if "ret" in change:
        row["ret"][0]["contractRet"] = change["ret"]
    failed = moves(row, {**fee, **({"result": "FAILED"} if "result" in change else {})})
    assert [one.layer for one in failed.rows] == (["fee"] if fee["fee"] else [])


def test_a_trc10_transfer_is_known_by_its_number(shared: Path) -> None:
    row = rows_of(shared, LISTS[1])[0]
    signed = parse_tron_transaction(Field(row), chain=TRON)
    assert signed.payments == ((f"{TRON}/trc10:1002000", 2_980_411),)
    as_hex = copy.deepcopy(row)
    as_hex["raw_data"]["contract"][0]["parameter"]["value"]["asset_name"] = b"1002000".hex()
    assert parse_tron_transaction(Field(as_hex), chain=TRON).payments == signed.payments


def test_an_unknown_contract_type_is_named_not_dropped(shared: Path) -> None:
    row = usdt_row(shared)
    row["raw_data"]["contract"][0]["type"] = "MarketSellAssetContract"
    result = moves(row, {"fee": 299_770})
    assert "MarketSellAssetContract" in result.unparsed[0]


def test_a_reward_that_is_withdrawn_comes_from_nobody(shared: Path) -> None:
    row = usdt_row(shared)
    row["raw_data"]["contract"][0]["type"] = "WithdrawBalanceContract"
    minted = moves(row, {"fee": 299_770, "withdraw_amount": 12}).rows[-1]
    assert (minted.kind, minted.sender, minted.recipient, minted.amount) == ("mint", "", row and minted.recipient, 12)


def test_an_internal_row_of_a_list_points_to_its_transaction() -> None:
    row = {
        "internal_tx_id": "cd" * 32,
        "tx_id": "ab" * 32,
        "from_address": "41" + "11" * 20,
        "to_address": "41" + "22" * 20,
    }
    pointer = parse_internal_pointer(Field(row), chain=TRON)
    assert pointer is not None
    assert pointer[0] == "ab" * 32
    assert parse_internal_pointer(Field({"txID": "ab"}), chain=TRON) is None


def test_real_block_ids_begin_with_their_height(shared: Path) -> None:
    with gzip.open(shared / "data" / "tron_proofs" / "tron_78000000_78000099.json.gz", "rt") as stream:
        proofs = json.load(stream)
    numbers, ids = proofs["blockNumbers"], proofs["blockIds"]
    assert len(ids) == 100
    for number, block_id in zip(numbers, ids, strict=True):
        header = {"raw_data": {"number": int(number), "timestamp": 1_700_000_000_000}}
        assert parse_block(Field({"blockID": block_id, "block_header": header})).number == int(number)
        header["raw_data"]["number"] += 1
        with pytest.raises(FaultyReply, match="blockID"):
            parse_block(Field({"blockID": block_id, "block_header": header}))


# --- since Stake 2.0 --------------------------------------------------------------------------------------------------

OWNER, MADE = "41" + "11" * 20, "41" + "33" * 20


def signed(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return a transaction as it is listed; its signed bytes hold the texts of its value."""
    texts = "".join(str(one).encode().hex() for one in value.values()) + b"_".hex()
    raw = f"0a02{kind.encode().hex()}{texts}"
    contract = {"type": kind, "parameter": {"value": {"owner_address": OWNER, **value}}}
    return {
        "txID": hashlib.sha256(bytes.fromhex(raw)).hexdigest(),
        "raw_data_hex": raw,
        "raw_data": {"contract": [contract]},
        "ret": [{"contractRet": "SUCCESS"}],
    }


@pytest.mark.parametrize(
    "kind",
    [
        *("FreezeBalanceV2Contract", "UnfreezeBalanceV2Contract", "DelegateResourceContract", "VoteWitnessContract"),
        *("UnDelegateResourceContract", "CancelAllUnfreezeV2Contract", "WithdrawExpireUnfreezeContract"),
        *("AccountPermissionUpdateContract", "UpdateSettingContract", "ProposalApproveContract"),
    ],
)
def test_g10_contracts_of_resources_and_settings_move_no_trx_but_their_fee(kind: str) -> None:
    info = {"fee": 7, "withdraw_expire_amount": 3_000_000}
    result = moves(signed(kind, {"balance": 3_000_000, "receiver_address": MADE}), info)
    assert ([(row.kind, row.amount) for row in result.rows], result.unparsed) == ([("fee", 7)], ())


def test_g10_what_a_contract_stakes_stays_its_own_and_a_reward_comes_from_nobody(shared: Path) -> None:
    words = [
        "freezeForEnergy",
        "unfreezeBalanceV2ForBandwidth",
        "delegateResourceOfEnergy",
        "unDelegateResourceOfEnergy",
    ]
    words += ["withdrawExpireUnfreeze", "cancelAllUnfreezeV2", "withdrawReward"]
    calls = [
        {
            "caller_address": OWNER,
            "transferTo_address": OWNER,
            "callValueInfo": [{"callValue": 4}],
            "note": word.encode().hex(),
        }
        for word in words
    ]
    result = moves(usdt_row(shared), {"fee": 299_770, "internal_transactions": calls})
    inner = [(row.kind, row.sender, row.recipient, row.amount) for row in result.rows if row.layer == "call"]
    assert (inner, result.unparsed) == ([("mint", "", parse_address(TRON, OWNER), 4)], ())


def test_g10_what_a_new_contract_is_given_goes_to_its_address() -> None:
    value = {"new_contract": {"call_value": 5, "bytecode": "60"}, "call_token_value": 6, "token_id": 1002000}
    result = moves(signed("CreateSmartContract", value), {"contract_address": MADE})
    owner, made = (parse_address(TRON, one) for one in (OWNER, MADE))
    assert [(row.sender, row.recipient, row.asset, row.amount) for row in result.rows] == [
        (owner, made, TRX, 5),
        (owner, made, f"{TRON}/trc10:1002000", 6),
    ]
    assert moves(signed("CreateSmartContract", {"new_contract": {"bytecode": "60"}}), {}).rows == ()
    with pytest.raises(FaultyReply, match="contract_address"):
        moves(signed("CreateSmartContract", value), {})


@pytest.mark.parametrize("name", ["_", "5f"])
def test_g10_a_trade_with_the_chains_own_exchange_is_booked_on_both_sides(name: str) -> None:
    row = signed("ExchangeTransactionContract", {"exchange_id": 2, "token_id": name, "quant": 50, "expected": 1})
    info, token = {"exchange_received_amount": 70}, AssetId(f"{TRON}/trc10:1000001")
    result = moves(row, info, received=token)
    owner = parse_address(TRON, OWNER)
    sides = [(one.kind, one.sender, one.recipient, one.asset, one.amount) for one in result.rows]
    assert (sides, result.unparsed) == ([("burn", owner, "", TRX, 50), ("mint", "", owner, token, 70)], ())
    assert "exchange 2" in moves(row, info).unparsed[0]
