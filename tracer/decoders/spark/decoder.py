"""Spark: collateral becomes a token of the pool's that grows with interest; loans are a debt beside it.

Events: those of Aave v3, whose code it is.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.aave_pool import pool_of_aave
from tracer.decoders.spark.constants import CONTRACTS

SPARK: Final = pool_of_aave("spark", CONTRACTS)
