"""zkSync Era and zkSync Lite."""
