"""Curve: pools of two coins or more, and its routers."""
