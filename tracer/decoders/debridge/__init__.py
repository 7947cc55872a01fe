"""deBridge DLN: an order on one chain, which a taker fulfils on another and is paid for on the first."""
