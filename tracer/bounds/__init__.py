"""What any value-conserving rule can put at a destination: network, maximum flow, intervals, certificates."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.bounds.between import Between, Members
    from tracer.bounds.certificate import Certificate, check_certificate
    from tracer.bounds.inflow import Answer, Receipts
    from tracer.bounds.intervals import (
        CONDITIONAL,
        FORCED,
        NONE,
        PARTIAL,
        Bounds,
        Interval,
        bounds_of,
        certainty_class,
        groups_of,
        interval_between,
        terminals_of,
    )
    from tracer.bounds.network import STOLEN, UNSPOILED, Group, Network, Terminal
    from tracer.bounds.possible_order import possible_places
    from tracer.bounds.subnetwork import DIRECTIONS, Regions
    from tracer.bounds.ties import bounds_plan, least_openings, numbered, touching, unordered, victim_of
    from tracer.bounds.time_expanded import build_network

__all__ = [
    "CONDITIONAL",
    "DIRECTIONS",
    "FORCED",
    "NONE",
    "PARTIAL",
    "STOLEN",
    "UNSPOILED",
    "Answer",
    "Between",
    "Bounds",
    "Certificate",
    "Group",
    "Interval",
    "Members",
    "Network",
    "Receipts",
    "Regions",
    "Terminal",
    "bounds_of",
    "bounds_plan",
    "build_network",
    "certainty_class",
    "check_certificate",
    "groups_of",
    "interval_between",
    "least_openings",
    "numbered",
    "possible_places",
    "terminals_of",
    "touching",
    "unordered",
    "victim_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "between": ("Between", "Members"),
        "certificate": ("Certificate", "check_certificate"),
        "inflow": ("Answer", "Receipts"),
        "intervals": (
            "Bounds",
            "CONDITIONAL",
            "FORCED",
            "NONE",
            "Interval",
            "PARTIAL",
            "bounds_of",
            "certainty_class",
            "groups_of",
            "interval_between",
            "terminals_of",
        ),
        "network": ("Group", "Network", "STOLEN", "Terminal", "UNSPOILED"),
        "possible_order": ("possible_places",),
        "subnetwork": ("DIRECTIONS", "Regions"),
        "ties": ("bounds_plan", "least_openings", "numbered", "touching", "unordered", "victim_of"),
        "time_expanded": ("build_network",),
    },
)
