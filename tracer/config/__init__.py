"""Where things are, and how every room reads and writes files: strictly, safely, the same bytes each time."""
