"""Session: what is measured now."""
