"""Tests of the contracts and the frames that keep them."""
