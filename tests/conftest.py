"""What all tests share: no network, seeded property tests, helpers beside a test, and where the recorded data lies."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
for folder in sorted(path for path in HERE.iterdir() if path.is_dir() and path.name[0] not in "._"):
    sys.path.insert(0, str(folder))

pytest_plugins = ["node_fixtures"]

SHARED = HERE.parents[1] / "shared"
LOCAL = ("127.0.0.1", "::1", "localhost", "")

# No test reads or writes the label store or the bundles of whoever runs it.
os.environ.pop("TRACER_STORE", None)
os.environ["XDG_DATA_HOME"] = str(HERE / "no-such-data")
os.environ["TRACER_BUNDLES"] = str(HERE / "no-such-bundles")

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "prove", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("prove" if os.environ.get("TRACER_PROVE") else "ci")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded facts and chain data, or skip saying that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of recorded facts and chain data is not beside this checkout")
    return SHARED


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine, and every look-up of a name."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def only_local(original: Any) -> Any:
        def checked(self: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple) and address[0] not in LOCAL:
                raise OSError(f"A test tried to reach {address!r}; tests run offline.")
            return original(self, address)

        return checked

    def only_local_names(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and host not in LOCAL:
            raise OSError(f"A test tried to look up {host!r}; tests run offline.")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_local(connect))
        patch.setattr(socket.socket, "connect_ex", only_local(connect_ex))
        patch.setattr(socket, "getaddrinfo", only_local_names)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk() -> Iterator[None]:
    """Let what is written reach the disk when the system likes: no test pulls the plug, and a kill loses nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
