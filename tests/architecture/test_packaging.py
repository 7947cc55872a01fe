"""What is declared is what is used, what is locked installs the same twice, and what is built holds the data."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = {canonicalize_name(r.name): r for r in map(Requirement, PROJECT["project"]["dependencies"])}
TESTS = {canonicalize_name(r.name) for r in map(Requirement, PROJECT["project"]["optional-dependencies"]["test"])}
EXTRAS = {
    Requirement(r).name for extra in ("store", "keyring") for r in PROJECT["project"]["optional-dependencies"][extra]
}
IMPORT_NAME = {"pyyaml": "yaml", "py-rattler": "rattler"}
NOT_IMPORTED = {
    "jupyterlab": "the program people open the notebooks in, not a library",
    "web3": "the way to a node of one's own; replayed cases do not need it",
}
BY_PIP = {"web3", "ortools", "eth-abi", "eth-hash"}
"""In environment.yml under pip: younger than conda-forge's copies, or of another name there."""
TOOLS = {"hatchling", "mypy", "ruff", "pandas-stubs", "types-pyyaml", "ipykernel"}
DISTRIBUTION = "stolen-crypto-tracer"
FORMERLY = "tracer"
"""The distribution's name up to 0.1.0; an environment made then still has it beside the new one."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; .*)? \\$")


def import_name(distribution: str) -> str:
    return IMPORT_NAME.get(distribution, distribution.replace("-", "_"))


def third_party(folder: Path) -> set[str]:
    """Return the top names a folder's files import that are neither ours, each other's nor the standard library's."""
    found: set[str] = set()
    files = sorted(folder.rglob("*.py"))
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"tracer"} - {path.stem for path in files}


def pins(name: str) -> dict[str, str]:
    """Return the exact versions of a lock file, by canonical name."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line.startswith(("#", " ")):
            continue
        match = PIN.match(line)
        assert match, f"{name}: {line!r} is no exact pin with hashes"
        key = canonicalize_name(match[1])
        assert key not in found, f"{name} pins {key} twice"
        found[key] = match[2]
    return found


def closure(names: set[str]) -> set[str]:
    """Return the distributions that an installation of these brings along, themselves included."""
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(canonicalize_name(requirement.name))
    return seen


# --- declared and used ------------------------------------------------------------------------------------------------


def test_every_third_party_import_of_the_package_is_declared() -> None:
    assert third_party(ROOT / "tracer") - {import_name(name) for name in {*RUNTIME, *EXTRAS}} == set()


def test_every_declared_dependency_is_imported_or_has_a_reason() -> None:
    used = third_party(ROOT / "tracer")
    assert {name for name in RUNTIME if import_name(name) not in used} <= set(NOT_IMPORTED)


def test_every_third_party_import_of_the_tests_is_declared() -> None:
    declared = {import_name(name) for name in {*RUNTIME, *TESTS}}
    assert third_party(ROOT / "tests") - declared == set()


def test_every_declared_test_dependency_is_imported_or_is_a_tool() -> None:
    used = third_party(ROOT / "tests")
    assert {name for name in TESTS - TOOLS if import_name(name) not in used} == set()


def test_dependencies_have_lower_bounds_only() -> None:
    optional = [text for group in PROJECT["project"]["optional-dependencies"].values() for text in group]
    for requirement in map(Requirement, [*PROJECT["project"]["dependencies"], *optional]):
        assert [specifier.operator for specifier in requirement.specifier] == [">="], str(requirement)


# --- lock files -------------------------------------------------------------------------------------------------------


def test_the_test_lock_is_the_runtime_lock_and_more() -> None:
    runtime, tests = pins("requirements.lock"), pins("requirements-test.lock")
    assert runtime.items() <= tests.items()


def test_the_locks_hold_every_declared_dependency_in_an_allowed_version() -> None:
    runtime, tests = pins("requirements.lock"), pins("requirements-test.lock")
    assert all(RUNTIME[name].specifier.contains(Version(runtime[name])) for name in RUNTIME)
    assert set(tests) >= TESTS
    assert "hatchling" in runtime, "installing the package itself must not fetch a build backend of any version"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_locks_hold_hashes_and_no_place_on_the_network_or_on_a_disk(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert re.findall(r"://|--index|--extra-index|--find-links|@ file|/home/|/root/|/work/|/tmp/", text) == []
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_locks_are_what_is_installed() -> None:
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        pytest.skip("not run by `make test`: this environment was not installed from the lock")
    locked = pins("requirements-test.lock")
    there = {canonicalize_name(d.metadata["Name"]): d.version for d in metadata.distributions()}
    assert {n: v for n, v in there.items() if n in locked} == {n: v for n, v in locked.items() if n in there}
    assert set(there) - set(locked) <= {DISTRIBUTION, FORMERLY, "pip", "setuptools"}


# --- environment.yml --------------------------------------------------------------------------------------------------


class StrictLoader(yaml.SafeLoader):
    """Safe YAML that refuses a repeated key."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is repeated: {keys}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def environment() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "environment.yml").read_text("utf-8"), StrictLoader)
    return loaded


