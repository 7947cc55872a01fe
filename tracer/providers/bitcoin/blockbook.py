"""Bitcoin from a Blockbook server: a second provider beside Esplora, on other software."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final, TypeVar

from tracer.chains import Field, parse_blockbook_tx, parse_height, time_of
from tracer.model import ChainId, CollectedTx, chain_of
from tracer.net import CachedTransport, Check, PermanentError, Query, Request, reading
from tracer.providers.bitcoin.source import BitcoinSource, Stats, Whole, judged
from tracer.providers.provider import BlockRef, Head

T = TypeVar("T")
PAGE_SIZE: Final = 1_000
"""Transactions of a page: the most that Blockbook gives."""
MAX_PAGES: Final = 10
_ADDRESS: Final = "/api/v2/address/:address"
_BLOCK: Final = "/api/v2/block/:block"


class Blockbook(BitcoinSource):
    """A server that speaks the Blockbook API v2 (trezor/blockbook ``docs/api.md``).

    Parameters
    ----------
    chain : ChainId
        Bitcoin, or a regtest chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the server, without ``/api``.
    name : str
        Name in the registry.
    max_pages : int
        Pages of 1,000 transactions read of one address; what lies beyond is reported, not dropped.

    Notes
    -----
    Blockbook says that an output is spent, not by whom: its spender is looked for in the history of its address.
    """

    history_endpoint = _ADDRESS
    place_endpoint = _BLOCK

    def __init__(
        self,
        chain: ChainId,
        exchange: CachedTransport,
        url: str,
        *,
        name: str = "blockbook",
        max_pages: int = MAX_PAGES,
    ) -> None:
        super().__init__(chain, name)
        self._exchange, self._url, self._max_pages = exchange, url.rstrip("/"), max_pages

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        found, _ = self._block_page(str(number), 1, head=self._pin(number))
        if found.number != number:
            raise PermanentError(f"Block {found.number} came for height {number}.", reason="inconsistent")
        return found

    def creation(self, tx: str) -> CollectedTx | None:
        """Return a transaction without its place, or ``None`` where no block holds it."""

        def parse(reply: Field) -> CollectedTx | None:
            if reply.get("txid").hex(32) != tx:
                raise reply.get("txid").fault(f"The answer is not about {tx}.")
            return parse_blockbook_tx(reply, chain=self._chain, source=self._name)

        ask = partial(self._ask, "/api/v2/tx/:txid", {"txid": tx}, reading(parse), head=self.head().latest.hash)
        return self._once(f"/tx/{tx}", ask)

    def spender(self, tx: str, vout: int) -> CollectedTx | None:
        """Return the transaction that spends an output, or ``None`` where its address's whole history has none.

        Raises
        ------
        PermanentError
            If the output has no one address, or that history is not whole.
        """
        made, outpoint = self.creation(tx), f"{tx}:{vout}"
        address = made.outputs[vout].address if made is not None and vout < len(made.outputs) else ""
        if not address:
            raise PermanentError(f"Blockbook does not say who spends {outpoint}.", reason="not_supported")
        read = self._whole(address)
        for spender in read.transactions:
            if any(coin.outpoint == outpoint for coin in spender.inputs):
                return spender
        if read.reason != "ok":
            raise PermanentError(f"The history of {address} is not whole. {read.detail}", reason=read.reason)
        return None

    def _pinned(self) -> Head:
        def parse(reply: Field) -> str:
            if not reply.get("blockbook").get("inSync").flag():
                raise PermanentError("Blockbook is not in sync.", why="What it does not show may have happened.")
            return reply.get("backend").get("bestBlockHash").hex(32)

        tip = self._ask("/api", {}, reading(parse))
        latest, _ = self._block_page(tip, 1, head="")
        height = max(0, latest.number - chain_of(self._chain).finality)
        final = latest if height == latest.number else self._block_page(str(height), 1, head="")[0]
        return Head(latest, final)

    def _place(self, tx: CollectedTx) -> int:
        """Return the index of a transaction in the list of its block, which is walked until it is found."""
        before, page = 0, 1
        while True:
            block, (txids, total) = self._block_page(tx.block_hash, page, head="")
            if block.number != tx.block:
                raise PermanentError(f"Block {tx.block_hash} is {block.number}, not {tx.block}.", reason="inconsistent")
            if tx.tx in txids:
                return before + txids.index(tx.tx)
            if page >= total or not txids:
                raise PermanentError(f"Block {tx.block} does not hold {tx.tx}.", reason="inconsistent")
            before, page = before + len(txids), page + 1

    def _size_of_block(self, tx: CollectedTx) -> tuple[int | None, int]:
        """Return the time of the block of a transaction; the list of it was walked."""
        block, _ = self._block_page(tx.block_hash, 1, head="")
        return None, block.time

    def _whole(self, address: str) -> Whole:
        """Return all transactions of an address, newest first, checked against what the server counts."""
        rows: list[CollectedTx] = []
        page, total, stats = 1, 1, None
        while page <= total:
            if page > self._max_pages:
                detail = f"{total - self._max_pages} of {total} pages were not read."
                return Whole(tuple(rows), page - 1, "result_window", detail)
            said, total, found = self._page(address, page)
            if stats not in (None, said):
                return Whole(tuple(rows), page, "inconsistent", "The address was used while its list was read.")
            stats, page = said, page + 1
            rows.extend(found)
        assert stats is not None, "there is a first page"
        return judged(rows, page - 1, address, stats)

    def _stats(self, address: str, turn: int) -> Stats:
        del turn
        return self._page(address, 1)[0]

    def _page(self, address: str, page: int) -> tuple[Stats, int, list[CollectedTx]]:
        def parse(reply: Field) -> tuple[Stats, int, list[CollectedTx]]:
            """Return one page of an address: its sums, how many pages there are, its transactions."""
            if reply.get("address").text() != address:
                raise reply.get("address").fault(f"The answer is not about {address}.")
            if reply.get("page").integer() != page:
                # Blockbook answers the closest page where the one asked for is not there any more.
                raise reply.get("page").fault(f"Page {page} was asked for.")
            rows = []
            listed = reply.maybe("transactions")
            for item in [] if listed is None else listed.items():
                tx = parse_blockbook_tx(item, chain=self._chain, source=self._name)
                if tx is None:
                    continue
                if all(coin.address != address for coin in (*tx.inputs, *tx.outputs)):
                    raise item.get("txid").fault(f"The transaction does not touch {address}.")
                rows.append(tx)
            count, sums = reply.maybe("txs"), (reply.maybe("totalReceived"), reply.maybe("totalSent"))
            received, paid = (0 if one is None else one.digits() for one in sums)
            stats = Stats(0 if count is None else count.integer(), received, paid)
            return stats, reply.get("totalPages").integer(), rows

        params: dict[str, str | int] = {"address": address, "page": page, "pageSize": PAGE_SIZE, "details": "txs"}
        return self._ask(_ADDRESS, params, reading(parse), head=self.head().latest.hash)

    def _block_page(self, block: str, page: int, *, head: str) -> tuple[BlockRef, tuple[list[str], int]]:
        """Return a block, the transaction ids on one page of it, and how many pages there are."""

        def parse(reply: Field) -> tuple[BlockRef, tuple[list[str], int]]:
            """Return one page of a block: which it is, its transactions' ids, how many pages there are."""
            height = reply.maybe("height")
            ref = BlockRef(
                0 if height is None else parse_height(height), reply.get("hash").hex(32), time_of(reply.get("time"))
            )
            if block not in (ref.hash, str(ref.number)):
                raise reply.get("hash").fault(f"The answer is not about block {block}.")
            txids = [item.get("txid").hex(32) for item in reply.get("txs").items()]
            return ref, (txids, reply.get("totalPages").integer())

        return self._ask(_BLOCK, {"block": block, "page": page}, reading(parse), head=head)

    def _ask(self, endpoint: str, params: Mapping[str, str | int], check: Check[T], *, head: str = "") -> T:
        query = Query(self._name, self._chain, endpoint, params, head)
        in_path = [part[1:] for part in endpoint.split("/") if part.startswith(":")]
        path = "/".join(str(params[part[1:]]) if part.startswith(":") else part for part in endpoint.split("/"))
        rest = {name: str(value) for name, value in params.items() if name not in in_path}
        return self._exchange.ask(query, lambda: Request("GET", f"{self._url}{path}", rest), check)
