"""The generic rule: whoever ends a transaction with one asset less and one more has swapped them."""
