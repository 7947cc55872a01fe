"""A preferred source is asked for the chains it reads; the others have their own."""

from __future__ import annotations

import pytest

from tracer.collect.select_provider import choices_for
from tracer.errors import InputError
from tracer.model import BITCOIN, DEFAULT_CHAIN


def test_a_preferred_source_of_one_chain_leaves_the_other_chain_its_own() -> None:
    found = choices_for([BITCOIN, DEFAULT_CHAIN], "blockscout")
    assert [(one.chain, one.source) for one in found] == [(BITCOIN, "esplora"), (DEFAULT_CHAIN, "blockscout")]


def test_a_preferred_source_that_reads_none_of_the_chains_is_an_error() -> None:
    with pytest.raises(InputError, match="No source can be asked"):
        choices_for([BITCOIN], "blockscout")
    with pytest.raises(InputError, match="no source 'nobody'"):
        choices_for([BITCOIN], "nobody")
