"""Bodies of replies: read within a size, packed the same way every time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from tracer.net.query import RetryableError, SplitRequest
from tracer.net.room import SMALL, Place

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""Of gzip: no name, no time, best compression, no system named."""
_PIECE: Final = SMALL // 2
"""Bytes unpacked at one time, before they are counted: a few from the network can be a thousand times as many."""


def packed(body: bytes) -> bytes:
    """Return a body as gzip without a time, a name or a system in it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    trailer = struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
    return _HEADER + packer.compress(body) + packer.flush() + trailer


def unpacked(data: bytes, size: int) -> bytes | None:
    """Return the body in gzip bytes, or ``None`` where they are damaged or hold another number of bytes than `size`."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(data, size + 1)
    except zlib.error:
        return None
    whole = unpacker.eof and not unpacker.unused_data and len(body) == size
    return body if whole else None


def read_within(chunks: Iterable[bytes], encoding: str, limit: int, host: str, place: Place) -> bytes:
    """Return a whole body from what the network gives, unpacked, never more than `limit` bytes in memory.

    Parameters
    ----------
    chunks : iterable of bytes
        As they came.
    encoding : str
        The reply's ``Content-Encoding``.
    limit : int
        Largest body.
    host : str
        For messages.
    place : Place
        Where the body is held.

    Raises
    ------
    SplitRequest
        If the body is larger.
    RetryableError
        If it is cut off, damaged, or packed in a way that was not asked for.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        unpacker = None
    elif encoding in ("gzip", "x-gzip"):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    else:
        raise RetryableError(f"{host} packed its reply as {encoding[:20]!r}, which was not asked for.")
    parts, size = [], 0
    try:
        for part in _pieces(chunks, unpacker):
            size += len(part)
            if size > limit:
                raise SplitRequest(
                    f"The reply of {host} is larger than {limit} bytes.",
                    why="Larger replies are not read, so that none can fill the memory.",
                    next_step="Ask for less at once.",
                )
            place.need(size)
            parts.append(part)
    except zlib.error:
        raise RetryableError(f"{host} sent a damaged reply.") from None
    if unpacker is not None and (not unpacker.eof or unpacker.unused_data):
        raise RetryableError(f"{host} sent a damaged reply.")
    return b"".join(parts)


def _pieces(chunks: Iterable[bytes], unpacker: zlib._Decompress | None) -> Iterator[bytes]:
    """Yield what comes, unpacked, no large piece of it at once."""
    for chunk in chunks:
        if unpacker is None:
            yield chunk
            continue
        part = unpacker.decompress(chunk, _PIECE)
        yield part
        while unpacker.unconsumed_tail or len(part) == _PIECE:
            part = unpacker.decompress(unpacker.unconsumed_tail, _PIECE)
            yield part
