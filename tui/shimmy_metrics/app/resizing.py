"""Resizes that come faster than a screen is laid out."""

from textual import events
from textual.app import App


def outdated(event: events.Resize, app: App[None]) -> bool:
    """Whether the terminal has another size by now; the event then goes no further.

    A screen that is laid out anew sends itself its size. Where a second size came meanwhile, the two would follow each
    other through its queue for ever, at full load, and nothing else would have its turn.
    """
    if event.size == app.size:
        return False
    event.stop()
    event.prevent_default()
    return True
