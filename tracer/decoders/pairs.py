"""Pools whose address proves who made them: a factory makes a pool at an address that follows from its tokens.

An address made by CREATE2 is a hash of factory, salt and the code that is deployed (EIP-1014). The salt of a pair is
its two tokens in order, that of a pool of the third version the tokens and the fee. A contract that writes what pools
write and whose address follows from none of the factories is not one of theirs.

Factories and hashes: the SDKs and router libraries of each exchange, as public repositories copy them; every one that
a recorded receipt bears out is asserted on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracer.decoders.by_log import Seen
from tracer.decoders.flows import flows_of
from tracer.model import ChainId, TxRecord, keccak256


@dataclass(frozen=True, slots=True)
class Factory:
    """Who makes pools.

    Attributes
    ----------
    address : str
        Canonical address of the contract that deploys them.
    code : str
        Hash of what it deploys, hexadecimal with ``0x``.
    """

    address: str
    code: str


Factories = Mapping[ChainId, tuple[Factory, ...]]
_MOST = 8
"""Tokens through a pool in one transaction: it has two, a third is its own, and spam may come besides."""
_FEES = (None, 100, 200, 500, 2500, 3000, 10000)
"""Fees of the third version, hundredths of a basis point; none is the second version."""


def pool_address(factory: Factory, one: str, other: str, fee: int | None = None) -> str:
    """Return the address of the pool of two tokens.

    Parameters
    ----------
    factory : Factory
        Who makes it.
    one, other : str
        Contracts of the tokens, in any order.
    fee : int, optional
        Of the third version.
    """
    first, second = sorted((bytes.fromhex(one.removeprefix("0x")), bytes.fromhex(other.removeprefix("0x"))))
    if fee is None:
        salt = keccak256(first + second)
    else:
        salt = keccak256(bytes(12) + first + bytes(12) + second + fee.to_bytes(32, "big"))
    maker, code = (bytes.fromhex(text.removeprefix("0x")) for text in (factory.address, factory.code))
    return "0x" + keccak256(b"\xff" + maker + salt + code)[12:].hex()


def made_by(factories: Factories, *, with_fee: bool) -> Callable[[Seen], bool]:
    """Return a test of whether the contract that wrote a log is a pool of one of the factories.

    Parameters
    ----------
    factories : mapping
        By chain.
    with_fee : bool
        Whether they are pools of the third version.
    """

    def test(seen: Seen) -> bool:
        tokens = _tokens(seen.record, seen.log.address)
        if len(tokens) > _MOST:
            return False
        fees = _FEES[1:] if with_fee else _FEES[:1]
        return any(
            pool_address(factory, one, other, fee) == seen.log.address
            for factory in factories.get(seen.chain, ())
            for place, one in enumerate(tokens)
            for other in tokens[place + 1 :]
            for fee in fees
        )

    return test


def _tokens(record: TxRecord, pool: str) -> list[str]:
    """Return the tokens that moved through a contract."""
    assets = {flow.asset for flow in flows_of(record) if pool in (flow.payer, flow.payee)}
    return sorted(asset.rpartition(":")[2] for asset in assets if "/erc20:" in asset)
