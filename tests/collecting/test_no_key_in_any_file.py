"""Keys of providers are in no file, no output and no error, whatever a provider does with them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from case_fetching import KEY, laundering_case, named
from explorer_server import ExplorerServer
from faults import Answer, Asked, Fault, changed, html_page, not_ok_reply, says, server_error, to
from laundering import Laundering

HERE = Path(__file__).parent
NODE_KEY = "0f9e8d7c6b5a49382716rented"


class RentedNode(ExplorerServer):
    """The providers, the node at a path that holds a key as rented nodes have it."""

    def understand(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
        """Return a request as it is logged, the key taken out of its path."""
        return super().understand(method, path.replace(f"/rpc/v3/{NODE_KEY}", "/rpc"), headers, body)


@pytest.fixture(scope="module")
def rented(laundering: Laundering) -> Iterator[RentedNode]:
    server = RentedNode(laundering.node)
    server.etherscan.settings.keys = {KEY}
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(rented: RentedNode) -> Iterator[RentedNode]:
    rented.log.clear()
    yield rented
    rented.faults.clear()


def forms_of(key: str) -> list[bytes]:
    """Return a key as it may be written: plain, encoded for a URL, base64 at each offset, hex."""
    plain = key.encode()
    found = [plain, quote(key, safe="").encode(), quote_plus(key).encode(), plain.hex().encode()]
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        # The first and last digits also depend on the neighbours.
        found.append(coded[4 if offset else 0 : -4])
    return [*found, plain.hex().upper().encode(), key[::-1].encode()]


def found_in(data: bytes) -> list[str]:
    return [form.decode() for key in (KEY, NODE_KEY) for form in forms_of(key) if form in data]


def leaks(folder: Path) -> list[str]:
    """Return every file below a folder that holds a key, in its bytes or in what they unpack to, or in its name."""
    wrong = []
    for path in sorted(folder.rglob("*")):
        if found_in(str(path).encode()):
            wrong.append(str(path))
        if path.is_file():
            data = path.read_bytes()
            inside = b"\n".join(unpacked_all(data)) if path.suffix in (".gz", ".pack") else b""
            wrong += [f"{path}: {form}" for form in found_in(data) + found_in(inside)]
    return wrong


def unpacked_all(data: bytes) -> list[bytes]:
    """Return everything that begins as gzip in some bytes, unpacked."""
    found = []
    at = data.find(b"\x1f\x8b\x08")
    while at >= 0:
        with suppress(zlib.error):
            found.append(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[at:]))
        at = data.find(b"\x1f\x8b\x08", at + 3)
    return found


def run(folder: Path, server: RentedNode, *command: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program beside the case, with keys in its environment."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_URL")}
    variables |= named(server) | {"TRACER_URL_RPC_EIP155_31337": f"{server.rpc_url}/v3/{NODE_KEY}"} | more
    variables["PYTHONPATH"] = os.pathsep.join(
        str(one) for one in (HERE, HERE.parent / "nodes", HERE.parent / "api", HERE.parents[1])
    )
    whole = [sys.executable, *command]
    return subprocess.run(whole, env=variables, cwd=folder.parent, capture_output=True, check=False, timeout=300)


def fetch(folder: Path, server: RentedNode, *out: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Fetch, and trace where a folder is given, with everything logged that any library logs."""
    return run(folder, server, str(HERE / "fetching_story_child.py"), str(folder), "etherscan", *out, **more)


def test_after_a_whole_fetch_and_a_trace_no_byte_anywhere_is_a_key(
    server: RentedNode, laundering: Laundering, tmp_path: Path
) -> None:
    folder = laundering_case(tmp_path, laundering)
    done = fetch(folder, server, "out")
    assert done.returncode == 0, done.stderr
    assert b"DEBUG" in done.stderr
    assert {one.params.get("apikey") for one in server.calls("etherscan")} == {KEY}
    assert server.calls("rpc")
    assert (tmp_path / "out" / "summary.json").is_file()
    assert leaks(tmp_path) == []
    assert found_in(done.stdout) == found_in(done.stderr) == []
    packs = (folder / "bundle" / "responses").glob("*.pack")
    assert sum(len(unpacked_all(path.read_bytes())) for path in packs) > 200


