"""Collection: which holders are read next, from whom, within which limits, and the tables derived from it."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.collect.dataset import Dataset, Replaced
    from tracer.collect.limits import Limits, limits_from, limits_of
    from tracer.collect.loop import Collection, Told
    from tracer.collect.match_published_rows import Filled, Filling, fill
    from tracer.collect.pricing import PRICE_PUBLICATION, PRICE_SOURCE, closes_of
    from tracer.collect.proofs import prove_movements
    from tracer.collect.reader import NOT_READ, pin
    from tracer.collect.records import held_records
    from tracer.collect.rederive import (
        choices_of,
        derive,
        gathered_of,
        heads_of,
        offline_sources,
        pins_of,
        replaced_of,
        replay,
        whole_transactions,
        write_bundle,
    )
    from tracer.collect.rows import rows_of
    from tracer.collect.select_provider import chains_of, choices_for, newest, publishers_of, second_of
    from tracer.collect.source_diff import Difference, differences

__all__ = [
    "NOT_READ",
    "PRICE_PUBLICATION",
    "PRICE_SOURCE",
    "Collection",
    "Dataset",
    "Difference",
    "Filled",
    "Filling",
    "Limits",
    "Replaced",
    "Told",
    "chains_of",
    "choices_for",
    "choices_of",
    "closes_of",
    "derive",
    "differences",
    "fill",
    "gathered_of",
    "heads_of",
    "held_records",
    "limits_from",
    "limits_of",
    "newest",
    "offline_sources",
    "pin",
    "pins_of",
    "prove_movements",
    "publishers_of",
    "replaced_of",
    "replay",
    "rows_of",
    "second_of",
    "whole_transactions",
    "write_bundle",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "dataset": ("Dataset", "Replaced"),
        "limits": ("Limits", "limits_from", "limits_of"),
        "loop": ("Collection", "Told"),
        "match_published_rows": ("Filled", "Filling", "fill"),
        "pricing": ("PRICE_PUBLICATION", "PRICE_SOURCE", "closes_of"),
        "proofs": ("prove_movements",),
        "reader": ("NOT_READ", "pin"),
        "records": ("held_records",),
        "rederive": (
            "choices_of",
            "gathered_of",
            "heads_of",
            "derive",
            "offline_sources",
            "pins_of",
            "replaced_of",
            "replay",
            "whole_transactions",
            "write_bundle",
        ),
        "rows": ("rows_of",),
        "select_provider": ("chains_of", "choices_for", "newest", "publishers_of", "second_of"),
        "source_diff": ("Difference", "differences"),
    },
)
