"""Send keys to an app under test, and wait until it is idle again."""

import asyncio
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.widget import Widget

_LONGEST_SECONDS: Final = 120.0
_QUIET_ROUNDS: Final = 3
"""An idle widget may post more work one round later, which may lead to more in another."""

_TURN_SECONDS: Final = 0.005

_FOR_EVER: Final = "poll"
"""The group of the worker that ends with the app."""


def send(app: App[Any], key: str) -> None:
    """Send a key as a terminal's driver does."""
    names = {"[": "left_square_bracket", "]": "right_square_bracket"}
    event = events.Key(names.get(key, key), key if len(key) == 1 else None)
    event.set_sender(app)
    assert app._driver is not None
    app._driver.send_message(event)


async def until_idle(pilot: Pilot[None], *, working: bool = False) -> None:
    """Wait until no message is queued or being handled, no widget needs drawing, and no worker runs.

    It waits for the messages themselves, not for an idle processor, which a loaded machine can seem to have. With
    `working`, workers may go on. An app that has ended is idle.
    """
    app = pilot.app
    end = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    quiet, works = 0, False
    while quiet < _QUIET_ROUNDS and asyncio.get_running_loop().time() < end:
        if not app.is_running or not app.screen_stack:
            return
        await pilot._wait_for_screen()
        if not app.screen_stack:
            return
        app.screen._on_timer_update()
        # Let the workers' threads run: a loop that never sleeps would starve them.
        await asyncio.sleep(_TURN_SECONDS if works else 0)
        widgets = [app.screen, *app.screen.query(Widget)]
        waits = any(map(has_messages, (app, *widgets)))
        waits = waits or bool(app.screen._callbacks or app.animator._animations or app.animator._scheduled)
        waits = waits or any(each._repaint_required or each._layout_required for each in widgets)
        works = not working and any(not each.is_finished for each in app.workers if each.group != _FOR_EVER)
        quiet = 0 if waits or works else quiet + 1


def has_messages(pump: MessagePump) -> bool:
    """Whether a message is queued there or being handled; nothing public in Textual tells."""
    queue: Any = pump._message_queue
    return not queue.empty() or not queue.ready_event._waiters or bool(pump._next_callbacks)


def awaits(app: App[Any], seconds: float = float("inf")) -> bool:
    """Whether a one-shot timer of at most so many seconds is still pending."""
    timers = (timer for pump in (app, *app._registry) for timer in tuple(pump._timers))
    once = (timer for timer in timers if timer._repeat == 0 and timer._interval <= seconds)
    return any(timer._task is not None and not timer._task.done() for timer in once)
