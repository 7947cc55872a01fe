"""Tron from TronGrid: the account's lists say which transactions, their execution results say what moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.chains import (
    FaultyReply,
    Trc20Row,
    TronBlock,
    TronMoves,
    TronTransaction,
    parse_info_place,
    parse_internal_pointer,
    parse_moves,
    parse_trc20_row,
    parse_tron_transaction,
)
from tracer.model import TRON, AssetId, ChainId, Collected, Coverage, chain_of, native_asset
from tracer.net import CachedTransport, PermanentError, ReplyFault, gap
from tracer.providers.provider import BlockRef, Head, History
from tracer.providers.tron.trongrid_api import TRANSACTIONS, TRC20, Listed, TronGridApi

MAX_PAGES: Final = 100
"""Pages of 200 rows read of one list, unless told otherwise."""


@dataclass
class _Named:
    """Transactions that an account's lists name, with what the lists say of them."""

    signed: dict[str, TronTransaction] = field(default_factory=dict)
    tokens: dict[str, list[Trc20Row]] = field(default_factory=dict)
    internal: set[str] = field(default_factory=set)

    def take(self, endpoint: str, listed: Listed, chain: ChainId) -> None:
        """Sort the rows of a list in by transaction."""
        for row in listed.rows:
            if endpoint == TRC20:
                token = parse_trc20_row(row, chain=chain)
                if token is not None:
                    self.tokens.setdefault(token.txid, []).append(token)
            elif (pointer := parse_internal_pointer(row, chain=chain)) is not None:
                self.internal.add(pointer[0])
            else:
                parsed = parse_tron_transaction(row, chain=chain)
                self.signed[parsed.txid] = parsed

    def txids(self) -> list[str]:
        """Return the ids, sorted."""
        return sorted({*self.signed, *self.tokens, *self.internal})


