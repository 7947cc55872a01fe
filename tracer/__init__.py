"""tracer follows stolen crypto from an attributed theft to where it went, exactly and checkably.

>>> import tracer
>>> trace = tracer.open_case("ronin-2022").trace()
>>> trace.audit.closed
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.api import (
        Case,
        ExportedCase,
        Picture,
        Trace,
        ask,
        cases,
        fetch,
        label,
        new_case,
        open_case,
        open_table,
        read_export,
        trace_back,
        unlabel,
        validate,
        verify,
        why,
    )
    from tracer.errors import TracerError

__version__ = "0.1.0"

__all__ = [
    "Case",
    "ExportedCase",
    "Picture",
    "Trace",
    "TracerError",
    "ask",
    "cases",
    "fetch",
    "label",
    "new_case",
    "open_case",
    "open_table",
    "read_export",
    "trace_back",
    "unlabel",
    "validate",
    "verify",
    "why",
]


def __getattr__(name: str) -> object:
    """Load the public names when they are first used, so that ``import tracer`` stays fast (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "TracerError":
        from tracer.errors import TracerError

        return TracerError
    import importlib

    return getattr(importlib.import_module("tracer.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
