"""Socket (Bungee): a front end of bridges, whose log says where to and to whom."""
