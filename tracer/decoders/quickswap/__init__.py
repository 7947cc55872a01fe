"""QuickSwap: the pairs of Uniswap v2 on Polygon under another factory."""
