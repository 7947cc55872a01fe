"""CrossCurve: operations over several chains, which a router of each chain goes on with."""
