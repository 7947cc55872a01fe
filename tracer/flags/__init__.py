"""Flagged-address lists: built from a trace, guarded against naming the innocent, written in the columns of FORMATS."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.flags.draft import build
    from tracer.flags.entry import FlagEntry, FlagList, KeptOff, entry_id
    from tracer.flags.legend import FLOOR_WORDS, REASON_WORDS, ROLE_WORDS, TIER_WORDS, flag_sections
    from tracer.flags.parties import Parties
    from tracer.flags.write import COLUMNS, flagged_csv, kept_off_csv, leads_csv

__all__ = [
    "COLUMNS",
    "FLOOR_WORDS",
    "REASON_WORDS",
    "ROLE_WORDS",
    "TIER_WORDS",
    "FlagEntry",
    "FlagList",
    "KeptOff",
    "Parties",
    "build",
    "entry_id",
    "flag_sections",
    "flagged_csv",
    "kept_off_csv",
    "leads_csv",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "draft": ("build",),
        "entry": ("FlagEntry", "FlagList", "KeptOff", "entry_id"),
        "legend": ("FLOOR_WORDS", "REASON_WORDS", "ROLE_WORDS", "TIER_WORDS", "flag_sections"),
        "parties": ("Parties",),
        "write": ("COLUMNS", "flagged_csv", "kept_off_csv", "leads_csv"),
    },
)
