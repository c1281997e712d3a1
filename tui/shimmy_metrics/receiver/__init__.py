"""The receiving end: it knows the report and nothing of the sender."""
