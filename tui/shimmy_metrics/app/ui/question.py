"""What a dialog asks: a value that a command makes."""

from typing import NamedTuple


class Question(NamedTuple):
    """A question: its title, what will happen, and what the two answers are called."""

    title: str
    text: str
    yes: str
    no: str
