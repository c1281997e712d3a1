"""The event loop under the relay: uvloop if it is installed, otherwise asyncio; the same classes run on both."""

import asyncio
import logging
import sys
import threading
from functools import partial
from typing import Any

from shimmy_metrics.serve.relay_log import log_while_on
from shimmy_metrics.system.profile import Profile


def new_loop(profile: Profile) -> asyncio.AbstractEventLoop:
    """Return the fastest event loop there is. Its errors go to the local log and are never printed."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it would print each connection that was closed
    loop = _fastest()
    noted: set[type | None] = set()

    def quiet(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        kind = type(error) if error is not None else None
        if kind not in noted:  # without descriptors the same error comes every second
            noted.add(kind)
            # The disk may be slow, and this is the relay's thread.
            write = partial(log_while_on, profile, "the relay met an error", error)
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
