"""The table of the fault matrix: what each source asks, what can go wrong with an answer, what a provider may cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faults
from explorer_server import LocalServer
from faults import Asked, Fault, says

EXPLORER_LISTS = ("account/txlist", "account/txlistinternal", "account/tokentx")
NODE = (
    *("eth_chainId", "eth_getBlockByNumber", "eth_getTransactionByHash", "eth_getTransactionReceipt"),
    *("debug_traceTransaction", "eth_getBalance"),
)
PORTAL = ("finalized-head", "finalized-stream:block", "finalized-stream:accounts")
ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "rpc": tuple(("rpc", method) for method in (*NODE, "eth_getLogs", "trace_filter")),
    "etherscan": tuple(
        ("etherscan", endpoint)
        for endpoint in (
            *EXPLORER_LISTS,
            *("proxy/eth_blockNumber", "proxy/eth_getBlockByNumber", "proxy/eth_getTransactionReceipt"),
        )
    ),
    "etherscan+node": (
        *(("etherscan", endpoint) for endpoint in EXPLORER_LISTS),
        *(("rpc", method) for method in NODE),
    ),
    "blockscout": (
        *(("blockscout", endpoint) for endpoint in EXPLORER_LISTS),
        *(
            ("blockscout-rpc", method)
            for method in ("eth_chainId", "eth_getBlockByNumber", "eth_getTransactionReceipt", "eth_getBalance")
        ),
    ),
    "blockscout+node": (
        *(("blockscout", endpoint) for endpoint in EXPLORER_LISTS),
        *(("rpc", method) for method in NODE),
    ),
    "sqd": tuple(("sqd", endpoint) for endpoint in PORTAL),
    "sqd+node": (
        *(("sqd", endpoint) for endpoint in PORTAL),
        *(("rpc", method) for method in NODE),
    ),
    "esplora": tuple(
        ("esplora", endpoint)
        for endpoint in (
            *("/blocks/tip/hash", "/block/:hash", "/block-height/:height", "/address/:address"),
            *("/address/:address/txs/chain", "/address/:address/txs/chain/:last_seen_txid"),
            *("/tx/:txid", "/tx/:txid/outspends", "/tx/:txid/merkle-proof"),
        )
    ),
}
"""Service and endpoint of every question a source asks about the wallets of the matrix; a test holds it complete."""


@dataclass(frozen=True)
class Kind:
    """A way to fail.

    Attributes
    ----------
    make : callable
        Makes the fault.
    passes : bool
        Whether it is one that every source takes for passing, so that asking again must give the whole history.
    slow : bool
        Whether it costs seconds.
    """

    make: Callable[..., Fault]
    passes: bool = True
    slow: bool = False


def rpc_error(code: int, message: str) -> Callable[..., Fault]:
    """Return the maker of a fault: an error in the envelope of a node."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}})
    return lambda **when: says(body, **when)


def body(text: bytes | str, status: int = 200) -> Callable[..., Fault]:
    """Return the maker of a fault: another body."""
    return lambda **when: says(text, status, **when)


