"""Balancer v2 and v3: one vault holds all pools, and moves what several of them did as one."""
