"""What the workers tell the app. Workers only post these; the app alone holds the state."""

from textual.message import Message

from shimmy_metrics.actions.overview import Overview


class OverviewChanged(Message):
    """Config, store or a running session changed, by whomever."""

    def __init__(self, overview: Overview) -> None:
        super().__init__()
        self.overview = overview


class _Told(Message):
    """One sentence for the drawer."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class Busy(_Told):
    """Something a person asked for takes a while: what is done meanwhile."""


class Done(_Told):
    """Something a person asked for was done, or could not be."""


class Answered(_Told):
    """The consent page was answered: the sentence is for the screen that follows."""