def conda_lines(environment: dict[str, Any]) -> list[str]:
    return [line for line in environment["dependencies"] if isinstance(line, str)]


def pip_lines(environment: dict[str, Any]) -> list[str]:
    (block,) = [line for line in environment["dependencies"] if isinstance(line, dict)]
    assert list(block) == ["pip"]
    lines: list[str] = block["pip"]
    return lines


def test_the_conda_environment_names_itself_and_one_channel(environment: dict[str, Any]) -> None:
    assert set(environment) == {"name", "channels", "dependencies"}
    assert (environment["name"], environment["channels"]) == ("tracer", ["conda-forge"])


def test_conda_lines_are_match_specs(environment: dict[str, Any]) -> None:
    names = [str(MatchSpec(line, strict=True).name.normalized) for line in conda_lines(environment)]
    assert names[:2] == ["python", "pip"]
    assert names[2:] == sorted(names[2:])
    with pytest.raises(Exception, match=r".+"):  # without strict=True this nonsense is accepted
        MatchSpec("bad spec !!", strict=True)


def test_conda_lines_ask_for_what_the_project_asks_for(environment: dict[str, Any]) -> None:
    wanted = {f"{name} {requirement.specifier}" for name, requirement in RUNTIME.items() if name not in BY_PIP}
    wanted |= {f"python {PROJECT['project']['requires-python']}", "pip"}
    assert {line.replace("matplotlib-base", "matplotlib") for line in conda_lines(environment)} == wanted


def test_the_pip_block_is_what_pip_installs_as_locked_and_the_project(environment: dict[str, Any]) -> None:
    locked = pins("requirements.lock")
    for name in BY_PIP:
        if metadata.version(name) != locked[name]:
            pytest.skip(f"what {name} brings along is read from the installed version, which is not the locked one")
    brought = closure(BY_PIP) - closure({name for name in RUNTIME if name not in BY_PIP})
    assert pip_lines(environment) == [*(f"{name}=={locked[name]}" for name in sorted(brought)), "--editable ."]


# --- the built package ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("*.whl")
    return zipfile.ZipFile(built)


