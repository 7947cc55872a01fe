"""What the rows of a transaction mean together; decoders answer with rows or ask for some, they never fetch."""

from tracer.decoders.netting import gives_and_receives, swap_rows

__all__ = ["gives_and_receives", "swap_rows"]
