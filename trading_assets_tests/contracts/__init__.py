"""Base classes per seam: a subclass supplies facts only."""
