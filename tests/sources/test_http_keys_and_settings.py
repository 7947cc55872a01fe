from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import keyring
import keyring.backend
import keyring.errors
import pytest
from misbehaving_server import QUICK, Say, as_json, asking, bytes_of, said, serving

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.errors import InputError, SourceError, TracerError
from tracer.net.http import Http
from tracer.net.keys import REDACTED, Secret, holds_key, key_of, redact
from tracer.net.query import PermanentError, Query, Request
from tracer.net.settings import DEFAULTS, HostSettings, settings_of

CODES = (base64.b64encode, base64.urlsafe_b64encode)
KEY = 'S3cret/Key+of=ours%"\\'


class Ring(keyring.backend.KeyringBackend):
    """A key ring in memory."""

    priority = 1  # type: ignore[assignment]
    held: dict[tuple[str, str], str] = {}  # noqa: RUF012
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("the ring is locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)
    ring.held.clear()


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_does_not_show_itself() -> None:
    secret = Secret(KEY)
    assert {repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret} == {REDACTED}  # noqa: UP031
    assert f"{secret:>8}" == f"{REDACTED:>8}"
    assert KEY not in repr([secret, {"key": secret}])
    assert secret.reveal() == KEY


def test_a_key_is_not_pickled_or_copied() -> None:
    secret = Secret(KEY)
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not written anywhere"):
            write(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


@pytest.mark.parametrize("value", ["", "short", "with space inside", "line\nbreak-key", "ключ-ключ-ключ", "x" * 7])
def test_what_cannot_be_a_key_is_not_repeated(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as caught:
        Secret(value)
    assert not value or value not in str(caught.value)
    if value:
        monkeypatch.setenv("TRACER_ETHERSCAN_KEY", value)
        with pytest.raises(InputError, match="The key of etherscan is not usable"):
            key_of("etherscan")


def test_the_environment_gives_a_key_before_the_ring(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_of("price-api") is None
    ring.set_password("tracer", "price-api", "key-from-the-ring")
    found = key_of("price-api")
    assert found is not None
    assert found.reveal() == "key-from-the-ring"
    monkeypatch.setenv("TRACER_PRICE_API_KEY", " key-from-the-environment ")
    found = key_of("price-api")
    assert found is not None
    assert found.reveal() == "key-from-the-environment"


def test_a_locked_ring_is_an_error_that_says_what_to_do(ring: Ring) -> None:
    ring.locked = True
    with pytest.raises(InputError) as caught:
        key_of("etherscan")
    assert "TRACER_ETHERSCAN_KEY" in caught.value.next_step


def test_without_keyring_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert key_of("etherscan") is None


def test_a_text_loses_every_form_of_a_key() -> None:
    Secret(KEY)
    forms = [
        KEY,
        quote(KEY, safe=""),
        quote(KEY),
        json.dumps(KEY),
        f"https://a.example/?apikey={quote(KEY, safe='')}&x=1",
    ]
    for form in forms:
        assert REDACTED in redact(f"<{form}>")
        assert "S3cret" not in redact(f"<{form}>")
    assert redact("nothing to hide") == "nothing to hide"
    assert holds_key(f"x{KEY}y".encode())
    assert not holds_key(b"nothing to hide")


def disguises(key: str) -> list[str]:
    """Return a key as programs escape it: JSON of PHP and of others, URLs, HTML, base64, hex; also twice."""
    points = "".join(f"\\u{ord(character):04X}" for character in key)
    once = [json.dumps(key)[1:-1], key.replace("/", "\\/"), points, quote(key, safe=""), quote_plus(key), escape(key)]
    small = re.sub("%..", lambda found: found[0].lower(), quote(key, safe=""))
    again = [json.dumps(points)[1:-1], quote(quote(key, safe=""), safe=""), escape(escape(key)), small]
    entities = ["".join(f"&#{ord(one)};" for one in key), "".join(f"&#x{ord(one):x};" for one in key)]
    coded = [code(f"{'x' * before}{key}zz".encode()).decode() for code in CODES for before in range(3)]
    return [key, *once, *again, *entities, *coded, key.encode().hex(), key.encode().hex().upper()]


@pytest.mark.parametrize("form", disguises(KEY))
def test_a_key_is_found_in_whatever_disguise_a_program_gives_it(form: str) -> None:
    Secret(KEY)
    said = f'{{"tokenSymbol":"{form}"}}'
    assert holds_key(said.encode())
    assert all(holds_key(said.encode(wide)) for wide in ("utf-16", "utf-16-be", "utf-32"))
    assert REDACTED in redact(said)
    assert redact(redact(said)) == redact(said)


@pytest.mark.parametrize("piece", ["\\", "%25", "&amp;", "S\\", "&#0"])
def test_a_reply_of_nothing_but_escapes_is_searched_in_no_time(piece: str) -> None:
    Secret(KEY)
    begun = time.process_time()
    assert not holds_key(piece.encode() * (1 << 19))
    assert time.process_time() - begun < 5


def test_a_key_in_a_nodes_url_is_found_where_the_url_is_taken_apart() -> None:
    Secret("https://someone:pass-word-1@node.example/v3/0123456789abcdef0123/?token=tok-en-42")
    for part in ("0123456789abcdef0123", "tok-en-42", "pass-word-1"):
        assert redact(f"at {part}.") == f"at {REDACTED}."
    basic = base64.b64encode(b"someone:pass-word-1").decode()
    assert redact(f"Basic {basic}") == f"Basic {REDACTED}"
    assert "node.example" in redact("node.example failed")


def test_a_request_does_not_show_what_is_sent() -> None:
    request = Request("POST", f"https://a.example/{KEY}", {"apikey": KEY}, {"X-Key": KEY}, KEY.encode())
    assert repr(request) == "Request(method='POST')"


@pytest.mark.parametrize("echo", ["error", "body", "html", "header", "fault"])
def test_no_file_error_or_log_holds_a_key_even_if_the_provider_repeats_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, echo: str
) -> None:
    secret = Secret("MyVeryOwnKey12345")
    replies = {
        "error": said({"error": f"key {secret.reveal()} is wrong"}, status=500),
        "body": said({"you sent": secret.reveal()}),
        "html": Say(f"<p>{secret.reveal()}</p>".encode(), content_type=f"text/{secret.reveal()}"),
        "header": said(1, headers={"X-Echo": secret.reveal(), "Location": f"/{secret.reveal()}"}),
        "fault": said({"fault": secret.reveal()}),
    }

    def check(reply: object) -> object:
        answer = as_json(reply)  # type: ignore[arg-type]
        if isinstance(answer, dict) and "fault" in answer:
            raise SourceError(f"It says {answer['fault']}.", why=answer["fault"], next_step=f"Not {answer['fault']}")
        return answer

    texts = []
    with serving() as server, caplog.at_level(logging.DEBUG):
        server.plan = lambda _: replies[echo]
        with Http({server.url: replace(QUICK, retries=1)}) as http, Store(tmp_path / "bundle", write=True) as store:
            exchange = LiveExchange(store, http, sleep=lambda _: None)
            request = Request("GET", f"{server.url}/api", {"apikey": secret.reveal()}, {"X-Key": secret.reveal()})
            try:
                exchange.ask(Query("test", "eip155:1", "api"), lambda: request, check)  # type: ignore[arg-type]
            except TracerError as error:
                seen: BaseException | None = error
                while seen is not None:
                    texts.append(f"{seen} {seen!r} {seen.args} {vars(seen)}")
                    seen = seen.__cause__ or seen.__context__
            assert server.seen[0].params["apikey"] == secret.reveal()
    files = [*bytes_of(tmp_path), *bytes_of(tmp_path).values()]
    assert len(files) > 1
    everything = "\n".join([caplog.text, *texts, *map(str, files), *(f"{r.message} {r.args}" for r in caplog.records)])
    assert "MyVeryOwnKey" not in everything


def test_a_question_that_holds_a_key_is_not_written(tmp_path: Path) -> None:
    secret = Secret("KeyInTheQuestion99")
    with serving() as server, Http({server.url: QUICK}) as http, Store(tmp_path / "bundle", write=True) as store:
        exchange = LiveExchange(store, http)
        query = Query("test", "eip155:1", "api", {"apikey": secret.reveal()})  # type: ignore[arg-type]
        with pytest.raises(SourceError, match="repeats the key"):
            exchange.ask(query, lambda: Request("GET", server.url), as_json)
    assert all(b"KeyInTheQuestion99" not in data for data in bytes_of(tmp_path / "bundle").values())


def test_a_reply_that_repeats_a_key_costs_its_question_alone_and_is_not_kept(tmp_path: Path) -> None:
    secret = Secret("KeyInTheAnswer/99")
    with serving() as server:
        server.plan = lambda seen: Say(b'{"n": "KeyInTheAnswer\\/99"}') if seen.number == 1 else said({"n": 2})
        for renew in (False, True):
            with (
                Http({server.url: QUICK}) as http,
                Store(tmp_path, write=True) as store,
                LiveExchange(store, http, renew_refused=renew) as exchange,
            ):
                if renew:
                    assert exchange.ask(*asking(server.url, 1)) == {"n": 2}
                else:
                    with pytest.raises(PermanentError, match="repeats the key") as caught:
                        exchange.ask(*asking(server.url, 1))
                    assert caught.value.reason == "inconsistent"
                    assert exchange.ask(*asking(server.url, 2)) == {"n": 2}
    assert not any(holds_key(data) for data in bytes_of(tmp_path).values())
    assert secret.reveal() not in str(caught.value)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_defaults_are_what_providers_publish() -> None:
    assert (DEFAULTS["etherscan"].rate_per_s, DEFAULTS["etherscan"].per_day) == (3.0, 100_000)
    assert (DEFAULTS["esplora"].rate_per_s, DEFAULTS["esplora"].retries) == (1.0, 3)
    assert DEFAULTS["trongrid"].rate_per_s == 10.0
    assert settings_of("someone-else") == HostSettings()
    assert all(settings.burst == 1 for settings in DEFAULTS.values())


def test_a_node_of_ones_own_is_asked_as_fast_as_it_answers() -> None:
    assert settings_of("esplora", "http://127.0.0.1:3000").rate_per_s == 1_000.0
    assert settings_of("esplora", "https://localhost.example").rate_per_s == 1.0


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_RATE_PRICE_API", "0.5")
    monkeypatch.setenv("TRACER_BUDGET_PRICE_API", "10")
    monkeypatch.setenv("TRACER_TIMEOUT_PRICE_API", "90")
    for url in ("", "http://127.0.0.1:80"):
        settings = settings_of("price-api", url)
        assert (settings.rate_per_s, settings.per_day, settings.timeout_s) == (0.5, 10, 90.0)
    monkeypatch.setenv("TRACER_BUDGET_PRICE_API", "0")
    assert settings_of("price-api").per_day is None


def test_no_silence_is_waited_for_longer_than_systems_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_TIMEOUT_ETHERSCAN", "1e300")
    assert settings_of("etherscan").timeout_s == 86_400.0


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf", "1e999", "0x10", "0", "1e-300"])
def test_a_rate_that_cannot_be_one_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TRACER_RATE_ETHERSCAN", text)
    with pytest.raises(InputError, match="TRACER_RATE_ETHERSCAN"):
        settings_of("etherscan")
