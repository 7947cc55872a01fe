"""Archives: Parquet files on this machine."""
