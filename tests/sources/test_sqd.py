"""SQD's Portal: a cut reply is never the end, what it does not have is said, and nothing it says is believed alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from pretend_evm import HEAD, A, B, C, D, Fault, block, frame, gaps, moves, receipt, transaction, word
from pretend_portal import Lines, Portal, as_lines, call, header, line, sent, token
from recorded_evm import recorded_transactions
from scripted_exchange import as_reply

from tracer.chains.evm_block import fee_of, parse_receipt, parse_transaction
from tracer.chains.fields import Field
from tracer.chains.portal import parse_page, transactions_of
from tracer.errors import SourceError
from tracer.model import ChainId, native_asset
from tracer.net.query import PermanentError
from tracer.providers.evm import portal_query

BNB, BASE, LOCAL, SCROLL, ARBITRUM = 56, 8453, 31337, 534352, 42161


def portal(*lines: dict[str, Any], **more: Any) -> Portal:
    """Return a Portal of a chain that pays no withdrawals."""
    return Portal(list(lines), **{"chain": BNB, **more})


def of_bnb(number: int = 100, index: int = 0, **changes: Any) -> dict[str, Any]:
    return sent(number, index, chainId=BNB, **changes)


def test_a_history_has_values_fees_calls_and_tokens_in_their_places() -> None:
    one, two = of_bnb(100), of_bnb(200, 3, **{"from": C, "to": D, "value": "0x0"})
    calls = [call(two), call(two, (0,), **{"from": D, "to": A, "value": "0x7"})]
    lines = line(100, one), line(200, two, traces=calls, logs=[token(two, A, C, 40, index=9)])
    history = portal(*lines).source().transfers(A, 0, 500)
    assert moves(history) == [
        ("fee", "fee", A, "", 21_000),
        ("top", "native", A, B, 5),
        ("call", "internal", D, A, 7),
        ("log", "token", A, C, 40),
    ]
    assert [(row.tx_index, row.place) for row in history.rows] == [(0, ()), (0, ()), (3, (0,)), (3, (9,))]
    assert history.complete


@pytest.mark.parametrize("cut", [1, 50, 99, 101, 350])
def test_a_cut_reply_looks_like_a_short_good_one_and_is_gone_on_with(cut: int) -> None:
    ours = portal(line(100, of_bnb(100)), line(300, of_bnb(300)), cut=cut)
    history = ours.source().transfers(A, 0, 400)
    assert [row.block for row in history.rows] == [100, 100, 300, 300]
    assert history.complete
    (entry,) = history.coverage
    assert entry.pages == len(ours.questions("accounts")) == -(-401 // cut)
    assert ours.questions("accounts")[-1][1] == 400


def test_where_a_cut_reply_is_never_gone_on_with_the_rest_is_a_gap_and_the_beginning_stays() -> None:
    def ends(lines: Lines, asked: dict[str, Any]) -> Any:
        return as_reply(b"", 204) if asked["shape"] == "accounts" and asked["fromBlock"] > 150 else lines

    ours = portal(line(100, of_bnb(100)), line(300, of_bnb(300)), cut=151, change=ends)
    history = ours.source().transfers(A, 0, 400)
    assert {row.block for row in history.rows} == {100}
    whole, gap = history.coverage
    assert (whole.from_block, whole.to_block, whole.complete) == (0, 150, True)
    assert (gap.from_block, gap.to_block, gap.reason) == (151, 400, "error")
    assert "does not have these blocks yet" in gap.detail


@pytest.mark.parametrize("body", [b"", b"\n", b'{"header":{"number":0,', b"null\n", b"{}\n", b"[]\n"])
def test_a_reply_without_a_whole_line_says_nothing(body: bytes) -> None:
    ours = portal(change=lambda lines, asked: body if asked["shape"] == "accounts" else lines)
    history = ours.source().transfers(A, 0, 400)
    assert not history.rows
    assert [one.complete for one in history.coverage] == [False]


@pytest.mark.parametrize(
    "body", [b'{"status":"0","message":"NOTOK","result":"Max calls per sec rate limit reached"}', b"{}", b"[]", b"7"]
)
def test_an_error_in_another_form_passes_and_costs_nobody_a_history(body: bytes) -> None:
    """One such reply, of a gateway, cost 400 holders their histories for good: it was taken for a contradiction."""
    said = iter([body])
    ours = portal(
        line(100, of_bnb(100)),
        change=lambda lines, asked: next(said, lines) if asked["shape"] == "accounts" else lines,
    )
    history = ours.source().transfers(A, 0, 400)
    assert [row.amount for row in history.rows] == [21_000, 5]
    assert history.complete


@pytest.mark.parametrize(
    ("numbers", "what"),
    [([5, 400], "Block 0 was asked for first"), ([0, 9, 9], "next block"), ([0, 401], "next block")],
)
def test_blocks_left_out_repeated_or_of_another_range_are_not_believed(numbers: list[int], what: str) -> None:
    def other(lines: Lines, asked: dict[str, Any]) -> Lines:
        return [{"header": header(number)} for number in numbers] if asked["shape"] == "accounts" else lines

    history = portal(change=other).source().transfers(A, 0, 400)
    assert gaps(history) == [("finalized-stream", "inconsistent")]
    assert what in history.coverage[0].detail


def test_words_nobody_knows_about_many_blocks_are_halved_before_they_are_believed() -> None:
    def refuses(lines: Lines, asked: dict[str, Any]) -> Any:
        return as_reply("no", 400) if asked["toBlock"] - asked["fromBlock"] > 100 else lines

    history = portal(line(100, of_bnb(100)), change=refuses).source().transfers(A, 0, 400)
    assert [row.amount for row in history.rows] == [21_000, 5]
    assert history.complete


def test_one_transaction_that_cannot_be_read_costs_itself_and_those_it_names() -> None:
    broken, sound = of_bnb(100, value="five"), of_bnb(200, **{"from": C, "to": D})
    ours = portal(line(100, broken), line(200, sound))
    found = ours.source().histories([A, B, C, D], 0, 400)
    assert [found[one].complete for one in (A, B, C, D)] == [False, False, True, True]
    (gap,) = (one for one in found[A].coverage if not one.complete)
    assert (gap.endpoint, gap.reason, gap.from_block, gap.to_block) == ("transaction", "inconsistent", 100, 100)
    assert [row.amount for row in found[D].rows] == [5]


@pytest.mark.parametrize(
    "traces",
    [
        lambda one: [call(one), call(one, (0,), **{"from": B, "to": A, "value": "0x1", "callType": None})],
        lambda one: [call(one), call(one, (0, 0), **{"from": B, "to": A, "value": "0x1"})],
        lambda one: [call(one), call(one)],
        lambda one: [call(one), call(one, (0,), **{"from": C, "to": A, "value": "0x1"})],
        lambda one: [call(one), call(one, (0,), **{"from": B, "to": A, "value": None})],
        lambda one: [call(one, value="0x6")],
        lambda one: [call(one, error="reverted")],
        lambda one: [call(one) | {"type": "unheard of"}],
    ],
    ids=[
        "no kind of call",
        "no parent",
        "twice",
        "another caller",
        "no value",
        "another value",
        "failed, says one",
        "no kind of trace",
    ],
)
def test_calls_that_contradict_themselves_or_their_transaction_are_a_gap(traces: Any) -> None:
    one = of_bnb(100)
    history = portal(line(100, one, traces=traces(one))).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]
    assert not history.rows


@pytest.mark.parametrize(
    "change",
    [
        {"topics": []},
        {"topics": ["0x12"]},
        {"topics": [word(1), word(2), word(3)]},
        {"topics": None},
        {"data": "five"},
        {"logIndex": "0x1"},
        {"transactionHash": word(5)},
    ],
)
def test_a_log_that_nobody_asked_for_is_one_that_was_altered(change: dict[str, Any]) -> None:
    one = of_bnb(100)
    history = portal(line(100, one, logs=[{**token(one, A, B, 9), **change}])).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]


def test_a_transaction_that_touches_nobody_who_was_asked_for_lacks_what_it_came_for() -> None:
    other = of_bnb(100, **{"from": C, "to": D})
    found = portal(line(100, other)).source().histories([A, B], 0, 400)
    assert [gaps(found[one]) for one in (A, B)] == 2 * [[("transaction", "inconsistent")]]
    assert "touches" in found[A].coverage[0].detail


def test_a_payment_to_nobody_is_a_contradiction() -> None:
    one = of_bnb(100)
    history = portal(line(100, {**one, "to": None}, traces=[call(one)])).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]
    history = portal(line(100, {**one, "to": None}, traces=[])).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]


def test_a_block_older_than_the_one_before_it_is_not_believed() -> None:
    late = line(100, of_bnb(100))
    late["header"]["timestamp"] -= 10_000
    assert gaps(portal(late).source().transfers(A, 0, 400)) == [("finalized-stream", "inconsistent")]


def test_what_stands_under_a_failed_call_and_what_only_repeats_a_value_did_not_move() -> None:
    one = of_bnb(100)
    calls = [
        call(one),
        call(one, (0,), **{"from": B, "to": C, "value": "0x2"}, error="reverted"),
        call(one, (0, 0), **{"from": C, "to": A, "value": "0x2"}),
        call(one, (1,), **{"from": B, "to": A, "value": "0x5", "callType": "delegatecall"}),
        call(one, (2,), **{"from": B, "to": A, "value": "0x3"}),
    ]
    history = portal(line(100, one, traces=calls)).source().transfers(A, 0, 400)
    assert [row.amount for row in history.rows if row.layer == "call"] == [3]
    assert history.complete


def test_a_failed_transaction_moves_its_fee_alone_and_has_no_logs() -> None:
    one = of_bnb(100, status=0)
    calls = [call(one, error="reverted"), call(one, (0,), **{"from": B, "to": A, "value": "0x3"})]
    history = portal(line(100, one, traces=calls)).source().transfers(A, 0, 400)
    assert moves(history) == [("fee", "fee", A, "", 21_000)]
    assert history.complete
    history = portal(line(100, one, traces=calls, logs=[token(one, A, B, 9)])).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]


def test_a_data_set_without_calls_is_found_out_by_the_transactions_that_come_without_their_own() -> None:
    history = portal(line(100, of_bnb(100), traces=[])).source().transfers(B, 0, 400)
    assert [row.amount for row in history.rows] == [5]
    assert gaps(history) == [("transaction", "not_supported")]
    assert "holds no calls" in " ".join(one.detail for one in history.coverage)


def test_a_data_set_of_another_chain_is_found_out_by_what_its_transactions_were_signed_for() -> None:
    history = portal(line(100, sent(100, chainId=1))).source().transfers(A, 0, 400)
    assert gaps(history) == [("transaction", "inconsistent")]
    assert "of another chain" in " ".join(one.detail for one in history.coverage)


def test_what_the_portal_does_not_say_of_a_fee_is_a_gap_of_who_paid_it_alone() -> None:
    found = Portal([line(100, sent(100, type=3, chainId=LOCAL))], chain=LOCAL).source().histories([A, B], 0, 400)
    assert gaps(found[A]) == [("transaction", "not_supported")]
    assert "blobs" in found[A].coverage[0].detail
    assert found[B].complete


@pytest.mark.parametrize(
    ("chain", "change", "what"),
    [
        (BASE, {"l1Fee": "0x1"}, "to the operator"),
        (BASE, {}, "for layer 1"),
        (SCROLL, {}, "for layer 1"),
        (SCROLL, {"l1Fee": "0x1"}, ""),
        (BNB, {"gasPrice": None, "effectiveGasPrice": None}, "for its gas"),
        (BASE, {"type": 0x7E, "value": "0x0", "gasPrice": None, "effectiveGasPrice": None}, "deposit"),
        (ARBITRUM, {"type": 0x64, "gasPrice": None, "effectiveGasPrice": None}, ""),
        (ARBITRUM, {"type": 0x69}, "outside its calls"),
    ],
)
def test_g5_what_a_chain_charges_and_brings_otherwise_is_read_or_named(
    chain: int, change: dict[str, Any], what: str
) -> None:
    one = sent(100, **{"chainId": chain, "from": A, "to": B, **change})
    history = Portal([line(100, one)], chain=chain).source().transfers(A, 0, 400)
    assert gaps(history) == ([("transaction", "not_supported")] if what else [])
    assert what in " ".join(entry.detail for entry in history.coverage)
    assert bool(what) != history.complete


def test_without_a_node_withdrawals_are_not_known_where_blocks_pay_them() -> None:
    history = Portal(chain=1).source().transfers(A, 0, 400)
    assert gaps(history) == [("withdrawals", "not_supported")]


def test_on_a_chain_that_is_not_in_the_table_that_is_said() -> None:
    assert ("chain", "not_supported") in gaps(Portal(chain=61).source().transfers(A, 0, 400))


def test_tokens_that_are_not_followed_are_counted() -> None:
    one = of_bnb(100)
    nft = token(one, C, A, 0) | {"topics": [*token(one, C, A, 0)["topics"], word(77)], "data": "0x"}
    history = portal(line(100, one, logs=[nft])).source().transfers(A, 0, 400)
    assert gaps(history) == [("other_tokens", "not_supported")]
    assert history.whole


def of_node(one: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what a node says of the transaction of :func:`sent` in block 100."""
    there = transaction(100, value=one["value"])
    table = {
        "eth_getTransactionByHash": there,
        "eth_getTransactionReceipt": receipt(there),
        "debug_traceTransaction": frame(there),
        "eth_getBalance": lambda asked: hex(50_000 if int(asked[1], 16) < 100 else 28_995),
    }
    return {**table, **changes}


