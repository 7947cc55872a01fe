"""The coin of a chain and the token it is wrapped in, one for one."""
