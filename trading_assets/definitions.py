"""The code location: loads defs/ and maps policies over all assets."""
