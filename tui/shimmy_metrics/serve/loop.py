"""The event loop under the relay: uvloop where it is installed, asyncio where not; the same classes run on both."""

import asyncio
import logging
import sys
import threading
from functools import partial
from typing import Any

from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile


def new_loop(profile: Profile) -> asyncio.AbstractEventLoop:
    """Return the fastest event loop there is. What goes wrong in it is noted in the local log, never printed."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it would print that somebody's connection was closed
    loop = _fastest()
    noted: set[type | None] = set()

    def quiet(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        kind = type(error) if error is not None else None
        if kind not in noted:  # a machine without descriptors has the same error every second
            noted.add(kind)
            # A disk may be slow, and this is the relay's thread.
            write = partial(log_event, profile, "the relay met an error", error)
            threading.Thread(target=write, daemon=True, name="note").start()

    loop.set_exception_handler(quiet)
    return loop


def _fastest() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
