"""Features, training, scoring and identity of models; pure, bytes are handed in."""
