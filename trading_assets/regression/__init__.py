"""Baselines of signals, their comparison and its report."""
