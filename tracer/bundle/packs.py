"""Small replies packed: many in one file, so that a million replies are not a million files.

Theory of operation. While a collection runs, small bodies go to the end of one file, ``new.pack``: each behind its
mark, hash and length, flushed before the ledger of questions names it. A kill leaves at most a torn last entry, which
nothing names; whoever writes next cuts it off. Sealing sorts what is named into ``all.pack``, or where that is much
into ``0.pack`` to ``f.pack`` or ``00.pack`` to ``ff.pack`` by the hash: an index, then the bodies, both in the order of
the hashes, so that the bytes depend only on which bodies there are. Each is written beside the old one and renamed, and
``new.pack`` goes last: whatever the moment of a kill, every body is still in one of the two. A pack whose end was lost
has lost what lay there, and nothing else. Bodies are packed one by one as before (:mod:`tracer.net.bodies`),
and each is checked against its hash when it is read.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from tracer.bundle.writing import append_whole, open_own, sync_folder
from tracer.io import write_file

SMALL: Final = 1 << 16
"""Bodies of at most so many bytes are packed; a larger one has a file of its own."""
JOURNAL: Final = "new.pack"

_WHOLE: Final = "all.pack"
_ROOM: Final = 4_096
"""Bodies of one pack, about; with 16 times as many there are 16 packs, with more 256."""
_SEALED: Final = b"tracer pack 1\n"
_COUNT: Final = struct.Struct(">I")
_INDEX: Final = struct.Struct(">32sQI")
_MARK: Final = b"body"
_ENTRY: Final = struct.Struct(">4s32sI")
_LONGEST: Final = SMALL + (SMALL >> 8) + 1024
"""No packed small body is longer."""


class Packs:
    """The packs of one bundle. In memory it keeps where each body of ``new.pack`` lies, and the indexes in use.

    Parameters
    ----------
    folder : Path
        The folder of the replies; it need not exist.
    write : bool
        Whether bodies are added; a torn end of ``new.pack`` is then cut off.
    """

    def __init__(self, folder: Path, *, write: bool) -> None:
        self._folder = folder
        self._using = threading.RLock()
        self._files: dict[str, int] = {}
        self._indexes: dict[str, bytes] = {}
        self._new: dict[bytes, tuple[int, int]] = {}
        self._end = 0
        self._write = write
        self._load()

    def close(self) -> None:
        """Let the files go."""
        with self._using:
            for descriptor in self._files.values():
                os.close(descriptor)
            self._files.clear()
            self._indexes.clear()

    def __contains__(self, sha256: str) -> bool:
        """Return whether a body lies in a pack, as far as the packs themselves tell."""
        with self._using:
            return self._find(bytes.fromhex(sha256)) is not None

    def where(self, sha256: str) -> Path:
        """Return the file in which a small body lies, or would lie once the bundle is sealed."""
        with self._using:
            found = self._find(bytes.fromhex(sha256))
            return self._folder / (found[0] if found else _WHOLE)

    def read(self, sha256: str) -> bytes | None:
        """Return the packed bytes of a body, unchecked; ``None`` where no pack has it."""
        with self._using:
            found = self._find(bytes.fromhex(sha256))
            if found is None and not self._write:
                self.close()  # another program may have sealed it since
                self._load()
                found = self._find(bytes.fromhex(sha256))
            return None if found is None else self._bytes(*found)

    def forget(self, named: Collection[str]) -> None:
        """Leave out of what is taken to be there the new bodies that no line names: they may be damaged."""
        with self._using:
            self._new = {key: place for key, place in self._new.items() if key.hex() in named}

    def append(self, bodies: Iterable[tuple[str, bytes]]) -> None:
        """Add packed bodies to the end of ``new.pack``, all flushed to the disk at once, or none.

        Raises
        ------
        SourceError
            If the disk does not take them.
        """
        with self._using:
            parts, places, end = [], [], self._end
            for sha256, data in bodies:
                key = bytes.fromhex(sha256)
                parts += [_ENTRY.pack(_MARK, key, len(data)), data]
                places.append((key, (end + _ENTRY.size, len(data))))
                end += _ENTRY.size + len(data)
            if JOURNAL not in self._files:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._open(JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND)
                sync_folder(self._folder)
            elif os.fstat(self._files[JOURNAL]).st_size != self._end:
                os.ftruncate(self._files[JOURNAL], self._end)  # what an interrupt left half-written
            append_whole(self._files[JOURNAL], b"".join(parts), "A reply")
            self._new |= dict(places)
            self._end = end

    def seal(self, named: Iterable[str], alone: Collection[str]) -> int:
        """Sort the named bodies into packs whose bytes depend only on which they are; return how many others go.

        Parameters
        ----------
        named : iterable of str
            Hashes of all small bodies that are to be kept.
        alone : collection of str
            Those of them that lie in a file of their own, as they did once; their caller deletes these files.
        """
        with self._using:
            wanted: dict[str, list[bytes]] = {}
            every = sorted(named)
            digits = 0 if len(every) <= _ROOM else 1 if len(every) <= 16 * _ROOM else 2
            for sha256 in every:
                wanted.setdefault(_name(sha256, digits), []).append(bytes.fromhex(sha256))
            held = {name: [key for key, _, _ in self._entries(name)] for name in self._sealed()}
            keep = {key for keys in wanted.values() for key in keys}
            gone = {key for keys in (*held.values(), self._new) for key in keys} - keep
            for name, keys in wanted.items():
                if keys != held.get(name) or self._is_longer(name):
                    self._put(name, keys, alone)
            for name in held.keys() - wanted.keys():
                self._drop(name)
            self._drop(JOURNAL)
            self._new, self._end = {}, 0
            if self._folder.is_dir():
                sync_folder(self._folder)
            return len(gone)

    def _put(self, name: str, keys: list[bytes], alone: Collection[str]) -> None:
        """Write a sealed pack of the bodies that are there; what is lost stays lost, and is asked again."""
        bodies = [(key, data) for key in keys if (data := self._taken(key, alone)) is not None]
        offset = len(_SEALED) + _COUNT.size + len(bodies) * _INDEX.size
        parts = [_SEALED, _COUNT.pack(len(bodies))]
        for key, data in bodies:
            parts.append(_INDEX.pack(key, offset, len(data)))
            offset += len(data)
        parts += [data for _, data in bodies]
        self._shut(name)
        write_file(self._folder / name, b"".join(parts), overwrite=True)

    def _taken(self, key: bytes, alone: Collection[str]) -> bytes | None:
        if key.hex() in alone:
            with os.fdopen(open_own(self._folder / key.hex()[:2] / f"{key.hex()}.gz", os.O_RDONLY), "rb") as stream:
                return stream.read(_LONGEST)
        found = self._find(key)
        return None if found is None else self._bytes(*found)

    def _find(self, key: bytes) -> tuple[str, int, int] | None:
        """Return file, offset and length of a body."""
        if key in self._new:
            return JOURNAL, *self._new[key]
        found = (self._find_in(_name(key.hex(), digits), key) for digits in range(3))
        return next((one for one in found if one is not None), None)

    def _find_in(self, name: str, key: bytes) -> tuple[str, int, int] | None:
        index = self._index(name)
        low, high = 0, len(index) // _INDEX.size
        while low < high:
            middle = (low + high) // 2
            at = middle * _INDEX.size
            if index[at : at + 32] < key:
                low = middle + 1
            else:
                high = middle
        if low * _INDEX.size >= len(index):
            return None
        held, offset, length = _INDEX.unpack_from(index, low * _INDEX.size)
        is_there = held == key and length <= _LONGEST and offset + length <= os.fstat(self._files[name]).st_size
        return (name, offset, length) if is_there else None

    def _index(self, name: str) -> bytes:
        if name not in self._indexes:
            index = b""
            if (self._folder / name).is_file():
                descriptor = self._open(name, os.O_RDONLY)
                head = self._bytes(name, 0, len(_SEALED) + _COUNT.size)
                if head[: len(_SEALED)] == _SEALED and len(head) == len(_SEALED) + _COUNT.size:
                    count = _COUNT.unpack(head[len(_SEALED) :])[0]
                    room = max(0, os.fstat(descriptor).st_size - len(head)) // _INDEX.size
                    index = self._bytes(name, len(head), min(count, room) * _INDEX.size)
            self._indexes[name] = index
        return self._indexes[name]

    def _entries(self, name: str) -> Iterator[tuple[bytes, int, int]]:
        """Yield hash, offset and length of what a sealed pack holds whole."""
        index = self._index(name)
        size = os.fstat(self._files[name]).st_size if index else 0
        for key, offset, length in _INDEX.iter_unpack(index):
            if offset + length <= size:
                yield key, offset, length

    def _is_longer(self, name: str) -> bool:
        """Return whether something lies behind the last body of a sealed pack, which is none of ours."""
        ends = (offset + length for _, offset, length in self._entries(name))
        return max(ends, default=0) < os.fstat(self._files[name]).st_size

    def _sealed(self) -> list[str]:
        patterns = (_WHOLE, "[0-9a-f].pack", "[0-9a-f][0-9a-f].pack")
        return sorted(path.name for pattern in patterns for path in self._folder.glob(pattern))

    def _load(self) -> None:
        """Read where the bodies of ``new.pack`` lie, up to where it is torn."""
        self._new, self._end = {}, 0
        if not (self._folder / JOURNAL).is_file():
            return
        descriptor = self._open(JOURNAL, os.O_RDWR | os.O_APPEND if self._write else os.O_RDONLY)
        size, at = os.fstat(descriptor).st_size, 0
        while at + _ENTRY.size <= size:
            mark, key, length = _ENTRY.unpack(self._bytes(JOURNAL, at, _ENTRY.size))
            if mark != _MARK or length > _LONGEST or at + _ENTRY.size + length > size:
                break
            self._new[key] = (at + _ENTRY.size, length)
            at += _ENTRY.size + length
        self._end = at
        if self._write and at < size:
            os.ftruncate(descriptor, at)
            os.fsync(descriptor)

    def _open(self, name: str, flags: int) -> int:
        self._shut(name)
        self._files[name] = open_own(self._folder / name, flags)
        return self._files[name]

    def _shut(self, name: str) -> None:
        self._indexes.pop(name, None)
        if name in self._files:
            os.close(self._files.pop(name))

    def _drop(self, name: str) -> None:
        self._shut(name)
        (self._folder / name).unlink(missing_ok=True)

    def _bytes(self, name: str, offset: int, length: int) -> bytes:
        os.lseek(self._files[name], offset, os.SEEK_SET)
        return os.read(self._files[name], length)


def _name(sha256: str, digits: int) -> str:
    """Return the pack of a body where packs are told apart by so many digits of the hash."""
    return f"{sha256[:digits] or 'all'}.pack"
