"""Rocket Pool: the coin becomes rETH, whose price grows, and back; both amounts stand in the log of the token."""
