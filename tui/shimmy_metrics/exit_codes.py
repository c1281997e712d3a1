"""The exit codes of our commands."""

from enum import IntEnum


class Exit(IntEnum):
    """How our commands end. `serve` ends as the server ended."""

    DONE = 0
    NO = 1
    """The answer is no: `validate` found a violation, a release was not taken, nobody agreed to a deletion."""
    USAGE = 2
    """Wrong arguments, or a config, store or address that cannot be used."""
    NO_SERVER = 127
    """There is no real shimmy binary to hand over to."""
