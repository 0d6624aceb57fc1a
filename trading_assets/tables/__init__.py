"""The contracts: one file per table, every column with its kind, unit, bounds and meaning."""