def test_a_sample_is_read_again_from_the_node_and_the_balances_close_the_history() -> None:
    one = of_bnb(100)
    history = portal(line(100, one), node=of_node(one)).source().transfers(A, 50, 400)
    assert history.complete
    assert [row.source for row in history.rows] == ["sqd", "sqd"]
    said = {entry.endpoint: entry.detail for entry in history.coverage}
    assert said["cross-check"] == "1 of the transactions were read again from rpc."
    assert "eth_getBalance" in said


def test_a_transaction_that_the_node_has_otherwise_is_a_contradiction_with_its_name() -> None:
    one = of_bnb(100, value="0x6")
    history = portal(line(100, one), node=of_node({"value": "0x5"})).source().transfers(A, 50, 400)
    assert ("cross-check", "inconsistent") in gaps(history)
    assert one["hash"] in " ".join(entry.detail for entry in history.coverage)


def test_what_the_portal_left_out_is_found_by_the_balances() -> None:
    history = portal(node=of_node(of_bnb(100))).source().transfers(A, 50, 400)
    assert gaps(history) == [("eth_getBalance", "inconsistent")]


def test_what_the_portal_does_not_say_is_read_from_the_node() -> None:
    one = sent(100, type=3, chainId=LOCAL)
    there = transaction(100, value="0x5", type="0x3")
    given = receipt(there, blobGasUsed="0x20000", blobGasPrice="0x1")
    node = of_node(one, eth_getTransactionByHash=there, eth_getTransactionReceipt=given, eth_getBalance=Fault(-1, "no"))
    history = Portal([line(100, one)], chain=LOCAL, node=node).source().transfers(A, 0, 400)
    assert [row.amount for row in history.rows] == [21_000 + 0x20000, 5]
    assert history.complete


