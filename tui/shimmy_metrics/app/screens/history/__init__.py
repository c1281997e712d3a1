"""History: what was sent, and each receipt."""
