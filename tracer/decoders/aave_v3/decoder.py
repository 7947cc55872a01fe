"""Aave v3: collateral becomes a token of the pool's that grows with interest; loans are a debt beside it.

Events: aave-dao/aave-v3-origin, src/contracts/interfaces/IPool.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.aave_pool import pool_of_aave
from tracer.decoders.aave_v3.constants import CONTRACTS

AAVE_V3: Final = pool_of_aave("aave_v3", CONTRACTS)