KINDS: dict[str, Kind] = {
    "429 with seconds": Kind(lambda **when: faults.rate_limit("1", **when)),
    "429 with a date": Kind(lambda **when: faults.rate_limit("Wed, 21 Oct 2015 07:28:00 GMT", **when)),
    "429 alone": Kind(faults.rate_limit),
    "500": Kind(lambda **when: faults.server_error(500, **when)),
    "503": Kind(lambda **when: faults.server_error(503, **when)),
    "a web page with 502": Kind(lambda **when: faults.html_page(502, **when)),
    "a web page with 200": Kind(lambda **when: faults.html_page(200, **when)),
    "cut short": Kind(faults.cut_short),
    "broken off": Kind(faults.broken_off),
    "hung up": Kind(faults.hang_up),
    "slow": Kind(lambda **when: faults.slow(4, **when), slow=True),
    "another media type": Kind(lambda **when: faults.content_type("text/html; charset=utf-8", **when)),
    "no media type": Kind(lambda **when: faults.content_type("", **when)),
    "nothing": Kind(body(b"")),
    "bytes": Kind(body(b"\xff\xfe\x00\x81")),
    "null": Kind(body("null"), passes=False),
    "an empty list": Kind(body("[]"), passes=False),
    "an empty object": Kind(body("{}"), passes=False),
    "a number": Kind(body("NaN"), passes=False),
    "deep nesting": Kind(body(b"[" * 100_000)),
    "403": Kind(body("Forbidden", 403), passes=False),
    "404": Kind(body("not found", 404), passes=False),
    "the answer to another call": Kind(
        lambda **when: faults.altered(lambda sent: sent.replace(b'"id":1', b'"id":7'), **when)
    ),
    "a text as result": Kind(body('{"jsonrpc":"2.0","id":1,"status":"1","result":"0x","message":"OK"}'), passes=False),
    "no result": Kind(body('{"jsonrpc":"2.0","id":1,"status":"1","result":null,"message":"OK"}'), passes=False),
    "rows of nothing": Kind(body('{"jsonrpc":"2.0","id":1,"status":"1","result":[{}],"message":"OK"}'), passes=False),
    "too often, in words": Kind(lambda **when: faults.not_ok_reply("Max rate limit reached", **when), passes=False),
    "too slow, in words": Kind(
        lambda **when: faults.not_ok_reply("Query Timeout occured. Please select a smaller result dataset", **when),
        passes=False,
    ),
    "bad key, in words": Kind(lambda **when: faults.not_ok_reply("Invalid API Key (#err2)", **when), passes=False),
    "unknown words": Kind(lambda **when: faults.not_ok_reply("Something unheard of", **when), passes=False),
    "too often, as an error": Kind(rpc_error(-32005, "daily request count exceeded, request rate limited"), False),
    "too slow, as an error": Kind(rpc_error(-32005, "query timeout exceeded"), passes=False),
    "no state, as an error": Kind(rpc_error(-32000, "missing trie node 00 (path )"), passes=False),
    "no method, as an error": Kind(rpc_error(-32601, "the method does not exist/is not available"), passes=False),
    "an internal error": Kind(rpc_error(-32603, "Internal error"), passes=False),
    "behind, as an error": Kind(rpc_error(-32000, "header not found"), passes=False),
}

Cases = list[tuple[str, str, str, str, bool]]


def fault_cases(*, patient: bool = False) -> Cases:
    """Return every (source, service, endpoint, kind, whether for good) of the matrix.

    Patience costs seconds over a network: there, what is slow for good is asked only where all is slow.
    """
    return [
        (source, service, endpoint, kind, for_good)
        for source, asked in ASKED.items()
        for service, endpoint in (("", ""), *asked)
        for kind in KINDS
        for for_good in (False, True)
        if patient or not (KINDS[kind].slow and for_good and endpoint)
    ]


@dataclass(frozen=True)
class Cut:
    """What a provider cuts, refuses or does not have, for good.

    Attributes
    ----------
    sources : tuple of str
        Whom it concerns.
    apply : callable
        Sets the server.
    whole : bool
        Whether nothing may be lost by it.
    log_cap : int
        Logs at which the source no longer believes a reply.
    """

    sources: tuple[str, ...]
    apply: Callable[[Any], None]
    whole: bool
    log_cap: int = 1_000


WITH_NODE = ("rpc", "etherscan+node", "blockscout+node")
WITH_LISTS = ("etherscan", "etherscan+node", "blockscout", "blockscout+node")
WITH_PORTAL = ("sqd", "sqd+node")
TRACES = ("trace_filter", "trace_block", "trace_transaction", "debug_traceTransaction", "debug_traceBlockByNumber")


def rpc_set(**values: Any) -> Callable[[Any], None]:
    """Return what sets the node's proxy."""

    def apply(server: Any) -> None:
        for name, value in values.items():
            setattr(server.rpc.settings, name, value)

    return apply


