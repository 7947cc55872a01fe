"""TronGrid's endpoints: one method a question, each reply checked against what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tracer.chains import (
    Field,
    TronBlock,
    TronTransaction,
    parse_block,
    parse_exchanged,
    parse_info_place,
    parse_internal_pointer,
    parse_trc20_row,
    parse_tron_transaction,
)
from tracer.model import AssetId, ChainId
from tracer.net import (
    CachedTransport,
    Check,
    PermanentError,
    Query,
    Reply,
    Request,
    RetryableError,
    key_of,
    reading,
    shown,
)

T = TypeVar("T")
LIMIT: Final = 200
"""Rows of a page: the most that TronGrid gives."""
SUSPENDED_S: Final = 31.0
"""How long TronGrid says that it suspends whoever asks too often, and a second."""
TRANSACTIONS: Final = "/v1/accounts/:address/transactions"
TRC20: Final = "/v1/accounts/:address/transactions/trc20"


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list of an account held in a window.

    Attributes
    ----------
    rows : tuple of Field
        Rows as printed, checked.
    pages : int
        Pages read.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`.
    """

    rows: tuple[Field, ...]
    pages: int
    reason: str = "ok"
    detail: str = ""


class TronGridApi:
    """TronGrid's HTTP API, with the node's endpoints that it passes on.

    Parameters
    ----------
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API.
    chain : ChainId
        The Tron chain.
    name : str
        Name in the registry; a key is looked up by it when something is sent.
    """

    def __init__(self, exchange: CachedTransport, url: str, chain: ChainId, name: str) -> None:
        self._exchange, self._url, self._chain, self._name = exchange, url.rstrip("/"), chain, name

    def newest(self) -> TronBlock:
        """Return the newest block, as of the first asking."""
        return self._node("/wallet/getnowblock", {}, reading(parse_block))

    def block(self, number: int, *, head: str) -> TronBlock:
        """Return a block; `head` is empty where it is final, and the question goes to the solidified chain."""

        def parse(reply: Field) -> TronBlock:
            if reply.value == {}:
                raise RetryableError(f"No block {number} yet.")
            return parse_block(reply)

        found = self._node(_room(head, "getblockbynum"), {"num": number}, reading(parse), head=head)
        if found.number != number:
            raise PermanentError(f"Block {found.number} came for height {number}.", reason="inconsistent")
        return found

    def info(self, txid: str, *, head: str) -> Field:
        """Return the execution result of a transaction; an empty object is not an answer."""

        def parse(reply: Field) -> Field:
            if reply.value == {}:
                raise RetryableError(f"No result of transaction {txid} yet.")
            parse_info_place(reply)
            return reply

        return self._node(_room(head, "gettransactioninfobyid"), {"value": txid}, reading(parse), head=head)

    def signed(self, txid: str, *, head: str) -> TronTransaction:
        """Return the signed part of a transaction; an empty object is not an answer."""

        def parse(reply: Field) -> TronTransaction:
            """Return the transaction that was asked for."""
            if reply.value == {}:
                raise RetryableError(f"No transaction {txid} yet.")
            found = parse_tron_transaction(reply, chain=self._chain)
            if found.txid != txid:
                raise reply.get("txID").fault(f"The answer is not about {txid}.")
            return found

        return self._node(_room(head, "gettransactionbyid"), {"value": txid}, reading(parse), head=head)

    def has_code(self, address: str, *, head: str) -> bool:
        """Return whether a node knows a contract at an address; of one it does not know it gives an empty object."""

        def parse(reply: Field) -> bool:
            found = reply.maybe("contract_address")
            if found is not None and found.address(self._chain) != address:
                raise found.fault(f"The answer is not about {address}.")
            return found is not None

        return self._node("/wallet/getcontract", {"value": address, "visible": True}, reading(parse), head=head)

    def exchanged(self, exchange: int) -> tuple[AssetId, AssetId]:
        """Return the two assets of one of the chain's own exchanges; they never change."""

        def parse(reply: Field) -> tuple[AssetId, AssetId]:
            """Return the two tokens of the exchange that was asked for."""
            if reply.value == {}:
                raise RetryableError(f"No exchange {exchange} yet.")
            if reply.get("exchange_id").integer() != exchange:
                raise reply.get("exchange_id").fault(f"The answer is not about exchange {exchange}.")
            first, second = (parse_exchanged(reply.get(f"{one}_token_id"), self._chain) for one in ("first", "second"))
            return first, second

        return self._node("/wallet/getexchangebyid", {"id": exchange}, reading(parse), head="")

    def balance(self, address: str, *, head: str) -> int:
        """Return the TRX that an account has now, in sun, spendable or staked; an account nobody opened has none."""

        def parse(reply: Field) -> int:
            """Return what the account owns; 0 where there is none yet."""
            if not reply.get("success").flag():
                raise reply.fault("The reply says that it failed.")
            rows = list(reply.get("data").items())
            if not rows:
                return 0
            if rows[0].get("address").address(self._chain) != address:
                raise rows[0].get("address").fault(f"The answer is not about {address}.")
            return _owned(rows[0])

        return self._get("/v1/accounts/:address", {"address": address}, reading(parse), head=head)

    def account_list(self, endpoint: str, holder: str, times: tuple[int, int], *, head: str, max_pages: int) -> Listed:
        """Return the rows of an account's list, walked to the empty page.

        Parameters
        ----------
        endpoint : str
            :data:`TRANSACTIONS` or :data:`TRC20`.
        holder : str
            The account.
        times : tuple of int
            First and last block time, seconds UTC.
        head : str
            As in :meth:`block`; where empty only confirmed rows are asked for.
        max_pages : int
            Pages to read at most.

        Notes
        -----
        An empty page is the end, whatever mark it carries; a full page without a mark is cut off.
        """
        params: dict[str, str | int | bool] = {
            "address": holder,
            "limit": LIMIT,
            "min_timestamp": times[0] * 1000,
            "max_timestamp": times[1] * 1000 + 999,
            "order_by": "block_timestamp,asc",
        }
        if not head:
            params["only_confirmed"] = True
        rows: list[Field] = []
        seen: set[str] = set()
        for pages in range(1, max_pages + 1):
            page, mark = self._page(endpoint, params, head=head)
            rows.extend(page)
            if not page:
                return Listed(tuple(rows), pages)
            if mark is None:
                full = len(page) >= LIMIT
                detail = "A full page came without the mark of the next one." if full else ""
                return Listed(tuple(rows), pages, "full_page" if full else "ok", detail)
            if mark in seen:
                return Listed(tuple(rows), pages, "inconsistent", "The mark of the next page came twice.")
            seen.add(mark)
            params = {**params, "fingerprint": mark}
        return Listed(
            tuple(rows), max_pages, "result_window", f"More than {max_pages} pages; later rows were not read."
        )

    def _page(
        self, endpoint: str, params: Mapping[str, str | int | bool], *, head: str
    ) -> tuple[list[Field], str | None]:
        low, high = int(params["min_timestamp"]), int(params["max_timestamp"])

        def parse(reply: Field) -> tuple[list[Field], str | None]:
            """Return the rows of a page, all within the window, and the next page's mark."""
            if not reply.get("success").flag():
                raise reply.fault("The reply says that it failed.")
            rows = list(reply.get("data").items())
            for row in rows:
                time = row.get("block_timestamp")
                if not low <= time.integer() <= high:
                    raise time.fault("The row lies outside the window asked for.")
                _check_row(endpoint, row, str(params["address"]), self._chain)
            mark = reply.get("meta").maybe("fingerprint")
            return rows, None if mark is None else mark.text()

        return self._get(endpoint, params, reading(parse), head=head)

    def _get(self, endpoint: str, params: Mapping[str, str | int | bool], check: Check[T], *, head: str) -> T:
        sent = {name: _as_text(value) for name, value in params.items() if name != "address"}
        url = f"{self._url}{endpoint.replace(':address', str(params['address']))}"
        query = Query(self._name, self._chain, endpoint, params, head)
        return self._exchange.ask(query, lambda: Request("GET", url, sent, self._headers()), _unless_suspended(check))

    def _node(self, endpoint: str, params: Mapping[str, Any], check: Check[T], *, head: str = "") -> T:
        body = json.dumps(dict(params), sort_keys=True).encode()

        def request() -> Request:
            headers = {"Content-Type": "application/json", **self._headers()}
            return Request("POST", f"{self._url}{endpoint}", {}, headers, body)

        query = Query(self._name, self._chain, endpoint, params, head)
        return self._exchange.ask(query, request, _unless_suspended(check))

    def _headers(self) -> dict[str, str]:
        key = key_of(self._name)
        return {} if key is None else {"TRON-PRO-API-KEY": key.reveal()}


