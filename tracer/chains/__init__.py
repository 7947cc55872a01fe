"""Pure parsing, one file a chain family: raw records of a node become transfers."""
