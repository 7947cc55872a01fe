"""What a notebook sees: open a case, trace it, look at it, write it down."""

from tracer.api.backward import trace_back
from tracer.api.case import Case, Picture, Trace
from tracer.api.collecting import fetch
from tracer.api.importing import ExportedCase, read_export
from tracer.api.labelling import label, unlabel
from tracer.api.newcase import new_case
from tracer.api.opening import is_own_folder, open_case, open_own_folder, open_table
from tracer.api.registry import bundled_cases, case_list, cases, validate, why, why_hints, why_list
from tracer.api.verifying import Verified, verify

__all__ = [
    "Case",
    "ExportedCase",
    "Picture",
    "Trace",
    "Verified",
    "bundled_cases",
    "case_list",
    "cases",
    "fetch",
    "is_own_folder",
    "label",
    "new_case",
    "open_case",
    "open_own_folder",
    "open_table",
    "read_export",
    "trace_back",
    "unlabel",
    "validate",
    "verify",
    "why",
    "why_hints",
    "why_list",
]
