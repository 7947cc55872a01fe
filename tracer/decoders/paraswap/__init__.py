"""ParaSwap (Velora): version 5 writes the whole conversion, version 6 nothing."""