def test_the_command_line_says_no_key(server: RentedNode, laundering: Laundering, tmp_path: Path) -> None:
    folder = laundering_case(tmp_path, laundering)
    lines = (
        ("fetch", "story", "--from", "etherscan", "--contracts", "--json", "--no-proofs"),
        ("trace", "story", "--out", "out"),
        ("doctor",),
        ("fetch", "story", "--from", "etherscan", "--refresh", "--max-calls", "1"),
    )
    for line in lines:
        done = run(folder, server, "-m", "tracer.cli", *line)
        assert done.returncode in (0, 3), done.stderr
        assert done.stdout or done.stderr
        assert found_in(done.stdout) == found_in(done.stderr) == []
    assert (tmp_path / "out" / "summary.json").is_file()
    assert leaks(tmp_path) == []


def _echoing(server: RentedNode) -> dict[str, Fault]:
    url = f"{server.etherscan_url}?apikey={quote_plus(KEY)}"
    node = f"{server.rpc_url}/v3/{NODE_KEY}"
    lists = to("etherscan", "account/tokentx")

    def redirect(answer: Answer) -> Answer:
        return changed(answer, status=302, headers={"Location": f"http://127.0.0.1:9/?apikey={quote_plus(KEY)}"})

    return {
        "refuses the key and repeats it": not_ok_reply(f"Invalid API Key {KEY}", when=to("etherscan")),
        "repeats the key beside rows": says(f'{{"status":"1","message":"OK {KEY}","result":[]}}', when=lists),
        "repeats the URL in a page": says(f"<html>{url}</html>", 403, when=lists),
        "repeats the URL in a server error": says(f"upstream {url} failed", 502, when=lists, times=2),
        "says it as the media type": Fault(lambda answer: changed(answer, content_type=f"text/{KEY}"), when=lists),
        "sends it elsewhere": Fault(redirect, when=lists),
        "repeats the node's URL in an error": says(
            f'{{"jsonrpc":"2.0","id":1,"error":{{"code":-32000,"message":"no {node}"}}}}',
            when=to("rpc", "eth_getTransactionReceipt"),
        ),
        "a web page": html_page(403, when=to("rpc")),
        "fails": server_error(500, when=to("rpc", "debug_traceTransaction"), times=3),
    }


@pytest.mark.parametrize(
    "name",
    [
        "refuses the key and repeats it",
        "repeats the key beside rows",
        "repeats the URL in a page",
        pytest.param("repeats the URL in a server error", marks=pytest.mark.prove),
        pytest.param("says it as the media type", marks=pytest.mark.prove),
        "sends it elsewhere",
        "repeats the node's URL in an error",
        pytest.param("a web page", marks=pytest.mark.prove),
        pytest.param("fails", marks=pytest.mark.prove),
    ],
)
def test_a_provider_that_fails_and_repeats_the_key_does_not_spread_it(
    name: str, server: RentedNode, laundering: Laundering, tmp_path: Path
) -> None:
    folder = laundering_case(tmp_path, laundering)
    fault = server.faults.add(_echoing(server)[name])
    done = fetch(folder, server)
    assert fault.struck
    assert done.returncode in (0, 3), done.stderr
    assert leaks(tmp_path) == []
    assert found_in(done.stdout) == found_in(done.stderr) == []


@pytest.mark.prove  # it waits long between its tries
def test_nobody_listening_is_said_without_the_key(laundering: Laundering, rented: RentedNode, tmp_path: Path) -> None:
    folder = laundering_case(tmp_path, laundering)
    nowhere = {"TRACER_URL_RPC_EIP155_31337": f"http://127.0.0.1:9/v3/{NODE_KEY}"}
    nowhere["TRACER_URL_ETHERSCAN_EIP155_31337"] = f"http://127.0.0.1:9/{NODE_KEY}/api"
    done = fetch(folder, rented, **nowhere)
    assert done.returncode == 3
    assert done.stderr
    assert found_in(done.stdout) == found_in(done.stderr) == []
    assert leaks(tmp_path) == []
