"""Fills, charges and round trips."""
