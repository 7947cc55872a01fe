"""The only code that opens a socket, and the readers of tables, bundles and prices."""
