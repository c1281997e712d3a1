"""The guard before an answer: pastes, repeating keys and keys typed ahead decide nothing. Pure.

An answer counts only when its question stood for a while, and with silence before and after its key. Times are those
of the events' creation, so that a busy program does not make a paste look slow.
"""

from typing import Protocol, runtime_checkable

from shimmy_metrics.limits import (
    AFTER_PASTE_SECONDS,
    PASTE_GAP_SECONDS,
    PASTE_KEYS,
    QUESTION_STANDS_SECONDS,
    REPEAT_SECONDS,
    SILENCE_SECONDS,
)


@runtime_checkable
class Asks(Protocol):
    """A screen that asks: what is typed before its question stands is no answer to it."""

    def stand(self) -> None:
        """Stand from now on."""


class InputGuard:
    """What was heard from keyboard and mouse. `heard` counts, so that whoever waits can see that something came after.

    `what` was heard last: a key's name, or what else it was.
    """

    def __init__(self) -> None:
        self.last = self.previous = self.pasted = float("-inf")
        self.heard = 0
        self.what = ""
        self._swift = 0

    def hear(self, at: float, what: str) -> None:
        """Note a key, a paste or a click that came at the second `at`."""
        self.previous, self.last = self.last, at
        self.what = what
        self.heard += 1
        self._swift = self._swift + 1 if at - self.previous < PASTE_GAP_SECONDS else 0
        if self._swift >= PASTE_KEYS:
            self.pasted = at

    def may_answer(self, stood: float, asked_by: str = "") -> bool:
        """Whether what was heard last may answer a question that stands since the second `stood`.

        `asked_by` opened the question: the same once more may be its repetition. The silence after it is still to
        come: the caller waits `SILENCE_SECONDS` and compares `heard`.
        """
        stands = REPEAT_SECONDS if self.what == asked_by else QUESTION_STANDS_SECONDS
        return (
            self.last - stood >= stands
            and self.last - self.previous >= SILENCE_SECONDS
            and self.last - self.pasted >= AFTER_PASTE_SECONDS
        )
