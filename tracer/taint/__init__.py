"""Accounting rules: which lots a payment takes, run over a whole ledger in exact integers."""

from tracer.taint.apportion import apportion
from tracer.taint.kernel import Flow, Kernel, Outcome, Plan, Progress, reference_kernel
from tracer.taint.labels import CLEAN, Labels
from tracer.taint.policies import CONSERVING, Rule, rule_of, take
from tracer.taint.reach import Reach, poison, reach

__all__ = [
    "CLEAN",
    "CONSERVING",
    "Flow",
    "Kernel",
    "Labels",
    "Outcome",
    "Plan",
    "Progress",
    "Reach",
    "Rule",
    "apportion",
    "poison",
    "reach",
    "reference_kernel",
    "rule_of",
    "take",
]
