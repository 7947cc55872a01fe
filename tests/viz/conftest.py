"""The drawn cases as fixtures."""

from __future__ import annotations

import drawn_cases
import pytest

from tracer.trace.result import TraceResult

NAMES = ("small", "peels", "hostile", "empty", "crossing", "ronin")


@pytest.fixture(params=NAMES)
def result(request: pytest.FixtureRequest) -> TraceResult:
    """Return each case in turn; the Ronin shape only where its data lies beside the checkout."""
    if request.param == "ronin" and not drawn_cases.RONIN.is_dir():
        pytest.skip("the folder of recorded facts is not beside this checkout")
    made: TraceResult = getattr(drawn_cases, request.param)()
    return made
