"""Foreign lists become labels: OFAC, GraphSense TagPack, FollowTheMoney, label tables. Rows refused are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.registry.importers import ftm, label_table, ofac, tagpack
from tracer.registry.importers.imported import Imported, Refused

_READERS: Final = {"ofac": ofac.read, "tagpack": tagpack.read, "ftm": ftm.read, "csv": label_table.read}
FORMATS: Final = tuple(_READERS)

__all__ = ["FORMATS", "Imported", "Refused", "import_file"]


def import_file(form: str, path: Path) -> Imported:
    """Read a foreign list.

    Parameters
    ----------
    form : str
        One of :data:`FORMATS`.
    path : Path
        The file.

    Raises
    ------
    InputError
        If the format is not known or the file does not exist.
    DataFileError
        If the file breaks its form.
    """
    if form not in _READERS:
        raise InputError(f"{form[:40]!r} is not a format.", next_step=f"Choose one of: {', '.join(FORMATS)}.")
    if not path.is_file():
        raise InputError(f"There is no file {path.name!r}.", next_step="Check the path.")
    return _READERS[form](path)
