"""Odos: a router whose log is the whole conversion, of one asset into one or of several."""
