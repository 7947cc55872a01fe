"""Whatever a provider does, a history is the whole truth, or its coverage says what is missing, or the fetch says why.

The truth is the script that acted on the nodes. Each case reads wallets of the story through one source, while one kind
of answer goes wrong, for a while or for good.
"""

from __future__ import annotations

import copy
import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bitcoin_story import BitcoinStory
from collecting_setups import EVM_SETUPS, SETUPS, Row, Truth, asking, bitcoin_truth, evm_truth, loosely, made, unplaced
from explorer_server import ExplorerServer, LocalServer
from fault_table import ASKED, CUTS, KINDS, asked_by, cut_cases, fault_cases, faults_for
from in_process import in_process
from laundering import Laundering

from tracer.bundle.offline import OfflineExchange
from tracer.bundle.store import Store
from tracer.errors import SourceError
from tracer.model.coverage import REASONS
from tracer.providers.provider import History, Provider

ROLES = ("split_3", "meeting", "deposit_forwarder")
SEED = 20_240_229
IN_THE_GATE = 30
CUTS_IN_THE_GATE = 14


@pytest.fixture(params=list(SETUPS))
def source_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def truths(request: pytest.FixtureRequest) -> Callable[[str], Truth]:
    """Return the truth of a source by its name; nodes are started only where they are needed."""

    def truth(source: str) -> Truth:
        if source == "esplora":
            story: BitcoinStory = request.getfixturevalue("bitcoin_story")
            return bitcoin_truth(story, ("thief", "peel", "busy"), (f"{story.theft}:0",))
        laundering: Laundering = request.getfixturevalue("laundering")
        return evm_truth(laundering, ROLES, placed=source not in ("etherscan", "blockscout"))

    return truth


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> Callable[[str], LocalServer]:
    return lambda source: request.getfixturevalue("laundering_server" if source in EVM_SETUPS else "esplora_server")


def read(source: Provider, truth: Truth) -> dict[str, History | str]:
    """Return the history of each wallet, or the words of the error that ended the reading."""
    found: dict[str, History | str] = {}
    for holder in truth.holders:
        try:
            found[holder] = source.transfers(holder, 0, truth.last)
        except SourceError as fault:
            found[holder] = str(fault)
    assert all(isinstance(one, History) or one for one in found.values()), "an error without words"
    return found


def judged(found: dict[str, History | str], truth: Truth) -> dict[str, str]:
    """Return what became of each wallet: ``whole``, ``gap`` or ``error``; a silent loss or an invented row fails."""
    verdict = {}
    for holder, history in found.items():
        if isinstance(history, str):
            verdict[holder] = "error"
            continue
        gaps = [one for one in history.coverage if not one.complete]
        rows, expected = truth.of(history), truth.rows[holder]
        verdict[holder] = "gap" if gaps else "whole"
        if not gaps:
            assert history.coverage
            # Calls that only an explorer lists have no place; where several share a transaction, that is said.
            assert rows == expected or unplaced(rows) == unplaced(expected)
            continue
        held, due = Counter(map(loosely, rows)), Counter(map(loosely, expected))
        assert not held - due, "rows that nobody made"
        assert all(one.reason in REASONS and one.reason != "ok" and one.detail for one in gaps)
        for block, *_ in due - held:
            assert any(one.from_block <= block <= one.to_block for one in gaps), f"block {block} is lost in silence"
    return verdict


def replay(name: str, folder: Path, server: LocalServer, truth: Truth, log_cap: int) -> dict[str, History]:
    """Return what a bundle gives without a network; a wallet it cannot answer for is left out."""
    asked, found = len(server.log), {}
    with Store(folder) as store:
        source = made(name, OfflineExchange(store), server, log_cap=log_cap)
        for holder in truth.holders:
            try:
                found[holder] = source.transfers(holder, 0, truth.last)
            except SourceError:
                continue  # the answer is not held, or is a refusal, which says itself again
    assert len(server.log) == asked
    return found


def run_case(name: str, folder: Path, server: LocalServer, truth: Truth, log_cap: int = 1_000) -> dict[str, str]:
    """Read everything under the faults of a server, judge it, and replay it."""
    with asking(folder, server) as exchange:
        found = read(made(name, exchange, server, log_cap=log_cap), truth)
    verdict = judged(found, truth)
    replayed = replay(name, folder, server, truth, log_cap)
    for holder, outcome in verdict.items():
        if outcome == "whole":
            assert replayed[holder] == found[holder]
        elif holder in replayed:
            assert judged({holder: replayed[holder]}, truth)[holder] in ("gap", "whole")
    return verdict


def fault_holds(case: tuple[str, str, str, str, bool], folder: Path, server: LocalServer, truth: Truth) -> str:
    """Run one case of the matrix; return its worst verdict."""
    name, service, endpoint, kind, for_good = case
    fault = server.faults.add(faults_for(service, endpoint, kind, for_good=for_good))
    verdict = run_case(name, folder, server, truth)
    assert fault.seen
    if KINDS[kind].passes and not for_good:
        assert set(verdict.values()) == {"whole"}
    server.faults.clear()
    # Once the provider is well again, everything that was not whole is.
    with asking(folder, server, renew_refused=True) as exchange:
        after = judged(read(made(name, exchange, server), truth), truth)
    assert set(after.values()) <= {"whole", "gap"}
    return next(one for one in ("error", "gap", "whole") if one in verdict.values())


def case_id(case: tuple[object, ...]) -> str:
    return "-".join(str(part) for part in case if part != "").replace("True", "for good").replace("False", "passing")


