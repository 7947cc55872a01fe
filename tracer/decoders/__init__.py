"""What the rows of a transaction mean together; decoders answer with rows or ask for some, they never fetch."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.decoders.builtin import DECODERS, built_in
    from tracer.decoders.contract import ACTIONS, PARTS, Action, Decoder, Interests, Need, RecordQuery, need
    from tracer.decoders.flows import Flow, wraps_of
    from tracer.decoders.netting.rule import gives_and_receives, swap_rows
    from tracer.decoders.outputs import legs_of_outputs
    from tracer.decoders.registry import Decoded, DecoderRegistry

__all__ = [
    "ACTIONS",
    "DECODERS",
    "PARTS",
    "Action",
    "Decoded",
    "Decoder",
    "DecoderRegistry",
    "Flow",
    "Interests",
    "Need",
    "RecordQuery",
    "built_in",
    "gives_and_receives",
    "legs_of_outputs",
    "need",
    "swap_rows",
    "wraps_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "builtin": ("DECODERS", "built_in"),
        "contract": ("ACTIONS", "PARTS", "Action", "Decoder", "Interests", "Need", "RecordQuery", "need"),
        "flows": ("Flow", "wraps_of"),
        "netting.rule": ("gives_and_receives", "swap_rows"),
        "outputs": ("legs_of_outputs",),
        "registry": ("Decoded", "DecoderRegistry"),
    },
)
