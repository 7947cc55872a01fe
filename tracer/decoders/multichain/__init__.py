"""Multichain, formerly AnySwap: routers that lock or burn on one chain and pay or make on another."""
