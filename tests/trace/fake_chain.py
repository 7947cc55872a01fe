"""Small chains in memory, random or by hand, and a source that answers from them as a provider would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tracer.model import AssetId, ChainId, Coin, Collected, CollectedTx, chain_of, native_asset
from tracer.model.coverage import Coverage
from tracer.net.throttle import OverBudgetError
from tracer.providers.provider import BlockRef, Head, History

CHAIN = ChainId("eip155:31337")
NATIVE = AssetId(f"{CHAIN}/slip44:60")
TOKEN = AssetId(f"{CHAIN}/erc20:0x{'7' * 40}")
HOLDERS = tuple(f"0x{letter * 40}" for letter in "abcdef0123")
VICTIM, POOL = f"0x{'9' * 40}", f"0x{'8' * 40}"
THEFT = f"0x{'e' * 64}"


@dataclass
class FakeChain:
    """Blocks of an account chain: the movements of each height, and a fork's name that is part of every hash."""

    rows: list[Collected] = field(default_factory=list)
    height: int = 40
    start: dict[tuple[str, AssetId], int] = field(default_factory=dict)
    contracts: frozenset[str] = frozenset()
    fork: str = "0"
    forked_from: int = 10**9

    def hash(self, number: int) -> str:
        """Return the hash of a block: another one on another fork."""
        return f"0x{number:060x}{int(self.fork if number >= self.forked_from else '0'):04x}"

    def block(self, number: int) -> BlockRef:
        """Return a block by height; a block every ten seconds."""
        return BlockRef(number, self.hash(number), 1_700_000_000 + 10 * number)

    def add(
        self,
        block: int,
        tx: str,
        sender: str,
        recipient: str,
        amount: int,
        *,
        asset: AssetId = NATIVE,
        layer: str = "top",
        place: tuple[int, ...] = (),
        kind: str = "native",
        tx_index: int = 0,
    ) -> None:
        """Append a movement."""
        where = self.block(block)
        self.rows.append(
            Collected(
                *(CHAIN, block, where.hash, where.time, tx, tx_index, layer, place, kind, sender, recipient),
                *(asset, amount, "fake"),
            )
        )


class FakeSource:
    """Answers from a chain in memory; `calls` is the budget of questions, `None` for no limit."""

    def __init__(self, chain: FakeChain, *, calls: int | None = None, name: str = "fake") -> None:
        self.world, self.calls, self._name = chain, calls, name
        self.asked: list[tuple[object, ...]] = []
        self._head: Head | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def chain(self) -> ChainId:
        return CHAIN

    def head(self) -> Head:
        if self._head is None:
            final = self.world.block(max(0, self.world.height - chain_of(CHAIN).finality))
            self._head = Head(self.world.block(self.world.height), final)
        return self._head

    def pin(self, head: Head) -> None:
        self._head = head

    def block(self, number: int) -> BlockRef:
        return self.world.block(number)

    def size(self, holder: str) -> int | None:
        return len({row.tx for row in self.world.rows if holder in (row.sender, row.recipient)})

    def is_contract(self, address: str) -> bool | None:
        return address in self.world.contracts

    def transfers(self, holder: str, since: int, until: int) -> History:
        self._ask("transfers", holder, since, until)
        found = [
            replace(row, source=self._name)
            for row in self.world.rows
            if since <= row.block <= until and holder in (row.sender, row.recipient)
        ]
        return History(tuple(found), coverage=(self._covered(holder, "transfers", since, until, len(found)),))

    def transaction(self, tx: str) -> History:
        self._ask("transaction", tx)
        found = [replace(row, source=self._name) for row in self.world.rows if row.tx == tx]
        latest = self.head().latest.number
        return History(tuple(found), coverage=(self._covered(tx, "transaction", 0, latest, len(found)),))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        held = self.world.start.get((address, asset), 0)
        for row in self.world.rows:
            if row.block <= block and row.asset == asset:
                held += row.amount * ((row.recipient == address) - (row.sender == address))
        return held

    def _ask(self, *question: object) -> None:
        if self.calls is not None:
            if not self.calls:
                raise OverBudgetError("No call is left.", next_step="Allow more.")
            self.calls -= 1
        self.asked.append(question)

    def _covered(self, subject: str, what: str, since: int, until: int, rows: int) -> Coverage:
        return Coverage(CHAIN, subject, self._name, what, since, until, complete=True, rows=rows, pages=1)


