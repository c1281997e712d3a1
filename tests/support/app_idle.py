"""Send keys to an app under test, and wait until it is idle again."""

import asyncio
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot

_LONGEST_SECONDS: Final = 60.0
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
    `working`, workers may go on. An app that has ended is idle. Raise `AssertionError` if it never is.
    """
    app = pilot.app
    end = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    quiet, works, moves = 0, False, False
    while quiet < _QUIET_ROUNDS:
        assert asyncio.get_running_loop().time() < end, (undrawn(app), app._batch_count, moves, works)
        # Let the workers' threads run: a loop that never sleeps would starve them.
        await asyncio.sleep(_TURN_SECONDS if works or moves else 0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if not app.is_running or not app.screen_stack:
            return
        draw_now(app)
        waits = busy(app)
        moves = bool(app.animator._animations or app.animator._scheduled)
        works = not working and any(not each.is_finished for each in app.workers if each.group != _FOR_EVER)
        quiet = 0 if waits or works or moves else quiet + 1


def draw_now(app: App[Any]) -> None:
    """Draw what the screen would draw at its timer's next turn: a wait for that would only keep the processor busy."""
    app.screen._on_timer_update()


def busy(app: App[Any]) -> bool:
    """Whether a widget has a message, handles one, or needs drawing."""
    return any(map(bool, undrawn(app))) or has_messages(app) or any(has_messages(each) for each in app._registry)


def undrawn(app: App[Any]) -> tuple[object, ...]:
    """Return what makes the screen draw or lay out anew, where any of it is true."""
    screen = app.screen
    return screen._layout_required, screen._repaint_required, screen._dirty_widgets, screen._callbacks


def has_messages(pump: MessagePump) -> bool:
    """Whether a message is queued there or being handled; nothing public in Textual tells."""
    queue: Any = pump._message_queue
    return not queue.empty() or not queue.ready_event._waiters or bool(pump._next_callbacks)


def awaits(app: App[Any], seconds: float = float("inf")) -> bool:
    """Whether a one-shot timer of at most so many seconds is still pending."""
    timers = (timer for pump in (app, *app._registry) for timer in tuple(pump._timers))
    once = (timer for timer in timers if timer._repeat == 0 and timer._interval <= seconds)
    return any(timer._task is not None and not timer._task.done() for timer in once)
