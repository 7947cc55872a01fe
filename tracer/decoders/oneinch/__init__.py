"""1inch: routers of six versions, orders, and Fusion, whose orders others fill."""
