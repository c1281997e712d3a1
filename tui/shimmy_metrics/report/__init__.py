"""The contract of what may leave: the field table, and everything derived from it. Shared by both ends; pure."""
