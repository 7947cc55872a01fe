"""Every notebook runs from a fresh kernel, offline, to its last cell; a second run changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tracer.registry.tallies import counts

RAW = re.compile(r"\d{1,3}(,\d{3}){4,}")
"""An amount of wei, as no whole unit is printed."""

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

CLOSE_NETWORK = """
import socket

LOCAL = ("127.0.0.1", "::1", "localhost")
connect = socket.socket.connect


def only_local(self, address, *args):
    if isinstance(address, tuple) and address[0] not in LOCAL:
        raise OSError("This notebook runs offline: the network is closed.")
    return connect(self, address, *args)


socket.socket.connect = only_local
"""


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_offline_to_its_last_cell(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-offline.py").write_text(CLOSE_NETWORK)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOKS.parent))
    notebook = nbformat.read(path, as_version=4)
    parameters = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    pictures = [output for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})]
    # No slab of a colour of its own stands behind a picture, on a light page or a dark one.
    assert not any("needs_background" in output["metadata"].get("image/png", output["metadata"]) for output in pictures)
    if path.stem == "00_quickstart":
        _check_quickstart(cells, tmp_path, client)
    elif path.stem == "01_registry":
        assert len(pictures) == 2
        # N22: a year for which nobody published a figure is unknown, never 0.
        assert "<td>0</td>" not in "".join(_shown(cells)).replace(' class="n"', "")
        # R3-1: what a trace does not show is not said of it, and each answer says where it is from.
        first = next(table for table in _shown(cells) if ">went first<" in table)
        ronin = re.search(r"<tr[^>]*>(?:(?!</tr>).)*ronin-2022.*?</tr>", first, re.DOTALL)
        assert ronin is not None
        assert "toward exchanges" in ronin[0]
        assert "Tornado" not in ronin[0]
        assert ">from<" in first
        # R3-3, R3-4: who says so stands in the picture, who disputes it beside the words, and they are whole.
        assert "disputed by" in str([output for cell in cells for output in cell.outputs])
        assert f"{counts().thefts} thefts" in str(cells[-1].outputs)
    elif path.stem == "03_follow_a_bridge":
        assert "'audit closed': [True, True]" in str(cells[-1].outputs)
        accepted = re.findall(r"'by ([\w ]+)': (\d)", str(cells[-1].outputs).replace("\\", ""))
        assert accepted == [("number", "1"), ("recipient", "1"), ("amount and time", "0")]
        assert any(">training:1<" in table for table in _shown(cells)), "sensitivity leaves the link out"
    elif path.stem == "02_compare_rules":
        assert pictures
        sensitivity = [table for table in _shown(cells) if ">dropped<" in table]
        assert sensitivity
        # N14: amounts stand in whole units beside their asset.
        assert all(">asset<" in table for table in sensitivity)
        assert not any(RAW.search(re.sub("title=\"[^\"]*\"", "", table)) for table in sensitivity)
        assert "'every rule within the interval': True" in str(cells[-1].outputs)
        assert "'audit closed': True" in str(cells[-1].outputs)


def _shown(cells: list[nbformat.NotebookNode]) -> list[str]:
    outputs = [output for cell in cells for output in cell.outputs]
    return ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]


def test_n6_n22_no_text_calls_a_table_of_whole_units_one_of_base_units() -> None:
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        words = "".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
        assert "whole base units" not in words
        assert "in base units" not in words


def _check_quickstart(cells: list[nbformat.NotebookNode], folder: Path, client: NotebookClient) -> None:
    kinds = [output.get("data", {}).keys() for cell in cells for output in cell.outputs]
    assert sum("image/svg+xml" in kind for kind in kinds) == 4
    assert "'audit closed': True" in str(cells[-1].outputs)
    # N7: who got it says how each row ends, who names it, and that no deposit is in the data.
    got = next(table for table in _shown(cells) if ">ends as<" in table)
    assert ">named by<" in got
    assert ">stolen units<" in got
    assert "No deposit at an exchange is in this data" in got
    written = {file.name: file.read_bytes() for file in (folder / "ronin-quickstart").iterdir()}
    client.execute()
    assert {file.name: file.read_bytes() for file in (folder / "ronin-quickstart").iterdir()} == written
