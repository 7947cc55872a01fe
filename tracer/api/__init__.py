"""What a notebook sees: open a case, trace it, look at it, write it down."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.api.asked_files import in_form_of, is_address_form, read_addresses
    from tracer.api.backward import trace_back
    from tracer.api.case import Case
    from tracer.api.collecting import FetchResult, Settings, fetch, filling_of, open_for_fetch, rederived
    from tracer.api.create import new_case
    from tracer.api.decoding import LEG_COLUMNS, MOVED_COLUMNS, DecodedFiles, decode_files
    from tracer.api.earlier_result import is_result
    from tracer.api.fetch_estimate import estimate, span
    from tracer.api.importing import ExportedCase, read_export
    from tracer.api.labelling import label, unlabel
    from tracer.api.linking import LinkedTables, link_tables, share_text
    from tracer.api.load import is_own_folder, open_case
    from tracer.api.own_tables import open_own_folder, open_table
    from tracer.api.picture import Picture
    from tracer.api.registry import bundled_cases, case_list, cases, validate, why, why_hints, why_list
    from tracer.api.screening import ask, is_case, real_cases, screened
    from tracer.api.source_check import SourceState, source_states, way_out
    from tracer.api.swap_links import swaps
    from tracer.api.trace import Trace
    from tracer.api.verifying import NOTE, Verified, repeated, verify

__all__ = [
    "LEG_COLUMNS",
    "MOVED_COLUMNS",
    "NOTE",
    "Case",
    "DecodedFiles",
    "ExportedCase",
    "FetchResult",
    "LinkedTables",
    "Picture",
    "Settings",
    "SourceState",
    "Trace",
    "Verified",
    "ask",
    "bundled_cases",
    "case_list",
    "cases",
    "decode_files",
    "estimate",
    "fetch",
    "filling_of",
    "in_form_of",
    "is_address_form",
    "is_case",
    "is_own_folder",
    "is_result",
    "label",
    "link_tables",
    "new_case",
    "open_case",
    "open_for_fetch",
    "open_own_folder",
    "open_table",
    "read_addresses",
    "read_export",
    "real_cases",
    "rederived",
    "repeated",
    "screened",
    "share_text",
    "source_states",
    "span",
    "swaps",
    "trace_back",
    "unlabel",
    "validate",
    "verify",
    "way_out",
    "why",
    "why_hints",
    "why_list",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "asked_files": ("in_form_of", "is_address_form", "read_addresses"),
        "backward": ("trace_back",),
        "case": ("Case",),
        "collecting": ("FetchResult", "Settings", "fetch", "filling_of", "open_for_fetch", "rederived"),
        "decoding": ("DecodedFiles", "LEG_COLUMNS", "MOVED_COLUMNS", "decode_files"),
        "create": ("new_case",),
        "fetch_estimate": ("estimate", "span"),
        "importing": ("ExportedCase", "read_export"),
        "labelling": ("label", "unlabel"),
        "earlier_result": ("is_result",),
        "linking": ("LinkedTables", "link_tables", "share_text"),
        "load": ("is_own_folder", "open_case"),
        "own_tables": ("open_own_folder", "open_table"),
        "picture": ("Picture",),
        "registry": ("bundled_cases", "case_list", "cases", "validate", "why", "why_hints", "why_list"),
        "screening": ("ask", "is_case", "real_cases", "screened"),
        "source_check": ("SourceState", "source_states", "way_out"),
        "swap_links": ("swaps",),
        "trace": ("Trace",),
        "verifying": ("NOTE", "Verified", "repeated", "verify"),
    },
)
