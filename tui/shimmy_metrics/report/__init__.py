"""What may be sent: the field table and everything derived from it. Pure, and shared by sender and receiver."""
