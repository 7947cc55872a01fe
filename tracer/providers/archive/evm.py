"""Archives of EVM chains (BigQuery, AWS, cryo): their tables under one set of names, and the movements in them."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from tracer.chains import (
    TRANSFER_TOPIC,
    WEI_PER_GWEI,
    EvmTransaction,
    Receipt,
    burns_itself,
    call_rows,
    coin_of,
    collect_transfer_log,
    keeps_destroyed,
    value_rows,
)
from tracer.errors import AddressError, DataFileError
from tracer.model import CallRecord, ChainId, Collected, facts_of, parse_address
from tracer.providers.archive.tables import Tables, exact
from tracer.providers.archive.where import Where

_CALLS: Final = {
    ("call", "call"): "CALL",
    ("call", "delegatecall"): "DELEGATECALL",
    ("call", "staticcall"): "STATICCALL",
    ("call", "callcode"): "CALLCODE",
    ("create", ""): "CREATE",
    ("suicide", ""): "SELFDESTRUCT",
}
_NUMBERS: Final = re.compile(r"[0-9]+", re.ASCII)


@dataclass
class EvmArchive:
    """The movements that touch a holder, table by table.

    Parameters
    ----------
    tables : Tables
        The archive.
    chain : ChainId
        The chain it is of.
    source : str
        Name of the source.

    Attributes
    ----------
    unread : dict of str to int
        What was met and could not be read as a movement, counted, since the archive was opened.
    """

    tables: Tables
    chain: ChainId
    source: str
    unread: dict[str, int] = field(default_factory=dict)

    def gaps(self) -> dict[str, str]:
        """Return the parts of a history that this archive cannot give, and why."""
        found = {}
        for table, part in (("transactions", "values and fees"), ("traces", "internal payments"), ("logs", "tokens")):
            if not self.tables.has(table):
                found[part] = f"The archive has no table of {table}."
        for table, column in (("transactions", self._value()), ("traces", self._traced())):
            if self.tables.has(table) and not self.tables.files.is_exact(table, column):
                part = "values and fees" if table == "transactions" else "internal payments"
                found[part] = f"Amounts of the table of {table} are rounded: its rows only point to transactions."
        if self.tables.files.dialect == "cryo" and not self.tables.has("blocks"):
            for part in ("values and fees", "internal payments", "tokens"):
                found.setdefault(part, "The archive has no table of blocks, hence no times.")
        facts = facts_of(self.chain)
        if not self.tables.has("blocks", "withdrawals") and (facts.withdrawals_pay_coin or not facts.known):
            found["withdrawals"] = "The archive has no withdrawals."
        if facts.layer_one_fee or facts.operator_fee:
            found["fees beside gas"] = "The archive does not hold what this chain charges beside gas."
        if facts.deposit_types or facts.beside_calls:
            found["deposits"] = "The archive lacks what came from another chain, or moved outside of calls."
        if not facts.known:
            found["chain"] = f"What {self.chain} does differently from other EVM chains is not known."
        return found

    def rows(self, where: Where) -> Iterator[Collected]:
        """Yield movements in chain order; parts with a gap are left out."""
        gaps = self.gaps()
        parts = []
        if "values and fees" not in gaps:
            parts.append(self._values(where))
        if "internal payments" not in gaps:
            parts.append(self._internal(where))
        if "tokens" not in gaps:
            parts.append(self._tokens(where))
        if "withdrawals" not in gaps and not where.tx and facts_of(self.chain).withdrawals_pay_coin:
            parts.append(self._withdrawals(where))
        return heapq.merge(*parts, key=Collected.order)

    def _value(self) -> str:
        return "value_string" if self.tables.files.dialect == "cryo" else "value"

    def _traced(self) -> str:
        return "action_value" if self.tables.files.dialect == "cryo" else "value"

    def _values(self, where: Where) -> Iterator[Collected]:
        condition, values = where.sql("t.from_address", "t.to_address", created=self._created())
        for row in self.tables.rows(self._transactions(condition), values):
            transaction, receipt, time = self._transaction(row)
            if receipt.failed is None and transaction.value:
                self._count("transactions that do not say whether they failed")
            if transaction.value and not receipt.failed and not (transaction.recipient or receipt.created):
                self._count("payments to a new contract that is not named")
                transaction = replace(transaction, value=0)
            for one in value_rows(
                transaction, receipt, failed=bool(receipt.failed), chain=self.chain, time=time, source=self.source
            ):
                if where.touches(one):
                    yield one

    def _transactions(self, condition: str) -> str:
        if self.tables.files.dialect == "cryo":
            cryo = condition.replace("t.hash", "t.transaction_hash")
            return (
                "SELECT t.transaction_hash, t.block_number, b.block_hash, b.timestamp, t.transaction_index, "  # noqa: S608
                "t.from_address, t.to_address, NULL, CAST(t.value_string AS VARCHAR), CAST(t.gas_used AS VARCHAR), "
                "CAST(t.gas_price AS VARCHAR), NULL, NULL, CAST(t.success AS INTEGER) FROM transactions t "
                f"JOIN blocks b ON b.block_number = t.block_number WHERE {cryo} "
                "ORDER BY t.block_number, t.transaction_index"
            )
        has = self.tables.has
        price = "coalesce(receipt_effective_gas_price, gas_price)"
        if not has("transactions", "receipt_effective_gas_price"):
            price = "gas_price"
        blob = ("receipt_blob_gas_used", "receipt_blob_gas_price")
        extra = [f"CAST({name} AS VARCHAR)" if has("transactions", name) else "NULL" for name in blob]
        return (
            "SELECT t.hash, t.block_number, t.block_hash, epoch_us(t.block_timestamp) // 1000000, t.transaction_index, "  # noqa: S608
            f"t.from_address, t.to_address, {self._created() or 'NULL'}, CAST(t.value AS VARCHAR), "
            f"CAST(receipt_gas_used AS VARCHAR), CAST({price} AS VARCHAR), {', '.join(extra)}, receipt_status "
            f"FROM transactions t WHERE {condition} ORDER BY t.block_number, t.transaction_index"
        )

    def _created(self) -> str:
        return "t.receipt_contract_address" if self.tables.has("transactions", "receipt_contract_address") else ""

    def _transaction(self, row: tuple[Any, ...]) -> tuple[EvmTransaction, Receipt, int]:
        tx, block, block_hash, time, index, sender, recipient, created, value, gas, price, blob, blob_price, status = (
            row
        )
        made = self._address(created)
        transaction = EvmTransaction(
            tx, block, block_hash, index, self._address(sender), self._address(recipient), exact(value, "A value"), None
        )
        extra = 0 if blob is None or blob_price is None else exact(blob, "Blob gas") * exact(blob_price, "A price")
        paid = exact(price, "A gas price")
        failed = None if status is None else int(status) == 0
        used = exact(gas, "Gas used")
        receipt = Receipt(tx, block, block_hash, index, transaction.sender, made, failed, used, paid, extra, ())
        return transaction, receipt, time

    def _internal(self, where: Where) -> Iterator[Collected]:
        query, values = self._traces(where)
        listed = self.tables.rows(query, values)
        for (tx, block, block_hash, time, index), group in groupby(listed, key=lambda row: row[:5]):
            calls = []
            for _, _, _, _, _, path, kind, call_type, sender, recipient, value, error in group:
                name = _CALLS.get((kind, (call_type or "") if kind == "call" else ""), "")
                if not name or (kind == "suicide" and self.tables.files.dialect == "cryo"):
                    self._count(f"traces of type {kind!s:.20}")
                    continue
                places = tuple(map(int, _NUMBERS.findall(path or "")))
                amount = 0 if value is None else exact(value, "A traced value")
                payee = self._address(recipient)
                calls.append(CallRecord(places, name, self._address(sender), payee, amount, error is not None))
            transaction = EvmTransaction(tx, block, block_hash, index, "", "", 0, None)
            calls.sort(key=lambda call: call.path)
            cancun = any(map(burns_itself, calls)) and self._is_cancun(block)
            if any(map(burns_itself, calls)) and keeps_destroyed(self.chain, block, time, cancun=cancun) is None:
                self._count("contracts that destroyed themselves to themselves, which may burn their coin")
            for one in call_rows(calls, transaction, chain=self.chain, time=time, source=self.source, cancun=cancun):
                if where.touches(one):
                    yield one

    def _is_cancun(self, block: int) -> bool:
        """Return whether the header of a block shows the rules of Cancun, where the archive has its fields."""
        if not self.tables.has("blocks", "excess_blob_gas"):
            return False
        number = "block_number" if self.tables.files.dialect == "cryo" else "number"
        query = f"SELECT 1 FROM blocks WHERE {number} = ? AND excess_blob_gas IS NOT NULL"  # noqa: S608
        return any(True for _ in self.tables.rows(query, [block]))

    def _traces(self, where: Where) -> tuple[str, list[object]]:
        """Return the query for all traces of the transactions that have one touching the holder."""
        if self.tables.files.dialect == "cryo":
            condition, values = where.sql("t.action_from", "coalesce(t.action_to, t.result_address)")
            fields = (
                "a.transaction_hash, a.block_number, a.block_hash, b.timestamp, a.transaction_index, "
                "CAST(a.trace_address AS VARCHAR), a.action_type, a.action_call_type, a.action_from, "
                "coalesce(a.action_to, a.result_address), CAST(a.action_value AS VARCHAR), a.error"
            )
            tables = "traces a JOIN blocks b ON b.block_number = a.block_number"
        else:
            condition, values = where.sql("t.from_address", "t.to_address")
            # A call under a failed one has a status of 0 and no error of its own; its parent need not be exported.
            has_status = self.tables.has("traces", "status")
            failed = "coalesce(a.error, CASE WHEN a.status = 0 THEN 'failed' END)" if has_status else "a.error"
            fields = (
                "a.transaction_hash, a.block_number, a.block_hash, epoch_us(a.block_timestamp) // 1000000, "
                "a.transaction_index, CAST(a.trace_address AS VARCHAR), a.trace_type, a.call_type, a.from_address, "
                f"a.to_address, CAST(a.value AS VARCHAR), {failed}"
            )
            tables = "traces a"
        inner = condition.replace("t.hash", "t.transaction_hash")
        query = (
            f"SELECT {fields} FROM {tables} WHERE a.transaction_hash IN "  # noqa: S608
            f"(SELECT DISTINCT t.transaction_hash FROM traces t WHERE {inner} AND t.transaction_hash IS NOT NULL) "
            "ORDER BY a.block_number, a.transaction_index, a.transaction_hash"
        )
        return query, values

    def _tokens(self, where: Where) -> Iterator[Collected]:
        is_cryo = self.tables.files.dialect == "cryo"
        topics = [f"t.topic{n}" for n in range(4)] if is_cryo else [f"t.topics[{n}]" for n in range(1, 5)]
        time = "b.timestamp" if is_cryo else "epoch_us(t.block_timestamp) // 1000000"
        tables = "logs t JOIN blocks b ON b.block_number = t.block_number" if is_cryo else "logs t"
        block_hash = "b.block_hash" if is_cryo else "t.block_hash"
        condition, values = where.sql(topics[1], topics[2], as_topic=True)
        query = (
            f"SELECT t.transaction_hash, t.block_number, {block_hash}, {time}, t.transaction_index, t.log_index, "  # noqa: S608
            f"t.address, {', '.join(topics)}, t.data FROM {tables} "
            f"WHERE {topics[0]} = ? AND {condition.replace('t.hash', 't.transaction_hash')} "
            "ORDER BY t.block_number, t.transaction_index, t.log_index"
        )
        for tx, block, hashed, at, index, log_index, address, *words, data in self.tables.rows(
            query, [TRANSFER_TOPIC, *values]
        ):
            listed = [word for word in words if word]
            log = {"address": address, "topics": listed, "data": data, "logIndex": log_index}
            log |= {"blockNumber": block, "transactionHash": tx}
            found = collect_transfer_log(
                log, chain=self.chain, block_hash=hashed, tx_index=index, time=at, source=self.source
            )
            if found is None and len(listed) != 4:
                self._count("transfer logs of another form")
            elif found is not None and where.touches(found):
                yield found

    def _withdrawals(self, where: Where) -> Iterator[Collected]:
        coin = coin_of(self.chain)
        query = (
            "SELECT number, hash, epoch_us(timestamp) // 1000000, w.index, w.address, CAST(w.amount AS VARCHAR) FROM "
            "(SELECT number, hash, timestamp, unnest(withdrawals) AS w FROM blocks WHERE number BETWEEN ? AND ?) "
            "WHERE ? IN ('', lower(w.address)) ORDER BY number, w.index"
        )
        for number, block_hash, time, index, address, amount in self.tables.rows(
            query, [where.since, where.until, where.holder]
        ):
            wei = exact(amount, "A withdrawal") * WEI_PER_GWEI
            place, payee = (int(index),), self._address(address)
            yield Collected(
                self.chain,
                number,
                block_hash,
                time,
                "",
                None,
                "block",
                place,
                "mint",
                "",
                payee,
                coin,
                wei,
                self.source,
            )

    def _address(self, text: str | None) -> str:
        if not text:
            return ""
        try:
            return parse_address(self.chain, text.lower())
        except AddressError as cause:
            raise DataFileError(f"The archive holds {text[:50]!r} as an address.", why=cause.why) from cause

    def _count(self, what: str) -> None:
        self.unread[what] = self.unread.get(what, 0) + 1
