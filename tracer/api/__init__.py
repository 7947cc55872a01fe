"""What a notebook sees: open a case, trace it, look at it, write it down."""

from tracer.api.backward import trace_back
from tracer.api.case import Case, Picture, Trace
from tracer.api.collecting import fetch
from tracer.api.importing import ExportedCase, read_export
from tracer.api.newcase import new_case
from tracer.api.opening import open_case, open_table, options_of
from tracer.api.registry import bundled_cases, case_list, cases, validate, why, why_hints, why_list

__all__ = [
    "Case",
    "ExportedCase",
    "Picture",
    "Trace",
    "bundled_cases",
    "case_list",
    "cases",
    "fetch",
    "new_case",
    "open_case",
    "open_table",
    "options_of",
    "read_export",
    "trace_back",
    "validate",
    "why",
    "why_hints",
    "why_list",
]
