"""The other end. Knows the report and nothing of the sender; its first form answers the demo on loopback."""
