"""The errors tracer raises on purpose; each says what happened, why, and what to do next.

::

    TracerError
    ├── InputError            exit 2   the caller gave something we cannot use (also a ValueError)
    │   ├── AbsentError                an address that is in no row of the case (`tracer show` answers no: exit 1)
    │   ├── AddressError               not an address of that chain, or its checksum fails
    │   └── AmountError                a float, a negative, more than there is
    ├── DataFileError         exit 2   a file breaks its schema: file, row, column
    ├── MissingExtraError     exit 2   an optional package is needed; carries the install line
    ├── SourceError           exit 3   a provider or a bundle failed, or does not hold what was asked
    ├── AuditError            exit 1   a trace that does not close
    └── MachineError          exit 4   the machine failed: disk, memory, permission, a damaged store
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, Final

EXIT_CODES: Final = (
    (0, "done"),
    (
        1,
        "done, and the answer is no: the audit is open, a picture could not be drawn, nothing is held on the address, "
        "it is in no row of the case, a result does not fit its manifest",
    ),
    (2, "bad input: a word, an option, a file or rows of it cannot be used; rows that can be are taken all the same"),
    (3, "a source failed or does not hold what was asked; or the data is incomplete, and --strict was given"),
    (4, "the machine failed (disk, memory, a damaged store), or the program did; nothing is half written"),
)
"""What a command ends with, and what it means; every command keeps to it."""


class TracerError(Exception):
    """Root of every error raised on purpose: what happened, why, what to do next.

    Parameters
    ----------
    what : str
        What happened, in one sentence, naming the thing (file and row, chain and address).
    why : str, optional
        Why it happened, or why it cannot be accepted.
    next_step : str, optional
        What the reader can do now.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.next_step = what, why, next_step

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.next_step) if part)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean fifo?`` where one of the known words is near, with its leading space; else nothing.

    Examples
    --------
    >>> did_you_mean("Clean-First", ("clean_first", "dirty_first"))
    ' Did you mean clean_first?'
    """
    near = get_close_matches(word.lower().replace("-", "_"), list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else ""


class InputError(TracerError, ValueError):
    """The caller gave a value or an option that cannot be used."""


class AbsentError(InputError):
    """The address is well formed, but in no row of the case."""


class AddressError(InputError):
    """The text is not an address of that chain, or its checksum fails."""


class AmountError(InputError):
    """The value is not an exact, non-negative amount of base units."""


class DataFileError(TracerError):
    """A file breaks its schema; the message names file, row and column."""


class MissingExtraError(TracerError):
    """An optional package is needed; the message carries the line that installs it."""


class SourceError(TracerError):
    """A provider or a bundle failed, or does not hold what was asked for."""

    exit_code: ClassVar[int] = 3


class AuditError(TracerError):
    """A trace does not close: stolen is not the sum of its exits."""

    exit_code: ClassVar[int] = 1


class MachineError(TracerError):
    """The machine failed, not the data and not the caller: disk, memory, permission, a damaged store."""

    exit_code: ClassVar[int] = 4
