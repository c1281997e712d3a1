"""What `serve` says of itself on standard error: whether clients are measured, each change once."""

import enum
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

STATUS: Final = "(shimmy config --metrics status)"

_NOT_YET: Final = "the store has not answered yet"


class Measured(enum.Enum):
    """Whether clients are measured."""

    YES = enum.auto()
    UNSAVED = enum.auto()
    """They are counted, and the store takes no figures."""
    NO = enum.auto()


class Announcement:
    """Says it where there is both: an address, and a state that is known.

    `say` prints one line. It is called in a thread of its own: standard error may be a full pipe or a slow disk, and
    nothing of that may reach the relay.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._where = ""
        self._now: tuple[Measured, str] | None = None
        self._said: tuple[Measured, str] | None = None
        threading.Thread(target=self._print, daemon=True, name="announcement").start()

    def at(self, where: str) -> None:
        """Take the address at which clients reach the server."""
        self._where = where
        self._announce()

    def state(self, measured: Measured, reason: str = "") -> None:
        """Take what is so from now on, with the reason where it is not as the person wants it."""
        self._now = (measured, reason)
        self._announce()

    def remark(self, line: str) -> None:
        """Say a line that changes nothing of the state. Any thread may call this."""
        self._lines.put(line)

    def overdue(self) -> None:
        """Say that nothing is known yet, where that is so."""
        if self._now is None:
            self.state(Measured.NO, _NOT_YET)

    def _announce(self) -> None:
        if not self._where or self._now is None or self._now == self._said:
            return
        measured, reason = self._now
        before = self._said[0] if self._said else Measured.NO
        self._said = self._now
        self._lines.put(_line(measured, self._where, reason, was_measured=before is not Measured.NO))

    def _print(self) -> None:
        while True:
            self._say(self._lines.get())


def _line(measured: Measured, where: str, reason: str, *, was_measured: bool) -> str:
    if measured is Measured.YES:
        return f"measured at {where} {STATUS}"
    if measured is Measured.UNSAVED:
        return f"measured at {where}, but its figures cannot be saved now: {reason}"
    word = "no longer measured" if was_measured else "not measured"
    return f"{word}, passed on at {where}{f': {reason}' if reason else f' {STATUS}'}"
