"""Mayan Swift: an order on one chain that a solver fulfils on another; both ends write the hash of the order."""
