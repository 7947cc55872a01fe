"""The Ronin bridge: gateways on Ethereum and on Ronin, with counters of their own in each direction."""
