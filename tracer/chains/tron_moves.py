"""What a Tron transaction moved, from its execution result: fee, own value, internal payments, TRC-20 logs.

Source: ``gettransactioninfobyid`` (tronprotocol ``documentation-en``); notes of internal transactions as measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tracer.chains.evm import TRANSFER_TOPIC, ZERO_ADDRESS
from tracer.chains.fields import HIGHEST, Field
from tracer.chains.tron import CREATION, TronBlock, TronTransaction, parse_trc10, seconds_of
from tracer.model import AssetId, ChainId, Collected, native_asset, parse_address

_NOTES: Final = ("call", "create", "suicide")
"""What an internal transaction may say that it is and still be a payment."""
_STAKES: Final = (
    *("freezeFor", "unfreezeFor", "freezeBalanceV2For", "unfreezeBalanceV2For", "delegateResourceOf"),
    *("unDelegateResourceOf", "withdrawExpireUnfreeze", "cancelAllUnfreezeV2", "voteWitness"),
)
"""What it says first where a contract stakes or lends what a stake gives: its TRX stay its own (java-tron, Program)."""
_REWARD: Final = "withdrawReward"


@dataclass(frozen=True, slots=True)
class TronMoves:
    """Movements of one transaction, and what in it was not understood.

    Attributes
    ----------
    rows : tuple of Collected
        In chain order.
    unparsed : tuple of str
        In words, one a thing that may have moved something; to be reported.
    """

    rows: tuple[Collected, ...]
    unparsed: tuple[str, ...] = ()


def parse_info_place(info: Field) -> tuple[int, int]:
    """Return height and time (seconds UTC) of the block that holds a transaction."""
    number = info.get("blockNumber")
    return number.below(number.integer(), HIGHEST), seconds_of(info.get("blockTimeStamp"))


def parse_moves(
    transaction: TronTransaction,
    info: Field,
    *,
    block: TronBlock,
    chain: ChainId,
    source: str,
    received: AssetId | None = None,
) -> TronMoves:
    """Return every movement of a transaction: its fee, its own value, internal payments, TRC-20 logs.

    Parameters
    ----------
    transaction : TronTransaction
        The signed part.
    info : Field
        Its execution result, as ``gettransactioninfobyid`` prints it.
    block : TronBlock
        The block that holds it.
    chain : ChainId
        The Tron chain.
    source : str
        Name of the source.
    received : AssetId, optional
        What an exchange gives for what the transaction pays; it stands in no transaction.

    Raises
    ------
    FaultyReply
        If the two are not of one transaction, disagree about the fee, or a field is wrong.

    Notes
    -----
    A transaction that failed paid its fee and moved nothing else. An internal transaction that was rejected moved
    nothing. The place of a log is its number in the transaction's own list.
    """
    if info.get("id").hex(32) != transaction.txid:
        raise info.get("id").fault(f"The result is not that of {transaction.txid}.")
    fee = 0 if info.maybe("fee") is None else info.get("fee").integer()
    if transaction.fee is not None and transaction.fee != fee:
        raise info.fault(f"The fee is {fee} here and {transaction.fee} beside the transaction.")
    index = block.txids.index(transaction.txid) if transaction.txid in block.txids else None
    made = _Rows(transaction.txid, block, index, chain, source)
    trx = made.trx
    if fee:
        made.add("fee", (), "fee", transaction.owner, "", trx, fee)
    failed = info.maybe("result")
    if not transaction.succeeded or (failed is not None and failed.text() == "FAILED"):
        return TronMoves(tuple(made.rows))
    if not transaction.known:
        made.unparsed.append(f"{transaction.txid}: contract type {transaction.kind[:40]}")
    if transaction.exchange is not None:
        _add_exchange(transaction, info, made, received)
    else:
        payee = transaction.recipient or ""
        if transaction.kind == CREATION and transaction.payments:
            payee = info.get("contract_address").address(chain)
        for number, (asset, amount) in enumerate(transaction.payments):
            made.add("top", (number,) if number else (), "native", transaction.owner, payee, asset, amount)
    reward = info.maybe("withdraw_amount")
    if transaction.kind == "WithdrawBalanceContract" and reward is not None and reward.integer():
        made.add("top", (), "mint", "", transaction.owner, trx, reward.integer())
    _add_internal(info, made)
    _add_logs(info, made)
    return TronMoves(tuple(made.rows), tuple(made.unparsed))


@dataclass
class _Rows:
    """Rows of one transaction as they are found."""

    txid: str
    block: TronBlock
    index: int | None
    chain: ChainId
    source: str
    rows: list[Collected] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)

    @property
    def trx(self) -> AssetId:
        asset = native_asset(self.chain)
        assert asset is not None, "the chain is Tron"
        return asset

    def add(
        self, layer: str, place: tuple[int, ...], kind: str, sender: str, recipient: str, asset: AssetId, amount: int
    ) -> None:
        """Add a movement of the transaction."""
        self.rows.append(
            Collected(
                self.chain,
                self.block.number,
                self.block.hash,
                self.block.time,
                self.txid,
                self.index,
                layer,
                place,
                kind,
                sender,
                recipient,
                asset,
                amount,
                self.source,
            )
        )


def _add_exchange(transaction: TronTransaction, info: Field, made: _Rows, received: AssetId | None) -> None:
    """Book a trade with the chain's own exchange, which has no account: one asset goes, the other comes."""
    ((asset, amount),) = transaction.payments
    given = info.maybe("exchange_received_amount")
    made.add("top", (), "burn", transaction.owner, "", asset, amount)
    if received is None:
        made.unparsed.append(f"{made.txid}: what exchange {transaction.exchange} gave")
    elif given is not None and given.integer():
        made.add("top", (1,), "mint", "", transaction.owner, received, given.integer())


