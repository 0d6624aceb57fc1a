"""One file is one feed."""
