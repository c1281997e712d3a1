"""One screen a file; each answers one question in its first line."""
