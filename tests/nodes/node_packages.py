"""Installs the nodes' packages once, as the lock beside this file names them, and finds their programs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
REQUIRED = "TRACER_REQUIRE_NODES"
"""Set (to anything), a machine without the nodes fails the tests that need them; otherwise they are skipped."""

_PLATFORMS = {"linux": "linux", "darwin": "darwin", "windows": "win32"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class NodesMissingError(RuntimeError):
    """The nodes' packages are not here and cannot be installed; the message says why."""


def anvil_program() -> Path:
    """Return where the EVM node's program lies once installed; its wrapper would need an install script."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in _PLATFORMS or machine not in _MACHINES:
        raise NodesMissingError(f"no EVM node is built for {system} on {machine}")
    suffix = ".exe" if system == "windows" else ""
    package = f"anvil-{_PLATFORMS[system]}-{_MACHINES[machine]}"
    return MODULES / "@foundry-rs" / package / "bin" / f"anvil{suffix}"


def install() -> None:
    """Install what the lock names, once, however many test processes ask for it at the same time.

    Raises
    ------
    NodesMissingError
        If node or npm is absent, or npm fails.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        raise NodesMissingError("node and npm are not installed on this machine")
    lock_text = (HERE / "package-lock.json").read_text("utf-8")
    stamp = MODULES / ".installed-lock"
    with FileLock(Path(tempfile.gettempdir()) / f"tracer-nodes-{sha256(bytes(HERE)).hexdigest()[:16]}.lock"):
        if stamp.is_file() and stamp.read_text("utf-8") == lock_text:
            return
        command = [shutil.which("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=600)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise NodesMissingError(f"npm ci failed: {last}")
        stamp.write_text(lock_text, "utf-8")


@cache
def contracts(evm_version: str) -> dict[str, Any]:
    """Return ``{name: {abi, bytecode}}`` of every contract in the folder, compiled."""
    install()
    done = run_node("compile.js", evm_version)
    return dict(json.loads(done))


def run_node(script: str, *arguments: str) -> str:
    """Run a script of this folder to its end and return what it wrote."""
    command = [shutil.which("node") or "node", str(HERE / script), *arguments]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{script} failed:\n{done.stderr}")
    return done.stdout


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def must_have_nodes() -> bool:
    """Whether a machine without the nodes is a failure."""
    return bool(os.environ.get(REQUIRED))
