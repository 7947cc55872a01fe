"""Aave v1: collateral becomes a token of the pool's that grows with interest."""
