"""When a sender tries next by itself, as a value."""

from typing import Final, NamedTuple


class NextAttempt(NamedTuple):
    """When a sender makes its next attempt by itself.

    `ends_skipped` sessions (0 to 3) end, or start, without an attempt before it. `at_start`: reports are sent when a
    session starts, since the last measured server could leave no sender behind, or was killed; None where no server was
    measured yet. `soon`: a session has just ended, and its sender is starting.
    """

    ends_skipped: int = 0
    at_start: bool | None = None
    soon: bool = False


FIRST_ATTEMPT: Final = NextAttempt()
"""Before any server was measured."""
