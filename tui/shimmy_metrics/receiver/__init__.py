"""The receiving end: it knows the report and nothing of the sender. So far it serves the demo, on loopback."""
