"""When to try again: one session end makes one attempt, and after failures some session ends are skipped."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import Decision
from shimmy_metrics.limits import SEND_SECONDS, SKIPPED_MAX
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import QueuedReport, Session
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, get_meta, set_meta
from shimmy_metrics.system.profile import Profile

FAILURES: Final = "failures"
SKIPPED: Final = "passed-over"  # the stored word is an older one: a store keeps what another version counted
NO_ATTEMPT_LEFT: Final = "attempted"  # likewise
"""Names in the store's `meta`: how many attempts in a row failed, how many session ends were skipped since then, and
whether the newest session end has no attempt left: it was made, or is skipped."""

AT_START: Final = "at-start"
"""Name in the store's `meta`: whether the last measured server's reports are sent at the next start, `yes` or `no`."""


def skips_left(failures: int, skipped: int) -> int:
    """Return how many session ends are still skipped: none after one failure, one after two, then two."""
    return max(min(max(failures - 1, 0), SKIPPED_MAX) - skipped, 0)


def failures_and_skips(db: Database) -> tuple[int, int]:
    """Return how many attempts in a row failed, and how many session ends are still skipped because of them."""
    failures = _number(db, FAILURES)
    return failures, skips_left(failures, _number(db, SKIPPED))


def next_attempt(profile: Profile, db: Database, decision: Decision) -> NextAttempt:
    """Return when a sender makes its next attempt by itself under a decision, as the last measured server left it."""
    left = get_meta(db, AT_START)
    at_start = left == "yes" if left else profile.environment.supervised or None
    skips = failures_and_skips(db)[1]
    unended = sessions.running(db)
    gone = [session for session in unended if not sessions.alive(profile, session)]
    runs = len(gone) < len(unended)
    # The next start ends a session whose process is gone, and makes that end's attempt.
    crashed = sum(_becomes_due(session, decision) for session in gone)
    if at_start:
        before = crashed + runs  # ends that are counted until then
        if not before:
            return NextAttempt(0 if attempt_due(db) else skips + 1, at_start)
        return NextAttempt(max(skips - before + 1, 0), at_start)
    if crashed and not runs:
        return NextAttempt(0, at_start=True) if skips < crashed else NextAttempt(skips - crashed, at_start)
    return NextAttempt(skips, at_start, soon=_just_ended(profile, db))


def _becomes_due(session: Session, decision: Decision) -> bool:
    """Whether the report of a session whose process is gone is due once it is sealed."""
    its_own = session.consent_id == decision.consent_id and same_endpoint(session.endpoint, decision.endpoint)
    return not session.local and its_own


def _just_ended(profile: Profile, db: Database) -> bool:
    """Whether the newest session end's attempt is open, and its sender, which lives for 5 s, may be starting."""
    return get_meta(db, NO_ATTEMPT_LEFT) == "0" and just_sealed(outbox.due(db), profile.clock.now())


def just_sealed(due: Iterable[QueuedReport], now: datetime) -> bool:
    """Whether one of these reports was sealed so lately that its sender may be starting."""
    return any(timedelta(0) <= now - report.sealed < timedelta(seconds=SEND_SECONDS) for report in due)


def session_ended(db: Database) -> bool:
    """Count the end of a session at which reports are due; return whether it makes an attempt.

    Call it in the transaction that ends the session, so that an end counts once, however many senders it starts.
    """
    skipped = _number(db, SKIPPED)
    skip = skips_left(_number(db, FAILURES), skipped) > 0
    if skip:
        set_meta(db, SKIPPED, str(skipped + 1))
    set_meta(db, NO_ATTEMPT_LEFT, str(int(skip)))
    return not skip


def attempt_due(db: Database) -> bool:
    """Whether the newest session end has not made its attempt yet."""
    return not _number(db, NO_ATTEMPT_LEFT)


def take_attempt(db: Database) -> bool:
    """Take the newest session end's attempt; return False where it was taken already, or is skipped.

    Call it in the transaction that reads the reports to send: a report sealed later has an attempt of its own.
    """
    due = attempt_due(db)
    set_meta(db, NO_ATTEMPT_LEFT, "1")
    return due


def attempt_ended(db: Database, *, failed: bool) -> None:
    """Count an attempt that was made, within the caller's transaction."""
    set_meta(db, FAILURES, str(_number(db, FAILURES) + 1) if failed else "0")
    set_meta(db, SKIPPED, "0")


def _number(db: Database, name: str) -> int:
    return int(get_meta(db, name) or 0)
