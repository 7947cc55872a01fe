"""Uniswap v2: a pair takes one token and pays another; its address proves whose it is."""
