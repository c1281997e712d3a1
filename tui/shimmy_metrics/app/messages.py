"""The messages that threads post to the app, which alone holds the state."""

from textual.message import Message

from shimmy_metrics.actions.overview import Overview


class OverviewChanged(Message):
    """The config, the store or a running session changed, whoever changed it."""

    def __init__(self, overview: Overview) -> None:
        super().__init__()
        self.overview = overview


class _Sentence(Message):
    """One sentence to be shown."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class Busy(_Sentence):
    """A command takes a while: what it is doing."""


class Done(_Sentence):
    """A command is done, or failed."""


class Answered(_Sentence):
    """The question was answered; the sentence is shown on the screen that follows."""
