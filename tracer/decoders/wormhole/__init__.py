"""Wormhole: the token bridge locks or burns on one chain and pays or makes on another, by a signed message."""
