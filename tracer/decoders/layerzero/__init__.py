"""LayerZero v2: tokens that cross by a message (OFT), USDT0 and the pools of Stargate v2 among them."""
