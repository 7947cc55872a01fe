"""The Omnibridge and the xDai bridge between Ethereum and Gnosis."""
