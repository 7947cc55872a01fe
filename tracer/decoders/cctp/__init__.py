"""CCTP: Circle burns USDC on one chain and mints as much on another, by a message that its attesters sign."""