def _room(head: str, method: str) -> str:
    return f"/{'wallet' if head else 'walletsolidity'}/{method}"


def _check_row(endpoint: str, row: Field, holder: str, chain: ChainId) -> None:
    """Refuse a row that is not about the account, or is not what the list should hold."""
    if endpoint == TRC20:
        token = parse_trc20_row(row, chain=chain)
        if token is not None and holder not in (token.sender, token.recipient):
            raise row.get("transaction_id").fault(f"The transfer does not touch {holder}.")
    elif parse_internal_pointer(row, chain=chain) is None:
        parse_tron_transaction(row, chain=chain)


def _as_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unless_suspended(check: Check[T]) -> Callable[[Reply], T]:
    """Return a check that first looks for TronGrid's way of saying that it was asked too often."""

    def checked(reply: Reply) -> T:
        if reply.status in (403, 503) and b'"Success":false' in reply.body.replace(b" ", b""):
            raise RetryableError(f"Asked too often: {shown(reply.body)}", after=SUSPENDED_S, reason="rate_limited")
        return check(reply)

    return checked


def _owned(account: Field) -> int:
    """Return the TRX of an account: spendable, staked (before Stake 2.0 and since), lent, and on the way back.

    Staking books no movement, so what is staked counts as held. Fields as in tronprotocol's ``Account``; one that is
    zero is not printed.
    """
    resource = account.maybe("account_resource")
    amounts = [account.maybe("balance"), account.maybe("delegated_frozen_balance_for_bandwidth")]
    amounts += [account.maybe("delegated_frozenV2_balance_for_bandwidth"), _within(account, "tron_power")]
    if resource is not None:
        amounts += [resource.maybe("delegated_frozen_balance_for_energy")]
        amounts += [resource.maybe("delegated_frozenV2_balance_for_energy")]
        amounts += [_within(resource, "frozen_balance_for_energy")]
    for name, amount in (("frozen", "frozen_balance"), ("frozenV2", "amount"), ("unfrozenV2", "unfreeze_amount")):
        listed = account.maybe(name)
        amounts += [] if listed is None else [one.maybe(amount) for one in listed.items()]
    return sum(amount.integer() for amount in amounts if amount is not None)


def _within(holder: Field, name: str) -> Field | None:
    frozen = holder.maybe(name)
    return None if frozen is None else frozen.maybe("frozen_balance")
