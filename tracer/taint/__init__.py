"""Accounting rules: which lots a payment takes, run over a whole ledger in exact integers."""

from tracer.taint.apportion import apportion
from tracer.taint.between import Between, Members
from tracer.taint.bounds import Bounds, Interval, bounds_of, certainty_class, groups_of, terminals_of
from tracer.taint.certificate import Certificate, check_certificate
from tracer.taint.expand import build_network
from tracer.taint.fast import fast_kernel
from tracer.taint.kernel import MINT, Flow, Kernel, Outcome, Plan, Progress, reference_kernel
from tracer.taint.labels import CLEAN, Labels
from tracer.taint.network import Group, Network, Terminal
from tracer.taint.policies import CONSERVING, Rule, rule_of, take
from tracer.taint.possible import possible_places
from tracer.taint.reach import Reach, poison, reach
from tracer.taint.ties import bounds_plan, least_openings, numbered, touching, unordered

__all__ = [
    "CLEAN",
    "CONSERVING",
    "MINT",
    "Between",
    "Bounds",
    "Certificate",
    "Flow",
    "Group",
    "Interval",
    "Kernel",
    "Labels",
    "Members",
    "Network",
    "Outcome",
    "Plan",
    "Progress",
    "Reach",
    "Rule",
    "Terminal",
    "apportion",
    "bounds_of",
    "bounds_plan",
    "build_network",
    "certainty_class",
    "check_certificate",
    "fast_kernel",
    "groups_of",
    "least_openings",
    "numbered",
    "poison",
    "possible_places",
    "reach",
    "reference_kernel",
    "rule_of",
    "take",
    "terminals_of",
    "touching",
    "unordered",
]