def test_a_node_that_does_not_answer_leaves_the_sample_unread_and_says_so() -> None:
    node = {"eth_getBalance": Fault(-32601, "no such method")}
    history = portal(line(100, of_bnb(100)), node=node).source().transfers(A, 0, 400)
    assert history.complete
    assert "did not answer" in " ".join(one.detail for one in history.coverage)


def test_a_node_with_another_block_at_the_head_ends_it_in_words() -> None:
    def otherwise(asked: list[Any]) -> dict[str, Any]:
        return block(HEAD if asked[0] == "latest" else int(asked[0], 16)) | {"hash": word(1)}

    with pytest.raises(SourceError, match=f"Block {HEAD} of the Portal is"):
        portal(node={"eth_getBlockByNumber": otherwise}).source().head()
    with pytest.raises(SourceError, match="serves eip155:1"):
        portal(node={"eth_chainId": "0x1"}).source().head()


def test_a_data_set_that_is_not_served_any_more_has_no_head() -> None:
    ours = portal()
    ours.exchange.answer = lambda endpoint, _: None
    with pytest.raises(PermanentError, match="no final block"):
        ours.source().head()


def test_only_final_blocks_are_read() -> None:
    head = portal().source().head()
    assert head.latest == head.final
    assert (head.latest.number, head.latest.hash) == (HEAD, header(HEAD)["hash"])


