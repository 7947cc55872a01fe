"""Bitcoin: servers that know what spends an output."""
