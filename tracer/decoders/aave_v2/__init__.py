"""Aave v2: collateral becomes a token of the pool's that grows with interest; loans are a debt beside it."""
