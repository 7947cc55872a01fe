"""A page on an address as a file of its own: HTML for a dossier, text, or JSON, by the ending of its name."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io import json_text, plain
from tracer.report.address import AddressPage
from tracer.report.address_html import page_parts
from tracer.report.address_terminal import page_text
from tracer.report.address_words import FILED

PAGE_FORMS: Final = (".html", ".txt", ".json")
"""What a page can be written as, by the ending of the file's name."""

_TEXT_WIDTH: Final = 160
_STYLE: Final = """
:root { color-scheme: light dark; }
body { margin: 32px auto; max-width: 1240px; padding: 0 24px; font: 14px/1.45 system-ui, "Segoe UI", Roboto,
  "Helvetica Neue", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
header, footer { opacity: .75; font-size: 13px; overflow-wrap: anywhere; }
h1 { font-size: 20px; margin: 4px 0 14px; }
footer { border-top: 1px solid; margin-top: 18px; padding-top: 8px; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 9pt; } @page { size: A4; margin: 15mm; } }
"""


def page_file(page: AddressPage, path: Path) -> bytes:
    """Return a page as the bytes of a file.

    Parameters
    ----------
    page : AddressPage
        The page.
    path : Path
        Where it goes; its ending says the form.

    Raises
    ------
    InputError
        If the ending is none of :data:`PAGE_FORMS`.
    """
    form = path.suffix.lower()
    if form == ".html":
        return _document(page).encode()
    if form == ".txt":
        body = page_text(page, _TEXT_WIDTH, FILED).rstrip("\n")
        return "\n".join([page.result.tlp, "", body, "", *map(plain, page.made_by), ""]).encode()
    if form == ".json":
        return json_text(page.record()).encode()
    raise InputError(
        f"A page on one address cannot be written as {path.suffix or path.name!r}.",
        why="The ending of the name says the form.",
        next_step=f"End it with {', '.join(PAGE_FORMS[:-1])} or {PAGE_FORMS[-1]}.",
    )


def _document(page: AddressPage) -> str:
    """Return a whole HTML page: no script, nothing loaded from elsewhere, light or dark as the reader has it."""
    title = f"{plain(page.address)} in {plain(page.result.title)}"
    said = "".join(f"<div>{escape(plain(line))}</div>" for line in page.made_by)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<header><strong>{escape(page.result.tlp)}</strong> &middot; One address of a trace of stolen funds</header>\n"
        f"<h1>{escape(plain(page.result.title))}</h1>\n{page_parts(page, FILED)}\n<footer>{said}</footer>\n"
        "</body>\n</html>\n"
    )
