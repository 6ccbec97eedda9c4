"""Readings at rest: the durable intake log, and Parquet by hour and day."""
