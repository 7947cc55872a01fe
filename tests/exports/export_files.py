"""Small exports made inline, in the columns the sites write."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

OWNER = "0x099a31cf198a9d3940dce53308df7da9c8ce7e24"
OTHER = "0x53df91006817dc28dd14e317b399d2d3b3aa5583"
POOL = "0x4f52d4a5516120bdd506a094c863a7d9403b4b81"
ZERO = "0x" + 40 * "0"
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
UNKNOWN = "0x5800ef5031325b2b0abb69291e38ba6894f0a526"
ETH = "eip155:1/slip44:60"
BLOCK, TIME = 18_000_000, 1_693_000_000

TRANSACTIONS = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "From", "To", "ContractAddress"),
    *("Value_IN(ETH)", "Value_OUT(ETH)", "CurrentValue @ $3000/Eth", "TxnFee(ETH)", "TxnFee(USD)"),
    *("Historical $Price/Eth", "Status", "ErrCode", "Method"),
)
TOKENS = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "From", "To", "TokenValue", "USDValueDayOfTx"),
    *("ContractAddress", "TokenName", "TokenSymbol"),
)
INTERNAL = (
    *("Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "ParentTxFrom", "ParentTxTo"),
    *("ParentTxETH_Value", "From", "TxTo", "ContractAddress", "Value_IN(ETH)", "Value_OUT(ETH)"),
    *("CurrentValue @ $3000/Eth", "Historical $Price/Eth", "Status", "ErrCode", "Type"),
)


def tx(number: int | str) -> str:
    """Return a made-up transaction hash."""
    return "0x" + hashlib.sha256(str(number).encode()).hexdigest()


def txid(number: int | str) -> str:
    """Return a made-up Bitcoin transaction id."""
    return hashlib.sha256(f"btc{number}".encode()).hexdigest()


def quoted(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a file with every cell in quotes, as Etherscan writes it."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    return out.getvalue()


def sent(
    number: int | str,
    amount: str,
    *,
    into: bool = False,
    to: str = OTHER,
    owner: str = OWNER,
    fee: str = "0.001",
    status: str = "",
    block: int = BLOCK,
) -> tuple[str, ...]:
    """Return a row of Etherscan's transactions: the owner pays, or is paid."""
    sender, recipient = (to, owner) if into else (owner, to)
    time = str(TIME + (block - BLOCK) * 12)
    values = (amount, "0") if into else ("0", amount)
    return (
        *(tx(number), str(block), time, "", sender, recipient, "", *values, "1", fee, "1", "1"),
        *(status, "Reverted" if status else "", "Transfer"),
    )


def token(
    number: int | str, amount: str, sender: str, recipient: str, contract: str = USDT, block: int = BLOCK
) -> tuple[str, ...]:
    """Return a row of Etherscan's ERC-20 transfers."""
    time = str(TIME + (block - BLOCK) * 12)
    return (tx(number), str(block), time, "", sender, recipient, amount, "$1.00", contract, "Name", "SYM")


def inside(number: int | str, amount: str, sender: str, recipient: str, status: str = "0") -> tuple[str, ...]:
    """Return a row of Etherscan's internal transactions: somebody's contract pays."""
    return (
        *(tx(number), str(BLOCK), str(TIME), "", OWNER, sender, "0", sender, recipient, "", amount, "0", "1", "1"),
        *(status, "", "call"),
    )


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file of a test."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
