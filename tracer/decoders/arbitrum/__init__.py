"""The bridge of Arbitrum One: messages in numbered order one way, positions in an outbox the other."""
