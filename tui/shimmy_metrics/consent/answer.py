"""The answers to the question, from the key that gives one to the config that records it. Pure."""

from enum import Enum, auto


class Answer(Enum):
    """An answer to the question, or to the one about new fields."""

    ENABLE = auto()
    ENABLE_HELD = auto()
    """A yes under which each report is held until it is released."""
    HOLD = auto()
    """After a yes: hold reports until each is released, or stop holding them."""
    ONLY_FOR_ME = auto()
    DECLINE = auto()
    ADD_FIELDS = auto()
    """A yes covers the fields that are new since it was given, too."""
    LEAVE_FIELDS = auto()
    """The fields that are new since a yes are not sent."""
    LATER = auto()
    """Nothing is recorded."""