def lists_set(**values: int) -> Callable[[Any], None]:
    """Return what sets both explorers."""

    def apply(server: Any) -> None:
        for api in (server.etherscan, server.blockscout):
            for name, value in values.items():
                setattr(api.settings, name, value)

    return apply


def portal_set(**values: Any) -> Callable[[Any], None]:
    """Return what sets the Portal."""

    def apply(server: Any) -> None:
        for name, value in values.items():
            setattr(server.sqd.settings, name, value)

    return apply


def _cuts() -> dict[str, Cut]:
    found: dict[str, Cut] = {}
    for style in ("infura", "reth", "large", "freetier", "blockpi", "tenderly", "blast", "erigon"):
        found[f"3 blocks a question, {style}"] = Cut(WITH_NODE, rpc_set(range_cap=3, range_style=style), True)
    for style in ("infura", "timeout", "alchemy", "reth", "zksync"):
        found[f"1 log a reply, {style}"] = Cut(WITH_NODE, rpc_set(result_cap=1, result_style=style), True)
    for cap in (1, 2, 3):
        apply = rpc_set(result_cap=cap, result_style="silent")
        found[f"{cap} logs a reply, silently"] = Cut(WITH_NODE, apply, True, log_cap=cap)
    for method in (*TRACES, *NODE, "eth_getLogs", "eth_getBlockReceipts", "eth_call"):
        one = rpc_set(missing_methods={method})
        found[f"no {method}"] = Cut(WITH_NODE, one, method in (*TRACES, "eth_getBlockReceipts", "eth_call"))
    found["no index of traces"] = Cut(WITH_NODE, rpc_set(missing_methods={"trace_filter", "trace_block"}), True)
    found["no traces at all"] = Cut(WITH_NODE, rpc_set(missing_methods=set(TRACES)), False)
    for blocks in (1, 10, 30):
        found[f"old state from {blocks} on only"] = Cut(WITH_NODE, rpc_set(archive_from=blocks), False)
    for blocks in (1, 3, 7):
        found[f"{blocks} blocks a reply, silently"] = Cut(WITH_PORTAL, portal_set(blocks=blocks), True)
        found[f"{blocks} blocks a question, unknown words"] = Cut(WITH_PORTAL, portal_set(refused_above=blocks), True)
    found["no calls in the data set"] = Cut(WITH_PORTAL, portal_set(no_traces=True), False)
    found["data from block 10 on only"] = Cut(WITH_PORTAL, portal_set(first=10), False)
    for cap in (1, 2, 3):
        found[f"{cap} rows a page, silently"] = Cut(WITH_LISTS, lists_set(page_cap=cap), False)
        found[f"a window of {cap} rows"] = Cut(WITH_LISTS, lists_set(result_window=cap), False)
    found["2 rows a page in a window of 4"] = Cut(WITH_LISTS, lists_set(page_cap=2, result_window=4), False)
    return found


CUTS = _cuts()


def cut_cases() -> list[tuple[str, str]]:
    """Return every (source, cut) of the matrix."""
    return [(source, name) for name, cut in CUTS.items() for source in cut.sources]


def first_asking(wanted: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    """Return a predicate: the first asking of every question, whoever else is asking meanwhile."""
    before: set[tuple[object, ...]] = set()

    def first(asked: Asked) -> bool:
        question = (asked.path, tuple(sorted((name, str(value)) for name, value in asked.params.items())), asked.body)
        if question in before or not wanted(asked):
            return False
        before.add(question)
        return True

    return first


def faults_for(service: str, endpoint: str, kind: str, *, for_good: bool) -> Fault:
    """Return the fault of a case: for good on every answer, else on the first asking of every question."""
    when = faults.to(service, endpoint)
    if for_good:
        return KINDS[kind].make(when=when)
    return KINDS[kind].make(when=when, times=1) if KINDS[kind].slow else KINDS[kind].make(when=first_asking(when))


def asked_by(server: LocalServer) -> set[tuple[str, str]]:
    """Return which endpoints a server was asked for."""
    return {(one.service, one.endpoint) for one in server.log}
