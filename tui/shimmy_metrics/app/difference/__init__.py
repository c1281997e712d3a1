"""A driver that writes differences: frames go in, and only the cells that changed reach the terminal.

A room of its own: it knows Textual's drivers and nothing of this app.
"""