def test_a_transaction_is_found_where_a_history_showed_it_and_never_by_its_hash() -> None:
    one = of_bnb(100)
    ours = portal(line(100, one))
    source = ours.source()
    unknown = source.transaction(one["hash"])
    assert gaps(unknown) == [("transaction", "not_supported")]
    assert "by its hash" in unknown.coverage[0].detail
    source.transfers(B, 0, 400)
    assert moves(source.transaction(one["hash"])) == [("fee", "fee", A, "", 21_000), ("top", "native", A, B, 5)]
    assert ours.questions("transaction") == [(100, 100)]


def test_g16_ten_thousand_addresses_are_a_few_questions_within_the_portals_limits() -> None:
    addresses = [f"0x{number:040x}" for number in range(1, 10_001)]
    ours = portal()
    found = ours.source().histories(addresses, 0, 400)
    assert len(found) == 10_000
    assert len(ours.questions("accounts")) == 20
    for sent_one in ours.exchange.sent:
        assert len(sent_one.body) <= portal_query.LARGEST
        asked = json.loads(sent_one.body or b"{}")
        assert sum(len(asked.get(name, ())) for name in ("transactions", "logs", "traces")) <= 100


def test_contracts_that_were_made_are_asked_for_in_pieces_and_only_of_who_may_be_one() -> None:
    ours = portal(line(100, of_bnb(100)))
    ours.source().head()
    source = ours.source()
    source.pin(type(source.head())(*(2 * [source.block(120_000)])))
    source.histories([A, B], 0, 120_000)
    assert ours.questions("creations") == [(0, 49_999), (50_000, 99_999), (100_000, 120_000)]
    asked = [query.params["addresses"] for query in ours.exchange.asked if query.params.get("shape") == "creations"]
    assert asked == 3 * [[B]]


