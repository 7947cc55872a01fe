"""The bridges of Polygon: the PoS bridge with its predicates, and Plasma, which came before it."""
