"""Rows of account histories as Etherscan and Blockscout print them: text, decimal integers, their own field names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from evm_index import TRANSFER, EvmIndex, IndexedBlock, Json, void_paths

Row = dict[str, str]
Wanted = Callable[[Row], bool]


def normal_rows(blocks: list[IndexedBlock]) -> Iterator[Row]:
    """Yield every transaction in chain order, as ``txlist`` prints it."""
    tip = len(blocks) - 1
    for block in blocks:
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True):
            failed = receipt["status"] == "0x0"
            yield {
                "blockNumber": str(block.number),
                "timeStamp": str(block.time),
                "hash": transaction["hash"],
                "nonce": decimal(transaction["nonce"]),
                "blockHash": block.hash,
                "transactionIndex": decimal(receipt["transactionIndex"]),
                "from": transaction["from"],
                "to": transaction["to"] or "",
                "value": decimal(transaction["value"]),
                "gas": decimal(transaction["gas"]),
                "gasPrice": decimal(receipt["effectiveGasPrice"]),
                "isError": "1" if failed else "0",
                "txreceipt_status": "0" if failed else "1",
                "input": transaction["input"],
                "contractAddress": receipt["contractAddress"] or "",
                "cumulativeGasUsed": decimal(receipt["cumulativeGasUsed"]),
                "gasUsed": decimal(receipt["gasUsed"]),
                "confirmations": str(tip - block.number + 1),
                "methodId": transaction["input"][:10],
                "functionName": "",
            }


def internal_rows(blocks: list[IndexedBlock], style: str) -> Iterator[Row]:
    """Yield every call inside a transaction that carries value, as ``txlistinternal`` prints it.

    Parameters
    ----------
    blocks : list of IndexedBlock
        The chain.
    style : str
        ``etherscan`` (``hash``, ``traceId``; no delegatecalls) or ``blockscout`` (``transactionHash``, ``callType``,
        ``index``; delegatecalls with the value they repeat).
    """
    for block in blocks:
        void = void_paths(block.traces)
        index: dict[str, int] = {}
        for trace in block.traces:
            tx, path = trace["transactionHash"], tuple(trace["traceAddress"])
            place = index[tx] = index.get(tx, -1) + 1
            row = _internal(block, trace, void=(tx, path) in void)
            call_type = trace["action"].get("callType", "")
            if not path or not (int(row["value"]) or row["type"] in ("create", "create2")):
                continue
            if style == "blockscout":
                row |= {"callType": call_type, "index": str(place), "transactionHash": tx}
                row["type"] = "selfdestruct" if row["type"] == "suicide" else row["type"]
            elif call_type in ("", "call"):
                row |= {"hash": tx, "traceId": "_".join(map(str, path))}
            else:
                continue
            yield row


def _internal(block: IndexedBlock, trace: Json, *, void: bool) -> Row:
    action, result = trace["action"], trace.get("result") or {}
    kind = trace["type"]
    if kind == "create" and action.get("creationMethod") == "create2":
        kind = "create2"
    sender = action.get("from") or action.get("address")
    recipient = action.get("to") or action.get("refundAddress") or ""
    return {
        "blockNumber": str(block.number),
        "timeStamp": str(block.time),
        "from": sender,
        "to": recipient,
        "value": decimal(action.get("value") or action.get("balance") or "0x0"),
        "contractAddress": result.get("address") or "",
        "input": "",
        "type": kind,
        "gas": decimal(action.get("gas") or "0x0"),
        "gasUsed": decimal(result.get("gasUsed") or "0x0"),
        "isError": "1" if void else "0",
        "errCode": (trace.get("error") or "Reverted") if void else "",
    }


def token_rows(index: EvmIndex, blocks: list[IndexedBlock]) -> Iterator[Row]:
    """Yield every ERC-20 transfer in chain order, as ``tokentx`` prints it: without its log index."""
    tip = len(blocks) - 1
    for block in blocks:
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True):
            for log in receipt["logs"]:
                if log["topics"][:1] != [TRANSFER] or len(log["topics"]) != 3 or len(log["data"]) != 66:
                    continue
                token = index.token(log["address"])
                yield {
                    "blockNumber": str(block.number),
                    "timeStamp": str(block.time),
                    "hash": transaction["hash"],
                    "nonce": decimal(transaction["nonce"]),
                    "blockHash": block.hash,
                    "from": "0x" + log["topics"][1][26:],
                    "contractAddress": log["address"],
                    "to": "0x" + log["topics"][2][26:],
                    "value": decimal(log["data"]),
                    "tokenName": token.name,
                    "tokenSymbol": token.symbol,
                    "tokenDecimal": str(token.decimals),
                    "transactionIndex": decimal(receipt["transactionIndex"]),
                    "gas": decimal(transaction["gas"]),
                    "gasPrice": decimal(receipt["effectiveGasPrice"]),
                    "gasUsed": decimal(receipt["gasUsed"]),
                    "cumulativeGasUsed": decimal(receipt["cumulativeGasUsed"]),
                    "input": "deprecated",
                    "confirmations": str(tip - block.number + 1),
                }


def touches(address: str) -> Wanted:
    """Return whether a row has an address on either side, or creates it."""
    return lambda row: address in (row["from"], row["to"]) or (row["contractAddress"] == address and not row["to"])


def decimal(quantity: Any) -> str:
    """Return a hexadecimal quantity in decimal digits."""
    return str(int(quantity, 16))
