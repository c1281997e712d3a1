"""Saving what is held to a file."""
