"""Asking: one HTTP layer, its limits, keys and retries, and the exchange that answers from a bundle or asks."""
