"""What the workers tell the app. Workers only post these; the app alone holds the state."""

from dataclasses import dataclass

from textual.message import Message

from shimmy_metrics.actions.overview import Overview


@dataclass
class OverviewChanged(Message):
    """Config, store or a running session changed, by whomever."""

    overview: Overview


@dataclass
class Busy(Message):
    """Something a person asked for takes a while: one sentence for the drawer until it is done."""

    sentence: str


@dataclass
class Done(Message):
    """Something a person asked for was done, or could not be: one sentence for the drawer."""

    sentence: str


@dataclass
class Answered(Message):
    """The consent page was answered: one sentence for the drawer of the screen that follows."""

    sentence: str
