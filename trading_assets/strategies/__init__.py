"""One file is one strategy."""
