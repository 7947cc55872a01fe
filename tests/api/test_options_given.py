"""Options: nothing given takes the default, which stands once; what is given wins, even where it equals the default."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import typer

import tracer
from tracer.cli import fetching, tracing
from tracer.collect import Limits, limits_from, limits_of
from tracer.collect.limits import limits_record
from tracer.trace import ALL_OPTIONS, LINK_OPTIONS, OPTIONS, Options, parse_options

A, B, C = (f"0x{digit * 40}" for digit in "123")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a trace of the shipped case under options that are not the defaults."""
    folder = tmp_path_factory.mktemp("results") / "lifo"
    trace = tracer.open_case("ronin-2022").trace("lifo", grade="recorded", min_amount=10**18, max_hops=3)
    (folder).mkdir()
    from tracer.io.writers import json_text

    (folder / "summary.json").write_text(json_text(trace.summary()))
    return folder


def options_of(folder: Path, **given: Any) -> Options:
    return tracer.open_case(folder).prepare(**given).options


def test_e11_every_option_of_a_command_is_none_until_it_is_given() -> None:
    for command in (tracing.trace, tracing.compare, fetching.fetch):
        defaults = {name: one.default for name, one in inspect.signature(command).parameters.items()}
        names = [name for name in Options.__dataclass_fields__ if name in defaults]
        assert len(names) >= 6
        assert {defaults[name] for name in names} == {None}
    for name in ("policy", "bounds"):
        assert inspect.signature(tracer.Case.trace).parameters[name].default is None
    shown = tracer.Trace
    for method in (shown.compare, shown.compare_csv, shown.compare_record, shown.compare_text):
        assert inspect.signature(method).parameters["by"].default is None
    assert inspect.signature(tracer.trace_back).parameters["policy"].default is None
    assert parse_options(dict.fromkeys(Options.__dataclass_fields__)) == Options()


def test_e11_a_result_folder_gives_its_options_unless_told(result: Path) -> None:
    held = options_of(result)
    assert (held.policy, held.grade, held.min_amount, held.max_hops) == ("lifo", "recorded", 10**18, 3)
    assert options_of(result, policy="tiho").policy == "tiho"


def test_e11_an_option_equal_to_its_default_wins_when_it_is_given(result: Path) -> None:
    usual = Options()
    given = {"policy": "fifo", "grade": "asserted", "min_amount": 0, "max_hops": "none", "stop_at": usual.stop_at}
    held = options_of(result, **given)
    assert (held.policy, held.grade, held.min_amount, held.max_hops) == ("fifo", "asserted", 0, None)
    again = tracer.open_case("ronin-2022").trace(**given)
    assert tracer.open_case(result).trace(**given).result == again.result
    assert options_of(result, grade=None).grade == "recorded"


@pytest.mark.parametrize("command", ["trace", "compare"])
def test_e11_both_verbs_take_the_folders_options_and_say_so(
    result: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(command, result)
    said = capsys.readouterr().err
    (line,) = [line for line in said.splitlines() if line.startswith(f"Taken from the earlier result in {result}")]
    assert "--grade recorded" in line
    assert "--max-hops 3" in line
    assert ("--policy lifo" in line) == (command == "trace")
    run(command, result, grade="asserted", max_hops="none", min_amount="0", as_of="2026-11-29")
    assert "--grade" not in capsys.readouterr().err


def run(command: str, case: Path, **given: str) -> None:
    if command == "compare":
        with pytest.raises(typer.Exit) as ended:
            tracing.compare(str(case), **given)  # type: ignore[arg-type]
        assert ended.value.exit_code == 0
    else:
        tracing.trace(str(case), **given)  # type: ignore[arg-type]


def test_e11_a_result_of_own_tables_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"case": "table", "options": {}}')
    with pytest.raises(tracer.TracerError, match="does not ship with this program") as caught:
        tracer.open_case(tmp_path)
    assert "--transfers" in str(caught.value)


# --- wrong options ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, "The option 'colour' is not known."),
        ({"max_hop": 2}, "The option 'max_hop' is not known. Did you mean max_hops?"),
        ({"min-amount": 2}, "Did you mean min_amount?"),
        ({"policy": "fifo", "colour": 1, "grade": "recorded"}, "The option 'colour'"),
        ({"policy": "lfio"}, "'lfio' is not a policy. Did you mean lifo?"),
        ({"policy": "FIFO"}, "Did you mean fifo?"),
        ({"policy": "clean-first"}, "Did you mean clean_first?"),
        ({"policy": 5}, "policy is a int, not text."),
        ({"max_hops": "two"}, "max_hops is 'two', which is not a whole number."),
        ({"max_hops": 2.0}, "max_hops is '2.0', which is not a whole number."),
        ({"max_hops": True}, "max_hops is 'True', which is not a whole number."),
        ({"max_hops": 0}, "max_hops is 0, but must be 1 or more."),
        ({"min_amount": "-1"}, "min_amount is -1, but must be 0 or more."),
        ({"min_amount": "1e18"}, "min_amount is '1e18'"),
        ({"stop_at": "banks"}, "banks"),
        ({"stop_at": 5}, "stop_at is a int."),
        ({"stop_at": ["exchange", 5]}, "stop_at is a int, not text."),
    ],
)
def test_e11_a_wrong_option_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(tracer.TracerError) as caught:
        parse_options(given)
    assert said in str(caught.value)


