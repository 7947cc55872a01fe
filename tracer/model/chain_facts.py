"""What EVM chains do differently: fees, forks, coin that moves or comes otherwise than by a transaction's value.

One table for node, explorer and archive alike. A chain that is not in it is called unknown, never taken for Ethereum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.model.chain import LOCAL_EVM, ChainId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """What must be known of an EVM chain to read its movements.

    Attributes
    ----------
    known : bool
        Whether the chain is in the table.
    layer_one_fee : bool
        Whether receipts carry a fee for layer 1 (``l1Fee``) beside the gas.
    operator_fee : bool
        Whether receipts may carry an operator's fee (``operatorFeeScalar``, ``operatorFeeConstant``).
    operator_fee_hundredfold_from : int or None
        Seconds UTC from which its scalar counts a hundred for each unit of gas (Jovian), not a millionth.
    blob_fee : bool
        Whether transactions of the chain can carry blobs, paid for apart (EIP-4844).
    keeps_destroyed_from : int or None
        Seconds UTC from which a contract that destroys itself to itself keeps its coin (EIP-6780); 0: it always did;
        ``None``: not known.
    keeps_destroyed_from_block : int or None
        The exact height, on chains whose forks are heights; the time is then a later one.
    status_from : int
        First height whose receipts say whether a transaction failed (Byzantium on Ethereum).
    coin_contracts : frozenset of str
        Contracts that are the coin: their token logs repeat what moved as coin.
    withdrawals_pay_coin : bool
        Whether withdrawals of a block (EIP-4895) are paid in the coin.
    validators : bool
        Whether anybody may be paid by them, so that their absence from a history must be said.
    deposit_types : frozenset of int
        Types of transactions that bring coin from another chain: nobody pays for it here.
    deposits_are_values : bool
        Whether a deposit brings just what it carries; else it says what it brings (``mint``).
    free_types : frozenset of int
        Types of transactions of the chain itself, which pay no fee.
    beside_calls : frozenset of int
        Types of transactions that move coin outside their calls; a trace lists it, or it is not known.
    """

    known: bool = True
    layer_one_fee: bool = False
    operator_fee: bool = False
    operator_fee_hundredfold_from: int | None = None
    blob_fee: bool = False
    keeps_destroyed_from: int | None = None
    keeps_destroyed_from_block: int | None = None
    status_from: int = 0
    coin_contracts: frozenset[str] = frozenset()
    withdrawals_pay_coin: bool = False
    validators: bool = False
    deposit_types: frozenset[int] = frozenset()
    deposits_are_values: bool = False
    free_types: frozenset[int] = frozenset()
    beside_calls: frozenset[int] = frozenset()

    def keeps_destroyed(self, block: int, time: int) -> bool | None:
        """Return whether a contract that destroys itself to itself keeps its coin; ``None`` where it is not known."""
        at_block, at_time = self.keeps_destroyed_from_block, self.keeps_destroyed_from
        if at_block is None and at_time is None:
            return None
        return (at_block is not None and block >= at_block) or (at_time is not None and time >= at_time)


_DEPOSIT: Final = frozenset({0x7E})
# Isthmus: gas * scalar / 1e6 + constant (ethereum-optimism/specs, protocol/isthmus/exec-engine.md); Jovian: gas *
# scalar * 100 + constant, from 2025-12-02 16:00:01 UTC. Ecotone, which brings EIP-6780, from 2024-03-14 00:00:01 UTC;
# both from ethereum-optimism/superchain-registry, superchain/configs/mainnet (op.toml, base.toml). 0x7e: deposits, with
# `mint`.
_OP_STACK: Final = ChainFacts(
    layer_one_fee=True,
    operator_fee=True,
    operator_fee_hundredfold_from=1_764_691_201,
    keeps_destroyed_from=1_710_374_401,
    deposit_types=_DEPOSIT,
    free_types=_DEPOSIT,
)

_FACTS: Final = {
    # ethereum/go-ethereum params/config.go: ByzantiumBlock, CancunTime.
    "eip155:1": ChainFacts(
        blob_fee=True,
        keeps_destroyed_from=1_710_338_135,
        status_from=4_370_000,
        withdrawals_pay_coin=True,
        validators=True,
    ),
    "eip155:10": _OP_STACK,
    "eip155:8453": _OP_STACK,
    # bnb-chain/bsc params/config.go: CancunTime.
    "eip155:56": ChainFacts(blob_fee=True, keeps_destroyed_from=1_718_863_500),
    # gnosischain/specs, execution/withdrawals.md: a system call credits GNO in the deposit contract, no xDAI; Dencun by
    # its network upgrade (2024-03-11 18:30:20 UTC). Gnosis had Byzantium from its first block.
    "eip155:100": ChainFacts(blob_fee=True, keeps_destroyed_from=1_710_181_820),
    # maticnetwork/bor: CancunBlock (Napoli, PIP-31), on 2024-03-20; by time from the day after. 0x…1010 (MRC20) logs a
    # Transfer for coin that moves by a call.
    "eip155:137": ChainFacts(
        keeps_destroyed_from=1_710_979_200,
        keeps_destroyed_from_block=54_876_000,
        coin_contracts=frozenset({"0x0000000000000000000000000000000000001010"}),
    ),
    # OffchainLabs/nitro: ArbOS 20 on 2024-03-14 13:48:09 UTC; transaction types of arbos/tx_processor.go: 0x64 deposit,
    # 0x65 unsigned, 0x66 contract, 0x68 retry, 0x69 submit retryable, 0x6a internal.
    "eip155:42161": ChainFacts(
        keeps_destroyed_from=1_710_424_089,
        deposit_types=frozenset({0x64}),
        deposits_are_values=True,
        free_types=frozenset({0x64, 0x6A}),
        beside_calls=frozenset({0x68, 0x69}),
    ),
    # ava-labs/avalanchego upgrade/upgrade.go: Etna, 2024-12-16 17:00 UTC.
    "eip155:43114": ChainFacts(keeps_destroyed_from=1_734_368_400),
    # docs.scroll.io, "EVM differences from Ethereum": SELFDESTRUCT is disabled, so nothing is ever burnt by it. 0x7e:
    # messages from layer 1, which pay no fee and bring no coin of their own.
    "eip155:534352": ChainFacts(layer_one_fee=True, keeps_destroyed_from=0, free_types=_DEPOSIT),
    # zkSync Era: 0x…800a is its coin as a token; its fees and refunds are not in the table, so it counts as unknown.
    "eip155:324": ChainFacts(known=False, coin_contracts=frozenset({"0x000000000000000000000000000000000000800a"})),
    # Its header says which rules hold.
    LOCAL_EVM: ChainFacts(blob_fee=True, keeps_destroyed_from=1 << 62, withdrawals_pay_coin=True),
}

UNKNOWN_FACTS: Final = ChainFacts(known=False)
"""Of a chain that nothing is known of beyond what all EVM chains share."""


def facts_of(chain: ChainId) -> ChainFacts:
    """Return what is known of an EVM chain, :data:`UNKNOWN_FACTS` where it is not in the table.

    Examples
    --------
    >>> facts_of(ChainId("eip155:10")).layer_one_fee
    True
    >>> facts_of(ChainId("eip155:424242")).known
    False
    """
    return _FACTS.get(chain, UNKNOWN_FACTS)
