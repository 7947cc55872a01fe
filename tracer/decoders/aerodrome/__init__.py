"""Aerodrome: pools of two tokens, stable or not; part of what goes in is set aside as a fee."""
