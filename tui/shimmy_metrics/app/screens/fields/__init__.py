"""Fields: everything that could ever be sent."""
