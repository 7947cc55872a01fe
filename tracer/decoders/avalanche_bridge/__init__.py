"""The Avalanche bridge: tokens sent to an account on Ethereum come out on Avalanche, and the other way round."""
