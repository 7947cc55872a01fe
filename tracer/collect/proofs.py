"""Proof material: for the transactions a result rests on, what their inclusion in a block is proven with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from tracer.collect.dataset import Dataset
from tracer.model import ChainId
from tracer.net import NotHeld, ReplyFault
from tracer.providers import Provider
from tracer.trace import CaseData, Options, prepare


@runtime_checkable
class Proving(Protocol):
    """A source that can be asked for what an inclusion proof is made of; the answer stays in the bundle."""

    def proof_material(self, tx: str) -> object:
        """Ask for the block of a transaction and whatever else its inclusion is proven with."""


def prove_movements(
    case: CaseData, gathered: Dataset, sources: Mapping[ChainId, Provider], budget: int
) -> tuple[int, int]:
    """Ask for proof material of the transactions that can have carried stolen money, in total order.

    Parameters
    ----------
    case, gathered : CaseData, Dataset
        What was collected.
    sources : mapping of ChainId to Provider
        Who is asked; those that know no proofs count as not proven.
    budget : int
        Transactions at most.

    Returns
    -------
    proven, unproven : int
        Transactions whose material is held, and the others.
    """
    prepared = prepare(gathered.inputs(case), Options(as_of=case.labels.as_of))
    carried = [prepared.ledger.rows[index] for index in sorted(prepared.found.row_hop)]
    wanted = list(dict.fromkeys((row.chain, row.tx) for row in carried if row.tx))
    proven = 0
    for chain, tx in wanted[:budget]:
        source = sources.get(chain)
        proven += source is not None and _ask(source, tx)
    return proven, len(wanted) - proven


def _ask(source: Provider, tx: str) -> bool:
    """Ask for one transaction's material and return whether it is held.

    On Bitcoin the place of a transaction in its block is read from its inclusion proof.
    """
    try:
        if isinstance(source, Proving):
            source.proof_material(tx)
            return True
        return any(one.tx_index is not None for one in source.transaction(tx).transactions)
    except (ReplyFault, NotHeld):
        return False
