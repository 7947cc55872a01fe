"""KyberSwap: an aggregator whose log is the whole conversion, and the network it came from."""
