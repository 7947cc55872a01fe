"""EVM chains: nodes, and explorers with or without a node beside them."""
