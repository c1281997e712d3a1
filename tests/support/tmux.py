"""tmux as an independent terminal: what its panes show, cell for cell. POSIX only."""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from support.installed import wait_until
from support.terminal_emulator import Glass

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

SETTLED_SECONDS: Final = 10.0


class Pane:
    """A pane of a tmux server of its own."""

    def __init__(self, socket: Path, width: int, height: int, command: str, variables: Mapping[str, str]) -> None:
        self._socket = socket
        self._steps = itertools.count(1)
        size = ["-x", str(width), "-y", str(height)]
        given = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(socket.parent), **variables}
        start = ["new-session", "-d", "-s", "here", *size, f"exec {command}"]
        first = ["tmux", "-u", "-f", os.devnull, "-S", str(socket)]
        subprocess.run([*first, "set", "-g", "default-terminal", "tmux-256color", ";", *start], env=given, check=False)
        if not self._exists():
            subprocess.run([*first, *start], env=given, check=True)
        self._told("set", "-g", "status", "off")
        self._told("set", "-g", "remain-on-exit", "on")
        self.resize(width, height)

    # --- as an emulator -----------------------------------------------------------------------------------------

    def feed(self, data: str) -> None:
        """Show what is written, as if the pane's program had; return when it is shown."""
        step = f"step {next(self._steps)}"
        descriptor = os.open(self._format("#{pane_tty}"), os.O_WRONLY | os.O_NOCTTY)
        try:
            rest = f"{data}\x1b]2;{step}\x07".encode()
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        assert wait_until(lambda: self._format("#{pane_title}") == step, SETTLED_SECONDS)

    def resize(self, width: int, height: int) -> None:
        """Resize the pane."""
        self._told("resize-window", "-x", str(width), "-y", str(height))

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Return every cell: its character, colours, attributes."""
        width, height = map(int, self._format("#{pane_width} #{pane_height}").split())
        glass = Glass(width, height)
        glass.feed("\x1b[?7l" + self._told("capture-pane", "-p", "-e", "-N").rstrip("\n"))
        return glass.cells()

    @property
    def cursor(self) -> tuple[int, int, bool]:
        """Where the cursor stands, row and column, and whether it is hidden."""
        row, column, shown = map(int, self._format("#{cursor_y} #{cursor_x} #{cursor_flag}").split())
        return row, min(column, int(self._format("#{pane_width}")) - 1), not shown

    # --- for a person ----------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return what stands there."""
        return self._told("capture-pane", "-p")

    def shows(self, words: str) -> bool:
        """Wait until the words stand there; return whether they do."""
        return wait_until(lambda: words in self.text(), SETTLED_SECONDS)

    def loses(self, words: str) -> bool:
        """Wait until the words no longer stand there; return whether they are gone."""
        return wait_until(lambda: words not in self.text(), SETTLED_SECONDS)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._told("send-keys", *keys)

    def ended(self) -> bool:
        """Wait until the program ended; return whether it did."""
        return wait_until(lambda: self._format("#{pane_dead}") == "1", SETTLED_SECONDS)

    def _format(self, wanted: str) -> str:
        return self._told("display-message", "-p", wanted).rstrip("\n")

    def _exists(self) -> bool:
        asked = ["tmux", "-S", str(self._socket), "has-session", "-t", "here"]
        return subprocess.run(asked, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def _told(self, *words: str) -> str:
        told = ["tmux", "-S", str(self._socket), *words]
        return subprocess.run(told, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout


@contextlib.contextmanager
def panes() -> Iterator[Callable[..., Pane]]:
    """Yield a maker of panes, each with a tmux server that ends with the test. Without a command, a pane only shows."""
    # A Unix socket's path has at most 103 bytes, and a test's folder may be deeper.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        sockets: list[Path] = []

        def pane(
            width: int = 80, height: int = 24, command: str = "sh -c 'stty -echo; exec sleep 600'", **variables: str
        ) -> Pane:
            sockets.append(Path(folder, f"tmux{len(sockets)}"))
            return Pane(sockets[-1], width, height, command, variables)

        try:
            yield pane
        finally:
            for socket in sockets:
                ended = ["tmux", "-S", str(socket), "kill-server"]
                subprocess.run(ended, stderr=subprocess.DEVNULL, check=False)


def same(one: Pane, other: Pane) -> bool:
    """Wait until both show the same; return whether they do."""
    return wait_until(lambda: (one.cells(), one.cursor) == (other.cells(), other.cursor), SETTLED_SECONDS)
