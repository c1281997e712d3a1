"""When to try again: back-off counts session ends, in the store, and one end makes one attempt."""

from typing import Final

from shimmy_metrics.limits import SKIPPED_MAX
from shimmy_metrics.store.database import Database, get_meta, set_meta

FAILURES: Final = "failures"
SKIPPED: Final = "passed-over"
ATTEMPTED: Final = "attempted"
"""The store's words for how many attempts in a row failed, how many session ends made none since, and whether the
newest end has made its attempt, or makes none."""


def skips(failures: int, passed: int) -> bool:
    """Whether a session's end makes no attempt: after one failure none is passed over, after two one, then two."""
    return skips_left(failures, passed) > 0


def skips_left(failures: int, passed: int) -> int:
    """Return how many session ends still make no attempt before the one that does."""
    return max(min(max(failures - 1, 0), SKIPPED_MAX) - passed, 0)


def counted(db: Database) -> tuple[int, int]:
    """Return how many attempts in a row failed, and how many session ends still make none because of them."""
    failures, passed = _number(db, FAILURES), _number(db, SKIPPED)
    return failures, skips_left(failures, passed)


def session_ended(db: Database) -> bool:
    """Count the end of a session at which reports are due; return whether it makes an attempt.

    Within the transaction that ends the session, so that an end counts once, however many senders are started for it.
    """
    passed = _number(db, SKIPPED)
    over = skips(_number(db, FAILURES), passed)
    if over:
        set_meta(db, SKIPPED, str(passed + 1))
    set_meta(db, ATTEMPTED, str(int(over)))
    return not over


def attempt_due(db: Database) -> bool:
    """Whether the newest session's end has its attempt still before it."""
    return not _number(db, ATTEMPTED)


def take_attempt(db: Database) -> bool:
    """Take the attempt of the newest session's end; return False where it was taken already, or none is made.

    Within the caller's transaction, in which the reports that it sends are read: one that is sealed later has its own.
    """
    is_open = attempt_due(db)
    set_meta(db, ATTEMPTED, "1")
    return is_open


def attempt_ended(db: Database, *, failed: bool) -> None:
    """Count an attempt that was made. Within the caller's transaction."""
    set_meta(db, FAILURES, str(_number(db, FAILURES) + 1) if failed else "0")
    set_meta(db, SKIPPED, "0")


def _number(db: Database, name: str) -> int:
    return int(get_meta(db, name) or 0)
