"""The guard before an answer: pastes, repeating keys and keys typed ahead decide nothing. Pure.

An answer counts only when its question stood for a while, and with silence before and after its key. Times are those
of the events' creation, so that a busy program does not make a paste look slow.
"""

from dataclasses import dataclass

from shimmy_metrics.limits import QUESTION_STANDS_SECONDS, SILENCE_SECONDS


@dataclass(slots=True)
class Guard:
    """What was heard from the keyboard. `heard` counts, so that whoever waits can see that something came after."""

    last: float = float("-inf")
    previous: float = float("-inf")
    heard: int = 0

    def hear(self, at: float) -> None:
        """Note a key or a paste that came at the second `at`."""
        self.previous, self.last = self.last, at
        self.heard += 1

    def may_answer(self, stood: float) -> bool:
        """Whether the key heard last may answer a question that stands since the second `stood`.

        The silence after it is still to come: the caller waits `SILENCE_SECONDS` and compares `heard`.
        """
        return self.last - stood >= QUESTION_STANDS_SECONDS and self.last - self.previous >= SILENCE_SECONDS
