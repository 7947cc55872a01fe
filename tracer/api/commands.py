"""The command line that makes a result again: what was opened and under which options, without a machine's paths."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from tracer.model import format_time
from tracer.trace import Options

OWN_FOLDER: Final = "case"
"""What a command calls a folder of the user's own: its path is of one machine."""


def words_of_tables(
    given: Mapping[str, object], *, unit: str | None, complete: bool, registry: bool, case_id: str
) -> tuple[str, ...]:
    """Return how a command line names tables of one's own.

    A table goes by what it is, never by the name its file had: the same tables under the same case id give the same
    bytes wherever they lay, whether in files or in frames.

    Parameters
    ----------
    given : mapping of str to object
        Tables by what they are; ``None`` was not given.
    unit, complete, registry, case_id
        As for :func:`tracer.open_table`.

    Examples
    --------
    >>> given = {"transfers": "a.csv", "labels": None}
    >>> words_of_tables(given, unit="whole", complete=False, registry=True, case_id="mr-x")
    ('--transfers', 'transfers.csv', '--unit', 'whole', '--case-id', 'mr-x')
    """
    words = [word for name, table in given.items() if table is not None for word in (f"--{name}", f"{name}.csv")]
    words += ["--unit", unit] if unit not in (None, "base") else []
    words += ["--complete"] if complete else []
    words += [] if registry else ["--no-registry"]
    # Always, for it stands in every file: whoever makes it again from copies elsewhere gets the same bytes.
    return (*words, "--case-id", case_id)


def command_of(words: Sequence[str], options: Options, *, bounds: bool = False, back: bool = False) -> str:
    """Return the command that traces something again: rule and day of knowledge always, other options where not usual.

    Examples
    --------
    >>> command_of(("ronin-2022",), Options(policy="lifo", max_hops=3, as_of="2026-11-29"), bounds=True)
    'tracer trace ronin-2022 --policy lifo --max-hops 3 --as-of 2026-11-29 --bounds'
    """
    usual = Options()
    said = ["--policy", options.policy]
    for name in ("stop_at", "max_hops", "min_amount", "high_degree", "until", "grade"):
        value = getattr(options, name)
        if value != getattr(usual, name):
            text = format_time(value) if name == "until" else ",".join(value) if name == "stop_at" else str(value)
            said += [f"--{name.replace('_', '-')}", text]
    said += ["--follow", options.follow] if options.follow != usual.follow else []
    said += ["--follow-leads"] if options.follow_leads else []
    said += ["--as-of", options.as_of] if options.as_of else []
    said += ["--direction", "back"] if back else []
    said += ["--bounds"] if bounds else []
    return shlex.join(["tracer", "trace", *words, *said])


def spoken_options(command: str) -> dict[str, str]:
    """Return the options of a command line, each with its value; a switch has none. What is traced is ``case``.

    Examples
    --------
    >>> spoken_options("tracer trace ronin-2022 --policy lifo --bounds")
    {'case': 'ronin-2022', '--policy': 'lifo', '--bounds': ''}
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return {}
    said: dict[str, str] = {}
    name = ""
    for word in words[2:]:
        if word.startswith("--"):
            name = word
            said[name] = ""
        else:
            said[name or OWN_FOLDER] = word
            name = ""
    return said