def test_undisturbed_every_source_gives_the_scripted_truth_and_asks_what_the_table_says(
    source_name: str, truths: Callable[[str], Truth], servers: Callable[[str], LocalServer], tmp_path: Path
) -> None:
    truth, server = truths(source_name), servers(source_name)
    assert set(run_case(source_name, tmp_path, server, truth).values()) == {"whole"}
    assert all(truth.rows.values())
    assert asked_by(server) == set(ASKED[source_name])


@pytest.mark.parametrize("case", random.Random(SEED).sample(fault_cases(), IN_THE_GATE), ids=case_id)
def test_no_fault_loses_anything_in_silence(
    case: tuple[str, str, str, str, bool],
    truths: Callable[[str], Truth],
    servers: Callable[[str], LocalServer],
    tmp_path: Path,
) -> None:
    fault_holds(case, tmp_path, servers(case[0]), truths(case[0]))


@pytest.mark.parametrize("case", random.Random(SEED).sample(cut_cases(), CUTS_IN_THE_GATE), ids=case_id)
def test_no_limit_of_a_provider_loses_anything_in_silence(
    case: tuple[str, str],
    truths: Callable[[str], Truth],
    servers: Callable[[str], LocalServer],
    tmp_path: Path,
) -> None:
    cut_holds(case, tmp_path, servers(case[0]), truths(case[0]))


def cut_holds(case: tuple[str, str], folder: Path, server: LocalServer, truth: Truth) -> str:
    name, cut = case[0], CUTS[case[1]]
    cut.apply(server)
    verdict = run_case(name, folder, server, truth, cut.log_cap)
    if cut.whole:
        assert set(verdict.values()) == {"whole"}
    return next(one for one in ("error", "gap", "whole") if one in verdict.values())


JUNK = (None, 0, 5, True, "", "0x0", "0xffff", "call", "delegatecall", "create", "suicide", [], {}, [0])
ALTERED_IN_THE_GATE, ALTERED = 20, 400


def altered(line: Any, way: tuple[Any, ...], how: str, junk: Any) -> Any:
    """Return a line of the Portal with one place of it changed, taken away, or there twice."""
    changed = copy.deepcopy(line)
    at = changed
    for step in way[:-1]:
        at = at[step]
    if how == "junk":
        at[way[-1]] = junk
    elif how == "gone":
        del at[way[-1]]
    elif isinstance(at, list):
        at.append(copy.deepcopy(at[way[-1]]))
    return changed


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to every part of a JSON value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, child in steps for found in ((*way, step), *places(child, (*way, step)))]


def without_logs(truth: Truth) -> Truth:
    """Return a truth that asks for no token."""

    class Coin(Truth):
        def of(self, history: History) -> list[Row]:
            return [row for row in super().of(history) if row[4] != "log"]

    rows = {holder: [row for row in made if row[4] != "log"] for holder, made in truth.rows.items()}
    return Coin(truth.holders, truth.last, rows, truth.placed)


@pytest.mark.parametrize("times", [ALTERED_IN_THE_GATE, pytest.param(ALTERED, marks=pytest.mark.prove)])
def test_no_altered_line_of_the_portal_is_taken_for_the_truth_where_a_node_stands_beside_it(
    times: int, laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    truth, server, chance = evm_truth(laundering, ROLES, placed=True), laundering_server, random.Random(SEED)
    seen: dict[int, Any] = {}
    server.sqd.change = lambda line: seen.setdefault(line["header"]["number"], line)
    counts: Counter[str] = Counter()
    with asking(tmp_path / "sound", server) as exchange:
        judged(read(made("sqd+node", exchange, server), truth), truth)
    full = [number for number, line in seen.items() if len(line) > 1]
    for number in range(times):
        height = chance.choice(full)
        change = (chance.choice(places(seen[height])), chance.choice(("junk", "gone", "twice")), chance.choice(JUNK))

        def changing(line: Any, height: int = height, change: tuple[Any, ...] = change) -> Any:
            return altered(line, *change) if line == seen[height] else line

        server.sqd.change = changing
        with asking(tmp_path / str(number), server) as exchange:
            found = read(made("sqd+node", exchange, server), truth)
        # A log that is not there at all shows in the balances of its token alone, which the loop asks for.
        logs_left_out = change[0][0] == "logs" and len(change[0]) < 3
        counts.update(judged(found, without_logs(truth) if logs_left_out else truth).values())
    print(dict(counts))
    assert counts["gap"] > times // 4


@pytest.mark.prove
def test_no_fault_and_no_limit_of_the_whole_matrix_loses_anything_in_silence(
    source_name: str, truths: Callable[[str], Truth], servers: Callable[[str], LocalServer], tmp_path: Path
) -> None:
    """Run every case, without a network between program and provider: over one, it takes more than an hour."""
    truth, server = truths(source_name), servers(source_name)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    runs: list[tuple[str, Callable[[Path], str]]] = [
        (case_id(one), partial(fault_holds, one, server=server, truth=truth))
        for one in fault_cases(patient=True)
        if one[0] == source_name
    ]
    runs += [
        (case_id(one), partial(cut_holds, one, server=server, truth=truth))
        for one in cut_cases()
        if one[0] == source_name
    ]
    with in_process(server):
        for number, (name, holds) in enumerate(runs):
            server.reset()
            try:
                counts[holds(tmp_path / str(number))] += 1
            except AssertionError as failed:
                wrong.append(f"{name}: {failed}")
            shutil.rmtree(tmp_path / str(number))
            if number % 36 == 35:  # with -s: how far it is
                print(source_name, number + 1, "of", len(runs), dict(sorted(counts.items())), wrong, flush=True)
    print(source_name, len(runs), dict(sorted(counts.items())))
    assert not wrong, "\n".join(wrong)
