"""An installed command on a pseudo-terminal: its screen as a person sees it, and their keys."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pyte

from shimmy_metrics.limits import QUESTION_STANDS_SECONDS
from support.installed import BIN, Home, wait_until

COLUMNS: Final = 80
LINES: Final = 24


class Terminal:
    """The near side of a terminal in which a command runs. A thread reads what it prints, so that it never blocks.

    `heard` is the same as `output`, piece by piece, each with the second at which it came.
    """

    def __init__(self, near: int, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.output = b""
        self.heard: list[tuple[float, bytes]] = []
        self._near = near
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        """Return what the screen shows now."""
        with self._lock:
            return "\n".join(str(line).rstrip() for line in self._screen.display)

    def shows(self, words: str, seconds: float = 10.0) -> bool:
        """Wait until the screen shows the words; return whether it does."""
        return wait_until(lambda: words in self.text(), seconds)

    def printed(self, words: str, seconds: float = 10.0) -> bool:
        """Wait until the words were printed, whether or not they scrolled away since; return whether they were."""
        return wait_until(lambda: words.encode() in self.output, seconds)

    def type(self, keys: str) -> None:
        """Press keys."""
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Send bytes as a terminal does, its answers for one."""
        os.write(self._near, data)

    def insist(self, keys: str, happens: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Type keys until something happens; return whether it does.

        An answer counts only after its question stood for a while. On a loaded machine it may stand later than it was
        shown, and what was typed before that is dropped.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(2 * QUESTION_STANDS_SECONDS)
            self.type(keys)
            if wait_until(happens, seconds / 4):
                return True
        return happens()

    def resize(self, columns: int, lines: int) -> None:
        """Resize the terminal, and let the command know."""
        with self._lock:
            self._screen.resize(lines, columns)
            fcntl.ioctl(self._near, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def cursor(self) -> tuple[int, int, bool]:
        """Where the cursor stands, row and column, and whether it is seen."""
        with self._lock:
            return self._screen.cursor.y, self._screen.cursor.x, not self._screen.cursor.hidden

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        if not self._closing.is_set():
            self._closing.set()
            self._reader.join()
            os.close(self._near)

    def _read(self) -> None:
        while not self._closing.is_set():
            if not select.select([self._near], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(self._near, 65_536)
            except OSError:  # the far side has been closed
                return
            with self._lock:
                self.output += data
                self.heard.append((time.monotonic(), data))
                self._stream.feed(data)


@contextmanager
def terminal(home: Home, *words: str) -> Iterator[Terminal]:
    """Run a command on a terminal of its own, with `home`'s variables; what is left of it is killed at the end.

    The first of `words` is one of the installed commands, or a program's path.
    """
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    program = words[0] if words[0].startswith("/") else str(BIN / words[0])
    process = subprocess.Popen(
        # In a session of its own on this terminal, so that it has a foreground group and gets the hang-up.
        ["setsid", "--ctty", *home.before, program, *words[1:]],
        env={"TERM": "xterm-256color", **home.environment},
        cwd=home.root,
        stdin=far,
        stdout=far,
        stderr=far,
    )
    os.close(far)
    there = Terminal(near, process)
    try:
        yield there
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        there.hang_up()
        process.wait()
