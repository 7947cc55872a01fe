"""Morpho Blue: markets known by a hash, of one asset lent against one collateral."""
