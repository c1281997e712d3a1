"""Outgoing: what is sent next."""
