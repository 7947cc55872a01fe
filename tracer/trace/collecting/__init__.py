"""Collecting a case: whom to read next, how far, and what was gathered."""
