"""Tests of the regression room."""
