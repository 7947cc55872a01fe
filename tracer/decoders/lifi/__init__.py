"""LI.FI: a front end of bridges and exchanges."""
