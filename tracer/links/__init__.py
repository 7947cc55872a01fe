"""What the chain does not say in a transfer: two ends that belong together, each with what it rests on."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.links.between import Leg, end_of, legs_of, link_by_identifier, links_between
    from tracer.links.calendar import Calendar, Closure, calendar_of, read_calendar, service_calendar
    from tracer.links.decoys import DECOY_TIERS, SHIFTS, Decoy, decoys_of
    from tracer.links.ends import BridgeEnd, SameUnit, Terms, fee_between
    from tracer.links.matching import (
        CLOCK_TOLERANCE,
        LISTED,
        Candidate,
        Matching,
        against,
        delta_of,
        fee_of,
        match,
        tolerance_between,
    )
    from tracer.links.tables import (
        LEG_COLUMNS,
        LINK_COLUMNS,
        link_rows,
        links_form,
        parse_duration,
        parse_share,
        read_legs,
        read_links,
        read_same_unit,
    )

__all__ = [
    "CLOCK_TOLERANCE",
    "DECOY_TIERS",
    "LEG_COLUMNS",
    "LINK_COLUMNS",
    "LISTED",
    "SHIFTS",
    "BridgeEnd",
    "Calendar",
    "Candidate",
    "Closure",
    "Decoy",
    "Leg",
    "Matching",
    "SameUnit",
    "Terms",
    "against",
    "calendar_of",
    "decoys_of",
    "delta_of",
    "end_of",
    "fee_between",
    "fee_of",
    "legs_of",
    "link_by_identifier",
    "link_rows",
    "links_between",
    "links_form",
    "match",
    "parse_duration",
    "parse_share",
    "read_calendar",
    "read_legs",
    "read_links",
    "read_same_unit",
    "service_calendar",
    "tolerance_between",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "between": ("Leg", "end_of", "legs_of", "link_by_identifier", "links_between"),
        "calendar": ("Calendar", "Closure", "calendar_of", "read_calendar", "service_calendar"),
        "decoys": ("DECOY_TIERS", "SHIFTS", "Decoy", "decoys_of"),
        "ends": ("BridgeEnd", "SameUnit", "Terms", "fee_between"),
        "matching": (
            *("CLOCK_TOLERANCE", "LISTED", "Candidate", "Matching", "against", "delta_of", "fee_of", "match"),
            "tolerance_between",
        ),
        "tables": (
            *("LEG_COLUMNS", "LINK_COLUMNS", "link_rows", "parse_duration", "parse_share"),
            *("links_form", "read_legs", "read_links", "read_same_unit"),
        ),
    },
)
