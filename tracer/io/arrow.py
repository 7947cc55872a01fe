"""Arrow arrays out of Python's and NumPy's own values.

``pyarrow.array`` asks pandas whether what it is given is its own, and takes half a second to load it for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def strings_of(values: Sequence[str]) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return texts as an array of strings."""
    import numpy as np
    import pyarrow as pa

    text = "".join(values)
    data = text.encode()
    # Where every character is one byte, as in nearly all columns, cells are as long as their texts.
    lengths = map(len, values) if len(data) == len(text) else (len(value.encode()) for value in values)
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(lengths, np.int32, len(values)), out=offsets[1:])
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def digits_of(low: NDArray[np.uint64], high: NDArray[np.uint64]) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return whole numbers of two halves of 64 bits, below 2^126, as their decimal texts."""
    import numpy as np
    import pyarrow as pa

    both = np.empty((len(low), 2), np.uint64)
    both[:, 0], both[:, 1] = low, high
    numbers = pa.Array.from_buffers(pa.decimal128(38, 0), len(low), [None, pa.py_buffer(both)])
    return numbers.cast(pa.string())


def repeated(text: str, count: int) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return an array of one text over and over."""
    import numpy as np

    return strings_of([text]).take(integers_of(np.zeros(count, np.int64)))


def integers_of(values: NDArray[np.int64], known: NDArray[np.bool_] | None = None) -> Any:  # noqa: ANN401 (pyarrow)
    """Return whole numbers as an array of 64 bits; where one is not `known` it is null."""
    import numpy as np
    import pyarrow as pa

    numbers = np.ascontiguousarray(values, dtype=np.int64)
    valid = None if known is None or known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.int64(), len(numbers), [valid, pa.py_buffer(numbers)])


def flags_of(values: NDArray[np.bool_]) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return an array of booleans."""
    import numpy as np
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def csv_of_arrays(columns: Sequence[Any]) -> bytes:
    """Return the lines of a CSV table, without a header, none of whose cells is quoted.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a cell would have to be.
    """
    import pyarrow as pa
    from pyarrow import csv

    table = pa.Table.from_arrays(list(columns), names=[str(place) for place in range(len(columns))])
    out = pa.BufferOutputStream()
    csv.write_csv(table, out, csv.WriteOptions(include_header=False, quoting_style="none"))
    return bytes(out.getvalue())
