"""The driver that reads what the terminal sends, and asks of it no mode that the app does not need. POSIX only.

Textual's own input thread raises on bytes that are not UTF-8, and takes the letters of a terminal's answers for keys.
This one decodes by `InputDecoder` and passes on to Textual's parser only what is a key or a click for certain.
"""

import os
import re
import select
import socket
import time
from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS  # the keys that Textual's parser knows
from textual._xterm_parser import XTermParser  # nothing public turns a sequence into an event
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from shimmy_metrics.app.terminal.background import QUERY, BackgroundReported, is_light
from shimmy_metrics.app.terminal.input_decoder import InputDecoder, InputKind, InputPiece

BACKGROUND_SECONDS: Final = 0.1
"""A later answer about the background is ignored: by then the person reads."""

_READ_BYTES: Final = 4_096

_UNNEEDED: Final = re.compile(
    # any pointer motion, urxvt's mouse form, focus, sizes in the input; kitty's keyboard protocol, after which ssh's
    # escape character and, once a line is cut, the shell itself cannot be typed
    r"\x1b\[\?(?:1003|1015|1004|2048)(?:[hl]|\$p)|\x1b\[>\d+u|\x1b\[<u"
)
"""What Textual asks of the terminal, each in a write of its own, and the app has no use for."""

_CLICK: Final = re.compile(r"\x1b\[<\d{1,3};\d{1,5};\d{1,5}[Mm]")
_MODE_REPORT: Final = re.compile(r"\x1b\[\?2026;[0-4]\$y")
"""The answer whether the terminal can wait until a frame is whole."""

_CURSOR_REPORT: Final = re.compile(r"\x1b\[\d+;\d+R")
"""In this form also F3 with a modifier, which no action has."""


class TerminalDriver(LinuxDriver):
    """Stands before another driver or by itself."""

    asks_background: ClassVar[bool] = False
    """Whether the terminal is asked for the colour of its background, once."""

    _asked_at: float | None = None
    _ends: tuple[socket.socket, socket.socket] | None = None
    """Closing the first one ends the input thread, which has the second one. Textual's own thread looks ten times a
    second whether it is to end: half of what an untouched app takes."""

    def write(self, data: str) -> None:
        """Write, unless it asks the terminal for what the app does not need."""
        if not _UNNEEDED.fullmatch(data):
            super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal over, at the start and after each suspension."""
        self._ends = socket.socketpair()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # it has no annotations
        if self.asks_background and self._asked_at is None:
            self._asked_at = time.monotonic()
            self.write(QUERY)

    def disable_input(self) -> None:
        """End the input thread."""
        if self._ends is not None:
            self._ends[0].close()
        super().disable_input()

    def run_input_thread(self) -> None:
        """Read input until the app ends or the terminal is gone. An error here ends the app as one anywhere else."""
        assert self._ends is not None
        try:
            with self._ends[1] as ended:
                self._read_input(ended)
        except Exception as error:  # noqa: BLE001 - raised again where the app handles errors
            self.send_message(events.Callback(callback=partial(_raise, error)))

    def _read_input(self, ended: socket.socket) -> None:
        decoder, parser = InputDecoder(constants.ESCAPE_DELAY), XTermParser()
        while True:
            now = time.monotonic()
            wait = None if decoder.deadline is None else max(decoder.deadline - now, 0.0)
            ready = select.select([self.fileno, ended], [], [], wait)[0]
            if ended in ready:
                return
            if ready:
                try:
                    data = os.read(self.fileno, _READ_BYTES)
                except OSError:
                    return  # the terminal is gone
                if not data:
                    return
                found = decoder.feed(data, time.monotonic())
            else:
                assert wait is not None
                found = decoder.tick(now + wait)  # not the time now: this thread may have waited for its turn since
            for each in found:
                for message in input_events(each, parser):
                    self.process_message(message)
                if each.kind is InputKind.STRING:
                    self._report_background(each.text)

    def _report_background(self, answer: str) -> None:
        light = is_light(answer)
        if light is None or self._asked_at is None or time.monotonic() - self._asked_at > BACKGROUND_SECONDS:
            return
        self.process_message(BackgroundReported(light=light))


def input_events(found: InputPiece, parser: XTermParser) -> Iterator[Message]:
    """Yield the events of a whole piece of input; none for what is no key, click or paste."""
    if found.kind is InputKind.CHARACTER or (found.kind is InputKind.SEQUENCE and is_known(found.text)):
        yield from parser.feed(found.text)
    elif found.kind is InputKind.ESCAPE:
        yield events.Key("escape", found.text)
    elif found.kind is InputKind.PASTE:
        yield events.Paste(found.text)


def is_known(sequence: str) -> bool:
    """Whether a whole sequence is a key, a click, or the one answer that Textual's parser is to have."""
    keys = ANSI_SEQUENCES_KEYS.get(sequence)
    if isinstance(keys, str) or (isinstance(keys, tuple) and len(keys) == 1):  # neither ignored nor several at once
        return not _CURSOR_REPORT.fullmatch(sequence)
    return bool(_CLICK.fullmatch(sequence) or _MODE_REPORT.fullmatch(sequence))


def _raise(error: Exception) -> None:
    raise error