def tx_name(block: int, index: int, fork: int = 0) -> str:
    """Return a transaction hash."""
    return f"0x{block:032x}{index:016x}{fork:016x}"


@st.composite
def chains(draw: st.DrawFn) -> tuple[FakeChain, FakeChain]:
    """Return a random chain with a theft, and what a reorganisation of its last blocks leaves of it."""
    chain = FakeChain(height=40)
    balance: dict[tuple[str, AssetId], int] = {}
    for holder in (*HOLDERS, VICTIM, POOL):
        for asset in (NATIVE, TOKEN):
            amount = 10_000 if holder in (VICTIM, POOL) else draw(st.sampled_from([0, 0, 0, 7, 100]))
            chain.start[holder, asset] = balance[holder, asset] = amount
    chain.add(3, THEFT, VICTIM, HOLDERS[0], 1_000, tx_index=1)
    balance[HOLDERS[0], NATIVE] += 1_000
    heights = sorted(draw(st.lists(st.integers(3, 40), min_size=6, max_size=25)))
    for index, height in enumerate(heights, 2):
        if height <= 34:
            _happen(draw, chain, balance, height, index, fork=0)
    other = replace(chain, rows=list(chain.rows), height=41, fork="1", forked_from=35)
    mirror = dict(balance)
    for index, height in enumerate(heights, 2):
        if height > 34:
            _happen(draw, chain, balance, height, index, fork=0)
            _happen(draw, other, mirror, height, index, fork=draw(st.integers(0, 1)))
    return chain, other


def _happen(
    draw: st.DrawFn, chain: FakeChain, balance: dict[tuple[str, AssetId], int], height: int, index: int, *, fork: int
) -> None:
    """Let one transaction happen: a payment, several payments, or a swap with the pool; nobody overdraws."""
    tx = tx_name(height, index, fork)
    able = [(holder, asset) for holder in HOLDERS for asset in (NATIVE, TOKEN) if balance[holder, asset]]
    payer, asset = draw(st.sampled_from(able))
    held = balance[payer, asset]
    if draw(st.integers(0, 3)) == 0:
        given = draw(st.integers(1, held))
        other = TOKEN if asset == NATIVE else NATIVE
        moves = [(payer, POOL, asset, given), (POOL, payer, other, min(2 * given, balance[POOL, other]))]
    else:
        parts = draw(st.integers(1, 2))
        moves = [(payer, draw(st.sampled_from(HOLDERS)), asset, max(1, held // (2 * parts))) for _ in range(parts)]
    for place, (sender, recipient, what, amount) in enumerate(moves):
        if amount > balance[sender, what]:
            continue
        balance[sender, what] -= amount
        balance[recipient, what] += amount
        layer, kind = ("log", "token") if what == TOKEN else ("call", "internal")
        chain.add(
            *(height, tx, sender, recipient, amount),
            asset=what,
            layer=layer,
            place=(place,),
            kind=kind,
            tx_index=index,
        )


def coin(name: str, amount: int, address: str = "") -> Coin:
    """Return a coin by its outpoint."""
    return Coin(name, address, amount)


def bitcoin_tx(
    chain: ChainId, block: int, tx: str, inputs: Sequence[Coin], outputs: Sequence[Coin], tx_index: int = 1
) -> CollectedTx:
    """Return a Bitcoin transaction."""
    assert native_asset(chain)
    block_hash = f"{block:064x}"
    return CollectedTx(
        *(chain, block, block_hash, 1_700_000_000 + 600 * block, tx, tx_index, tuple(inputs), tuple(outputs), "fake")
    )
