"""Lido: the coin becomes stETH, which grows by itself, and wstETH, which does not."""
