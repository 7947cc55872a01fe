"""What the chain does not say in a transfer: two ends that belong together, each with what it rests on."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.links.by_identifier import CLOCK_TOLERANCE, Leg, end_of, legs_of, link_by_identifier

__all__ = [
    "CLOCK_TOLERANCE",
    "Leg",
    "end_of",
    "legs_of",
    "link_by_identifier",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "by_identifier": ("CLOCK_TOLERANCE", "Leg", "end_of", "legs_of", "link_by_identifier"),
    },
)
