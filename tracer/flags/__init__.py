"""Flagged-address lists: built from a trace, guarded against naming the innocent, written in the columns of FORMATS."""

from tracer.flags.build import Parties, build
from tracer.flags.entry import FlagEntry, FlagList, entry_id
from tracer.flags.guard import KeptOff
from tracer.flags.legend import flag_sections
from tracer.flags.write import COLUMNS, flagged_csv, kept_off_csv, leads_csv

__all__ = [
    "COLUMNS",
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
