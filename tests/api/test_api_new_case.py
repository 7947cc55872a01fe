"""A new private case: what may begin one, where it may lie, and that every command can take it."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracer
from tracer.api.create import new_case, parse_given
from tracer.api.load import open_case
from tracer.errors import InputError
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON

TX = "0xc28fad5e8d5e0ce6a2eaf67b6687be5d58113e16be590824d6cfa1a94467d0b7"
ADDRESS = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"


@pytest.mark.parametrize(
    ("text", "kind", "value", "chain"),
    [
        (TX, "tx", TX, DEFAULT_CHAIN),
        (f" {TX.upper().replace('0X', '0x')} ", "tx", TX, DEFAULT_CHAIN),
        (f"eip155:137:{TX}", "tx", TX, "eip155:137"),
        (TX[2:], "tx", TX[2:], BITCOIN),
        (f"{TRON}:{TX[2:]}", "tx", TX[2:], TRON),
        (f"{TX[2:]}:1", "output", f"{TX[2:]}:1", BITCOIN),
        (ADDRESS, "holder", ADDRESS, DEFAULT_CHAIN),
        (f"eip155:56:{ADDRESS}", "holder", ADDRESS, "eip155:56"),
    ],
)
def test_a_hash_or_an_address_is_told_by_its_form_or_by_the_chain_before_it(
    text: str, kind: str, value: str, chain: str
) -> None:
    given = parse_given(text)
    assert (given.kind, given.value, given.chain) == (kind, value, chain)


@pytest.mark.parametrize("text", ["", "hello", "0x12", "eip155:1:0x12", TX + "00", "..", "eip155:1:"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_given(text)


def test_a_case_folder_opens_like_a_shipped_case_and_says_what_it_lacks(tmp_path: Path) -> None:
    case = new_case([TX, ADDRESS], tmp_path / "mine", offline=True)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "case.yml",
        "labels.csv",
        "notes.md",
        "seeds.csv",
    ]
    assert list(case.seeds["kind"]) == ["tx", "holder"]
    assert case.folder == tmp_path / "mine"
    with pytest.raises(InputError, match=r"no movements yet[\s\S]*tracer fetch \S*mine"):
        open_case(tmp_path / "mine").trace()


def test_a_private_case_never_lies_in_the_package_and_never_replaces_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inside the package"):
        new_case(TX, Path(tracer.__file__).parent / "mine", offline=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    with pytest.raises(InputError, match="not empty"):
        new_case(TX, tmp_path / "mine", offline=True)
    with pytest.raises(InputError, match="no name"):
        new_case(TX, tmp_path / "My Case", offline=True)


def test_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        new_case([TX, ADDRESS], tmp_path / parent / "mine", offline=True, title="'; tlp: TLP:CLEAR #")
    for name in ("case.yml", "labels.csv", "notes.md", "seeds.csv"):
        assert (tmp_path / "a" / "mine" / name).read_bytes() == (tmp_path / "b" / "mine" / name).read_bytes()
    assert open_case(tmp_path / "a" / "mine").id == "mine"


@pytest.mark.parametrize("title", ["a\x1b[2Jb", "two\nlines", "it's: {a} # title", "\u202e"])
def test_h5_a_title_of_any_text_makes_a_case_that_opens(tmp_path: Path, title: str) -> None:
    new_case(TX, tmp_path / "mine", offline=True, title=title)
    shown = open_case(tmp_path / "mine").card().title
    assert shown.isprintable()
    assert "\u202e" not in shown
