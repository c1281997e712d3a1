"""Resizes that tell a screen nothing new: they go no further."""

from typing import Any

from textual import events
from textual.screen import Screen


def outdated(event: events.Resize, screen: Screen[Any]) -> bool:
    """Whether the terminal has another size by now, or the screen was laid out in this one already.

    A screen that is laid out sends itself its size, and would be laid out again: at the start that is a third of the
    work before the first frame. Where another size came meanwhile, the two would follow each other through its queue
    for ever, at full load, and nothing else would have its turn.
    """
    if event.size == screen.app.size != screen.outer_size:
        return False
    event.stop()
    event.prevent_default()
    return True
