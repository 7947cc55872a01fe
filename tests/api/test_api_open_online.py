"""A case that is not opened offline is fetched first; afterwards it opens offline, and both are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from explorer_server import ExplorerServer
from laundering import Laundering
from story_case import private_case

import tracer


def test_a_private_case_opened_online_is_fetched_and_then_opens_offline(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACER_URL_RPC_EIP155_31337", laundering_server.rpc_url)
    folder = private_case(tmp_path / "mine", laundering)
    online = tracer.open_case(folder, offline=False).trace()
    monkeypatch.delenv("TRACER_URL_RPC_EIP155_31337")
    offline = tracer.open_case(folder).trace()
    assert online.result == offline.result
    assert online.audit.closed


def test_an_incident_opened_online_goes_on_in_the_user_s_own_bundles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node_programs: None
) -> None:
    from record_training import running_training

    monkeypatch.setenv("TRACER_BUNDLES", str(tmp_path))
    with running_training() as (_, server):
        monkeypatch.setenv("TRACER_URL_RPC_EIP155_31337", server.rpc_url)
        trace = tracer.open_case("training", offline=False).trace()
    assert (tmp_path / "training" / "manifest.json").is_file()
    assert trace.result.exits == tracer.open_case("training").trace().result.exits
