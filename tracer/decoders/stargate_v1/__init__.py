"""Stargate v1: pools on each chain, whose message is numbered along each path of LayerZero v1."""
