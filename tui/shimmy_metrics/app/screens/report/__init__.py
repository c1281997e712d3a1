"""What the screens of a report share: its three views."""
