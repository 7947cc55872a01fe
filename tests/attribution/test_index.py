"""The index answers as the YAML does, is built the same twice, and is refused when it does not fit."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracer.attribution.index import INDEX_FILE, build_index, open_index
from tracer.attribution.registry import all_statements
from tracer.attribution.why import why
from tracer.config.paths import addresses_dir


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the registry with its index, as the wheel holds it."""
    home = tmp_path_factory.mktemp("index") / "addresses"
    shutil.copytree(addresses_dir(), home)
    build_index(home, home / INDEX_FILE)
    return home


def test_the_index_answers_as_the_yaml_for_every_address(home: Path) -> None:
    index = open_index(home)
    assert index is not None
    held: dict[str, set[object]] = {}
    for said in all_statements(home):
        held.setdefault(said.address, set()).add(said)
    assert len(held) > 1_500
    assert {address: set(index.statements([address])) for address in held} == held
    assert index.statements(["0x00000000219ab540356cbb839cbe05303d7705fa"]) == ()
    assert index.statements(["' OR 1=1 --"]) == ()


def test_the_index_is_built_with_the_same_bytes_in_another_process(home: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tracer.attribution.index import build_index; "
        "build_index(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    target = tmp_path / INDEX_FILE
    subprocess.run([sys.executable, "-c", code, str(home), str(target)], check=True, cwd=Path(__file__).parents[2])
    assert target.read_bytes() == (home / INDEX_FILE).read_bytes()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        lambda home: _flip(home / INDEX_FILE),
        lambda home: (home / INDEX_FILE).write_bytes((home / INDEX_FILE).read_bytes()[:5000]),
        lambda home: (home / INDEX_FILE).write_bytes(b"not a database"),
        lambda home: (home / INDEX_FILE).unlink(),
        lambda home: (home / "incidents/bybit-2025.yml").write_bytes(b"# edited\n"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(home: Path, tmp_path: Path, harm: object) -> None:
    copy = tmp_path / "addresses"
    shutil.copytree(home, copy)
    harm(copy)  # type: ignore[operator]
    assert open_index(copy) is None


def test_a_lookup_is_quick(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "0x51e9d833ecae4e8d9d8be17300aee6d3398c135d"
    start = time.perf_counter()
    cold_answer = why(address, folder=home)
    cold = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(50):
        why(address, folder=home)
    warm = (time.perf_counter() - start) / 50
    with capsys.disabled():
        print(f" why: cold {cold * 1e3:.0f} ms, warm {warm * 1e3:.2f} ms;", end="")
    assert cold_answer
    # The aims are 50 ms and 1 ms; a busy machine gets four times that before it counts as a fault.
    assert cold < 0.2
    assert warm < 0.004
