"""`tracer swaps`: what a Midgard server says, in words and as JSON; a server nobody named is not asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from tracer.api import swaps
from tracer.cli.app import app
from tracer.errors import InputError

IN, OUT = "A" * 64, "B" * 64
PAYER, PAYEE = "0x" + 40 * "1", "bc1qpx7vyv5tp7dm0g475ev527krg764t73dh77gls"
ACTION = {
    **{"type": "swap", "status": "success", "height": "90", "date": "1700000000000000000"},
    "metadata": {"swap": {"memo": f"=:BTC.BTC:{PAYEE}"}},
    "in": [{"address": PAYER, "txID": IN, "coins": [{"asset": "ETH.ETH", "amount": "1000000000"}]}],
    "out": [{"address": PAYEE, "txID": OUT, "coins": [{"asset": "BTC.BTC", "amount": "50000000"}], "height": "91"}],
}


class _Midgard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        held = [ACTION] if self.path.startswith("/v2/actions") and IN in self.path else []
        known: dict[str, Any] = {"actions": held, "count": "1", "meta": {"nextPageToken": ""}}
        body = {"inSync": True, "lastCommitted": {"height": 100}} if self.path.startswith("/v2/health") else known
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    held = HTTPServer(("127.0.0.1", 0), _Midgard)
    threading.Thread(target=held.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{held.server_address[1]}"
    held.shutdown()
    held.server_close()


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["swaps", *words])
    return done.exit_code, done.stdout


def test_a_swap_is_told_with_both_ends(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_URL_MIDGARD", server)
    code, said = run(f"0x{IN}")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "2023-11-14T22:13:20Z  swap, success"
    assert PAYER in lines[1].lower()
    assert "about 10.00000000 ETH.ETH" in lines[1]
    assert PAYEE in lines[2]
    assert "about 0.50000000 BTC.BTC" in lines[2]
    assert lines[3] == f"  memo =:BTC.BTC:{PAYEE}"


def test_json_has_links_and_coverage_and_nothing_known_is_exit_1(server: str) -> None:
    code, said = run(IN, "--url", server, "--json")
    record = json.loads(said)
    assert (code, len(record["links"]), record["coverage"]["complete"]) == (0, 1, True)
    assert run("C" * 64, "--url", server)[0] == 1


def test_a_server_that_nobody_named_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACER_URL_MIDGARD", raising=False)
    with pytest.raises(InputError, match="No Midgard server of thorchain is named"):
        swaps(IN)
    with pytest.raises(InputError, match="is no such network"):
        swaps(IN, network="chainflip")
