"""Builds the lookup index of addresses/ into the wheel; a checkout reads the YAML and needs no index."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface[Any]):
    """Adds ``index.sqlite`` beside the data in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the index before the wheel is packed; an editable install goes without."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from tracer.registry.index import INDEX_FILE, build_index

        self.folder = tempfile.TemporaryDirectory()
        index = Path(self.folder.name) / INDEX_FILE
        build_index(root / "addresses", index)
        build_data["force_include"][str(index)] = f"tracer/_addresses/{INDEX_FILE}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary index."""
        folder = getattr(self, "folder", None)
        if folder is not None:
            folder.cleanup()
