"""THORChain: a payment into a vault with a memo, which the network answers with a payment on another chain."""
