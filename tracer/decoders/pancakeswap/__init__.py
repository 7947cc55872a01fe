"""PancakeSwap: pairs and pools like those of Uniswap v2 and v3 under its own factories."""
