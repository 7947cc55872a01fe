"""Celer cBridge: a pool on each chain; what is sent into one is paid out of another, less a fee."""
