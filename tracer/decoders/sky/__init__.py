"""Sky: converters between its old and new tokens, and the module that exchanges its dollar for others."""
