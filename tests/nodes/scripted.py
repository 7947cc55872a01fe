"""A script that acts on a node and writes down what it does, so that the truth never passes through a parser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evm_node import GAS_PRICE, Contract, EvmNode

LAYERS = ("fee", "top", "call", "log")
ZERO = "0x" + "00" * 20
ETHER = 10**18
DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True)
class Movement:
    """One movement as the script caused it.

    Attributes
    ----------
    chain : str
        CAIP-2 id.
    block, time, tx_index : int
        Height, header time, index of the transaction in the block.
    block_hash, tx : str
        Hashes.
    layer, place : str, tuple of int
        Where in the transaction: ``fee`` and ``top`` have no place; a call its path; a log its index in the block.
    kind : str
        ``fee native internal token mint burn``.
    sender, recipient : str
        Lower-case addresses; a fee has no recipient; minted from and burned to the zero address.
    asset : str
        CAIP-19 id.
    amount : int
        Base units.
    event : str
        Movements of one swap share a name; empty elsewhere.
    note : str
        What happens, for people.
    """

    chain: str
    block: int
    time: int
    block_hash: str
    tx: str
    tx_index: int
    layer: str
    place: tuple[int, ...]
    kind: str
    sender: str
    recipient: str
    asset: str
    amount: int
    event: str = ""
    note: str = ""

    def order(self) -> tuple[int, int, int, tuple[int, ...]]:
        """Return the sort key inside the chain."""
        return self.block, self.tx_index, LAYERS.index(self.layer), self.place


@dataclass(frozen=True)
class Moves:
    """What a contract's source says a call moves besides the transaction's own value: its place, and from whom to whom.

    Attributes
    ----------
    layer : str
        ``call`` or ``log``.
    place : int or tuple of int
        Path of the call; which log of the transaction, counted from 0 over logs of all kinds.
    sender, recipient, asset, amount
        As in :class:`Movement`; an empty asset is the native one.
    """

    layer: str
    place: int | tuple[int, ...]
    sender: str
    recipient: str
    amount: int
    asset: str = ""


@dataclass(frozen=True)
class _Sent:
    tx: str
    sender: str
    to: str
    value: int
    moves: tuple[Moves, ...]
    logs: int
    fails: bool
    swap: bool
    note: str


class Script:
    """Sends transactions, mines blocks at given times, and keeps the list of movements.

    Attributes
    ----------
    node : EvmNode
        Where it acts.
    start : int
        Time of the first day, seconds UTC.
    movements : list of Movement
        Everything of the mined blocks, in chain order.
    """

    def __init__(self, node: EvmNode, start: int) -> None:
        self.node, self.start = node, start
        self.chain = f"eip155:{node.chain_id}"
        self.native = f"{self.chain}/slip44:60"
        self.movements: list[Movement] = []
        self._pending: list[_Sent] = []

    def asset(self, token: Contract) -> str:
        """Return the CAIP-19 id of a token."""
        return f"{self.chain}/erc20:{token.address}"

    def do(
        self,
        sender: str,
        to: str,
        *,
        value: int = 0,
        data: str = "0x",
        moves: Sequence[Moves] = (),
        logs: int = 0,
        fails: bool = False,
        swap: bool = False,
        gas: int = 0,
        note: str = "",
    ) -> str:
        """Send a transaction into the next block and return its hash.

        Parameters
        ----------
        sender, to, value, data
            As they are sent.
        moves : sequence of Moves
            What else it moves, as the script knows.
        logs : int
            How many logs it writes, transfers among them.
        fails : bool
            Whether it is bound to fail: then only the fee is paid.
        swap : bool
            Whether its movements are one swap.
        gas : int
            Limit; as much as a plain payment needs where nothing says that it is more.
        note : str
            For people.
        """
        gas = gas or (21_000 if data == "0x" and not moves else 1_000_000)
        tx = self.node.send(sender, to, value=value, data=data, gas=gas)
        self._pending.append(_Sent(tx, sender, to, value, tuple(moves), logs, fails, swap, note))
        return tx

    def pay(self, sender: str, to: str, wei: int, note: str = "") -> str:
        """Pay native value from a wallet to a wallet."""
        return self.do(sender, to, value=wei, note=note)

    def transfer(self, token: Contract, sender: str, to: str, units: int, note: str = "") -> str:
        """Transfer a token."""
        moves = [Moves("log", 0, sender, to, units, self.asset(token))]
        return self.do(sender, token.address, data=token.data("transfer", to, units), moves=moves, logs=1, note=note)

    def mint(self, token: Contract, sender: str, to: str, units: int, note: str = "") -> str:
        """Mint a token to somebody."""
        moves = [Moves("log", 0, ZERO, to, units, self.asset(token))]
        return self.do(sender, token.address, data=token.data("mint", to, units), moves=moves, logs=1, note=note)

    def approve(self, token: Contract, sender: str, spender: str, units: int) -> str:
        """Let somebody move one's tokens: a log, no movement."""
        data = token.data("approve", spender, units)
        return self.do(sender, token.address, data=data, logs=1, note="approval")

    def deploy(self, sender: str, name: str, *values: Any, value: int = 0) -> Contract:
        """Create a contract in the next block."""
        contract = self.node.deploy(sender, name, *values, value=value, mine=False)
        tx = self.node.rpc("txpool_content")["pending"]
        hashes = {
            one["nonce"]: one["hash"] for owner, sent in tx.items() if owner.lower() == sender for one in sent.values()
        }
        newest = hashes[max(hashes, key=lambda nonce: int(nonce, 16))]
        self._pending.append(_Sent(newest, sender, contract.address, value, (), 0, False, False, f"creates {name}"))
        return contract

    def mine(self, day: float, *, empty: int = 0) -> int:
        """Mine what was sent in one block at a day of the story, then some empty blocks; return the block's height."""
        block = self.node.mine(self.start + int(day * DAY))
        header = self.node.rpc("eth_getBlockByNumber", hex(block), False)
        assert header["transactions"] == [sent.tx for sent in self._pending], "the block's order is not the script's"
        log_index = 0
        for index, sent in enumerate(self._pending):
            receipt = self.node.receipt(sent.tx)
            assert receipt["status"] == ("0x0" if sent.fails else "0x1"), sent.note
            assert len(receipt["logs"]) == sent.logs, sent.note
            where = (self.chain, block, int(header["timestamp"], 16), header["hash"], sent.tx, index)
            self.movements.extend(self._moved(sent, where, int(receipt["gasUsed"], 16) * GAS_PRICE, log_index))
            log_index += sent.logs
        self._pending.clear()
        self.node.mine(blocks=empty) if empty else None
        return block

    def _moved(
        self, sent: _Sent, where: tuple[str, int, int, str, str, int], fee: int, first_log: int
    ) -> list[Movement]:
        """Return the movements of one transaction in order."""
        rows = [Movement(*where, "fee", (), "fee", sent.sender, "", self.native, fee, "", sent.note)]
        if sent.fails:
            return rows
        event = f"swap-{sent.tx}" if sent.swap else ""
        if sent.value:
            top = (sent.sender, sent.to, self.native, sent.value, event, sent.note)
            rows.append(Movement(*where, "top", (), "native", *top))
        for move in sent.moves:
            place = move.place if isinstance(move.place, tuple) else (move.place,)
            if move.layer == "log":
                place = (first_log + place[0],)
            kind = "internal" if move.layer == "call" else "token"
            kind = "mint" if move.sender == ZERO else "burn" if move.recipient == ZERO else kind
            asset = move.asset or self.native
            moved = (move.sender, move.recipient, asset, move.amount, event, sent.note)
            rows.append(Movement(*where, move.layer, place, kind, *moved))
        return sorted(rows, key=Movement.order)
