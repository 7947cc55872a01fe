"""Accounting rules: which lots a payment takes, run over a whole ledger in exact integers."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.taint.kernel import MINT, Flow, Kernel, Progress, TaintOutcome, reference_kernel
    from tracer.taint.labels import CLEAN, Tags
    from tracer.taint.policies import (
        CONSERVING,
        LotAlgebra,
        Rule,
        Take,
        rule_of,
        split_lot,
        take,
        take_clean_first,
        take_dirty_first,
        take_haircut,
    )
    from tracer.taint.reach_step import Reach, Step
    from tracer.taint.reachable import poison, reach
    from tracer.taint.rounding import apportion
    from tracer.taint.sparse import fast_kernel
    from tracer.taint.steps import TaintProblem

__all__ = [
    "CLEAN",
    "CONSERVING",
    "MINT",
    "Flow",
    "Kernel",
    "LotAlgebra",
    "Progress",
    "Reach",
    "Rule",
    "Step",
    "Tags",
    "TaintOutcome",
    "TaintProblem",
    "Take",
    "apportion",
    "fast_kernel",
    "poison",
    "reach",
    "reference_kernel",
    "rule_of",
    "split_lot",
    "take",
    "take_clean_first",
    "take_dirty_first",
    "take_haircut",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "kernel": ("Flow", "Kernel", "MINT", "TaintOutcome", "Progress", "reference_kernel"),
        "labels": ("CLEAN", "Tags"),
        "policies": (
            "CONSERVING",
            "LotAlgebra",
            "Rule",
            "Take",
            "rule_of",
            "split_lot",
            "take",
            "take_clean_first",
            "take_dirty_first",
            "take_haircut",
        ),
        "reach_step": ("Reach", "Step"),
        "reachable": ("poison", "reach"),
        "rounding": ("apportion",),
        "sparse": ("fast_kernel",),
        "steps": ("TaintProblem",),
    },
)
