"""From a case to a result: what is stolen, where it is followed, where it ends, and whether it closes."""

from tracer.trace.checkpoints import Checked, Recorded, check
from tracer.trace.closure import Balance, Closure, closure_of
from tracer.trace.options import POLICIES, STOP_REASONS, Options, parse_options
from tracer.trace.result import Arrival, Audit, Coverage, Exit, Holder, Movement, Payment, Result, Share, Side
from tracer.trace.run import Inputs, Prepared, prepare, run, trace

__all__ = [
    "POLICIES",
    "STOP_REASONS",
    "Arrival",
    "Audit",
    "Balance",
    "Checked",
    "Closure",
    "Coverage",
    "Exit",
    "Holder",
    "Inputs",
    "Movement",
    "Options",
    "Payment",
    "Prepared",
    "Recorded",
    "Result",
    "Share",
    "Side",
    "check",
    "closure_of",
    "parse_options",
    "prepare",
    "run",
    "trace",
]
