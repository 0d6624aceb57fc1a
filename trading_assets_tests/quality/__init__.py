"""Tests of the quality rules and what runs them."""
