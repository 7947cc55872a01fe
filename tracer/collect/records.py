"""Transactions as a bundle holds them, read back from its raw replies: what decoders, proofs and links work on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.bundle import Bundle, Store
from tracer.collect.reader import pin
from tracer.collect.rederive import choices_of, heads_of, offline_sources, pins_of
from tracer.model import ChainId, Coverage, TxRecord
from tracer.net import NotHeld
from tracer.providers import Recording, Records

NOT_HELD: Final = "The bundle holds no reply about this transaction: only rows of it were read."
NOT_GIVEN: Final = "This source gives no transactions with their logs and calls."


def held_records(bundle: Bundle, wanted: Mapping[tuple[ChainId, str], int]) -> Records:
    """Return transactions as held, from the raw replies of a bundle and nothing else.

    Parameters
    ----------
    bundle : Bundle
        One that was collected from sources.
    wanted : mapping of (ChainId, str) to int
        Chain and hash of each transaction, with the height of its block.

    Raises
    ------
    SourceError
        If the bundle was not collected from sources, or a raw reply is missing or was changed.
    """
    pins = pins_of(bundle)
    found: list[TxRecord] = []
    coverage: list[Coverage] = []
    with Store(bundle.folder) as store:
        sources = offline_sources(choices_of(pins), store)
        for chain, head in heads_of(pins).items():
            pin(sources[chain], head)
        for (chain, tx), block in sorted(wanted.items()):
            source = sources.get(chain)
            name = "" if source is None else source.name
            if not isinstance(source, Recording):
                coverage.append(_missing(chain, tx, name, block, "not_supported", NOT_GIVEN))
                continue
            try:
                held = source.records({tx: block})
            except NotHeld:
                coverage.append(_missing(chain, tx, name, block, "over_budget", NOT_HELD))
                continue
            found += held.found
            coverage += held.coverage
    found.sort(key=lambda record: (record.chain, record.order()))
    return Records(tuple(found), tuple(coverage))


def _missing(chain: ChainId, tx: str, source: str, block: int, reason: str, detail: str) -> Coverage:
    return Coverage(
        chain=chain,
        subject=tx,
        source=source,
        endpoint="transaction",
        from_block=block,
        to_block=block,
        complete=False,
        reason=reason,
        detail=detail,
    )