class TronGrid:
    """Tron as TronGrid and the nodes behind it tell it.

    Parameters
    ----------
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API.
    chain : ChainId
        Tron, or a test chain of its family.
    name : str
        Name in the registry; a key is looked up by it when something is sent.
    max_pages : int
        Pages of 200 rows read of one list; what lies beyond is reported.
    """

    def __init__(
        self,
        exchange: CachedTransport,
        url: str = "https://api.trongrid.io",
        *,
        chain: ChainId = TRON,
        name: str = "trongrid",
        max_pages: int = MAX_PAGES,
    ) -> None:
        self._api = TronGridApi(exchange, url, chain, name)
        self._chain, self._name, self._max_pages = chain, name, max_pages
        self._head: Head | None = None

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self._name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def head(self) -> Head:
        """Return the pinned head: the newest block at the first asking, and the one that is final below it."""
        if self._head is None:
            latest = self._api.newest()
            height = max(0, latest.number - chain_of(self._chain).finality)
            self._head = Head(_ref(latest), _ref(self._api.block(height, head="")))
        return self._head

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked."""
        self._head = head

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        return _ref(self._api.block(number, head=self._pin(number)))

    def size(self, holder: str) -> int | None:
        """Return ``None``: the lists do not say how long they are."""
        del holder
        return None

    def is_contract(self, address: str) -> bool | None:
        """Return whether code lies at an address at the pinned head; ``None`` where TronGrid refuses to say."""
        try:
            return self._api.has_code(address, head=self.head().latest.hash)
        except PermanentError:
            return None

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement of a window that touches an account, as far as its lists name the transaction.

        The lists hold what the account signed, what was signed to it, its TRC-20 transfers, and internal payments as
        far as TronGrid lists them. That no internal payment is missing is shown by the balance of a whole life only;
        else it is a gap.
        """
        head = self.head()
        until = min(until, head.latest.number)
        parts = [(since, min(until, head.final.number)), (max(since, head.final.number + 1), until)]
        histories = [self._window(holder, *part) for part in parts if part[0] <= part[1]]
        rows = tuple(sorted((row for one in histories for row in one.rows), key=Collected.order))
        coverage = [one for history in histories for one in history.coverage]
        if since <= until:
            coverage.append(self._internal(holder, (since, until), rows, whole=all(one.complete for one in coverage)))
        return History(rows=rows, coverage=tuple(coverage))

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction."""
        endpoint, head = "transaction", self.head().latest
        try:
            signed = self._api.signed(tx, head=head.hash)
            moves, block = self._moves(signed, head.hash)
        except ReplyFault as fault:
            return History(coverage=(self._gap(fault, tx, endpoint, (0, head.number)),))
        covered = self._covered(tx, endpoint, (block.number, block.number), rows=len(moves.rows))
        return History(rows=moves.rows, coverage=(_with_unparsed(covered, moves.unparsed),))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return a TRX balance at the pinned head; ``None`` for any other block or asset.

        TronGrid answers about now only, and gives a TRC-20 balance without saying as of when.
        """
        head = self.head().latest
        if asset != native_asset(self._chain) or block != head.number:
            return None
        try:
            return self._api.balance(address, head=head.hash)
        except PermanentError:
            return None

    def _window(self, holder: str, since: int, until: int) -> History:
        """Return the movements of a window that is final throughout, or nowhere."""
        window, head = (since, until), self._pin(until)
        coverage: list[Coverage] = []
        named = _Named()
        try:
            times = self.block(since).time, self.block(until).time
            for endpoint in (TRANSACTIONS, TRC20):
                listed = self._api.account_list(endpoint, holder, times, head=head, max_pages=self._max_pages)
                named.take(endpoint, listed, self._chain)
                covered = self._covered(holder, endpoint, window, rows=len(listed.rows), pages=listed.pages)
                is_whole = listed.reason == "ok"
                coverage.append(replace(covered, complete=is_whole, reason=listed.reason, detail=listed.detail))
        except ReplyFault as fault:
            coverage.append(self._gap(fault, holder, "/v1/accounts", window))
        rows: list[Collected] = []
        for txid in named.txids():
            try:
                signed = named.signed.get(txid) or self._api.signed(txid, head=head)
                moves, block = self._moves(signed, head)
                _check_tokens(holder, moves, named.tokens.get(txid, ()))
            except ReplyFault as fault:
                coverage.append(self._gap(fault, txid, "transaction", window))
                continue
            if since <= block.number <= until:
                rows.extend(row for row in moves.rows if holder in (row.sender, row.recipient))
            if moves.unparsed:
                coverage.append(_with_unparsed(self._covered(txid, "transaction", window), moves.unparsed))
        return History(rows=tuple(rows), coverage=tuple(coverage))

    def _moves(self, signed: TronTransaction, head: str) -> tuple[TronMoves, TronBlock]:
        """Return what a transaction moved, and the block that holds it."""
        info = self._api.info(signed.txid, head=head)
        number, time = parse_info_place(info)
        if number > self.head().latest.number:
            raise PermanentError(f"No block up to the pinned head holds {signed.txid}.", reason="unconfirmed_head")
        block = self._api.block(number, head=self._pin(number))
        if block.time != time or signed.txid not in block.txids:
            raise PermanentError(f"Block {number} does not hold {signed.txid} at that time.", reason="inconsistent")
        received = self._received(signed)
        try:
            moves = parse_moves(signed, info, block=block, chain=self._chain, source=self._name, received=received)
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault
        return moves, block

    def _received(self, signed: TronTransaction) -> AssetId | None:
        """Return what an exchange gives for what a transaction pays to it; ``None`` where it pays to none."""
        if signed.exchange is None:
            return None
        first, second = self._api.exchanged(signed.exchange)
        ((paid, _),) = signed.payments
        if paid not in (first, second):
            raise PermanentError(
                f"{signed.txid} pays exchange {signed.exchange} in what it does not take.", reason="inconsistent"
            )
        return second if paid == first else first

    def _internal(self, holder: str, window: tuple[int, int], rows: tuple[Collected, ...], *, whole: bool) -> Coverage:
        """Return whether what the lists may lack is shown to be nothing, by the balance of a whole life."""
        covered = self._covered(holder, "internal payments", window)
        head, trx = self.head().latest, native_asset(self._chain)
        if whole and window == (0, head.number):
            mine = [row for row in rows if row.asset == trx]
            held = sum(row.amount for row in mine if row.recipient == holder)
            held -= sum(row.amount for row in mine if row.sender == holder)
            try:
                if held == self._api.balance(holder, head=head.hash):
                    return covered
            except ReplyFault as fault:
                return self._gap(fault, holder, "/v1/accounts/:address", window)
        detail = "TronGrid does not say whether it lists all that contracts paid in transactions of others."
        return replace(covered, complete=False, reason="not_supported", detail=detail)

    def _pin(self, number: int) -> str:
        """Return what a question about a block is only good for: nothing where the block is final."""
        head = self.head()
        return "" if number <= head.final.number else head.latest.hash

    def _gap(self, fault: ReplyFault, subject: str, endpoint: str, window: tuple[int, int]) -> Coverage:
        return gap(fault, chain=self._chain, subject=subject, source=self._name, endpoint=endpoint, window=window)

    def _covered(
        self, subject: str, endpoint: str, window: tuple[int, int], *, rows: int = 0, pages: int = 1
    ) -> Coverage:
        final = self.head().final.number
        return Coverage(
            self._chain,
            subject,
            self._name,
            endpoint,
            *window,
            complete=True,
            rows=rows,
            pages=pages,
            unconfirmed_from=max(final + 1, window[0]) if window[1] > final else None,
        )


def _ref(block: TronBlock) -> BlockRef:
    return BlockRef(block.number, block.hash, block.time)


def _with_unparsed(covered: Coverage, unparsed: tuple[str, ...]) -> Coverage:
    if not unparsed:
        return covered
    return replace(covered, complete=False, reason="not_supported", detail="Not understood: " + "; ".join(unparsed))


def _check_tokens(holder: str, moves: TronMoves, listed: Iterable[Trc20Row]) -> None:
    """Refuse a transaction whose logs lack a transfer that the account's list prints."""
    found = {(row.sender, row.recipient, row.asset.rpartition(":")[2], row.amount) for row in moves.rows}
    for token in listed:
        if (token.sender, token.recipient, token.token, token.amount) not in found:
            raise PermanentError(
                f"{token.txid} lacks a transfer of {token.amount} that the list of {holder} prints.",
                reason="inconsistent",
            )
