"""Tests of the feeds: formats, archives, normalisation, the simulated market."""
