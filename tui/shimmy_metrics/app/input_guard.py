"""Tells a deliberate answer from a paste, a repeating key and keys that were typed ahead. Pure.

An answer counts only if its question stood for a while, with silence before and after the key. Times are those at
which the events were created, so that a paste does not look slow in a busy program.
"""

from typing import Protocol, runtime_checkable

from shimmy_metrics.limits import (
    AFTER_PASTE_SECONDS,
    ALONE_SECONDS,
    PASTE_GAP_SECONDS,
    PASTE_KEYS,
    QUESTION_STANDS_SECONDS,
    REPEAT_SECONDS,
    SILENCE_SECONDS,
)


@runtime_checkable
class AsksQuestion(Protocol):
    """A screen that asks a question. What is typed before the question stands does not answer it."""

    def ask_anew(self) -> None:
        """Let the question stand from now on."""


class InputGuard:
    """Remembers keyboard and mouse events. `count` grows with each, so a caller sees whether another one followed.

    `what` is the last event: the name of the key, or of the event's class.
    """

    def __init__(self) -> None:
        self.last = self.previous = self.pasted = float("-inf")
        self.count = 0
        self.what = ""
        self._swift = 0
        self._closed_by = ""
        self._closed_at = float("-inf")

    def note(self, at: float, what: str) -> None:
        """Note a key, a paste or a click at the time `at`, in seconds."""
        self.previous, self.last = self.last, at
        self.what = what
        self.count += 1
        self._swift = self._swift + 1 if at - self.previous < PASTE_GAP_SECONDS else 0
        if self._swift >= PASTE_KEYS:
            self.pasted = at

    def closes_question(self) -> None:
        """Note that the last event answered a question, which is closed now."""
        self._closed_by, self._closed_at = self.what, self.last

    def opens_question(self) -> None:
        """Note that another question is open: the same letter may answer it."""
        self._closed_by = ""

    def repeats_answer(self) -> bool:
        """Whether the last event is the key that closed a question, pressed once too often or held down still.

        It may mean something else on the screen behind. It is free again after `REPEAT_SECONDS` without it. Esc, which
        decides nothing anywhere, is never taken for a repetition.
        """
        repeats = self.what == self._closed_by != "escape" and self.last - self._closed_at < REPEAT_SECONDS
        if repeats:
            self._closed_at = self.last
        return repeats

    def may_answer(self, asked_at: float, asked_by: str = "") -> bool:
        """Whether the last event may answer a question that stands since `asked_at`.

        `asked_by` is the key that opened the question: the same key again may be its repetition. The caller still has
        to wait `SILENCE_SECONDS` and compare `count`.
        """
        stands = REPEAT_SECONDS if self.what == asked_by else QUESTION_STANDS_SECONDS
        return (
            self.last - asked_at >= stands
            and self.last - self.previous >= SILENCE_SECONDS
            and self.last - self.pasted >= AFTER_PASTE_SECONDS
        )

    def may_answer_at_once(self, asked_at: float) -> bool:
        """Whether the last event may say no since `asked_at`, or yes where that is harmless: it came alone.

        The caller still has to wait `ALONE_SECONDS` and compare `count`.
        """
        return self.last > asked_at and self.alone

    @property
    def alone(self) -> bool:
        """Whether the last event followed no other at once, as in a paste or a burst."""
        return self.last - self.previous >= ALONE_SECONDS and self.last - self.pasted >= AFTER_PASTE_SECONDS
