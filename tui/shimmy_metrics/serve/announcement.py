"""What `serve` prints on standard error: whether clients are measured, once for each change."""

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
    """They are counted, but the figures cannot be stored."""
    NO = enum.auto()


class Announcement:
    """Prints the state once both it and the address are known, and again at each change.

    `print_line` prints one line. It is called in a thread of its own: standard error may be a full pipe or a slow disk,
    and the relay must not wait for it.
    """

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._write = print_line
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._where = ""
        self._state: tuple[Measured, str] | None = None
        self._printed: tuple[Measured, str] | None = None
        threading.Thread(target=self._print, daemon=True, name="announcement").start()

    def set_address(self, where: str) -> None:
        """Take the address at which clients reach the server."""
        self._where = where
        self._announce()

    def set_state(self, measured: Measured, reason: str = "") -> None:
        """Take what holds from now on, with the reason where it is not what the person chose."""
        self._state = (measured, reason)
        self._announce()

    def print_line(self, line: str) -> None:
        """Print a line that says nothing about the state. Any thread may call this."""
        self._lines.put(line)

    def report_overdue(self) -> None:
        """Report that nothing is known yet, where that is so."""
        if self._state is None:
            self.set_state(Measured.NO, _NOT_YET)

    def _announce(self) -> None:
        if not self._where or self._state is None or self._state == self._printed:
            return
        measured, reason = self._state
        before = self._printed[0] if self._printed else Measured.NO
        self._printed = self._state
        self._lines.put(_line(measured, self._where, reason, was_measured=before is not Measured.NO))

    def _print(self) -> None:
        while True:
            self._write(self._lines.get())


def _line(measured: Measured, where: str, reason: str, *, was_measured: bool) -> str:
    if measured is Measured.YES:
        return f"measured at {where} {STATUS}"
    if measured is Measured.UNSAVED:
        return f"measured at {where}, but its figures cannot be saved now: {reason}"
    word = "no longer measured" if was_measured else "not measured"
    return f"{word}, passed on at {where}{f': {reason}' if reason else f' {STATUS}'}"
