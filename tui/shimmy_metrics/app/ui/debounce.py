"""Waits with an action until nothing has asked for it for a while."""

from collections.abc import Awaitable, Callable

from textual.timer import Timer


class Debounce:
    """Calls `action` once `restart` has not been called for some seconds. `set_timer` is Textual's."""

    def __init__(
        self,
        set_timer: Callable[[float, Callable[[], Awaitable[None]]], Timer],
        action: Callable[[], Awaitable[None]],
    ) -> None:
        self._set_timer = set_timer
        self._action = action
        self._timer: Timer | None = None

    @property
    def waiting(self) -> bool:
        """Whether the action is still to be called."""
        return self._timer is not None

    def restart(self, seconds: float) -> None:
        """Call the action after so many seconds, counted from now; 0 does not call it."""
        self.cancel()
        if seconds:
            self._timer = self._set_timer(seconds, self._expire)

    def cancel(self) -> None:
        """Do not call the action."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _expire(self) -> None:
        self._timer = None
        await self._action()
