"""Where every error of a command becomes three lines and an exit code: bad input, the machine, a fault of ours."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tracer.cli.words import say
from tracer.errors import MachineError, TracerError
from tracer.io import plain

SWITCH: Final = "TRACER_TRACEBACK"
"""Environment variable that shows where in the program an unforeseen error arose."""

_KEPT: Final = "Nothing half-written was left; an earlier result stands as it was."
_DISK: Final = {
    errno.ENOSPC: ("The disk is full.", "Free some space, or choose another --out."),
    errno.EDQUOT: ("Your share of the disk is used up.", "Free some space, or choose another --out."),
    errno.EROFS: ("The disk can only be read, not written.", "Choose a place that can be written."),
    errno.EACCES: ("Permission was denied.", "Ask for the permission, or choose another place."),
    errno.EPERM: ("Permission was denied.", "Ask for the permission, or choose another place."),
    errno.EMFILE: ("Too many files are open.", "Close other programs, or raise the limit (ulimit -n)."),
    errno.ENFILE: ("Too many files are open.", "Close other programs, or raise the limit."),
    errno.EFBIG: ("A file would become larger than this disk or account allows.", "Raise the limit (ulimit -f)."),
}


def guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit code; no error leaves as a traceback.

    Parameters
    ----------
    command : callable
        What is run; what it writes is flushed, so that a full disk behind stdout is an error and not a silence.

    Returns
    -------
    int
        0, or what the command exits with; an error's own code; 4 where the machine or the program failed.
    """
    try:
        try:
            command()
        finally:
            sys.stdout.flush()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BrokenPipeError:  # whoever read us has seen enough
        return 0
    except TracerError as error:
        return _said(error, error.__cause__ or error)
    except Exception as fault:  # the one place that catches everything
        return _said(machine_error(fault) or _unforeseen(fault), fault)
    return 0


def machine_error(fault: BaseException) -> MachineError | None:
    """Return what the machine did in words, or ``None`` where an error is not the machine's."""
    if isinstance(fault, MemoryError):
        return MachineError(
            "The memory does not suffice.",
            why=_KEPT,
            next_step="Close other programs, or cut the table (fewer rows, --until, --max-hops).",
        )
    if isinstance(fault, OSError):
        what, cure = _DISK.get(fault.errno or 0, ("The disk or the system failed.", "Check the disk, then try again."))
        name = Path(os.fsdecode(fault.filename)).name if isinstance(fault.filename, str | bytes) else ""
        at = f" ({plain(name)})" if name and not name.startswith(".") else ""  # a dot: a temporary file of ours
        reason = plain(fault.strerror or str(fault) or type(fault).__name__)[:200]
        return MachineError(f"{what[:-1]}{at}.", why=f"The system says: {reason}. {_KEPT}", next_step=cure)
    if isinstance(fault, sqlite3.Error) or type(fault).__module__.split(".")[0] in ("duckdb", "_duckdb"):
        return MachineError(
            "A store of labels cannot be read or written.",
            why=f"Its library says: {plain(str(fault).split(chr(10))[0])[:200]}",
            next_step="Restore it from a copy, or delete it and import its lists again.",
        )
    if isinstance(fault, RecursionError):
        return MachineError(
            "Something is nested too deeply for this program.",
            why=f"A file or a reply holds more levels than can be read. {_KEPT}",
            next_step=f"Look for it in what was given last; {SWITCH}=1 shows where it was met.",
        )
    return None


def _unforeseen(fault: BaseException) -> MachineError:
    frames = traceback.extract_tb(fault.__traceback__)
    at = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return MachineError(
        f"This is a fault of the program: {type(fault).__name__}{at}: {plain(str(fault))[:160]}".rstrip(": "),
        why=f"It was not foreseen, so no figure of this run can be used. {_KEPT}",
        next_step=f"Run it again with {SWITCH}=1 for the details, and report them with the input.",
    )


def _said(error: TracerError, fault: BaseException) -> int:
    """Print an error, with the traceback of its cause where the environment asks for it, and return its exit code."""
    try:
        say(str(error))
        if os.environ.get(SWITCH):
            traceback.print_exception(fault)
    except OSError:  # stderr is gone too; the exit code still says what happened
        return error.exit_code
    return error.exit_code
