"""A case on disk: raw replies by hash, their ledger, manifest, provenance; read live or offline."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.bundle.derived import (
        balances_csv,
        coverage_csv,
        holders_csv,
        ledger_csv,
        read_balances,
        read_coverage,
        read_holders,
        transfers_csv,
    )
    from tracer.bundle.live import LiveExchange, Progress
    from tracer.bundle.offline import OfflineExchange, Question
    from tracer.bundle.opened import Bundle, bundle_of, open_bundle, pins_before
    from tracer.bundle.store import Store
    from tracer.bundle.writing import TABLES

__all__ = [
    "TABLES",
    "Bundle",
    "LiveExchange",
    "OfflineExchange",
    "Progress",
    "Question",
    "Store",
    "balances_csv",
    "bundle_of",
    "coverage_csv",
    "holders_csv",
    "ledger_csv",
    "open_bundle",
    "pins_before",
    "read_balances",
    "read_coverage",
    "read_holders",
    "transfers_csv",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "derived": (
            "balances_csv",
            "coverage_csv",
            "holders_csv",
            "ledger_csv",
            "read_balances",
            "read_coverage",
            "read_holders",
            "transfers_csv",
        ),
        "live": ("LiveExchange", "Progress"),
        "offline": ("OfflineExchange", "Question"),
        "opened": ("Bundle", "bundle_of", "open_bundle", "pins_before"),
        "store": ("Store",),
        "writing": ("TABLES",),
    },
)
