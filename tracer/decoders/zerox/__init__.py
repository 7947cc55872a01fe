"""0x: an exchange proxy whose log is the whole conversion, and settlers, which write nothing."""
