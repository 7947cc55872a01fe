"""What the chain does not say in a transfer: two ends that belong together, each with what it rests on."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.links.between import Leg, end_of, legs_of, link_by_identifier, links_between
    from tracer.links.calendar import Calendar, Closure, calendar_of, read_calendar, service_calendar
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

__all__ = [
    "CLOCK_TOLERANCE",
    "LISTED",
    "BridgeEnd",
    "Calendar",
    "Candidate",
    "Closure",
    "Leg",
    "Matching",
    "SameUnit",
    "Terms",
    "against",
    "calendar_of",
    "delta_of",
    "end_of",
    "fee_between",
    "fee_of",
    "legs_of",
    "link_by_identifier",
    "links_between",
    "match",
    "read_calendar",
    "service_calendar",
    "tolerance_between",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "between": ("Leg", "end_of", "legs_of", "link_by_identifier", "links_between"),
        "calendar": ("Calendar", "Closure", "calendar_of", "read_calendar", "service_calendar"),
        "ends": ("BridgeEnd", "SameUnit", "Terms", "fee_between"),
        "matching": (
            *("CLOCK_TOLERANCE", "LISTED", "Candidate", "Matching", "against", "delta_of", "fee_of", "match"),
            "tolerance_between",
        ),
    },
)
