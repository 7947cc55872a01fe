"""Tron: TronGrid's HTTP API."""
