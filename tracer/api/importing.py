"""Exports of explorers and warehouses, as a notebook reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.api.case_names import case_id_of, parse_case_id
from tracer.errors import InputError
from tracer.io import (
    LEDGER,
    SEEDS,
    TRANSFERS,
    Card,
    Carded,
    Options,
    held_chain,
    ledger_rows,
    load_mapping,
    parse_mapping,
    parse_unit_count,
    read_files,
    save_mapping,
    seed_rows,
    transfer_rows,
    write_case,
)

if TYPE_CHECKING:
    from tracer.io import Export
    from tracer.report import Frame

_SHOWN: Final = 8


class ExportedCase(Carded):
    """What exports hold: a table, candidates for the seeds, and everything that is in neither.

    Parameters
    ----------
    export : Export
        As read.
    mapping : Mapping of str to str
        The caller's words for columns.
    """

    def __init__(self, export: Export, mapping: Mapping[str, str]) -> None:
        self._export, self._mapping = export, dict(mapping)

    @property
    def transfers(self) -> Frame:
        """The transfers table, every cell text; without rows where the files are of Bitcoin."""
        import pandas as pd

        from tracer.report import framed

        return framed(pd.DataFrame(transfer_rows(self._export), columns=list(TRANSFERS), dtype=object))

    @property
    def ledger(self) -> Frame:
        """The ledger of Bitcoin's outputs, every cell text; without rows for chains with accounts."""
        import pandas as pd

        from tracer.report import framed

        return framed(pd.DataFrame(ledger_rows(self._export), columns=list(LEDGER), dtype=object))

    @property
    def seeds(self) -> Frame:
        """Candidates for what was stolen; the origin is to be filled in for those that are."""
        import pandas as pd

        from tracer.report import framed

        return framed(pd.DataFrame(seed_rows(self._export), columns=list(SEEDS), dtype=object))

    @property
    def history(self) -> Frame:
        """Whose onward history the files hold."""
        import pandas as pd

        from tracer.report import framed

        return framed(pd.DataFrame(list(self._export.history), columns=["chain", "address"], dtype=object))

    @property
    def left_out(self) -> Frame:
        """Every row that is not in the table, and why."""
        import pandas as pd

        from tracer.report import framed

        rows = [(one.file, one.row, one.reason, one.detail) for one in self._export.left_out]
        return framed(pd.DataFrame(rows, columns=["file", "row", "counted_as", "why"]))

    @property
    def refused(self) -> tuple[str, ...]:
        """The rows that could not be read, each with its reason."""
        return tuple(one.detail for one in self._export.refused)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each sort."""
        return self._export.counts()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the files."""
        return self._export.notes

    def write(
        self, folder: str | Path, *, seed: str = "", origin: str = "theft", title: str = "", case_id: str = ""
    ) -> Path:
        """Write a case folder that ``tracer trace`` takes.

        Parameters
        ----------
        folder : path
            A folder that does not exist, or is empty.
        seed : str, optional
            A transaction or address of the table that is the theft; without it, choose in ``seeds.csv``.
        origin : str, optional
            The theft's name, with `seed`.
        title : str, optional
            What the case is called on its card and report; by default the theft, where it is named, and the files.
        case_id : str, optional
            What it is called in lists and outputs; by default it is made of the folder's name.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If the folder holds anything, or `seed` is not in the table.
        """
        path = Path(folder)
        case_id = parse_case_id(case_id) if case_id else case_id_of(path.resolve().name)
        return write_case(self._export, path, chosen=seed, origin=origin, title=title, case_id=case_id)

    def seed_note(self, seed: str) -> str:
        """Return what is to be said of a transaction or address as the theft; empty if nothing.

        Raises
        ------
        InputError
            If `seed` is not in the table, or takes nothing.
        """
        return seed_rows(self._export, seed)[0][-1]

    def save_mapping(self, path: str | Path) -> None:
        """Keep the words for columns in a file, for the next time.

        Raises
        ------
        InputError
            If there are none, or the file exists.
        """
        if not self._mapping:
            raise InputError("There is no mapping to save.", next_step="Give one with --map FIELD=COLUMN.")
        save_mapping(Path(path), self._mapping)

    def card(self) -> Card:
        """Return which files were read as what, how many rows there are of each sort, and what is to be said."""
        files = [f"{name}: {form}, {rows} rows" for name, form, rows, _ in self._export.files]
        more = len(files) - _SHOWN
        return Card(
            "Import of exports",
            (
                ("Files", (*files[:_SHOWN], *((f"and {more:,} more",) if more > 0 else ()))),
                ("Counted", (", ".join(f"{what}: {count:,}" for what, count in self.counts.items()),)),
                ("Refused", tuple(self.refused[:_SHOWN])),
                ("Notes", self.notes[:_SHOWN]),
                ("Next", ("look at .seeds, then .write(folder, seed=…), then tracer.open_case(folder)",)),
            ),
            ("Refused",),
        )


