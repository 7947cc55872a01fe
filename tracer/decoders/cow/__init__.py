"""CoW Protocol: orders of several owners that a solver settles in one transaction."""
