"""Mantle: the coin becomes mETH, whose price grows; cmETH stands on it as a vault of its own."""
