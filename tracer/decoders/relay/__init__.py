"""Relay: a deposit with the number of a request, and a payout by an account of the network."""
