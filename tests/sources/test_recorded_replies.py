"""What real providers answered, faults included, is taken for what it is: rows, results, an absence, or a fault."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import pytest
from recorded_evm import recorded
from scripted_exchange import as_reply

from tracer.chains.evm_block import parse_header, parse_receipt, parse_transaction
from tracer.chains.fields import Field
from tracer.model import ChainId
from tracer.net.query import DENIED, PermanentError, ReplyFault, RetryableError
from tracer.net.replies import reading
from tracer.providers.evm.explorer_replies import Page, calls_of, rows_of
from tracer.providers.evm.rpc_replies import result_of

READERS = {
    "eth_getBlockByNumber": parse_header,
    "eth_getBlockByHash": parse_header,
    "eth_getTransactionByHash": parse_transaction,
    "eth_getTransactionReceipt": parse_receipt,
}


def verdict(one: dict[str, Any]) -> str:
    """Return what a recorded reply is taken for."""
    body = one["body"] if isinstance(one["body"], str) else json.dumps(one["body"])
    reply, query = as_reply(body.encode(), one["status"]), dict(parse_qsl(one["query"] or ""))
    chain = ChainId("eip155:1")
    try:
        if one["ask"]:
            return _of_node(one["ask"], reply, chain)
        if query.get("action") in ("txlist", "txlistinternal", "tokentx"):
            return _of_list(query, reply, chain)
        reading(lambda field: field.value)(reply)
    except RetryableError:
        return "ask again"
    except PermanentError as fault:
        return "no entry" if fault.reason == DENIED else f"refused: {fault.reason}"
    except ReplyFault as fault:
        return type(fault).__name__
    return "JSON"


def _of_node(ask: str, reply: Any, chain: ChainId) -> str:
    method = json.loads(ask)["method"]
    body, parse = json.loads(reply.body), READERS.get(method)

    def read(field: Field) -> Any:
        return field.value if parse is None else parse(field, chain)

    if body.get("result", 0) is None:
        with pytest.raises(RetryableError):
            result_of(method, read)(as_reply({**body, "id": 1}))
        return "absent"
    result_of(method, read)(as_reply({**body, "id": 1}))
    return "result"


def _of_list(query: dict[str, str], reply: Any, chain: ChainId) -> str:
    tx = query.get("txhash") or query.get("txHash")
    if tx:
        rows = calls_of(tx, chain)(reply)
    else:
        first, last = int(query.get("startblock", 0)), int(query.get("endblock", 2**40))
        holder = query.get("address") or query["contractaddress"]
        rows = rows_of(Page(query["action"], holder.lower(), first, last, 1, 10_000), chain)(reply)
    assert all(not row.unread or "GENESIS_" in row.unread for row in rows)
    return "rows" if rows else "no rows"


def test_g17_every_recorded_reply_is_taken_for_what_it_is() -> None:
    found: Counter[str] = Counter()
    for one in recorded("provider_replies"):
        said = verdict(one)
        found[said] += 1
        if "have not been processed" in str(one["body"]) or "have not yet been processed" in str(one["body"]):
            assert said == "ask again"
        if "Free API access is not supported" in str(one["body"]):
            assert said == "no entry"
    assert found.total() == 236
    assert found == {
        **{"result": 123, "absent": 5, "JSON": 40, "rows": 28, "no rows": 24},
        **{"ask again": 5, "no entry": 6, "refused: no_archive_state": 4, "refused: error": 1},
    }
