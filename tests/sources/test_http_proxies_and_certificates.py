from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from misbehaving_server import QUICK, Server, ask, proxying, serving

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.errors import InputError, SourceError
from tracer.net.http import Http
from tracer.net.query import Request, RetryableError
from tracer.net.throttle import Pause

OPENSSL = shutil.which("openssl")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *AUTHORITIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate authority of our own and a certificate for this machine."""
    if OPENSSL is None:
        pytest.skip("the program openssl is not installed; it makes the certificates")
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    new = ["req", "-newkey", "rsa:2048", "-nodes", "-sha256"]
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=ours", *extensions, "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", "/CN=127.0.0.1", "-keyout", "here.key", "-out", "here.csr"],
        [
            *("x509", "-req", "-days", "2", "-in", "here.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-set_serial", "7", "-extfile", "names", "-out", "here.pem"),
        ],
    ):
        subprocess.run([OPENSSL, *command], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def secure(certified: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified / "here.pem", certified / "here.key")
    with serving(context) as server:
        yield server


def fetched(url: str, folder: Path) -> object:
    with Http({url: replace(QUICK, retries=1)}) as http, Store(folder, write=True) as store:
        return ask(LiveExchange(store, http, sleep=lambda _: None), url)


def test_a_certificate_nobody_vouches_for_is_an_error_at_once(secure: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"certificate of 127\.0\.0\.1 is not trusted") as caught:
        fetched(secure.url, tmp_path / "bundle")
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert not isinstance(caught.value, RetryableError)
    assert secure.seen == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_ones_own_is_trusted(
    secure: Server, certified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certified / "ca.pem"))
    assert fetched(secure.url, tmp_path / "bundle") == {"path": "/number", "n": "1"}


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "authority.pem"
    if content:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with Http({"https://127.0.0.1": QUICK}) as http, pytest.raises(InputError, match="SSL_CERT_FILE names a file"):
        http.send(Request("GET", "https://127.0.0.1/"), Pause())


def test_a_question_goes_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server, proxying() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        assert fetched(server.url, tmp_path / "bundle") == {"path": "/number"}
        assert asked == [f"GET {server.url}/number?n=1 HTTP/1.1"]


def test_a_secure_question_goes_through_a_tunnel(
    secure: Server, certified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified / "ca.pem"))
    with proxying() as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert fetched(secure.url, tmp_path / "bundle") == {"path": "/number", "n": "1"}
        assert asked == [f"CONNECT {secure.url.removeprefix('https://')} HTTP/1.1"]


def test_a_host_excepted_from_the_proxy_is_asked_directly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server, proxying() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert fetched(server.url, tmp_path / "bundle") == {"path": "/number", "n": "1"}
        assert asked == []


def test_a_proxy_that_is_not_there_is_a_fault_that_may_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying() as (gone, _):
        pass
    monkeypatch.setenv("HTTP_PROXY", gone)
    with serving() as server, pytest.raises(RetryableError):
        fetched(server.url, tmp_path / "bundle")


@pytest.mark.parametrize("proxy", ["ldap://user:pass-of-proxy@127.0.0.1", "socks5://127.0.0.1:1", "http://[::1"])
def test_a_proxy_that_cannot_be_one_is_an_input_error_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with Http({"http://127.0.0.1": QUICK}) as http, pytest.raises(InputError, match="proxy named in") as caught:
        http.send(Request("GET", "http://127.0.0.1/"), Pause())
    assert "pass-of-proxy" not in f"{caught.value} {caught.value.__context__}"
