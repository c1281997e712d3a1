"""The decision as a value, what may happen under it, and the addresses it can cover. Pure."""
