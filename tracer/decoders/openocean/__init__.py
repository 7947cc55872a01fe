"""OpenOcean: an aggregator whose log is the whole conversion."""
