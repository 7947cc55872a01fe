"""Uniswap v3: a pool takes one token and pays another; its address proves whose it is, by tokens and fee."""
