"""EVM logs become token transfers: pure parsing of what a node answers, nothing fetched.

Sources: ERC-20 and ERC-721 (eips.ethereum.org), event ``Transfer(address,address,uint256)``; the two share their first
topic and differ only in whether the last argument is indexed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tracer.errors import AddressError
from tracer.model import AssetId, ChainId, Collected, Transfer, facts_of, parse_address

TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak-256 of ``Transfer(address,address,uint256)``."""

BATCHES: Final = (
    "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62",
    "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb",
)
"""Keccak-256 of ``TransferSingle(address,address,address,uint256,uint256)`` and of ``TransferBatch(…)`` (ERC-1155)."""

ZERO_ADDRESS: Final = "0x" + 40 * "0"

_ANY_EVM: Final = ChainId("eip155:1")
_WORD: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_ADDRESS_WORD: Final = re.compile(r"0x0{24}([0-9a-f]{40})", re.ASCII)
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]*)", re.ASCII)


def parse_transfer_log(log: Mapping[str, Any], *, chain: ChainId, time: int | None = None) -> Transfer | None:
    """Return the token transfer an ERC-20 Transfer log records, or ``None`` where the log is anything else.

    Parameters
    ----------
    log : mapping
        A log as JSON-RPC gives it: ``address``, ``topics``, ``data``; ``logIndex`` and ``blockNumber`` as hex
        quantities or integers, ``transactionHash`` as hex text. The last three may be absent.
    chain : ChainId
        The EVM chain the log comes from.
    time : int, optional
        Time of its block, seconds UTC; a log does not hold it.

    Returns
    -------
    Transfer or None
        Amount in base units of the contract. ``position`` is the log index, ``row`` the log index + 1, so that rows
        of one block have an order; renumber them when they enter a table. ``kind`` is ``mint`` where the sender is
        the zero address, ``burn`` where the recipient is, else ``token``.
        ``None``: not a Transfer, four topics (ERC-721), fewer topics (a contract before the standard that indexes
        nothing), data that is not exactly one word, a topic that is not an address (12 zero bytes must lead it), or
        a log that a re-organisation has removed.

    Notes
    -----
    The log holds what the contract says it moved. A token that takes a fee on transfer, or lies, is not found out
    here; balances are.
    """
    topics = _topics(log)
    amount = _word(log.get("data"))
    if len(topics) != 3 or topics[0] != TRANSFER_TOPIC or amount is None or log.get("removed"):
        return None
    sender, recipient = (_ADDRESS_WORD.fullmatch(topic) for topic in topics[1:])
    try:
        token = parse_address(chain, str(log.get("address")))
    except AddressError:
        return None
    if sender is None or recipient is None:
        return None
    position = _quantity(log.get("logIndex"))
    payer, payee = f"0x{sender[1]}", f"0x{recipient[1]}"
    return Transfer(
        row=0 if position is None else position + 1,
        chain=chain,
        block=_quantity(log.get("blockNumber")),
        position=position,
        time=time,
        tx=_hash(log.get("transactionHash")),
        kind="mint" if payer == ZERO_ADDRESS else "burn" if payee == ZERO_ADDRESS else "token",
        sender=payer,
        recipient=payee,
        asset=AssetId(f"{chain}/erc20:{token}"),
        amount=amount,
    )


def other_token_parties(log: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return whom a log names that records a token of a kind that is not followed; ``None`` for any other log.

    These are ERC-721, ERC-1155, and contracts older than the standards, which index nothing: counted, not guessed.

    Parameters
    ----------
    log : mapping
        As in :func:`parse_transfer_log`.
    """
    topics, data = _topics(log), log.get("data")
    words: tuple[str, ...]
    if topics[:1] == (TRANSFER_TOPIC,) and len(topics) == 4:
        words = topics[1:3]
    elif topics and topics[0] in BATCHES and len(topics) == 4:
        words = topics[2:4]
    elif topics[:1] == (TRANSFER_TOPIC,) and parse_transfer_log({**log, "removed": False}, chain=_ANY_EVM) is None:
        text = data.lower().removeprefix("0x") if isinstance(data, str) else ""
        words = (*topics[1:], *(f"0x{text[at : at + 64]}" for at in range(0, min(len(text), 192), 64)))
    else:
        return None
    found = (_ADDRESS_WORD.fullmatch(word) for word in words)
    return tuple(dict.fromkeys(f"0x{one[1]}" for one in found if one))


def collect_transfer_log(
    log: Mapping[str, Any], *, chain: ChainId, block_hash: str, tx_index: int, time: int, source: str
) -> Collected | None:
    """Return the movement an ERC-20 Transfer log records, or ``None`` as in :func:`parse_transfer_log`.

    ``None`` also for a contract that is the coin: what it logs has moved as coin, which other rows hold.

    Parameters
    ----------
    log : mapping
        As in :func:`parse_transfer_log`, with ``logIndex``, ``blockNumber`` and ``transactionHash``.
    chain : ChainId
        The EVM chain the log comes from.
    block_hash, tx_index, time, source
        As in :class:`tracer.model.Collected`.
    """
    found = parse_transfer_log(log, chain=chain, time=time)
    if found is None or found.position is None or found.block is None:
        return None
    if found.asset.rpartition(":")[2] in facts_of(chain).coin_contracts:
        return None
    return Collected(
        chain,
        found.block,
        block_hash,
        time,
        found.tx,
        tx_index,
        "log",
        (found.position,),
        found.kind,
        found.sender,
        found.recipient,
        found.asset,
        found.amount,
        source,
    )


def _topics(log: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the topics in lower case; none where any of them is not one word."""
    topics = log.get("topics")
    if not isinstance(topics, list | tuple):
        return ()
    words = tuple(topic.lower() if isinstance(topic, str) else "" for topic in topics)
    return words if all(map(_WORD.fullmatch, words)) else ()


def _word(value: object) -> int | None:
    return int(value, 16) if isinstance(value, str) and _WORD.fullmatch(value.lower()) else None


def _hash(value: object) -> str:
    return value.lower() if isinstance(value, str) and _WORD.fullmatch(value.lower()) else ""


def _quantity(value: object) -> int | None:
    if isinstance(value, str) and _QUANTITY.fullmatch(value.lower()):
        return int(value, 16)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
