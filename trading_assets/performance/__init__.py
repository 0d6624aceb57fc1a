"""Rollups of trades into daily and strategy performance."""
