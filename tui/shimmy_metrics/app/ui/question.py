"""What a dialog asks: a value that a command makes."""

from typing import Final, NamedTuple

TOO_FAST: Final = "That was too fast for an answer. Press the letter again."
"""After a letter that did not count."""


class Question(NamedTuple):
    """A question: its title, what will happen, and what the two answers are called."""

    title: str
    text: str
    yes: str
    no: str
