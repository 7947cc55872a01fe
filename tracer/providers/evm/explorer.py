"""Account explorers with Etherscan's interface: histories from lists, completed from a node where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tracer.chains import ExplorerRow, is_unknown_call, movements_of
from tracer.model import Address, AssetId, ChainId, Collected, Coverage, facts_of, parse_address
from tracer.net import CachedTransport, Query, ReplyFault, Request, costs_itself, key_of, reason_of, words_of
from tracer.providers.evm.enrich_from_node import completed, placed_as_listed, placeless, transactions_of_block
from tracer.providers.evm.explorer_pages import Listed, Lister
from tracer.providers.evm.explorer_replies import Page, calls_of, rows_of
from tracer.providers.evm.source import EvmRpc, other_tokens, unknown_chain
from tracer.providers.evm.windows import Window, joined, windows_of
from tracer.providers.provider import BlockRef, Head, History, Records

LISTS: Final = ("txlist", "txlistinternal", "tokentx")
WITHDRAWALS: Final = "txsBeaconWithdrawal"


@dataclass(frozen=True, slots=True)
class ExplorerSettings:
    """How an explorer is asked.

    Attributes
    ----------
    name : str
        Name in the registry; its key is looked for under this name.
    url : str
        Base, as ``https://api.etherscan.io/v2/api``.
    fixed : mapping of str to str
        Parameters every request carries, as ``chainid``.
    page_rows, result_window : int
        Rows of a page; largest page times rows that is answered.
    withdrawals : bool
        Whether it lists what validators are paid.
    """

    name: str
    url: str
    fixed: Mapping[str, str]
    page_rows: int = 1_000
    result_window: int = 10_000
    withdrawals: bool = False


def explorer_request(settings: ExplorerSettings, params: Mapping[str, object]) -> Request:
    """Return how a question is sent; the key joins it here and nowhere else."""
    key = key_of(settings.name)
    sent = {name: str(value) for name, value in params.items()} | dict(settings.fixed)
    return Request("GET", settings.url, sent | ({"apikey": key.reveal()} if key is not None else {}))


class Explorer:
    """An account explorer as a source.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    settings : ExplorerSettings
        Which explorer, and how it is asked.
    own : EvmRpc
        What the explorer itself passes on to a node: the head, blocks, code.
    rpc : EvmRpc, optional
        A node that completes the rows: it gives each its place, and the calls inside transactions.
    """

    def __init__(
        self,
        chain: ChainId,
        exchange: CachedTransport,
        settings: ExplorerSettings,
        own: EvmRpc,
        rpc: EvmRpc | None = None,
    ) -> None:
        self._chain, self._exchange, self._settings = chain, exchange, settings
        self._own, self._rpc = rpc or own, rpc
        self._facts = facts_of(chain)

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self._settings.name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def head(self) -> Head:
        """Return the pinned head of the collection."""
        return self._own.head()

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked. The node that completes the rows takes it too."""
        self._own.pin(head)

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        return self._own.block(number)

    def size(self, holder: str) -> int | None:
        """Return how many transactions a holder sent: the least it can have."""
        return self._own.size(holder)

    def is_contract(self, address: str) -> bool | None:
        """Return whether code lies at an address at the pinned head; ``None`` where the source cannot say."""
        return self._own.is_contract(address)

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return the balance at the end of a block, base units; ``None`` where the source cannot say."""
        return self._own.balance(address, asset, block)

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction; the calls inside it need a node that traces."""
        history = self._own.transaction(tx)
        if self._rpc is None and history.rows and not history.complete:
            history = self._with_calls(tx, history)
        return History(tuple(replace(row, source=self.name) for row in history.rows), (), history.coverage)

    def records(self, txs: Mapping[str, int]) -> Records:
        """Return transactions as held, from the node, or what the explorer passes on to one: calls may be unknown."""
        return self._own.records(txs).under(self.name)

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement that touches an address in a window of blocks, as the explorer's lists have them.

        With a node every transaction listed is read whole from it. Without, rows stand in the order listed, and the
        coverage says where that order is nobody's.
        """
        holder = parse_address(self._chain, holder)
        parts = [self._window(holder, window) for window in windows_of(self.head(), since, until)]
        return joined((row for part in parts for row in part.rows), (one for part in parts for one in part.coverage))

    def _with_calls(self, tx: str, history: History) -> History:
        """Add the calls inside a transaction as the explorer lists them."""
        first = history.rows[0]
        known = next(one for one in history.coverage if one.endpoint == "transaction")
        head = self.head()
        pin = head.latest.hash if first.block > head.final.number else ""
        query = Query(self.name, self._chain, "account/txlistinternal", {"txhash": tx}, pin)
        sent = {"module": "account", "action": "txlistinternal", "txhash": tx}
        try:
            rows = self._exchange.ask(query, lambda: explorer_request(self._settings, sent), calls_of(tx, self._chain))
        except ReplyFault as fault:
            costs_itself(fault)
            return history
        placed = [replace(row, block_hash=first.block_hash, tx_index=first.tx_index) for row in rows]
        found = [one for row in placed for one in movements_of(row, chain=self._chain, source=self.name)]
        both, aside = [*history.rows, *found], [one for one in history.coverage if one is not known]
        unread = next((row for row in rows if row.unread), None)
        if unread is not None:
            detail = f"A call inside {tx} could not be read. {unread.unread}"
            return joined(both, [replace(known, reason="inconsistent", detail=detail), *aside])
        if any(is_unknown_call(row, self._chain) for row in rows) or first.block < facts_of(self._chain).status_from:
            return joined(both, [known, *aside])
        entry = replace(known, complete=True, reason="ok", detail=placeless(found), rows=len(both))
        return joined(both, [entry, *aside])

    def _window(self, holder: Address, window: Window) -> History:
        listed: list[ExplorerRow] = []
        coverage: list[Coverage] = []
        for action in LISTS:
            rows, entry = self._list(action, holder, window)
            listed += rows
            coverage += [entry, *self._unread(rows, holder, window)]
        found, more = self._movements(listed, holder, window)
        return joined(found, coverage + more)

    def _list(self, action: str, holder: Address, window: Window) -> tuple[list[ExplorerRow], Coverage]:
        lister = Lister(
            lambda page: self._ask(page, window.head),
            action,
            holder,
            self._settings.page_rows,
            self._settings.result_window,
        )
        try:
            got = lister.read(window.low, window.high)
        except ReplyFault as fault:
            costs_itself(fault)
            return [], self._gap(holder, window, action, fault)
        rows = got.rows
        reason, detail = self._missing(got, rows)
        if reason == "single_block_overflow" and self._rpc is not None:
            rows, reason, detail = self._overflowing(holder, got, window, self._rpc)
        return rows, replace(self._entry(holder, window, action, reason, detail, len(rows)), pages=got.pages)

    def _missing(self, got: Listed, rows: list[ExplorerRow]) -> tuple[str, str]:
        if got.refused is not None:
            return "result_window", got.refused.what
        if got.overflowing:
            return "single_block_overflow", f"More rows than are shown of block {got.overflowing[0]}."
        unknown = next((row for row in rows if is_unknown_call(row, self._chain)), None)
        if unknown is not None and self._rpc is None:
            return "inconsistent", f"A call of unknown type {unknown.kind[:20]!r} shows value, in {unknown.tx}."
        return "ok", ""

    def _unread(self, rows: list[ExplorerRow], holder: Address, window: Window) -> list[Coverage]:
        """Return the coverage entries of rows that could not be read, and whose transaction no node tells, each."""
        found = []
        for row in rows:
            if row.unread and (self._rpc is None or not row.tx):
                at = replace(window, low=max(row.block, window.low), high=min(max(row.block, window.low), window.high))
                what = f"A row of {row.action} could not be read, of {row.tx or 'no transaction'}. {row.unread}"
                found.append(at.gap(self._chain, holder, self.name, row.action, "inconsistent", what))
        return found

    def _overflowing(
        self, holder: Address, got: Listed, window: Window, rpc: EvmRpc
    ) -> tuple[list[ExplorerRow], str, str]:
        """Add the transactions of blocks of which the explorer shows too few rows: the node has all of them."""
        rows = list(got.rows)
        try:
            for number in got.overflowing:
                known = rpc.block(number)
                rows += [
                    ExplorerRow("txlist", number, known.time, known.hash, tx, None, holder, "", 0)
                    for tx in transactions_of_block(rpc, holder, number, window.head)
                ]
        except ReplyFault as fault:
            costs_itself(fault)
            return got.rows, "single_block_overflow", fault.what
        return rows, "ok", ""

    def _movements(
        self, listed: list[ExplorerRow], holder: Address, window: Window
    ) -> tuple[list[Collected], list[Coverage]]:
        more = unknown_chain(self._chain, holder, window, self.name)
        if self._rpc is not None:
            found, entries = completed(self._rpc, listed, holder, window, self.name)
            return found, more + entries
        if self._settings.withdrawals and self._facts.validators:
            paid, entry = self._list(WITHDRAWALS, holder, window)
            listed, more = listed + paid, [*more, entry, *self._unread(paid, holder, window)]
        found, entries = placed_as_listed(self._own.node, listed, holder, window, self.name)
        more += entries + other_tokens(self._chain, holder, window, self.name, sum(row.nft for row in listed))
        beyond_gas = self._facts.layer_one_fee or self._facts.operator_fee
        if beyond_gas and any(row.layer == "fee" for row in found):
            detail = "The fees listed lack what this chain charges beside gas: only a node's receipts have it."
            more.append(self._entry(holder, window, "fees", "not_supported", detail))
        unlisted, closing = self._own.closed(holder, window, found)
        if closing is not None:
            more.append(closing)
        return found + unlisted, more

    def _ask(self, page: Page, head: str) -> tuple[ExplorerRow, ...]:
        asked = {
            "address": page.holder,
            "startblock": page.first,
            "endblock": page.last,
            "page": page.number,
            "offset": page.size,
            "sort": "asc",
        }
        query = Query(self.name, self._chain, f"account/{page.action}", asked, head)
        params = {"module": "account", "action": page.action, **asked}
        request = lambda: explorer_request(self._settings, params)  # noqa: E731 (a question is sent later, or never)
        return self._exchange.ask(query, request, rows_of(page, self._chain))

    def _entry(
        self, holder: str, window: Window, endpoint: str, reason: str = "ok", detail: str = "", rows: int = 0
    ) -> Coverage:
        return window.gap(self._chain, holder, self.name, endpoint, reason, detail, rows)

    def _gap(self, holder: str, window: Window, endpoint: str, fault: ReplyFault) -> Coverage:
        return self._entry(holder, window, endpoint, reason_of(fault), words_of(fault))
