"""Across: a deposit into the pool of one chain, which a relayer fills on another and is repaid for later."""
