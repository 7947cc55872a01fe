"""A history of a hundred thousand rows is read whole, in memory that its rows account for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from long_explorer import running_long_explorer

HERE = Path(__file__).parent
MEBIBYTE = 1 << 20

pytest.importorskip("resource", reason="this system does not say what memory a program took")


def read(rows: int, folder: Path) -> dict[str, Any]:
    path = os.pathsep.join(str(one) for one in (HERE, HERE.parent / "nodes", HERE.parents[1]))
    with running_long_explorer(rows) as server:
        command = [sys.executable, str(HERE / "long_history_child.py"), str(folder), server.url, str(server.height)]
        environment = {**os.environ, "PYTHONPATH": path}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, done.stderr
        calls = len(server.log)
    said: dict[str, Any] = json.loads(done.stdout)
    print(rows, calls, {name: value // MEBIBYTE for name, value in said.items() if name in ("before", "peak")})
    assert (said["rows"], said["distinct"], said["complete"]) == (rows, rows, True)
    assert said["total"] == sum(1_000_000 + number for number in range(rows))
    assert calls < rows // 1_000 * 2 + 50
    return said


def test_a_hundred_thousand_rows_are_read_whole_in_bounded_memory(tmp_path: Path) -> None:
    small, large = read(10_000, tmp_path / "small"), read(100_000, tmp_path / "large")
    assert small["peak"] - small["before"] < 100 * MEBIBYTE
    assert large["peak"] - small["peak"] < 400 * MEBIBYTE
