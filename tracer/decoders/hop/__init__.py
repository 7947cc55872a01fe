"""Hop: a transfer between two chains for which a bonder pays in advance."""
