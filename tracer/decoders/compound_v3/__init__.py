"""Compound v3: a market of one asset that is lent and borrowed, with collateral of others beside it."""
