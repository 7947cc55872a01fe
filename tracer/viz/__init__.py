"""Pictures of a trace: layered flow graph, sankey, timeline, GraphML; same result, same bytes."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.viz.flow import flow_svg
    from tracer.viz.graph_file import graphml
    from tracer.viz.sankey import sankey_svg
    from tracer.viz.scene import Scene, SceneEdge, SceneNode, flow_scene
    from tracer.viz.timeline import timeline_svg

__all__ = [
    "Scene",
    "SceneEdge",
    "SceneNode",
    "flow_scene",
    "flow_svg",
    "graphml",
    "sankey_svg",
    "timeline_svg",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "flow": ("flow_svg",),
        "graph_file": ("graphml",),
        "scene": ("Scene", "SceneEdge", "SceneNode", "flow_scene"),
        "sankey": ("sankey_svg",),
        "timeline": ("timeline_svg",),
    },
)
