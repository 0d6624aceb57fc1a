"""Where tables live; the only code that knows files and SQL engines."""
