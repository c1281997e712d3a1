"""The marked line explained, where the drawer has no room for all of it."""
