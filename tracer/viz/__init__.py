"""Pictures of a trace: layered flow graph, sankey, timeline, GraphML; same result, same bytes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tracer.viz.flow import flow_svg
    from tracer.viz.graph_file import graphml
    from tracer.viz.sankey import sankey_svg
    from tracer.viz.timeline import timeline_svg

__all__ = ["flow_svg", "graphml", "sankey_svg", "timeline_svg"]

_HOME: Final = {"flow_svg": "flow", "graphml": "graph_file", "sankey_svg": "sankey", "timeline_svg": "timeline"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (one of four functions)
    """Import the module of a public function when the function is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
