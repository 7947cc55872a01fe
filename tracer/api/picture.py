"""A drawing in a notebook: in a pane that scrolls, as wide as the page, whole or in full size at a tick."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.io import write_file

_PANE: Final = """<style>
.tracer-pane { max-height: 44em; overflow: auto; resize: vertical; border: 1px solid rgba(128,128,128,.45); }
.tracer-pane svg { display: block; max-width: none; height: auto;
  width: max(min(100%, var(--width)), calc(var(--width) * .65)); }
.tracer-picture > .tracer-whole:checked ~ .tracer-pane svg { width: min(100%, var(--width)); }
.tracer-picture > .tracer-whole:checked ~ .tracer-pane { max-height: none; }
.tracer-picture > .tracer-full:checked ~ .tracer-pane svg { width: var(--width); }
[data-jp-theme-light="false"] .tracer-pane svg, .vscode-dark .tracer-pane svg {
  filter: invert(.9) hue-rotate(180deg); }
</style>"""
"""A picture stands in a pane of a screen's height that scrolls both ways.

It is as wide as the page, but never so small that its text cannot be read; one tick shows all of it in the width of the
page, another its full size. In a dark theme light and dark change places, and the hues stay.
"""
_SVG_WIDTH: Final = re.compile(r'<svg[^>]*\swidth="([0-9.]+)(pt)?', re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A drawing that shows itself in a notebook.

    Attributes
    ----------
    svg : str
        A whole SVG document, without script or outside reference.
    """

    svg: str

    def __repr__(self) -> str:
        return f"Picture: {len(self.svg):,} characters of SVG; .save(path) writes it"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        tick = "&emsp;".join(
            f'<input type="checkbox" class="tracer-{name}" style="vertical-align:middle"> '
            f'<span style="opacity:.75">{words}</span>'
            for name, words in (("whole", "whole picture"), ("full", "full size"))
        )
        # Ticks and pane stay siblings, for the ones rule the other.
        found = _SVG_WIDTH.match(self.svg[self.svg.find("<svg") :])
        width = f' style="--width:{found[1]}{found[2] or "px"}"' if found else ""
        return f'{_PANE}<div class="tracer-picture">{tick}<div class="tracer-pane"{width}>{self.svg}</div></div>'

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the SVG to a file."""
        write_file(Path(path), self.svg.encode(), overwrite=overwrite)