def _add_internal(info: Field, made: _Rows) -> None:
    listed = info.maybe("internal_transactions")
    for number, call in enumerate([] if listed is None else listed.items()):
        rejected = call.maybe("rejected")
        if rejected is not None and rejected.flag():
            continue
        values = list(_call_values(call, made))
        if not values:
            continue
        note = call.maybe("note")
        word = "" if note is None else bytes.fromhex(note.hex()).decode("ascii", "replace")
        if word.startswith(_STAKES):
            continue
        if word == _REWARD:
            made.add("call", (number,), "mint", "", call.get("caller_address").address(made.chain), *values[0])
            continue
        if word not in _NOTES:
            made.unparsed.append(f"{made.txid}: internal transaction {number} ({word[:20]!r})")
            continue
        sender = call.get("caller_address").address(made.chain)
        recipient = call.get("transferTo_address").address(made.chain)
        for part, (asset, amount) in enumerate(values):
            made.add("call", (number, part) if part else (number,), "internal", sender, recipient, asset, amount)


def _call_values(call: Field, made: _Rows) -> Iterator[tuple[AssetId, int]]:
    listed = call.maybe("callValueInfo")
    for entry in [] if listed is None else listed.items():
        value, token = entry.maybe("callValue"), entry.maybe("tokenId")
        if value is not None and value.integer():
            yield (made.trx if token is None else parse_trc10(token, made.chain)), value.integer()


def _add_logs(info: Field, made: _Rows) -> None:
    listed = info.maybe("log")
    for number, log in enumerate([] if listed is None else listed.items()):
        topics = [] if log.maybe("topics") is None else [topic.hex(32) for topic in log.get("topics").items()]
        if not topics or f"0x{topics[0]}" != TRANSFER_TOPIC or len(topics) == 4:
            continue
        data = "" if log.maybe("data") is None else log.get("data").hex()
        if len(topics) != 3 or len(data) != 64:
            made.unparsed.append(f"{made.txid}: log {number} is a Transfer of another form")
            continue
        token = parse_address(made.chain, f"0x{log.get('address').hex()[-40:]}")
        payer, payee = (f"0x{topic[-40:]}" for topic in topics[1:])
        kind = "mint" if payer == ZERO_ADDRESS else "burn" if payee == ZERO_ADDRESS else "token"
        sender, recipient = parse_address(made.chain, payer), parse_address(made.chain, payee)
        made.add("log", (number,), kind, sender, recipient, AssetId(f"{made.chain}/trc20:{token}"), int(data, 16))
