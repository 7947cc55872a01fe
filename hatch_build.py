"""Builds the lookup index of addresses/ into the wheel; a checkout reads the YAML and needs no index."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface):  # type: ignore[type-arg, misc]
    """Adds ``index.sqlite`` and its hash beside the data in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the index before the wheel is packed; an editable install goes without."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from tracer.attribution.index import HASH_NAME, INDEX_NAME, build_index

        self.folder = tempfile.TemporaryDirectory()
        build_index(root / "addresses", Path(self.folder.name))
        for name in (INDEX_NAME, HASH_NAME):
            build_data["force_include"][str(Path(self.folder.name) / name)] = f"tracer/_addresses/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary index."""
        folder = getattr(self, "folder", None)
        if folder is not None:
            folder.cleanup()
