"""The standard bridge of Optimism and Base: messengers whose messages both chains know by one hash."""
