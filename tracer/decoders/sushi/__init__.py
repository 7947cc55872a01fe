"""Sushi: pairs like those of Uniswap v2 under its own factories, and processors that route through any pool."""
