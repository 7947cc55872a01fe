"""Bitcoin from an Esplora server: what an address or an outpoint received and paid, with places in blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Final, TypeVar

from tracer.chains import (
    BitcoinProof,
    Field,
    parse_block_header,
    parse_branch,
    parse_esplora_tx,
    parse_height,
    parse_merkle_position,
    time_of,
)
from tracer.model import ChainId, CollectedTx, chain_of
from tracer.net import CachedTransport, Check, PermanentError, Query, Request, reading, text_reading
from tracer.providers.bitcoin.source import BitcoinSource, Stats, Whole, judged
from tracer.providers.provider import BlockRef, Head

T = TypeVar("T")
MAX_PAGES: Final = 400
"""Pages of 25 transactions read of one address, unless told otherwise: 10,000 transactions."""


class Esplora(BitcoinSource):
    """A server that speaks the Esplora HTTP API (Blockstream/esplora ``API.md``).

    Parameters
    ----------
    chain : ChainId
        Bitcoin, or a regtest chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API, as ``https://blockstream.info/api``.
    name : str
        Name in the registry.
    max_pages : int
        Pages of 25 transactions read of one address; what lies beyond is reported, not dropped.
    """

    history_endpoint = "/address/:address/txs/chain"
    place_endpoint = "/tx/:txid/merkle-proof"

    def __init__(
        self, chain: ChainId, exchange: CachedTransport, url: str, *, name: str = "esplora", max_pages: int = MAX_PAGES
    ) -> None:
        super().__init__(chain, name)
        self._exchange, self._url, self._max_pages = exchange, url.rstrip("/"), max_pages

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        found = self._block(self._hash_at(number, self._pin(number)))
        if found.number != number:
            raise PermanentError(f"Block {found.number} came for height {number}.", reason="inconsistent")
        return found

    def creation(self, tx: str) -> CollectedTx | None:
        """Return a transaction without its place, or ``None`` where no block holds it."""

        def parse(reply: Field) -> CollectedTx | None:
            if reply.get("txid").hex(32) != tx:
                raise reply.get("txid").fault(f"The answer is not about {tx}.")
            return parse_esplora_tx(reply, chain=self._chain, source=self._name)

        ask = partial(self._ask, "/tx/:txid", {"txid": tx}, reading(parse), head=self.head().latest.hash)
        return self._once(f"/tx/{tx}", ask)

    def spender(self, tx: str, vout: int) -> CollectedTx | None:
        """Return the transaction that spends an output, or ``None`` where no block up to the pinned head has one."""
        check = reading(lambda reply: [_spender(one) for one in reply.items()])
        ask = partial(self._ask, "/tx/:txid/outspends", {"txid": tx}, check, head=self.head().latest.hash)
        spends = self._once(f"/tx/{tx}/outspends", ask)
        if vout >= len(spends):
            raise PermanentError(f"There is no answer about output {vout} of {tx}.", reason="inconsistent")
        by = spends[vout]
        return None if by is None else self.creation(by)

    def proof_material(self, tx: str) -> tuple[BitcoinProof, ...]:
        """Return the inclusion proofs of a transaction and of the first of its block, which fixes the tree's height.

        Raises
        ------
        PermanentError
            If no block holds the transaction, or header, branch and hash do not fit together.
        """
        found = self.creation(tx)
        if found is None:
            raise PermanentError(f"No block holds {tx}.", reason="unconfirmed_head")

        def parse(reply: Field) -> tuple[str, str, int]:
            header = parse_block_header(reply, block_hash=found.block_hash)
            return header.hex(), reply.get("merkle_root").hex(32), reply.get("tx_count").integer(least=1)

        header, root, count = self._ask("/block/:hash", {"hash": found.block_hash}, reading(parse))
        txids = self._ask(
            "/block/:hash/txids",
            {"hash": found.block_hash},
            reading(lambda reply: [txid.hex(32) for txid in reply.items()]),
        )
        if len(txids) != count or tx not in txids:
            raise PermanentError(
                f"The list of block {found.block} does not hold {tx}, or not all.", reason="inconsistent"
            )
        proofs = []
        for txid in dict.fromkeys((tx, txids[0])):
            branch = partial(parse_branch, txid=txid, block=found.block, root=root)
            index, siblings = self._ask(
                self.place_endpoint, {"txid": txid}, reading(branch), head=self._pin(found.block)
            )
            raw = self._ask("/tx/:txid/hex", {"txid": txid}, text_reading(lambda text: Field(text).hex()))
            proofs.append(BitcoinProof(header, found.block_hash, count, index, siblings, raw))
        return tuple(proofs)

    def _pinned(self) -> Head:
        latest = self._block(self._ask("/blocks/tip/hash", {}, text_reading(_hash)))
        height = max(0, latest.number - chain_of(self._chain).finality)
        return Head(latest, latest if height == latest.number else self._block(self._hash_at(height, "")))

    def _place(self, tx: CollectedTx) -> int:
        """Return the index of a transaction from its inclusion proof, which stays in the bundle as such."""
        check = reading(partial(parse_merkle_position, block=tx.block))
        return self._ask(self.place_endpoint, {"txid": tx.tx}, check, head=self._pin(tx.block))

    def _size_of_block(self, tx: CollectedTx) -> tuple[int | None, int]:
        """Return how many transactions the block of a transaction has, which must be at its height; its time."""

        def parse(reply: Field) -> tuple[int | None, int]:
            if reply.get("id").hex(32) != tx.block_hash or reply.get("height").integer() != tx.block:
                raise reply.get("id").fault(f"Block {tx.block_hash} was said to be at height {tx.block}.")
            count = reply.maybe("tx_count")
            return None if count is None else count.integer(least=1), time_of(reply.get("timestamp"))

        return self._ask("/block/:hash", {"hash": tx.block_hash}, reading(parse))

    def _whole(self, address: str) -> Whole:
        """Return all transactions of an address, newest first, checked against what the server counts."""
        before = self._stats(address, 1)
        rows: list[CollectedTx] = []
        pages, last = 0, None
        while page := self._page(address, last):
            pages += 1
            if last is not None and page[0].block > last.block:
                return Whole(tuple(rows), pages, "inconsistent", "The list is not in the order of blocks.")
            rows.extend(page)
            last = page[-1]
            if pages >= self._max_pages:
                detail = f"{before.transactions - len(rows)} older transactions were not read."
                return Whole(tuple(rows), pages, "result_window", detail)
        if before != self._stats(address, 2):
            return Whole(tuple(rows), pages + 1, "inconsistent", "The address was used while its list was read.")
        return judged(rows, pages + 1, address, before)

    def _page(self, address: str, last: CollectedTx | None) -> list[CollectedTx]:
        params = {"address": address}
        if last is not None:
            params["last"] = last.tx
        head = self.head().latest.hash if last is None else self._pin(last.block)

        def parse(reply: Field) -> list[CollectedTx]:
            """Return the transactions of a page, newest first, each of which touches the address."""
            page = []
            for item in reply.items():
                tx = parse_esplora_tx(item, chain=self._chain, source=self._name)
                if tx is None:
                    raise item.fault("A list of transactions in blocks holds one that is in none.")
                if all(coin.address != address for coin in (*tx.inputs, *tx.outputs)):
                    raise item.get("txid").fault(f"The transaction does not touch {address}.")
                page.append(tx)
            if any(one.block < two.block for one, two in pairwise(page)):
                raise reply.fault("The list is not in the order of blocks.")
            return page

        return self._ask(self.history_endpoint, params, reading(parse), head=head)

    def _stats(self, address: str, turn: int) -> Stats:
        def parse(reply: Field) -> Stats:
            if reply.get("address").text() != address:
                raise reply.get("address").fault(f"The answer is not about {address}.")
            stats = reply.get("chain_stats")
            names = ("tx_count", "funded_txo_sum", "spent_txo_sum")
            return Stats(*(stats.get(name).integer() for name in names))

        params: dict[str, str | int] = {"address": address, "turn": turn}
        return self._ask("/address/:address", params, reading(parse), head=self.head().latest.hash)

    def _hash_at(self, height: int, head: str) -> str:
        return self._ask("/block-height/:height", {"height": height}, text_reading(_hash), head=head)

    def _block(self, block_hash: str) -> BlockRef:
        def parse(reply: Field) -> BlockRef:
            if reply.get("id").hex(32) != block_hash:
                raise reply.get("id").fault(f"The answer is not about block {block_hash}.")
            return BlockRef(parse_height(reply.get("height")), block_hash, time_of(reply.get("timestamp")))

        return self._ask("/block/:hash", {"hash": block_hash}, reading(parse))

    def _ask(self, endpoint: str, params: Mapping[str, str | int], check: Check[T], *, head: str = "") -> T:
        query = Query(self._name, self._chain, endpoint, params, head)
        return self._exchange.ask(query, self._request(endpoint, params), check)

    def _request(self, endpoint: str, params: Mapping[str, str | int]) -> Callable[[], Request]:
        path = "/".join(str(params[part[1:]]) if part.startswith(":") else part for part in endpoint.split("/"))
        last = f"/{params['last']}" if "last" in params else ""
        return lambda: Request("GET", f"{self._url}{path}{last}")


def _spender(spend: Field) -> str | None:
    """Return the transaction in a block that spends an output, from what is said of that output."""
    if not spend.get("spent").flag():
        return None
    status = spend.maybe("status")
    in_block = status is None or status.get("confirmed").flag()
    return spend.get("txid").hex(32) if in_block else None


def _hash(text: str) -> str:
    return Field(text).hex(32)
