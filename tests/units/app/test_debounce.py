"""An action waits until nothing has asked for it for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from textual.timer import Timer

from shimmy_metrics.app.ui.debounce import Debounce


class Clock:
    """Timers of which a test lets the last one expire."""

    def __init__(self) -> None:
        self.started: list[float] = []
        self.stopped = 0
        self.expire: Callable[[], Awaitable[None]] | None = None

    def set_timer(self, delay: float, callback: Callable[[], Awaitable[None]]) -> Timer:
        self.started.append(delay)
        self.expire = callback
        return cast("Timer", self)

    def stop(self) -> None:
        self.stopped += 1


async def test_only_the_last_request_is_carried_out() -> None:
    clock, done = Clock(), asyncio.Event()

    async def act() -> None:
        done.set()

    debounce = Debounce(clock.set_timer, act)
    debounce.restart(0.1)
    debounce.restart(0.1)
    assert (clock.started, clock.stopped) == ([0.1, 0.1], 1)
    assert debounce.waiting
    assert clock.expire is not None
    await clock.expire()
    assert done.is_set()
    assert not debounce.waiting


def test_without_a_delay_nothing_is_waited_for() -> None:
    clock = Clock()

    async def act() -> None:
        raise AssertionError

    debounce = Debounce(clock.set_timer, act)
    debounce.restart(0.1)
    debounce.restart(0.0)
    assert not debounce.waiting
    assert clock.stopped == 1
