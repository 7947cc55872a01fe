"""HTTP requests: throttle, deadlines, keys, settings, and the faults a request can end in."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.net.bodies import packed, unpacked
    from tracer.net.deadline import SOON_S
    from tracer.net.http import CONNECT_S, Http, Received
    from tracer.net.keys import Secret, holds_key, host_of, key_of, known_url, redact
    from tracer.net.lines import lines_reading
    from tracer.net.query import (
        CANONICAL,
        DENIED,
        NotHeld,
        PermanentError,
        Query,
        Reply,
        ReplyFault,
        Request,
        RetryableError,
        SplitRequest,
    )
    from tracer.net.replies import (
        DEEPEST,
        costs_itself,
        gap,
        json_of,
        may_be_size,
        reading,
        reason_of,
        refuse_status,
        shown,
        text_reading,
        words_of,
    )
    from tracer.net.room import Place, Room, weight
    from tracer.net.settings import LARGEST_REPLY, LOOPBACK, HostSettings, settings_of, variable_of, variable_part
    from tracer.net.throttle import LONGEST_WAIT_S, Budget, OverBudgetError, Pause, Stopped, back_off
    from tracer.net.transport import CachedTransport, Check

__all__ = [
    "CANONICAL",
    "CONNECT_S",
    "DEEPEST",
    "DENIED",
    "LARGEST_REPLY",
    "LONGEST_WAIT_S",
    "LOOPBACK",
    "SOON_S",
    "Budget",
    "CachedTransport",
    "Check",
    "HostSettings",
    "Http",
    "NotHeld",
    "OverBudgetError",
    "Pause",
    "PermanentError",
    "Place",
    "Query",
    "Received",
    "Reply",
    "ReplyFault",
    "Request",
    "RetryableError",
    "Room",
    "Secret",
    "SplitRequest",
    "Stopped",
    "back_off",
    "costs_itself",
    "gap",
    "holds_key",
    "host_of",
    "json_of",
    "key_of",
    "known_url",
    "lines_reading",
    "may_be_size",
    "packed",
    "reading",
    "reason_of",
    "redact",
    "refuse_status",
    "settings_of",
    "shown",
    "text_reading",
    "unpacked",
    "variable_of",
    "variable_part",
    "weight",
    "words_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "bodies": ("packed", "unpacked"),
        "deadline": ("SOON_S",),
        "http": ("CONNECT_S", "Http", "Received"),
        "keys": ("Secret", "holds_key", "host_of", "key_of", "known_url", "redact"),
        "lines": ("lines_reading",),
        "query": (
            "CANONICAL",
            "DENIED",
            "NotHeld",
            "Query",
            "PermanentError",
            "Reply",
            "ReplyFault",
            "Request",
            "SplitRequest",
            "RetryableError",
        ),
        "replies": (
            "DEEPEST",
            "costs_itself",
            "gap",
            "json_of",
            "may_be_size",
            "reading",
            "reason_of",
            "refuse_status",
            "shown",
            "text_reading",
            "words_of",
        ),
        "room": ("Place", "Room", "weight"),
        "settings": ("HostSettings", "LARGEST_REPLY", "LOOPBACK", "settings_of", "variable_of", "variable_part"),
        "throttle": ("Budget", "LONGEST_WAIT_S", "OverBudgetError", "Pause", "Stopped", "back_off"),
        "transport": ("Check", "CachedTransport"),
    },
)
