"""Compound v2: markets that make a token for what is put in, and lend what lies in them."""
