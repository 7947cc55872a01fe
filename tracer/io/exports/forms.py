"""Every form of export that is recognised, named one by one, and which of them a header is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.io.exports import arkham, bigquery, blockchair, blockscout, columns, etherscan, oklink, onesided, tronscan
from tracer.io.exports.form import Form
from tracer.io.exports.sheet import Header

FORMS: Final[tuple[Form, ...]] = (
    *arkham.FORMS,
    *blockchair.FORMS,
    *blockscout.FORMS,
    *tronscan.FORMS,
    *oklink.FORMS,
    *etherscan.FORMS,
    *bigquery.FORMS,
    *onesided.FORMS,
    *columns.FORMS,
)
FORMATS: Final = (
    *("etherscan", "blockscout", "dune", "blockchair", "tronscan", "oklink", "esplora", "arkham", "bigquery"),
    *("columns", "auto"),
)
"""What the command line takes; ``auto`` recognises every file by itself."""

REFUSED: Final = ("electrum", "sparrow", "ledger-live", "trezor", "wallet", "solscan")
"""Named so that the refusal can say the way, instead of "no such format"."""


def recognise(file: str, names: Sequence[str], folded: Sequence[str], wanted: str = "") -> tuple[Form, Header] | None:
    """Return the form of a header: of the wanted format if one of its forms fits, else the first that does.

    Parameters
    ----------
    file : str
        File name, for messages to come.
    names, folded : sequence of str
        Columns as written, and folded.
    wanted : str, optional
        The format the caller named.
    """
    ours = [form for form in FORMS if wanted in form.formats]
    for form in (*ours, *(form for form in FORMS if form not in ours)):
        header = form.header(file, names, folded)
        if header is not None:
            return form, header
    return None