def read_export(
    form: str,
    *files: str | Path | Iterable[str | Path],
    chain: str = "",
    tokens: Mapping[str, int] | Iterable[str] = (),
    asset: str = "",
    decimals: int | None = None,
    nft: bool = False,
    decimal_comma: bool | None = None,
    mapping: Mapping[str, str] | Iterable[str] = (),
    mapping_file: str | Path | None = None,
) -> ExportedCase:
    r"""Read exports of explorers, warehouses and tracing tools into one case.

    Parameters
    ----------
    form : str
        ``etherscan`` (and its sisters), ``blockscout``, ``dune``, ``blockchair``, ``tronscan``, ``oklink``,
        ``esplora``, ``arkham``, ``bigquery``; ``columns`` for any other table; ``auto`` to recognise each file.
    *files : path, or iterable of path
        The files, in any order.
    chain : str, optional
        Chain of files that do not name it.
    tokens : mapping of str to int, or iterable of str, optional
        Decimals by contract, or words ``ADDRESS=DECIMALS``.
    asset : str, optional
        The asset of a file that does not name it.
    decimals : int, optional
        Decimals of `asset`.
    nft : bool, default False
        Whether transfers of NFTs become rows.
    decimal_comma : bool, optional
        Whether numbers have a decimal comma; found from the file if not given.
    mapping : mapping of str to str, or iterable of str, optional
        Field to ``COLUMN`` or ``COLUMN:UNIT``, or words ``FIELD=COLUMN:UNIT``.
    mapping_file : path, optional
        A mapping saved earlier; `mapping` adds to it.

    Returns
    -------
    ExportedCase
        Table, candidates for the seeds, and what was left out; ``write`` makes the case folder.

    Raises
    ------
    InputError
        If an option cannot be used.
    DataFileError
        If a file is no export of that form, or nothing in it can be read; the message says why and what to do.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tracer
    >>> payer, payee, hash = "0x" + 40 * "a", "0x" + 40 * "b", "0x" + 64 * "c"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "own.csv"
    ...     _ = path.write_text(f"Payer,Payee,Sum,Hash,Block\n{payer},{payee},1.5,{hash},14442835\n")
    ...     words = {"sender": "Payer", "recipient": "Payee", "amount": "Sum:ETH", "tx": "Hash", "block": "Block"}
    ...     export = tracer.read_export("columns", path, mapping=words)
    >>> export.counts
    {'rows read': 1, 'payments': 1}
    >>> list(export.transfers["amount"])
    ['1500000000000000000']
    """
    words = (
        parse_mapping(f"{field}={column}" for field, column in mapping.items())
        if isinstance(mapping, Mapping)
        else parse_mapping(mapping)
    )
    held = load_mapping(Path(mapping_file)) if mapping_file is not None else {}
    options = Options(
        chain=held_chain(chain) if chain else None,
        tokens=_tokens(tokens),
        asset=asset,
        decimals=None if decimals is None else parse_unit_count(str(decimals)),
        nft=nft,
        decimal_comma=decimal_comma,
        mapping={**held, **words},
    )
    return ExportedCase(read_files(form, list(_paths(files)), options), options.mapping)


def _paths(files: Iterable[str | Path | Iterable[str | Path]]) -> Iterator[Path]:
    for file in files:
        if isinstance(file, (str, Path)):
            yield Path(file)
        else:
            yield from map(Path, file)


def _tokens(tokens: Mapping[str, int] | Iterable[str]) -> dict[str, int]:
    if isinstance(tokens, Mapping):
        tokens = [f"{contract}={decimals}" for contract, decimals in tokens.items()]
    found = {}
    for word in tokens:
        contract, mark, decimals = word.rpartition("=")
        if not mark or not contract:
            raise InputError(f"--token {word[:60]!r} is not ADDRESS=DECIMALS.", next_step="For example --token 0x…=6.")
        contract = contract.rsplit(":", 1)[-1]
        found[contract.lower() if contract[:2] in ("0x", "0X") else contract] = parse_unit_count(decimals)
    return found