def shipped(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_file_of_addresses(wheel: zipfile.ZipFile) -> None:
    inside = {n.removeprefix("tracer/_addresses/") for n in wheel.namelist() if n.startswith("tracer/_addresses/")}
    assert inside == {*shipped(ROOT / "addresses"), "index.sqlite"}
    assert len(inside) > 0


def test_the_wheel_holds_the_package_its_types_and_its_licence_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    code = {f"tracer/{name}" for name in shipped(ROOT / "tracer")}
    assert {name for name in names if not name.startswith("tracer/_addresses/")} == code
    assert "tracer/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_the_installed_wheel_finds_its_data_without_the_checkout(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = "from tracer.io.paths import addresses_dir, bundles_dir; print(addresses_dir()); print(bundles_dir())"
    clean = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    data = tmp_path / "tracer" / "_addresses"
    assert done.stdout.split() == [str(data), str(data / "bundles")], done.stderr


def test_the_real_cases_are_in_the_wheel_and_trace_from_it(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = (
        "import tracer\n"
        "for name in ('ronin-2022', 'bybit-2025', 'nomad-2022', 'bitfinex-2016', 'colonial-2021'):\n"
        "    result = tracer.open_case(name).trace().result\n"
        "    print(name, result.audit.closed, len(result.exits) > 0, tracer.__file__)\n"
    )
    clean = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[1:] for line in lines] == [["True", "True", str(tmp_path / "tracer" / "__init__.py")]] * 5, done.stderr


def test_the_index_in_the_wheel_fits_its_data_and_is_used(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = (
        "from tracer.registry import load, why\n"
        "from tracer.registry.index import open_index; from tracer.io.paths import addresses_dir\n"
        "print(open_index(addresses_dir()) is not None)\n"
        "print(why('0x098b716b8aaf21512996dc57eb0615e2383e2f96')[0].source.rank)\n"
        "print(load._incident.cache_info().currsize)"
    )
    clean = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "A1", "0"], done.stderr


def test_f6_the_distribution_has_a_name_of_its_own_and_the_import_and_the_command_stay() -> None:
    from tracer.io.install import DISTRIBUTION as SAID

    assert PROJECT["project"]["name"] == DISTRIBUTION == SAID
    assert PROJECT["project"]["scripts"] == {"tracer": "tracer.cli:main"}
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tracer").rglob("*.py")]:
        assert not re.search(r"pip install (-\S+ )*'?tracer\b", path.read_text("utf-8")), f"{path}: somebody else's"


def test_f6_the_hint_for_an_extra_names_what_the_extra_declares_and_the_python_that_runs() -> None:
    from tracer.io.install import EXTRAS as SAID
    from tracer.io.install import install_line

    declared = PROJECT["project"]["optional-dependencies"]
    assert {extra: [requirement] for extra, requirement in SAID.items()} == {
        extra: declared[extra] for extra in declared if extra != "test"
    }
    words = shlex.split(install_line(SAID["store"]))
    assert Path(words[0]).resolve() == Path(sys.executable).resolve()
    assert words[1:] == ["-m", "pip", "install", SAID["store"]]
    pip = subprocess.run([*words[:3], "--help"], capture_output=True, text=True)
    assert pip.returncode == 0, pip.stderr


def test_one_version_everywhere() -> None:
    version = PROJECT["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert run_python("import tracer; print(tracer.__version__)").strip() == version


# --- importing --------------------------------------------------------------------------------------------------------

HEAVY = ("web3", "numba", "matplotlib", "scipy", "pandas", "networkx", "pyarrow", "jinja2", "jsonschema", "aiohttp")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_tracer_loads_nothing_heavy_and_warns_of_nothing() -> None:
    assert run_python(f"import sys, tracer; print([n for n in {HEAVY} if n in sys.modules])").strip() == "[]"


def test_importing_tracer_takes_less_than_a_third_of_a_second() -> None:
    code = "import time; t = time.perf_counter(); import tracer; print(time.perf_counter() - t)"
    assert min(float(run_python(code)) for _ in range(5)) < 0.3


def test_asking_for_help_loads_nothing_heavy() -> None:
    assert run_python(f"import sys, tracer.cli; print([n for n in {HEAVY} if n in sys.modules])").strip() == "[]"


def test_exports_are_sorted_complete_and_there() -> None:
    code = "import tracer; print(tracer.__all__ == sorted(tracer.__all__), set(tracer.__all__) <= set(dir(tracer)))\n"
    code += "print(all(getattr(tracer, name) is not None for name in tracer.__all__))"
    assert run_python(code).split() == ["True", "True", "True"]


# --- make -------------------------------------------------------------------------------------------------------------


def make(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", *words, *(f"{name}={value}" for name, value in variables.items())]
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)


@pytest.mark.parametrize(
    "target", ["demo", "check", "test", "docs", "data", "build", "prove-all", "bench", "training", "lock", "clean"]
)
def test_make_knows_its_targets(target: str) -> None:
    done = make("--dry-run", target)
    assert done.returncode == 0, done.stderr


def test_make_says_what_is_wrong_with_an_old_python(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = make("test", PYTHON=str(old), VENV=str(tmp_path / "venv"))
    assert done.returncode == 2
    assert f"{old} is Python 3.9.2; tracer needs Python 3.11 or newer." in done.stderr
    assert not (tmp_path / "venv").exists()


def test_make_says_what_is_wrong_with_a_python_that_is_not_there(tmp_path: Path) -> None:
    done = make("demo", PYTHON="python-that-is-not-there", VENV=str(tmp_path / "venv"))
    assert done.returncode == 2
    assert "There is no python-that-is-not-there. Install Python 3.11 or newer" in done.stderr


def test_the_gate_is_make_test() -> None:
    gate = ROOT / ".ci" / "run"
    lines = gate.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-1] == "exec make test"
    assert os.access(gate, os.X_OK)
