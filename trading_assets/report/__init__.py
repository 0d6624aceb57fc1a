"""The static tear sheet and the small pictures of the Dagster pages."""
