"""docs/protocols.md is what the decoders say of themselves, and names each of them."""

from __future__ import annotations

from protocols_page import PAGE, claimed, crossings, page

from tracer.decoders import built_in


def test_the_page_is_what_the_code_gives() -> None:
    """`make docs` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


def test_every_decoder_is_on_the_page() -> None:
    assert claimed() == {*built_in().names()} - {"netting", "training"}


def test_every_listed_bridge_is_whole_or_has_a_reason() -> None:
    whole, rest = crossings()
    assert (len(whole), len(rest)) == (62, 20)
