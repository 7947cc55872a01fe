"""What a notebook sees: frames with exact amounts, objects that show themselves without touching anything."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracer

SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"


@pytest.fixture(scope="module")
def trace() -> tracer.Trace:
    return tracer.open_case("ronin-2022").trace()


def test_every_public_name_is_there_and_sorted() -> None:
    assert list(tracer.__all__) == sorted(tracer.__all__)
    assert all(getattr(tracer, name) is not None for name in tracer.__all__)
    with pytest.raises(AttributeError):
        _ = tracer.nonsense


def test_amounts_in_frames_are_python_integers(trace: tracer.Trace) -> None:
    for frame, column in (
        (trace.exits(), "tainted"),
        (trace.cashouts(), "tainted"),
        (trace.movements(), "amount"),
        (trace.case.seeds, "amount"),
        (trace.compare(), "fifo"),
    ):
        assert {type(value) for value in frame[column]} == {int}
    assert trace.movements()["amount"].max() == 173_600 * 10**18


def test_running_a_cell_twice_changes_nothing(trace: tracer.Trace) -> None:
    assert trace.cashouts().equals(trace.cashouts())
    assert trace.draw() == trace.draw()
    assert tracer.open_case("ronin-2022").trace().result == trace.result


def test_poison_is_a_set_of_addresses_and_holds_everything_the_policy_reached(trace: tracer.Trace) -> None:
    reached = set(trace.poison()["address"])
    assert {address for _, address in trace.result.holders} <= reached
    assert "amount" not in trace.poison().columns


def test_why_takes_one_or_many_and_keeps_the_order_asked() -> None:
    unknown = "0x00000000219ab540356cbb839cbe05303d7705fa"
    frame = tracer.why([unknown, SEED])
    assert list(dict.fromkeys(frame["address"])) == [unknown, SEED]
    assert set(tracer.why(SEED)["publisher"]) >= {"OFAC"}
    with pytest.raises(tracer.TracerError):
        tracer.why("19")


def test_an_unknown_option_or_case_is_told_in_words() -> None:
    with pytest.raises(tracer.TracerError, match="not known"):
        tracer.open_case("ronin-2022").trace(colour="red")
    with pytest.raises(tracer.TracerError, match="Ronin-2023"):
        tracer.open_case("Ronin-2023")


def test_cards_are_short_and_hostile_names_are_escaped(trace: tracer.Trace, tmp_path: Path) -> None:
    assert len(repr(trace).splitlines()) <= 30
    (tmp_path / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    (tmp_path / "transfers.csv").write_text(
        f"sender,recipient,asset,amount,block,tx\n0x{'1' * 40},0x{'2' * 40},slip44:60,5,1,0xaa\n"
    )
    (tmp_path / "labels.csv").write_text(
        "address,label,category,entity,source_url\n"
        f"0x{'2' * 40},<script>alert(1)</script>,exchange,\"=cmd|'/c calc'!A1 <img src=x>\",https://e.org\n"
    )
    own = tracer.open_case(tmp_path).trace()
    folder = own.write(tmp_path / "out")
    for name in ("report.html", "graph.svg"):
        page = (folder / name).read_text("utf-8")
        assert "<script" not in page
        assert "<img src=x" not in page
    assert ",'=cmd" in (folder / "cashouts.csv").read_text() or "\n'=cmd" in (folder / "cashouts.csv").read_text()
    assert "<img" not in own._repr_html_()


def test_a_report_and_a_picture_refuse_to_overwrite(trace: tracer.Trace, tmp_path: Path) -> None:
    trace.report(tmp_path / "r.html")
    trace.draw().save(tmp_path / "g.svg")
    for write in (lambda: trace.report(tmp_path / "r.html"), lambda: trace.draw().save(tmp_path / "g.svg")):
        with pytest.raises(tracer.TracerError, match="exists"):
            write()
    trace.report(tmp_path / "r.html", overwrite=True)
