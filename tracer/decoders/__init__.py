"""What the rows of a transaction mean together; decoders answer with rows or ask for some, they never fetch."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.decoders.netting import gives_and_receives, swap_rows

__all__ = [
    "gives_and_receives",
    "swap_rows",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "netting": ("gives_and_receives", "swap_rows"),
    },
)
