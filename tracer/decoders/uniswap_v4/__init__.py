"""Uniswap v4: one manager holds all pools, and settles what several of them did as one."""
