"""Swaps over THORChain and Maya: which transactions of two chains belong together; amounts never enter a ledger.

Sources: Midgard v2 (OpenAPI 2.34.2) and recorded replies of both networks. Midgard prints every amount in units of
1e-8, rounded where an asset has more decimals: exact amounts stand in the transactions it names, on their own chains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracer.chains.fields import Field
from tracer.errors import AddressError
from tracer.model import BITCOIN, TRON, ChainId, chain_of, parse_address

THORCHAIN: Final = ChainId("cosmos:thorchain-1")
MAYACHAIN: Final = ChainId("cosmos:mayachain-mainnet-v1")

CHAINS_BY_CODE: Final = {
    "ETH": ChainId("eip155:1"),
    "BSC": ChainId("eip155:56"),
    "AVAX": ChainId("eip155:43114"),
    "ARB": ChainId("eip155:42161"),
    "BASE": ChainId("eip155:8453"),
    "BTC": BITCOIN,
    "LTC": ChainId("bip122:12a765e31ffd4059bada1e25190f6e98"),
    "TRON": TRON,
    "THOR": THORCHAIN,
    "MAYA": MAYACHAIN,
}
"""Chains by the code that stands before the dot of an asset, as far as this package knows them."""

TYPES: Final = (
    "swap",
    "addLiquidity",
    "withdraw",
    "donate",
    "refund",
    "switch",
    "thorname",
    "send",
    "runePoolDeposit",
    "runePoolWithdraw",
)
STATUSES: Final = ("pending", "failed", "success")

_ASSET: Final = re.compile(r"([A-Z0-9]{1,12})([./~])(.{1,120})", re.DOTALL)
_SWAP_WORDS: Final = ("=", "s", "swap")
_HASH: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class SwapSide:
    """One transaction of a swap, coming in or going out.

    Attributes
    ----------
    chain : ChainId or None
        Where the transaction is; the network itself for synthetic and trade assets; ``None`` for a chain this package
        has no id for.
    code : str
        The chain as Midgard names it.
    address : str
        Who paid (in) or was paid (out), canonical where the chain is known.
    tx : str
        The transaction in its chain's own form; empty for what was paid on the network itself.
    coins : tuple of (str, int)
        Asset as Midgard names it, and amount in units of 1e-8: for matching and display, never for a ledger.
    height : int or None
        Height of the network at which it was paid out, where it is said.
    """

    chain: ChainId | None
    code: str
    address: str
    tx: str
    coins: tuple[tuple[str, int], ...]
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SwapMemo:
    """What a swap's memo asks for.

    Attributes
    ----------
    asset, destination : str
        What to pay to whom; the asset may be shortened, the destination a name, or empty.
    refund_to : str
        Where a refund goes; empty is back to the payer.
    affiliate : str
        Who gets a cut; empty for nobody.
    """

    asset: str
    destination: str
    refund_to: str = ""
    affiliate: str = ""


@dataclass(frozen=True, slots=True)
class SwapLink:
    """What the network did with one inbound transaction.

    Attributes
    ----------
    network : ChainId
        THORChain or Maya.
    types : tuple of str
        Of :data:`TYPES`: a streaming swap may be a swap and a refund.
    status : str
        The least finished of the actions: ``pending``, ``failed``, ``success``.
    inputs, outputs : tuple of SwapSide
        What came in, added up over the actions; what went out, each payment once.
    memo : str
        As sent; empty where Midgard does not print it.
    reason : str
        Why it was refunded; empty where it was not.
    height, time : int
        Height of the network; seconds UTC.
    streamed : tuple of int or None
        Parts done and parts planned of a streaming swap.
    """

    network: ChainId
    types: tuple[str, ...]
    status: str
    inputs: tuple[SwapSide, ...]
    outputs: tuple[SwapSide, ...]
    memo: str
    reason: str
    height: int
    time: int
    streamed: tuple[int, int] | None = None

    @property
    def is_followable(self) -> bool:
        """Whether the money went on from one payer: a finished swap or refund of one transaction."""
        return self.status == "success" and set(self.types) <= {"swap", "refund"} and len(self.inputs) == 1

    def recipients(self) -> tuple[SwapSide, ...]:
        """Return the outputs to whom the memo names, or to the payer; all of them where that cannot be told."""
        asked = parse_memo(self.memo)
        wanted = {side.address.lower() for side in self.inputs}
        if asked is not None:
            wanted |= {text.lower() for text in (asked.destination, asked.refund_to) if text}
        return tuple(side for side in self.outputs if side.address.lower() in wanted) or self.outputs


@dataclass(frozen=True, slots=True)
class SwapAction:
    """One action as Midgard prints it; several may be about one inbound transaction."""

    link: SwapLink

    @property
    def key(self) -> tuple[str, ...]:
        """The inbound transactions, by which actions belong together."""
        return tuple(sorted({side.tx or f"{side.address}@{self.link.height}" for side in self.link.inputs}))


def parse_action(action: Field, *, network: ChainId) -> SwapAction:
    """Return an action of ``/v2/actions``.

    Parameters
    ----------
    action : Field
        One element of `actions`.
    network : ChainId
        :data:`THORCHAIN` or :data:`MAYACHAIN`.

    Raises
    ------
    FaultyReply
        If a field is missing or wrong, or the type or status is not known.
    """
    kind, status = action.get("type"), action.get("status")
    if kind.text() not in TYPES:
        raise kind.fault("The type of action is not known.")
    if status.text() not in STATUSES:
        raise status.fault("The status is not known.")
    inputs = tuple(_side(side, network) for side in action.get("in").items())
    if not inputs:
        raise action.get("in").fault("An action comes from a transaction.")
    details = action.get("metadata").maybe(kind.text())
    memo = None if details is None else details.maybe("memo")
    reason = None if details is None or kind.text() != "refund" else details.maybe("reason")
    link = SwapLink(
        network=network,
        types=(kind.text(),),
        status=status.text(),
        inputs=inputs,
        outputs=tuple(_side(side, network) for side in action.get("out").items()),
        memo="" if memo is None else memo.text(),
        reason="" if reason is None else reason.text(),
        height=action.get("height").digits(),
        time=action.get("date").digits() // 10**9,
        streamed=_streamed(details),
    )
    return SwapAction(link)


def parse_memo(memo: str) -> SwapMemo | None:
    """Return what a swap memo asks for, or ``None`` where the memo is no swap's.

    Examples
    --------
    >>> parse_memo("=:ETH.ETH:0xabc:0/1/0:wr:100")
    SwapMemo(asset='ETH.ETH', destination='0xabc', refund_to='', affiliate='wr')
    """
    parts = memo.split(":")
    if len(parts) < 2 or parts[0].lower() not in _SWAP_WORDS:
        return None
    parts += [""] * (6 - len(parts))
    destination, _, refund_to = parts[2].partition("/")
    return SwapMemo(parts[1], destination, refund_to, parts[4])


def _side(side: Field, network: ChainId) -> SwapSide:
    coins = tuple((coin.get("asset").text(), coin.get("amount").digits()) for coin in side.get("coins").items())
    code = _code(side, coins, network)
    chain = network if code == "" else CHAINS_BY_CODE.get(code)
    height = side.maybe("height")
    return SwapSide(
        chain=chain,
        code=code,
        address=_address(side.get("address"), chain),
        tx=_tx(side.get("txID"), chain),
        coins=coins,
        height=None if height is None or height.text() == "" else height.digits(),
    )


def _code(side: Field, coins: Sequence[tuple[str, int]], network: ChainId) -> str:
    """Return the chain of a side's coins; empty for what lives on the network itself."""
    codes = set()
    for asset, _ in coins:
        found = _ASSET.fullmatch(asset)
        if found is None:
            raise side.get("coins").fault("An asset is written CHAIN.SYMBOL, CHAIN/SYMBOL or CHAIN~SYMBOL.")
        is_own = found[2] != "." or CHAINS_BY_CODE.get(found[1]) == network
        codes.add("" if is_own else found[1])
    if len(codes) > 1:
        raise side.get("coins").fault("The coins of one transaction are of one chain.")
    return codes.pop() if codes else ""


def _tx(field: Field, chain: ChainId | None) -> str:
    text = field.text()
    if text == "":
        return ""
    if not _HASH.fullmatch(text):
        raise field.fault("A transaction is 64 hexadecimal digits.")
    is_evm = chain is not None and chain_of(chain).family == "evm"
    return f"0x{text.lower()}" if is_evm else text.lower()


def _address(field: Field, chain: ChainId | None) -> str:
    """Return an address in canonical form; Midgard writes one and the same in two ways."""
    text = field.text()
    if chain is None:
        return text
    try:
        return parse_address(chain, text.lower() if chain_of(chain).family == "evm" else text)
    except AddressError as cause:
        raise field.fault(cause.why) from cause


def _streamed(details: Field | None) -> tuple[int, int] | None:
    flag = None if details is None else details.maybe("isStreamingSwap")
    if details is None or flag is None or not flag.flag():
        return None
    meta = details.get("streamingSwapMeta")
    return meta.get("count").digits(), meta.get("quantity").digits()
