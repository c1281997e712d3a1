"""Resize events that bring a screen nothing new are stopped."""

from typing import Any

from textual import events
from textual.screen import Screen


def is_outdated(event: events.Resize, screen: Screen[Any]) -> bool:
    """Whether the terminal has another size by now, or the screen was laid out in this one already.

    A screen that has been laid out sends itself its size, and would be laid out again: at the start that is a third of
    the work before the first frame. If another size has come meanwhile, the two events would follow each other through
    the queue for ever, at full load.
    """
    if event.size == screen.app.size != screen.outer_size:
        return False
    event.stop()
    event.prevent_default()
    return True