def test_e11_options_are_taken_as_a_notebook_or_a_shell_writes_them() -> None:
    texts = {"max_hops": "2", "min_amount": "1000000000000000000", "stop_at": "exchange, mixer"}
    values = {"max_hops": 2, "min_amount": 10**18, "stop_at": ["exchange", "mixer"]}
    assert parse_options(texts) == parse_options(values)


# --- compare by address -----------------------------------------------------------------------------------------------


def test_d3_compare_by_address_shows_where_any_rule_can_put_money(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    clean = f"0x{'9' * 40}"
    rows = [f"{A},{B},slip44:60,10,1,0xaa", f"{clean},{B},slip44:60,10,2,0xbb", f"{B},{C},slip44:60,10,3,0xcc"]
    (tmp_path / "transfers.csv").write_text("\n".join(["sender,recipient,asset,amount,block,tx", *rows]) + "\n")
    case = tracer.open_table(transfers=tmp_path / "transfers.csv", seeds=tmp_path / "seeds.csv", complete=True)
    frame = case.trace().compare(by="address").set_index("address")
    assert set(frame.index) == {B, C}
    assert (frame.loc[C, "fifo"], frame.loc[C, "lifo"], frame.loc[C, "haircut"]) == (10, 0, 5)
    assert (frame.loc[C, "min"], frame.loc[C, "max"], frame.loc[C, "certainty"]) == (0, 10, "POSSIBLE")
    assert (frame.loc[B, "min"], frame.loc[B, "max"]) == (0, 10)
    text, table = case.trace().compare_text(by="address"), case.trace().compare_csv(by="address").splitlines()
    assert table[0] == (
        "address,chain,entity,category,stop_reason,asset,origin,"
        "fifo,lifo,haircut,tiho,clean_first,dirty_first,min,max,certainty,origin_asset,tlp"
    )
    assert len(table) == 3
    assert C in text
    assert "not attainable together" in text
    with pytest.raises(tracer.TracerError, match="entity or address"):
        case.trace().compare(by="venue")


def test_e11_a_result_in_a_folder_named_like_its_case_is_traced_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracer.open_case("bitfinex-2016").trace("lifo").write("bitfinex-2016")
    assert tracer.open_case("bitfinex-2016").trace().result.options.policy == "lifo"


# --- one place for defaults -------------------------------------------------------------------------------------------


def test_what_is_asked_of_a_trace_has_its_default_there_too_and_is_not_printed() -> None:
    usual = parse_options({})
    assert (usual.direction, usual.bounds, usual.by) == ("forward", False, "entity")
    assert {"direction", "bounds", "by", *LINK_OPTIONS} == {*ALL_OPTIONS} - {*OPTIONS}, "these where a case has links"
    assert parse_options({"bounds": True, "by": "address", "direction": "back"}) == Options(
        bounds=True, by="address", direction="back"
    )
    case = tracer.open_case("bitfinex-2016")
    assert case.trace(bounds=True).summary()["options"] == case.trace().summary()["options"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"direction": "up"}, "no direction"),
        ({"by": "venue"}, "entity or address"),
        ({"bounds": "yes"}, "true or false"),
    ],
)
def test_what_is_asked_is_checked_as_every_option_is(given: dict[str, Any], says: str) -> None:
    with pytest.raises(tracer.TracerError, match=says):
        parse_options(given)


def test_a_trace_goes_forward() -> None:
    with pytest.raises(tracer.TracerError, match="goes forward"):
        tracer.open_case("bitfinex-2016").trace(direction="back")


def test_limits_take_their_default_where_nothing_is_given_and_none_for_nought() -> None:
    usual = Limits()
    assert limits_of(Options()) == usual
    open_ended = limits_of(Options(direction="back"), addresses=0, rows=0, high_degree=0, contracts=True)
    assert (open_ended.addresses, open_ended.rows, open_ended.high_degree) == (None, None, None)
    assert (open_ended.direction, open_ended.contracts, open_ended.options) == ("back", True, Options())
    assert limits_from(limits_record(open_ended)) == open_ended
    assert limits_of(Options(), addresses=usual.addresses) == usual
