"""Chainflip: a swap that is asked for at a vault, and paid out of the vault of another chain."""
