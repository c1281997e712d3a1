"""The answers to the question, from the key that gives one to the config that records it. Pure."""

from enum import StrEnum


class Answer(StrEnum):
    """An answer to the question, or to the one about new fields."""

    ENABLE = "enable"
    ENABLE_HELD = "enable-held"
    """A yes under which each report is held until it is released."""
    HOLD = "hold"
    """After a yes: hold reports until each is released, or stop holding them."""
    ONLY_FOR_ME = "only"
    DECLINE = "decline"
    ADD_FIELDS = "add"
    """A yes covers the fields that are new since it was given, too."""
    LEAVE_FIELDS = "leave"
    """The fields that are new since a yes are not sent."""
    LATER = "later"
    """Nothing is recorded."""