def test_what_a_contract_was_given_when_it_was_made_is_found_in_the_pieces() -> None:
    made = of_bnb(70_000, **{"to": None, "contractAddress": C})
    trace = {"transactionIndex": 0, "traceAddress": [], "type": "create", "action": {"from": A, "value": "0x5"}}

    def leaves_out(lines: Lines, asked: dict[str, Any]) -> Lines:
        name = "traces" if asked["shape"] == "accounts" else "logs"
        return [{part: held for part, held in one.items() if part != name} for one in lines]

    one = line(70_000, made, traces=[{**trace, "result": {"address": C}}], logs=[token(made, A, C, 9)])
    ours = portal(one, change=leaves_out)
    source = ours.source()
    source.pin(type(source.head())(*(2 * [source.block(120_000)])))
    history = source.transfers(C, 0, 120_000)
    assert moves(history) == [("top", "native", A, C, 5), ("log", "token", A, C, 9)]
    assert history.complete


def test_what_a_contract_gave_a_contract_that_it_made_is_found_beside_what_the_long_range_shows() -> None:
    one = of_bnb(70_000, **{"from": D, "to": C, "value": "0x0"})
    inner = {"transactionIndex": 0, "traceAddress": [0], "type": "create", "action": {"from": C, "value": "0x4"}}

    def leaves_out(lines: Lines, asked: dict[str, Any]) -> Lines:
        return [
            {**held, "traces": [call(one)]} if "traces" in held and asked["shape"] == "accounts" else held
            for held in lines
        ]

    held = line(70_000, one, traces=[call(one), {**inner, "result": {"address": B}}], logs=[token(one, D, C, 9)])
    source = portal(held, change=leaves_out).source()
    source.pin(type(source.head())(*(2 * [source.block(120_000)])))
    history = source.transfers(C, 0, 120_000)
    assert moves(history) == [("call", "internal", C, B, 4), ("log", "token", D, C, 9)]
    assert history.complete


def test_the_same_question_is_sent_once_and_answered_offline() -> None:
    ours = portal(line(100, of_bnb(100)), cut=60)
    first = ours.source().histories([B, A], 0, 400)
    ours.exchange.offline = True
    assert ours.source().histories([A, B], 0, 400) == first


def test_every_recorded_transaction_has_the_fee_of_its_receipt_or_says_that_it_is_not_known() -> None:
    said: Counter[str] = Counter()
    for one in recorded_transactions():
        chain, given = ChainId(one["chain"]), one["receipt"]
        if native_asset(chain) is None:
            said["a coin that is not known"] += 1
            continue
        known, outcome = parse_transaction(Field(one["transaction"]), chain), parse_receipt(Field(given), chain)
        time = int((one["header"] or {"timestamp": "0x1"})["timestamp"], 16)
        item = {name: one["transaction"].get(name) for name in ("hash", "from", "to", "value", "gasPrice")}
        item |= {name: given.get(name) for name in ("gasUsed", "effectiveGasPrice", "contractAddress", "l1Fee")}
        item |= {"transactionIndex": known.index, "type": known.type, "status": int(not outcome.failed)}
        calls = [call(item)] if known.recipient and not outcome.failed else []
        held = {"number": known.block, "hash": known.block_hash, "timestamp": time}
        page = parse_page([Field({"header": held, "transactions": [item], "traces": calls})], known.block, known.block)
        (read,), unread = transactions_of(page[0], chain=chain, source="sqd", asked=frozenset({known.sender}))
        assert not unread
        paid = sum(row.amount for row in read.rows if row.kind == "fee")
        if read.reason == "ok":
            assert paid == fee_of(known, outcome, time)
        said[f"{chain} {read.reason}"] += 1
    assert said.total() == 780
    assert said["eip155:1 ok"] > 380
    assert all("not_supported" not in name for name in said if name.split()[0] in ("eip155:56", "eip155:137"))


def test_lines_are_told_apart_by_nothing_but_their_ends() -> None:
    ours = portal(change=lambda lines, asked: as_lines(lines).body.replace(b"\n", b"\r\n\r\n"))
    assert ours.source().transfers(A, 0, 400).complete
